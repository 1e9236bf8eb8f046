"""Tables of the rules that are planned or assigned: tariffs to come, levies carried."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
