"""A site's ledger: opened, written, kept safe and closed; what is written into it is in `writing.py`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
import logging
from pathlib import Path
from typing import Final, Self

from ..core.errors import StoreError
from ..core.identity import Actor
from ..core.ledger import AccountId, Anchor, BooksState, Receipt, Verdict
from . import opening
from .anchor import write_anchor
from .incarnation import GAP_AFTER_LOSS, accepting_act, next_incarnation
from .sqlite import lock, unlock
from .verify import verify
from .waiting import Call, done
from .writer import Writer
from .writing import WrittenBooks

_LOGGER: Final = logging.getLogger(__name__)
_WRITTEN: Final = {BooksState.OK, BooksState.ROLLED_BACK}


def _now() -> datetime:
    return datetime.now(UTC)


class Books(WrittenBooks):
    """A site's ledger.

    `state` says what may be done, `problem` (a translatable key) and `detail` why it is not all.
    `overtaken` is called where a write that was told as failed proves to be in the file: what is in
    memory is to be read anew.
    Nothing here blocks the event loop: writes go to the ledger's own thread, reads to the pool.
    """

    def __init__(
        self,
        path: Path,
        *,
        site: str,
        currency: str,
        anchors: Sequence[Path],
        clock: Callable[[], datetime],
        frozen: bool,
        descriptor: int | None,
    ) -> None:
        """Use `open`."""
        super().__init__(path)
        self.site = site
        self.currency = currency
        self.lost: Anchor | None = None
        self.overtaken: Callable[[], None] | None = None
        self._anchors = tuple(anchors)
        self._clock = clock
        self._frozen = frozen
        self._descriptor = descriptor

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        site: str,
        currency: str,
        anchors: Sequence[Path] = (),
        clock: Callable[[], datetime] = _now,
        frozen: bool = False,
    ) -> Self:
        """Open a site's ledger, making it if the site is new.

        A file that cannot be trusted is opened as far as it goes, with `state` and `problem` set;
        only a ledger that somebody else holds open is refused. `frozen` opens it in the middle of a
        backup.
        """
        descriptor = await asyncio.to_thread(lock, path)
        books = cls(
            path,
            site=site,
            currency=currency,
            anchors=anchors,
            clock=clock,
            frozen=frozen,
            descriptor=descriptor,
        )
        try:
            await books._open(anchors)
        except BaseException:
            unlock(descriptor)
            raise
        return books

    async def _open(self, anchors: Sequence[Path]) -> None:
        opened = await asyncio.to_thread(
            opening.open_file,
            self.path,
            site=self.site,
            currency=self.currency,
            anchors=anchors,
        )
        self._opened = opened
        self.state, self.problem, self.detail = opened.state, opened.problem, opened.detail
        self.lost = opened.lost
        if self._descriptor is None and opened.state is not BooksState.READ_ONLY:
            self.state, self.problem = BooksState.READ_ONLY, "read_only"
        if self.state is BooksState.READ_ONLY or opened.standing is None:
            return
        self._writer = Writer(
            path=self.path,
            key=opened.key,
            genesis=opened.genesis,
            standing=opened.standing,
            clock=self._clock,
            loop=asyncio.get_running_loop(),
            broken=self._break,
            overtaken=self._overtake,
            frozen=self._frozen,
        )
        self._writer.start()

    async def balances(self) -> dict[AccountId, int]:
        """Return the balance of every account that was ever moved, as committed."""
        if self._opened.standing is None:
            return {}
        return self._standing().balances.copy()

    async def verify(self, *, full: bool = True) -> Verdict:
        """Check the chain and the sums; not `full` looks at the latest entries only."""
        standing = self._standing()
        at_least = opening.anchor_of(self.site, standing)
        key, start = self._opened.key, self._opened.genesis
        return await self.read(
            lambda connection: verify(connection, key, start, at_least, full=full)
        )

    def head(self) -> Anchor:
        """Return how far the committed chain has come."""
        return opening.anchor_of(self.site, self._standing())

    async def write_anchor(self) -> list[Path]:
        """Write the head to the anchors' places; return those that failed.

        Not while rolled back: the anchor is then the only witness of what is missing.
        """
        if self.state is not BooksState.OK:
            return []
        return await asyncio.to_thread(write_anchor, self.head(), self._anchors)

    async def freeze_checkpoints(self) -> None:
        """From now on only the log grows: a copy of the files is a good ledger in any order."""
        await self._freeze(frozen=True)

    async def thaw_checkpoints(self) -> None:
        """The copy is made: the log may be moved into the file again."""
        await self._freeze(frozen=False)

    async def sweep(self) -> None:
        """Move the log into the file, so that what was removed is gone from the log as well."""
        if self._frozen:
            return
        writer = self._writable()
        await done(writer.submit, partial(Call, run=writer.empty_log))

    async def begin_incarnation(self, actor: Actor, reason: str) -> Receipt:
        """Go on from a shorter history that a person has looked at and accepted.

        Where the whole file is missing, accepting that means to begin an empty one.
        """
        lost = self.lost
        if self._writer is None and lost and self.problem == "missing":
            nothing = self._opened.readers
            await self._open(())
            if nothing:
                nothing.dispose()
        writer = self._writable()
        incarnation = next_incarnation(writer.standing, lost)
        for series in writer.numbers:
            writer.numbers[series] += GAP_AFTER_LOSS
        act = accepting_act(
            incarnation, writer.standing, lost, occurred=self._clock(), actor=actor, reason=reason
        )
        receipt = await self._change(act=act, incarnation=incarnation)
        assert isinstance(receipt, Receipt)
        self.state, self.problem, self.detail, self.lost = BooksState.OK, "", "", None
        await self.write_anchor()
        return receipt

    async def close(self) -> None:
        """Write what is queued, join the thread, leave an anchor, free the lock."""
        if self.state is BooksState.CLOSED:
            return
        was_ok = self.state is BooksState.OK
        self.state = BooksState.CLOSED
        await asyncio.to_thread(self._close, was_ok=was_ok)

    def _close(self, *, was_ok: bool) -> None:
        # Readers first: only the last connection to close moves the log into the file.
        if self._opened.readers is not None:
            self._opened.readers.dispose()
        if self._writer is not None:
            self._writer.stop()
            if was_ok:
                head = opening.anchor_of(self.site, self._writer.standing)
                write_anchor(head, self._anchors)
        unlock(self._descriptor)

    async def _freeze(self, *, frozen: bool) -> None:
        self._frozen = frozen
        if (writer := self._writer) is None or self.state not in _WRITTEN:
            return
        await done(writer.submit, partial(Call, run=partial(writer.freeze, frozen=frozen)))

    def _break(self, why: StoreError) -> None:
        """On the writing thread: the file turned out to be broken."""
        self.state, self.problem, self.detail = BooksState.READ_ONLY, why.key, why.detail

    def _overtake(self) -> None:
        if self.state is BooksState.CLOSED:
            return
        _LOGGER.warning("The ledger %s holds what was told as not written", self.path.name)
        if self.overtaken is not None:
            self.overtaken()
