"""Supply schedules at work: which supplies are off by the clock now, and who is told when that changes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.policy import Policy
from ..core.schedule import OffHours, Phase, Schedule, phase
from .meter_run import MeterRun
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

AT_ONCE: Final = 500
"""Supplies decided in one go when a schedule switches."""


async def load_schedules(site: Site) -> None:
    """Take the schedules with their versions from the books."""
    for one in sorted(await site.books.load(Schedule), key=lambda one: one.version):
        site.supplying.schedules.setdefault(one.id, []).append(one)


@in_turn
async def set_schedule(
    site: Site,
    *,
    schedule: str,
    off: Sequence[OffHours],
    actor: Actor,
    name: str = "",
    calendar: str = "",
    except_dates: Sequence[date] = (),
    exempt: Sequence[str] = (),
    valid_from: datetime | None = None,
    reason: str = "",
) -> Receipt:
    """Write the next version of a schedule; a supply that is off by the last one goes by it at once."""
    now = site.clock()
    begins = valid_from or now
    known = site.supplying.schedules.get(schedule, [])
    if known and begins < known[-1].valid_from:
        raise CoreError("schedule_out_of_order", schedule=schedule, at=known[-1].valid_from)
    if calendar:
        await site.learn_calendar(calendar)
    for one in exempt:
        if one not in site.wallets and one not in site.house.units:
            raise CoreError("unknown_exempt", id=one)
    written = Schedule(
        id=schedule,
        version=known[-1].version + 1 if known else 1,
        valid_from=begins,
        name=name,
        off=tuple(off),
        calendar=calendar,
        except_dates=tuple(except_dates),
        exempt=tuple(exempt),
    )
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.SCHEDULE_SET,
            event=f"schedule/{schedule}/{written.version}",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={"schedule": schedule, "valid_from": begins.isoformat(), "hours": len(off)},
            puts=(written,),
        )
    )
    site.supplying.schedules[schedule] = [*known, written]
    site.supplying.phases.pop(schedule, None)
    _wake(site, schedule)
    return receipt


def schedule_of(run: MeterRun, policy: Policy | None) -> str:
    """Return the schedule a supply goes by: its own, else its wallet's policy's, "" where none."""
    return run.supply.schedule or (policy.schedule if policy is not None else "")


def is_scheduled_off(
    site: Site, run: MeterRun, wallet: WalletRun, policy: Policy, now: datetime
) -> bool:
    """Tell whether a supply is to be off by its schedule now."""
    name = schedule_of(run, policy)
    if not name or not phase_now(site, name, now).off:
        return False
    version = version_at(site, name, now)
    named = {wallet.wallet.id, wallet.wallet.unit_id, run.meter.unit}
    return version is not None and named.isdisjoint(version.exempt)


def version_at(site: Site, schedule: str, now: datetime) -> Schedule | None:
    """Return the version of a schedule that is in effect, None before its first."""
    versions = site.supplying.schedules.get(schedule, ())
    return next((one for one in reversed(versions) if one.valid_from <= now), None)


def phase_now(site: Site, schedule: str, now: datetime) -> Phase:
    """Return how a schedule stands; worked out once for all its supplies, until it changes."""
    known = site.supplying.phases.get(schedule)
    if known is None or not known.since <= now < known.until:
        known = site.supplying.phases[schedule] = _phase(site, schedule, now)
    return known


async def follow_schedules(site: Site, now: datetime) -> None:
    """Have the supplies of a schedule decided when it switches them off or on.

    Some at a time: a whole campus in one breath would hold up everything else.
    """
    book = site.supplying
    for schedule in book.schedules:
        stands = phase_now(site, schedule, now)
        if book.followed.get(schedule) is not stands:
            book.followed[schedule] = stands
            _wake(site, schedule)
    for _ in range(min(len(book.waking), AT_ONCE)):
        site.woken.add(book.waking.popleft())


def _phase(site: Site, schedule: str, now: datetime) -> Phase:
    versions = site.supplying.schedules.get(schedule, ())
    next_from = min((one.valid_from for one in versions if one.valid_from > now), default=None)
    version = version_at(site, schedule, now)
    if version is None:
        known = Phase(off=False, since=now, until=datetime.max.replace(tzinfo=now.tzinfo))
    else:
        known = phase(version, now, site.zone, site.holidays)
    if next_from is not None and next_from < known.until:
        known = Phase(off=known.off, since=known.since, until=next_from)
    return known


def _wake(site: Site, schedule: str) -> None:
    """Line up the supplies that go by a schedule, and let the first of them be decided."""
    for wallet in site.wallets.values():
        if not wallet.meters:
            continue
        policy = site.policy_of(wallet.wallet)
        site.supplying.waking.extend(
            run.meter.id for run in wallet.meters if schedule_of(run, policy) == schedule
        )
