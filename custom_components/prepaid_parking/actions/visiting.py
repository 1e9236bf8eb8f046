"""Actions about visitors: who is invited, what is kept for whom, and how full it is."""

from collections.abc import Iterable
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.visiting import Invitation, Reservation
from ..operations import invitations, reservations
from ..operations.occupancy import free_places
from ..operations.visit_views import invitation_view, occupancy_view, reservation_view
from .call import (
    MAYBE_REASON,
    PAGED,
    REFERENCE,
    TEXTS,
    Action,
    Call,
    Fields,
    Response,
    page,
)

TIMES: Final[Fields] = {vol.Optional("from"): cv.datetime, vol.Required("to"): cv.datetime}
ENDED: Final[Fields] = {vol.Optional("ended", default=False): cv.boolean}


async def invite_visitor(call: Call) -> Response:
    """Let a visitor in for a time, by plate or by a code that is made up."""
    reference = call.reference()
    visits = None if call.data["unlimited"] else call.data["visits"]
    receipt, invitation = await invitations.invite_visitor(
        call.site,
        plate=call.text("plate"),
        from_at=call.moment("from") or call.site.clock(),
        to_at=call.instant(call.data["to"]),
        host=call.text("host"),
        host_pays=call.data["host_pays"],
        visits=visits,
        lanes=[call.lane(asked).id for asked in call.data.get("lanes", ())],
        actor=call.actor,
        reference=reference,
    )
    code = await invitations.code_of(call.site, invitation)
    told = invitation_view(call.site, invitation) | {
        "code": code or None,
        "code_url": call.code_url(code),
    }
    return call.receipt(receipt, reference) | told


async def cancel_invitation(call: Call) -> Response:
    """Take an invitation back."""
    receipt = await invitations.cancel_invitation(
        call.site,
        invitation=call.text("invitation"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | {"invitation": receipt.detail["invitation"]}


async def list_invitations(call: Call) -> Response:
    """List invitations in the order of their start; with `ended` also those that are over."""
    shown = await _listed(call, Invitation, call.site.parking.invitations.values())
    return {"invitations": [invitation_view(call.site, one) for one in shown]}


async def reserve_space(call: Call) -> Response:
    """Keep a space, or a place of a zone, for somebody."""
    reference = call.reference()
    receipt, one = await reservations.reserve_space(
        call.site,
        space=call.text("space"),
        zone=call.text("zone"),
        card=call.text("card"),
        plate=call.text("plate"),
        from_at=call.moment("from") or call.site.clock(),
        to_at=call.instant(call.data["to"]),
        note=call.text("note"),
        actor=call.actor,
        reference=reference,
    )
    told = reservation_view(call.site, one) | {"free": free_places(call.site, one.zone)}
    return call.receipt(receipt, reference) | told


async def cancel_reservation(call: Call) -> Response:
    """Give a reserved place back."""
    receipt = await reservations.cancel_reservation(
        call.site,
        reservation=call.text("reservation"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | {"reservation": receipt.detail["reservation"]}


async def list_reservations(call: Call) -> Response:
    """List reservations in the order of their start; with `ended` also those that are over."""
    shown = await _listed(call, Reservation, call.site.parking.reservations.values())
    return {"reservations": [reservation_view(call.site, one) for one in shown]}


async def get_occupancy(call: Call) -> Response:
    """Tell how full the site is."""
    return occupancy_view(call.site)


async def _listed[R: Invitation | Reservation](
    call: Call, kind: type[R], open_ones: Iterable[R]
) -> list[R]:
    """Return a page of what holds, or of all there ever was: what is over is in the books only."""
    known = [*open_ones]
    if call.data["ended"]:
        known = await call.site.books.load(kind)
    known.sort(key=lambda one: (one.from_at, one.no))
    return page(call, known, lambda one: one.id)


ACTIONS: Final = (
    Action(
        "invite_visitor",
        invite_visitor,
        {
            vol.Optional("plate"): cv.string,
            **TIMES,
            vol.Optional("host"): cv.string,
            vol.Optional("host_pays", default=False): cv.boolean,
            vol.Optional("visits", default=1): vol.All(vol.Coerce(int), vol.Range(1, 1_000)),
            vol.Optional("unlimited", default=False): cv.boolean,
            vol.Optional("lanes"): TEXTS,
            **REFERENCE,
        },
    ),
    Action(
        "cancel_invitation",
        cancel_invitation,
        {vol.Required("invitation"): cv.string, **MAYBE_REASON},
    ),
    Action("list_invitations", list_invitations, {**ENDED, **PAGED}),
    Action(
        "reserve_space",
        reserve_space,
        {
            vol.Optional("space"): cv.string,
            vol.Optional("zone"): cv.string,
            vol.Optional("card"): cv.string,
            vol.Optional("plate"): cv.string,
            **TIMES,
            vol.Optional("note"): cv.string,
            **REFERENCE,
        },
    ),
    Action(
        "cancel_reservation",
        cancel_reservation,
        {vol.Required("reservation"): cv.string, **MAYBE_REASON},
    ),
    Action("list_reservations", list_reservations, {**ENDED, **PAGED}),
    Action("get_occupancy", get_occupancy, {}),
)
