"""What a person says of a doubt: charge it, drop it, or start anew from what the meter shows now."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act
from ..core.metering import Consumption, DoubtKind, OpenDoubt
from ..core.money import quantity_text
from .doubts import end_doubt, settled
from .going_over import go_over
from .installing import begin_anew, charge_up_to
from .meter_run import MeterRun
from .site import Site
from .turn import in_turn


class Settlement(StrEnum):
    """What a person may say of a doubt."""

    ACCEPT = "accept"
    DISCARD = "discard"
    NEW_START = "new_start"


@in_turn
async def settle_doubt(
    site: Site, *, doubts: Sequence[str], how: Settlement, actor: Actor, reason: str = ""
) -> list[str]:
    """Settle doubts: charge the difference, drop the reading, or start anew from what is shown now."""
    for doubt_id in doubts:
        if doubt_id not in site.doubts:
            raise CoreError("unknown_doubt", doubt=doubt_id)
    for doubt_id in dict.fromkeys(doubts):
        doubt = site.doubts[doubt_id]
        run = site.meter(doubt.meter)
        match how:
            case Settlement.ACCEPT:
                await _accept(site, run, doubt, actor, reason)
            case Settlement.NEW_START:
                await _start_over(site, run, doubt, actor, reason)
            case Settlement.DISCARD:
                await site.books.commit(_settlement(site, run, doubt, how, actor, reason))
                await end_doubt(site, run, how, actor)
        site.wake((run,))
    return list(doubts)


async def _accept(site: Site, run: MeterRun, doubt: OpenDoubt, actor: Actor, reason: str) -> None:
    """Charge what the doubted reading shows, because a person believes it."""
    window = run.window
    if run.binding is None or window is None:
        raise CoreError("meter_not_bound", meter=run.meter.id)
    pricer = site.tariffs.get(run.binding.tariff)
    if pricer is None or not pricer.versions:
        raise CoreError("no_tariff", meter=run.meter.id)
    register, at = _shown(run, doubt)
    if doubt.kind in (DoubtKind.OTHER_SERIAL, DoubtKind.OTHER_RATIO):
        raise CoreError("doubt_needs_new_start", doubt=doubt.id)
    if register < window.to_register:
        raise CoreError("doubt_backwards", doubt=doubt.id)
    moved = Consumption(
        from_register=window.to_register,
        to_register=register,
        from_at=window.to_at,
        to_at=max(at, window.to_at),
    )
    if run.changes:
        moved = await go_over(site, run, moved)
    settlement = _settlement(site, run, doubt, Settlement.ACCEPT, actor, reason)
    await charge_up_to(site, run, moved, settlement)
    await end_doubt(site, run, Settlement.ACCEPT, actor)


async def _start_over(
    site: Site, run: MeterRun, doubt: OpenDoubt, actor: Actor, reason: str
) -> None:
    """Begin a new installation at what the meter shows now; nothing is charged for the difference."""
    register, at = _shown(run, doubt)
    serial, ratio = _who(run, doubt)
    await begin_anew(
        site,
        run,
        register=register,
        at=max(at, doubt.cursor_at, run.window.to_at if run.window is not None else at),
        kind=EntryKind.DOUBT_SETTLED,
        reason=reason or Settlement.NEW_START,
        actor=actor,
        serial=serial,
        ratio=ratio,
        also=(settled(doubt, Settlement.NEW_START, actor, site.clock()),),
    )
    await end_doubt(site, run, Settlement.NEW_START, actor)


def _shown(run: MeterRun, doubt: OpenDoubt) -> tuple[int, datetime]:
    """Return what the meter shows now, or what it showed when it was doubted."""
    last = run.last
    if last is not None and last.register is not None:
        return last.register, last.at
    return doubt.register, doubt.at


def _who(run: MeterRun, doubt: OpenDoubt) -> tuple[str | None, str | None]:
    """Return serial number and ratio of the meter that starts anew; not every reading tells them."""
    last = run.last
    serial, ratio = (last.serial, last.ratio) if last is not None else (None, None)
    if serial is None and doubt.kind is DoubtKind.OTHER_SERIAL:
        serial = doubt.found
    if ratio is None and doubt.kind is DoubtKind.OTHER_RATIO:
        ratio = doubt.found
    return serial, ratio


def _settlement(
    site: Site, run: MeterRun, doubt: OpenDoubt, how: Settlement, actor: Actor, reason: str
) -> Act:
    """Write down what a person said of a doubt."""
    return Act(
        kind=EntryKind.DOUBT_SETTLED,
        event=f"doubt/{doubt.id}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        detail={
            "doubt": doubt.kind,
            "how": how,
            "meter": run.meter.id,
            "difference": quantity_text(doubt.register - doubt.cursor_register, run.meter.quantity),
        },
        puts=(settled(doubt, how, actor, site.clock()),),
    )
