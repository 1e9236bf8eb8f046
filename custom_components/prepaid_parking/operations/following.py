"""Running uses are followed: looked at, warned, ended when time or money is up, their switches off.

A use is looked at each second and whenever one of its things has changed. What is decided here is
decided again after a restart, from the record: a switch that was to be off is told so first.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.errors import DeviceError, StoreError
from ..core.identity import UseId
from ..core.supply import CommandLog, CommandOutcome
from ..core.use import Seen, Use, UseEnd, UseState, looked
from ..core.use_point import Basis
from .booking import keep
from .facts import UseEvent
from .in_use import is_meter, meter_of
from .no_things import NoThings
from .saying import said
from .site import Site
from .use_ends import settle
from .use_prices import accrue, cost_of, most_of
from .use_run import UseRun
from .use_switch import does_not_obey, is_on, starts_within
from .use_telling import tell_use

TICK: Final = timedelta(seconds=1)
KEEP_EVERY: Final = timedelta(minutes=1)
"""What a crash makes a use forget at most; the rule for unwatched time covers it."""
WARN_AHEAD: Final = timedelta(minutes=5)
WARN_SHARE: Final = 10
"""A counter has no pace: it warns when less than a tenth of the money is left."""
PAUSES: Final = tuple(timedelta(seconds=one) for one in (2, 2, 5, 15, 60))
"""An off that is not seen is tried again for ever: water or heat may be running."""
TOLD_AFTER: Final = 4
"""The fourth time it is told to be off, it is somebody's to look after."""


async def load(site: Site) -> None:
    """Take up the uses that have not ended; what each has cost is looked at with the first step."""
    for use in [one for state in UNFINISHED for one in await site.books.load(Use, state=state)]:
        site.using.uses[use.id] = UseRun(use=use, kept=use)


UNFINISHED: Final = (UseState.STARTING, UseState.RUNNING, UseState.ENDING)


async def follow_uses(site: Site, now: datetime) -> None:
    """Follow every use one step."""
    for run in list(site.using.uses.values()):
        await follow(site, run, now)


async def step(site: Site, run: UseRun, now: datetime) -> None:
    """Look at one use and do what follows, in the turn of whoever asks."""
    if run.use.state in (UseState.STARTING, UseState.RUNNING):
        if site.clock_ok:
            _look(site, run, now)
        if run.ending is None:
            await _begin(site, run, now)
        if run.ending is not None:
            await _end(site, run, now)
    if _to_be_off(run):
        await _off(site, run, now)


def attach_all(site: Site) -> None:
    """Watch the things of all uses, and look at them first: what was to be off may be on."""
    for run in site.using.uses.values():
        attach(site, run)
        site.spawn(_look_now(site, run.use.id))


def detach_all(site: Site) -> None:
    """Let go of all things: nothing is looked at or switched any more."""
    for run in site.using.uses.values():
        run.let_go()
    site.using.things = NoThings()


def attach(site: Site, run: UseRun) -> None:
    """Watch a use's things: what changes is looked at at once."""
    use, run.watched_from = run.use, site.clock()
    watched = [one for one in (use.switch, use.counter) if one and not is_meter(one)]
    if use.proof is not None:
        watched.append(use.proof.entity)

    def changed() -> None:
        site.spawn(_look_now(site, use.id))

    run.stop = site.using.things.watch(watched, changed) if watched else run.stop


async def _look_now(site: Site, use: UseId) -> None:
    async with site.turn:
        run = site.using.uses.get(use)
        if run is not None:
            await follow(site, run, site.clock())


async def follow(site: Site, run: UseRun, now: datetime) -> None:
    """Follow one use one step; its trouble is said, not raised, and keeps no other from ending."""
    with said(site, follow.__name__, run.use.id):
        await step(site, run, now)


def _look(site: Site, run: UseRun, now: datetime) -> None:
    use, things = run.use, site.using.things
    seen = Seen(
        on=is_on(site, use.switch) if use.switch else None,
        count=things.count(use.counter, use.counter_unit) if use.counter else None,
    )
    after = looked(use, seen, now, run.watched_from)
    run.use = after
    if after.doubt is not None and after.doubt is not use.doubt:
        tell_use(site, UseEvent.DOUBTED, after, reason=after.doubt)
    if after.state is UseState.RUNNING and after.switch and seen.on is False:
        run.ending = run.ending or UseEnd.SWITCHED_OFF


async def _begin(site: Site, run: UseRun, now: datetime) -> None:
    """Take it as started, or not, or go on."""
    use = run.use
    if use.state is UseState.STARTING:
        await _started(site, run, now)
    elif use.ends_at is not None and site.clock_ok and now >= use.ends_at:
        run.ending = UseEnd.TIME_UP
    elif not use.timed and site.clock_ok:
        _money(site, run, now)
    if run.ending is not None or not _worth_keeping(run.kept, run.use, now):
        return
    if await keep(site, run.use):
        run.kept = run.use


