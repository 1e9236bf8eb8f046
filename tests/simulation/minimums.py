"""What must be added to the use of a day or month to reach its minimum, from what was charged and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from custom_components.prepaid_parking.core.identity import EntryId
from custom_components.prepaid_parking.core.ledger import Entry
from tests.simulation.accounts import Meter, Tenancy, same
from tests.simulation.days import DAY, begins, nearest, part, stretch
from tests.simulation.prices import Prices


@dataclass(frozen=True, slots=True)
class Judged:
    """What a period was found to lack after it was over: up to which day, and when that was booked."""

    binding: str
    last: date
    booked: datetime
    added: int


@dataclass(frozen=True, slots=True)
class Over:
    """Days of a meter that a minimum is judged over."""

    binding: str
    tariff: str
    minimum: Mapping[str, Any]
    first: date
    last: date

    @property
    def total(self) -> int:
        """What their use costs at least, in cents."""
        price = nearest(Fraction(self.minimum["price"]) * 100)
        return part(
            Fraction(price), stretch(self.minimum["per"], self.first), self.first, self.last
        )


@dataclass
class Uses:
    """What a meter's use was charged, each with its entry and binding; and what was judged last."""

    booked: list[tuple[Entry, str, int]] = field(default_factory=list)
    judged: Judged | None = None
    early: str = ""
    """Whose period was judged on its last day: only who leaves may be asked before it is over."""


class Minimums:
    """Follows each meter's minimum from period to period."""

    def __init__(self, prices: Prices) -> None:
        """Begin with nothing used."""
        self.prices = prices
        self.uses: dict[str, Uses] = {}

    def used(self, meter: Meter, entry: Entry, binding: str, cents: int) -> None:
        """Take up what a meter's use came to, without fees and taxes."""
        uses = self.uses.setdefault(meter.id, Uses())
        uses.booked.append((entry, binding, cents))

    def judged(self, meter: Meter, tenancy: Tenancy, entry: Entry) -> tuple[str, int]:
        """Follow an entry that adds to the use of a period; returns tariff and cents it must be."""
        detail: Mapping[str, Any] = entry.detail
        today = entry.occurred.astimezone(self.prices.zone).date()
        last = date.fromisoformat(detail["last"])
        over = self._passed(
            meter, tenancy, detail["binding"], today, date.fromisoformat(detail["first"])
        )
        same("the last day of a minimum", min(over.last, today), last)
        uses = self.uses.setdefault(meter.id, Uses())
        used = self._used(uses, over, entry.id)
        same("what was used", used, detail["used"])
        missing = over.total - used
        assert missing > 0, f"{meter.id} used {used}, enough for {over}"
        early = last >= today
        uses.judged = None if early else Judged(over.binding, over.last, entry.booked, missing)
        uses.early = over.binding if early else ""
        meter.least = last + DAY
        return over.tariff, missing

    def check(
        self, meter: Meter, tenancy: Tenancy, binding: str, today: date, *, ends: bool
    ) -> None:
        """No period that is over lacks anything; with `ends` today is the last day of the last."""
        for over in self._over(meter, tenancy, binding, today, ends=ends):
            self._lacks_nothing(meter, over)

    def _passed(
        self, meter: Meter, tenancy: Tenancy, binding: str, today: date, first: date
    ) -> Over:
        for over in self._over(meter, tenancy, binding, today, ends=True):
            if over.first == first:
                return over
            self._lacks_nothing(meter, over)
        raise AssertionError(f"{meter.id} has no minimum from {first} on")

    def _over(
        self, meter: Meter, tenancy: Tenancy, binding: str, today: date, *, ends: bool
    ) -> Iterator[Over]:
        """Judge one period after the other; a day without a minimum is passed over by itself."""
        while meter.least <= today:
            first = meter.least
            moment = begins(first, self.prices.zone)
            tariff, number = self.prices.version(meter.tariff_at(tenancy, moment), moment)
            minimum = self.prices.written[tariff][number - 1][1].get("minimum")
            if minimum is None:
                if first == today:
                    return
                meter.least = first + DAY
                continue
            last = stretch(minimum["per"], first)[1]
            if last >= today and not ends:
                return
            yield Over(binding, tariff, minimum, first, min(last, today))
            meter.least = min(last, today) + DAY

    def _lacks_nothing(self, meter: Meter, over: Over) -> None:
        """There was a moment at which enough was charged: what is taken back later is later's."""
        uses = self.uses.setdefault(meter.id, Uses())
        upto = [EntryId(0), *(entry.id for entry, _, _ in uses.booked)]
        most = max(self._used(uses, over, EntryId(one + 1)) for one in upto)
        assert most >= over.total, f"{meter.id} used {most}, too little for {over}"

    def _used(self, uses: Uses, over: Over, before: EntryId) -> int:
        """What was charged on these days, and since for days that were judged without it."""
        zone, judged = self.prices.zone, uses.judged
        since, until = begins(over.first, zone), begins(over.last + DAY, zone)
        booked = [
            (entry, cents)
            for entry, binding, cents in uses.booked
            if entry.id < before and binding == over.binding
        ]
        used = sum(cents for entry, cents in booked if since <= entry.occurred < until)
        if judged is None or (judged.binding, judged.last + DAY) != (over.binding, over.first):
            return used
        late = sum(
            cents
            for entry, cents in booked
            if entry.occurred < since and entry.booked > judged.booked
        )
        return used + min(late, judged.added)
