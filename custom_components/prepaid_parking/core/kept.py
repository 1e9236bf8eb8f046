"""What is still there of top-ups: money that goes back out of a wallet goes back of the newest first.

As refunds themselves go by. What names its top-up (a payment that was taken back, a refund of an
order) is of that one; what comes back to the wallet comes back to where it was taken from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .identity import EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpMoney:
    """What a payer brought: credited to the wallet, and the service fee with its tax beside it."""

    credited_minor: int = 0
    fee_minor: int = 0
    fee_tax_minor: int = 0

    @property
    def whole_minor(self) -> int:
        """All of it."""
        return self.credited_minor + self.fee_minor + self.fee_tax_minor

    def less(self, other: Self) -> Self:
        """Return what is left of it without another part; never below nothing."""
        return type(self)(
            credited_minor=max(0, self.credited_minor - other.credited_minor),
            fee_minor=max(0, self.fee_minor - other.fee_minor),
            fee_tax_minor=max(0, self.fee_tax_minor - other.fee_tax_minor),
        )

    def of(self, other: Self) -> Self:
        """Return as much of another part as there is."""
        return self.less(self.less(other))

    def more(self, other: Self) -> Self:
        """Return it with another part."""
        return type(self)(
            credited_minor=self.credited_minor + other.credited_minor,
            fee_minor=self.fee_minor + other.fee_minor,
            fee_tax_minor=self.fee_tax_minor + other.fee_tax_minor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """A top-up, by the event it is named by."""

    event: str
    money: TopUpMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """Money that left a wallet for where it had come from.

    `of` is the top-up that it names, "" where it names none. `fees` are the fees that went with it,
    by top-up: those are always named.
    """

    entry: EntryId
    credited_minor: int
    of: str = ""
    fees: tuple[tuple[str, TopUpMoney], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """What an entry had taken out of a wallet is there again."""

    entry: EntryId


type Move = CameIn | WentBack | CameBack


def kept(moves: Iterable[Move]) -> dict[str, TopUpMoney]:
    """Return what is still there of each top-up, by its event.

    The moves of one wallet, in the order of booking. They may begin anywhere: what came later takes
    of what came later, so nothing before the first one changes what is left of those after it.
    """
    left: dict[str, TopUpMoney] = {}
    taken: dict[EntryId, list[tuple[str, TopUpMoney]]] = {}
    for move in moves:
        match move:
            case CameIn():
                left[move.event] = move.money
            case WentBack():
                parts = taken[move.entry] = [*_parts(left, move)]
                for event, part in parts:
                    left[event] = left[event].less(part)
            case CameBack():
                for event, part in taken.pop(move.entry, ()):
                    left[event] = left[event].more(part)
    return left


def _parts(left: dict[str, TopUpMoney], gone: WentBack) -> Iterable[tuple[str, TopUpMoney]]:
    """Yield what goes back of which top-up; of those that are not known here, nothing."""
    for event, fee in gone.fees:
        if event in left:
            yield event, left[event].of(fee)
    rest = gone.credited_minor
    asked = (gone.of,) if gone.of else tuple(reversed(left))
    for event in asked:
        part = min(rest, left[event].credited_minor) if event in left else 0
        if part:
            yield event, TopUpMoney(credited_minor=part)
            rest -= part
