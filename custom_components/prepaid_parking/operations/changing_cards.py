"""Cards are changed, replaced when they are lost, and handed to another customer.

What a card was sold goes with it. Bills stay with the wallet that was asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId
from ..core.ledger import Act, Receipt
from ..core.plate import normal_plate
from ..core.wallet import Card, CardState, Credential
from .booking import book, book_sealed, closed, referenced
from .cards import check_card, credentials_of, given_as, seal, taken
from .credentials import in_use, known_card, replaced
from .permits import keep_permit, permits_of
from .site import Site
from .stay_book import alone, put, stays_of_card
from .turn import in_turn
from .vehicle_turn import all_alone


@in_turn
async def set_card(
    site: Site,
    *,
    card: str,
    changes: Mapping[str, Any],
    actor: Actor,
    add_plates: Sequence[str] = (),
    remove_plates: Sequence[str] = (),
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Change a card's dates, lanes, space or number of cars at once, or the plates it is known by."""
    known = in_use(site, card)
    after: Card = replace(known, **changes)
    check_card(site, after)
    added = credentials_of(site, known.id, given_as(add_plates, (), ()))
    gone = credentials_of(site, known.id, given_as(remove_plates, (), ()))
    refusal = _not_of(site, known, gone)
    if added or after.space or after.lanes:
        run = site.wallets[known.wallet]
        check_purpose(Category.PARKING, run.wallet.purpose, run.wallet.id)
    if not added and set(credentials_known(site, known.id)) <= set(gone):
        refusal = refusal or CoreError("credential_missing")
    sealed = ""
    if added or gone:
        sealed = await seal(site, await _plates_after(site, known, add_plates, remove_plates))
        after = replace(after, subject=sealed)
    content = {
        "card": card,
        "changes": {name: str(new) for name, new in changes.items()},
        "add": [one.digest.hex() for one in added],
        "remove": [one.digest.hex() for one in gone],
    }
    act = Act(
        kind=EntryKind.CARD_CHANGED,
        event=f"card/{card}/changed",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("set_card", reference, content),
        detail={
            "wallet": known.wallet,
            "card": known.id,
            "changes": content["changes"],
            "added": [one.masked for one in added],
            "removed": [one.masked for one in gone],
        },
        puts=(after, *added),
        drops=gone,
    )
    receipt = await book_sealed(site, act, sealed, refusal or taken(site, added))
    if not receipt.repeated:
        site.cards[after.id] = after
        for one in gone:
            site.credentials.pop(one.digest, None)
        site.credentials.update({one.digest: one for one in added})
        if known.subject and known.subject != after.subject:
            await site.privacy.forget_subject(known.subject)
    return receipt


@in_turn
async def replace_card(
    site: Site,
    *,
    card: str,
    reason: str,
    actor: Actor,
    tags: Sequence[str] = (),
    codes: Sequence[str] = (),
    pins: Sequence[str] = (),
    reference: str = "",
) -> Receipt:
    """Replace a lost card: a new one takes its permits, its stays and what it is recognised by.

    Where a new tag, code or PIN is given, the old ones of that kind are lost with the old card.
    """
    old = known_card(site, card)
    values = given_as((), tags, codes, pins)
    content = {
        "card": card,
        "given": [one.digest.hex() for one in credentials_of(site, old.id, values)],
    }
    number = await site.books.next_number("card")
    new = replace(
        old,
        id=CardId(f"c{number}"),
        no=number,
        state=CardState.ACTIVE,
        reason="",
        issued_at=site.clock(),
    )
    lost = replace(old, state=CardState.REPLACED, reason=reason, replaced_by=new.id, subject="")
    given = credentials_of(site, new.id, values)
    kinds = {one.kind for one in given}
    kept = tuple(
        replace(one, card=new.id)
        for one in credentials_known(site, old.id)
        if one.kind not in kinds
    )
    async with all_alone(site, *sorted(one.id for one in permits_of(site, old.id))):
        permits = tuple(replace(one, card=new.id) for one in permits_of(site, old.id))
        act = Act(
            kind=EntryKind.CARD_ISSUED,
            event=f"card/{new.id}/issued",
            occurred=new.issued_at,
            actor=actor,
            reason=reason,
            reference=referenced("replace_card", reference, content),
            detail={
                "wallet": new.wallet,
                "card": new.id,
                "replaces": old.id,
                "credentials": [one.masked or one.kind for one in (*kept, *given)],
            },
            puts=(new, lost, *kept, *given, *permits),
        )
        receipt = await book(site, act, replaced(old) or taken(site, given))
        if not receipt.repeated:
            site.cards |= {new.id: new, lost.id: lost}
            site.credentials.update({one.digest: one for one in (*kept, *given)})
            for permit in permits:
                keep_permit(site, permit)
    if not receipt.repeated:
        for stay in stays_of_card(site, old.id):
            async with alone(site, stay.id):
                here = site.parking.stays.get(stay.id)  # It may have left meanwhile.
                if here is not None:
                    await put(site, replace(here, card=new.id))
    return receipt


@in_turn
async def transfer_card(
    site: Site, *, card: str, wallet: str, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Hand a card to another wallet, with its permits; what is owed so far stays with the old one."""
    known, run = known_card(site, card), site.wallet(wallet)
    before = site.wallets[known.wallet].wallet
    if run.wallet.purpose is not before.purpose:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=run.wallet.purpose)
    after = replace(known, wallet=run.wallet.id)
    refusal = replaced(known) or closed(run)
    if run.wallet.id == known.wallet:
        refusal = refusal or CoreError("card_of_this_wallet", card=card, wallet=wallet)
    act = Act(
        kind=EntryKind.CARD_CHANGED,
        event=f"card/{card}/transferred",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("transfer_card", reference, {"card": card, "wallet": wallet}),
        detail={"wallet": run.wallet.id, "card": known.id, "before": known.wallet},
        puts=(after,),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        site.cards[after.id] = after
    return receipt


def credentials_known(site: Site, card: CardId) -> list[Credential]:
    """Return what a card is recognised by."""
    return [one for one in site.credentials.values() if one.card == card]


def _not_of(site: Site, card: Card, plates: Sequence[Credential]) -> CoreError | None:
    """Refuse to take plates from a card that are not its own."""
    for one in plates:
        known = site.credentials.get(one.digest)
        if known is None or known.card != card.id:
            return CoreError("credential_not_of_card", credential=one.masked, card=card.id)
    return None


async def _plates_after(
    site: Site, card: Card, added: Sequence[str], removed: Sequence[str]
) -> list[str]:
    """Return a card's plates, decrypted, as they are to be sealed again; none where they were erased."""
    try:
        fields = await site.privacy.get_subject(card.subject) if card.subject else {}
    except CoreError as err:
        if err.key != "subject_unknown":
            raise
        fields = {}
    before = [plate for plate in fields.get("plates", "").split(",") if plate]
    gone = {normal_plate(plate) for plate in removed}
    after = [*before, *(normal_plate(plate) for plate in added)]
    return list(dict.fromkeys(plate for plate in after if plate not in gone))
