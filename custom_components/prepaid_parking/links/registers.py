"""Numbers out of 16-bit registers, exactly: every vendor stores them in another order.

A billed register must never pass through a float, so everything is decoded to whole numbers or to
fractions, IEEE floats included: a float is a whole number times a power of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from struct import pack
from typing import Final


class Space(StrEnum):
    """Which of the four tables of a device an address lies in; each has its read function."""

    HOLDING = "holding"  # FC03
    INPUT = "input"  # FC04
    COIL = "coil"  # FC01
    DISCRETE = "discrete"  # FC02

    @property
    def is_bits(self) -> bool:
        """Whether an address here is one bit instead of 16."""
        return self in (Space.COIL, Space.DISCRETE)


class Kind(StrEnum):
    """How a number stands in its registers."""

    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD = "bcd"
    TEXT = "text"
    BIT = "bit"


class Order(StrEnum):
    """Which end comes first."""

    BIG = "big"
    LITTLE = "little"


WORDS: Final = {
    Kind.U16: 1, Kind.I16: 1, Kind.U32: 2, Kind.I32: 2, Kind.U64: 4, Kind.I64: 4,
    Kind.FLOAT32: 2, Kind.FLOAT64: 4, Kind.BIT: 1,
}  # fmt: skip
"""Registers a kind takes; BCD and text say so themselves."""
_SIGNED: Final = frozenset({Kind.I16, Kind.I32, Kind.I64})
_FLOATS: Final = {Kind.FLOAT32: (32, 23), Kind.FLOAT64: (64, 52)}
"""Bits of the whole and of the mantissa: IEEE 754."""
_ENDS: Final = {Order.BIG: ">", Order.LITTLE: "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Where one number lies and how it stands there."""

    space: Space
    address: int
    kind: Kind = Kind.U16
    count: int = 1
    word_order: Order = Order.BIG
    byte_order: Order = Order.BIG

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.count


type Number = int | Fraction
"""Whole numbers stay plain: a fraction costs ten times as much, in every reading of every meter."""


def decode(register: Register, words: Sequence[int]) -> Number | None:
    """Return the number in a register's words; None where there is none (NaN, infinite, not BCD)."""
    data = _bytes(register, words)
    if register.kind in _FLOATS:
        return _ieee(int.from_bytes(data), *_FLOATS[register.kind])
    if register.kind is Kind.BCD:
        digits = data.hex()
        return int(digits) if digits.isdecimal() else None
    if register.kind is Kind.TEXT:
        return None
    return int.from_bytes(data, signed=register.kind in _SIGNED)


def decode_serial(register: Register, words: Sequence[int]) -> str | None:
    """Return a serial number as it is printed; "" where the device has none, None where garbled.

    BCD keeps its leading zeros: they are on the nameplate too.
    """
    data = _bytes(register, words)
    if not any(data):
        return ""
    match register.kind:
        case Kind.BCD:
            return data.hex() if data.hex().isdecimal() else None
        case Kind.TEXT:
            text = data.rstrip(b"\0 ").lstrip(b" ")
            return text.decode() if text.isascii() and text.decode().isprintable() else None
        case _:
            number = decode(register, words)
            return None if number is None else str(number)


def plain(number: Fraction) -> Number:
    """Return a whole number as such."""
    return number.numerator if number.denominator == 1 else number


def half_down(number: Number) -> int:
    """Round to the nearest whole number, a half downwards: in doubt for the one who pays."""
    if isinstance(number, int):
        return number
    return -((number.denominator - 2 * number.numerator) // (2 * number.denominator))


def _bytes(register: Register, words: Sequence[int]) -> bytes:
    ordered = words if register.word_order is Order.BIG else words[::-1]
    return pack(f"{_ENDS[register.byte_order]}{len(words)}H", *ordered)


def _ieee(bits: int, width: int, mantissa_bits: int) -> Fraction | None:
    """Return the exact value of an IEEE 754 number, None for NaN and the infinities."""
    exponent_bits = width - 1 - mantissa_bits
    mantissa = bits & (1 << mantissa_bits) - 1
    exponent = bits >> mantissa_bits & (1 << exponent_bits) - 1
    if exponent == (1 << exponent_bits) - 1:
        return None
    if exponent:
        mantissa |= 1 << mantissa_bits
    else:
        exponent = 1  # A denormal number: no hidden bit, the smallest exponent.
    shift = exponent - ((1 << exponent_bits - 1) - 1) - mantissa_bits
    signed = -mantissa if bits >> width - 1 else mantissa
    return Fraction(signed << shift) if shift >= 0 else Fraction(signed, 1 << -shift)
