"""Moving in and out: the meters of a unit change their payer at one register, in one entry.

First everything used so far is charged to who pays until now, then one act says who pays from here on.
Killed in between, the same call finishes: nothing is charged twice, and nothing is left over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.chart import Channel
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.standing_cursor import first_day
from ..core.unit import Occupancy, Unit
from ..core.wallet import Wallet
from .booking import book, referenced, tell
from .closing_wallet import close_wallet
from .dividing import divide_by_days
from .facts import WalletEvent
from .habits import fresh_start
from .handing_over import HandReading, Stand, stands, trace_of
from .in_use import in_use
from .meter_run import MeterRun
from .occupants import occupancy_of, owner_of_unit, units_of
from .places import meters_in
from .rebinding import Rebinding, end_before, rebind, take_effect
from .repeats import answered_before
from .shares import shared_with
from .site import Site
from .turn import in_turn
from .units import MOST_PERSONS, check_payer, put_occupancy
from .usage import post_windows
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What somebody asks for: who leaves a unit and who comes, when, and at which registers.

    `tariff` is for meters that nobody has ever paid for; all others keep theirs.
    """

    unit: str
    wallet: str = ""
    persons: int | None = None
    at: datetime | None = None
    readings: tuple[HandReading, ...] = ()
    tariff: str = ""
    actor: Actor
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Whether the wallet of who leaves is settled and closed, and over which channel."""

    channel: Channel = Channel.CASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was written: the hand-over, and the closing of the old wallet where that was asked for."""

    receipt: Receipt
    settled: Receipt | None = None


async def move_in(site: Site, asked: HandOver) -> Moved:
    """Let somebody occupy a vacant unit and pay for its meters from here on."""
    return Moved(receipt=await _hand_over(site, asked, "move_in"))


async def move_out(site: Site, asked: HandOver, settle: Settlement | None = None) -> Moved:
    """Let a unit be vacant: its owner pays for its meters from here on, or nobody where it has none."""
    return await _leave(site, asked, "move_out", settle)


async def move(site: Site, asked: HandOver, settle: Settlement | None = None) -> Moved:
    """Let the next one in as the last one leaves: no kilowatt-hour is both's, and none is nobody's."""
    return await _leave(site, asked, "move", settle)


async def _leave(site: Site, asked: HandOver, scope: str, settle: Settlement | None) -> Moved:
    receipt = await _hand_over(site, asked, scope)
    leaving = str(receipt.detail["from"])
    if settle is None or not leaving:
        return Moved(receipt=receipt)
    closed = await close_wallet(
        site,
        wallet=leaving,
        channel=settle.channel,
        reason=asked.reason,
        reference=asked.reference,
        actor=asked.actor,
    )
    return Moved(receipt=receipt, settled=closed)


@in_turn
async def _hand_over(site: Site, asked: HandOver, scope: str) -> Receipt:
    unit, now = site.unit(asked.unit), site.clock()
    key = referenced(scope, asked.reference, _content(asked))
    act = Act(
        kind=EntryKind.MOVED_IN if asked.wallet else EntryKind.MOVED_OUT,
        event=f"unit/{unit.id}/{scope}/{key.key}",
        occurred=now if asked.at is None else asked.at,
        actor=asked.actor,
        reason=asked.reason,
        reference=key,
    )
    present = occupancy_of(site, unit.id, now)
    known = await answered_before(site, act)
    if known is not None:
        await _divide(site, unit)
        return known
    _check(site, unit, present, asked, scope)
    leaving = site.wallets[present.wallet] if present is not None else None
    arriving = site.wallet(asked.wallet) if asked.wallet else None
    await _charge_shared(site, unit)
    payer = arriving or owner_of_unit(site, unit.id)
    runs = _changing(site, unit, leaving)
    found = await stands(site, runs, asked.readings, asked.at)
    rebindings = [one for stand in found if (one := await _rebind(site, stand, payer, asked))]
    change = _Change(
        unit=unit,
        ended=replace(present, to_at=act.occurred) if present is not None else None,
        begun=await _occupancy(site, unit, arriving, asked, act.occurred),
        wallet=_moved_wallet(site, unit, arriving),
    )
    habits = tuple(habit for stand in found for habit in fresh_start(stand.run))
    unpaid = [run.meter.id for run in runs if not _is_paid(run, rebindings)]
    await end_before(site, rebindings)
    receipt = await book(
        site,
        replace(
            act,
            detail={
                "unit": unit.id,
                "from": leaving.wallet.id if leaving is not None else "",
                "to": arriving.wallet.id if arriving is not None else "",
                "payer": payer.wallet.id if payer is not None else "",
                "persons": change.begun.persons if change.begun is not None else 0,
                "meters": [one.trace for one in rebindings],
                "unpaid": unpaid,
                "readings": trace_of(asked.readings),
            },
            puts=(
                *change.puts,
                *habits,
                *(record for one in rebindings for record in one.puts),
            ),
        ),
    )
    for occupancy in (change.ended, change.begun):
        if occupancy is not None:
            put_occupancy(site, occupancy)
    site.hinting.habits.update({habit.meter: habit for habit in habits})
    for one in rebindings:
        take_effect(site, one)
    if arriving is not None and change.wallet is not None:
        arriving.wallet = change.wallet
    for run, event in ((leaving, WalletEvent.MOVED_OUT), (arriving, WalletEvent.MOVED_IN)):
        if run is not None:
            tell(site, run, event, receipt, reference=asked.reference)
            site.wake_wallet(run)
    site.wake(runs)
    await _divide(site, unit)
    return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What becomes of the unit's occupancy and of the wallet that comes."""

    unit: Unit
    ended: Occupancy | None
    begun: Occupancy | None
    wallet: Wallet | None

    @property
    def puts(self) -> tuple[Occupancy | Wallet, ...]:
        """The records that change."""
        return tuple(one for one in (self.ended, self.begun, self.wallet) if one is not None)


