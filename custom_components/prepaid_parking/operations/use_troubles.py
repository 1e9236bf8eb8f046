"""Uses that somebody has to look after: a counter that is not believed, a machine that does not end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..core.use import Use, UseDoubt, UseState
from .site import Site
from .use_run import UseRun
from .use_switch import starts_within

LATE: Final = timedelta(minutes=2)
"""Settling and switching take seconds; so much later nobody should wait any longer."""


class UseTroubleKind(StrEnum):
    """What is the matter with a use; the values are the keys of its repair."""

    COUNTER_SILENT = "use_counter_silent"
    COUNTER_BACKWARDS = "use_counter_backwards"
    NOT_STARTED = "use_not_started"
    OVERDUE = "use_overdue"
    STUCK = "use_stuck"


DOUBTS: Final = {
    UseDoubt.SILENT: UseTroubleKind.COUNTER_SILENT,
    UseDoubt.BACKWARDS: UseTroubleKind.COUNTER_BACKWARDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseTrouble:
    """What is the matter with a use, where, and since when."""

    use: Use
    point: str
    kind: UseTroubleKind
    since: datetime


def use_troubles(site: Site) -> list[UseTrouble]:
    """Return the uses that go on only when a person does something, each with what weighs most."""
    now, found = site.clock(), list[UseTrouble]()
    for run in site.using.uses.values():
        trouble = _trouble(site, run, now)
        if trouble is not None:
            kind, since = trouble
            point = site.using.points.get(run.use.point) if run.use.point is not None else None
            name = point.name if point is not None else run.use.id
            found.append(UseTrouble(use=run.use, point=name, kind=kind, since=since))
    return found


def _trouble(site: Site, run: UseRun, now: datetime) -> tuple[UseTroubleKind, datetime] | None:
    use = run.use
    if run.stuck:
        return UseTroubleKind.STUCK, use.ended_at or run.ending_at or now
    ended = use.ended_at or run.ending_at or use.ends_at
    if ended is not None and now - ended >= LATE:
        return UseTroubleKind.OVERDUE, ended
    if use.doubt is not None:
        return DOUBTS[use.doubt], use.counted_at or use.started_at
    waited = now - use.started_at - starts_within(site, use.switch)
    within = timedelta(seconds=use.proof.within_s if use.proof is not None else 0)
    if use.state is UseState.STARTING and waited - within >= LATE:
        return UseTroubleKind.NOT_STARTED, use.started_at
    return None
