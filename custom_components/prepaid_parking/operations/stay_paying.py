"""A stay is paid at the desk, at a machine or by phone, before the exit, at it, or long after it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from ..core.chart import Channel, channel_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import Act, Posting, Receipt, Reference
from ..core.stay import Stay, StayState
from .arrived import Arrived
from .booking import book, referenced, tell
from .facts import WalletEvent
from .lane_facts import StayEvent
from .repeats import answered_as
from .site import Site
from .spending import Leg, bonus_in, joined, spend
from .stay_book import alone, hold, numbered
from .stay_charging import UNPAID_EXITS
from .stay_cost import StayCost, cost_of_past
from .stay_finding import Which, blind_plate, find_stay, stay_by_id
from .stay_money import SUSPENSE, earned, heard, part_of, tell_stay
from .stay_payer import payer_at_desk
from .wallet_run import WalletRun

WALLET: Final = "wallet"
"""What stands in an entry where others have a channel."""
PAID: Final = (EntryKind.STAY_PAID, EntryKind.STAY_OWED_PAID)
"""As what a payment is booked: of a stay, and of what its car left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidStay:
    """A payment as the desk is told of it: what it paid, what is still due, and what came in beyond."""

    stay: Stay
    receipt: Receipt
    amount_minor: int
    due_minor: int
    over_minor: int = 0


async def pay_stay(
    site: Site,
    *,
    which: Which,
    actor: Actor,
    amount_minor: int | None = None,
    channel: Channel = Channel.CASH,
    wallet: str = "",
    reference: str = "",
    reason: str = "",
) -> PaidStay:
    """Pay a stay, or what its car left behind; announced twice under one reference it counts once.

    Without an amount it is what is due. Over the counter never more than that; what has arrived by
    another way is booked, and held for its payer as far as it is beyond. Out of a `wallet` it is
    taken within the bounds of an exit. A barrier that waits for it hears of it.
    """
    found = await find_stay(site, which)
    asked = {"stay": which.stay or found.id if not which.plate else "", "amount": amount_minor}
    if which.plate:
        asked["plate"] = blind_plate(site, which.plate).hex()
    if wallet:
        asked["wallet"] = wallet
    key = referenced(f"pay_stay/{WALLET if wallet else channel}", reference, asked)
    work = _pay(site, found.id, key, actor, amount_minor, channel, wallet, reason)
    paid = await asyncio.shield(work)
    if not paid.receipt.repeated:
        await heard(site, paid.stay)
    return paid


async def stay_money_came(site: Site, stay: StayId, arrived: Arrived) -> Receipt:
    """Book what a provider has taken for a stay: what is beyond its price is held for its payer.

    One that is over and owes nothing is refused: nothing would ever be due of it.
    """
    money = arrived.amount_minor, arrived.channel, "", arrived.reason, arrived
    paid = await asyncio.shield(_pay(site, stay, arrived.key, arrived.actor, *money))
    if not paid.receipt.repeated:
        await heard(site, paid.stay)
    return paid.receipt


