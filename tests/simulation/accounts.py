"""What the audit keeps of meters and of who pays for them, and how it reads what an entry tells."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.ledger import Entry
from tests.simulation.again import Charge
from tests.simulation.levies import Levied
from tests.simulation.prices import Line, Point

HOLDS_A_CHARGE: Final = (
    EntryKind.USAGE,
    EntryKind.METER_REPLACED,
    EntryKind.INSTALLATION,
    EntryKind.DOUBT_SETTLED,
)
MINOR: Final = 100


@dataclass
class Tenancy:
    """A binding: who pays, by which tariffs since when, and what was charged, exactly and in cents."""

    wallet: str
    tariffs: list[tuple[datetime, str]]
    posted: int
    gone: dict[datetime, int] = field(default_factory=dict)
    """What had gone through when it went over to another tariff."""
    cost: Fraction = Fraction()
    net: int = 0
    levied: Levied = field(default_factory=Levied)
    days: Fraction = Fraction()
    days_net: int = 0
    days_levied: Levied = field(default_factory=Levied)

    @property
    def carried(self) -> Fraction:
        """What its use came to below a cent and was never charged, in cents."""
        return self.cost * MINOR - self.net + self.levied.carried

    def tariff(self, end: Point) -> str:
        """By which tariff a stretch is charged that ends at a reading.

        A stored reading of the very instant of a change may say more than the even split did: by then
        the next tariff holds.
        """
        at, total = end
        return [
            name
            for since, name in self.tariffs
            if since < at
            or since == self.tariffs[0][0]
            or (since == at and total > self.gone[since])
        ][-1]


@dataclass
class Meter:
    """What is known of a meter: each reading that counts, and those that came late.

    `coming` are the tariffs that it goes over to, `day` is the first one that nobody has paid for,
    and `least` the first one that no minimum was judged for.
    """

    id: MeterId
    pool: str
    points: list[Point]
    tenancies: dict[str, Tenancy] = field(default_factory=dict)
    coming: list[tuple[datetime, str]] = field(default_factory=list)
    day: date = date.min
    least: date = date.min
    late: set[tuple[datetime, int]] = field(default_factory=set)

    @property
    def last(self) -> Point:
        """The reading that was taken last."""
        return self.points[-1]

    def tariff_at(self, tenancy: Tenancy, moment: datetime) -> str:
        """By which tariff its days are charged that begin at a time."""
        tariffs = [*tenancy.tariffs, *self.coming]
        begun = [name for since, name in tariffs if since <= moment]
        return (begun or [tariffs[0][1]])[-1]


def same(what: str, expected: object, found: object) -> None:
    """Say what differs."""
    assert expected == found, f"{what}: must be {expected}, the books say {found}"


def usage_of(entry: Entry) -> Mapping[str, Any] | None:
    """Return the charge in an entry, None where there is none."""
    if entry.kind not in HOLDS_A_CHARGE:
        return None
    usage = entry.detail if entry.kind is EntryKind.USAGE else entry.detail.get("usage")
    return usage if isinstance(usage, Mapping) else None


def between(points: Sequence[Point], begin: Point, end: Point) -> list[Point]:
    """The readings from one to another; both must be readings that were taken."""
    last = len(points) - 1 - list(reversed(points)).index(end)
    before = [number for number in range(last + 1) if points[number][1] == begin[1]]
    assert before, f"nobody read {begin}"
    same("the start of a charge", points[before[-1]], begin)
    return list(points[before[-1] : last + 1])


def inside_of(meter: Meter, charge: Charge, detail: Mapping[str, Any]) -> list[Point]:
    """Return the readings that a charge names of its inside: those that count, or came late."""
    inside = list[Point]()
    for written, shown in detail.get("readings", ()):
        at = datetime.fromisoformat(written)
        point = at, charge.start[1] + shown - charge.register
        known = (at, shown) in meter.late or point in meter.points
        assert known, f"{meter.id} is priced by {shown} at {at}, which nobody read"
        inside.append(point)
    return inside


def sums_of(lines: Iterable[Line]) -> Counter[tuple[int, str, str, int]]:
    """Sum up lines that agree in version, rate, period and price."""
    sums = Counter[tuple[int, str, str, int]]()
    for one in lines:
        sums[one.version, one.rate, one.period, one.price] += one.quantity
    return sums


def told_in(lines: Iterable[Mapping[str, Any]], tariff: str) -> Counter[tuple[int, str, str, int]]:
    """Sum up lines as an entry tells them."""
    sums = Counter[tuple[int, str, str, int]]()
    for one in lines:
        same("the tariff", tariff, one["tariff"])
        sums[one["version"], one["rate"], one["period"], one["price"]] += one["quantity"]
    return +sums
