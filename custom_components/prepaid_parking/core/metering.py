"""From registers to consumption: what a meter counted since it was last charged.

A meter's register is the only truth. Every reading has exactly one of three outcomes:
consumption, a doubt that a person must settle, or nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .identity import DoubtId, InstallationId, MeterId


class Quantity(StrEnum):
    """What is counted, and so the base unit of a register (in brackets)."""

    ENERGY = "energy"  # mWh
    REACTIVE = "reactive"  # mvarh
    VOLUME = "volume"  # mL
    MASS = "mass"  # g
    DURATION = "duration"  # ms
    LENGTH = "length"  # m
    COUNT = "count"  # pieces


BASE_PER_UNIT: Final[Mapping[Quantity, int]] = {
    Quantity.ENERGY: 1_000_000,
    Quantity.REACTIVE: 1_000_000,
    Quantity.VOLUME: 1_000_000,
    Quantity.MASS: 1_000_000,
    Quantity.DURATION: 3_600_000,
    Quantity.LENGTH: 1_000,
    Quantity.COUNT: 1,
}
"""Base units in one display unit: mWh per kWh, mvarh per kvarh, mL per m³, g per t, ms per h, m per km."""

UNIT: Final[Mapping[Quantity, str]] = {
    Quantity.ENERGY: "kWh",
    Quantity.REACTIVE: "kvarh",
    Quantity.VOLUME: "m³",
    Quantity.MASS: "t",
    Quantity.DURATION: "h",
    Quantity.LENGTH: "km",
    Quantity.COUNT: "pcs",
}
"""The display unit that prices and statements speak of."""


class Commodity(StrEnum):
    """What is sold through a meter; the defaults of cutting and restoring hang on it."""

    ELECTRICITY = "electricity"
    WATER = "water"
    GAS = "gas"
    HEAT = "heat"
    STEAM = "steam"
    CHARGING = "charging"
    RUNTIME = "runtime"


class Origin(StrEnum):
    """How a reading came, which decides what its time stamp is worth."""

    POLLED = "polled"
    PUSHED = "pushed"
    RETAINED = "retained"
    BACKFILL = "backfill"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one look at a device said, in base units.

    `register` is billed; `values` are for people (volts, watts) and never for money. `supplied` is
    the relay or valve as read back: True lets through. `ratio` and `serial` are None where the
    device does not tell them.
    """

    at: datetime
    origin: Origin = Origin.POLLED
    register: int | None = None
    serial: str | None = None
    ratio: str | None = None
    supplied: bool | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    clock: datetime | None = None
    rates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One meter since it last started counting.

    `from_register` may be negative: after a rollover it is the last register less the modulus, so
    that the difference stays the energy that went through.
    """

    id: InstallationId
    meter: MeterId
    number: int
    serial: str
    ratio: str | None
    from_register: int
    from_at: datetime
    to_register: int | None = None
    to_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The register an installation is charged up to, and when it showed that.

    `carry` is the money below the minor unit that the last charge left: it stays with the cursor.
    """

    installation: InstallationId
    register: int
    at: datetime
    carry: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What can be believed of a meter.

    `max_rate_per_hour` is the most it can count in an hour (base units): its rated power or flow.
    `jitter` is how far a float register may step back without meaning it. `modulus` is where the
    register starts over, None where unknown.
    """

    max_rate_per_hour: int
    modulus: int | None = None
    jitter: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """What went through between two registers of one installation, and over which time.

    `rolled_over` says that the register started over: `installation` is then the new one's start.
    """

    from_register: int
    to_register: int
    from_at: datetime
    to_at: datetime
    rolled_over: bool = False

    @property
    def quantity(self) -> int:
        """Base units that went through."""
        return self.to_register - self.from_register


STORED: Final = frozenset({Origin.BACKFILL, Origin.BY_HAND})
"""Origins of readings that were written down before they came: they may be older than the cursor."""


class DoubtKind(StrEnum):
    """Why a reading is not believed."""

    BACKWARDS = "backwards"
    LEAP = "leap"
    OTHER_SERIAL = "other_serial"
    OTHER_RATIO = "other_ratio"
    NO_TARIFF = "no_tariff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reading that cannot be believed: the cursor stays until a person decides."""

    kind: DoubtKind
    cursor: Cursor
    register: int
    at: datetime
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoubt:
    """A doubt as it lies on the desk, with what became of it."""

    id: DoubtId
    meter: MeterId
    installation: InstallationId
    kind: DoubtKind
    cursor_register: int
    cursor_at: datetime
    register: int
    at: datetime
    expected: str = ""
    found: str = ""
    settled_at: datetime | None = None
    settled_how: str = ""
    settled_by: str = ""


