"""Reading what was written by hand: every helper takes the place it reads from, for the refusal.

A place is a path like `rates.peak.2.price`. Decimals are text, so that no digit is lost; a whole
number is taken too. What cannot be meant is a `CoreError` that names the path.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from enum import StrEnum
from typing import Final

from .calendars import MonthDay
from .errors import CoreError
from .metering import BASE_PER_UNIT, Quantity
from .money import MICRO_DIGITS, parse_price, parse_quantity

LEAP_YEAR: Final = 2028
"""A month and day are judged in a year that has them all."""
PERCENT_DIGITS: Final = 4
"""A share is kept in millionths: four digits after the point of a percentage."""
MICRO_PER_PERCENT: Final = 10_000


def malformed(path: str) -> CoreError:
    """Return the refusal of what cannot be read at all."""
    return CoreError("tariff_malformed", path=path)


def under(path: str, key: object) -> str:
    """Return the path of a part of something."""
    return f"{path}.{key}" if path else str(key)


def mapping(written: object, path: str, keys: Collection[str] = ()) -> Mapping[str, object]:
    """Read a mapping; with `keys` it is closed: another key is a typing error."""
    if not isinstance(written, Mapping):
        raise malformed(path)
    if keys:
        refuse_unknown(written, keys, path)
    return written


def refuse_unknown(written: Mapping[str, object], keys: Collection[str], path: str = "") -> None:
    """Refuse what no rule reads: a misspelt `ladder` would be a month of wrong bills."""
    for key in written:
        if key not in keys:
            raise CoreError("tariff_unknown_key", path=under(path, key))


def listed(written: object, path: str) -> Sequence[object]:
    """Read a list; a text is not one."""
    if not isinstance(written, Sequence) or isinstance(written, str | bytes):
        raise malformed(path)
    return written


def words(written: object, path: str) -> str:
    """Read a text that is not empty."""
    if not isinstance(written, str) or not written.strip():
        raise malformed(path)
    return written.strip()


def name(written: object, path: str) -> str:
    """Read a name; a number is one too, as a file may hold a rate called 1."""
    if isinstance(written, int) and not isinstance(written, bool):
        return str(written)
    return words(written, path)


def choice[E: StrEnum](written: object, path: str, kind: type[E]) -> E:
    """Read one of a closed list of words."""
    try:
        return kind(str(written))
    except ValueError as err:
        raise malformed(path) from err


def yes_or_no(written: object, path: str) -> bool:
    """Read a truth value."""
    if not isinstance(written, bool):
        raise malformed(path)
    return written


def whole(written: object, path: str, least: int = 0, most: int = 1_000_000) -> int:
    """Read a whole number within its limits."""
    if isinstance(written, str) and written.isascii() and written.isdigit():
        written = int(written)
    if not isinstance(written, int) or isinstance(written, bool) or not least <= written <= most:
        raise malformed(path)
    return written


def price(written: object, path: str) -> int:
    """Read a price in the major unit as millionths; not below nothing."""
    micro = ratio(written, path)
    if micro < 0:
        raise CoreError("tariff_negative_price", path=path)
    return micro


def ratio(written: object, path: str) -> int:
    """Read a decimal as millionths, exactly."""
    if written is None or isinstance(written, bool | Mapping | list | tuple):
        raise malformed(path)
    try:
        return parse_price(str(written))
    except CoreError as err:
        raise CoreError(
            "tariff_number", path=path, value=str(written), digits=MICRO_DIGITS
        ) from err


def factor(written: object, path: str) -> int:
    """Read a decimal above zero as millionths."""
    micro = ratio(written, path)
    if micro <= 0:
        raise malformed(path)
    return micro


def percent(written: object, path: str) -> int:
    """Read a percentage (`13`, `8.875`) as millionths of the whole, not below nothing."""
    if written is None or isinstance(written, bool | Mapping | list | tuple):
        raise malformed(path)
    micro = ratio(written, path)
    share, finer = divmod(micro, 100)
    if finer or share < 0:
        raise CoreError("tariff_number", path=path, value=str(written), digits=PERCENT_DIGITS)
    return share


def amount(written: object, path: str, quantity: Quantity) -> int:
    """Read a quantity in display units as base units; not below nothing."""
    if written is None or isinstance(written, bool | Mapping | list | tuple):
        raise malformed(path)
    try:
        base = parse_quantity(str(written), quantity)
    except CoreError as err:
        digits = len(str(BASE_PER_UNIT[quantity])) - 1
        raise CoreError("tariff_number", path=path, value=str(written), digits=digits) from err
    if base < 0:
        raise malformed(path)
    return base


def clock(written: object, path: str) -> time:
    """Read a local time as text. Unquoted, a file's 22:00 is the number 1320: that is refused."""
    if written == "24:00":
        return time()
    try:
        read = time.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        read = None
    if read is None or ":" not in str(written) or read.tzinfo or read.second or read.microsecond:
        raise malformed(path)
    return read


def day(written: object, path: str) -> date:
    """Read a date: `2026-07-01`, quoted or not."""
    if isinstance(written, date):
        return date(written.year, written.month, written.day)
    try:
        return date.fromisoformat(str(written))
    except ValueError as err:
        raise malformed(path) from err


def month_day(written: object, path: str) -> MonthDay:
    """Read a day of every year: `05-01` is the first of May."""
    try:
        month, read = (int(part) for part in str(written).split("-"))
        date(LEAP_YEAR, month, read)
    except ValueError as err:
        raise malformed(path) from err
    return month, read


def write_month_day(one: MonthDay) -> str:
    """Write a day of every year as `month_day` reads it."""
    return f"{one[0]:02}-{one[1]:02}"


def write_percent(share_micro: int) -> str:
    """Write a share as `percent` reads it."""
    text = f"{share_micro // MICRO_PER_PERCENT}.{share_micro % MICRO_PER_PERCENT:04}"
    return text.rstrip("0").rstrip(".")
