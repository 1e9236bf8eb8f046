"""A tap: a card, tag or code read at a point takes a use or money, opens, starts a machine or ends it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PointId, UseId
from ..core.ledger import Act
from ..core.use import Use, UseEnd, UseState
from ..core.use_point import PointKind, UsePoint
from ..core.wallet import Card, CredentialKind
from .booking import referenced
from .credentials import card_of, wallet_of
from .facts import UseEvent
from .following import attach
from .repeats import answered_before
from .sessions import Began, begun, ended, find_use, switched_on
from .site import Site
from .tap_paying import Asked, Opening, drawn_opening, opened, paid
from .turn import in_turn
from .use_points import busy_with, known_point
from .use_run import Tapped, UseRun
from .use_telling import tell_tap

ONE_TAP: Final = timedelta(seconds=5)
"""A card held to a reader is read several times; somebody who taps again later means it."""


async def tap(
    site: Site,
    *,
    point: str,
    kind: CredentialKind,
    value: str,
    actor: Actor,
    reference: str = "",
) -> Tapped:
    """Answer a card, tag or code at a point of use.

    The same one again within seconds is the same tap and gets the same answer. A refusal is told
    with its reason; the next tap is judged anew.
    """
    at = known_point(site, point)
    seen = (at.id, site.privacy.blind(kind, value.strip()))
    try:
        tapped, opening = await _take(site, at, seen, kind, value, actor, reference)
    except CoreError as err:
        _tell_refused(site, at, kind, value, err)
        raise
    if opening is not None:
        tapped = replace(tapped, opened=await opened(site, opening))
    if tapped.event is UseEvent.STARTED and tapped.use is not None and not tapped.repeated:
        began = await switched_on(site, Began(use=tapped.use))
        tapped = replace(tapped, use=began.use)
        if began.use.end is UseEnd.NOT_STARTED:
            site.using.taps.pop(seen, None)
    return tapped


@in_turn
async def _take(
    site: Site,
    at: UsePoint,
    seen: tuple[PointId, bytes],
    kind: CredentialKind,
    value: str,
    actor: Actor,
    reference: str,
) -> tuple[Tapped, Opening | None]:
    """Judge a tap and book what it takes, once for all reads of one tap."""
    now = site.clock()
    for one in [one for one, (at_, _) in site.using.taps.items() if abs(now - at_) >= ONE_TAP]:
        site.using.taps.pop(one)
    if seen in site.using.taps:
        return replace(site.using.taps[seen][1], repeated=True), None
    card = card_of(site, kind, value)
    run = wallet_of(site, card, at.purpose)
    key = referenced(f"tap/{at.id}", reference, {"point": at.id, "card": card.id})
    asked = Asked(point=at, card=card, run=run, actor=actor, key=key)
    opening: Opening | None = None
    match at.kind:
        case PointKind.TAP:
            tapped, opening = await _tap_once(site, asked)
        case PointKind.TIMED:
            tapped = await _tap_timed(site, asked)
        case PointKind.METERED:
            tapped = await _tap_metered(site, asked)
    site.using.taps[seen] = (now, tapped)
    return tapped, opening


async def _tap_once(site: Site, asked: Asked) -> tuple[Tapped, Opening | None]:
    """Take what a tap costs, and open where the point is a door."""
    opening = await drawn_opening(site, asked) if asked.point.lane is not None else None
    puts = (opening.command, opening.passage) if opening is not None else ()
    receipt = await paid(site, asked, puts)
    if receipt.repeated:
        return asked.answer(UseEvent.TAKEN, receipt=receipt, repeated=True), None
    if opening is not None:
        opening = replace(opening, passage=replace(opening.passage, entry=receipt.entry))
    return asked.answer(UseEvent.TAKEN, receipt=receipt), opening


async def _tap_timed(site: Site, asked: Asked) -> Tapped:
    """Sell minutes of a machine; it is switched on when they are paid."""
    point, now = asked.point, site.clock()
    number = await site.books.next_number("use")
    use = Use(
        id=UseId(f"s{number}"),
        no=number,
        wallet=asked.run.wallet.id,
        started_at=now,
        looked_at=now,
        state=UseState.STARTING,
        point=point.id,
        card=asked.card.id,
        switch=point.switch,
        proof=point.proof,
        ends_at=now + timedelta(minutes=point.minutes),
    )
    receipt = await paid(site, asked, (use,), busy_with(site, point), use.id)
    if receipt.repeated:
        known = await find_use(site, str(receipt.detail["use"]))
        return asked.answer(UseEvent.STARTED, receipt=receipt, use=known, repeated=True)
    run = site.using.uses[use.id] = UseRun(use=use, kept=use)
    attach(site, run)
    return asked.answer(UseEvent.STARTED, receipt=receipt, use=use)


async def _tap_metered(site: Site, asked: Asked) -> Tapped:
    """Begin a use, or end the one that the same wallet has begun here."""
    before = await _tapped_before(site, asked)
    if before is not None:
        return before
    running = [
        run
        for run in site.using.uses.values()
        if run.use.point == asked.point.id
        and run.use.wallet == asked.run.wallet.id
        and run.use.state in (UseState.STARTING, UseState.RUNNING)
    ]
    if running:
        reference = f"{asked.key.scope}/{asked.key.key}"
        done = await ended(site, running[0], asked.actor, reference=reference)
        return asked.answer(UseEvent.ENDED, use=done.use)
    began = await begun(site, asked.run, asked.point, asked.card.id, asked.actor, asked.key)
    return asked.answer(
        UseEvent.STARTED, receipt=began.receipt, use=began.use, repeated=began.repeated
    )


async def _tapped_before(site: Site, asked: Asked) -> Tapped | None:
    """Return what a tap under this reference did, None for a new one: a repeat must end nothing."""
    trial = Act(
        kind=EntryKind.SESSION_STARTED,
        event="",
        occurred=site.clock(),
        actor=asked.actor,
        reference=asked.key,
    )
    receipt = await answered_before(site, trial)
    if receipt is not None:
        use = await find_use(site, str(receipt.detail["use"]))
        return asked.answer(UseEvent.STARTED, receipt=receipt, use=use, repeated=True)
    reference = f"{asked.key.scope}/{asked.key.key}"
    for use in await site.books.load(Use, end_reference=reference):
        return asked.answer(UseEvent.ENDED, use=use, repeated=True)
    return None


def _tell_refused(
    site: Site, point: UsePoint, kind: CredentialKind, value: str, why: CoreError
) -> None:
    """Say that a tap was refused; of who it was only what is known without the refusal."""
    try:
        card: Card | None = card_of(site, kind, value)
    except CoreError:
        card = None
    run = site.wallets[card.wallet] if card is not None else None
    tell_tap(
        site,
        UseEvent.REFUSED,
        point,
        run=run,
        card=card.id if card is not None else None,
        reason=why.key,
    )
