"""How numbers stand in 16-bit registers: every vendor picks another order."""

from collections.abc import Sequence
from datetime import datetime
import struct

type Words = list[int]


def u16(value: int) -> Words:
    """One register; a value that does not fit wraps, as it does in the device."""
    return [value & 0xFFFF]


def u32(value: int) -> Words:
    """Two registers, high word first (Acrel, Hiking, most others)."""
    return [value >> 16 & 0xFFFF, value & 0xFFFF]


def u32_low_first(value: int) -> Words:
    """Two registers, low word first (Spirax Sarco TVA, IM-P192-02 page 45)."""
    return [value & 0xFFFF, value >> 16 & 0xFFFF]


def f32(value: float) -> Words:
    """An IEEE float, high word and high byte first (Eastron, Chint)."""
    return _registers(struct.pack(">f", value))


def f32_dcba(value: float) -> Words:
    """An IEEE float with all four bytes reversed (Xintai)."""
    return _registers(struct.pack("<f", value))


def bcd(digits: str, registers: int) -> Words:
    """Decimal digits, four to a register, filled up with zeros on the left."""
    return _registers(bytes.fromhex(digits.rjust(registers * 4, "0")))


def clock(now: datetime) -> Words:
    """The clock of an Acrel status block: YY MM DD weekday hh mm ss, one byte each."""
    return _registers(
        bytes(
            (
                now.year % 100,
                now.month,
                now.day,
                now.isoweekday() % 7,
                now.hour,
                now.minute,
                now.second,
                0,
            )
        )
    )


def block(length: int, fields: dict[int, Sequence[int]]) -> Words:
    """A run of registers with each field at its offset and zeros between."""
    words = [0] * length
    for offset, field in fields.items():
        words[offset : offset + len(field)] = field
    return words


def _registers(data: bytes) -> Words:
    return list(struct.unpack(f">{len(data) // 2}H", data))
