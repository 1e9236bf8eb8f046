"""The money of a stay on its way: what a part of the price is, and what merchants bear of it.

Whoever moves it has the stay's turn (`stay_book.alone`); a merchant's is taken here.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from ..core.chart import SiteAccount, site_account, wallet_account
from ..core.identity import MerchantId, StayId
from ..core.ledger import Posting, Receipt
from ..core.stay import Stay, Validation
from ..core.visiting import Merchant
from ..core.wallet import Purpose
from .lane_facts import StayEvent, StayFact
from .saying import said
from .site import Site
from .spending import Leg, Levied, cut, joined
from .stay_book import alone
from .stay_cost import StayCost
from .wallet_run import WalletRun

REVENUE: Final = site_account(SiteAccount.REVENUE_PARKING)
SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Borne:
    """What merchants bear of a stay now: the movements, the stay's validations, and the merchants."""

    postings: tuple[Posting, ...] = ()
    validations: tuple[Validation, ...] = ()
    merchants: tuple[Merchant, ...] = ()
    wallets: tuple[WalletRun, ...] = ()

    def done(self, site: Site, receipt: Receipt) -> None:
        """Take over what was written."""
        site.parking.merchants.update({one.id: one for one in self.merchants})
        for run in self.wallets:
            run.booked(receipt)
            site.wake_wallet(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a stay's money is as it leaves: what is due, and what was held of it and is earned now."""

    due: Levied
    from_over: int = 0


def money_of(stay: Stay, cost: StayCost) -> Money:
    """Return what is due, and how much of what came in too early the price has caught up with."""
    caught_up = max(0, cost.amount_minor - cost.validated_minor - stay.paid_minor)
    return Money(
        due=part_of(cost.levied, cost.due_minor),
        from_over=min(stay.over_minor, caught_up),
    )


def part_of(whole: Levied, part_minor: int) -> Levied:
    """Return a part of what a stay costs; its fee and tax are in proportion, and never beyond the whole's."""
    if part_minor > whole.total_minor:
        return replace(whole, total_minor=part_minor)
    return cut(whole, part_minor)


def earned(whole: Levied, part_minor: int) -> tuple[Leg, ...]:
    """Return where a part of what a stay costs goes."""
    return part_of(whole, part_minor).legs(REVENUE)


@asynccontextmanager
async def merchants_of(site: Site, stay: Stay) -> AsyncIterator[None]:
    """Keep others from the merchants that bear a part of a stay: what they gave is counted once."""
    async with AsyncExitStack() as stack:
        for merchant in sorted({one.merchant for one in stay.validations}):
            await stack.enter_async_context(alone(site, merchant_key(merchant)))
        yield


def merchant_key(merchant: MerchantId) -> str:
    """Return by what a merchant's turn is known."""
    return f"merchant/{merchant}"


def borne(site: Site, stay: Stay, cost: StayCost) -> Borne:
    """Return what merchants bear more, or less, than when the stay was charged before.

    A merchant with a wallet pays out of it, below zero too: a promise to a driver is kept. Whether
    one may promise more is asked when it validates.
    """
    merchants: dict[MerchantId, Merchant] = {}
    postings: list[Posting] = []
    wallets: list[WalletRun] = []
    after: list[Validation] = []
    for one, worth in zip(stay.validations, cost.worths, strict=True):
        merchant = merchants.get(one.merchant) or site.parking.merchants.get(one.merchant)
        after.append(replace(one, promised_minor=worth, worth_minor=worth))
        if merchant is None:
            continue
        merchants[merchant.id] = counted(site, merchant, one, worth - one.promised_minor)
        run = payer_of(site, merchant)
        if run is not None and worth != one.worth_minor:
            postings += _moved(run, cost.levied, worth - one.worth_minor)
            wallets.append(run)
    return Borne(
        postings=tuple(postings),
        validations=tuple(after),
        merchants=tuple(merchants.values()),
        wallets=tuple(wallets),
    )


def payer_of(site: Site, merchant: Merchant) -> WalletRun | None:
    """Return the wallet a merchant pays out of; None where it has none that is open."""
    run = site.wallets.get(merchant.wallet) if merchant.wallet is not None else None
    return run if run is not None and run.wallet.closed_at is None else None


def wallet_of(site: Site, stay: Stay) -> WalletRun | None:
    """Return the wallet that pays for a stay: a parking wallet, or none. No other money ever does."""
    run = site.wallets.get(stay.wallet) if stay.wallet is not None else None
    return run if run is not None and run.wallet.purpose is Purpose.PARKING else None


def month_now(site: Site) -> str:
    """Return the calendar month that budgets count in now."""
    return f"{site.clock().astimezone(site.zone):%Y-%m}"


def counted(site: Site, merchant: Merchant, one: Validation, more_minor: int) -> Merchant:
    """Count what a validation came to in the budget of the month in which it was given."""
    month = month_now(site)
    spent = merchant.spent_minor if merchant.month == month else 0
    if f"{one.at.astimezone(site.zone):%Y-%m}" == month:
        spent += more_minor
    return replace(merchant, month=month, spent_minor=max(0, spent))


async def heard(site: Site, stay: Stay) -> None:
    """Let the exit hear that a stay was paid; that it cannot open makes no payment fail."""
    with said(site, "open_paid", "exit"):
        await site.parking.paid(stay)


def tell_stay(
    site: Site, event: StayEvent, stay: Stay, amount_minor: int | None = None, reason: str = ""
) -> None:
    """Say what became of a stay's money."""
    site.tell(
        StayFact(
            event=event,
            stay=StayId(stay.id),
            at=site.clock(),
            kind=stay.kind,
            lane=stay.exit_lane,
            masked=stay.masked,
            card=stay.card,
            wallet=stay.wallet,
            amount_minor=amount_minor,
            reason=reason,
        )
    )


def _moved(run: WalletRun, whole: Levied, more_minor: int) -> Iterator[Posting]:
    cash = wallet_account(run.wallet.no)
    legs: Sequence[Leg] = earned(whole, abs(more_minor))
    here = ((cash, abs(more_minor)),)
    yield from joined(here, legs) if more_minor > 0 else joined(legs, here)