async def _pay(
    site: Site,
    stay: StayId,
    key: Reference,
    actor: Actor,
    amount_minor: int | None,
    channel: Channel,
    wallet: str,
    reason: str,
    arrived: Arrived | None = None,
) -> PaidStay:
    async with alone(site, stay):
        known = await stay_by_id(site, stay)
        told = Act(kind=PAID[0], event="", occurred=site.clock(), actor=actor, reference=key)
        if (before := await answered_as(site, told, PAID)) is not None:
            return await told_again(site, known, before)
        run, unfit = payer_at_desk(site, known, wallet, channel)
        cost, due = await due_now(site, known)
        amount = due if amount_minor is None else amount_minor
        counts, over = max(0, min(amount, due)), max(0, amount - due)
        after = await numbered(site, _paid(site, known, cost, counts, over, settled=amount >= due))
        detail: dict[str, object] = {
            "stay": stay,
            "channel": WALLET if wallet else channel,
            "amount": amount,
            "due": due,
            "over": over,
            "levies": list(part_of(cost.levied, counts).trace),
            "lines": list(cost.trace),
        }

        if arrived is not None:
            detail["payment"] = arrived.name

        def act(postings: tuple[Posting, ...]) -> Act:
            nonlocal after
            if run is not None:
                after = _out_of(run, known, after, counts, bonus_in(postings))
            return Act(
                kind=_kind(known),
                event=f"stay/{stay}/paid/{key.key}",
                occurred=site.clock(),
                actor=actor,
                reason=reason,
                reference=key,
                detail=detail | ({"wallet": wallet} if wallet else {}),
                puts=(after, *(arrived.puts if arrived is not None else ())),
            )

        refusal = unfit or _refusal(site, known, amount_minor, amount, due, channel)
        if arrived is not None and known.state.over and not due:
            refusal = CoreError("stay_nothing_due", stay=stay)
        legs = (*_earned(known, cost, counts), (SUSPENSE, over)) if refusal is None else ()
        targets = [leg for leg in legs if leg[1]]
        if run is not None:
            receipt = await spend(site, run, targets, act, refusal)
        else:
            source = channel_account(channel) if arrived is None else arrived.source
            postings = joined(((source, amount),), targets)
            receipt = await book(site, replace(act(postings), postings=postings), refusal)
        if receipt.repeated:
            return await told_again(site, known, receipt)
        hold(site, after)
        if run is not None:
            run.booked(receipt)
            site.wake_wallet(run)
    if run is not None:
        tell(site, run, WalletEvent.DEDUCTED, receipt, counts, receipt.event)
    tell_stay(site, StayEvent.PAID, after, counts)
    rest = due - counts
    return PaidStay(
        stay=after, receipt=receipt, amount_minor=amount, due_minor=rest, over_minor=over
    )


def _out_of(run: WalletRun, before: Stay, after: Stay, part_minor: int, bonus_minor: int) -> Stay:
    """Return a stay after a payment out of a wallet, which is its payer from then on."""
    return replace(
        after,
        wallet=run.wallet.id,
        wallet_minor=before.wallet_minor + part_minor,
        bonus_minor=before.bonus_minor + bonus_minor,
    )


async def due_now(site: Site, stay: Stay) -> tuple[StayCost, int]:
    """Return what a stay costs and what is due of it: of one that is over only what it left behind."""
    cost = await cost_of_past(site, stay)
    if stay.state is StayState.UNPAID:
        return cost, stay.owed_minor
    return cost, 0 if stay.state.over else cost.due_minor


def _kind(stay: Stay) -> EntryKind:
    late = stay.state is StayState.UNPAID
    return EntryKind.STAY_OWED_PAID if late else EntryKind.STAY_PAID


def _refusal(
    site: Site, stay: Stay, asked: int | None, amount: int, due: int, channel: Channel
) -> CoreError | None:
    if asked is not None and asked <= 0:
        return CoreError("amount_not_positive", amount=site.currency.text(asked))
    if not amount:
        return CoreError("stay_nothing_due", stay=stay.id)
    if amount > due and channel is Channel.CASH:
        return CoreError("stay_more_than_due", due=site.currency.text(due))
    return None


def _earned(stay: Stay, cost: StayCost, part_minor: int) -> tuple[Leg, ...]:
    """Return where a payment goes: what a car left behind was earned when it left."""
    if stay.state is StayState.UNPAID:
        return ((UNPAID_EXITS, part_minor),)
    return earned(cost.levied, part_minor)


def _paid(site: Site, stay: Stay, cost: StayCost, counts: int, over: int, *, settled: bool) -> Stay:
    """Return a stay after a payment; who has paid everything has a while to leave."""
    after = replace(stay, paid_minor=stay.paid_minor + counts, over_minor=stay.over_minor + over)
    if stay.state is StayState.UNPAID:
        owed = stay.owed_minor - counts
        state = StayState.UNPAID if owed else StayState.LEFT
        return replace(after, owed_minor=owed, state=state, paid_at=site.clock())
    if stay.state.over:
        return after
    paid_at = site.clock() if settled and counts else stay.paid_at
    return replace(after, amount_minor=cost.amount_minor, paid_at=paid_at)


async def told_again(site: Site, stay: Stay, receipt: Receipt) -> PaidStay:
    """Answer a payment that was announced before as it was answered then."""
    amount, over = receipt.detail["amount"], receipt.detail["over"]
    assert isinstance(amount, int)
    assert isinstance(over, int)
    _, due = await due_now(site, stay)
    return PaidStay(stay=stay, receipt=receipt, amount_minor=amount, due_minor=due, over_minor=over)
