"""Back-filled readings: they never change how much was used, only when.

A charge across a gap spreads the energy evenly. When stored readings say better, the stretch is priced
again and the difference moves, as an entry of its own that names the one it corrects.
"""

from collections.abc import Sequence
from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.metering import Origin, Sample
from ..core.months import month_of
from .correcting import (
    Correction,
    Till,
    corrected,
    correcting_act,
    till_of,
    worth_of,
)
from .meter_run import MeterRun
from .metering import take_sample
from .paying_usage import one_after_another
from .replay import Replay, spans_of
from .site import Site
from .turn import in_turn
from .usage import post_windows
from .used import Point, Used, charges_of

type Points = Sequence[Point]


@in_turn
async def import_readings(
    site: Site, *, meter: str, readings: Sequence[tuple[datetime, int]], actor: Actor
) -> dict[str, int]:
    """Take stored readings in the order of their time.

    Newer ones are charged, older ones only say when what was charged had been used.
    """
    run = site.meter(meter)
    if run.binding is None or run.window is None:
        raise CoreError("meter_not_bound", meter=meter)
    ordered = sorted(set(readings))
    if ordered and ordered[-1][0] > site.clock():
        raise CoreError("reading_from_future", at=ordered[-1][0].isoformat())
    charged_to = run.window.to_at
    older = [(at, register) for at, register in ordered if at < charged_to]
    moved = await rerate(site, run, older, actor) if older else 0
    taken = 0
    for at, register in ordered:
        if at >= charged_to:
            before = run.window.to_register
            if await take_sample(
                site, run, Sample(at=at, origin=Origin.BACKFILL, register=register)
            ):
                await post_windows(site, (run,))
            taken += run.window.to_register != before
    site.wake((run,))
    return {"charged": taken, "older": len(older), "rerated_minor": moved}


async def rerate(site: Site, run: MeterRun, points: Points, actor: Actor) -> int:
    """Price again the posted stretches that these readings cut; returns the money moved (minor units).

    Only entries of the running tier period and of months that are open are touched: what is settled
    stays.
    """
    await post_windows(site, (run,), whole=True)
    if run.binding is None or run.closing is not None:
        return 0
    till, replay, moved = till_of(site, run.binding, {}), Replay(site), 0
    for used in await charges_of(site, run, min(at for at, _ in points)):
        if _is_open(site, used):
            moved += await _refine(site, till, replay, used, points, actor)
    return moved


async def _refine(
    site: Site, till: Till, replay: Replay, used: Used, points: Points, actor: Actor
) -> int:
    """Price one charge's stretch again by what is known of it now.

    Also readings that move nothing are kept with it: in whatever order they come, the end is the same.
    Known are those that came late before, and of those it was charged by, all between which the price
    changed.
    """
    pricer = site.tariffs[used.tariff]
    known = set(used.points)
    inside = sorted(known.union(one for one in points if _lies_in(used, one)))
    prices = {span.key for span in spans_of(pricer, used)}
    if used.rated or len(inside) == len(known) or len(prices) == 1:
        return 0
    lines, _ = replay.price(used, pricer, used.tiers, inside)
    correction = Correction(used=used, lines=lines, tiers=used.tiers, points=inside)
    worth = worth_of(site, till, correction)
    with one_after_another(site) as take:
        act = correcting_act(
            site, till, correction, worth, actor=actor, reason="", take=take, counts={}
        )
    try:
        receipt = await site.books.commit(act)
    except BaseException:
        till.carry, till.carries = worth.carry_from, dict(till.run.carries if till.run else {})
        raise
    corrected(site, till, correction, act, receipt)
    return worth.minor


def _is_open(site: Site, used: Used) -> bool:
    pricer = site.tariffs[used.tariff]
    if pricer.at(used.start[0]).period != pricer.at(site.clock()).period:
        return False
    closed = site.billing.closed_month
    return not closed or month_of(used.start[0].astimezone(site.zone).date()) > closed


def _lies_in(used: Used, point: Point) -> bool:
    """Tell whether a reading can say something of a charge: it lies in its stretch, in time and register."""
    (begin, low), (end, high) = used.start, used.end
    return begin < point[0] < end and low <= point[1] <= high
