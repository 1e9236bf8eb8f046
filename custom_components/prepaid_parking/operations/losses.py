"""A main meter against all that lie directly behind it: the loss report, from registers in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..core.errors import CoreError
from ..core.local_day import DAY
from ..core.loss import Loss, Mark, Metered, counted, first_from
from .habits import mark_of
from .meter_run import MeterRun
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """The loss behind a main meter in a period.

    `unread` are the meters of which no two readings are known: the loss holds what they counted.
    """

    main: MeterRun
    since: datetime
    until: datetime
    loss: Loss | None
    unread: tuple[str, ...] = ()


async def loss_report(
    site: Site, *, main: str, since: datetime | None = None, until: datetime | None = None
) -> LossReport:
    """Say what a main meter counted in a period, and what all meters behind it counted.

    Each from its first reading at or after the beginning to its first at or after the end; where
    that has not come, to its last. Without a period it is the running month.
    """
    run, now = site.meter(main), site.clock()
    subs = behind(site, run)
    if not subs:
        raise CoreError("meter_has_no_subs", meter=main)
    until = now if until is None else until
    since = month_start(site, until) if since is None else since
    if since >= until:
        raise CoreError("time_is_past", at=until.isoformat())
    whole = await _metered(site, run, since, until)
    parts = [(sub, await _metered(site, sub, since, until)) for sub in subs]
    unread = tuple(one.meter.id for one, metered in ((run, whole), *parts) if metered is None)
    loss = None
    if whole is not None:
        loss = Loss(main=whole, subs=tuple(metered for _, metered in parts if metered is not None))
    return LossReport(main=run, since=since, until=until, loss=loss, unread=unread)


def behind(site: Site, main: MeterRun) -> list[MeterRun]:
    """Return the meters that lie directly behind a main meter."""
    return [run for run in site.meters.values() if run.meter.main == main.meter.id]


def month_start(site: Site, at: datetime) -> datetime:
    """Return when the local month began that an instant lies in."""
    local = at.astimezone(site.zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


async def marks_of(site: Site, run: MeterRun) -> list[Mark]:
    """Return a meter's readings that were taken down, in the order of time, with the latest one."""
    marks = await site.books.load(Mark, meter=run.meter.id)
    last = mark_of(run)
    if last is not None and (not marks or last.at > marks[-1].at):
        marks.append(last)
    return marks


async def _metered(site: Site, run: MeterRun, since: datetime, until: datetime) -> Metered | None:
    return between(site, await marks_of(site, run), since, until)


def between(site: Site, marks: Sequence[Mark], since: datetime, until: datetime) -> Metered | None:
    """Return what was counted in a period; None where no two readings are known."""
    begin = first_from(marks, since)
    end = first_from(marks, until) or (marks[-1] if marks else None)
    if begin is None or end is None or begin.at >= end.at:
        return None
    quantity = counted(site.installations, begin, end)
    if quantity is None:
        return None
    late = begin.at - since > DAY or end.at - until > DAY or until - end.at > DAY
    return Metered(meter=begin.meter, begin=begin, end=end, quantity=quantity, late=late)
