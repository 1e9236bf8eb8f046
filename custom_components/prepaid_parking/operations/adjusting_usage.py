"""A charge for the wrong quantity is corrected: an entry moves the difference and names what it corrects.

The meter's register stays what it is: what was wrong is what was charged for it, such as energy that
ran through another flat's wire, or water that was lost in a burst pipe.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..core.accrual import ChargeLine
from ..core.carries import LevyCarry
from ..core.errors import CoreError
from ..core.identity import Actor, EntryId, MeterId, WalletId
from ..core.ledger import Act, Entry, Receipt
from ..core.money import split
from ..core.tariff import Pricer
from ..core.wallet import Binding
from .booking import book, closed, referenced, tell
from .correcting import (
    Correction,
    Till,
    corrected,
    correcting_act,
    counts_after,
    till_of,
    worth_of,
)
from .facts import WalletEvent
from .meter_run import MeterRun
from .paying_usage import one_after_another
from .reversal import find_entry
from .site import Site
from .turn import in_turn
from .usage import post_windows, unposted
from .used import CHARGES, Corrected, Used, corrections, used_of
from .window import merged, repriced

type Changes = list[dict[str, object]]


@in_turn
async def adjust_usage(
    site: Site,
    *,
    entry: int,
    quantity: int,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """Charge another quantity (base units) than an entry did, by the prices it was charged by.

    Each rate has its part as before; tiers are filled anew from where the entry began, and what came
    later is counted from where it ends now.
    """
    if quantity < 0:
        raise CoreError("quantity_negative")
    found = await find_entry(site, entry)
    used = await _standing(site, found)
    run, payer = site.meters[MeterId(used.meter)], site.wallets[WalletId(used.wallet)]
    key = referenced("adjust_usage", reference, {"entry": entry, "quantity": quantity})
    await _posted(site, run)
    till = await _till(site, used)
    correction = Correction(
        used=used, lines=_scaled(site, used, quantity), tiers=used.tiers, points=used.points
    )
    act = _act(site, till, correction, actor=actor, reason=reason)
    act = replace(act, reference=key)
    receipt = await book(site, act, closed(payer))
    if not receipt.repeated:
        corrected(site, till, correction, act, receipt)
        tell(site, payer, WalletEvent.ADJUSTED, receipt, reference=key.key)
        site.wake((run,))
    return receipt


async def _standing(site: Site, entry: Entry) -> Used:
    """Return a charge as its last correction left it, or refuse what is none."""
    last: dict[EntryId, Corrected] = {}
    asked = [entry.id] if entry.kind in CHARGES else []
    while asked:
        page = await site.books.reversals(asked)
        corrections(page, last)
        asked = [one.id for one in page]
    used = used_of(entry, last.get(entry.id)) if entry.kind in CHARGES else None
    if used is None:
        raise CoreError("entry_not_usage", entry=entry.id, kind=entry.kind)
    return used


async def _posted(site: Site, run: MeterRun) -> None:
    """See to it that nothing of the meter is on its way into the books: its remainder is settled."""
    if run.closing is not None:
        await post_windows(site, (run,))
    if run.closing is not None:
        raise CoreError("books_cannot_be_written", problem=unposted(site))


async def _till(site: Site, used: Used) -> Till:
    """Return what the binding under which it was charged has below the minor unit."""
    bindings = await site.books.load(Binding, meter=used.meter)
    binding = next(
        one
        for one in bindings
        if one.id == used.binding
        or (
            not used.binding
            and one.wallet == used.wallet
            and one.from_at <= used.end[0]
            and (one.to_at is None or used.start[0] <= one.to_at)
        )
    )
    kept = await site.books.load(LevyCarry, binding=binding.id)
    return till_of(site, binding, {one.name: one.carry for one in kept})


def _scaled(site: Site, used: Used, quantity: int) -> list[ChargeLine]:
    """Return the lines for another quantity: divided among rates and versions as it was."""
    divided = used.lines if any(line.quantity for line in used.lines) else _as_charged(used)
    numbers = {line.version for line in divided}
    versions = [one for one in site.pricing.published[used.tariff] if one.version in numbers]
    weights = [line.quantity for line in divided]
    parts = split(quantity, weights) if any(weights) else [quantity, *([0] * (len(weights) - 1))]
    lines = [
        replace(line, quantity=part, numerator=part * line.price_micro)
        for line, part in zip(divided, parts, strict=True)
    ]
    pricer = Pricer(versions, site.zone, site.holidays)
    return merged(repriced(pricer, lines, used.tiers, used.scope)[0])


def _as_charged(used: Used) -> Sequence[ChargeLine]:
    """Return the lines that a charge had at first: of one that was taken back whole none are left."""
    first = used_of(used.entry)
    assert first is not None
    return first.lines


def _act(site: Site, till: Till, correction: Correction, *, actor: Actor, reason: str) -> Act:
    """Write the correction down, with the difference in quantity for whoever adds quantities up."""
    used = correction.used
    pool = site.pools.get((used.pool, used.tariff))
    counts = counts_after(pool.posted if pool is not None else {}, correction)
    worth = worth_of(site, till, correction)
    with one_after_another(site) as take:
        act = correcting_act(
            site, till, correction, worth, actor=actor, reason=reason, take=take, counts=counts
        )
    usage = {
        "meter": used.meter,
        "wallet": used.wallet,
        "quantity": str(used.quantity),
        "from": used.start[0].isoformat(),
        "to": used.end[0].isoformat(),
        "lines": _changes(used.lines, correction.lines),
    }
    return replace(act, detail={**act.detail, "usage": usage, "amount": worth.minor})


def _changes(before: Sequence[ChargeLine], after: Sequence[ChargeLine]) -> Changes:
    """Return by how much the quantity at each price changes, also below zero."""
    changed: Counter[tuple[str, int, str, int, int]] = Counter()
    for sign, lines in ((-1, before), (1, after)):
        for line in lines:
            key = (str(line.tariff), line.version, line.rate, line.tier, line.price_micro)
            changed[key] += sign * line.quantity
    names = ("tariff", "version", "rate", "tier", "price")
    return [
        {**dict(zip(names, key, strict=True)), "quantity": quantity}
        for key, quantity in changed.items()
        if quantity
    ]
