"""Permits rest and go on: the days they rested are added to their end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.permit import Permit, PermitKind, resumed
from .bill_book import committed, local_day, trusted
from .booking import referenced
from .permits import find_permit, keep_permit
from .site import Site
from .turn import in_turn
from .vehicle_turn import alone_with


@in_turn
@alone_with("permit")
async def suspend_permit(
    site: Site,
    *,
    permit: str,
    actor: Actor,
    day: date | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Permit]:
    """Let a permit rest from a local day on (today); one that is rented or renewed goes on."""
    await trusted(site)
    known, today = await find_permit(site, permit), local_day(site)
    begin = day or max(today, known.first)
    refusal = over(known)
    if known.kind is PermitKind.RENTAL:
        refusal = refusal or CoreError("permit_is_rental", permit=permit)
    if known.renewed is not None:
        refusal = refusal or CoreError("permit_renewed", permit=permit, renewed=known.renewed)
    if known.suspended_on is not None:
        refusal = refusal or CoreError("permit_suspended", permit=permit)
    if not max(today, known.first) <= begin <= known.last:
        refusal = refusal or CoreError("permit_day_outside", day=begin, permit=permit)
    after = replace(known, suspended_on=begin)
    content = {"permit": permit, "day": day.isoformat() if day is not None else ""}
    return await _changed(site, after, "suspend_permit", content, actor, reason, reference, refusal)


@in_turn
@alone_with("permit")
async def resume_permit(
    site: Site, *, permit: str, actor: Actor, reason: str = "", reference: str = ""
) -> tuple[Receipt, Permit]:
    """Let a permit go on from today; the days it rested are added to its end."""
    await trusted(site)
    known = await find_permit(site, permit)
    refusal = over(known)
    if known.suspended_on is None:
        refusal = refusal or CoreError("permit_not_suspended", permit=permit)
    after = known if refusal is not None else resumed(known, local_day(site))
    content = {"permit": permit}
    return await _changed(site, after, "resume_permit", content, actor, reason, reference, refusal)


@in_turn
@alone_with("permit")
async def set_renewal(
    site: Site, *, permit: str, renews: bool, actor: Actor, reason: str = ""
) -> tuple[Receipt, Permit]:
    """Say whether what follows a permit is sold by itself, out of the wallet."""
    await trusted(site)
    known = await find_permit(site, permit)
    refusal = over(known)
    if renews and known.package is None:
        refusal = refusal or CoreError("permit_is_rental", permit=permit)
    after, content = replace(known, renews=renews), {"permit": permit, "renews": renews}
    return await _changed(site, after, "set_renewal", content, actor, reason, "", refusal)


def over(permit: Permit) -> CoreError | None:
    """Refuse a permit that was ended, or is only history."""
    if permit.over or permit.ended_on is not None:
        return CoreError("permit_ended", permit=permit.id)
    return None


async def _changed(
    site: Site,
    after: Permit,
    scope: str,
    content: Mapping[str, object],
    actor: Actor,
    reason: str,
    reference: str,
    refusal: CoreError | None,
) -> tuple[Receipt, Permit]:
    key = referenced(scope, reference, content)
    act = Act(
        kind=EntryKind.PERMIT_CHANGED,
        event=f"{after.source}/{scope}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={"wallet": after.wallet, "permit": after.id, "card": after.card, "change": scope},
        puts=(after,),
    )
    receipt = await committed(site, act, refusal)
    if not receipt.repeated:
        keep_permit(site, after)
    return receipt, await find_permit(site, after.id)
