"""A hub that is killed between any two statements that it sends to its database.

Nothing is patched: each connection tells of a statement before it is run. At the chosen one the files
are copied as they lie there. That is what a killed process leaves behind: its unfinished transaction
is in no log. Whatever the process does after that is a dream, and nobody sees it.
"""

import logging
from pathlib import Path
import shutil
import sqlite3
from typing import Final, override

from sqlalchemy import Engine, event

LOCKS: Final = (".lock", "-shm")
"""Held by the dying process; made anew by the next."""


class Killer:
    """Counts statements; at the one that it was told, the process has died."""

    def __init__(self) -> None:
        """Listen to every connection that is made from now on."""
        self.statements = self.kills = 0
        self.died = False
        self.at = ""
        self._left: int | None = None
        self._folder = self._image = Path()
        event.listen(Engine, "connect", self._connected)

    def close(self) -> None:
        """Listen no more."""
        event.remove(Engine, "connect", self._connected)

    def arm(self, after: int, folder: Path, image: Path) -> None:
        """Die before the statement that comes after so many; the files are then in `image`."""
        self._left, self._folder, self._image = after, folder, image

    @property
    def armed(self) -> bool:
        """Whether the end is near."""
        return self._left is not None

    def reborn(self) -> Path:
        """Begin a new life; returns where the files of the last one are."""
        self.died, self._left = False, None
        return self._image

    def _connected(self, driver: sqlite3.Connection, _record: object) -> None:
        driver.set_trace_callback(self._statement)

    def _statement(self, sql: str) -> None:
        self.statements += 1
        if self._left is None or self.died:
            return
        if self._left:
            self._left -= 1
            return
        self._image.mkdir()
        for path in sorted(self._folder.iterdir()):
            if not path.name.endswith(LOCKS):
                shutil.copyfile(path, self._image / path.name)
        self.died, self.at = True, sql.partition("\n")[0][:60]
        self.kills += 1


class Surprises(logging.Handler):
    """Keeps what the site passes over so that a building's billing goes on: here it ends the life."""

    def __init__(self) -> None:
        """Listen to the integration's errors."""
        super().__init__(logging.ERROR)
        self._kept: list[logging.LogRecord] = []
        self._logger = logging.getLogger("custom_components.prepaid_parking")
        self._logger.addHandler(self)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record)

    @override
    def close(self) -> None:
        self._logger.removeHandler(self)
        super().close()

    def forget(self) -> None:
        """Nobody has seen what happened to a process that was dead."""
        self._kept.clear()

    def raise_first(self) -> None:
        """Raise what was passed over."""
        if self._kept:
            record = self._kept[0]
            failure = record.exc_info[1] if record.exc_info else None
            raise AssertionError(record.getMessage()) from failure
