"""What is inside a payload: numbers by their digits, times with their zone, or a clear refusal.

Everything here comes from outside. Whatever is sent, nothing but a PayloadError comes out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
import json
import re
from typing import Final, NoReturn

from ...core.errors import CoreError
from ..units import MOST_DIGITS, base_units

type Path = tuple[str | int, ...]

_STEP: Final = re.compile(r"([^\[\]]*)((?:\[\d{1,6}\])*)")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,2})?")
_EPOCH_TEXT: Final = re.compile(r"[0-9]{10,13}(\.[0-9]{1,9})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = Decimal(10**11)
"""From here on a number of seconds is milliseconds: as seconds it would be the year 5138."""
_CLOCK_SET: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""A device that tells an earlier time has not been told the time yet."""
_CLOCK_BROKEN: Final = datetime(2100, 1, 1, tzinfo=UTC)
_SHOWN: Final = 40


class PayloadError(CoreError):
    """A payload that does not say what its family says."""


def path_of(text: str) -> Path:
    """Read a path: names by dots, places in lists by brackets, `ENERGY.Total[0]`; empty is all."""
    steps: list[str | int] = []
    for part in text.strip().split(".") if text.strip() else ():
        found = _STEP.fullmatch(part)
        if found is None or not part:
            raise CoreError("path_invalid", path=text)
        if found[1]:
            steps.append(found[1])
        steps += [int(place) for place in re.findall(r"\d+", found[2])]
    return tuple(steps)


@lru_cache(maxsize=4)
def json_of(payload: bytes) -> object:
    """Return the content of a JSON payload; every number keeps its digits.

    Nobody may change it: thirty lanes that hear one topic read each message once between them.
    """
    try:
        content: object = json.loads(
            payload.decode(), parse_float=Decimal, parse_constant=_no_number
        )
    except (ValueError, ArithmeticError, RecursionError) as err:
        raise PayloadError("payload_not_json") from err
    return content


def text_of(payload: bytes) -> str:
    """Return a payload that is a word or a plain number."""
    try:
        return payload.decode().strip()
    except UnicodeDecodeError as err:
        raise PayloadError("payload_not_text") from err


def object_of(payload: bytes) -> Mapping[str, object]:
    """Return the content of a payload that is a JSON object."""
    content = json_of(payload)
    if not isinstance(content, dict):
        raise PayloadError("payload_wrong_type", path="")
    return content


def at_path(content: object, path: Path) -> object:
    """Return what lies at a path; what is not there, or null, is refused."""
    found = find(content, path)
    if found is None:
        raise PayloadError("payload_missing", path=shown(path))
    return found


def find(content: object, path: Path) -> object:
    """Return what lies at a path, None where there is nothing."""
    for step in path:
        if isinstance(step, str) and isinstance(content, dict):
            content = content.get(step)
        elif isinstance(step, int) and isinstance(content, list) and step < len(content):
            content = content[step]
        else:
            return None
    return content


def register_of(value: object, unit: str, path: Path = ()) -> int:
    """Return a number in a known unit as a register in base units."""
    number = decimal_of(value, path)
    if number < 0:
        raise PayloadError("payload_negative", path=shown(path), found=_brief(number))
    register = base_units(number, unit)
    if register is None:
        raise PayloadError("payload_number_too_large", path=shown(path), found=_brief(number))
    return register


def decimal_of(value: object, path: Path = ()) -> Decimal:
    """Return a finite number, also where the device wrote it as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 128:
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise PayloadError("payload_not_a_number", path=shown(path), found=_brief(value))
    return value


def values_of(content: object, names: Mapping[str, Path]) -> dict[str, float]:
    """Return the numbers for people that are there; an odd one is left out, it is worth no alarm."""
    values: dict[str, float] = {}
    for name, path in names.items():
        found = find(content, path)
        if isinstance(found, int | Decimal) and not isinstance(found, bool):
            number = Decimal(found)
            if number.is_finite() and number.adjusted() < MOST_DIGITS:
                values[name] = float(number)
    return values


def time_of(value: object, near: datetime, zone: tzinfo | None = None) -> datetime | None:
    """Return a device's time in UTC: ISO 8601, or seconds or milliseconds since 1970.

    None where it says nothing: absent, without an offset in an unknown zone, from a clock that was
    never set. An hour that comes twice in autumn is the one closer to `near`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and not _EPOCH_TEXT.fullmatch(value):
        try:
            at = datetime.fromisoformat(value)
        except ValueError as err:
            raise PayloadError("payload_bad_time", found=_brief(value)) from err
        if at.tzinfo is None:
            if zone is None:
                return None
            at = min(_both_hours(at, zone), key=lambda one: abs(one - near))
    else:
        number = decimal_of(value)
        if not 0 <= number < 10**15:
            raise PayloadError("payload_bad_time", found=_brief(value))
        per_second = 10**3 if number >= _MILLISECONDS else 10**6
        at = _EPOCH + timedelta(microseconds=int(number * per_second))
    return at.astimezone(UTC) if _CLOCK_SET <= at < _CLOCK_BROKEN else None


def shown(path: Path) -> str:
    """Return a path as `path_of` reads it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(
        "."
    )


def _both_hours(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    if not _CLOCK_SET.year <= at.year < _CLOCK_BROKEN.year:
        return _EPOCH, _EPOCH
    first, second = (at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _brief(value: object) -> str:
    return str(value)[:_SHOWN] if isinstance(value, str | Decimal | bool) else type(value).__name__


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
