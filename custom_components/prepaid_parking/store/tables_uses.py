"""Tables of counted credits, deposits and sessions of use."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