LEAP_FLOOR: Final = timedelta(hours=1)
"""A leap is judged over at least this long: pulses, coarse registers and clocks that differ must
not look like one, and an hour at full load is what a wrong charge may cost at most."""
ROLLOVER_LAST_TENTH: Final = 10
"""A register starts over only from its last tenth into its first."""
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)


def advance(
    cursor: Cursor,
    sample: Sample,
    limits: Limits,
    *,
    serial: str,
    ratio: str | None,
    doubted_at: datetime | None = None,
) -> Consumption | Doubt | None:
    """Say what a sample means for an installation charged up to `cursor`.

    Pure and total. A live reading whose time lies before the cursor's (the clock was set back) is
    taken at the cursor's time: energy is never lost to a clock. A stored reading from before the
    cursor changes no energy and returns None. While a doubt is open, `doubted_at` keeps a leap from
    becoming plausible by waiting.
    """
    register, at = sample.register, sample.at
    if register is None:
        return None
    if at < cursor.at:
        if sample.origin in STORED:
            return None
        at = cursor.at
    expected, found = "", ""
    outcome: Consumption | DoubtKind | None
    if sample.serial is not None and sample.serial != serial:
        outcome, expected, found = DoubtKind.OTHER_SERIAL, serial, sample.serial
    elif sample.ratio is not None and ratio is not None and sample.ratio != ratio:
        outcome, expected, found = DoubtKind.OTHER_RATIO, ratio, sample.ratio
    else:
        moved = Consumption(
            from_register=cursor.register, to_register=register, from_at=cursor.at, to_at=at
        )
        outcome = _believed(moved, limits, doubted_at)
    if not isinstance(outcome, DoubtKind):
        return outcome
    return Doubt(
        kind=outcome, cursor=cursor, register=register, at=at, expected=expected, found=found
    )


def _believed(
    moved: Consumption, limits: Limits, doubted_at: datetime | None
) -> Consumption | DoubtKind | None:
    """Tell whether a meter may have counted this much, and since when."""
    until = min(moved.to_at, doubted_at) if doubted_at else moved.to_at
    # Whole seconds: a product of energy and timedelta overflows after days at a hundred kilowatts.
    elapsed = max(until - moved.from_at, LEAP_FLOOR) // SECOND
    most = limits.max_rate_per_hour * elapsed // (HOUR // SECOND)
    if moved.quantity >= 0:
        return moved if moved.quantity <= most else DoubtKind.LEAP
    if limits.modulus is not None and _started_over(moved, limits.modulus, most):
        return replace(moved, from_register=moved.from_register - limits.modulus, rolled_over=True)
    return None if -moved.quantity <= limits.jitter else DoubtKind.BACKWARDS


def _started_over(moved: Consumption, modulus: int, most: int) -> bool:
    """Tell a rollover from a step back: from the last tenth into the first, by a plausible amount."""
    tenth = modulus // ROLLOVER_LAST_TENTH
    return (
        modulus - tenth <= moved.from_register < modulus
        and 0 <= moved.to_register < tenth
        and moved.quantity + modulus <= most
    )
