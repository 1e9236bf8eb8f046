"""Commands to relays: written down before they are sent, done only when read back, never a queue."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.errors import DeviceError, DeviceFault
from ..core.ledger import Record
from ..core.reconcile import Decision
from ..core.supply import CommandLog, CommandOutcome
from .booking import keep
from .facts import SupplyTrouble
from .meter_run import Command, MeterRun
from .ports import Relay
from .site import Site
from .stagger import give_back

TRIES: Final = 3
RETRY_REFUSED: Final = timedelta(seconds=2)
"""A write that was refused moved nothing: it is tried again soon, for the first minute."""
REFUSED_QUICK: Final = 30
PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
)
"""After three tries that nothing came of, the relay is left alone for longer and longer."""
KEPT: Final = timedelta(days=400)
"""A dispute about a cut of last winter can be looked up; the entries of the books stay for ever."""
AT_ONCE: Final = 500
PERHAPS_DONE: Final = frozenset({DeviceFault.NO_ANSWER, DeviceFault.GARBLED})
"""The command may have arrived and only its answer been lost."""


async def begin(
    site: Site, run: MeterRun, decision: Decision, now: datetime, *more: Record
) -> Command | None:
    """Record a command before it is sent, and what it counts as; what cannot be recorded is not sent."""
    assert decision.want is not None
    number = await site.books.next_number("command")
    supply = run.supply
    command = Command(
        on=decision.want,
        log=number,
        since=now,
        reason=decision.why,
        before=(supply.cut_by, supply.verified),
    )
    if not command.on:
        supply = replace(supply, cut_by=decision.cut_by or supply.cut_by, verified=None)
    if not await keep(site, supply, _logged(run, command, CommandOutcome.DECIDED, now), *more):
        return None
    run.supply, run.command = supply, command
    return command


async def send(site: Site, run: MeterRun, command: Command, most: int, now: datetime) -> None:
    """Send the command beside the loop: a device that does not answer holds up nobody else.

    `most` is how often the relay may be operated in a day: relays wear. Each write has a line of its
    own in the log: one that was acknowledged and moved nothing is over before the next begins.
    """
    relay = run.relay
    if relay is None:
        return
    if _written_today(site, run, now) >= most:
        command.next_at = now + PAUSES[-1]
        command.blocked = True
        fault(site, run, command, "too_many_operations")
        return
    command.blocked = False
    if command.acknowledged and not await _next_line(site, run, command, now):
        return
    command.sending = True
    site.spawn(_switch(site, run, relay, command))


async def end(site: Site, run: MeterRun, outcome: CommandOutcome, detail: str) -> None:
    """Close the outstanding command."""
    command, supply = run.command, run.supply
    assert command is not None
    run.command = None
    if command.faulted:
        site.tell(SupplyTrouble(meter=run.meter.id, fault=False, wanted=command.on))
    line = _logged(run, command, outcome, site.clock(), detail)
    if not command.on and command.sent_at is None:
        # This cut never left: whoever switches it off meanwhile is not us, unless an earlier one did.
        cut_by, verified = command.before
        run.supply = replace(supply, cut_by=cut_by, verified=verified)
        await keep(site, run.supply, line)
        return
    await keep(site, line)


async def forget_commands(site: Site, now: datetime) -> None:
    """Drop what commands were given longer ago than anybody asks for."""
    while True:
        old = await site.books.old_commands(now - KEPT, AT_ONCE)
        await site.books.forget(*old)
        if len(old) < AT_ONCE:
            return


def resume(run: MeterRun, line: CommandLog) -> None:
    """Take up a command that was sent before a restart: the relay has not been seen since."""
    run.command = Command(
        on=line.action == "on",
        log=line.id,
        since=line.at,
        reason=line.reason,
        sent_at=line.outcome_at,
        tries=1,
        acknowledged=True,
        next_at=line.outcome_at + timedelta(seconds=run.latency_s),
    )


def proves(run: MeterRun, sent_at: datetime | None) -> bool:
    """Tell whether what the relay shows says what became of a command that was sent then, if ever.

    A look that came sooner than a relay moves says nothing of it, however old the command is by now.
    """
    if sent_at is None:
        return True
    moved = timedelta(seconds=run.latency_s)
    return run.seen_at is not None and abs(run.seen_at - sent_at) >= moved


def follow_clock(run: MeterRun, command: Command, now: datetime) -> None:
    """Take along what is known of a command when the clock is set back, however far.

    Else no look would come after it was sent, and no time to try again, until the clock has caught up.
    """
    latest = max((one for one in (command.looked_at, command.sent_at) if one), default=now)
    command.looked_at, back = now, latest - now
    if back <= timedelta():
        return
    if command.sent_at is not None:
        command.sent_at -= back
    if command.next_at is not None:
        command.next_at -= back
    if run.cut_at is not None:
        run.cut_at -= back
    if run.seen_at is not None and run.seen_at > now:
        run.seen_at -= back


def judge(site: Site, run: MeterRun, command: Command, now: datetime) -> None:
    """Call it a fault when three tries came to nothing."""
    waited = command.sent_at is None or abs(now - command.sent_at) >= timedelta(
        seconds=run.latency_s
    )
    if command.refused >= TRIES or (command.tries >= TRIES and waited):
        fault(site, run, command)


def fault(site: Site, run: MeterRun, command: Command, detail: str = "") -> None:
    """Say once that a relay does not do what it is told."""
    if not command.faulted:
        command.faulted = True
        site.tell(SupplyTrouble(meter=run.meter.id, fault=True, wanted=command.on, detail=detail))


async def _next_line(site: Site, run: MeterRun, command: Command, now: datetime) -> bool:
    before = _logged(run, command, CommandOutcome.FAILED, now, "did_not_move")
    after = replace(command, log=await site.books.next_number("command"), since=now)
    if not await keep(site, before, _logged(run, after, CommandOutcome.DECIDED, now)):
        return False
    command.log, command.since, command.acknowledged = after.log, now, False
    return True


async def _switch(site: Site, run: MeterRun, relay: Relay, command: Command) -> None:
    began = site.clock()
    try:
        await relay.switch(command.on)
    except DeviceError as err:
        outcome, detail = CommandOutcome.FAILED, str(err)
        if err.fault in PERHAPS_DONE:
            outcome = CommandOutcome.NOT_CONFIRMED
            _left(run, command, began)
        else:
            give_back(site, run)
        _put_off(command, site.clock())
    else:
        outcome, detail = CommandOutcome.SENT, ""
        sent = site.clock()
        _left(run, command, sent)
        command.acknowledged = True
        command.tries += 1
        run.written_today += 1
        wait = timedelta(seconds=run.latency_s)
        late = command.tries - TRIES
        command.next_at = sent + (wait if late < 0 else max(wait, _pause(late)))
        site.look_again(run)
    finally:
        command.sending = False
    await keep(site, _logged(run, command, outcome, site.clock(), detail))
    site.wake((run,))


def _left(run: MeterRun, command: Command, at: datetime) -> None:
    """Note that a command may move the relay from now on: what was seen before says nothing of it."""
    command.sent_at, run.seen_at = at, None
    if not command.on:
        run.cut_at = at


def _put_off(command: Command, now: datetime) -> None:
    """A write that was not taken is tried again soon at first, then more rarely."""
    command.refused += 1
    late = command.refused - REFUSED_QUICK
    command.next_at = now + (RETRY_REFUSED if late < 0 else _pause(late))


def _pause(after: int) -> timedelta:
    return PAUSES[min(after, len(PAUSES) - 1)]


def _written_today(site: Site, run: MeterRun, now: datetime) -> int:
    day = now.astimezone(site.zone).toordinal()
    if day != run.written_day:
        run.written_day, run.written_today = day, 0
    return run.written_today


def _logged(
    run: MeterRun, command: Command, outcome: CommandOutcome, at: datetime, detail: str = ""
) -> CommandLog:
    return CommandLog(
        id=command.log,
        target=run.meter.id,
        action="on" if command.on else "off",
        at=command.since,
        outcome=outcome,
        outcome_at=at,
        reason=command.reason,
        actor=run.supply.hold_by,
        detail=detail,
    )
