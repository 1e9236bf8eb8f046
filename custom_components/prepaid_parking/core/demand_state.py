"""What a meter is watched for besides its register: the month's peak and its reactive energy.

Kept with its own place in the register, so that after a crash the watch goes on where it was stored
and the energy in between is not lost to it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from .demand import Demand, DemandWatch, demand_watch, observe
from .identity import InstallationId, MeterId
from .local_day import DAY, day_start

RESOLUTION: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthUse:
    """What a meter drew in a month (`2026-07`): its peak (mW, mVA) and when, and both energies.

    `last` is its last local day where the watch ended before the month did.
    """

    month: str
    power_mw: int = 0
    at: datetime | None = None
    active: int = 0
    reactive: int = 0
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandState:
    """A binding under watch: up to which register and when, the open interval, the months that ended.

    `active` and `reactive` are the open month's energies (mWh, mvarh); `reactive_register` is where
    the reactive meter stood, None where there is none or it was not read yet.
    """

    meter: MeterId
    binding: str
    installation: InstallationId
    register: int
    watch: DemandWatch
    active: int = 0
    reactive: int = 0
    reactive_register: int | None = None
    ended: tuple[MonthUse, ...] = ()

    @property
    def open_month(self) -> MonthUse:
        """What the open month has come to."""
        peak = self.watch.peak
        return MonthUse(
            month=peak.month,
            power_mw=peak.power_mw,
            at=peak.at,
            active=self.active,
            reactive=self.reactive,
        )


def watched(
    meter: MeterId,
    binding: str,
    installation: InstallationId,
    register: int,
    at: datetime,
    demand: Demand,
    zone: tzinfo,
    reactive_register: int | None = None,
) -> DemandState:
    """Begin to watch a meter at a register."""
    return DemandState(
        meter=meter,
        binding=binding,
        installation=installation,
        register=register,
        watch=demand_watch(at, demand.interval_minutes, zone),
        reactive_register=reactive_register,
    )


def seen(
    state: DemandState,
    demand: Demand,
    register: int,
    at: datetime,
    zone: tzinfo,
    reactive_register: int | None = None,
) -> DemandState:
    """Take in a reading of the same installation: what went through since the last one, spread evenly.

    A reactive register that stepped back begins anew. Where a stretch runs over the end of a month,
    each month gets its part by time.
    """
    if at <= state.watch.upto or register < state.register:
        return state
    reactive = 0
    before = state.reactive_register
    if before is not None and reactive_register is not None:
        reactive = max(0, reactive_register - before)
    left = [register - state.register, reactive]
    while True:
        upto = state.watch.upto
        end = min(at, _month_end(upto, zone))
        parts = [_part(amount, upto, end, at) for amount in left]
        left = [amount - part for amount, part in zip(left, parts, strict=True)]
        state = _through(state, demand, end, parts[0], parts[1], zone)
        if end >= at:
            break
    return replace(
        state,
        register=register,
        reactive_register=before if reactive_register is None else reactive_register,
    )


def stopped(
    state: DemandState, demand: Demand, at: datetime, zone: tzinfo, last: date
) -> DemandState:
    """Return the watch as it ends at an instant: the month so far, up to its `last` day, has ended.

    It begins anew at once, as `demand` asks for. Where not one day is its own, nothing has ended.
    """
    month = replace(state.open_month, last=last)
    ended = () if month.month > f"{last:%Y-%m}" else (month,)
    return replace(
        state,
        watch=demand_watch(at, demand.interval_minutes, zone),
        active=0,
        reactive=0,
        ended=(*state.ended, *ended),
    )


def without(state: DemandState, month: MonthUse) -> DemandState:
    """Return the watch without a month that is charged."""
    return replace(state, ended=tuple(one for one in state.ended if one != month))


def _through(
    state: DemandState, demand: Demand, to_at: datetime, active: int, reactive: int, zone: tzinfo
) -> DemandState:
    """Take in what went through up to an instant in the open month, or at its end."""
    month = state.open_month
    watch, ended = observe(state.watch, demand, state.watch.upto, to_at, active, zone, reactive)
    whole = replace(month, active=month.active + active, reactive=month.reactive + reactive)
    if not ended:
        return replace(state, watch=watch, active=whole.active, reactive=whole.reactive)
    peak = ended[0]
    done = replace(whole, power_mw=peak.power_mw, at=peak.at)
    return replace(state, watch=watch, active=0, reactive=0, ended=(*state.ended, done))


def _month_end(at: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which the local month ends that an instant lies in."""
    day = at.astimezone(zone).date()
    return day_start((day.replace(day=1) + 32 * DAY).replace(day=1), zone)


def _part(amount: int, upto: datetime, end: datetime, at: datetime) -> int:
    """Return the part of what goes through until `at` that goes through until `end`."""
    if end >= at:
        return amount
    return amount * ((end - upto) // RESOLUTION) // ((at - upto) // RESOLUTION)
