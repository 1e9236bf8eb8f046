"""To whom bills are made out: what an invoice names of a buyer, and nothing more.

It is personal data. Outside the encrypted store nothing but the id it lies under is written down.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Self

from .errors import CoreError

LONGEST: Final = 500
"""Characters in a field: more is no name and no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A buyer as a bill names one; what is not known is empty."""

    name: str
    tax_id: str = ""
    address: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Return the buyer that lies in the encrypted store."""
        return cls(
            name=fields["name"],
            tax_id=fields.get("tax_id", ""),
            address=fields.get("address", ""),
        )

    @property
    def fields(self) -> dict[str, str]:
        """What goes into the encrypted store."""
        return asdict(self)


def check_buyer(buyer: Buyer) -> None:
    """Refuse a buyer without a name, and what can be no part of an address."""
    if not buyer.name:
        raise CoreError("buyer_without_name")
    if max(len(value) for value in buyer.fields.values()) > LONGEST:
        raise CoreError("buyer_too_long", most=LONGEST)
