"""Rules for single plates: kept out, or free, once, until an instant or always; set, lifted, used up."""

from dataclasses import replace
from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, VehicleRuleId
from ..core.ledger import Act, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.vehicle import RuleKind, VehicleRule
from ..core.wallet import CredentialKind
from .booking import book_sealed, referenced
from .plates import FIELD
from .site import Site
from .turn import in_turn


@in_turn
async def set_vehicle_rule(
    site: Site,
    *,
    plate: str,
    kind: RuleKind,
    reason: str,
    actor: Actor,
    once: bool = False,
    until: datetime | None = None,
    reference: str = "",
) -> Receipt:
    """Keep a plate out, or let it park free; the plate is sealed and found by its blind index.

    One rule per plate: what else was ruled for it is lifted first, so that nobody wonders which holds.
    """
    now, known = site.clock(), normal_plate(plate)
    if not known:
        raise CoreError("plate_missing")
    if not reason:
        raise CoreError("reason_missing")
    if until is not None and until <= now:
        raise CoreError("time_is_past", at=until.isoformat())
    digest = site.privacy.blind(CredentialKind.PLATE, known)
    number = await site.books.next_number("vehicle_rule")
    rule = VehicleRule(
        id=VehicleRuleId(f"vr{number}"),
        no=number,
        digest=digest,
        kind=kind,
        masked=masked_plate(known),
        reason=reason,
        set_at=now,
        subject=await site.privacy.put_subject({FIELD: known}),
        once=once,
        until=until,
    )
    content = {
        "plate": digest.hex(),
        "kind": str(kind),
        "reason": reason,
        "once": once,
        "until": None if until is None else until.isoformat(),
    }
    act = Act(
        kind=EntryKind.VEHICLE_RULE_SET,
        event=f"vehicle_rule/{rule.id}/set",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=referenced("set_vehicle_rule", reference, content),
        detail={"rule": rule.id, "kind": str(kind), "once": once, "plate": rule.masked},
        puts=(rule,),
    )
    receipt = await book_sealed(site, act, rule.subject, _ruled(site, digest, now))
    if not receipt.repeated:
        site.parking.vehicle_rules[rule.id] = rule
    return receipt


@in_turn
async def lift_vehicle_rule(site: Site, *, rule: str, reason: str, actor: Actor) -> Receipt:
    """End a rule by hand."""
    return await _end(site, _in_force(site, rule), reason, actor)


def rules_in_force(site: Site) -> list[VehicleRule]:
    """List the rules that hold now, the newest first."""
    now = site.clock()
    rules = (one for one in site.parking.vehicle_rules.values() if one.holds(now))
    return sorted(rules, key=lambda one: -one.no)


async def _end(site: Site, rule: VehicleRule, reason: str, actor: Actor) -> Receipt:
    ended = replace(rule, ended_at=site.clock())
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.VEHICLE_RULE_SET,
            event=f"vehicle_rule/{rule.id}/ended",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"rule": rule.id, "kind": str(rule.kind), "ended": True},
            puts=(ended,),
        )
    )
    site.parking.vehicle_rules.pop(rule.id, None)
    return receipt


def _in_force(site: Site, rule: str) -> VehicleRule:
    known = site.parking.vehicle_rules.get(VehicleRuleId(rule))
    if known is None or not known.holds(site.clock()):
        raise CoreError("unknown_vehicle_rule", rule=rule)
    return known


def _ruled(site: Site, digest: bytes, now: datetime) -> CoreError | None:
    """Refuse a second rule for a plate."""
    for one in site.parking.vehicle_rules.values():
        if one.digest == digest and one.holds(now):
            return CoreError("vehicle_ruled", plate=one.masked, rule=one.id)
    return None


def rule_view(rule: VehicleRule) -> dict[str, object]:
    """Describe a rule; the plate as people may see it."""
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "plate": rule.masked,
        "once": rule.once,
        "set_at": rule.set_at.isoformat(),
        "until": rule.until.isoformat() if rule.until is not None else None,
        "reason": rule.reason,
    }
