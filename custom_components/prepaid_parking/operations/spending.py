"""What is spent by choice on several things at once: the price, its tax and its fee."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ..core.chart import Bucket, SiteAccount, code_of, owner_of, site_account
from ..core.errors import CoreError
from ..core.ledger import AccountId, Act, Posting, Receipt
from ..core.levies import Levy, LevyKind, levy
from ..core.money import split
from ..core.wallet import Purpose
from .booking import book
from .paying import floors, sources
from .site import Site
from .wallet_run import WalletRun

type Leg = tuple[AccountId, int]
"""An account and what goes there, in minor units."""

EARNS: dict[Purpose, SiteAccount] = {
    Purpose.UTILITY: SiteAccount.REVENUE_RUNTIME,
    Purpose.PROPERTY: SiteAccount.REVENUE_SERVICE,
    Purpose.PARKING: SiteAccount.REVENUE_PARKING,
}
"""Where uses are earned, by the purpose of the money that pays: it stays with its purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levied:
    """What is asked for something, and how much of it is fee and tax (all in minor units).

    `trace` says it levy by levy, as entries keep it.
    """

    total_minor: int
    fee_minor: int = 0
    tax_minor: int = 0
    trace: tuple[dict[str, object], ...] = ()

    def legs(self, revenue: AccountId) -> tuple[Leg, ...]:
        """Return where each part of it goes."""
        parts = (
            (revenue, self.total_minor - self.fee_minor - self.tax_minor),
            (site_account(SiteAccount.REVENUE_FEES), self.fee_minor),
            (site_account(SiteAccount.TAX), self.tax_minor),
        )
        return tuple(part for part in parts if part[1])


def levied(amount_minor: int, levies: Sequence[Levy]) -> Levied:
    """Add a tariff's levies to an amount: what comes on top raises it, what is included does not."""
    on_top, parts, _ = levy(amount_minor, levies, {})
    by_kind = {kind: sum(one.minor for one in parts if one.kind is kind) for kind in LevyKind}
    return Levied(
        total_minor=amount_minor + on_top,
        fee_minor=by_kind[LevyKind.FEE],
        tax_minor=by_kind[LevyKind.TAX],
        trace=tuple(
            {
                "name": part.name,
                "share": share.share_micro,
                "amount": part.minor,
                "included": part.included,
            }
            for part in parts
            for share in levies
            if share.name == part.name
        ),
    )


def cut(asked: Levied, total_minor: int) -> Levied:
    """Return what is asked, cut down to what can be had; fee and tax shrink in proportion."""
    if total_minor >= asked.total_minor:
        return asked
    rest = asked.total_minor - asked.fee_minor - asked.tax_minor
    _, fee, tax = split(total_minor, [rest, asked.fee_minor, asked.tax_minor])
    return replace(asked, total_minor=total_minor, fee_minor=fee, tax_minor=tax)


def joined(origins: Iterable[Leg], targets: Iterable[Leg]) -> tuple[Posting, ...]:
    """Return the movements that bring as much out of some accounts as goes into others."""
    left = [leg for leg in origins if leg[1]]
    moves: list[Posting] = []
    for target, wanted in targets:
        missing = wanted
        while missing:
            source, there = left[0]
            part = min(missing, there)
            moves.append(Posting(source=source, target=target, amount_minor=part))
            missing -= part
            left[0:1] = [(source, there - part)] if there > part else []
    return tuple(moves)


async def spend(
    site: Site,
    run: WalletRun,
    legs: Sequence[Leg],
    act_fn: Callable[[tuple[Posting, ...]], Act],
    refusal: CoreError | None = None,
) -> Receipt:
    """Write an act that pays for several things out of the wallet's moneys in their order.

    `act_fn` is given what the wallet pays and returns the whole act. A lane takes no turn: where a
    passage has spent the bonus meanwhile, it is split anew.
    """
    amount = sum(part for _, part in legs)
    while True:
        paid = joined(sources(run, amount), legs)
        act = act_fn(paid)
        drawn = replace(
            act,
            postings=(*paid, *act.postings),
            floors=(*(floors(run, amount) if amount else ()), *act.floors),
        )
        try:
            return await book(site, drawn, refusal)
        except CoreError as err:
            if err.key != "not_enough_money" or paid == joined(sources(run, amount), legs):
                raise


def bonus_in(paid: Iterable[Posting]) -> int:
    """Return how much of a payment a wallet's bonus made."""
    return sum(
        one.amount_minor
        for one in paid
        if owner_of(one.source) and code_of(one.source) == Bucket.BONUS
    )
