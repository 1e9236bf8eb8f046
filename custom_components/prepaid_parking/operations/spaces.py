"""Spaces are registered, changed and removed; what is billed for them follows whoever owns them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, SpaceId
from ..core.ledger import Act, Receipt
from ..core.periods import IN_MONTHS
from ..core.space import Location, Space, Tenure, capacity_of
from ..core.space_bill import SOURCE, is_billed
from ..core.space_lists import tidy
from ..core.wallet import CardState, WalletKind
from .bill_book import local_day, trusted
from .booking import open_run, referenced
from .credentials import not_utility
from .gently import gently
from .repeats import answered_before
from .site import Site
from .space_handover import Handover, bill_before, changes_hands, handed_over, write
from .turn import in_turn

CHANGEABLE: Final = frozenset(
    {
        *("name", "location", "tenure", "grade", "capacity", "zone", "use", "area_cm2"),
        *("unit", "wallet", "every", "day", "exposed"),
    }
)
FARTHEST_BACK: Final = timedelta(days=366)
"""An owner who came earlier is a typing error, and every bill of it would have to be taken back."""
MOST_SPACES: Final = 10_000
"""Spaces in one list."""
IN_ONE_ENTRY: Final = 500
"""Spaces that one entry of the books tells of; a longer list has several, written together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceDraft:
    """What is to be written of a space; `space` is "" where it is new.

    `since` is the local day from which somebody else owns it, or nobody: today where it is not said.
    """

    space: str
    changes: Mapping[str, object]
    since: date | None = None


