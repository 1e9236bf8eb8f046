"""The written form of a supply schedule's hours: `{days: [mon, fri], from: "23:00", to: "06:00"}`."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Final

from .errors import CoreError
from .schedule import OffHours
from .written_rates import DAYS, GROUPS

KEYS: Final = frozenset({"days", "from", "to"})
EVERY_DAY: Final = ("workday", "weekend", "holiday")


def read_hours(written: Sequence[Mapping[str, object]]) -> tuple[OffHours, ...]:
    """Read the hours in which supplies are off; without days they hold every day."""
    return tuple(_read(one, f"hours.{place}") for place, one in enumerate(written))


def write_hours(hours: Sequence[OffHours]) -> list[dict[str, object]]:
    """Write hours as `read_hours` reads them."""
    return [
        {
            "days": [(*DAYS, "holiday")[day] for day in one.days],
            "from": f"{one.start:%H:%M}",
            "to": f"{one.end:%H:%M}",
        }
        for one in hours
    ]


def _read(written: Mapping[str, object], path: str) -> OffHours:
    if not {"from", "to"} <= written.keys() <= KEYS:
        raise CoreError("schedule_malformed", path=path)
    return OffHours(
        days=_days(written.get("days", EVERY_DAY), f"{path}.days"),
        start=_clock(written["from"], f"{path}.from"),
        end=_clock(written["to"], f"{path}.to"),
    )


def _days(written: object, path: str) -> tuple[int, ...]:
    named = [written] if isinstance(written, str) else written
    if not isinstance(named, list | tuple) or not named:
        raise CoreError("schedule_malformed", path=path)
    days: set[int] = set()
    for one in named:
        if one in DAYS:
            days.add(DAYS.index(one))
        elif isinstance(one, str) and one in GROUPS:
            days.update(GROUPS[one])
        else:
            raise CoreError("schedule_malformed", path=path)
    return tuple(sorted(days))


def _clock(written: object, path: str) -> time:
    try:
        return time.fromisoformat(str(written)).replace(second=0, microsecond=0)
    except ValueError as err:
        raise CoreError("schedule_malformed", path=path) from err
