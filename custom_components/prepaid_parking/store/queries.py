"""What is read from the books: entries, sums, records."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal_column,
    select,
    union,
)

from ..core.entry_kind import EntryKind
from ..core.errors import StoreError
from ..core.identity import EntryId, WalletId
from ..core.ledger import AccountId, Entry, Moved, Posting, Receipt
from . import schema
from .codec import from_micros, to_micros

_JOURNAL = schema.journal.c
_TRANSFER = schema.transfer.c
_NEVER = 2**63 - 1


def receipt_again(
    connection: Connection, entry: int, balance: Callable[[AccountId], int]
) -> Receipt:
    """Return the receipt of an entry that is in the file, with the balances of now."""
    columns = (_JOURNAL.event, _JOURNAL.booked, _JOURNAL.detail)
    row = connection.execute(select(*columns).where(_JOURNAL.id == entry)).one()
    legs = select(_TRANSFER.source, _TRANSFER.target).where(_TRANSFER.entry == entry)
    touched = {AccountId(account) for leg in connection.execute(legs) for account in leg}
    return Receipt(
        entry=EntryId(entry),
        event=row.event,
        booked=from_micros(row.booked),
        balances={account: balance(account) for account in sorted(touched)},
        detail=orjson.loads(row.detail),
        repeated=True,
    )


def read_entries(
    connection: Connection,
    *,
    account: AccountId | None,
    since: datetime | None,
    until: datetime | None,
    kinds: Collection[EntryKind],
    after: EntryId | None,
    limit: int,
    newest_first: bool,
) -> list[Entry]:
    """Return entries booked from `since` up to but not including `until`, going on after `after`."""
    first, last = _span(connection, since, until)
    if after is not None:
        first, last = (
            (first, min(last, after - 1)) if newest_first else (max(first, after + 1), last)
        )
    if first > last or limit <= 0:
        return []
    wanted = select(*_JOURNAL).where(_JOURNAL.id.between(first, last))
    if kinds:
        wanted = wanted.where(_JOURNAL.kind.in_([kind.value for kind in kinds]))
    if account is not None:
        few = None if kinds else limit
        wanted = wanted.where(_JOURNAL.id.in_(_touching(account, first, last, few, newest_first)))
    order = _JOURNAL.id.desc() if newest_first else _JOURNAL.id
    return _entries(connection, wanted.order_by(order).limit(limit))


def read_reversals(connection: Connection, entries: Collection[EntryId]) -> list[Entry]:
    """Return the entries that correct these; a correction that moved no money touches no account."""
    wanted = select(*_JOURNAL).where(_JOURNAL.reverses.in_(entries), _JOURNAL.reverses.is_not(None))
    return _entries(connection, wanted.order_by(_JOURNAL.id))


def read_shared(
    connection: Connection,
    wallet: WalletId,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Entry]:
    """Return the entries that a wallet bears a part of with others, in the order of booking.

    Also those in which its part came to no money, and which touch none of its accounts.
    """
    first, last = _span(connection, since, until)
    detail = _JOURNAL.detail.op("->")
    part = func.json_each(func.coalesce(detail("$.shares"), detail("$.usage.shares")))
    one = part.table_valued("value")
    mine = select(one.c.value).where(one.c.value.op("->>")("$.wallet") == wallet).exists()
    # The text is looked at first: few entries are shared, and taking each apart costs the most.
    wanted = select(*_JOURNAL).where(
        _JOURNAL.id.between(first, last), func.instr(_JOURNAL.detail, '"shares"') > 0, mine
    )
    return _entries(connection, wanted.order_by(_JOURNAL.id).limit(limit))


def _entries(connection: Connection, wanted: Select[Any]) -> list[Entry]:
    rows = connection.execute(wanted).all()
    legs = _legs(connection, [row.id for row in rows])
    return [
        Entry(
            id=EntryId(row.id),
            kind=EntryKind(row.kind),
            event=row.event,
            occurred=from_micros(row.occurred),
            booked=from_micros(row.booked),
            actor=row.actor,
            reason=row.reason,
            detail=orjson.loads(row.detail),
            postings=tuple(legs.get(row.id, ())),
            reverses=None if row.reverses is None else EntryId(row.reverses),
            hash=row.hash,
        )
        for row in rows
    ]


def read_moved(
    connection: Connection, days: Sequence[datetime], kinds: Collection[EntryKind]
) -> tuple[list[Moved], EntryId]:
    """Return what moved on each of the days that begin at these times, and the last entry there is.

    Summed by the database: a month of a large site are a million entries. Those that did not occur
    on the day they were booked are listed one by one.
    """
    moved: list[Moved] = []
    for since, until in pairwise((*days, None)):
        assert since is not None
        moved += _moved(connection, since, until, kinds)
    return moved, EntryId(connection.execute(select(func.max(_JOURNAL.id))).scalar() or 0)


def _moved(
    connection: Connection, since: datetime, until: datetime | None, kinds: Collection[EntryKind]
) -> list[Moved]:
    first, last = _span(connection, since, until)
    begin, end = to_micros(since), _NEVER if until is None else to_micros(until)
    meter, binding = _told("$.meter"), _told("$.binding", "$.usage.binding")
    tariff = _told("$.lines[0].tariff", "$.usage.lines[0].tariff", "$.tariff")
    version = _told("$.lines[0].version", "$.usage.lines[0].version")
    alone = case((_JOURNAL.occurred.between(begin, end - 1), 0), else_=_JOURNAL.id)
    rows = connection.execute(
        select(
            func.min(_JOURNAL.occurred),
            func.max(_JOURNAL.booked),
            _TRANSFER.source,
            _TRANSFER.target,
            func.coalesce(meter, ""),
            func.coalesce(binding, ""),
            func.coalesce(tariff, ""),
            func.coalesce(version, 0),
            func.sum(_TRANSFER.amount),
        )
        .join_from(schema.journal, schema.transfer, _TRANSFER.entry == _JOURNAL.id)
        .where(_JOURNAL.id.between(first, last))
        .where(_JOURNAL.kind.in_([kind.value for kind in kinds]))
        .group_by(_TRANSFER.source, _TRANSFER.target, meter, binding, tariff, version, alone)
    )
    return [
        Moved(from_micros(occurred), from_micros(booked), *moved)
        for occurred, booked, *moved in rows
    ]


def _told(*paths: str) -> ColumnElement[Any]:
    """Return what entries tell in the first of some places where they tell something."""
    told = [_JOURNAL.detail.op("->>")(path) for path in paths]
    return func.coalesce(*told) if len(told) > 1 else told[0]


def read_total(
    connection: Connection, account: AccountId, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Return what went into and out of an account in that time, in minor units."""
    first, last = _span(connection, since, until)
    sums = []
    for side in (_TRANSFER.target, _TRANSFER.source):
        summed = select(func.coalesce(func.sum(_TRANSFER.amount), 0)).where(
            side == account, _TRANSFER.entry.between(first, last)
        )
        if account >= schema.FIRST_WALLET_ACCOUNT:
            summed = summed.where(side >= literal_column(str(schema.FIRST_WALLET_ACCOUNT)))
        sums.append(int(connection.execute(summed).scalar_one()))
    return sums[0], sums[1]


