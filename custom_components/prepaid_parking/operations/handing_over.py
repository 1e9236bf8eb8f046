"""A meter at the instant somebody else pays from: its window ends at exactly that register."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core.errors import CoreError
from ..core.metering import Consumption
from ..core.money import quantity_text
from .baseline import not_believed
from .believing import is_believed
from .going_over import go_over
from .meter_run import MeterRun
from .rebinding import posted_whole
from .site import Site
from .usage import post_windows, unposted
from .watching import FRESH_INTERVALS
from .window import accrue, put_lines, restack


@dataclass(frozen=True, slots=True, kw_only=True)
class HandReading:
    """What somebody read off a meter at a hand-over; `photo` names the picture of it, if there is one."""

    meter: str
    register: int
    photo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a meter stands at a hand-over: what is charged up to it, and what is not."""

    run: MeterRun
    register: int
    at: datetime


async def stands(
    site: Site,
    runs: Sequence[MeterRun],
    readings: Iterable[HandReading],
    at: datetime | None,
) -> list[Stand]:
    """Charge meters up to where they are handed over, and say where that is.

    Without a reading it is the last good one. One that lies behind it is taken where nothing beyond
    is in the books yet: what was used since is then the next one's. A meter that was never read is
    left out. All are looked at before any is charged.
    """
    given = {one.meter: one.register for one in readings}
    strange = set(given) - {run.meter.id for run in runs}
    if strange:
        raise CoreError("meter_not_in_unit", meter=", ".join(sorted(strange)))
    waiting = [run for run in runs if run.closing is not None]
    await post_windows(site, waiting)
    if any(run.closing is not None for run in waiting):
        raise CoreError("books_cannot_be_written", problem=unposted(site))
    now = site.clock()
    found = [
        stand
        for run in runs
        if (stand := _stand(run, given.get(run.meter.id), at, now)) is not None
    ]
    for stand in found:
        await _bring(site, stand)
    await posted_whole(site, runs)
    return found


def _stand(run: MeterRun, register: int | None, at: datetime | None, now: datetime) -> Stand | None:
    window, meter = run.window, run.meter.id
    if window is None:
        return _unpaid(run, register, at)
    if register is None:
        if run.doubt is not None:
            raise CoreError("meter_is_doubted", meter=meter, doubt=run.doubt.id)
        if at is not None and at < window.to_at and not window.empty:
            raise CoreError("reading_missing", meter=meter)
        return Stand(run=run, register=window.to_register, at=window.to_at)
    if register < window.from_register:
        quantity = run.meter.quantity
        raise CoreError(
            "hand_over_behind",
            meter=run.meter.name,
            register=quantity_text(register, quantity),
            charged_to=quantity_text(window.from_register, quantity),
            difference=quantity_text(window.from_register - register, quantity),
        )
    fresh = run.connected and run.doubt is None and _is_fresh(run, now)
    if register > window.to_register and fresh:
        raise CoreError("register_ahead", meter=meter)
    moment = now if at is None else at
    if register >= window.to_register:
        moment = max(moment, window.to_at)
    return Stand(run=run, register=register, at=max(moment, window.from_at))


def _unpaid(run: MeterRun, register: int | None, at: datetime | None) -> Stand | None:
    """Say where a meter stands that nobody has paid for."""
    last, cursor = run.last, run.cursor
    if last is None or last.register is None or run.installation is None:
        return None
    if register is None and not is_believed(run, last):
        raise not_believed(run)
    register = last.register if register is None else register
    if cursor is not None and cursor.installation == run.installation.id:
        if register < cursor.register:
            raise CoreError("register_behind", meter=run.meter.id)
        at = max(cursor.at, at) if at is not None else None
    if register > last.register:
        raise CoreError("register_ahead", meter=run.meter.id)
    return Stand(run=run, register=register, at=last.at if at is None else min(at, last.at))


async def _bring(site: Site, stand: Stand) -> None:
    """Let the open window end at the register of the hand-over."""
    run, window = stand.run, stand.run.window
    if window is None or run.binding is None:
        return
    if stand.register < window.to_register:
        put_lines(site, run, ())
        window.to_register, window.to_at = window.from_register, window.from_at
        window.rated_to, window.points = None, ()
        assert run.pool is not None
        restack(site, run.pool)
    moved = Consumption(
        from_register=window.to_register,
        to_register=stand.register,
        from_at=window.to_at,
        to_at=stand.at,
    )
    if moved.quantity:
        pricer = site.tariffs.get(run.binding.tariff)
        if pricer is None or not pricer.versions:
            raise CoreError("no_tariff", meter=run.meter.id)
        moved = await go_over(site, run, moved)
        accrue(site, run, site.tariffs[run.binding.tariff], moved)


def _is_fresh(run: MeterRun, now: datetime) -> bool:
    return run.good_at is not None and now - run.good_at <= timedelta(
        seconds=FRESH_INTERVALS * run.interval_s
    )


def trace_of(readings: Iterable[HandReading]) -> list[Mapping[str, object]]:
    """Return what was read off by hand, as it is kept in the entry."""
    return [{"meter": one.meter, "register": one.register, "photo": one.photo} for one in readings]
