"""How long what a person writes may be: a slip of the clipboard is not kept in the books for ever."""

from collections.abc import Mapping
from typing import Final

from .errors import CoreError

LONGEST_NAME: Final = 200
"""More stands on no bill, card or sign."""
LONGEST_NOTE: Final = 1_000
"""Reasons, notes, addresses, and whatever else is written freely."""
NAMES: Final = frozenset(
    {
        *("name", "unit", "owner", "building", "floor", "number", "use"),
        *("text", "tax_name", "tax_id", "phone", "email"),
    }
)
"""Fields that hold a name, or something as short."""
LISTS: Final = frozenset({"csv", "file"})
"""Fields that hold a whole table; it is looked at row by row once it is read."""


def check_texts(given: Mapping[str, object]) -> None:
    """Refuse a text that is too long, however deep it stands; the nearest field names it."""
    for field, value in given.items():
        if field not in LISTS:
            _check(str(field), value)


def _check(field: str, value: object) -> None:
    if isinstance(value, Mapping):
        check_texts(value)
    elif isinstance(value, list | tuple):
        for one in value:
            _check(field, one)
    elif isinstance(value, str):
        most = LONGEST_NAME if field in NAMES else LONGEST_NOTE
        if len(value) > most:
            raise CoreError(
                "text_too_long", field=field[:LONGEST_NAME], length=len(value), most=most
            )
