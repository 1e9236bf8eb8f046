"""Cars that left without paying: who they were, what they owe, and how that ends."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import Act, Receipt, Reference
from ..core.stay import Stay, StayState
from .booking import book, referenced
from .site import Site
from .spending import joined
from .stay_book import alone, hold, numbered, stays_at
from .stay_charging import UNPAID_EXITS, owe_stay
from .stay_cost import cost_of_stay
from .stay_finding import Which, find_stay, stay_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidExit:
    """What a car left behind, how long ago, and when that car was seen last."""

    stay: Stay
    owed_minor: int
    age: timedelta
    seen_at: datetime


def unpaid_exits(site: Site) -> list[UnpaidExit]:
    """Return what cars owe that were let out unpaid, the oldest first."""
    now = site.clock()
    found = [
        UnpaidExit(
            stay=stay,
            owed_minor=stay.owed_minor,
            age=now - (stay.left_at or stay.entered_at),
            seen_at=max(map(_seen, stays_at(site, stay.plate or stay.ticket)), default=_seen(stay)),
        )
        for stay in site.parking.stays.values()
        if stay.state is StayState.UNPAID
    ]
    return sorted(found, key=lambda one: (one.stay.left_at or one.stay.entered_at, one.stay.no))


def owed_by(site: Site, digest: bytes) -> int:
    """Return what a vehicle left behind at earlier exits (minor units), by its blind index."""
    return sum(stay.owed_minor for stay in stays_at(site, digest) if stay.state is StayState.UNPAID)


async def let_out_unpaid(site: Site, *, which: Which, reason: str, actor: Actor) -> Stay:
    """Note that a car left, or is let out, without paying; what is due now is what it owes."""
    if not reason.strip():
        raise CoreError("reason_missing")
    found = await find_stay(site, which)
    return await asyncio.shield(_let_out(site, found.id, reason, actor))


async def write_off_stay(
    site: Site,
    *,
    stay: str,
    reason: str,
    actor: Actor,
    amount_minor: int | None = None,
    reference: str = "",
) -> Receipt:
    """Give up what a car left behind, all of it or a part: the site bears it, and the books say why."""
    known = await stay_by_id(site, stay)
    key = referenced("write_off_stay", reference, {"stay": known.id, "amount": amount_minor})
    return await asyncio.shield(_write_off(site, known.id, key, reason, actor, amount_minor))


async def _let_out(site: Site, stay: StayId, reason: str, actor: Actor) -> Stay:
    async with alone(site, stay):
        known = site.parking.stays.get(stay)
        if known is None or known.state is StayState.UNPAID:
            raise CoreError("stay_over", stay=stay)
        cost = cost_of_stay(site, known, site.clock())
        return await owe_stay(site, known, cost, actor=actor, reason=reason)


async def _write_off(
    site: Site,
    stay: StayId,
    key: Reference,
    reason: str,
    actor: Actor,
    amount_minor: int | None,
) -> Receipt:
    async with alone(site, stay):
        known = await stay_by_id(site, stay)
        owed = known.owed_minor if known.state is StayState.UNPAID else 0
        amount = owed if amount_minor is None else amount_minor
        refusal = None
        if not 0 < amount <= owed:
            refusal = CoreError("more_than_owed", owed=site.currency.text(owed))
        left = owed - amount
        after = await numbered(
            site,
            replace(
                known,
                owed_minor=left,
                written_off_minor=known.written_off_minor + amount,
                state=StayState.UNPAID if left else StayState.LEFT,
            ),
        )
        lost = ((site_account(SiteAccount.WRITE_OFF), amount),)
        receipt = await book(
            site,
            Act(
                kind=EntryKind.STAY_WRITTEN_OFF,
                event=f"stay/{stay}/written_off/{key.key}",
                occurred=site.clock(),
                actor=actor,
                reason=reason,
                reference=key,
                postings=() if refusal else joined(lost, ((UNPAID_EXITS, amount),)),
                detail={"stay": stay, "amount": amount},
                puts=(after,),
            ),
            refusal,
        )
        if not receipt.repeated:
            hold(site, after)
        return receipt


def _seen(stay: Stay) -> datetime:
    return stay.left_at or stay.granted_at or stay.entered_at
