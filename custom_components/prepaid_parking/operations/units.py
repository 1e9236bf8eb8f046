"""Units are registered, changed and listed; what is in them and who pays hangs on them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, UnitId
from ..core.ledger import Act, Receipt
from ..core.unit import Occupancy, Unit
from ..core.wallet import Meter, Purpose, Wallet, WalletKind
from .booking import book, open_run, referenced
from .occupants import occupancy_of
from .places import joined_counts, meters_by_unit, meters_in, rejoin, take_counts
from .rebinding import end_before, posted_whole, take_effect
from .repeats import answered_before
from .shares import shared_with
from .site import Site
from .turn import in_turn
from .unit_changes import Draft, UnitChange, draw_up, moved_by, renamed_by, to_owner, touched_by
from .usage import post_windows

__all__ = [
    "Draft",
    "check_payer",
    "checked",
    "close_unit",
    "import_units",
    "load",
    "names_taken",
    "put_occupancy",
    "set_unit",
]
CHANGEABLE: Final = frozenset(
    {
        *("name", "building", "floor", "number", "use"),
        *("area_cm2", "persons", "capacity_w", "owner"),
    }
)
MOST_PERSONS: Final = 100_000
MOST_UNITS: Final = 500
"""Units in one list: one act holds them all."""


@in_turn
async def set_unit(
    site: Site, *, draft: Draft, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Register a unit, or change one; what was used until now is charged by the old rules first."""
    return await _set(site, (draft,), "set_unit", actor, reason, reference)


