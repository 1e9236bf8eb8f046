"""A tariff as a patient person reads it: minute by minute, in exact fractions, from the written form.

It knows nothing of stretches, versions in memory, base units or carried remainders. It reads the
same document that a manager writes (`docs/tariffs.md`), looks at the clock on the wall for every
minute, and adds up. Slow and plain on purpose: what it says is what a bill must come to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)

type Document = Mapping[str, Any]


@dataclass
class Count:
    """How much of a tier period is used."""

    period: str = ""
    quantity: Fraction = Fraction()


@dataclass
class Bill:
    """What a quantity came to, exactly."""

    total: Fraction = Fraction()
    by_rate: dict[str, Fraction] = field(default_factory=dict)


@dataclass(kw_only=True)
class Household:
    """Who is billed: by which documents (each with its beginning), where, for how many persons."""

    documents: Sequence[tuple[datetime, Document]]
    zone: ZoneInfo
    persons: int = 0
    first: date | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)

    def bill(
        self,
        quantity: Fraction,
        start: datetime,
        end: datetime,
        count: Count,
        step: timedelta = MINUTE,
    ) -> Bill:
        """Bill an even use between two instants, and move the count on."""
        bill = Bill()
        steps = max((end - start) // step, 1)
        for number in range(steps):
            at = start + number * step
            document = self.in_effect(at)
            self.use(bill, count, document, self.rate(document, at), at, quantity / steps)
        return bill

    def in_effect(self, at: datetime) -> Document:
        """The document that holds at an instant; before all of them, the first."""
        begun = [one for one in self.documents if one[0] <= at] or [
            min(self.documents, key=lambda one: one[0])
        ]
        return max(begun, key=lambda one: one[0])[1]

    def use(
        self,
        bill: Bill,
        count: Count,
        document: Document,
        rate: str,
        at: datetime,
        quantity: Fraction,
    ) -> None:
        """Put a small quantity on the bill, tier by tier."""
        day = at.astimezone(self.zone).date()
        named = period_of(document, day)
        if count.period != named:
            count.period, count.quantity = named, Fraction()
        bill.by_rate[rate] = bill.by_rate.get(rate, Fraction()) + quantity
        for limit, price in self.steps(document, rate, day):
            fits = (
                quantity
                if limit is None
                else min(quantity, max(limit - count.quantity, Fraction()))
            )
            bill.total += fits * price
            count.quantity += fits
            quantity -= fits
        assert quantity == 0

    def rate(self, document: Document, at: datetime) -> str:
        """Which rate the clock on the wall says."""
        local = at.astimezone(self.zone)
        today, clock = local.date(), local.time()
        for band in document.get("bands", []):
            begin, end = clock_of(band["from"]), clock_of(band["to"])
            if begin < end:
                holds = begin <= clock < end and self.is_on(document, band, today)
            elif end == time():
                holds = clock >= begin and self.is_on(document, band, today)
            else:
                evening = clock >= begin and self.is_on(document, band, today)
                morning = clock < end and self.is_on(document, band, today - DAY)
                holds = evening or morning
            if holds:
                return str(band["rate"])
        names = rate_names(document)
        return str(document.get("otherwise", names[-1]))

    def is_on(self, document: Document, band: Document, day: date) -> bool:
        """Whether a band begins on a day."""
        if "seasons" in band and season_of(document, day) not in band["seasons"]:
            return False
        days = set(band.get("days", DAYS))
        if "workday" in days:
            days |= set(DAYS[:5])
        if "weekend" in days:
            days |= set(DAYS[5:])
        said = self.holidays.get(day) if "calendar" in document else None
        if said == "holiday":
            return "holiday" in days or days.issuperset(DAYS)
        if said == "workday" and day.weekday() >= 5:
            return days.issuperset(DAYS[:5])
        return DAYS[day.weekday()] in days

    def steps(
        self, document: Document, rate: str, day: date
    ) -> list[tuple[Fraction | None, Fraction]]:
        """Limits and prices of a rate on a day, as this household has them."""
        season = season_of(document, day)
        tiers = tiers_of(document, rate)
        if "ladder" in document:
            (base,) = of_season(tiers, season)
            tiers = [
                dict(one) | {"price": Fraction(base["price"]) + Fraction(one["price"])}
                for one in document["ladder"]
            ]
        return [
            (self.limit(document, one, day), price_of(document, one["price"]))
            for one in of_season(tiers, season)
        ]

    def limit(self, document: Document, tier: Document, day: date) -> Fraction | None:
        """How far a tier reaches for so many persons, in the first period perhaps shortened."""
        if "up_to" not in tier and "per_person" not in tier:
            return None
        persons = document.get("persons", {})
        beyond = max(self.persons - int(persons.get("base", 0)), 0)
        limit = Fraction(tier.get("up_to", 0))
        limit += beyond * (Fraction(persons.get("each", 0)) + Fraction(tier.get("per_person", 0)))
        if beyond:
            limit += Fraction(persons.get("once", 0))
        period = document.get("period", {})
        prorated = isinstance(period, Mapping) and period.get("prorate_first", False)
        if prorated and self.first and period_of(document, self.first) == period_of(document, day):
            all_days = days_of(document, day)
            limit *= Fraction(sum(one >= self.first for one in all_days), len(all_days))
        return limit


def period_of(document: Document, day: date) -> str:
    """The tier period of a day: `2026-11`, `2026-Q4`, `2026`."""
    period = document.get("period", "month")
    per, starts = (
        (period, 1)
        if isinstance(period, str)
        else (period.get("per", "month"), int(period.get("starts", 1)))
    )
    if per == "month":
        return f"{day:%Y-%m}"
    year = day.year if day.month >= starts else day.year - 1
    if per == "year":
        return str(year)
    return f"{year}-Q{(day.month - starts) % 12 // 3 + 1}"


def days_of(document: Document, day: date) -> list[date]:
    """All days of a day's tier period, found by walking from it."""
    named, first = period_of(document, day), day
    while period_of(document, first - DAY) == named:
        first -= DAY
    days = [first]
    while period_of(document, days[-1] + DAY) == named:
        days.append(days[-1] + DAY)
    return days


