"""The lanes: a card is recognised, charged and let through; everything else is refused with its reason.

What happens is written down first, then the barrier gets one pulse. A pulse without an answer is
"not confirmed" and never sent again.
"""

from dataclasses import replace
from typing import Final

from ..core.access import (
    Admit,
    Arrival,
    Pass,
    PlateRead,
    Refusal,
    Refuse,
    decide,
    is_over,
    same_arrival,
    still_there,
)
from ..core.chart import SiteAccount, site_account
from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import SYSTEM, Actor, EntryId
from ..core.ledger import Act, EntryKind
from ..core.passage import Passage
from ..core.plate import masked_plate, normal_plate
from ..core.supply import CommandLog
from ..core.wallet import Card, Credential, CredentialKind, Purpose
from .booking import is_frozen, keep, referenced
from .cards import block_card, issue_card
from .facts import PassageKind
from .lane_run import LaneRun
from .passing import Answer, Happening, answered, barrier_of, drawn_up, passage_of, pulse
from .paying import pay
from .site import Site

__all__ = [
    "Answer",
    "block_card",
    "explain_access",
    "issue_card",
    "plate_read",
    "release_barrier",
]

NOT_OF_NOW: Final = frozenset({Refusal.REPLAYED, Refusal.TOO_OLD, Refusal.FROM_FUTURE})
"""Reads that are written down and answer nobody: no car of now stands behind them."""
ANSWERS_NOBODY: Final = NOT_OF_NOW | {Refusal.LOW_SCORE}
"""A look that was not good enough refuses nobody either: the next one is a moment away."""


async def plate_read(site: Site, *, lane: str, read: PlateRead, actor: Actor = SYSTEM) -> Answer:
    """Answer a plate at a lane: once per car, whatever the number of reads."""
    run, plate, now = site.lane(lane), normal_plate(read.plate), site.clock()
    credential = site.credentials.get(site.privacy.blind(CredentialKind.PLATE, plate))
    run.recent[:] = [seen for seen in run.recent if not is_over(seen, now)]
    decision = decide(_asked(site, run, CredentialKind.PLATE, credential, read))
    of_now = not (isinstance(decision, Refuse) and decision.reason in NOT_OF_NOW)
    seen = same_arrival(run.recent, plate, read.at, read.event_id, known=credential is not None)
    if seen is not None:
        if seen.admitted or not isinstance(decision, Admit):
            if of_now:
                run.recent[run.recent.index(seen)] = still_there(seen, plate, read.at)
            return _repeated(plate)
        run.recent.remove(seen)  # A refusal is not final: a clearer read or a payment came.
    arrival = Arrival(
        plate=plate, at=read.at, event_id=read.event_id, admitted=isinstance(decision, Admit)
    )
    if of_now:
        run.recent.append(arrival)
    if isinstance(decision, Refuse):
        return await _refuse(site, run, decision, plate, actor)
    answer = await _admit(site, run, decision, read, actor)
    if answer.kind is PassageKind.REFUSED and arrival in run.recent:
        run.recent[run.recent.index(arrival)] = replace(arrival, admitted=False)
    return answer


async def release_barrier(site: Site, *, lane: str, reason: str, actor: Actor) -> Answer:
    """Open a barrier by hand; who and why is written down before the pulse, where that is possible.

    A person who answers for it opens also while the books cannot be written: nobody stays shut in.
    """
    run = site.lane(lane)
    barrier = barrier_of(run)
    if not reason:
        raise CoreError("reason_missing")
    what = Happening(kind=PassageKind.RELEASED, reason=reason, actor=actor)
    try:
        command, passage = await drawn_up(site, run, what)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        try:
            await barrier.pulse()
        except DeviceError:
            what = replace(what, kind=PassageKind.NOT_CONFIRMED)
        return answered(site, run, what)
    await keep(site, command, passage)
    return await pulse(site, run, barrier, what, command, passage)


