"""Spaces from a list: each row is looked at before any is written; and the list that is written of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.errors import CoreError
from ..core.identity import SpaceId, UnitId, WalletId
from ..core.space import Space
from ..core.space_lists import changes_of, tidy
from ..core.tables import Row
from ..core.texts import LONGEST_NAME, check_texts
from ..core.wallet import Purpose
from .gently import gently
from .site import Site
from .spaces import SpaceDraft, checked, names_taken

LINE: Final = "line "
"""Stands for the id of a space that the list itself registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceLine:
    """One row of a list: what it means, or why it cannot be taken.

    `draft` is None where it is refused, and its changes are empty where it says nothing new.
    """

    line: int
    name: str
    draft: SpaceDraft | None
    refusal: CoreError | None = None


async def lines_of(site: Site, rows: Sequence[Row]) -> list[SpaceLine]:
    """Say of each row what it would do; a space of that name is changed, any other is new."""
    names, owners = names_taken(site), _Owners(site)
    lines: list[SpaceLine] = []
    async for row in gently(rows):
        name = tidy(row.cells.get("name", ""))
        try:
            draft = _draft(site, row, names.get(name, ""), owners)
            checked(site, draft, names)
        except CoreError as err:
            lines.append(
                SpaceLine(line=row.line, name=name[:LONGEST_NAME], draft=None, refusal=err)
            )
            continue
        names[name] = draft.space or f"{LINE}{row.line}"
        lines.append(SpaceLine(line=row.line, name=name, draft=draft))
    return lines


def listed(site: Site) -> list[Space]:
    """Return the spaces that stand in a list: those that were not removed, by their numbers."""
    return sorted(
        (one for one in site.parking.spaces.values() if one.closed_at is None),
        key=lambda one: one.no,
    )


def _draft(site: Site, row: Row, known: str, owners: _Owners) -> SpaceDraft:
    check_texts(row.cells)
    if row.beyond:
        raise CoreError("list_row_too_long", count=row.beyond)
    if known.startswith(LINE):
        raise CoreError("list_name_twice", line=known.removeprefix(LINE))
    said = changes_of(row.cells)
    since = said.pop("since", None)
    changes = {name: value for name, value in said.items() if name != "owner"}
    if "owner" in said:
        changes["wallet"] = owners.named(str(said["owner"]))
    if "unit" in said:
        changes["unit"] = owners.unit(str(said["unit"]))
    if known:
        before = site.parking.spaces[SpaceId(known)]
        changes = {name: new for name, new in changes.items() if getattr(before, name) != new}
    elif missing := [name for name in ("location", "tenure") if name not in changes]:
        raise CoreError("list_cell_missing", columns=", ".join(missing))
    return SpaceDraft(space=known, changes=changes, since=since)  # type: ignore[arg-type]  # a day


class _Owners:
    """Wallets and units by what people call them, looked through once for a list."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._wallets: dict[str, list[str]] = {}
        for run in site.wallets.values():
            if run.wallet.closed_at is None and run.wallet.purpose is not Purpose.UTILITY:
                self._wallets.setdefault(run.wallet.unit, []).append(run.wallet.id)
        self._units = {
            unit.name: unit.id for unit in site.house.units.values() if unit.closed_at is None
        }

    def named(self, asked: str) -> str:
        """Return the wallet that is meant by its id, or by its unit where that has one only."""
        if WalletId(asked.lower()) in self._site.wallets:
            return asked.lower()
        found = self._wallets.get(asked, [])
        if len(found) > 1:
            raise CoreError("several_wallets", wallets=", ".join(found))
        return found[0] if found else self._site.wallet(asked).wallet.id

    def unit(self, asked: str) -> str:
        """Return the unit that is meant by its id or its name."""
        if UnitId(asked.lower()) in self._site.house.units:
            return asked.lower()
        return self._units.get(asked) or self._site.unit(asked).id
