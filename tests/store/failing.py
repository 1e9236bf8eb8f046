"""A disk that fails in the moment of a COMMIT: before it, after it, and as the file is asked about it."""

from collections.abc import Iterator
from contextlib import contextmanager
import sqlite3
from typing import Any

import pytest

from custom_components.prepaid_parking.store import writer
from custom_components.prepaid_parking.store.sqlite import transaction
from custom_components.prepaid_parking.store.standing import read_standing


def io_error() -> sqlite3.OperationalError:
    """Return what SQLite says of a disk that fails."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    return error


def fails_once(monkeypatch: pytest.MonkeyPatch, *, written: bool, readable: bool = True) -> None:
    """Let the next transaction be told as failed, `written` or not; `readable`: the file can be asked.

    So does a flush that fails where the log has the whole group: whoever opens the file anew finds it.
    """

    @contextmanager
    def failing(driver: sqlite3.Connection) -> Iterator[None]:
        monkeypatch.setattr(writer, "transaction", transaction)
        if not readable:
            monkeypatch.setattr(writer, "read_standing", unreadable)
        with transaction(driver):
            yield
            if not written:
                raise io_error()
        raise io_error()

    def unreadable(*_: Any) -> Any:
        monkeypatch.setattr(writer, "read_standing", read_standing)
        raise io_error()

    monkeypatch.setattr(writer, "transaction", failing)
