"""A wallet is closed: its meters read and charged for the last time, then settled to zero, in one act."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from ..core.carries import LevyCarry
from ..core.category import Category
from ..core.chart import (
    Bucket,
    Channel,
    SiteAccount,
    channel_account,
    site_account,
    wallet_account,
)
from ..core.deposit import Deposit, taken
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, UnitId
from ..core.layers import FeeReturn, Layers, leave, refundable
from ..core.ledger import AccountId, Act, Floor, Posting, Receipt, Record
from ..core.money import MICRO
from ..core.points import Lots
from ..core.settlement import Settlement, settle
from ..core.standing_cursor import first_day
from ..core.unit import Occupancy
from ..core.wallet import Binding
from .booking import book, referenced, tell, unspendable
from .buckets import debts
from .dividing import bill_before, divide_from
from .facts import WalletEvent
from .fee_legs import return_detail, return_legs
from .holding import changed, ending
from .layering import layers_now
from .meter_run import MeterRun
from .occupants import occupancy_of, owner_of_unit, units_of
from .rebinding import Rebinding, posted_whole, rebind, take_effect
from .shares import shared_with
from .site import Site
from .turn import in_turn
from .units import put_occupancy
from .usage import post_windows
from .wallet_run import WalletRun

type Leg = tuple[AccountId, AccountId, int]
"""Out of which account, into which, how much; nothing moves where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a wallet comes to at its end."""

    settlement: Settlement
    legs: tuple[Leg, ...]
    debts: Mapping[Category, int]
    bonus_minor: int
    points: int
    deposits: tuple[Deposit, ...]
    fees: tuple[FeeReturn, ...] = ()

    @property
    def detail(self) -> dict[str, object]:
        """What the entry names of it; the remainder as the fraction of a minor unit that it was."""
        settlement, rest = self.settlement, self.settlement.remainder
        told: dict[str, object] = {
            "settled": settlement.amount_minor,
            "result": settlement.result,
        }
        if rest:
            told["remainder"] = f"{rest.numerator}/{rest.denominator}"
            told["rounding"] = settlement.rounding_minor
        named = {
            "bonus": self.bonus_minor,
            "points": self.points,
            "debts": {category.value: part for category, part in self.debts.items()},
            "released": sum(one.held_minor for one in self.deposits),
        }
        told |= return_detail(self.fees)
        return told | {name: much for name, much in named.items() if much}


@in_turn
async def close_wallet(
    site: Site,
    *,
    wallet: str,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Settle a wallet to zero and close it: the rest is paid out, or what is owed is paid in.

    Its meters are charged up to their last good reading and paid for by nobody from there on, or by
    the unit's owner. Deposits come back first, debts are paid, what is left of a bonus and of points
    ends. What was used below the minor unit is rounded once, booked, and named in the entry. Nobody
    lives in a unit on a wallet that is closed: those it occupies are vacant from then on.
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
    refusal = await _last_fees(site, run, left)
    if refusal is not None:
        return await book(site, act, refusal)
    await _charge_shared(site, left)
    await posted_whole(site, run.meters)
    last = [await _last(site, meter) for meter in run.meters]
    end = _ending(site, run, channel, await _carries(site, run, last))
    shut = replace(run.wallet, closed_at=now)
    ended = _moved_out(site, left, now)
    released = tuple(taken(one, now, released=one.held_minor) for one in end.deposits)
    act = replace(
        act,
        postings=tuple(
            Posting(source=source, target=target, amount_minor=part)
            for source, target, part in end.legs
            if part
        ),
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
    in_use = next((one for one in _deposits(site, run) if one.use), None)
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


async def _carries(site: Site, run: WalletRun, last: list[Rebinding]) -> list[Fraction]:
    """Return what was used below a minor unit and never charged, of all bindings the wallet ever had."""
    ended = [one.ended for one in last if one.ended is not None]
    before = await site.books.load(Binding, wallet=run.wallet.id)
    bindings = [*ended, *(one for one in before if one.to_at is not None)]
    carries = [
        Fraction(one.carry, site.currency.denominator(site.meters[one.meter].meter.quantity))
        for one in bindings
        if one.meter in site.meters
    ]
    for one in bindings:
        # A tax that is contained in the price is a part of it already; `/` is in its name alone.
        kept = await site.books.load(LevyCarry, binding=one.id)
        carries += [Fraction(each.carry, MICRO) for each in kept if "/" not in each.name]
    return carries


def _ending(site: Site, run: WalletRun, channel: Channel, carries: list[Fraction]) -> Ending:
    """Work out what moves so that nothing is left in the wallet and nothing is owed by it."""
    no, outside = run.wallet.no, channel_account(channel)
    cash, bonus = wallet_account(no), wallet_account(no, Bucket.BONUS)
    promotion = site_account(SiteAccount.PROMOTION)
    deposits, owed = tuple(_deposits(site, run)), debts(run)
    there = run.posted_minor + sum(one.held_minor for one in deposits)
    layers = layers_now(run)
    may_leave = refundable(layers, run.wallet.spending) if layers else there
    settlement = settle(may_leave, sum(owed.values()), carries)
    points, amount = run.others.get(Bucket.POINTS, 0), settlement.amount_minor
    swap = max(0, may_leave - there)
    paid_out = max(0, min(amount, may_leave))
    fees = leave(layers, paid_out, run.wallet.spending).fees if layers else ()
    legs = (
        *((one.source, one.target, one.amount_minor) for one in _released(run, deposits)),
        *((cash, wallet_account(no, category.bucket), part) for category, part in owed.items()),
        (outside, cash, max(0, -amount)),
        (bonus, cash, swap),
        (cash, site_account(SiteAccount.ROUNDING), settlement.rounding_minor),
        (cash, outside, max(0, amount)),
        (bonus, promotion, run.bonus_minor - swap),
        (cash, promotion, max(0, there - may_leave)),
        (wallet_account(no, Bucket.POINTS), site_account(SiteAccount.POINTS), points),
        *((one.source, one.target, one.amount_minor) for one in return_legs(fees, outside)),
    )
    return Ending(
        settlement=settlement,
        legs=legs,
        debts=owed,
        bonus_minor=run.bonus_minor - swap + max(0, there - may_leave),
        points=points,
        deposits=deposits,
        fees=fees,
    )


async def _charge_shared(site: Site, units: Iterable[UnitId]) -> None:
    """Post what was used in common so far: it is borne by those who were there."""
    for unit in units:
        for shared in shared_with(site, unit):
            await post_windows(site, shared.meters)


def _moved_out(site: Site, units: Iterable[UnitId], now: datetime) -> tuple[Occupancy, ...]:
    """Return the ends of the occupancies of units."""
    present = (occupancy_of(site, unit) for unit in units)
    return tuple(replace(one, to_at=max(now, one.from_at)) for one in present if one is not None)


def _deposits(site: Site, run: WalletRun) -> list[Deposit]:
    return [one for one in site.using.deposits.values() if one.wallet == run.wallet.id]


def _released(run: WalletRun, deposits: tuple[Deposit, ...]) -> list[Posting]:
    return [leg for one in deposits for leg in ending(run, release=one.held_minor)]


def _emptied(run: WalletRun) -> tuple[Record, ...]:
    wallet, emptied = run.wallet.id, list[Record]()
    if run.layers:
        emptied.append(Layers(wallet=wallet))
    if run.lots:
        emptied.append(Lots(wallet=wallet))
    return tuple(emptied)
