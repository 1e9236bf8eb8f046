"""Doubts on the desk: laid down once, ended by the next good reading or by a person."""

from dataclasses import replace
from datetime import datetime

from ..core.identity import SYSTEM, Actor, DoubtId
from ..core.metering import Doubt, DoubtKind, OpenDoubt, Sample
from .booking import keep
from .facts import Doubted, DoubtEnded
from .meter_run import MeterRun
from .site import Site
from .tamper import look_again_for_reverse


async def open_doubt(site: Site, run: MeterRun, doubt: Doubt) -> None:
    """Lay a doubt on the desk once; the same trouble again adds nothing."""
    if run.doubt is not None and run.doubt.kind is doubt.kind:
        return
    number = await site.books.next_number("doubt")
    if run.doubt is not None:
        await end_doubt(site, run, "other_doubt", SYSTEM)
    opened = OpenDoubt(
        id=DoubtId(f"d{number}"),
        meter=run.meter.id,
        installation=doubt.cursor.installation,
        kind=doubt.kind,
        cursor_register=doubt.cursor.register,
        cursor_at=doubt.cursor.at,
        register=doubt.register,
        at=doubt.at,
        expected=doubt.expected,
        found=doubt.found,
    )
    run.doubt = site.doubts[opened.id] = opened
    site.tell(Doubted(doubt=opened))
    await keep(site, opened)


async def end_doubt(site: Site, run: MeterRun, how: str, actor: Actor) -> None:
    """Close a meter's doubt because the next reading, or a person, said what it was."""
    doubt = run.doubt
    assert doubt is not None
    ended = settled(doubt, how, actor, site.clock())
    run.doubt = None
    site.doubts.pop(doubt.id, None)
    site.tell(DoubtEnded(doubt=ended))
    await keep(site, ended)
    await look_again_for_reverse(site, run)


def settled(doubt: OpenDoubt, how: str, actor: Actor, now: datetime) -> OpenDoubt:
    """Return a doubt as settled."""
    return replace(doubt, settled_at=now, settled_how=how, settled_by=str(actor))


def says_nothing_of(doubt: OpenDoubt | None, sample: Sample) -> bool:
    """Tell whether a reading leaves open who is speaking, while that is what is doubted.

    A serial number is read once a minute: the readings in between come from the same unknown meter.
    """
    if doubt is None:
        return False
    return (doubt.kind is DoubtKind.OTHER_SERIAL and sample.serial is None) or (
        doubt.kind is DoubtKind.OTHER_RATIO and sample.ratio is None
    )
