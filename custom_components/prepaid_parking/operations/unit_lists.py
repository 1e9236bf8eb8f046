"""Units from a list: each line is looked at before any is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.errors import CoreError
from ..core.identity import MeterId
from ..core.texts import LONGEST_NAME, check_texts
from ..core.unit_lists import changes_of, meters_of
from .site import Site
from .unit_changes import Draft
from .units import checked, names_taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list: what it means, or why it cannot be taken."""

    number: int
    name: str
    draft: Draft | None
    refusal: CoreError | None = None

    @property
    def known(self) -> str:
        """The id of the unit it changes; "" where it is a new one."""
        return self.draft.unit if self.draft is not None else ""


def lines_of(site: Site, rows: Iterable[Mapping[str, str]]) -> list[Line]:
    """Say of each line what it would do; a unit of that name is changed, any other is new."""
    names = names_taken(site)
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        name = row.get("name", "").strip()
        try:
            check_texts(row)
            draft = _draft(site, row, names.get(name, ""))
            checked(site, draft, names)
        except CoreError as err:
            lines.append(Line(number=number, name=name[:LONGEST_NAME], draft=None, refusal=err))
            continue
        names[name] = draft.unit or f"line {number}"
        lines.append(Line(number=number, name=name, draft=draft))
    return lines


def _draft(site: Site, row: Mapping[str, str], known: str) -> Draft:
    if known.startswith("line "):
        raise CoreError("unit_name_taken", unit=row["name"])
    meters = tuple(_meter(site, name) for name in meters_of(row.get("meters") or ""))
    return Draft(unit=known, changes=changes_of(row), meters=meters or None)


def _meter(site: Site, asked: str) -> str:
    """Return the id of a meter that is meant by its id or by its name."""
    if MeterId(asked) in site.meters:
        return asked
    named = [run.meter.id for run in site.meters.values() if run.meter.name == asked]
    if len(named) > 1:
        raise CoreError("several_meters", meters=", ".join(named))
    return named[0] if named else asked
