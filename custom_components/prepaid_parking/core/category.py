"""Categories of what is owed: each belongs to one purpose, and money never leaves its purpose."""

from enum import StrEnum
from typing import Final

from .chart import Bucket
from .errors import CoreError
from .wallet import Purpose


class Category(StrEnum):
    """What a debt or a bill is for; the values are translation keys."""

    UTILITY = "utility"
    PROPERTY = "property"
    RENT = "rent"
    PARKING = "parking"
    SERVICE = "service"

    @property
    def purpose(self) -> Purpose:
        """The one kind of wallet that may owe and pay it."""
        return _PURPOSES[self]

    @property
    def bucket(self) -> Bucket:
        """The account in which a wallet's debt of this category stands."""
        return Bucket[f"DEBT_{self.name}"]


_PURPOSES: Final = {
    Category.UTILITY: Purpose.UTILITY,
    Category.PROPERTY: Purpose.PROPERTY,
    Category.RENT: Purpose.PROPERTY,
    Category.PARKING: Purpose.PARKING,
    Category.SERVICE: Purpose.PROPERTY,
}


def check_purpose(category: Category, purpose: Purpose, wallet: str) -> None:
    """Refuse what would let one purpose's money pay for another's."""
    if category.purpose is not purpose:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=purpose)
