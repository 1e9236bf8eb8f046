"""The top-ups a wallet still lives on, oldest first: what of them may be refunded, and what goes with it.

A wallet's cash and bonus are two sums. Whether a refund takes a bonus back depends on the top-up it
came with, so where a bonus or points were given, the top-ups are kept as layers: the oldest is spent
first, the newest is refunded first, and the layers together are always the wallet's money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .errors import CoreError
from .identity import PromotionId, WalletId
from .money import split
from .promotion import Back
from .wallet import Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One top-up with the bonus and the points that came with it, and what was spent of it.

    A layer without a rule (`back` is None) is bonus that came with no cash, or cash with no bonus.
    `event` is the top-up's. `fee_minor` and `tax_minor` are what of its fee is given back with it
    when it is refunded; they are no part of the wallet's money.
    """

    cash_minor: int = 0
    bonus_minor: int = 0
    points: int = 0
    fee_minor: int = 0
    tax_minor: int = 0
    spent_minor: int = 0
    back: Back | None = None
    promotion: PromotionId | None = None
    event: str = ""

    @property
    def left_minor(self) -> int:
        """What is left of it, cash and bonus together."""
        return self.cash_minor + self.bonus_minor - self.spent_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """A wallet's layers as they are kept."""

    wallet: WalletId
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How what is left of a layer divides: into what may be refunded and what is a bonus."""

    cash_minor: int
    bonus_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeReturn:
    """What of a top-up's fee goes back with the cash of it that is refunded."""

    event: str
    cash_minor: int
    fee_minor: int
    tax_minor: int

    @property
    def whole_minor(self) -> int:
        """Fee and tax together."""
        return self.fee_minor + self.tax_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a refund does: bonus, points and fees that go with the cash, and the layers that stay."""

    cash_minor: int
    bonus_minor: int
    points: int
    layers: tuple[Layer, ...]
    fees: tuple[FeeReturn, ...] = ()


def started(cash_minor: int, bonus_minor: int, order: Spending) -> tuple[Layer, ...]:
    """Return the layers of what a wallet held before any were kept: no bonus of it is taken back."""
    layers = [Layer(bonus_minor=bonus_minor), Layer(cash_minor=cash_minor)]
    if order is Spending.CASH_FIRST:
        layers.reverse()
    return tuple(layer for layer in layers if layer.left_minor > 0)


def spent_down(layers: Sequence[Layer], total_minor: int) -> tuple[Layer, ...]:
    """Return the layers of a wallet that holds so much now: the oldest is spent first.

    What came in without being kept, a deposit that was given back or a correction, is plain cash.
    """
    over = sum(layer.left_minor for layer in layers) - max(0, total_minor)
    if over < 0:
        return (*layers, Layer(cash_minor=-over))
    kept: list[Layer] = []
    for layer in layers:
        part = min(over, layer.left_minor)
        over -= part
        if part < layer.left_minor:
            kept.append(replace(layer, spent_minor=layer.spent_minor + part))
    return tuple(kept)


def without(layers: Sequence[Layer], event: str) -> tuple[Layer, ...]:
    """Return the layers as if a top-up had never been; what was spent of it, others have to bear."""
    return tuple(layer for layer in layers if not event or layer.event != event)


def worth(layer: Layer, order: Spending) -> Worth:
    """Divide what is left of a layer by its rule; `order` is how the wallet really spends."""
    cash, bonus, spent = layer.cash_minor, layer.bonus_minor, layer.spent_minor
    match layer.back:
        case Back.RATIO:
            cash, bonus = split(layer.left_minor, [cash, bonus])
        case Back.CASH_FIRST:
            cash, bonus = _after(cash, bonus, spent)
        case Back.BONUS_FIRST:
            bonus, cash = _after(bonus, cash, spent)
        case _ if order is Spending.CASH_FIRST:
            cash, bonus = _after(cash, bonus, spent)
        case _:
            bonus, cash = _after(bonus, cash, spent)
    return Worth(cash_minor=cash, bonus_minor=bonus)


def refundable(layers: Sequence[Layer], order: Spending) -> int:
    """Return the cash that may be paid out of these layers."""
    return sum(worth(layer, order).cash_minor for layer in layers)


def leave(layers: Sequence[Layer], amount_minor: int, order: Spending) -> Leaving:
    """Take an amount of cash out, the newest top-up first; what it brought with it goes in proportion.

    A layer that is refunded in part begins anew with what stays, so that many small refunds come to
    exactly what one large one does.
    """
    if amount_minor > (most := refundable(layers, order)):
        raise CoreError("more_than_refundable", refundable=most, owed=0)
    rest, bonus, points = amount_minor, 0, 0
    kept, fees = list[Layer](), list[FeeReturn]()
    for layer in reversed(layers):
        now = worth(layer, order)
        part = min(rest, now.cash_minor)
        if not part:
            kept.append(layer)
            continue
        rest -= part
        stays = now.cash_minor - part
        gone, left = split(now.bonus_minor, [part, stays])
        if layer.back is Back.FORFEIT:
            gone, left = now.bonus_minor, 0
        divided = [part, stays, layer.cash_minor - now.cash_minor]
        taken, still, _ = split(layer.points, divided)
        fee, fee_left, _ = split(layer.fee_minor, divided)
        tax, tax_left, _ = split(layer.tax_minor, divided)
        bonus, points = bonus + gone, points + taken
        if fee or tax:
            fees.append(FeeReturn(event=layer.event, cash_minor=part, fee_minor=fee, tax_minor=tax))
        if stays or left:
            kept.append(
                replace(
                    layer,
                    cash_minor=stays,
                    bonus_minor=left,
                    points=still,
                    fee_minor=fee_left,
                    tax_minor=tax_left,
                    spent_minor=0,
                )
            )
    return Leaving(
        cash_minor=amount_minor,
        bonus_minor=bonus,
        points=points,
        layers=tuple(reversed(kept)),
        fees=tuple(fees),
    )


def _after(first: int, second: int, spent: int) -> tuple[int, int]:
    """Return two sums after something was spent, the first of them first."""
    from_first = min(first, spent)
    return first - from_first, second - (spent - from_first)
