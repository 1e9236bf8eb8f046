"""A billed number is decoded exactly, whatever order its bytes stand in."""

from fractions import Fraction
import math
import struct

from hypothesis import example, given, strategies as st
import pytest

from custom_components.prepaid_parking.links.registers import (
    Kind,
    Order,
    Register,
    Space,
    decode,
    decode_serial,
    half_down,
)

WORD = st.integers(0, 0xFFFF)


def register(kind: Kind, count: int = 1, **orders: Order) -> Register:
    return Register(space=Space.HOLDING, address=0, kind=kind, count=count, **orders)


def words(data: bytes) -> list[int]:
    return [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]


@pytest.mark.parametrize(
    ("word_order", "byte_order", "wire"),
    [
        (Order.BIG, Order.BIG, [0x0001, 0xE240]),
        (Order.LITTLE, Order.BIG, [0xE240, 0x0001]),
        (Order.BIG, Order.LITTLE, [0x0100, 0x40E2]),
        (Order.LITTLE, Order.LITTLE, [0x40E2, 0x0100]),
    ],
)
def test_every_order_gives_the_same_number(
    word_order: Order, byte_order: Order, wire: list[int]
) -> None:
    """Read in the wrong order, 1234.56 kWh would be charged as 32,000,000."""
    one = register(Kind.U32, 2, word_order=word_order, byte_order=byte_order)
    assert decode(one, wire) == 123456


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@example(-0.0)
@example(1.401298464324817e-45)
@example(3.4028234663852886e38)
def test_a_float32_is_decoded_exactly(value: float) -> None:
    """The meter's number and ours are the same number, not two that print alike."""
    assert decode(register(Kind.FLOAT32, 2), words(struct.pack(">f", value))) == Fraction(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float64_is_decoded_exactly(value: float) -> None:
    """The same for the wide ones."""
    assert decode(register(Kind.FLOAT64, 4), words(struct.pack(">d", value))) == Fraction(value)


@given(WORD, WORD)
def test_a_float_that_is_none_is_no_number(high: int, low: int) -> None:
    """NaN and infinity are a meter's way to say "I do not know": never a zero, never an error."""
    (value,) = struct.unpack(">f", struct.pack(">HH", high, low))
    decoded = decode(register(Kind.FLOAT32, 2), [high, low])
    assert (decoded is None) == (not math.isfinite(value))


@pytest.mark.parametrize("kind", [Kind.FLOAT32, Kind.FLOAT64])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused(kind: Kind, value: float) -> None:
    """Named here, since chance rarely meets them."""
    data = struct.pack(">f" if kind is Kind.FLOAT32 else ">d", value)
    assert decode(register(kind, len(data) // 2), words(data)) is None


@given(st.integers(-(2**31), 2**31 - 1))
def test_signed_numbers_keep_their_sign(value: int) -> None:
    """What is fed back must not look like four billion watts."""
    assert decode(register(Kind.I32, 2), words(struct.pack(">i", value))) == value


def test_bcd_digits_are_a_number_and_other_nibbles_are_none() -> None:
    """A meter number with a letter in it was misread."""
    assert decode(register(Kind.BCD, 2), [0x0012, 0x3456]) == 123456
    assert decode(register(Kind.BCD, 2), [0x0012, 0x345A]) is None


@pytest.mark.parametrize(
    ("kind", "wire", "serial"),
    [
        (Kind.BCD, [0x0026, 0x0000, 0x0001], "002600000001"),
        (Kind.BCD, [0xFFFF, 0xFFFF, 0xFFFF], None),
        (Kind.BCD, [0, 0, 0], ""),
        (Kind.U32, [0x0001, 0x0000], "65536"),
        (Kind.TEXT, [0x5344, 0x4D31, 0x3230, 0x0000], "SDM120"),
        (Kind.TEXT, [0x5344, 0x07FF], None),
        (Kind.TEXT, [0x2020, 0x2020], ""),
    ],
)
def test_a_serial_number_reads_as_printed(kind: Kind, wire: list[int], serial: str | None) -> None:
    """It is compared with the nameplate, so leading zeros stay; none is not a serial of zeros."""
    assert decode_serial(register(kind, len(wire)), wire) == serial


@given(st.fractions())
def test_rounding_is_to_the_nearest_and_a_half_goes_down(number: Fraction) -> None:
    """Half a milliwatt hour is never charged twice."""
    whole = half_down(number)
    assert Fraction(-1, 2) < number - whole <= Fraction(1, 2)


@given(st.sampled_from(Kind), st.lists(WORD, min_size=1, max_size=6))
def test_no_content_breaks_the_decoders(kind: Kind, wire: list[int]) -> None:
    """The device is a stranger."""
    one = register(kind, len(wire))
    assert decode(one, wire) is None or isinstance(decode(one, wire), int | Fraction)
    serial = decode_serial(one, wire)
    assert serial is None or serial.isprintable()
