"""What is known of a family of devices: where its numbers lie, what they mean, what it obeys.

A profile is a data file, so that a new meter needs no code; every claim in it names its source, and
one that rests on less than a vendor's word only reads until a test trip has proven it on the spot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ..core.metering import BASE_PER_UNIT, Commodity, Limits, Quantity
from .blocks import MOST_REGISTERS, Block
from .registers import Number, Register, half_down, plain


class Confidence(StrEnum):
    """What a profile's claims rest on."""

    PROVEN = "proven"  # two independent sources agree
    DOCUMENTED = "documented"  # one primary source
    SECONDARY = "secondary"  # one secondary source
    UNVERIFIED = "unverified"

    @property
    def may_switch(self) -> bool:
        """Whether a relay may be commanded without a test trip."""
        return self in (Confidence.PROVEN, Confidence.DOCUMENTED)


class Parity(StrEnum):
    """The check bit of a serial line."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine:
    """How the device speaks on a serial line when it leaves the factory."""

    baudrate: int = 9600
    data_bits: int = 8
    parity: Parity = Parity.NONE
    stop_bits: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What every profile says of itself."""

    id: str
    name: str
    manufacturer: str
    model: str
    confidence: Confidence
    experimental: bool
    data_sheet: str
    line: SerialLine = field(default_factory=SerialLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A register and what one digit of it is worth in base units (mWh, mL, g, ms), exactly."""

    register: Register
    factor: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What is charged: the sum of its parts (most meters have one; some count whole and fraction).

    `modulus` is where the register starts over and `jitter` how far a float may step back, both in
    base units before any transformer ratio.
    """

    parts: tuple[Counted, ...]
    modulus: int | None = None
    jitter: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioFactor:
    """A transformer ratio as the device tells it: register x scale."""

    name: str
    register: Register
    scale: Number = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The transformer ratios (PT, CT), and whether the billed register leaves them out."""

    factors: tuple[RatioFactor, ...]
    multiply: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCode:
    """What the device answers when it is the one this profile describes."""

    register: Register
    expected: int


class WriteFunction(IntEnum):
    """How a command is written: some meters refuse every function but one."""

    COIL = 5
    REGISTER = 6
    COILS = 15
    REGISTERS = 16

    @property
    def writes_one(self) -> bool:
        """Whether it writes a single bit or register."""
        return self in (WriteFunction.COIL, WriteFunction.REGISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayWrite:
    """The command that cuts and the one that restores."""

    function: WriteFunction
    address: int
    cut: tuple[int, ...]
    restore: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """A state in some bits of a register: `yes` and `no` are what they read then.

    Anything else (a valve on its way, an abnormal position) is neither, and is not guessed.
    """

    register: Register
    mask: int
    yes: int
    no: int

    def read(self, word: int) -> bool | None:
        """Return the state that a register's content shows."""
        seen = word & self.mask
        if seen == self.yes:
            return True
        return False if seen == self.no else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The relay or valve: how it is commanded, and where it says what it did.

    `own_prepaid` shows whether the meter's own prepaid mode is on, which would cut a paid supply.
    The command is verified after `latency_seconds`, or after so many readings of a sleepy device.
    """

    write: RelayWrite
    state: Bits
    own_prepaid: Bits | None = None
    overrules: str = ""
    latency_seconds: int = 3
    latency_polls: int = 1
    operations_a_day: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A number for people, in the unit that `VALUE_UNITS` fixes for its name; never for money.

    `times` names the transformer ratios that the register leaves out.
    """

    register: Register
    factor: Fraction
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeterProfile:
    """A meter on Modbus. Each is itself: what follows from one is worked out once and kept by it."""

    about: About
    commodity: Commodity
    quantity: Quantity
    max_power: Fraction
    billed: Billed
    ratio: Ratio | None = None
    serial_number: Register | None = None
    type_code: TypeCode | None = None
    relay: Relay | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    rates: tuple[Counted, ...] = ()
    clock: Register | None = None
    stretches: tuple[Block, ...] = ()
    most_registers: int = MOST_REGISTERS

    @property
    def can_switch(self) -> bool:
        """Whether it has a relay that needs no test trip first."""
        return self.relay is not None and not self.about.experimental

    def limits(self, ratio: str | None = None, max_power: Fraction | None = None) -> Limits:
        """Return what can be believed of such a meter behind a transformer ratio (`Sample.ratio`).

        `max_power` is the most per hour in display units (kW, m³/h, t/h): the meter's own setting
        where it has one, else the profile's, which speaks of the meter without transformers.
        """
        times = ratio_product(ratio) if self.ratio and self.ratio.multiply else 1
        most = self.max_power * times if max_power is None else max_power
        modulus = self.billed.modulus
        return Limits(
            max_rate_per_hour=half_down(most * BASE_PER_UNIT[self.quantity]),
            modulus=None if modulus is None else half_down(modulus * times),
            jitter=half_down(self.billed.jitter * times),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierProfile:
    """A relay board whose contacts ask a barrier to open, with inputs for loops and limits."""

    about: About
    coils: Block
    inputs: Block | None = None
    pulse_seconds: Fraction = Fraction(1)


type Profile = MeterProfile | BarrierProfile

RATIO_SEPARATOR: Final = "x"


@lru_cache(maxsize=1024)
def ratio_product(ratio: str | None) -> Number:
    """Return the factor that a ratio like `1x40` stands for.

    A factor the meter shows as 0 is not fitted: it multiplies by one, and the text still tells the
    difference.
    """
    product = Fraction(1)
    for part in ratio.split(RATIO_SEPARATOR) if ratio else ():
        product *= Fraction(part) or 1
    return plain(product)
