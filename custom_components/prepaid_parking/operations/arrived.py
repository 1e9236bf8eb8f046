"""Money that has come, whatever it is booked on: how much, out of which account, and for good."""

from dataclasses import dataclass

from ..core.chart import Channel
from ..core.identity import Actor
from ..core.ledger import AccountId, Record, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A payment that is there. `puts` are written in the same act as the money.

    `key` stands for the payment and not for what it is booked on: told of again, by whomever, it is
    the same. `source` is the provider's clearing, or suspense where it has been lying there.
    """

    amount_minor: int
    channel: Channel
    source: AccountId
    key: Reference
    actor: Actor
    puts: tuple[Record, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """By which name entries speak of the payment."""
        return f"{self.key.scope}/{self.key.key}"
