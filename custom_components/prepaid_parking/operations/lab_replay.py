"""The histories on trial, each under the tariff it has and under the draft; runs beside the event loop."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from time import sleep
from typing import Final

from ..core.calendars import Holidays
from ..core.extent import Extent
from ..core.hours import HOUR, MeterDay, unpack
from ..core.identity import MeterId, TariffId, WalletId
from ..core.lab import Pool, Trial, Used
from ..core.lab_cost import Cost
from ..core.local_day import day_start
from ..core.money import Currency
from ..core.tiers import Scope
from ..core.version import TariffVersion

AT_ONCE: Final = 50
"""Pools priced before the event loop may have Python's lock: a quarter of a millisecond."""


@dataclass(slots=True)
class Subject:
    """A meter on trial: whose it is, since when, and for which days its hours are to be had.

    `paid_from` is the first day that is paid for itself, used or not.
    """

    meter: MeterId
    wallet: WalletId
    first: date
    last: date
    bound_at: datetime
    paid_from: date
    days: int = 0
    sides: list[tuple[Trial, Pool, Used]] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """How many of its days are not known."""
        return max(0, (self.last - self.first).days + 1 - self.days)


class Replay:
    """The present tariffs and the draft, with everything that is priced by them."""

    def __init__(
        self, draft: TariffVersion, zone: tzinfo, currency: Currency, holidays: Holidays
    ) -> None:
        """Begin with nobody on trial."""
        self.draft = draft
        self.subjects: dict[MeterId, Subject] = {}
        self.unpriced: set[str] = set()
        self._zone = zone
        self._currency = currency
        self._holidays = holidays
        self._trial = self._new(draft)
        self._trials: dict[TariffId, Trial] = {}
        self._pools: dict[tuple[int, str], Pool] = {}

    def add(
        self,
        subject: Subject,
        *,
        present: TariffVersion,
        pools: tuple[str, str],
        scope: Scope,
        extent: Extent,
    ) -> None:
        """Put a meter on trial: `pools` say what it counts its tiers with, as it is and in the draft."""
        trial = self._trials.get(present.tariff)
        if trial is None:
            trial = self._trials[present.tariff] = self._new(present)
        for one, name in zip((trial, self._trial), pools, strict=True):
            pool = self._pools.get((id(one), name))
            if pool is None:
                pool = self._pools[id(one), name] = Pool(one, scope)
            paid = max(subject.first, subject.paid_from)
            used = Used(extent=extent, first=paid, last=subject.last)
            pool.meters.append(used)
            subject.sides.append((one, pool, used))
        self.subjects[subject.meter] = subject

    def take(self, day: date, rows: Sequence[MeterDay]) -> None:
        """Price a day; days come in order."""
        together: dict[Pool, list[tuple[Used, Sequence[int]]]] = defaultdict(list)
        for row in rows:
            subject = self.subjects.get(row.meter)
            if subject is None or day < subject.first:
                continue
            hours = self._since(subject, day, unpack(row.hours))
            subject.days += 1
            for _, pool, used in subject.sides:
                together[pool].append((used, hours))
        for number, (pool, counted) in enumerate(together.items()):
            pool.take(day, counted)
            if number % AT_ONCE == 0:
                sleep(0)

    def priced(self) -> list[tuple[Subject, Cost, Cost]]:
        """Return what each meter comes to, as it is and by the draft."""
        for pool in self._pools.values():
            pool.close()
        found: list[tuple[Subject, Cost, Cost]] = []
        for subject in self.subjects.values():
            old, new = (trial.cost(used) for trial, _, used in subject.sides)
            found.append((subject, old, new))
        return found

    def _new(self, version: TariffVersion) -> Trial:
        if version.terms.power_factor is not None:
            self.unpriced.add("power_factor")
        if version.terms.demand is not None:
            self.unpriced.add("demand_within_the_hour")
        return Trial(version, self._zone, self._currency, self._holidays)

    def _since(self, subject: Subject, day: date, hours: Sequence[int]) -> Sequence[int]:
        """Leave out what was counted before the wallet paid for the meter."""
        start = day_start(day, self._zone)
        if subject.bound_at < start + HOUR:
            return hours
        before = (subject.bound_at - start) // HOUR
        return [0] * before + list(hours[before:])
