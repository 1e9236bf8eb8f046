"""Cards: issued on a wallet, recognised by a plate, a tag or a code, and blocked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import Actor, CardId
from ..core.ledger import Act, EntryKind, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.wallet import Card, CardState, Credential, CredentialKind, Purpose
from .booking import book_sealed, closed, referenced
from .site import Site
from .turn import in_turn

type Given = tuple[CredentialKind, str]


@in_turn
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
    """Issue a card on a wallet; plates are kept encrypted and found by a blind index.

    A card with plates or for lanes is a parking card, and a parking wallet pays for it; one with tags
    and codes alone may be any wallet's: it is for what is sold by the use.

    What a card in force is recognised by belongs to nobody else: two payers for one car would be
    charged by chance. From a card that is blocked or over, the new one takes it.
    """
    payer = site.wallet(wallet)
    if (plates or lanes) and payer.wallet.purpose is not Purpose.PARKING:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=payer.wallet.purpose)
    if valid_from and valid_until and valid_until <= valid_from:
        raise CoreError("time_is_past", at=valid_until.isoformat())
    for lane in lanes:
        site.lane(lane)
    given = _given(plates, tags, codes)
    digests = [site.privacy.blind(kind, value) for kind, value in given]
    number = await site.books.next_number("card")
    known_plates = [value for kind, value in given if kind is CredentialKind.PLATE]
    card = Card(
        id=CardId(f"c{number}"),
        no=number,
        wallet=payer.wallet.id,
        state=CardState.ACTIVE,
        issued_at=site.clock(),
        valid_from=valid_from,
        valid_until=valid_until,
        lanes=tuple(lanes),
        subject=await _seal(site, known_plates),
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
    content = {
        "wallet": wallet,
        "credentials": [digest.hex() for digest in digests],
        "valid": [at.isoformat() if at is not None else None for at in (valid_from, valid_until)],
        "lanes": list(lanes),
    }
    act = Act(
        kind=EntryKind.CARD_ISSUED,
        event=f"card/{card.id}/issued",
        occurred=card.issued_at,
        actor=actor,
        reference=referenced("issue_card", reference, content),
        detail={
            "wallet": wallet,
            "card": card.id,
            "credentials": [credential.masked or credential.kind for credential in credentials],
        },
        puts=(card, *credentials),
    )
    refusal = closed(payer) or _taken(site, credentials)
    receipt = await book_sealed(site, act, card.subject, refusal)
    if not receipt.repeated:
        site.cards[card.id] = card
        site.credentials.update({one.digest: one for one in credentials})
    return receipt


@in_turn
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


def _given(plates: Sequence[str], tags: Sequence[str], codes: Sequence[str]) -> list[Given]:
    """Return what the card is recognised by, each once."""
    given = [
        *((CredentialKind.PLATE, normal_plate(plate)) for plate in plates),
        *((CredentialKind.TAG, tag.strip()) for tag in tags),
        *((CredentialKind.CODE, code.strip()) for code in codes),
    ]
    given = [(kind, value) for kind, value in dict.fromkeys(given) if value]
    if not given:
        raise CoreError("credential_missing")
    return given


async def _seal(site: Site, plates: Sequence[str]) -> str:
    return await site.privacy.put_subject({"plates": ",".join(plates)}) if plates else ""


def _taken(site: Site, credentials: Sequence[Credential]) -> CoreError | None:
    """Refuse a credential that a card in force is recognised by."""
    now = site.clock()
    for credential in credentials:
        known = site.credentials.get(credential.digest)
        owner = site.cards.get(known.card) if known is not None else None
        if owner is None or owner.state is not CardState.ACTIVE:
            continue
        if owner.valid_until is None or now < owner.valid_until:
            shown = credential.masked or credential.kind
            return CoreError("credential_taken", credential=shown, card=owner.id)
    return None
