"""Back-filled readings: they never change how much was used, only when.

A charge across a gap spreads the energy evenly. When stored readings say better, the stretch is priced
again and the difference moves, as an entry of its own that names the one it corrects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
import itertools

from ..core.chart import revenue_account, wallet_account
from ..core.errors import CoreError
from ..core.identity import Actor, TariffId
from ..core.ledger import Act, CursorMove, Entry, EntryKind, Posting
from ..core.metering import Origin, Sample
from ..core.tariff import Pricer
from ..core.tiers import Usage
from .metering import take_sample
from .site import MeterRun, Site
from .turn import in_turn
from .usage import post_windows
from .window import open_window

type Point = tuple[datetime, int]
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

    Only entries of the running month are touched: what is settled stays.
    """
    await post_windows(site, (run,), whole=True)
    if run.binding is None or run.closing is not None:
        return 0
    account = wallet_account(site.wallets[run.binding.wallet].wallet.no)
    entries = await site.books.entries(
        account=account,
        since=min(at for at, _ in points),
        kinds=(EntryKind.USAGE, EntryKind.RERATING),
        limit=100_000,
    )
    rated = {entry.reverses: entry for entry in entries if entry.kind is EntryKind.RERATING}
    moved = 0
    for entry in entries:
        if entry.kind is not EntryKind.USAGE or entry.detail.get("meter") != run.meter.id:
            continue
        latest = entry
        while latest.id in rated:
            latest = rated[latest.id]
        moved += await _rerate_entry(site, run, entry, latest, points, actor)
    return moved


async def _rerate_entry(
    site: Site, run: MeterRun, entry: Entry, latest: Entry, points: Points, actor: Actor
) -> int:
    """Price one entry's stretch again by what is known of it now; `latest` is how it stands."""
    cursor, binding, window = run.cursor, run.binding, run.window
    assert cursor is not None
    assert binding is not None
    assert window is not None
    pricer = site.tariffs[_tariff_of(entry)]
    (start, end), known = _stretch(entry), _points(latest)
    inside = _inside(start, end, [*known, *points])
    if len(inside) <= len(known) or pricer.at(start[0]).period != pricer.at(site.clock()).period:
        return 0
    stretch = (start, *inside, end)
    before, numerator = _numerator(latest), _price(pricer, entry, stretch)
    denominator = site.currency.denominator(run.meter.quantity)
    amount, carry = divmod(cursor.carry + numerator - before, denominator)
    if not amount:
        return (
            0  # Less than a minor unit: not worth an entry, and found again with better readings.
        )
    wallet = site.wallets[binding.wallet]
    payer, revenue = wallet_account(wallet.wallet.no), revenue_account(run.meter.commodity)
    source, target = (payer, revenue) if amount > 0 else (revenue, payer)
    move = CursorMove(
        installation=cursor.installation,
        from_register=cursor.register,
        to_register=cursor.register,
        to_at=cursor.at,
        carry=carry,
    )
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.RERATING,
            event=f"rerating/{latest.id}",
            occurred=entry.occurred,
            actor=actor,
            reverses=latest.id,
            postings=(Posting(source=source, target=target, amount_minor=abs(amount)),),
            moves=(move,),
            detail={
                "meter": run.meter.id,
                "entry": entry.id,
                "numerator_before": before,
                "numerator": numerator,
                "carry_from": cursor.carry,
                "carry_to": carry,
                "readings": [[at.isoformat(), register] for at, register in inside],
            },
        )
    )
    wallet.booked(receipt)
    run.cursor = replace(cursor, carry=carry)
    open_window(site, run, window.to_register, window.to_at, carry)
    return amount


def _price(pricer: Pricer, entry: Entry, stretch: Points) -> int:
    """Return the numerator of a stretch, priced piece by piece from the tier it began in."""
    usage, numerator = _tier_from(entry), 0
    for (from_at, from_register), (to_at, to_register) in itertools.pairwise(stretch):
        lines, usage = pricer.charge(to_register - from_register, from_at, to_at, usage)
        numerator += sum(line.numerator for line in lines)
    return numerator


def _stretch(entry: Entry) -> tuple[Point, Point]:
    detail = entry.detail
    return (
        (datetime.fromisoformat(str(detail["from"])), _whole(detail["from_register"])),
        (datetime.fromisoformat(str(detail["to"])), _whole(detail["to_register"])),
    )


def _points(entry: Entry) -> list[Point]:
    """Return the readings inside its stretch that an entry rests on."""
    readings = entry.detail.get("readings", ())
    assert isinstance(readings, Sequence)
    return [(datetime.fromisoformat(str(at)), _whole(register)) for at, register in readings]


def _inside(start: Point, end: Point, points: Points) -> list[Point]:
    """Return the readings that lie inside a stretch in time and register, in rising order."""
    (from_at, low), (to_at, high) = start, end
    kept: list[Point] = []
    for at, register in sorted(set(points)):
        if from_at < at < to_at and low <= register <= high:
            low = register
            kept.append((at, register))
    return kept


def _tier_from(entry: Entry) -> Usage:
    kept = entry.detail["tiers"]
    assert isinstance(kept, Mapping)
    period, quantity = next(iter(kept.items()))
    return Usage(str(period), _whole(quantity))


def _lines(entry: Entry) -> list[dict[str, object]]:
    lines = entry.detail["lines"]
    assert isinstance(lines, list)
    return lines


def _tariff_of(entry: Entry) -> TariffId:
    return TariffId(str(_lines(entry)[0]["tariff"]))


def _numerator(entry: Entry) -> int:
    if entry.kind is EntryKind.RERATING:
        return _whole(entry.detail["numerator"])
    return sum(_whole(line["price"]) * _whole(line["quantity"]) for line in _lines(entry))


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
