"""The one thread that writes: it takes what is waiting, writes it as one group, then answers.

Group commit is what makes durability affordable: a hundred acts that wait together cost one flush
of the disk. Nobody is answered before the COMMIT. One that fails may be in the file all the same (its
flush failed, and the log was read back): the file is asked, by the head of the chain, so that whoever
waits hears what is so.
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
import logging
from pathlib import Path
from queue import Empty, SimpleQueue
import threading
from time import monotonic
from typing import Final

from sqlalchemy import Connection

from ..core.errors import CoreError, StoreError
from .codec import to_micros
from .group import Group, Known
from .queries import receipt_again
from .sqlite import SQL_ERRORS, raw, set_checkpoints, told, transaction, trouble, writing_engine
from .standing import Standing, read_standing
from .waiting import Call, Command, Item, answer

_LOGGER: Final = logging.getLogger(__name__)

PATIENCE_S: Final = 0.02
"""So long a patient command waits for another. In a rush the next car is there after eight
milliseconds: what came of one pulse is written with the record before the next."""
MOST_AT_ONCE: Final = 500
"""A larger group makes the first in line wait and the last one no faster."""


class Writer:
    """Owns the writing connection and the committed standing."""

    def __init__(
        self,
        *,
        path: Path,
        key: bytes,
        genesis: bytes,
        standing: Standing,
        clock: Callable[[], datetime],
        loop: AbstractEventLoop,
        broken: Callable[[StoreError], None],
        overtaken: Callable[[], None],
        frozen: bool,
    ) -> None:
        """Take over a checked file; nothing is opened before `start`."""
        self.standing = standing
        self.numbers: dict[str, int] = dict(standing.series)
        self._path = path
        self._key = key
        self._genesis = genesis
        self._clock = clock
        self._loop = loop
        self._broken = broken
        self._overtaken = overtaken
        self._frozen = frozen
        self._engine = writing_engine(path, frozen=lambda: self._frozen)
        self._connection: Connection | None = None
        self._stale = False
        self._unknown = b""
        self._queue: SimpleQueue[list[Item]] = SimpleQueue()
        # Joined by `stop`. A hub that never comes to that is not kept from ending: a write that is cut
        # off is what the file is made for.
        self._thread = threading.Thread(
            target=self._run, name="prepaid_parking ledger", daemon=True
        )

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, items: list[Item]) -> None:
        """Queue what is to be done, in this order."""
        self._queue.put(items)

    def stop(self) -> None:
        """Write what is queued, close the file and join the thread. Blocks."""
        self._queue.put([None])
        self._thread.join()

    def freeze(self, *, frozen: bool) -> None:
        """On the writing thread: move the log into the file and leave the file alone, or go on."""
        if frozen:
            self.empty_log()
        self._frozen = frozen
        set_checkpoints(raw(self._ready()), frozen=frozen)

    def empty_log(self) -> None:
        """On the writing thread: move the log into the file, as far as no reader needs it."""
        raw(self._ready()).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _run(self) -> None:
        waiting: deque[Item] = deque()
        try:
            while True:
                self._collect(waiting)
                if commands := _leading_commands(waiting):
                    answer(self._loop, commands, self._write(commands))
                elif isinstance(call := waiting.popleft(), Call):
                    answer(self._loop, [call], [self._do(call)])
                else:
                    return
        finally:
            self._let_go()

    def _collect(self, waiting: deque[Item]) -> None:
        """Wait for work, then take along what came meanwhile."""
        while not waiting:
            waiting.extend(self._queue.get())
        with suppress(Empty):
            while len(waiting) < MOST_AT_ONCE:
                waiting.extend(self._queue.get_nowait())
        until = monotonic() + PATIENCE_S
        with suppress(Empty):
            while all(isinstance(one, Command) and one.patient for one in waiting):
                waiting.extend(self._queue.get(timeout=max(0.0, until - monotonic())))

    def _do(self, call: Call) -> object:
        try:
            return call.run()
        except Exception as err:  # noqa: BLE001 - whatever it was, the caller hears it
            return self._named(err)

    def _write(self, commands: list[Command]) -> list[object]:
        """Write a group; where that fails for a command's own fault, what belongs together by itself."""
        try:
            return self._attempt(commands)
        except Exception as err:  # noqa: BLE001 - the thread must outlive every command
            self._let_go()
            named = self._named(err)
            parts = list(_parts(commands))
            if len(parts) == 1 or trouble(err, self._path):
                return [named] * len(commands)
        return [one for part in parts for one in self._write(part)]

    def _attempt(self, commands: list[Command]) -> list[object]:
        connection = self._ready()
        driver = raw(connection)
        group = Group(self.standing, self._key, to_micros(self._clock()))
        answers: list[object] = []
        try:
            with transaction(driver):
                group.look_up(driver, [command.act for command in commands if command.act])
                answers = [_judge(group, command, connection) for command in commands]
                series = self._numbers_to_keep()
                group.write(driver, series)
        except SQL_ERRORS:
            if group.journal and self._is_in_the_file(group.head):
                return answers
            raise
        group.settle(series)
        return answers

    def _is_in_the_file(self, head: bytes) -> bool:
        """Ask a file that refused a group how far it has come; who cannot be told now is told later."""
        self._let_go()
        try:
            self._ready()
        except (*SQL_ERRORS, StoreError):
            self._unknown = head
            return False
        return self.standing.head == head

    def _numbers_to_keep(self) -> dict[str, int]:
        """Return the series from which numbers were handed out since they were last written."""
        kept = self.standing.series
        return {name: last for name, last in self.numbers.copy().items() if kept.get(name) != last}

    def _ready(self) -> Connection:
        """Return the connection; after an error a new one, with the standing read anew."""
        if self._connection is None:
            connection = self._engine.connect()
            try:
                if self._stale:
                    self.standing = read_standing(connection, self._genesis)
            except BaseException:
                connection.close()
                self._engine.dispose()
                raise
            self._connection, self._stale = connection, False
            if self._unknown and self.standing.head == self._unknown:
                with suppress(RuntimeError):  # A hub that closed its loop reads all anew anyway.
                    self._loop.call_soon_threadsafe(self._overtaken)
            self._unknown = b""
        return self._connection

    def _let_go(self) -> None:
        """Close the connection: what was not committed is rolled back."""
        if self._connection is not None:
            with suppress(*SQL_ERRORS):
                self._connection.close()
            self._connection = None
        self._stale = True
        self._engine.dispose()

    def _named(self, err: Exception) -> Exception:
        """Return what the caller is told; a broken file also changes the state of the books."""
        named = told(err, self._path)
        if isinstance(named, StoreError):
            _LOGGER.warning("The ledger %s was not written: %s", self._path.name, named)
            if named.key == "corrupt":
                self._broken(named)
        return named


def _parts(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Cut a group where one may be written without the next."""
    part: list[Command] = []
    for command in commands:
        part.append(command)
        if not command.goes_on:
            yield part
            part = []


def _leading_commands(waiting: deque[Item]) -> list[Command]:
    """Take the commands up to the first call: one group, and more only where they belong together."""
    commands: list[Command] = []
    while waiting and (len(commands) < MOST_AT_ONCE or commands[-1].goes_on):
        if not isinstance(first := waiting[0], Command):
            break
        commands.append(first)
        waiting.popleft()
    return commands


def _judge(group: Group, command: Command, connection: Connection) -> object:
    """Take a command into the group, or refuse it."""
    try:
        if command.incarnation is not None:
            group.begin_incarnation(command.incarnation)
        if command.act is None:
            group.change(command.puts, command.drops)
            return None
        receipt = group.decide(command.act)
    except CoreError as err:
        return err
    if isinstance(receipt, Known):
        return receipt_again(connection, receipt.entry, group.balance)
    return receipt
