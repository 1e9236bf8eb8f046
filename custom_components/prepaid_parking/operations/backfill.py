"""Back-filled readings: they never change how much was used, only when.

A charge across a gap spreads the energy evenly. When stored readings say better, the stretch is priced
again and the difference moves, as an entry of its own that names the one it corrects.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
import itertools

from ..core.chart import revenue_account, wallet_account
from ..core.identity import Actor
from ..core.ledger import Act, CursorMove, Entry, EntryKind, Posting
from ..core.tariff import Pricer, Usage
from .site import MeterRun, Site
from .usage import close_windows, denominator, open_window, recount

type Point = tuple[datetime, int]
type Points = Sequence[Point]


async def rerate(site: Site, run: MeterRun, points: Points, actor: Actor) -> int:
    """Price again the posted stretches that these readings cut; returns the money moved (minor units).

    Only entries of the running month are touched: what is settled stays.
    """
    await close_windows(site, (run,))
    if run.binding is None or run.window is None or run.cursor is None or run.closing is not None:
        return 0
    pricer = site.tariffs[run.binding.tariff]
    month = pricer.at(site.clock()).period
    account = wallet_account(site.wallets[run.binding.wallet].wallet.no)
    first = min(at for at, _ in points)
    moved = 0
    kinds = (EntryKind.USAGE, EntryKind.RERATING)
    entries = await site.books.entries(account=account, since=first, kinds=kinds, limit=100_000)
    rated = {entry.reverses: entry for entry in entries if entry.kind is EntryKind.RERATING}
    for entry in entries:
        if entry.kind is not EntryKind.USAGE or entry.detail.get("meter") != run.meter.id:
            continue
        start, end = _stretch(entry)
        latest = entry
        while latest.id in rated:
            latest = rated[latest.id]
        known = _points(latest) if latest is not entry else [start, end]
        inside = _inside(start, end, [*known[1:-1], *points])
        if len(inside) > len(known) - 2 and pricer.at(start[0]).period == month:
            stretch = (start, *inside, end)
            moved += await _rerate_entry(site, run, pricer, entry, latest, stretch, actor)
    return moved


async def _rerate_entry(
    site: Site,
    run: MeterRun,
    pricer: Pricer,
    entry: Entry,
    latest: Entry,
    points: Points,
    actor: Actor,
) -> int:
    cursor, window, binding = run.cursor, run.window, run.binding
    assert cursor is not None
    assert window is not None
    assert binding is not None
    period, used = _tier_from(entry)
    usage, numerator = Usage(period, used), 0
    for (from_at, from_register), (to_at, to_register) in itertools.pairwise(points):
        lines, usage = pricer.charge(to_register - from_register, from_at, to_at, usage)
        numerator += sum(line.numerator for line in lines)
    before = _numerator(latest)
    difference = numerator - before
    if not difference:
        return 0
    amount, carry = divmod(cursor.carry + difference, denominator(site, run))
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
    await site.books.commit(
        Act(
            kind=EntryKind.RERATING,
            event=f"rerating/{latest.id}",
            occurred=entry.occurred,
            actor=actor,
            reverses=latest.id,
            postings=(Posting(source=source, target=target, amount_minor=abs(amount)),)
            if amount
            else (),
            moves=(move,),
            detail={
                "meter": run.meter.id,
                "entry": entry.id,
                "numerator_before": before,
                "numerator": numerator,
                "carry_from": cursor.carry,
                "carry_to": carry,
                "readings": [[at.isoformat(), register] for at, register in points],
            },
        )
    )
    wallet.posted_minor -= amount
    run.cursor = replace(cursor, carry=carry)
    if window.empty:
        open_window(site, run, window.to_register, window.to_at, carry)
    recount(site, run)
    return amount


def _stretch(entry: Entry) -> tuple[Point, Point]:
    detail = entry.detail
    return (
        (datetime.fromisoformat(str(detail["from"])), _whole(detail["from_register"])),
        (datetime.fromisoformat(str(detail["to"])), _whole(detail["to_register"])),
    )


def _points(entry: Entry) -> list[Point]:
    """Return the readings a rerating rests on, its ends included."""
    readings = entry.detail["readings"]
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


def _tier_from(entry: Entry) -> tuple[str, int]:
    kept = entry.detail.get("tier_from")
    if isinstance(kept, Sequence) and len(kept) == 2:
        return str(kept[0]), _whole(kept[1])
    return "", 0


def _numerator(entry: Entry) -> int:
    if entry.kind is EntryKind.RERATING:
        return _whole(entry.detail["numerator"])
    lines = entry.detail["lines"]
    assert isinstance(lines, Sequence)
    return sum(_whole(line["price"]) * _whole(line["quantity"]) for line in lines)


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
