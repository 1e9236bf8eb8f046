"""What changes with a unit: its meters' places and payers, its persons, its wallets' names.

Drawn up beforehand, for many units at once; nothing has happened before it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.identity import UnitId, WalletId
from ..core.unit import Occupancy, Unit
from ..core.wallet import Meter, Wallet
from .habits import mark_of
from .meter_run import MeterRun
from .occupants import occupancy_of, owner_of_unit
from .rebinding import Rebinding, rebind
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a unit is to be: `unit` "" for a new one; what is not named stays as it is.

    `meters` are all the meters in it; None leaves them.
    """

    unit: str = ""
    changes: Mapping[str, object]
    meters: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """One unit before and after, with all that follows from the change."""

    before: Unit | None
    unit: Unit
    occupancy: Occupancy | None
    staying: tuple[MeterRun, ...]
    joining: tuple[MeterRun, ...]
    leaving: tuple[MeterRun, ...]

    @property
    def people_changed(self) -> bool:
        """Whether tiers and shares go by another number of persons from now on."""
        return self.before is not None and self.before.persons != self.unit.persons


async def draw_up(
    site: Site, draft: Draft, unit: Unit, inside: Mapping[str, Sequence[MeterRun]]
) -> UnitChange:
    """Say what a draft changes; a new unit gets its number."""
    before = site.house.units.get(UnitId(draft.unit))
    if before is None:
        number = await site.books.next_number("unit")
        unit = replace(unit, id=UnitId(f"u{number}"), no=number)
    present = occupancy_of(site, unit.id)
    occupancy = None
    if present is not None and "persons" in draft.changes:
        occupancy = replace(present, persons=unit.persons)
    here = inside.get(unit.id, ())
    wanted = [site.meter(meter) for meter in draft.meters] if draft.meters is not None else here
    return UnitChange(
        before=before,
        unit=unit,
        occupancy=occupancy,
        staying=tuple(run for run in here if run in wanted),
        joining=tuple(run for run in wanted if run not in here),
        leaving=tuple(run for run in here if run not in wanted),
    )


def touched_by(site: Site, change: UnitChange) -> list[MeterRun]:
    """Return the meters whose windows end here: they move, are counted otherwise, or change payer."""
    moving = [*change.joining, *change.leaving]
    if change.joining or change.occupancy or change.people_changed:
        return [*moving, *change.staying]
    return [*moving, *_vacant_meters(site, change)]


async def to_owner(site: Site, change: UnitChange) -> list[Rebinding]:
    """Let a vacant unit's new owner pay from here on, also for what nobody paid for so far."""
    owner = site.wallets.get(WalletId(change.unit.owner))
    found: list[Rebinding | None] = []
    for run in _vacant_meters(site, change):
        mark, window = mark_of(run), run.window
        if window is not None:
            register, at = window.to_register, window.to_at
        elif mark is not None:
            register, at = mark.register, mark.at
        else:
            continue
        found.append(await rebind(site, run, owner, register=register, at=at))
    return [one for one in found if one is not None]


def _vacant_meters(site: Site, change: UnitChange) -> list[MeterRun]:
    """Return the meters that the owner or nobody pays for because nobody is in, where that changes."""
    unit, before = change.unit, change.before
    if before is None or before.owner == unit.owner or occupancy_of(site, unit.id) is not None:
        return []
    owner = owner_of_unit(site, unit.id)
    return [
        run
        for run in change.staying
        if run.binding is None or (owner is not None and run.binding.wallet == owner.wallet.id)
    ]


def renamed_by(site: Site, changes: Sequence[UnitChange]) -> list[Wallet]:
    """Return the wallets of units that are called otherwise now: they bear the new name."""
    names = {
        change.unit.id: change.unit.name
        for change in changes
        if change.before is not None and change.before.name != change.unit.name
    }
    if not names:
        return []
    return [
        replace(run.wallet, unit=names[UnitId(run.wallet.unit_id)])
        for run in site.wallets.values()
        if run.wallet.unit_id in names and run.wallet.closed_at is None
    ]


def moved_by(changes: Sequence[UnitChange]) -> dict[str, Meter]:
    """Return the meters as they are placed then; who comes into another unit has left the first."""
    moved: dict[str, Meter] = {}
    for change in changes:
        for run in change.leaving:
            moved.setdefault(run.meter.id, replace(run.meter, unit=""))
    for change in changes:
        for run in change.joining:
            moved[run.meter.id] = replace(run.meter, unit=change.unit.id)
    return moved
