"""What must always hold between a meter's register and the money in the books."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.core.metering import Cursor, Installation
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.wallet import Meter
from custom_components.prepaid_parking.store.books import Books

PRICE_MICRO = 800_000
"""0.80 a kilowatt-hour: what every journey charges unless it says otherwise."""
PER_KWH = 1_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """What the books say of one meter: what was posted, and up to which register."""

    posted_minor: int
    carry: int
    charged: int
    register: int


async def all_entries(books: Books) -> list[Entry]:
    """Return the whole journal."""
    return await books.entries(limit=1_000_000)


async def accounts_of(books: Books) -> dict[str, Account]:
    """Add up what each bound meter was charged, from the entries and the durable cursors alone."""
    posted: Counter[str] = Counter()
    charged: Counter[str] = Counter()
    for entry in await all_entries(books):
        usage: Any = entry.detail.get("usage", entry.detail)
        meter = usage.get("meter", "")
        if entry.kind is EntryKind.RERATING or "lines" in usage:
            posted[meter] += sum(posting.amount_minor for posting in entry.postings)
        charged[meter] += sum(line["quantity"] for line in usage.get("lines", ()))
    cursors = {cursor.installation: cursor for cursor in await books.load(Cursor)}
    return {
        meter.id: Account(posted[meter.id], cursor.carry, charged[meter.id], cursor.register)
        for meter in await books.load(Meter)
        if meter.installation is not None
        and (cursor := cursors.get(meter.installation)) is not None
    }


async def is_exact(books: Books, meter: str, used: int, price_micro: int = PRICE_MICRO) -> None:
    """Posted + carry is price times what was used (mWh), to the last millionth of a cent."""
    account = (await accounts_of(books))[meter]
    kept = next(one for one in await books.load(Meter) if one.id == meter)
    denominator = Currency.of(books.currency).denominator(kept.quantity)
    assert account.charged == used
    assert account.posted_minor * denominator + account.carry == price_micro * used


async def is_sound(books: Books) -> None:
    """The chain is whole, every event is there once, and money is neither made nor lost."""
    verdict = await books.verify()
    assert (verdict.first_bad, verdict.problem) == (None, ""), verdict
    assert sum((await books.balances()).values()) == 0
    stretches = [entry.event for entry in await all_entries(books) if entry.kind is EntryKind.USAGE]
    assert len(stretches) == len(set(stretches))


async def installations(books: Books, meter: str) -> list[Installation]:
    """Return a meter's installations in their order."""
    found = [one for one in await books.load(Installation) if one.meter == MeterId(meter)]
    return sorted(found, key=lambda one: one.number)


def cost(used: int, price_micro: int = PRICE_MICRO) -> Fraction:
    """Return what so many mWh cost, in major units, exactly."""
    return Fraction(used * price_micro, PER_KWH * 10**6)
