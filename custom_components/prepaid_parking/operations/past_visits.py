"""Invitations and reservations whose time is past: over, and their plates destroyed."""

import contextlib
from dataclasses import replace
from datetime import datetime

from ..core.errors import CoreError, StoreError
from ..core.visiting import Invitation, Reservation
from .booking import keep
from .site import Site


async def end_past_visits(site: Site, now: datetime) -> None:
    """End what is past. A visitor who is still inside is let out, and paid for, by the invitation."""
    if not site.clock_ok:
        return
    parking = site.parking
    inside = {one.invitation for one in parking.stays.values() if one.invitation is not None}
    for invitation in [*parking.invitations.values()]:
        if (
            invitation.to_at <= now
            and invitation.id not in inside
            and await _ended(site, invitation)
        ):
            parking.invitations.pop(invitation.id, None)
    for reservation in [*parking.reservations.values()]:
        if reservation.to_at <= now and await _ended(site, reservation):
            parking.reservations.pop(reservation.id, None)


async def _ended(site: Site, visit: Invitation | Reservation) -> bool:
    """Write down that a visit is over, then destroy what was sealed for it; tell whether it was."""
    if not await keep(site, replace(visit, ended_at=visit.to_at)):
        return False
    if visit.subject:
        with contextlib.suppress(CoreError, StoreError):
            await site.privacy.forget_subject(visit.subject)
    return True
