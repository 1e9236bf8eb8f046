"""Cards: issued on a wallet, recognised by a plate, a tag or a code, and blocked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, SpaceId
from ..core.ledger import Act, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.wallet import Card, CardState, Credential, CredentialKind
from .booking import book_sealed, closed, referenced
from .credentials import in_use, known_card
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
    pins: Sequence[str] = (),
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    lanes: Sequence[str] = (),
    space: str = "",
    at_once: int | None = None,
    reference: str = "",
) -> Receipt:
    """Issue a card on a wallet; plates are kept encrypted and found by a blind index.

    A card with plates, for lanes or for a space is a parking card, and a parking wallet pays for it;
    one with tags and codes alone may be any wallet's: it is for what is sold by the use.

    What a card in force is recognised by belongs to nobody else: two payers for one car would be
    charged by chance. From a card that is blocked or over, the new one takes it.
    """
    payer = site.wallet(wallet)
    if plates or lanes or space:
        check_purpose(Category.PARKING, payer.wallet.purpose, wallet)
    given = given_as(plates, tags, codes, pins)
    if not given:
        raise CoreError("credential_missing")
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
        space=space,
        at_once=at_once,
    )
    check_card(site, card)
    card = replace(card, subject=await seal(site, known_plates))
    credentials = credentials_of(site, card.id, given)
    content = {
        "wallet": wallet,
        "credentials": [digest.hex() for digest in digests],
        "valid": [at.isoformat() if at is not None else None for at in (valid_from, valid_until)],
        "lanes": list(lanes),
        **({"space": space, "at_once": at_once} if space or at_once is not None else {}),
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
    refusal = closed(payer) or taken(site, credentials)
    receipt = await book_sealed(site, act, card.subject, refusal)
    if not receipt.repeated:
        site.cards[card.id] = card
        site.credentials.update({one.digest: one for one in credentials})
    return receipt


@in_turn
async def block_card(site: Site, *, card: str, reason: str, actor: Actor) -> Receipt:
    """Block a card; it is refused from the next read on."""
    known = in_use(site, card)
    blocked = replace(known, state=CardState.BLOCKED, reason=reason)
    return await put_card(site, blocked, EntryKind.CARD_BLOCKED, "blocked", actor, reason)


@in_turn
async def unblock_card(site: Site, *, card: str, actor: Actor, reason: str = "") -> Receipt:
    """Let a blocked card open again; what another card was given meanwhile stays with that one."""
    known = known_card(site, card)
    if known.state is not CardState.BLOCKED:
        raise CoreError("card_not_blocked", card=card)
    free = replace(known, state=CardState.ACTIVE, reason="")
    return await put_card(site, free, EntryKind.CARD_CHANGED, "unblocked", actor, reason)


async def put_card(
    site: Site, card: Card, kind: EntryKind, change: str, actor: Actor, reason: str
) -> Receipt:
    """Write a card's new state down, and take it over."""
    receipt = await site.books.commit(
        Act(
            kind=kind,
            event=f"card/{card.id}/{change}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"card": card.id},
            puts=(card,),
        )
    )
    site.cards[card.id] = card
    return receipt


def check_card(site: Site, card: Card) -> None:
    """Refuse a card that holds for no time, for a lane or space that is not there, or for no car."""
    begin, end = card.valid_from, card.valid_until
    if begin is not None and end is not None and end <= begin:
        raise CoreError("time_is_past", at=end.isoformat())
    for lane in card.lanes:
        site.lane(lane)
    space = site.parking.spaces.get(SpaceId(card.space))
    if card.space and (space is None or space.closed_at is not None):
        raise CoreError("unknown_space", space=card.space)
    if card.at_once is not None and card.at_once < 1:
        raise CoreError("card_for_no_car")


def given_as(
    plates: Sequence[str], tags: Sequence[str], codes: Sequence[str], pins: Sequence[str] = ()
) -> list[Given]:
    """Return what a card is recognised by as it is kept, each once."""
    given = [
        *((CredentialKind.PLATE, normal_plate(plate)) for plate in plates),
        *((CredentialKind.TAG, tag.strip()) for tag in tags),
        *((CredentialKind.CODE, code.strip()) for code in codes),
        *((CredentialKind.PIN, pin.strip()) for pin in pins),
    ]
    return [(kind, value) for kind, value in dict.fromkeys(given) if value]


def credentials_of(site: Site, card: CardId, given: Sequence[Given]) -> tuple[Credential, ...]:
    """Return the records by which a card is found: blind indexes, and of a plate what people may see."""
    return tuple(
        Credential(
            digest=site.privacy.blind(kind, value),
            kind=kind,
            card=card,
            masked=masked_plate(value) if kind is CredentialKind.PLATE else "",
        )
        for kind, value in given
    )


async def seal(site: Site, plates: Sequence[str]) -> str:
    """Encrypt a card's plates; return where they lie."""
    return await site.privacy.put_subject({"plates": ",".join(plates)}) if plates else ""


def taken(site: Site, credentials: Sequence[Credential]) -> CoreError | None:
    """Refuse a credential that another card in force is recognised by."""
    now = site.clock()
    for credential in credentials:
        known = site.credentials.get(credential.digest)
        owner = site.cards.get(known.card) if known is not None else None
        if owner is None or owner.state is not CardState.ACTIVE or owner.id == credential.card:
            continue
        if owner.valid_until is None or now < owner.valid_until:
            shown = credential.masked or credential.kind
            return CoreError("credential_taken", credential=shown, card=owner.id)
    return None
