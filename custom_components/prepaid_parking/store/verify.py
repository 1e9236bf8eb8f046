"""A check of the whole ledger by somebody who believes nothing but the key."""

from collections.abc import Iterator
from itertools import chain as chained
import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from ..core.identity import EntryId
from ..core.ledger import Anchor, Verdict
from . import schema
from .chain import VERSION, Legs, Link, next_hash
from .sqlite import raw
from .statements import compiled

LATEST: Final = 1000
"""Entries looked at by a quick check."""
type _Row = tuple[Any, ...]
type _Posted = tuple[int, list[tuple[int, int, int]]]

_NO_MORE: Final[_Posted] = (2**63, [])


def verify(
    connection: Connection, key: bytes, genesis: bytes, at_least: Anchor, *, full: bool
) -> Verdict:
    """Return the first entry that is not what was written, in one state of the file.

    `at_least` is how far the chain had come when the question was asked: a cut-off tail leaves a
    perfectly valid shorter chain.
    """
    start = 0 if full else max(0, at_least.n - LATEST)
    head = _hash_at(connection, start) if start else genesis
    if head is None:
        return Verdict(entries=start, head=genesis, first_bad=EntryId(start), problem="missing")
    check = _Check(key, start, head)
    driver = raw(connection)
    if bad := check.walk(_journal(driver, start), _legs(driver, start), at_least):
        return bad
    problem = _sums_differ(connection, check.sums if full else None)
    return Verdict(entries=check.n, head=check.head, problem=problem)


class _Check:
    """Walks along the chain, and adds up what the entries move."""

    def __init__(self, key: bytes, n: int, head: bytes) -> None:
        self.n = n
        self.head = head
        self.sums: dict[int, int] = {}
        self._key = key

    def walk(
        self, journal: Iterator[_Row], legs: Iterator[_Posted], at_least: Anchor
    ) -> Verdict | None:
        """Return the first entry that is wrong."""
        entry, moved = next(legs, _NO_MORE)
        for row in journal:
            if row[0] != self.n + 1:
                return self._bad(self.n + 1, "missing")
            if entry < row[0]:
                return self._bad(entry, "posting_without_entry")
            mine: list[tuple[int, int, int]] = []
            if entry == row[0]:
                mine = moved
                entry, moved = next(legs, _NO_MORE)
            if problem := self._step(row, mine):
                return self._bad(row[0], problem)
            if self.n == at_least.n and self.head != at_least.head:
                return self._bad(self.n, "other_history")
        if self.n < at_least.n:
            return self._bad(self.n + 1, "missing")
        return self._bad(entry, "posting_without_entry") if moved else None

    def _step(self, row: _Row, legs: Legs) -> str:
        """Go on to the next entry, or say what is wrong with it."""
        *written, version, kept, key, fingerprint = row
        if version != VERSION:
            return "unknown_version"
        for source, target, amount in legs:
            if amount <= 0 or source == target:
                return "no_movement"
            self.sums[source] = self.sums.get(source, 0) - amount
            self.sums[target] = self.sums.get(target, 0) + amount
        link = Link._make((*written, (key or b"") + (fingerprint or b"")))
        if next_hash(self._key, self.head, link, legs) != kept:
            return "changed"
        self.n, self.head = row[0], kept
        return ""

    def _bad(self, entry: int, problem: str) -> Verdict:
        return Verdict(entries=self.n, head=self.head, first_bad=EntryId(entry), problem=problem)


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


def _journal(driver: sqlite3.Connection, after: int) -> Iterator[_Row]:
    """Return the columns of `Link` but for the reference, then version, hash and reference."""
    journal, books = schema.journal, schema.idempotency
    query = (
        select(*journal.c, books.c.key, books.c.fingerprint)
        .outerjoin_from(journal, books, books.c.entry == journal.c.id)
        .where(journal.c.id > bindparam("after"))
        .order_by(journal.c.id)
    )
    return driver.execute(compiled(query), (after,))


def _legs(driver: sqlite3.Connection, after: int) -> Iterator[_Posted]:
    """Return the postings entry by entry; their numbers must count up from 1."""
    legs = schema.transfer.c
    query = select(*legs).where(legs.entry > bindparam("after")).order_by(legs.entry, legs.leg)
    of, found = 0, list[tuple[int, int, int]]()
    end = (0, 0, 0, 0, 0)
    for entry, leg, source, target, amount in chained(
        driver.execute(compiled(query), (after,)), (end,)
    ):
        if entry != of:
            if found:
                yield of, found
            of, found = entry, []
        # A leg out of its order is handed on in a way that no hash can fit.
        found.append((source, target, amount) if leg == len(found) + 1 else (0, 0, 0))


def _hash_at(connection: Connection, entry: int) -> bytes | None:
    journal = schema.journal.c
    return connection.execute(select(journal.hash).where(journal.id == entry)).scalar()
