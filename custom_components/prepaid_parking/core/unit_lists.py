"""A list of units as people keep it: a table with a header line, in any order of its columns."""

from collections.abc import Mapping
from typing import Final

from .errors import CoreError
from .tables import read_rows
from .unit import parse_area, parse_capacity

COLUMNS: Final = frozenset(
    {
        *("name", "building", "floor", "number", "use"),
        *("area", "persons", "capacity", "owner", "meters"),
    }
)


def read_table(text: str) -> list[dict[str, str]]:
    """Turn a table into lines of texts by column; refuse one whose columns are not known."""
    return [dict(row.cells) for row in read_rows(text, {name: name for name in COLUMNS})]


def changes_of(fields: Mapping[str, str]) -> dict[str, object]:
    """Turn what somebody wrote of a unit into its values; what is left empty is not changed."""
    changes: dict[str, object] = {}
    for name, text in fields.items():
        match name:
            case _ if not text.strip() or name == "meters":
                continue
            case "area":
                changes["area_cm2"] = parse_area(text)
            case "capacity":
                changes["capacity_w"] = parse_capacity(text)
            case "persons":
                changes["persons"] = _whole(text)
            case _:
                changes[name] = text.strip()
    return changes


def meters_of(text: str) -> tuple[str, ...]:
    """Turn meters written with commas or semicolons between them into their names."""
    names = (name.strip() for name in text.replace(";", ",").split(","))
    return tuple(name for name in names if name)


def _whole(text: str) -> int:
    if not text.strip().isdecimal():
        raise CoreError("persons_not_usable", value=text)
    return int(text)
