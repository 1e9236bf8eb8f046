"""A check of the whole ledger by somebody who believes nothing but the key."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, Row, select

from ..core.identity import EntryId
from ..core.ledger import Anchor, Verdict
from . import schema
from .chain import VERSION, Link, next_hash

LATEST: Final = 1000
"""Entries looked at by a quick check."""
_CHUNK: Final = 1000


def verify(
    connection: Connection, key: bytes, genesis: bytes, at_least: Anchor, *, full: bool
) -> Verdict:
    """Return the first entry that is not what was written, in one state of the file.

    `at_least` is how far the chain had come when the question was asked: a cut-off tail leaves a
    perfectly valid shorter chain.
    """
    start = 0 if full else max(0, at_least.n - LATEST)
    previous = _hash_at(connection, start) if start else genesis
    if previous is None:
        return _bad(start, genesis, start, "missing")
    sums: dict[int, int] = {}
    n = start
    legs = _legs(connection, start)
    waiting = next(legs, None)
    for row in _journal(connection, start):
        if row.id != n + 1:
            return _bad(n, previous, n + 1, "missing")
        if waiting is not None and waiting[0] < row.id:
            return _bad(n, previous, waiting[0], "posting_without_entry")
        moved: list[tuple[int, int, int]] = []
        if waiting is not None and waiting[0] == row.id:
            moved = waiting[1]
            waiting = next(legs, None)
        if problem := _wrong(row, moved, sums):
            return _bad(n, previous, row.id, problem)
        if _hash(key, previous, row, moved) != row.hash:
            return _bad(n, previous, row.id, "changed")
        previous, n = row.hash, row.id
        if n == at_least.n and previous != at_least.head:
            return _bad(n, previous, n, "other_history")
    if n < at_least.n:
        return _bad(n, previous, n + 1, "missing")
    if waiting is not None:
        return _bad(n, previous, waiting[0], "posting_without_entry")
    problem = _sums_differ(connection, sums if full else None)
    return Verdict(entries=n, head=previous, problem=problem)


def _wrong(
    row: Row[tuple[object, ...]], legs: list[tuple[int, int, int]], sums: dict[int, int]
) -> str:
    """Name what is wrong with an entry whatever its hash; add its postings to the sums."""
    if row.hash_version != VERSION:
        return "unknown_version"
    for source, target, amount in legs:
        if amount <= 0 or source == target:
            return "no_movement"
        sums[source] = sums.get(source, 0) - amount
        sums[target] = sums.get(target, 0) + amount
    return ""


def _hash(
    key: bytes, previous: bytes, row: Row[tuple[object, ...]], legs: list[tuple[int, int, int]]
) -> bytes:
    link = Link(
        id=row.id,
        incarnation=row.incarnation,
        kind=row.kind,
        event=row.event,
        occurred=row.occurred,
        booked=row.booked,
        actor=row.actor,
        reason=row.reason,
        detail=row.detail,
        reverses=row.reverses,
        reference=(row.key or b"") + (row.fingerprint or b""),
    )
    return next_hash(key, previous, link, legs)


def _sums_differ(connection: Connection, sums: dict[int, int] | None) -> str:
    """Hold the balances that are kept against the postings, and all of them against zero."""
    account = schema.account.c
    rows = connection.execute(select(account.id, account.balance))
    kept = {row.id: row.balance for row in rows}
    if sum(kept.values()) != 0:
        return "trial_balance"
    if sums is None:
        return ""
    for number in sorted(kept.keys() | sums.keys()):
        if kept.get(number, 0) != sums.get(number, 0):
            return f"balance/{number}"
    return ""


def _journal(connection: Connection, after: int) -> Iterator[Row[tuple[object, ...]]]:
    journal, books = schema.journal, schema.idempotency
    query = (
        select(*journal.c, books.c.key, books.c.fingerprint)
        .outerjoin_from(journal, books, books.c.entry == journal.c.id)
        .where(journal.c.id > after)
        .order_by(journal.c.id)
        .execution_options(yield_per=_CHUNK)
    )
    yield from connection.execute(query)


def _legs(connection: Connection, after: int) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Return the postings entry by entry; their numbers must count up from 1."""
    legs = schema.transfer.c
    query = (
        select(legs.entry, legs.leg, legs.source, legs.target, legs.amount)
        .where(legs.entry > after)
        .order_by(legs.entry, legs.leg)
        .execution_options(yield_per=_CHUNK)
    )
    for entry, rows in groupby(connection.execute(query), key=itemgetter(0)):
        listed = list(rows)
        numbered = [row[1] for row in listed] == list(range(1, len(listed) + 1))
        # Wrongly numbered legs are handed on in a way that no hash can fit.
        yield entry, [(r[2], r[3], r[4]) for r in listed] if numbered else [(0, 0, 0)]


def _hash_at(connection: Connection, entry: int) -> bytes | None:
    journal = schema.journal.c
    return connection.execute(select(journal.hash).where(journal.id == entry)).scalar()


def _bad(entries: int, head: bytes, entry: int, problem: str) -> Verdict:
    return Verdict(entries=entries, head=head, first_bad=EntryId(entry), problem=problem)