@in_turn
async def set_space(
    site: Site, *, draft: SpaceDraft, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Register a space, or change one; days that are over are billed by how it was."""
    return await _set(site, (draft,), "set_space", actor, reason, reference)


@in_turn
async def import_spaces(
    site: Site,
    *,
    drafts: Sequence[SpaceDraft],
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Register or change many spaces: all of them or none."""
    if not drafts:
        raise CoreError("no_spaces")
    if len(drafts) > MOST_SPACES:
        raise CoreError("too_many_spaces", count=len(drafts), most=MOST_SPACES)
    return await _set(site, drafts, "import_spaces", actor, reason, reference)


@in_turn
async def remove_space(
    site: Site, *, space: str, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Let a space be no more: no card, no permit and no open bill hangs on it."""
    key = referenced("remove_space", reference, {"space": space})
    act = Act(
        kind=EntryKind.SPACE_SET,
        event=f"space/{space}/removed",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={"spaces": [space], "removed": site.clock().isoformat()},
    )
    if (known := await answered_before(site, act)) is not None:
        return known
    await trusted(site)
    before = open_space(site, space)
    _check_bare(site, before)
    removed, today = replace(before, closed_at=site.clock()), local_day(site)
    await bill_before(site, before, removed, today)
    before = site.parking.spaces[before.id]
    _check_bare(site, before)
    done = await handed_over(site, before, replace(before, closed_at=site.clock()), today)
    return (await write(site, [replace(act, puts=(done.after,))], [done]))[0]


def find_space(site: Site, space: str) -> Space:
    """Return a space by id, or refuse in words."""
    known = site.parking.spaces.get(SpaceId(space))
    if known is None:
        raise CoreError("unknown_space", space=space)
    return known


def open_space(site: Site, space: str) -> Space:
    """Return a space that was not removed, or refuse in words."""
    known = find_space(site, space)
    if known.closed_at is not None:
        raise CoreError("space_is_removed", space=known.name)
    return known


def names_taken(site: Site) -> dict[str, str]:
    """Return the names of all spaces that were not removed, with their ids."""
    return {one.name: one.id for one in site.parking.spaces.values() if one.closed_at is None}


def checked(site: Site, draft: SpaceDraft, taken: Mapping[str, str]) -> Space:
    """Return the space a draft describes, without a number where it is new; refuse what cannot be.

    `taken` are the names of all open spaces with their ids.
    """
    unknown = set(draft.changes) - CHANGEABLE
    if unknown:
        raise CoreError("unknown_field", field=", ".join(sorted(unknown)))
    base, changes = _base(site, draft), dict(draft.changes)
    if "grade" in changes and changes["grade"] is not base.grade and "capacity" not in changes:
        changes["capacity"] = None  # What the grade before held is no answer.
    said = changes.pop("capacity", base.capacity)
    space: Space = replace(base, **changes)  # type: ignore[arg-type]  # names checked above
    assert said is None or isinstance(said, int)
    space = replace(
        space,
        name=tidy(space.name),
        zone=tidy(space.zone),
        use=tidy(space.use),
        capacity=capacity_of(space.grade, said),
    )
    if not space.name:
        raise CoreError("space_missing")
    if taken.get(space.name, space.id) != space.id:
        raise CoreError("space_name_taken", space=space.name)
    if space.every not in IN_MONTHS:
        raise CoreError("space_every", every=space.every)
    if not 1 <= space.day <= 31:
        raise CoreError("space_day", day=space.day)
    if space.unit and space.unit != base.unit and site.unit(space.unit).closed_at is not None:
        raise CoreError("unit_is_closed", unit=site.unit(space.unit).name)
    if space.wallet and space.wallet != base.wallet:
        _check_owner(site, space.wallet)
    _check_since(site, draft, base, space)
    return space


def _base(site: Site, draft: SpaceDraft) -> Space:
    if draft.space:
        return open_space(site, draft.space)
    return Space(id=SpaceId(""), no=0, name="", location=Location.UNDERGROUND, tenure=Tenure.OWNED)


def _check_owner(site: Site, wallet: str) -> None:
    """Refuse a wallet that cannot pay for a space: closed, a utility's, or one that others pay for."""
    run = open_run(site, wallet)
    not_utility(run)
    if run.wallet.kind is WalletKind.SHARED:
        raise CoreError("wallet_is_shared", wallet=wallet)


def _check_since(site: Site, draft: SpaceDraft, base: Space, space: Space) -> None:
    """Refuse a day that is still to come, or long past, or that no change of hands belongs to."""
    if draft.since is None:
        return
    today = local_day(site)
    if draft.since > today:
        raise CoreError("day_in_future", day=draft.since)
    if draft.since < today - FARTHEST_BACK:
        raise CoreError("space_begins_too_early", day=draft.since)
    if base.no and is_billed(base) is is_billed(space) and not changes_hands(base, space):
        raise CoreError("space_since_alone", space=space.name)


def _check_bare(site: Site, space: Space) -> None:
    cards = [
        card.id
        for card in site.cards.values()
        if card.space == space.id and card.state is not CardState.REPLACED
    ]
    if cards:
        raise CoreError("space_has_cards", space=space.name, cards=", ".join(cards))
    permits = [
        one.id
        for one in site.parking.permits.values()
        if one.space == space.id and one.ended_on is None
    ]
    if permits:
        raise CoreError("space_has_permits", space=space.name, permits=", ".join(permits))
    bills = [
        bill.number
        for wallet in site.parking.asked.get(space.id, ())
        for bill in site.wallets[wallet].bills.values()
        if bill.source.startswith(f"{SOURCE}/{space.id}/") and bill.open_minor
    ]
    if bills:
        raise CoreError("space_has_bills", space=space.name, bills=", ".join(bills))


async def _set(
    site: Site,
    drafts: Sequence[SpaceDraft],
    scope: str,
    actor: Actor,
    reason: str,
    reference: str,
) -> Receipt:
    """Write all changes down in one go, after what is to be billed of the days before."""
    asked = [_asked(draft) for draft in drafts]
    key = referenced(scope, reference, {"spaces": asked})
    act = Act(
        kind=EntryKind.SPACE_SET,
        event=f"spaces/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
    )
    if (known := await answered_before(site, act)) is not None:
        return known
    await trusted(site)
    names, today = names_taken(site), local_day(site)
    checks: list[tuple[SpaceDraft, Space]] = []
    async for draft in gently(drafts):
        space = checked(site, draft, names)
        names[space.name] = space.id or f"line {len(checks) + 1}"
        checks.append((draft, space))
    done: list[Handover] = []
    async for draft, space in gently(checks):
        ahead = sum(len(one.back) for one in done)
        since = draft.since or today
        if draft.space:
            done.append(await _changed(site, draft, space, since, ahead))
        else:
            number = await site.books.next_number("space")
            new = replace(space, id=SpaceId(f"sp{number}"), no=number)
            done.append(Handover(after=replace(new, first=since) if is_billed(new) else new))
    acts = [
        replace(
            act,
            event=act.event if not begin else f"{act.event}/{begin}",
            reference=key if not begin else None,
            detail={
                "spaces": [one.after.id for one in done[begin : begin + IN_ONE_ENTRY]],
                "changes": asked[begin : begin + IN_ONE_ENTRY],
                "of": len(done),
            },
            puts=tuple(one.after for one in done[begin : begin + IN_ONE_ENTRY]),
        )
        for begin in range(0, len(done), IN_ONE_ENTRY)
    ]
    return (await write(site, acts, done))[0]


async def _changed(
    site: Site, draft: SpaceDraft, space: Space, since: date, ahead: int
) -> Handover:
    """Bill what is over, and return what the change comes to on top of that."""
    before = open_space(site, draft.space)
    await bill_before(site, before, space, since)
    before = site.parking.spaces[before.id]
    own = {one.name: getattr(space, one.name) for one in fields(space) if one.name in CHANGEABLE}
    return await handed_over(site, before, replace(before, **own), since, ahead)


def _asked(draft: SpaceDraft) -> dict[str, object]:
    asked: dict[str, object] = {name: str(value) for name, value in draft.changes.items()}
    if draft.space:
        asked["space"] = draft.space
    if draft.since is not None:
        asked["since"] = draft.since.isoformat()
    return asked
