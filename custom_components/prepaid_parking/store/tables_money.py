"""Tables of what a wallet holds beside cash: promotions, points, debts."""

from typing import Final

from sqlalchemy import Table

TABLES: Final[dict[type, Table]] = {}
