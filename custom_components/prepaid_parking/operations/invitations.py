"""Invited visitors: a plate or a code that may come in a time, and for whom a host may pay."""

from collections.abc import Sequence
from datetime import datetime
import secrets
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, InvitationId
from ..core.ledger import Act, Receipt
from ..core.plate import masked_plate, normal_plate
from ..core.visiting import Invitation
from ..core.wallet import Card, CardState, CredentialKind
from .booking import closed, referenced
from .site import Site
from .turn import in_turn
from .vehicle_turn import alone_with
from .visit_book import cancelled, check_times, made

CODE_DIGITS: Final = 8
"""A keypad at a lane takes one try in seconds: of a hundred million codes nobody finds one."""


@in_turn
async def invite_visitor(
    site: Site,
    *,
    from_at: datetime,
    to_at: datetime,
    actor: Actor,
    plate: str = "",
    host: str = "",
    host_pays: bool = False,
    visits: int | None = 1,
    lanes: Sequence[str] = (),
    reference: str = "",
) -> tuple[Receipt, Invitation]:
    """Let a visitor in from one instant to another, by plate, or by a code that is made up here.

    The plate or code is sealed; `code_of` tells the code again.
    """
    card = _host(site, host, pays=host_pays)
    _check(site, from_at, to_at, visits, lanes)
    kind = CredentialKind.PLATE if (value := normal_plate(plate)) else CredentialKind.CODE
    if plate and not value:
        raise CoreError("plate_missing")
    value = value or _fresh_code(site)
    number = await site.books.next_number("invitation")
    invitation = Invitation(
        id=InvitationId(f"iv{number}"),
        no=number,
        digest=site.privacy.blind(kind, value),
        masked=masked_plate(value) if kind is CredentialKind.PLATE else "",
        from_at=from_at,
        to_at=to_at,
        made_at=site.clock(),
        host=card.id if card is not None else None,
        host_pays=host_pays,
        lanes=tuple(lanes),
        left=visits,
        subject=await site.privacy.put_subject({str(kind): value}),
    )
    content = {
        "plate": invitation.digest.hex() if plate else "",
        "times": [from_at.isoformat(), to_at.isoformat()],
        "host": host,
        "host_pays": host_pays,
        "visits": visits,
        "lanes": list(lanes),
    }
    act = Act(
        kind=EntryKind.INVITED,
        event=f"invitation/{invitation.id}/made",
        occurred=invitation.made_at,
        actor=actor,
        reference=referenced("invite_visitor", reference, content),
        detail={"invitation": invitation.id, "host": host, "visitor": invitation.masked},
        puts=(invitation,),
    )
    known = site.parking.invitations
    return await made(site, "invitation", act, invitation, invitation.id, known)


@in_turn
@alone_with("invitation")
async def cancel_invitation(
    site: Site, *, invitation: str, actor: Actor, reason: str = ""
) -> Receipt:
    """Take an invitation back: who is inside may leave, nobody comes in by it any more."""
    key, known = InvitationId(invitation.lower()), site.parking.invitations
    if key not in known:
        raise CoreError("unknown_invitation", invitation=invitation)
    return await cancelled(site, key, known, EntryKind.INVITED, "invitation", actor, reason)


async def code_of(site: Site, invitation: Invitation) -> str:
    """Tell the code of an invitation; "" where it is for a plate, or is over."""
    if invitation.masked or invitation.ended_at is not None:
        return ""
    return (await site.privacy.get_subject(invitation.subject)).get(CredentialKind.CODE, "")


def _host(site: Site, host: str, *, pays: bool) -> Card | None:
    """Return the card that invites; one that is not in force invites nobody."""
    if not host:
        if pays:
            raise CoreError("host_missing")
        return None
    card = site.cards.get(CardId(host.lower()))
    if card is None:
        raise CoreError("unknown_card", card=host)
    if card.state is not CardState.ACTIVE:
        raise CoreError("card_not_active", card=card.id)
    if pays and (refusal := closed(site.wallet(card.wallet))) is not None:
        raise refusal
    return card


def _check(
    site: Site, from_at: datetime, to_at: datetime, visits: int | None, lanes: Sequence[str]
) -> None:
    check_times(site, from_at, to_at)
    if visits is not None and visits < 1:
        raise CoreError("visits_not_positive")
    for lane in lanes:
        site.lane(lane)


def _fresh_code(site: Site) -> str:
    """Make up a code that opens nothing yet."""
    taken = {one.digest for one in site.parking.invitations.values()} | site.credentials.keys()
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        if site.privacy.blind(CredentialKind.CODE, code) not in taken:
            return code
