"""The lanes: a card is recognised, charged and let through; everything else is refused with its reason.

What happens is written down first, then the barrier gets one pulse. A pulse without an answer is
"not confirmed" and never sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..core.access import (
    ONE_ARRIVAL,
    Admit,
    Arrival,
    Pass,
    PlateRead,
    Refusal,
    Refuse,
    decide,
    masked_plate,
    normal_plate,
    same_arrival,
)
from ..core.chart import SiteAccount, site_account, wallet_account
from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import SYSTEM, Actor, CardId, WalletId
from ..core.ledger import Act, EntryKind, Posting, Receipt
from ..core.supply import CommandLog, CommandOutcome, Passage
from ..core.wallet import Card, CardState, Credential, CredentialKind, Purpose
from .cashier import booked_balance, floor, is_frozen, open_run, referenced
from .facts import PassageKind, Passed
from .site import LaneRun, Site
from .watching import keep

ACTION_PULSE: Final = "pulse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a lane answered: the decision's kind and reason, and the card it was about."""

    kind: PassageKind
    reason: str
    card: CardId | None = None
    fee_minor: int = 0
    masked: str = ""
    repeated: bool = False


async def issue_card(
    site: Site,
    *,
    wallet: str,
    actor: Actor,
    plates: Sequence[str] = (),
    tags: Sequence[str] = (),
    codes: Sequence[str] = (),
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    lanes: Sequence[str] = (),
    reference: str = "",
) -> Receipt:
    """Issue a parking card on a wallet; plates are kept encrypted and found by a blind index."""
    payer = open_run(site, wallet)
    if payer.wallet.purpose is not Purpose.PARKING:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=payer.wallet.purpose)
    if valid_from and valid_until and valid_until <= valid_from:
        raise CoreError("time_is_past", at=valid_until.isoformat())
    for lane in lanes:
        site.lane(lane)
    plates = [plate for plate in (normal_plate(one) for one in plates) if plate]
    given = [
        *((CredentialKind.PLATE, plate) for plate in plates),
        *((CredentialKind.TAG, tag) for tag in tags),
        *((CredentialKind.CODE, code) for code in codes),
    ]
    if not given:
        raise CoreError("credential_missing")
    digests = [site.privacy.blind(kind, value) for kind, value in given]
    key = referenced("issue_card", reference)
    number = await site.books.next_number("card")
    card = Card(
        id=CardId(f"c{number}"),
        no=number,
        wallet=payer.wallet.id,
        state=CardState.ACTIVE,
        issued_at=site.clock(),
        valid_from=valid_from,
        valid_until=valid_until,
        lanes=tuple(lanes),
        subject=await site.privacy.put_subject({"plates": ",".join(plates)}) if plates else "",
    )
    credentials = tuple(
        Credential(
            digest=digest,
            kind=kind,
            card=card.id,
            masked=masked_plate(value) if kind is CredentialKind.PLATE else "",
        )
        for (kind, value), digest in zip(given, digests, strict=True)
    )
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.CARD_ISSUED,
            event=f"card/{card.id}/issued",
            occurred=card.issued_at,
            actor=actor,
            reference=key,
            detail={
                "wallet": wallet,
                "card": card.id,
                "credentials": [credential.masked or credential.kind for credential in credentials],
            },
            puts=(card, *credentials),
        )
    )
    if not receipt.repeated:
        taken = [one for one in credentials if one.digest in site.credentials]
        site.cards[card.id] = card
        site.credentials.update({one.digest: one for one in credentials if one not in taken})
    return receipt


async def block_card(site: Site, *, card: str, reason: str, actor: Actor) -> Receipt:
    """Block a card; it is refused from the next read on."""
    known = site.cards.get(CardId(card))
    if known is None:
        raise CoreError("unknown_card", card=card)
    blocked = replace(known, state=CardState.BLOCKED, reason=reason)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.CARD_BLOCKED,
            event=f"card/{card}/blocked",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"card": card},
            puts=(blocked,),
        )
    )
    site.cards[blocked.id] = blocked
    return receipt


async def plate_read(site: Site, *, lane: str, read: PlateRead, actor: Actor = SYSTEM) -> Answer:
    """Answer a plate at a lane: once per car, whatever the number of reads."""
    run, plate = site.lane(lane), normal_plate(read.plate)
    credential = site.credentials.get(site.privacy.blind(CredentialKind.PLATE, plate))
    _forget_old(run, read.at)
    if same_arrival(run.recent, plate, read.at, read.event_id, known=credential is not None):
        return Answer(
            kind=PassageKind.RECORDED,
            reason="same_arrival",
            masked=masked_plate(plate),
            repeated=True,
        )
    asked = _asked(site, run, CredentialKind.PLATE, credential, read)
    decision = decide(asked)
    if isinstance(decision, Admit):
        run.recent.append(Arrival(plate=plate, at=read.at, event_id=read.event_id, admitted=True))
        return await _admit(site, run, decision, read, actor)
    return await _refuse(site, run, decision, read, actor)


