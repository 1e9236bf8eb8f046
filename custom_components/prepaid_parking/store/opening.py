"""What is checked before a ledger is trusted, and what state follows from it.

A recorder may start afresh with an empty file; a ledger must do the opposite. Nothing here renames,
replaces or repairs: a file that cannot be trusted is opened to be read, and a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import os
from pathlib import Path
import sqlite3

from sqlalchemy import Connection, Engine, create_engine, insert, select
from sqlalchemy.pool import NullPool

from ..core.errors import StoreError
from ..core.identity import EntryId
from ..core.ledger import Anchor, BooksState
from . import migrations, schema
from .anchor import read_anchors
from .chain import genesis, key_check
from .files import PRIVATE, make_key, read_key, sync_folder
from .sqlite import SQL_ERRORS, raw, reading_engine, told, transaction, writing_engine
from .standing import Standing, count_entries, read_meta, read_standing


@dataclass(slots=True, kw_only=True)
class Opened:
    """A checked file, and what may be done with it."""

    state: BooksState
    problem: str = ""
    detail: str = ""
    key: bytes = b""
    genesis: bytes = b""
    standing: Standing | None = None
    readers: Engine | None = None
    lost: Anchor | None = None
    """The anchor that the file does not reach, in state `rolled_back`."""


def open_file(path: Path, *, site: str, currency: str, anchors: Sequence[Path]) -> Opened:
    """Check the file, make it if the site is new, and say in which state the books are. Blocks.

    The caller holds the lock.
    """
    try:
        return _open(path, site, currency, read_anchors(anchors))
    except (*SQL_ERRORS, OSError, StoreError) as err:
        return _broken(err, path)


def _open(path: Path, site: str, currency: str, anchors: Sequence[Anchor]) -> Opened:
    known = [anchor for anchor in anchors if anchor.site == site]
    furthest = max(known, key=lambda anchor: (anchor.incarnation, anchor.n), default=None)
    if _is_blank(path):
        if furthest is not None and furthest.n > 0:
            return Opened(
                state=BooksState.ROLLED_BACK,
                problem="missing",
                detail=path.name,
                readers=_nothing(),
                lost=furthest,
            )
        create_file(path, site=site, currency=currency)
    writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
    if writable:
        _migrate(path)
    opened = _check(path, site=site, currency=currency, known=known)
    if not writable and opened.state is not BooksState.READ_ONLY:
        opened.state, opened.problem = BooksState.READ_ONLY, "read_only"
    return opened


def _nothing() -> Engine:
    """Return what can be read of a ledger that is not there: all tables, and nothing in them."""
    maker = create_engine("sqlite://")
    with maker.connect() as connection, transaction(raw(connection)):
        schema.create(connection)
    with maker.connect() as connection:
        empty = raw(connection).serialize()
    maker.dispose()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.deserialize(empty)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _is_blank(path: Path) -> bool:
    """Say whether there is no ledger yet: no file, or what a creation that was cut off left."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    readers = _readers(path)
    try:
        with readers.connect() as connection:
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
            return tables == 0 and _pragma(connection, "application_id") == 0
    finally:
        readers.dispose()


def key_path(path: Path) -> Path:
    """Return where the key of this ledger's chain lies: beside it."""
    return path.with_name(f"{path.name}.key")


