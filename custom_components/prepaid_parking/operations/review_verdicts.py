"""What a person decides about a review, done in one act; nobody is billed for a guess."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import Act, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.review import Review, Verdict
from ..core.stay import Stay, StayState
from .booking import book_sealed
from .lane_facts import ReviewSettled, StayEvent, StayFact
from .plates import FIELD
from .review_money import close_at, refund_reviewed
from .reviews import drop_sealed, known_review
from .site import Site
from .stay_book import alone, hold, numbered, stays_at

type Write = Callable[[Act], Awaitable[Receipt]]
"""Writes an act down together with others that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was read wrongly of a stay: its plate, or when it began. What is empty stays as it is."""

    stay: str = ""
    plate: str = ""
    entered_at: datetime | None = None


NOTHING = Correction()


async def settle_review(
    site: Site,
    *,
    review: str,
    verdict: Verdict,
    reason: str,
    actor: Actor,
    correction: Correction = NOTHING,
    left_at: datetime | None = None,
    amount_minor: int | None = None,
) -> Receipt:
    """Settle a review: the stays become what the person says, in the same act.

    `merged` makes one stay of two, from the earliest arrival. `corrected` puts a plate or an arrival
    right. `closed` ends what is open at no cost, or one stay at an amount, which that car then owes;
    `left_at` is said where somebody knows it. `refunded` gives back what was paid.
    """
    asked = known_review(site, review)
    if not reason.strip():
        raise CoreError("reason_missing")
    if verdict is Verdict.REFUNDED:
        await refund_reviewed(
            site,
            asked,
            stay=correction.stay,
            amount_minor=amount_minor,
            actor=actor,
            reason=reason,
        )
    async with AsyncExitStack() as stack:
        for key in (asked.id, *sorted(asked.stays)):
            await stack.enter_async_context(alone(site, key))
        asked = known_review(site, review)
        stays = await _stays(site, asked)
        sealed = ""
        write: Write | None = None
        match verdict:
            case Verdict.MERGED:
                changed = _merged(stays)
            case Verdict.CORRECTED:
                changed, sealed = await _corrected(site, stays, correction)
            case Verdict.CLOSED:
                changed = _closed(site, stays, left_at)
                if amount_minor:
                    ended = _meant(changed, correction.stay)
                    open_one = next(one for one in stays if one.id == ended.id)
                    at = left_at or site.clock()
                    write = partial(close_at, site, open_one, amount_minor, at)
                    changed.remove(ended)
            case _:
                changed = []
        return await _settled(site, asked, verdict, reason, actor, changed, sealed, write)


async def _settled(
    site: Site,
    asked: Review,
    verdict: Verdict,
    reason: str,
    actor: Actor,
    changed: Sequence[Stay],
    sealed: str,
    write: Write | None,
) -> Receipt:
    """Write a verdict down with what becomes of the stays; `write` does so beside their money."""
    done = replace(
        asked, verdict=verdict, settled_at=site.clock(), settled_by=str(actor), note=reason
    )
    written = [await numbered(site, one) for one in changed]
    before = {one.id: site.parking.stays.get(one.id) for one in written}
    act = Act(
        kind=EntryKind.REVIEW_SETTLED,
        event=f"review/{asked.id}/settled",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        detail={
            "review": asked.id,
            "why": asked.why,
            "verdict": verdict,
            "stays": list(asked.stays),
        },
        puts=(done, *written),
    )
    receipt = await (book_sealed(site, act, sealed) if write is None else write(act))
    hold(site, *written)
    site.parking.reviews.pop(asked.id)
    if sealed:
        await _forget(site, [one.subject for one in before.values() if one is not None])
    site.spawn(drop_sealed(site, asked.reads, asked.stays))
    site.tell(ReviewSettled(review=done))
    for stay in written:
        site.tell(_reviewed(site, stay, verdict))
    return receipt


async def _stays(site: Site, review: Review) -> list[Stay]:
    """Return a review's stays in the order of their arrival, also those that are over."""
    found: list[Stay] = []
    for stay in review.stays:
        known = site.parking.stays.get(stay)
        found.extend([known] if known is not None else await site.books.load(Stay, id=stay))
    return sorted(found, key=lambda one: (one.entered_at, one.no))


