"""Tables of readings kept for looking back."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