def explain_access(
    site: Site, *, lane: str, kind: CredentialKind, value: str
) -> tuple[Admit | Refuse, Pass]:
    """Say what a lane would answer to a credential now, and what that rests on; nothing moves."""
    run = site.lane(lane)
    plate = normal_plate(value) if kind is CredentialKind.PLATE else value
    credential = site.credentials.get(site.privacy.blind(kind, plate))
    now = site.clock()
    asked = _asked(site, run, kind, credential, PlateRead(plate=plate, at=now))
    return decide(asked), asked


def _asked(
    site: Site,
    run: LaneRun,
    kind: CredentialKind,
    credential: Credential | None,
    read: PlateRead,
) -> Pass:
    card = site.cards.get(credential.card) if credential is not None else None
    payer = site.wallets.get(card.wallet) if card is not None else None
    if payer is not None and payer.wallet.purpose is not Purpose.PARKING:
        card = payer = None  # A lane knows parking cards only: no other money pays for a passage.
    now = site.clock()
    return Pass(
        kind=kind,
        lane=run.id,
        at=read.at,
        now=now,
        score=read.score,
        least_score=run.least_score,
        replayed=read.retained or read.burst,
        card=card,
        wallet_open=payer is None or payer.wallet.closed_at is None,
        wallet_frozen=payer is not None and is_frozen(payer.wallet, now),
        available_minor=payer.available_minor if payer is not None else 0,
        fee_minor=run.fee_minor,
    )


async def _admit(
    site: Site, run: LaneRun, decision: Admit, read: PlateRead, actor: Actor
) -> Answer:
    """Write the passage down, with its charge in one act, then pulse."""
    barrier, card = barrier_of(run), decision.card
    what = Happening(
        kind=PassageKind.ADMITTED,
        reason="card",
        actor=actor,
        masked=masked_plate(read.plate),
        card=card,
        fee_minor=decision.fee_minor,
    )
    try:
        command, passage = await drawn_up(site, run, what)
        if not what.fee_minor:
            await site.books.record(command, passage)
        else:
            entry = await _charge(site, run, card, read, what, (command, passage))
            if entry is None:
                return _repeated(normal_plate(read.plate))
            passage = replace(passage, entry=entry)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        refused = Refuse(reason=Refusal.LEDGER_CLOSED, card=card)
        return await _refuse(site, run, refused, read.plate, actor)
    except CoreError as err:
        if err.key != "not_enough_money":
            raise
        refused = Refuse(reason=Refusal.NOT_ENOUGH_MONEY, card=card)
        return await _refuse(site, run, refused, read.plate, actor)
    return await pulse(site, run, barrier, what, command, passage)


async def _charge(
    site: Site,
    run: LaneRun,
    card: Card,
    read: PlateRead,
    what: Happening,
    puts: tuple[CommandLog, Passage],
) -> EntryId | None:
    """Take the fee; None where this very read was charged before, so that it opened before."""
    payer = site.wallets[card.wallet]
    event = f"passage/{run.id}/{card.id}/{read.at.isoformat()}"
    act = Act(
        kind=EntryKind.PASSAGE,
        event=event,
        occurred=site.clock(),
        actor=what.actor,
        reference=referenced("passage", event),
        detail={"lane": run.id, "card": card.id, "wallet": payer.wallet.id},
        puts=puts,
    )
    revenue = site_account(SiteAccount.REVENUE_PARKING)
    receipt = await pay(site, payer, act, what.fee_minor, revenue)
    if receipt.repeated:
        return None
    payer.booked(receipt)
    site.wake_wallet(payer)
    return receipt.entry


async def _refuse(site: Site, run: LaneRun, decision: Refuse, plate: str, actor: Actor) -> Answer:
    silent = decision.reason in ANSWERS_NOBODY
    what = Happening(
        kind=PassageKind.RECORDED if silent else PassageKind.REFUSED,
        reason=decision.reason,
        actor=actor,
        masked=masked_plate(plate),
        card=decision.card,
    )
    try:
        number = await site.books.next_number("passage")
        await site.books.record(passage_of(site, run, what, number))
        site.books_written()
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
    return answered(site, run, what)


def _repeated(plate: str) -> Answer:
    return Answer(
        kind=PassageKind.RECORDED,
        reason="same_arrival",
        masked=masked_plate(plate),
        repeated=True,
    )
