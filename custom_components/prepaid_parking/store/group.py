"""A group of acts on its way into the file: judged in memory first, then written in one go.

An act that breaks a rule is dropped before any of its rows exist, so it costs its neighbours
nothing. All that pass share one transaction and one flush to the disk.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
import sqlite3
from typing import Final

from sqlalchemy import Table

from ..core.chart import measure_of
from ..core.errors import ConflictError, CoreError
from ..core.identity import EntryId
from ..core.ledger import AccountId, Act, Receipt, Record
from ..core.metering import Cursor
from . import schema
from .chain import VERSION, Link, fingerprint, next_hash, reference_key
from .codec import EPOCH, Row, canonical_json, codec_for, from_micros, to_micros
from .schema import TABLES
from .standing import FIXED, Standing
from .statements import find_references, find_reversals, insert, remove, run_many, upsert

MOST: Final = 2**63 - 1
"""The largest balance a signed 64-bit column holds."""

type Put = tuple[type, Row, Row | None]
"""A record's kind, its key, and its row; None removes it."""


@dataclass(slots=True, kw_only=True)
class Known:
    """A reference that was booked before, or a moment ago in this group."""

    fingerprint: bytes
    entry: int
    receipt: Receipt | None = None


@dataclass(slots=True)
class Group:
    """What a group of commands would change, laid over where the books stand."""

    standing: Standing
    key: bytes
    booked: int
    keys: dict[int, bytes] = field(default_factory=dict)
    known: dict[bytes, Known] = field(default_factory=dict)
    reversed: set[int] = field(default_factory=set)
    booked_at: datetime = EPOCH
    n: int = 0
    head: bytes = b""
    incarnation: int = 0
    balances: dict[AccountId, int] = field(default_factory=dict)
    registers: dict[str, int | None] = field(default_factory=dict)
    fixed: dict[tuple[type, Row], Row] = field(default_factory=dict)
    journal: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    references: list[Row] = field(default_factory=list)
    records: dict[type, dict[Row, Row | None]] = field(default_factory=dict)
    meta: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start where the books stand; a clock that was set back does not take them back."""
        self.n = self.standing.n
        self.head = self.standing.head
        self.incarnation = self.standing.incarnation
        self.booked = max(self.booked, self.standing.booked)
        self.booked_at = from_micros(self.booked)

    def look_up(self, driver: sqlite3.Connection, acts: list[Act]) -> None:
        """Ask the file once for the whole group which references and reversals it knows."""
        self.keys = {id(act): reference_key(act.reference) for act in acts if act.reference}
        if self.keys:
            found = find_references(driver, list(self.keys.values()))
            self.known = {
                key: Known(fingerprint=print_, entry=entry)
                for key, (print_, entry) in found.items()
            }
        entries = [act.reverses for act in acts if act.reverses is not None]
        if entries:
            self.reversed = find_reversals(driver, entries)

    def decide(self, act: Act) -> Receipt | Known:
        """Judge an act and take it in; `Known` where its reference was booked before this group.

        Every rule is asked before anything is taken in: a refused act leaves no trace.
        """
        reference = b""
        if act.reference:
            key, content = self.keys[id(act)], fingerprint(act)
            if before := self.known.get(key):
                return self._answer_again(before, content, act)
            reference = key + content
        if act.reverses is not None:
            self._may_reverse(act.reverses)
        self._may_move(act)
        touched = self._balances_after(act)
        puts = self._puts(act.puts, act.drops) if act.puts or act.drops else []
        detail = canonical_json(act.detail)

        self._take_moves(act)
        self._take(puts)
        self.balances.update(touched)
        if act.reverses is not None:
            self.reversed.add(act.reverses)
        receipt = self._book(act, detail, reference, touched)
        if act.reference:
            self.known[key] = Known(fingerprint=content, entry=self.n, receipt=receipt)
        return receipt

    def change(self, puts: tuple[Record, ...], drops: tuple[Record, ...]) -> None:
        """Take in records that need no entry."""
        self._take(self._puts(puts, drops))

    def begin_incarnation(self, incarnation: int) -> None:
        """Number this and all later entries with a new incarnation."""
        self.incarnation = incarnation
        self.meta.append(("incarnation", str(incarnation)))

    def balance(self, account: AccountId) -> int:
        """Return a balance as this group would leave it."""
        if account in self.balances:
            return self.balances[account]
        return self.standing.balances.get(account, 0)

    def write(self, driver: sqlite3.Connection, series: dict[str, int]) -> None:
        """Write all rows, table by table, inside the caller's transaction."""
        run_many(driver, insert(schema.journal), self.journal)
        run_many(driver, insert(schema.transfer), self.transfers)
        run_many(driver, insert(schema.idempotency), self.references)
        run_many(driver, upsert(schema.account), list(self.balances.items()))
        run_many(driver, upsert(schema.series), list(series.items()))
        run_many(driver, upsert(schema.meta), self.meta)
        for kind, rows in self.records.items():
            _write_records(driver, TABLES[kind], kind, rows)

    def settle(self, series: dict[str, int]) -> None:
        """After the COMMIT: this is now where the books stand."""
        standing = self.standing
        standing.n, standing.head, standing.booked = self.n, self.head, self.booked
        standing.incarnation = self.incarnation
        standing.balances.update(self.balances)
        standing.series.update(series)
        for name, register in self.registers.items():
            if register is None:
                standing.registers.pop(name, None)
            else:
                standing.registers[name] = register
        for (kind, key), row in self.fixed.items():
            standing.fixed[kind][key] = row

    def _answer_again(self, before: Known, content: bytes, act: Act) -> Receipt | Known:
        if before.fingerprint != content:
            assert act.reference
            raise ConflictError("reference_reused", reference=act.reference.key, entry=before.entry)
        if (first := before.receipt) is None:
            return before
        now = {account: self.balance(account) for account in first.balances}
        return replace(first, repeated=True, balances=now)

    def _may_reverse(self, entry: EntryId) -> None:
        if not 0 < entry <= self.n:
            raise CoreError("entry_unknown", entry=entry)
        if entry in self.reversed:
            raise ConflictError("already_reversed", entry=entry)

    def _may_move(self, act: Act) -> None:
        """Compare each move with the durable cursor, and with the moves before it in this act."""
        ahead: dict[str, int] = {}
        for move in act.moves:
            name = move.installation
            at = ahead[name] if name in ahead else self._register(name)
            if at != move.from_register:
                raise ConflictError(
                    "cursor_moved", installation=name, expected=move.from_register, found=at
                )
            ahead[name] = move.to_register

    def _register(self, installation: str) -> int | None:
        if installation in self.registers:
            return self.registers[installation]
        return self.standing.registers.get(installation)

    def _balances_after(self, act: Act) -> dict[AccountId, int]:
        touched: dict[AccountId, int] = {}
        for leg in act.postings:
            if measure_of(leg.source) is not measure_of(leg.target):
                raise CoreError("posting_mixes_measures")
            for account, change in (
                (leg.source, -leg.amount_minor),
                (leg.target, leg.amount_minor),
            ):
                before = touched[account] if account in touched else self.balance(account)
                if not -MOST <= before + change <= MOST:
                    raise CoreError("amount_too_large", value=leg.amount_minor)
                touched[account] = before + change
        for floor in act.floors:
            after = touched.get(floor.account, self.balance(floor.account))
            if after < floor.minimum_minor:
                raise CoreError(
                    "not_enough_money",
                    account=floor.account,
                    balance=self.balance(floor.account),
                    minimum=floor.minimum_minor,
                    missing=floor.minimum_minor - after,
                )
        return touched

    def _puts(self, puts: tuple[Record, ...], drops: tuple[Record, ...]) -> list[Put]:
        """Turn records into rows: those that go first, so that a record can be exchanged.

        A version that exists must not come with other content.
        """
        changes: list[Put] = []
        for record in drops:
            codec = codec_for(record)
            if codec.kind in FIXED:
                raise CoreError("append_only", kind=codec.table.name)
            changes.append((codec.kind, codec.key(codec.row(record)), None))
        for record in puts:
            codec = codec_for(record)
            row = codec.row(record)
            key = codec.key(row)
            if codec.kind in FIXED and (old := self._fixed(codec.kind, key)) is not None:
                if old != row:
                    raise ConflictError("version_exists", id=key[0], version=key[1])
                continue
            changes.append((codec.kind, key, row))
        return changes

    def _fixed(self, kind: type, key: Row) -> Row | None:
        if (kind, key) in self.fixed:
            return self.fixed[kind, key]
        return self.standing.fixed[kind].get(key)

    def _take_moves(self, act: Act) -> None:
        cursors = self.records.setdefault(Cursor, {}) if act.moves else {}
        for move in act.moves:
            name, register = move.installation, move.to_register
            cursors[name,] = (name, register, to_micros(move.to_at), move.carry)
            self.registers[name] = register

    def _take(self, changes: list[Put]) -> None:
        for kind, key, row in changes:
            self.records.setdefault(kind, {})[key] = row
            if kind is Cursor:
                register = None if row is None else row[1]
                assert not isinstance(register, str | bytes)
                self.registers[str(key[0])] = register
            elif kind in FIXED and row is not None:
                self.fixed[kind, key] = row

    def _book(
        self, act: Act, detail: str, reference: bytes, touched: dict[AccountId, int]
    ) -> Receipt:
        self.n += 1
        link = Link(
            self.n,
            self.incarnation,
            act.kind.value,
            act.event,
            to_micros(act.occurred),
            self.booked,
            str(act.actor),
            act.reason,
            detail,
            act.reverses,
            reference,
        )
        legs = [(leg.source, leg.target, leg.amount_minor) for leg in act.postings]
        self.head = next_hash(self.key, self.head, link, legs)
        self.journal.append((*link[:-1], VERSION, self.head))
        for number, (source, target, amount) in enumerate(legs, 1):
            self.transfers.append((self.n, number, source, target, amount))
        if reference:
            self.references.append((self.n, reference[:16], reference[16:]))
        return Receipt(
            entry=EntryId(self.n),
            event=act.event,
            booked=self.booked_at,
            balances=touched,
            detail=act.detail,
        )


def _write_records(
    driver: sqlite3.Connection, table: Table, kind: type, rows: dict[Row, Row | None]
) -> None:
    kept = [row for row in rows.values() if row is not None]
    gone = [key for key, row in rows.items() if row is None]
    run_many(driver, insert(table) if kind in FIXED else upsert(table), kept)
    run_many(driver, remove(table), gone)
