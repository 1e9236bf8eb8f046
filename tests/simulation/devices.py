"""Meters as they are on the wall, and what a site must make of each thing that it hears of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.metering import STORED, DoubtKind, Origin
from tests.operations.world import KWH, RelayDevice
from tests.simulation.accounts import Meter, Tenancy
from tests.simulation.faults import Killer

MODULUS: Final = 1_000 * KWH
JITTER: Final = 700
MAX_RATE: Final = 100 * KWH
HOUR_S: Final = 3_600


@dataclass
class Relay(RelayDevice):
    """A relay that a dead hub does not reach; `judge` is asked whether it may be switched."""

    killer: Killer = field(default_factory=Killer)
    judge: Callable[[bool], None] = lambda on: None

    async def switch(self, on: bool) -> None:
        """Take a command, unless who gives it has died."""
        if not self.killer.died:
            self.judge(on)
            await super().switch(on)


class Heard(StrEnum):
    """What must become of a reading."""

    CHARGED = "charged"
    NOTHING = "nothing"
    LATE = "late"
    DOUBTED = "doubted"


@dataclass
class Device:
    """A meter on the wall: it counts, and shows the last digits of what it counted.

    `behind` is what the devices before it had counted when it began, less what was never charged.
    `register` is what it showed when it was believed last, below zero where it has started over since;
    `known` is the serial number in the books.
    """

    book: Meter
    serial: str
    begun: int
    behind: int = 0
    counted: int = 0
    per_hour: int = KWH
    register: int = 0
    tenancy: str = ""
    doubt: DoubtKind | None = None
    doubted_at: datetime | None = None
    known: str = ""
    kept: list[tuple[datetime, int, int]] = field(default_factory=list)

    @property
    def id(self) -> MeterId:
        """The ledger's id."""
        return self.book.id

    @property
    def changes(self) -> list[tuple[datetime, str]]:
        """The tariffs that it goes over to."""
        return self.book.coming

    @property
    def strange(self) -> bool:
        """Whether it is another one than the books think."""
        return self.serial != self.known

    @property
    def shows(self) -> int:
        """The register."""
        return (self.begun + self.counted) % MODULUS

    @property
    def total(self) -> int:
        """What went through, all devices together."""
        return self.behind + self.counted

    @property
    def payer(self) -> Tenancy:
        """Who pays."""
        return self.book.tenancies[self.tenancy]

    def replaced(self, serial: str, begun: int) -> None:
        """Put another one there."""
        self.behind, self.counted = self.total, 0
        self.serial, self.begun, self.kept = serial, begun, []

    def hears(
        self, at: datetime, register: int, serial: str | None, origin: Origin, now: datetime
    ) -> Heard:
        """Say what a reading must lead to, and keep it in the book where it counts."""
        if not self.tenancy or origin is Origin.RETAINED:
            return Heard.NOTHING
        if self.doubt is DoubtKind.OTHER_SERIAL and serial is None:
            return Heard.NOTHING
        since, total = self.book.last
        at = min(at, now)
        if at < since and origin in STORED:
            self.book.late.add((at, register))
            return Heard.LATE
        at = max(at, since)
        if serial not in (None, self.known):
            return self._doubts(DoubtKind.OTHER_SERIAL, at)
        until = at
        if self.doubt is DoubtKind.LEAP and self.doubted_at is not None:
            until = min(at, self.doubted_at)
        elapsed = max(until - since, timedelta(hours=1)) // timedelta(seconds=1)
        most, used = MAX_RATE * elapsed // HOUR_S, register - self.register
        tenth = MODULUS // 10
        over = self.register >= MODULUS - tenth and 0 <= register < tenth
        if used < 0 and over and used + MODULUS <= most:
            used += MODULUS
        if used > most:
            return self._doubts(DoubtKind.LEAP, at)
        if used < 0:
            if -used <= JITTER:
                return Heard.NOTHING
            return self._doubts(DoubtKind.BACKWARDS, at)
        self.charged(at, total + used, register)
        return Heard.CHARGED

    def charged(self, at: datetime, total: int, register: int) -> None:
        """Keep a reading that counts; a change of tariff before it splits the stretch evenly."""
        since, before = self.book.last
        micros = timedelta(microseconds=1)
        while self.changes and self.changes[0][0] < at:
            change, tariff = self.changes.pop(0)
            if change > since:
                passed, length = (change - since) // micros, (at - since) // micros
                self.book.points.append((change, before + (total - before) * passed // length))
                since, before = self.book.last
            self.payer.gone[change] = before
            self.payer.tariffs.append((change, tariff))
        self.book.points.append((at, total))
        self.register, self.doubt, self.doubted_at = register, None, None

    def _doubts(self, kind: DoubtKind, at: datetime) -> Heard:
        if self.doubt is not kind:
            self.doubt, self.doubted_at = kind, at
        return Heard.DOUBTED