async def release_barrier(site: Site, *, lane: str, reason: str, actor: Actor) -> Answer:
    """Open a barrier by hand; who and why is written down before the pulse."""
    run = site.lane(lane)
    if not reason:
        raise CoreError("reason_missing")
    return await _pulse(
        site, run, kind=PassageKind.RELEASED, reason=reason, masked="", card=None, actor=actor
    )


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
    """Charge the fee and write the passage down in one step, then pulse."""
    try:
        return await _pulse(
            site,
            run,
            kind=PassageKind.ADMITTED,
            reason="card",
            masked=masked_plate(read.plate),
            card=decision.card,
            actor=actor,
            fee_minor=decision.fee_minor,
            charge=_charge(site, run, decision, read) if decision.fee_minor else None,
        )
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        reason = Refusal.LEDGER_CLOSED
    except CoreError as err:
        closed = err.key != "not_enough_money"
        reason = Refusal.LEDGER_CLOSED if closed else Refusal.NOT_ENOUGH_MONEY
    return await _refuse(site, run, Refuse(reason=reason, card=decision.card), read, actor)


def _charge(site: Site, run: LaneRun, decision: Admit, read: PlateRead) -> Act:
    if not site.books.writable:
        raise CoreError("ledger_closed")
    payer = site.wallets[decision.card.wallet]
    event = f"passage/{run.id}/{decision.card.id}/{read.at.isoformat()}"
    return Act(
        kind=EntryKind.PASSAGE,
        event=event,
        occurred=site.clock(),
        actor=SYSTEM,
        reference=referenced("passage", event),
        postings=(
            Posting(
                source=wallet_account(payer.wallet.no),
                target=site_account(SiteAccount.REVENUE_PARKING),
                amount_minor=decision.fee_minor,
            ),
        ),
        floors=(floor(payer),),
        detail={"lane": run.id, "card": decision.card.id, "wallet": payer.wallet.id},
    )


async def _refuse(
    site: Site, run: LaneRun, decision: Refuse, read: PlateRead, actor: Actor
) -> Answer:
    replayed = decision.reason in (Refusal.REPLAYED, Refusal.TOO_OLD, Refusal.FROM_FUTURE)
    kind = PassageKind.RECORDED if replayed else PassageKind.REFUSED
    card = decision.card
    masked = masked_plate(read.plate)
    if not replayed:
        run.recent.append(
            Arrival(plate=normal_plate(read.plate), at=read.at, event_id=read.event_id)
        )
    await keep(
        site,
        Passage(
            id=await site.books.next_number("passage"),
            lane=run.id,
            at=site.clock(),
            kind=kind,
            reason=decision.reason,
            masked=masked,
            card=card.id if card is not None else "",
            actor=str(actor),
        ),
    )
    _tell(site, run, kind, decision.reason, masked, card, 0, actor)
    return Answer(
        kind=kind, reason=decision.reason, card=card.id if card is not None else None, masked=masked
    )


async def _pulse(
    site: Site,
    run: LaneRun,
    *,
    kind: PassageKind,
    reason: str,
    masked: str,
    card: Card | None,
    actor: Actor,
    fee_minor: int = 0,
    charge: Act | None = None,
) -> Answer:
    """Record (with the charge, in one act), fire once, record what came of it."""
    barrier = run.barrier
    if barrier is None:
        raise CoreError("lane_has_no_barrier", lane=run.id)
    now = site.clock()
    command = CommandLog(
        id=await site.books.next_number("command"),
        target=run.id,
        action=ACTION_PULSE,
        at=now,
        outcome=CommandOutcome.DECIDED,
        outcome_at=now,
        reason=reason,
        actor=str(actor),
    )
    passage = Passage(
        id=await site.books.next_number("passage"),
        lane=run.id,
        at=now,
        kind=kind,
        reason=reason,
        masked=masked,
        card=card.id if card is not None else "",
        command=command.id,
        actor=str(actor),
    )
    if charge is not None:
        receipt = await site.books.commit(replace(charge, puts=(command, passage)))
        assert card is not None
        payer = site.wallets[card.wallet]
        booked_balance(payer, receipt)
        site.wake_wallet(payer)
        passage = replace(passage, entry=receipt.entry)
    elif not await keep(site, command, passage) and kind is not PassageKind.RELEASED:
        raise StoreError(site.trouble or "failed")
    outcome, detail = CommandOutcome.VERIFIED, ""
    try:
        await barrier.pulse()
    except DeviceError as err:
        outcome, detail = CommandOutcome.NOT_CONFIRMED, str(err)
        kind = PassageKind.NOT_CONFIRMED
    command = replace(command, outcome=outcome, outcome_at=site.clock(), detail=detail)
    await keep(site, command, replace(passage, kind=kind))
    _tell(site, run, kind, reason, masked, card, fee_minor, actor)
    return Answer(
        kind=kind,
        reason=reason,
        card=card.id if card is not None else None,
        fee_minor=fee_minor,
        masked=masked,
    )


def _forget_old(run: LaneRun, at: datetime) -> None:
    run.recent[:] = [seen for seen in run.recent if abs(at - seen.at) <= ONE_ARRIVAL]


def _tell(
    site: Site,
    run: LaneRun,
    kind: PassageKind,
    reason: str,
    masked: str,
    card: Card | None,
    fee_minor: int,
    actor: Actor,
) -> None:
    wallet: WalletId | None = card.wallet if card is not None else None
    site.tell(
        Passed(
            lane=run.id,
            kind=kind,
            at=site.clock(),
            reason=reason,
            masked=masked,
            card=card.id if card is not None else None,
            wallet=wallet,
            fee_minor=fee_minor,
            actor=str(actor),
        )
    )