def season_of(document: Document, day: date) -> str:
    """The season of a day, found by walking through each season from its first day on."""
    for season in document.get("seasons", []):
        first, last = str(season["from"]), str(season["to"])
        here = f"{day:%m-%d}"
        inside = first <= here <= last if first <= last else here >= first or here <= last
        if inside:
            return str(season["name"])
    return ""


def rate_names(document: Document) -> list[str]:
    """The names of the rates in the order in which they are written."""
    if "plan" in document:
        return list(document["plan"]["factors"])
    return list(document["rates"]) if "rates" in document else ["flat"]


def tiers_of(document: Document, rate: str) -> list[Document]:
    """A rate's tiers; one price is one tier without an end."""
    if "plan" in document:
        plan = document["plan"]
        return [{"price": micro(Fraction(plan["base"]) * Fraction(plan["factors"][rate]))}]
    written = document["rates"][rate] if "rates" in document else None
    if written is None:
        written = document["price"] if "price" in document else document["tiers"]
    return written if isinstance(written, list) else [{"price": written}]


def of_season(tiers: Sequence[Document], season: str) -> list[Document]:
    """The tiers of a season, or those of the rest of the year where it has none of its own."""
    own = [one for one in tiers if season and one.get("season") == season]
    return own or [one for one in tiers if "season" not in one]


def price_of(document: Document, written: str | Fraction) -> Fraction:
    """A price per unit of the register, to the millionth."""
    gas, price = document.get("calorific"), Fraction(written)
    if gas is None:
        return price
    energy = Fraction(gas["value"]) * Fraction(gas.get("factor", 1))
    return micro(price * (energy if gas.get("unit", "kWh") == "kWh" else energy / Fraction("3.6")))


def micro(price: Fraction) -> Fraction:
    """The nearest millionth, a half to the even one."""
    return Fraction(round(price * 1_000_000), 1_000_000)


def clock_of(written: str) -> time:
    """A time of day; 24:00 is the end of the day."""
    return time() if written == "24:00" else time.fromisoformat(written)
