"""The abilities that operations need from the outside, one Protocol each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ..core.errors import CoreError
from ..core.identity import Actor, EntryId
from ..core.ledger import AccountId, Act, Entry, EntryKind, Moved, Receipt, Record, Verdict
from ..core.supply import CommandLog

type Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""


class Books(Protocol):
    """The durable side: what it has returned is on disk."""

    @property
    def writable(self) -> bool:
        """Whether money may move: not while the file is damaged or behind its anchor."""
        ...

    async def commit(self, act: Act) -> Receipt: ...
    async def commit_all(self, acts: Sequence[Act]) -> list[Receipt | CoreError]: ...
    async def record(self, *records: Record) -> None: ...
    async def forget(self, *records: Record) -> None: ...
    async def load[R](self, kind: type[R], **like: int | str | bytes | None) -> list[R]: ...
    async def commands(self, since: datetime) -> list[CommandLog]: ...
    async def balances(self) -> dict[AccountId, int]: ...
    async def entries(
        self,
        *,
        account: AccountId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Sequence[EntryKind] = (),
        after: EntryId | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> list[Entry]: ...
    async def moved(
        self, days: Sequence[datetime], kinds: Sequence[EntryKind]
    ) -> tuple[list[Moved], EntryId]: ...
    async def total(
        self, account: AccountId, since: datetime | None, until: datetime | None
    ) -> tuple[int, int]: ...
    async def verify(self, *, full: bool = True) -> Verdict: ...
    async def next_number(self, series: str) -> int: ...
    async def begin_incarnation(self, actor: Actor, reason: str) -> Receipt: ...


class Privacy(Protocol):
    """Personal data, encrypted where it rests."""

    async def put_subject(self, fields: Mapping[str, str]) -> str: ...
    async def get_subject(self, subject: str) -> Mapping[str, str]: ...
    async def forget_subject(self, subject: str) -> None: ...
    def blind(self, kind: str, value: str) -> bytes: ...


class Relay(Protocol):
    """Switches a meter's supply; returns when the device has acknowledged, raises DeviceError."""

    async def switch(self, on: bool) -> None: ...


class Barrier(Protocol):
    """Asks a barrier's OPEN input once; returns when the device has confirmed, raises DeviceError."""

    async def pulse(self) -> None: ...
