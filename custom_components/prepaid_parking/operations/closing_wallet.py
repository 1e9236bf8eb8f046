"""A wallet is closed: its meters read and charged for the last time, then settled to zero, in one act."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from ..core.chart import Bucket, Channel, wallet_account
from ..core.deposit import taken
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor, UnitId
from ..core.layers import Layers
from ..core.ledger import Act, Floor, Receipt, Record
from ..core.points import Lots
from ..core.standing_cursor import first_day
from ..core.unit import Occupancy
from .booking import book, referenced, tell, unspendable
from .desk import refused
from .dividing import bill_before, divide_by_days, divide_from
from .ending import charges_to_end
from .facts import WalletEvent
from .holding import changed
from .meter_run import MeterRun
from .occupants import occupancy_of, owner_of_unit, units_of
from .paying_usage import one_after_another
from .rebinding import Rebinding, end_before, posted_whole, rebind, take_effect
from .risk_desk import guard_closing
from .shares import shared_with
from .site import Site
from .turn import in_turn
from .units import put_occupancy
from .usage import post_windows
from .wallet_ending import Ending, carries_of, deposits_held, ending_of
from .wallet_run import WalletRun


@in_turn
async def close_wallet(
    site: Site,
    *,
    wallet: str,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reason: str = "",
    reference: str = "",
    agreed_minor: int = 0,
) -> Receipt:
    """Settle a wallet to zero and close it: the rest is paid out, or what is owed is paid in.

    Its meters are charged up to their last good reading and paid for by nobody from there on, or by
    the unit's owner. Deposits come back first, debts are paid, what is left of a bonus and of points
    ends. What was used below the minor unit is rounded once, booked, and named in the entry. Nobody
    lives in a unit on a wallet that is closed: those it occupies are vacant from then on. What is paid
    out is judged like a refund, unless no more than `agreed_minor` is.
    """
    run, now = site.wallet(wallet), site.clock()
    act = Act(
        kind=EntryKind.WALLET_CLOSED,
        event=f"wallet/{wallet}/closed",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=referenced("close_wallet", reference, {"wallet": wallet, "channel": channel}),
        detail={"wallet": wallet, "channel": channel},
    )
    refusal = unspendable(site, run) or _unclosable(site, run)
    if refusal is not None:
        return await book(site, act, refusal)
    left = units_of(site, run.wallet.id)
    try:
        return await _closed(site, run, act, channel, left, agreed_minor)
    except CoreError, StoreError:
        for unit in left:  # Who stays after all has the unit's days as before.
            await divide_by_days(site, unit, first_day(now, site.zone))
        raise


async def _closed(
    site: Site, run: WalletRun, act: Act, channel: Channel, left: list[UnitId], agreed_minor: int
) -> Receipt:
    """Charge what only who leaves is charged, once nothing is against it, and write the end down."""
    refusal = await _last_fees(site, run, left)
    if refusal is not None:
        return await book(site, act, refusal)
    await _charge_shared(site, left)
    await posted_whole(site, run.meters)
    carries, now = await carries_of(site, run), act.occurred
    coming = await _coming(site, run, channel, carries)
    if (payout := coming.settlement.amount_minor) > agreed_minor:
        await guard_closing(site, run, act, amount_minor=payout, channel=channel)
    refusal = await refused(site, replace(act, postings=coming.postings))
    if refusal is not None:
        return await book(site, act, refusal)
    last = [await _last(site, meter) for meter in run.meters]
    await end_before(site, last)
    end = ending_of(site, run, channel, carries)
    shut = replace(run.wallet, closed_at=now)
    ended = _moved_out(site, left, now)
    released = tuple(taken(one, now, released=one.held_minor) for one in end.deposits)
    act = replace(
        act,
        postings=end.postings,
        floors=tuple(
            Floor(account=wallet_account(run.wallet.no, bucket), minimum_minor=0)
            for bucket in (Bucket.CASH, Bucket.BONUS, Bucket.POINTS)
        ),
        detail={
            **act.detail,
            **end.detail,
            "meters": [one.trace for one in last],
            **({"vacated": left} if left else {}),
        },
        puts=(
            shut,
            *ended,
            *released,
            *(record for one in last for record in one.puts),
            *_emptied(run),
        ),
    )
    receipt = await book(site, act)
    if not receipt.repeated:
        for one in last:
            take_effect(site, one)
        for occupancy in ended:
            put_occupancy(site, occupancy)
        for deposit in released:
            changed(site, deposit)
        run.wallet, run.layers, run.lots = shut, (), ()
        run.booked(receipt)
        tell(site, run, WalletEvent.CLOSED, receipt, abs(end.settlement.amount_minor))
        site.wake([one.run for one in last])
    return receipt


def _unclosable(site: Site, run: WalletRun) -> CoreError | None:
    """Refuse to settle books that may not be the latest, and what somebody has to decide first."""
    wallet = run.wallet.id
    if not site.books.writable:
        return CoreError("ledger_closed")
    if run.others.get(Bucket.BILLED, 0):
        return CoreError("wallet_has_bills", wallet=wallet)
    if uses := run.others.get(Bucket.USES, 0):
        return CoreError("wallet_has_uses", wallet=wallet, uses=uses)
    in_use = next((one for one in deposits_held(site, run) if one.use), None)
    if in_use is not None:
        return CoreError("deposit_of_use", deposit=in_use.id, use=in_use.use)
    running = next(
        (one.use.id for one in site.using.uses.values() if one.use.wallet == wallet), None
    )
    if running is not None:
        return CoreError("wallet_in_use", wallet=wallet, use=running)
    return None


async def _last_fees(site: Site, run: WalletRun, left: list[UnitId]) -> CoreError | None:
    """Bill the fees of the units that are left up to today, and give back what was billed beyond.

    What cannot be paid keeps the wallet open: then nothing is given to anybody else either.
    """
    since = first_day(site.clock(), site.zone)
    for unit in left:
        await bill_before(site, unit, since)
    refusal = _unclosable(site, run)
    if refusal is not None:
        return refusal
    for unit in left:
        await divide_from(site, unit, since, vacant=True)
    return _unclosable(site, run)


async def _coming(site: Site, run: WalletRun, channel: Channel, carries: list[Fraction]) -> Ending:
    """Return what a wallet would come to, while its payer may still stay.

    Minimums and peaks of periods that end with who leaves are drawn up for it and not written: who
    stays owes none of them.
    """
    charges = await charges_to_end(site, run.meters)
    with one_after_another(site) as take:
        for draw in charges:
            draw(take)
        return ending_of(site, run, channel, carries)


async def _last(site: Site, run: MeterRun) -> Rebinding:
    """Draw up the end of a binding at the meter's last good reading; a vacant unit bills its owner."""
    window, binding = run.window, run.binding
    assert window is not None
    assert binding is not None
    owner = owner_of_unit(site, run.meter.unit)
    if owner is not None and owner.wallet.id == binding.wallet:
        owner = None
    ended = await rebind(site, run, owner, register=window.to_register, at=window.to_at)
    assert ended is not None
    return ended


async def _charge_shared(site: Site, units: Iterable[UnitId]) -> None:
    """Post what was used in common so far: it is borne by those who were there."""
    for unit in units:
        for shared in shared_with(site, unit):
            await post_windows(site, shared.meters)


def _moved_out(site: Site, units: Iterable[UnitId], now: datetime) -> tuple[Occupancy, ...]:
    """Return the ends of the occupancies of units."""
    present = (occupancy_of(site, unit) for unit in units)
    return tuple(replace(one, to_at=max(now, one.from_at)) for one in present if one is not None)


def _emptied(run: WalletRun) -> tuple[Record, ...]:
    wallet, emptied = run.wallet.id, list[Record]()
    if run.layers:
        emptied.append(Layers(wallet=wallet))
    if run.lots:
        emptied.append(Lots(wallet=wallet))
    return tuple(emptied)
