"""A service fee on a top-up: a share of it, a fixed part, or both, with its tax beside it.

It is taken out of the top-up, of which something is always left, or paid on top of it. Where no rule
was set there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import FeeId
from .ledger import Detail
from .levies import Levy, LevyKind, LevyPart, levy
from .money import MICRO
from .promotion import WHOLE_BP
from .top_up import TopUp, is_for
from .wallet import Purpose, WalletKind

MICRO_PER_BP: Final = MICRO // WHOLE_BP


class FeeBack(StrEnum):
    """When a fee is given back: never, with a top-up that is taken back, or with every refund as well."""

    NEVER = "never"
    REVERSED = "reversed"
    REFUNDED = "refunded"


class FeePart(StrEnum):
    """What a line of a fee's trace is; the values are keys of words."""

    SHARE = "fee_share"
    FIXED = "fee_fixed"
    LEAST = "fee_least"
    MOST = "fee_most"
    WHOLE = "fee_whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpFee:
    """One version of a fee on top-ups; amounts in minor units, shares in basis points.

    `on_top`: the payer brings the fee beside the top-up; else the wallet is credited what remains.
    The tax comes on top of the fee, or (`tax_included`) is contained in it. A fee of nothing exempts
    those it is for.
    """

    id: FeeId
    version: int
    valid_from: datetime
    name: str = ""
    share_bp: int = 0
    fixed_minor: int = 0
    least_minor: int = 0
    most_minor: int | None = None
    on_top: bool = False
    tax_bp: int = 0
    tax_name: str = ""
    tax_included: bool = False
    back: FeeBack = FeeBack.REVERSED
    from_at: datetime | None = None
    until_at: datetime | None = None
    channels: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    kinds: tuple[WalletKind, ...] = ()

    @property
    def tax_micro(self) -> int:
        """The tax's share of the fee, in millionths."""
        return self.tax_bp * MICRO_PER_BP


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a top-up costs: what the site earns and its tax, and how the amount came about."""

    rule: TopUpFee
    net_minor: int
    tax: LevyPart | None
    lines: tuple[Detail, ...]

    @property
    def tax_minor(self) -> int:
        """The part of it that is tax."""
        return self.tax.minor if self.tax is not None else 0

    @property
    def whole_minor(self) -> int:
        """What the payer bears."""
        return self.net_minor + self.tax_minor

    @property
    def taken_minor(self) -> int:
        """What of it goes out of the top-up."""
        return 0 if self.rule.on_top else self.whole_minor


def least_fee(rules: Iterable[TopUpFee], top_up: TopUp) -> Fee | None:
    """Return the fee of a top-up: of several that are for it the smallest, never several together."""
    fees = [fee_of(rule, top_up) for rule in rules if is_for(rule, top_up)]
    fee = min(fees, key=lambda one: (one.whole_minor, one.rule.id), default=None)
    return fee if fee is not None and fee.whole_minor else None


def fee_of(rule: TopUpFee, top_up: TopUp) -> Fee:
    """Return what a rule takes for a top-up; what is below a minor unit is the payer's."""
    amount = top_up.amount_minor
    lines = [*_asked(rule, amount)]
    fee = sum(minor for _, minor in lines)
    bounds = (
        (FeePart.LEAST, max(fee, rule.least_minor)),
        (FeePart.MOST, rule.most_minor),
        (FeePart.WHOLE, None if rule.on_top else _most_of(rule, amount - 1)),
    )
    for part, bound in bounds:
        if bound is None:
            continue
        within = bound if part is FeePart.LEAST else min(fee, bound)
        if within != fee:
            lines.append(({"rule": part.value, "bound": bound}, within - fee))
            fee = within
    tax = _tax(rule, fee)
    contained = tax.minor if tax is not None and tax.included else 0
    return Fee(
        rule=rule,
        net_minor=fee - contained,
        tax=tax,
        lines=tuple({**said, "amount": minor} for said, minor in lines),
    )


def check_fee(rule: TopUpFee) -> None:
    """Refuse a fee that takes something else than it seems to."""
    amounts = (rule.share_bp, rule.fixed_minor, rule.least_minor, rule.tax_bp)
    if min(*amounts, rule.most_minor or 0) < 0:
        raise CoreError("top_up_fee_negative", fee=rule.id)
    if rule.share_bp > WHOLE_BP:
        raise CoreError("top_up_fee_too_high", fee=rule.id)
    if rule.most_minor is not None and rule.most_minor < rule.least_minor:
        raise CoreError("top_up_fee_bounds", fee=rule.id)
    begin, end = rule.from_at, rule.until_at
    if begin is not None and end is not None and begin >= end:
        raise CoreError("top_up_fee_ends_before", fee=rule.id)


def _asked(rule: TopUpFee, amount_minor: int) -> Iterable[tuple[Detail, int]]:
    """Return what is asked for a top-up before any bound, each part with what it is called."""
    if rule.share_bp:
        said = {"rule": FeePart.SHARE.value, "share": rule.share_bp * MICRO_PER_BP}
        yield {**said, "of": amount_minor}, amount_minor * rule.share_bp // WHOLE_BP
    if rule.fixed_minor:
        yield {"rule": FeePart.FIXED.value}, rule.fixed_minor


def _most_of(rule: TopUpFee, amount_minor: int) -> int:
    """Return the largest fee that with its tax is no more than an amount."""
    on_top = 0 if rule.tax_included else rule.tax_bp
    most = amount_minor * WHOLE_BP // (WHOLE_BP + on_top)
    # A tax is rounded down: one minor unit more may still be covered.
    return most + ((most + 1) * (WHOLE_BP + on_top) // WHOLE_BP <= amount_minor)


def _tax(rule: TopUpFee, fee_minor: int) -> LevyPart | None:
    if not rule.tax_bp:
        return None
    tax = Levy(
        name=rule.tax_name,
        kind=LevyKind.TAX,
        share_micro=rule.tax_micro,
        included=rule.tax_included,
    )
    _, (part,), _ = levy(fee_minor, (tax,), {})
    return part