async def _started(site: Site, run: UseRun, now: datetime) -> None:
    use = run.use
    proven = use.proof is None or use.proof.shown(site.using.things.number(use.proof.entity))
    if is_on(site, use.switch) is True and proven:
        run.use = replace(use, state=UseState.RUNNING, on=True)
        tell_use(site, UseEvent.STARTED, run.use)
        return
    within = starts_within(site, use.switch)
    if use.proof is not None:
        within = max(within, timedelta(seconds=use.proof.within_s))
    if not run.sending and site.clock_ok and now - use.started_at >= within:
        run.ending = UseEnd.NOT_STARTED


def _money(site: Site, run: UseRun, now: datetime) -> None:
    """End a use that the money is used up for; warn a while before."""
    use, most = run.use, most_of(site, run)
    cost = cost_of(site, use, now).asked.total_minor
    accrue(site, run, cost)
    if cost_of(site, use, now, TICK, more=1).asked.total_minor > most:
        run.ending = UseEnd.MONEY_UP
        return
    if use.basis is Basis.COUNTER:
        low = most - cost < most // WARN_SHARE
    else:
        low = cost_of(site, use, now, WARN_AHEAD).asked.total_minor > most
    if low is not use.warned:
        run.use = replace(use, warned=low)
        if low:
            tell_use(site, UseEvent.LOW, run.use, reason="money")


async def _end(site: Site, run: UseRun, now: datetime) -> None:
    assert run.ending is not None
    run.ending_at = run.ending_at or now
    if site.books.writable:
        await settle(site, run, run.ending, run.ending_at, run.ending_by)
        run.kept = run.use
        if run.use.state is UseState.ENDED:
            drop(site, run)


def drop(site: Site, run: UseRun) -> None:
    """Let go of a use that is over."""
    run.let_go()
    accrue(site, run, 0)
    site.using.uses.pop(run.use.id, None)


def _to_be_off(run: UseRun) -> bool:
    return bool(run.use.switch) and (run.ending is not None or run.use.state is UseState.ENDING)


async def _off(site: Site, run: UseRun, now: datetime) -> None:
    """See a switch off, or tell it so again; in an emergency nothing is switched either way."""
    if is_on(site, run.use.switch) is False and not run.sending:
        if run.use.state is UseState.ENDING:
            over = replace(run.use, state=UseState.ENDED)
            if await keep(site, over):
                run.use = over
                drop(site, run)
        return
    if site.emergency:
        return
    if not run.sending and (
        run.next_at is None or abs(run.next_at - now) > PAUSES[-1] or now >= run.next_at
    ):
        run.next_at = now + PAUSES[min(run.tries, len(PAUSES) - 1)]
        run.tries += 1
        obeys = run.tries < TOLD_AFTER
        if is_meter(run.use.switch):
            obeys = not does_not_obey(site, run.use.switch)
        if not obeys and not run.stuck:
            run.stuck = True
            tell_use(site, UseEvent.STUCK, run.use, reason="still_on")
        run.sending = True
        site.spawn(_tell_off(site, run))


async def _tell_off(site: Site, run: UseRun) -> None:
    await command(site, run, on=False)
    async with site.turn:
        if run.use.id in site.using.uses:
            await follow(site, run, site.clock())


async def command(site: Site, run: UseRun, *, on: bool) -> bool:
    """Tell a use's switch what to be, outside of any turn: a thing that is slow holds up nobody.

    It is written down before and after. What cannot be written down is not switched on; off is told
    all the same. A meter's supply is decided by who uses it, commanded and written down as any other.
    Returns whether the thing has taken it.
    """
    if is_meter(run.use.switch):
        meter = meter_of(site, run.use.switch)
        site.wake(() if meter is None else (meter,))
        run.sending = False
        return meter is not None
    run.sending = True
    try:
        log = await _logged(site, run, on=on)
        if on and log is None:
            return False
        outcome, detail = CommandOutcome.SENT, ""
        try:
            await site.using.things.switch(run.use.switch, on)
        except DeviceError as err:
            outcome, detail = CommandOutcome.FAILED, str(err)
        if log is not None:
            at = site.clock()
            await keep(site, replace(log, outcome=outcome, outcome_at=at, detail=detail))
        return outcome is CommandOutcome.SENT
    finally:
        run.sending = False


async def _logged(site: Site, run: UseRun, *, on: bool) -> CommandLog | None:
    """Write a command down before it is sent; None where the books take nothing."""
    now, why = site.clock(), run.ending or run.use.end
    try:
        number = await site.books.next_number("command")
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return None
    log = CommandLog(
        id=number,
        target=run.use.id,
        action="on" if on else "off",
        at=now,
        outcome=CommandOutcome.DECIDED,
        outcome_at=now,
        reason="use" if why is None else why,
        actor="",
    )
    return log if await keep(site, log) else None


def _worth_keeping(kept: Use, use: Use, now: datetime) -> bool:
    """Tell whether a use should be written down: its state has changed, or a minute has passed."""
    return (
        kept.state is not use.state
        or kept.doubt is not use.doubt
        or kept.warned is not use.warned
        or now - kept.looked_at >= KEEP_EVERY
    )