def _check(site: Site, unit: Unit, present: Occupancy | None, asked: HandOver, scope: str) -> None:
    """Refuse what cannot be as things stand."""
    if unit.closed_at is not None:
        raise CoreError("unit_is_closed", unit=unit.name)
    if scope == "move_in" and present is not None:
        raise CoreError("unit_is_occupied", unit=unit.name)
    if scope != "move_in" and present is None:
        raise CoreError("unit_is_vacant", unit=unit.name)
    if present is not None and asked.wallet == present.wallet:
        raise CoreError("wallet_is_inside", wallet=asked.wallet, unit=unit.name)
    if asked.persons is not None and not 0 <= asked.persons <= MOST_PERSONS:
        raise CoreError("persons_not_usable", value=asked.persons)
    if asked.wallet:
        check_payer(site, asked.wallet)
    if asked.at is not None:
        _check_moment(site, unit, asked.at)


def _check_moment(site: Site, unit: Unit, at: datetime) -> None:
    changed = _changed_at(site, unit)
    if at > site.clock():
        raise CoreError("moment_ahead", at=at.isoformat())
    if changed is not None and at <= changed:
        raise CoreError("moment_behind", at=at.isoformat(), since=changed.isoformat())


def _changed_at(site: Site, unit: Unit) -> datetime | None:
    """Return when somebody last came or went."""
    history = site.house.occupancies.get(unit.id, ())
    changes = [at for one in history for at in (one.from_at, one.to_at) if at is not None]
    return max(changes, default=None)


async def _divide(site: Site, unit: Unit) -> None:
    """Divide the unit's fees at the last move, also where a hub died after it."""
    changed = _changed_at(site, unit)
    if changed is not None:
        await divide_by_days(site, unit.id, first_day(changed, site.zone))


async def _charge_shared(site: Site, unit: Unit) -> None:
    """Post what was used in common so far: it is borne by those who were there."""
    for wallet in shared_with(site, unit.id):
        await post_windows(site, wallet.meters)


def _changing(site: Site, unit: Unit, leaving: WalletRun | None) -> list[MeterRun]:
    """Return the meters that change hands: what the one who leaves, the owner, or nobody pays for.

    A meter in the unit that somebody else pays for stays theirs; one that is sold by the use is nobody's.
    """
    until = leaving or owner_of_unit(site, unit.id)
    payers = {until.wallet.id} if until is not None else set()
    return [
        run
        for run in meters_in(site, unit.id)
        if (in_use(site, run) is None if run.binding is None else run.binding.wallet in payers)
    ]


async def _rebind(
    site: Site, stand: Stand, payer: WalletRun | None, asked: HandOver
) -> Rebinding | None:
    return await rebind(
        site, stand.run, payer, register=stand.register, at=stand.at, tariff=asked.tariff
    )


async def _occupancy(
    site: Site, unit: Unit, arriving: WalletRun | None, asked: HandOver, at: datetime
) -> Occupancy | None:
    if arriving is None:
        return None
    number = await site.books.next_number("occupancy")
    return Occupancy(
        id=f"{unit.id}/{number}",
        unit=unit.id,
        wallet=arriving.wallet.id,
        from_at=at,
        persons=unit.persons if asked.persons is None else asked.persons,
    )


def _moved_wallet(site: Site, unit: Unit, arriving: WalletRun | None) -> Wallet | None:
    """Let a wallet bear the name of the unit it moves into, unless it still has another."""
    if arriving is None or units_of(site, arriving.wallet.id):
        return None
    return replace(arriving.wallet, unit=unit.name, unit_id=unit.id)


def _is_paid(run: MeterRun, rebindings: Sequence[Rebinding]) -> bool:
    return any(one.run is run and one.begun is not None for one in rebindings)


def _content(asked: HandOver) -> dict[str, object]:
    """Return what makes it the same request when it comes again."""
    return {
        "unit": asked.unit,
        "wallet": asked.wallet,
        "persons": -1 if asked.persons is None else asked.persons,
        "at": asked.at.isoformat() if asked.at is not None else "",
        "readings": [[one.meter, one.register] for one in asked.readings],
    }