def _merged(stays: Sequence[Stay]) -> list[Stay]:
    """Let the latest stay that is open begin when the earliest did; the others come to nothing."""
    if len(stays) < 2:
        raise CoreError("review_one_stay")
    kept = next((one for one in reversed(stays) if one.state.inside), None)
    if kept is None:
        raise CoreError("review_nothing_open")
    others = [one for one in stays if one.id != kept.id]
    for one in others:
        _no_money(one)
    first = stays[0]
    whole = replace(
        kept,
        entered_at=first.entered_at,
        entry_lane=first.entry_lane,
        zone=first.zone,
        tariff=first.tariff,
        version=first.version,
        overstayed=kept.overstayed or first.overstayed,
    )
    return [whole, *(replace(one, state=StayState.CLOSED, exit_lane=None) for one in others)]


async def _corrected(
    site: Site, stays: Sequence[Stay], correction: Correction
) -> tuple[list[Stay], str]:
    """Put right what was read wrongly of one stay; return it with its newly sealed plate."""
    stay = _meant(stays, correction.stay)
    if not correction.plate and correction.entered_at is None:
        raise CoreError("correction_missing")
    if correction.entered_at is not None:
        if correction.entered_at > site.clock():
            raise CoreError("arrival_in_future", at=correction.entered_at.isoformat())
        stay = replace(stay, entered_at=correction.entered_at)
    if not correction.plate:
        return [stay], ""
    plate = normal_plate(correction.plate)
    if not plate:
        raise CoreError("plate_missing")
    digest = site.privacy.blind("plate", plate)
    for other in stays_at(site, digest):
        if other.id != stay.id and other.state is not StayState.UNPAID:
            raise CoreError("vehicle_inside", stay=other.id)
    sealed = await site.privacy.put_subject({FIELD: plate})
    return [replace(stay, plate=digest, masked=masked_plate(plate), subject=sealed)], sealed


def _closed(site: Site, stays: Sequence[Stay], left_at: datetime | None) -> list[Stay]:
    """End what is open at no cost."""
    ended = [one for one in stays if one.state.inside or one.state is StayState.ARRIVING]
    if not ended:
        raise CoreError("review_nothing_open")
    now = site.clock()
    if left_at is not None and not max(one.entered_at for one in ended) <= left_at <= now:
        raise CoreError("departure_wrong", at=left_at.isoformat())
    return [replace(one, state=StayState.CLOSED, left_at=left_at or now) for one in ended]


def _meant(stays: Sequence[Stay], named: str) -> Stay:
    """Return the stay that a correction is about: the one that is named, or the only open one."""
    ids = {one.id: one for one in stays}
    if named:
        if (stay := ids.get(StayId(named.lower()))) is None:
            raise CoreError("unknown_stay", stay=named)
        return stay
    still = [one for one in stays if not one.state.over] or stays
    if len(still) != 1:
        raise CoreError("review_which_stay", stays=", ".join(ids))
    return still[0]


def _no_money(stay: Stay) -> None:
    """Refuse to let a stay come to nothing that somebody paid for, or owes for."""
    if stay.paid_minor > stay.refunded_minor or stay.owed_minor:
        raise CoreError("stay_has_money", stay=stay.id)


async def _forget(site: Site, subjects: Sequence[str]) -> None:
    for subject in subjects:
        if subject:
            await site.privacy.forget_subject(subject)


def _reviewed(site: Site, stay: Stay, verdict: Verdict) -> StayFact:
    return StayFact(
        event=StayEvent.REVIEWED,
        stay=stay.id,
        at=site.clock(),
        kind=stay.kind,
        lane=stay.exit_lane or stay.entry_lane,
        masked=stay.masked,
        card=stay.card,
        wallet=stay.wallet,
        reason=verdict,
    )