def _touching(
    account: AccountId, first: int, last: int, few: int | None, newest_first: bool
) -> Select[tuple[int]]:
    """Return the entries that move an account's money; each side is cut to the few that can matter.

    The literal bound repeats the condition of the partial index, else it is not used.
    """
    sides = []
    for side in (_TRANSFER.source, _TRANSFER.target):
        entries = (
            select(_TRANSFER.entry)
            .where(side == account, _TRANSFER.entry.between(first, last))
            .distinct()
        )
        if account >= schema.FIRST_WALLET_ACCOUNT:
            entries = entries.where(side >= literal_column(str(schema.FIRST_WALLET_ACCOUNT)))
        if few is not None:
            order = _TRANSFER.entry.desc() if newest_first else _TRANSFER.entry
            entries = entries.order_by(order).limit(few)
        sides.append(select(entries.subquery().c.entry))
    return select(union(*sides).subquery().c.entry)


def _span(
    connection: Connection, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Return the first and last entry booked in that time.

    Entries are booked in the order of their ids, so their place is found by halving, without an
    index to keep up.
    """
    newest = connection.execute(select(func.max(_JOURNAL.id))).scalar() or 0
    first = 1 if since is None else _first_booked(connection, to_micros(since), newest)
    last = newest if until is None else _first_booked(connection, to_micros(until), newest) - 1
    return first, last


def _first_booked(connection: Connection, at: int, newest: int) -> int:
    """Return the first entry booked at or after `at`; one past the newest where there is none."""
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        booked = connection.execute(select(_JOURNAL.booked).where(_JOURNAL.id == middle)).scalar()
        if booked is None:
            raise StoreError("corrupt", f"entry {middle} is missing")
        if booked < at:
            low = middle + 1
        else:
            high = middle
    return low


def _legs(connection: Connection, entries: Sequence[int]) -> dict[int, list[Posting]]:
    """Return the postings of these entries, in order."""
    found: dict[int, list[Posting]] = {}
    for start in range(0, len(entries), 500):
        some = entries[start : start + 500]
        rows = connection.execute(
            select(*_TRANSFER)
            .where(_TRANSFER.entry.in_(some))
            .order_by(_TRANSFER.entry, _TRANSFER.leg)
        )
        for row in rows:
            leg = Posting(
                source=AccountId(row.source),
                target=AccountId(row.target),
                amount_minor=row.amount,
            )
            found.setdefault(row.entry, []).append(leg)
    return found