@in_turn
async def import_units(
    site: Site, *, drafts: Sequence[Draft], actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Register or change many units: all of them in one entry, or none."""
    if len(drafts) > MOST_UNITS:
        raise CoreError("too_many_units", count=len(drafts), most=MOST_UNITS)
    if not drafts:
        raise CoreError("no_units")
    return await _set(site, drafts, "import_units", actor, reason, reference)


@in_turn
async def close_unit(
    site: Site, *, unit: str, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Let a unit be no more: it is vacant and holds no meter."""
    known, now = site.unit(unit), site.clock()
    refusal: CoreError | None = None
    if known.closed_at is not None:
        refusal = CoreError("unit_is_closed", unit=known.name)
    elif occupancy_of(site, unit) is not None:
        refusal = CoreError("unit_is_occupied", unit=known.name)
    elif meters := meters_in(site, known.id):
        names = ", ".join(run.meter.id for run in meters)
        refusal = CoreError("unit_has_meters", unit=known.name, meters=names)
    closed = replace(known, closed_at=now)
    act = Act(
        kind=EntryKind.UNIT_SET,
        event=f"unit/{unit}/closed",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=referenced("close_unit", reference, {"unit": unit}),
        detail={"unit": unit, "closed": now.isoformat()},
        puts=(closed,),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        site.house.units[known.id] = closed
    return receipt


def checked(site: Site, draft: Draft, taken: Mapping[str, str] | None = None) -> Unit:
    """Return the unit a draft describes, without a number where it is new; refuse what cannot be.

    `taken` are the names of all open units with their ids.
    """
    unknown = set(draft.changes) - CHANGEABLE
    if unknown:
        raise CoreError("unknown_field", field=", ".join(sorted(unknown)))
    base = site.unit(draft.unit) if draft.unit else Unit(id=UnitId(""), no=0, name="")
    if base.closed_at is not None:
        raise CoreError("unit_is_closed", unit=base.name)
    unit: Unit = replace(base, **draft.changes)  # type: ignore[arg-type]  # names checked above
    unit = replace(unit, name=unit.name.strip())
    if not unit.name:
        raise CoreError("unit_missing")
    if (taken if taken is not None else names_taken(site)).get(unit.name, unit.id) != unit.id:
        raise CoreError("unit_name_taken", unit=unit.name)
    if not 0 <= unit.persons <= MOST_PERSONS:
        raise CoreError("persons_not_usable", value=unit.persons)
    if unit.owner and unit.owner != base.owner:
        check_payer(site, unit.owner)
    for meter in draft.meters or ():
        site.meter(meter)
    return unit


def check_payer(site: Site, wallet: str) -> None:
    """Refuse a wallet that cannot pay for a unit's meters: closed, of another purpose, or shared."""
    run = open_run(site, wallet)
    if run.wallet.purpose is not Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=run.wallet.purpose)
    if run.wallet.kind is WalletKind.SHARED:
        raise CoreError("wallet_is_shared", wallet=wallet)


def names_taken(site: Site) -> dict[str, str]:
    """Return the names of all open units with their ids."""
    return {unit.name: unit.id for unit in site.house.units.values() if unit.closed_at is None}


async def _set(
    site: Site,
    drafts: Sequence[Draft],
    scope: str,
    actor: Actor,
    reason: str,
    reference: str,
) -> Receipt:
    """Write all changes down in one act, after what was used until now."""
    asked, now = [_asked(draft) for draft in drafts], site.clock()
    key = referenced(scope, reference, {"units": asked})
    act = Act(
        kind=EntryKind.UNIT_SET,
        event=f"units/{key.key}",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=key,
    )
    if (known := await answered_before(site, act)) is not None:
        return known
    names = names_taken(site)
    units: list[Unit] = []
    for draft in drafts:
        unit = checked(site, draft, names)
        names[unit.name] = unit.id or f"line {len(units) + 1}"
        units.append(unit)
    here = meters_by_unit(site)
    changes = [await draw_up(site, *pair, here) for pair in zip(drafts, units, strict=True)]
    touched = [run for change in changes for run in touched_by(site, change)]
    await posted_whole(site, touched)
    for change in changes:
        if change.before is not None:
            for wallet in shared_with(site, change.unit.id):
                await post_windows(site, wallet.meters)
    counts = tuple(
        count for change in changes for count in joined_counts(site, change.joining, change.unit.id)
    )
    rebindings = [one for change in changes for one in await to_owner(site, change)]
    moved, renamed = moved_by(changes), renamed_by(site, changes)
    await end_before(site, rebindings)
    receipt = await book(
        site,
        replace(
            act,
            detail={
                "units": [change.unit.id for change in changes],
                "changes": asked,
                "meters": [one.trace for one in rebindings],
            },
            puts=(
                *(change.unit for change in changes),
                *(change.occupancy for change in changes if change.occupancy is not None),
                *moved.values(),
                *renamed,
                *counts,
                *(record for one in rebindings for record in one.puts),
            ),
        ),
    )
    _take_over(site, changes, moved, renamed)
    take_counts(site, counts)
    rejoin(site, touched)
    for one in rebindings:
        take_effect(site, one)
    site.wake(touched)
    return receipt


def _take_over(
    site: Site,
    changes: Sequence[UnitChange],
    moved: Mapping[str, Meter],
    renamed: Sequence[Wallet],
) -> None:
    for change in changes:
        unit = change.unit
        site.house.units[unit.id] = unit
        if change.occupancy is not None:
            put_occupancy(site, change.occupancy)
    for meter in moved.values():
        site.meters[meter.id].meter = meter
    for wallet in renamed:
        site.wallets[wallet.id].wallet = wallet


def put_occupancy(site: Site, occupancy: Occupancy) -> None:
    """Take an occupancy into its unit's history, in the place of what it was before."""
    history = site.house.occupancies.setdefault(occupancy.unit, [])
    for place, known in enumerate(history):
        if known.id == occupancy.id:
            history[place] = occupancy
            return
    history.append(occupancy)


async def load(site: Site) -> None:
    """Take up the units and who was in them."""
    site.house.units = {unit.id: unit for unit in await site.books.load(Unit)}
    history: list[Occupancy] = await site.books.load(Occupancy)
    for occupancy in sorted(history, key=_begun):
        put_occupancy(site, occupancy)


def _begun(occupancy: Occupancy) -> tuple[datetime, str]:
    return occupancy.from_at, occupancy.id


def _asked(draft: Draft) -> dict[str, object]:
    asked: dict[str, object] = {name: str(value) for name, value in draft.changes.items()}
    if draft.unit:
        asked["unit"] = draft.unit
    if draft.meters is not None:
        asked["meters"] = list(draft.meters)
    return asked
