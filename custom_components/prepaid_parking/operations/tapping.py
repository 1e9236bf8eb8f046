"""A tap: a card, tag or code read at a point takes a use or money, opens, starts a machine or ends it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from ..core.chart import site_account
from ..core.errors import CoreError
from ..core.identity import Actor, PointId, UseId
from ..core.ledger import Act, EntryKind, Receipt, Record, Reference
from ..core.supply import CommandLog, Passage
from ..core.use import Use, UseEnd, UseState
from ..core.use_point import PointKind, UsePoint
from ..core.wallet import Card, CredentialKind
from .booking import answered_before, referenced, tell, unspendable
from .counting import Wanted, take_uses
from .credentials import card_of, card_refusal, wallet_of
from .facts import PassageKind, UseEvent, WalletEvent
from .following import attach
from .passing import Happening, barrier_of, drawn_up, pulse
from .sessions import Began, begun, ended, find_use, switched_on
from .site import LaneRun, Site, WalletRun
from .spending import EARNS, Leg, spend
from .turn import in_turn
from .use_points import busy_with, known_point
from .use_run import Tapped, UseRun
from .use_telling import tell_tap

ONE_TAP: Final = timedelta(seconds=5)
"""A card held to a reader is read several times; somebody who taps again later means it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """A barrier that opens when a tap was paid: the pulse as it was written down."""

    lane: LaneRun
    what: Happening
    command: CommandLog
    passage: Passage


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
        tapped = replace(tapped, opened=await _open(site, opening))
    if tapped.event is UseEvent.STARTED and tapped.use is not None and not tapped.repeated:
        began = await switched_on(site, Began(use=tapped.use))
        tapped = replace(tapped, use=began.use)
        if began.use.end is UseEnd.NOT_STARTED:
            site.taps.pop(seen, None)
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
) -> tuple[Tapped, _Opening | None]:
    """Judge a tap and book what it takes, once for all reads of one tap."""
    now = site.clock()
    for one in [one for one, (at_, _) in site.taps.items() if abs(now - at_) >= ONE_TAP]:
        site.taps.pop(one)
    if seen in site.taps:
        return replace(site.taps[seen][1], repeated=True), None
    card = card_of(site, kind, value)
    run = wallet_of(site, card, at.purpose)
    key = referenced(f"tap/{at.id}", reference, {"point": at.id, "card": card.id})
    asked = _Asked(point=at, card=card, run=run, actor=actor, key=key)
    opening: _Opening | None = None
    match at.kind:
        case PointKind.TAP:
            tapped, opening = await _tap_once(site, asked)
        case PointKind.TIMED:
            tapped = await _tap_timed(site, asked)
        case PointKind.METERED:
            tapped = await _tap_metered(site, asked)
    site.taps[seen] = (now, tapped)
    return tapped, opening


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who wants what at which point."""

    point: UsePoint
    card: Card
    run: WalletRun
    actor: Actor
    key: Reference

    def answer(self, event: UseEvent, **fields: Any) -> Tapped:
        """Return the answer to it."""
        return Tapped(
            point=self.point, card=self.card, wallet=self.run.wallet.id, event=event, **fields
        )


async def _tap_once(site: Site, asked: _Asked) -> tuple[Tapped, _Opening | None]:
    """Take what a tap costs, and open where the point is a door."""
    opening = await _opening(site, asked) if asked.point.lane is not None else None
    puts = (opening.command, opening.passage) if opening is not None else ()
    receipt = await _paid(site, asked, puts)
    if receipt.repeated:
        return asked.answer(UseEvent.TAKEN, receipt=receipt, repeated=True), None
    return asked.answer(UseEvent.TAKEN, receipt=receipt), opening


async def _tap_timed(site: Site, asked: _Asked) -> Tapped:
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
    receipt = await _paid(site, asked, (use,), busy_with(site, point), use.id)
    if receipt.repeated:
        known = await find_use(site, str(receipt.detail["use"]))
        return asked.answer(UseEvent.STARTED, receipt=receipt, use=known, repeated=True)
    run = site.uses[use.id] = UseRun(use=use, kept=use)
    attach(site, run)
    return asked.answer(UseEvent.STARTED, receipt=receipt, use=use)


async def _tap_metered(site: Site, asked: _Asked) -> Tapped:
    """Begin a use, or end the one that the same wallet has begun here."""
    before = await _tapped_before(site, asked)
    if before is not None:
        return before
    running = [
        run
        for run in site.uses.values()
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


async def _tapped_before(site: Site, asked: _Asked) -> Tapped | None:
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


async def _paid(
    site: Site,
    asked: _Asked,
    puts: tuple[Record, ...],
    refusal: CoreError | None = None,
    use: str = "",
) -> Receipt:
    """Take uses of the point's tariff, or its amount."""
    point, run = asked.point, asked.run
    refusal = card_refusal(site, asked.card.id) or refusal
    detail: dict[str, object] = {"point": point.id, "use": use}
    if point.tariff is not None:
        wanted = Wanted(
            run=run,
            uses=point.uses,
            actor=asked.actor,
            key=asked.key,
            tariff=point.tariff,
            card=asked.card.id,
            detail=detail,
            puts=puts,
        )
        receipt = await take_uses(site, wanted, refusal)
    else:
        receipt = await _paid_in_money(site, asked, puts, refusal, detail)
    if not receipt.repeated and not use:
        amount = receipt.detail["amount"]
        assert isinstance(amount, int)
        tell_tap(
            site,
            UseEvent.TAKEN,
            point,
            run=run,
            card=asked.card.id,
            uses=point.uses if point.tariff is not None else None,
            amount_minor=amount,
        )
    return receipt


async def _paid_in_money(
    site: Site,
    asked: _Asked,
    puts: tuple[Record, ...],
    refusal: CoreError | None,
    detail: dict[str, object],
) -> Receipt:
    point, run = asked.point, asked.run
    act = Act(
        kind=EntryKind.POINT_USED,
        event=f"{asked.key.scope}/{asked.key.key}",
        occurred=site.clock(),
        actor=asked.actor,
        reference=asked.key,
        detail={
            "wallet": run.wallet.id,
            "card": asked.card.id,
            "uses": 0,
            "takes": [],
            "amount": point.amount_minor,
            **detail,
        },
        puts=puts,
    )
    legs: tuple[Leg, ...] = ((site_account(EARNS[point.purpose]), point.amount_minor),)
    receipt = await spend(site, run, legs, lambda _: act, refusal or unspendable(site, run))
    if not receipt.repeated:
        run.booked(receipt)
        tell(site, run, WalletEvent.DEDUCTED, receipt, point.amount_minor, asked.key.key)
        site.wake_wallet(run)
    return receipt


async def _opening(site: Site, asked: _Asked) -> _Opening:
    """Draw up the pulse of a door, to be written down with what it costs."""
    lane = site.lane(asked.point.lane or "")
    barrier_of(lane)
    what = Happening(
        kind=PassageKind.ADMITTED,
        reason="card",
        actor=asked.actor,
        card=asked.card,
        fee_minor=asked.point.amount_minor,
    )
    command, passage = await drawn_up(site, lane, what)
    return _Opening(lane=lane, what=what, command=command, passage=passage)


async def _open(site: Site, opening: _Opening) -> PassageKind:
    barrier = barrier_of(opening.lane)
    answer = await pulse(
        site, opening.lane, barrier, opening.what, opening.command, opening.passage
    )
    return answer.kind


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