def create_file(path: Path, *, site: str, currency: str) -> None:
    """Make an empty ledger: the key first, then all tables in one transaction."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = read_key(key_path(path)) or make_key(key_path(path))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE))
    engine = writing_engine(path, frozen=lambda: False)
    try:
        with engine.connect() as connection, transaction(raw(connection)):
            schema.create(connection)
            facts = {
                "site": site,
                "currency": currency,
                "incarnation": "1",
                "key_check": key_check(key),
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            rows = [{"name": name, "value": value} for name, value in facts.items()]
            connection.execute(insert(schema.meta), rows)
    finally:
        engine.dispose()
    sync_folder(path.parent)


def _migrate(path: Path) -> None:
    """Bring an older file of ours up to date; leave any other file alone."""
    readers = reading_engine(path)
    try:
        with readers.connect() as connection:
            ours = _pragma(connection, "application_id") == schema.APPLICATION_ID
            older = 0 < _pragma(connection, "user_version") < schema.VERSION
    finally:
        readers.dispose()
    if ours and older:
        engine = writing_engine(path, frozen=lambda: False)
        try:
            with engine.connect() as connection:
                migrations.migrate(connection, path, migrations.STEPS, schema.VERSION)
        finally:
            engine.dispose()


def _readers(path: Path) -> Engine:
    """Return connections that read; on a medium that takes no files at all, of the main file alone."""
    readers = reading_engine(path)
    try:
        with readers.connect() as connection:
            _pragma(connection, "schema_version")
    except SQL_ERRORS:
        readers.dispose()
        if os.access(path.parent, os.W_OK):
            raise
        return reading_engine(path, immutable=True)
    return readers


def _check(path: Path, *, site: str, currency: str, known: Sequence[Anchor]) -> Opened:
    readers = _readers(path)
    with readers.connect() as connection, connection.begin():
        if problem := _not_ours(connection):
            return Opened(state=BooksState.READ_ONLY, problem=problem, readers=readers)
        checked = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if checked != "ok":
            return _unreadable("corrupt", str(checked), readers)
        meta = read_meta(connection)
        if meta["site"] != site:
            return _unreadable("other_site", meta["site"], readers)
        if meta["currency"] != currency:
            return _unreadable("other_currency", meta["currency"], readers)
        key = read_key(key_path(path))
        if key is None or key_check(key) != meta["key_check"]:
            return _unreadable("key_differs" if key else "key_missing", path.name, readers)
        start = genesis(key, site, currency)
        standing = read_standing(connection, start)
        if standing.n != (counted := count_entries(connection)):
            return _unreadable("corrupt", f"{counted} entries, the last is {standing.n}", readers)
        opened = Opened(
            state=BooksState.OK, key=key, genesis=start, standing=standing, readers=readers
        )
        for anchor in known:
            if why := _behind(connection, standing, start, anchor):
                opened.state, opened.problem = BooksState.ROLLED_BACK, why
                opened.detail = (
                    f"{standing.incarnation}/{standing.n} < {anchor.incarnation}/{anchor.n}"
                )
                opened.lost = anchor
        return opened


def _not_ours(connection: Connection) -> str:
    """Name what keeps this program from understanding the file at all."""
    if _pragma(connection, "application_id") != schema.APPLICATION_ID:
        return "not_a_ledger"
    return "newer_schema" if _pragma(connection, "user_version") > schema.VERSION else ""


def _behind(connection: Connection, standing: Standing, start: bytes, anchor: Anchor) -> str:
    """Say whether, and how, the file falls short of an anchor.

    A file of a later incarnation may be shorter: a person has accepted that.
    """
    if standing.incarnation > anchor.incarnation:
        return ""
    if standing.incarnation < anchor.incarnation or standing.n < anchor.n:
        return "rolled_back"
    journal = schema.journal.c
    there = connection.execute(select(journal.hash).where(journal.id == anchor.n)).scalar()
    return "" if (start if anchor.n == 0 else there) == anchor.head else "other_history"


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _unreadable(problem: str, detail: str, readers: Engine) -> Opened:
    return Opened(state=BooksState.READ_ONLY, problem=problem, detail=detail, readers=readers)


def _broken(err: Exception, path: Path) -> Opened:
    named = told(err, path)
    return Opened(
        state=BooksState.READ_ONLY,
        problem=named.key if isinstance(named, StoreError) else "failed",
        detail=named.detail if isinstance(named, StoreError) else str(err),
        readers=reading_engine(path) if path.exists() else None,
    )


def anchor_of(site: str, standing: Standing) -> Anchor:
    """Return where the books stand, as an anchor."""
    return Anchor(
        site=site,
        incarnation=standing.incarnation,
        n=EntryId(standing.n),
        head=standing.head,
    )
