"""What may be written into a ledger that is open: acts, records, numbers; and who is told of it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from ..core.errors import CoreError, StoreError
from ..core.ledger import Act, BooksState, Receipt, Record
from .incarnation import first_number
from .reading import ReadBooks
from .standing import Standing
from .waiting import Command, acts_done, done
from .writer import Writer


class WrittenBooks(ReadBooks):
    """A ledger as those see it who write; nothing can be written before there is a writer."""

    def __init__(self, path: Path) -> None:
        """Begin closed, with nobody to tell."""
        super().__init__(path)
        self._writer: Writer | None = None
        self._watchers: list[Callable[[Record], None]] = []

    @property
    def writable(self) -> bool:
        """Whether money may move: not while the file is damaged or behind its anchor."""
        return self.state is BooksState.OK

    async def commit(self, act: Act) -> Receipt:
        """Write one act: all of it or nothing. It is durable when this returns.

        Raises `CoreError` or `ConflictError` where a rule refuses it, `StoreError` where the medium
        did not take it; then nothing was acknowledged and trying again is safe.
        """
        (answer,) = await self._submit([act])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def commit_all(
        self, acts: Sequence[Act], *, together: bool = False
    ) -> list[Receipt | CoreError]:
        """Write many acts at once, each standing alone; a refusal is returned in its place.

        What is to be written `together` is in the file as a whole after a crash, or not at all.
        """
        answers = await self._submit(acts, together=together)
        booked = [one for one in answers if isinstance(one, Receipt | CoreError)]
        if len(booked) < len(answers):
            raise next(one for one in answers if not isinstance(one, Receipt | CoreError))
        return booked

    async def record(self, *records: Record, patient: bool = False) -> None:
        """Insert or replace records that need no entry, together.

        `patient` is what says how something went that is done: it goes along with what comes next,
        if that is within a moment.
        """
        if records:
            await self._change(puts=records, patient=patient)

    async def forget(self, *records: Record) -> None:
        """Remove records by their keys, together."""
        if records:
            await self._change(drops=records)

    async def exchange(self, *, drops: Sequence[Record], puts: Sequence[Record]) -> None:
        """Remove records and insert others in one step."""
        await self._change(puts=tuple(puts), drops=tuple(drops))

    async def next_number(self, series: str) -> int:
        """Return the next number of a series (`wallet`, `meter`, …); it is never given out again.

        It is written with the next thing that is, so a number nobody used may return after a crash.
        """
        numbers = self._writable().numbers
        base = first_number(self._standing().incarnation)
        numbers[series] = numbers.get(series, base) + 1
        return numbers[series]

    def watch(self, told: Callable[[Record], None]) -> Callable[[], None]:
        """Tell of each record that was written from now on; returns how to stop that."""
        self._watchers.append(told)

        def stop() -> None:
            self._watchers.remove(told)

        return stop

    def _say(self, records: Iterable[Record]) -> None:
        for record in records if self._watchers else ():
            for watcher in list(self._watchers):
                watcher(record)

    def _standing(self) -> Standing:
        standing = self._writer.standing if self._writer else self._opened.standing
        if standing is None:
            raise StoreError(self.problem or "closed", self.detail)
        return standing

    def _writable(self) -> Writer:
        if self.state is BooksState.CLOSED:
            raise StoreError("closed")
        if self._writer is None or self.state is BooksState.READ_ONLY:
            raise StoreError("read_only", self.problem)
        return self._writer

    async def _submit(
        self, acts: Sequence[Act], *, together: bool = False
    ) -> list[Receipt | Exception]:
        """Have acts written and return what became of each."""
        writer = self._writable()
        if not acts:
            return []
        answers = await acts_done(writer.submit, acts, together=together)
        for act, answer in zip(acts, answers, strict=True):
            if isinstance(answer, Receipt):
                self._say((*act.puts, *act.drops))
        return answers

    async def _change(
        self,
        *,
        act: Act | None = None,
        puts: tuple[Record, ...] = (),
        drops: tuple[Record, ...] = (),
        incarnation: int | None = None,
        patient: bool = False,
    ) -> object:
        """Have one thing written that is more, or less, than an act."""
        command = partial(
            Command, act=act, puts=puts, drops=drops, incarnation=incarnation, patient=patient
        )
        result = await done(self._writable().submit, command)
        self._say((*puts, *drops))
        return result
