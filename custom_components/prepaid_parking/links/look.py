"""One look at a meter: from the words that came back to a `Sample` in base units.

The device is a stranger. A number that cannot be is no reading at all (`DeviceError`); it never
becomes a zero, and a value for people that cannot be is simply left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain
from typing import Final

from ..core.errors import DeviceError, DeviceFault
from ..core.metering import Sample
from .blocks import Plan
from .profile import RATIO_SEPARATOR, Bits, Counted, MeterProfile, RatioFactor, ratio_product
from .registers import Number, Register, decode, decode_serial, half_down

_MOST_BASE_UNITS: Final = 10**18
"""What a signed 64-bit column holds with room for sums: a thousand TWh in mWh."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the blocks of a plan contained; empty where the device does not have one."""

    plan: Plan
    content: Sequence[Sequence[int]]
    at: datetime

    def words(self, register: Register) -> Sequence[int]:
        """Return a register's words, none where it was not fetched."""
        place = self.plan.place(register)
        if place is None:
            return ()
        block, offset = place
        return self.content[block][offset : offset + register.count]

    def number(self, register: Register) -> Number | None:
        """Return the number in a register, None where there is none."""
        words = self.words(register)
        return decode(register, words) if words else None

    def state(self, bits: Bits) -> bool | None:
        """Return the state that some bits show, None where they show neither."""
        number = self.number(bits.register)
        return None if number is None else bits.read(int(number))


def read_ratio(profile: MeterProfile, look: Look) -> str | None:
    """Return the transformer ratio as the device tells it in this look: `1x40`."""
    if profile.ratio is None:
        return None
    told = [_factor(look, factor) for factor in profile.ratio.factors]
    return RATIO_SEPARATOR.join(told) if all(told) else None


def sample_of(
    profile: MeterProfile, look: Look, *, full: bool, ratio: str | None, zone: tzinfo
) -> Sample:
    """Judge a look and put it into base units, behind the transformer ratio last told.

    What is for people and for checks is worked out in a full look only, although some of it lies
    in the way of the short one. Raises DeviceError where nothing said can be believed.
    """
    _check_type(profile, look)
    multiplies = profile.ratio is not None and profile.ratio.multiply
    times = ratio_product(ratio) if multiplies else 1
    register = _total(look, profile.billed.parts)
    if register is None:
        raise DeviceError(DeviceFault.GARBLED, "the billed register holds no number")
    return Sample(
        at=look.at,
        register=_base_units(register * times),
        serial=_serial(profile, look),
        ratio=ratio,
        supplied=look.state(profile.relay.state) if profile.relay else None,
        values=_values(profile, look, ratio) if full else {},
        clock=_clock(profile, look, zone) if full else None,
        rates=_rates(profile, look, times) if full else (),
    )


def _check_type(profile: MeterProfile, look: Look) -> None:
    code = profile.type_code
    found = look.number(code.register) if code else None
    if code is not None and found is not None and found != code.expected:
        detail = f"it says it is type {found}, not {code.expected}"
        raise DeviceError(DeviceFault.UNSUPPORTED, detail)


def _total(look: Look, parts: Iterable[Counted]) -> Number | None:
    """Return the sum of counting registers in base units, None where one counts nothing real."""
    total: Number = 0
    for part in parts:
        number = look.number(part.register)
        if number is None or number < 0:
            return None
        total += number * part.factor
    return total


def _base_units(total: Number) -> int:
    base_units = half_down(total)
    if base_units > _MOST_BASE_UNITS:
        raise DeviceError(
            DeviceFault.GARBLED, "the billed register is larger than any meter counts"
        )
    return base_units


def _factor(look: Look, factor: RatioFactor) -> str:
    number = look.number(factor.register)
    if number is None or number < 0:
        return ""
    value = number * factor.scale
    return str(value) if value.is_integer() else str(float(value))


def _serial(profile: MeterProfile, look: Look) -> str | None:
    words = look.words(profile.serial_number) if profile.serial_number else ()
    if not profile.serial_number or not words:
        return None
    serial = decode_serial(profile.serial_number, words)
    if serial is None:
        raise DeviceError(DeviceFault.GARBLED, "the serial number holds none")
    return serial or None


def _values(profile: MeterProfile, look: Look, ratio: str | None) -> dict[str, float]:
    factors = profile.ratio.factors if profile.ratio else ()
    told = ratio.split(RATIO_SEPARATOR) if ratio else ()
    ratios = {one.name: ratio_product(text) for one, text in zip(factors, told, strict=False)}
    values = {}
    for name, value in profile.values.items():
        number = look.number(value.register)
        if number is None:
            continue
        for factor in value.times:
            number *= ratios.get(factor, 1)
        values[name] = float(number * value.factor)
    return values


def _rates(profile: MeterProfile, look: Look, times: Number) -> tuple[int, ...]:
    """Return all rate registers, or none: half a set would look like another tariff clock."""
    rates = [_total(look, (rate,)) for rate in profile.rates]
    return tuple(
        half_down(rate * times) for rate in rates if rate is not None and None not in rates
    )


def _clock(profile: MeterProfile, look: Look, zone: tzinfo) -> datetime | None:
    """Return the meter's own clock; one that was never set shows no date, and that is no fault."""
    words = look.words(profile.clock) if profile.clock else ()
    if not words:
        return None
    year, month, day, _, hour, minute, second, _ = chain.from_iterable(
        word.to_bytes(2) for word in words
    )
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
