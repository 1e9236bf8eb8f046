"""Tables of bills and of what recurs."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
