"""Money of a stay goes back the way it came: into the wallet, as bonus where it was bonus, or out of the till."""

import asyncio
from dataclasses import dataclass, replace

from ..core.chart import Bucket, Channel, channel_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import AccountId, Act, Posting, Receipt, Reference
from ..core.money import split
from ..core.stay import Stay
from .booking import book, closed, referenced, tell
from .coming_back import came_back
from .facts import WalletEvent
from .site import Site
from .spending import Leg, joined
from .stay_book import alone, hold, numbered
from .stay_cost import cost_of_past
from .stay_finding import Which, find_stay, stay_by_id
from .stay_money import SUSPENSE, earned, wallet_of
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Where a refund goes (minor units): `held` and `outside` are paid out, the others come back."""

    held: int
    cash: int
    bonus: int
    outside: int

    @property
    def out(self) -> int:
        """What is paid out of the till, or by another way."""
        return self.held + self.outside

    @property
    def into_wallet(self) -> int:
        """What comes back into the wallet."""
        return self.cash + self.bonus


async def refund_stay(
    site: Site,
    *,
    which: Which,
    reason: str,
    actor: Actor,
    amount_minor: int | None = None,
    channel: Channel = Channel.CASH,
    reference: str = "",
) -> Receipt:
    """Give back what was paid for a stay, all of it or a part; never more than was paid.

    What came in beyond the price goes first, then what came out of a wallet, then what was paid by
    `channel`. The price stays what it was: nothing of it is asked for again.
    """
    found = await find_stay(site, which)
    key = referenced("refund_stay", reference, {"stay": found.id, "amount": amount_minor})
    return await asyncio.shield(_refund(site, found.id, key, actor, amount_minor, channel, reason))


def refundable_minor(stay: Stay) -> int:
    """Return what may be given back of a stay."""
    return stay.paid_minor - stay.refunded_minor + stay.over_minor


async def _refund(
    site: Site,
    stay: StayId,
    key: Reference,
    actor: Actor,
    amount_minor: int | None,
    channel: Channel,
    reason: str,
) -> Receipt:
    async with alone(site, stay):
        known = await stay_by_id(site, stay)
        most = refundable_minor(known)
        amount = most if amount_minor is None else amount_minor
        run = wallet_of(site, known)
        shares = _shares(known, max(0, min(amount, most)))
        refusal = None
        if not 0 < amount <= most:
            refusal = CoreError("stay_more_than_paid", paid=site.currency.text(most))
        elif run is not None and shares.into_wallet:
            refusal = closed(run)
        after = await numbered(site, refunded(known, shares))
        outside = channel_account(channel)
        moved = () if refusal is not None else await moves_back(site, known, shares, run, outside)
        layered = came_back(run, moved) if run is not None else None
        receipt = await book(
            site,
            Act(
                kind=EntryKind.STAY_REFUNDED,
                event=f"stay/{stay}/refund/{key.key}",
                occurred=site.clock(),
                actor=actor,
                reason=reason,
                reference=key,
                postings=moved,
                detail={
                    "stay": stay,
                    "wallet": known.wallet or "",
                    "channel": channel,
                    "amount": amount,
                    "paid_out": shares.out,
                },
                puts=(
                    after,
                    *(layered.puts(run) if layered is not None and run is not None else ()),
                ),
            ),
            refusal,
        )
        if receipt.repeated:
            return receipt
        hold(site, after)
        if run is not None and layered is not None:
            layered.taken_over(run)
            run.booked(receipt)
            site.wake_wallet(run)
    if run is not None and shares.into_wallet:
        tell(site, run, WalletEvent.REFUNDED, receipt, shares.into_wallet, key.key)
    return receipt


def _shares(stay: Stay, amount: int) -> Shares:
    held = min(amount, stay.over_minor)
    back = min(amount - held, stay.wallet_minor)
    bonus = 0
    if stay.bonus_minor and back:
        bonus, _ = split(back, [stay.bonus_minor, stay.wallet_minor - stay.bonus_minor])
    return Shares(held=held, cash=back - bonus, bonus=bonus, outside=amount - held - back)


def refunded(stay: Stay, shares: Shares) -> Stay:
    """Return a stay of which so much was given back."""
    return replace(
        stay,
        refunded_minor=stay.refunded_minor + shares.into_wallet + shares.outside,
        wallet_minor=stay.wallet_minor - shares.into_wallet,
        bonus_minor=stay.bonus_minor - shares.bonus,
        over_minor=stay.over_minor - shares.held,
    )


async def moves_back(
    site: Site, stay: Stay, shares: Shares, run: WalletRun | None, outside: AccountId
) -> tuple[Posting, ...]:
    """Return the movements: what was earned is earned no more, what was held is held no more."""
    targets: list[Leg] = [(outside, shares.out)]
    if run is not None:
        targets += [
            (wallet_account(run.wallet.no, Bucket.BONUS), shares.bonus),
            (wallet_account(run.wallet.no), shares.cash),
        ]
    cost = await cost_of_past(site, stay)
    unearned = earned(cost.levied, shares.into_wallet + shares.outside)
    origins = ((SUSPENSE, shares.held), *unearned)
    return joined(origins, [leg for leg in targets if leg[1]])
