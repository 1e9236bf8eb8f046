"""Tables of what decides about a supply beside the balance."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
