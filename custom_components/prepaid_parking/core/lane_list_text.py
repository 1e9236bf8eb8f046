"""A list for the lanes as text: one head, and parts that are named by what is in them.

Only a part that changed has to be told again: of ten thousand cards a payment changes one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
import json
from typing import Any, Final

from .answers import Reason, Verdict
from .errors import CoreError
from .lane_list import LaneList, ListEntry, parts_of
from .rights import TimeWindow
from .stay import StayKind
from .wallet import CredentialKind

FORM: Final = 1
"""Of the text; a lane that does not know it keeps the list it has."""
PART: Final = 512
"""About so many entries are in a part: some 50 kB before they are packed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a list is made of: the sums of its parts, in their order."""

    number: int
    made_at: datetime
    keys: Mapping[str, bytes]
    sums: tuple[str, ...]


def shared_out(made: LaneList) -> Sequence[list[ListEntry]]:
    """Return a list's parts."""
    return parts_of(made.entries, parts_for(len(made.entries)))


def head_text(made: LaneList, sums: Sequence[str]) -> str:
    """Return the head of a list whose parts have these sums."""
    head = {
        "form": FORM,
        "number": made.number,
        "made_at": made.made_at.isoformat(),
        "keys": {kind: key.hex() for kind, key in made.keys.items()},
        "sums": list(sums),
    }
    return json.dumps(head)


def parts_for(entries: int) -> int:
    """Return into how many parts a list is cut: a power of two, so that it seldom changes."""
    parts = 1
    while parts * PART < entries:
        parts *= 2
    return parts


def sum_of(text: str) -> str:
    """Return what names a part."""
    return sha256(text.encode()).hexdigest()


def read_head(text: str) -> Head:
    """Return a head, or refuse what is none."""
    try:
        told = json.loads(text)
        if told["form"] != FORM:
            raise CoreError("lane_list_unreadable", detail=f"form {told['form']}")
        return Head(
            number=int(told["number"]),
            made_at=datetime.fromisoformat(told["made_at"]),
            keys={kind: bytes.fromhex(key) for kind, key in told["keys"].items()},
            sums=tuple(told["sums"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise CoreError("lane_list_unreadable", detail=type(err).__name__) from err


def entries_text(entries: Iterable[ListEntry]) -> str:
    """Write entries; the same ones are the same text."""
    rows = sorted((_row(entry) for entry in entries), key=json.dumps)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def read_entries(text: str) -> list[ListEntry]:
    """Return the entries of a part, or refuse what is none."""
    try:
        return [_entry(row) for row in json.loads(text)]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as err:
        raise CoreError("lane_list_unreadable", detail=type(err).__name__) from err


def _row(entry: ListEntry) -> dict[str, Any]:
    """Return an entry without what it does not say."""
    said: dict[str, Any] = {
        "d": entry.digest.hex(),
        "k": entry.kind.value,
        "r": entry.right.value,
        "c": entry.card,
        "m": entry.masked,
        "f": entry.from_at.isoformat() if entry.from_at is not None else None,
        "t": entry.to_at.isoformat() if entry.to_at is not None else None,
        "w": [
            [one.start.isoformat(), one.end.isoformat(), list(one.weekdays)]
            for one in entry.windows
        ],
        "h": entry.calendar,
        "z": list(entry.zones),
        "l": list(entry.lanes),
        "n": entry.at_once,
        "u": entry.unpaid.value if entry.unpaid is not Verdict.ADMIT else "",
        "a": 1 if entry.remind else 0,
        "x": entry.refusal.value if entry.refusal is not None else "",
    }
    return {name: value for name, value in said.items() if value or (name == "n" and value == 0)}


def _entry(row: Mapping[str, Any]) -> ListEntry:
    return ListEntry(
        digest=bytes.fromhex(row["d"]),
        kind=CredentialKind(row["k"]),
        right=StayKind(row["r"]),
        card=row.get("c", ""),
        masked=row.get("m", ""),
        from_at=_moment(row.get("f")),
        to_at=_moment(row.get("t")),
        windows=tuple(
            TimeWindow(
                start=time.fromisoformat(start), end=time.fromisoformat(end), weekdays=tuple(days)
            )
            for start, end, days in row.get("w", ())
        ),
        calendar=row.get("h", ""),
        zones=tuple(row.get("z", ())),
        lanes=tuple(row.get("l", ())),
        at_once=row.get("n"),
        unpaid=Verdict(row.get("u") or Verdict.ADMIT),
        remind=bool(row.get("a")),
        refusal=Reason(row["x"]) if row.get("x") else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
