"""One at a time at the lanes: reads of one vehicle, the cars of one card, and who pays for a stay.

Whoever answers a vehicle takes its turn before anything is looked up about it: what it was asked by
must still be so when it is written down. Turns are taken in one order: card or plate, stay, permit,
invitation.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
import functools
from typing import Any, Concatenate

from ..core.asked import Asked, Way
from ..core.identity import StayId
from .lane_run import Shown
from .listed import office_card
from .site import Site
from .stay_book import alone, open_stay


@asynccontextmanager
async def vehicle_turn(site: Site, vehicle: Shown) -> AsyncIterator[StayId | None]:
    """Keep other reads of this vehicle, its card's other cars, and who pays for it, waiting.

    Gives the stay whose turn it holds.
    """
    digest, credential = vehicle.digest, site.credentials.get(vehicle.digest)
    card = credential.card if credential is not None else office_card(site, vehicle.office)
    async with alone(site, digest if card is None else card):
        stay = open_stay(site, digest)
        if stay is None:
            yield None
        else:
            async with alone(site, stay.id):
                yield stay.id


@asynccontextmanager
async def asked_turn(site: Site, asked: Asked, held: StayId | None) -> AsyncIterator[None]:
    """Take the turns of what an answer changes beside the vehicle itself.

    A stay that began under another plate or tag than what is shown now, and what a visit is taken of.
    """
    keys: list[str | None] = []
    if asked.stay is not None and asked.stay.id != held:
        keys.append(asked.stay.id)
    if asked.way is Way.ENTRY:
        permit, invitation = asked.permit, asked.invitation
        keys.append(permit.id if permit is not None else None)
        keys.append(invitation.id if invitation is not None else None)
    async with all_alone(site, *keys):
        yield


@asynccontextmanager
async def all_alone(site: Site, *keys: str | None) -> AsyncIterator[None]:
    """Take several turns, one after the other; what is None is not there."""
    async with AsyncExitStack() as stack:
        for key in keys:
            if key is not None:
                await stack.enter_async_context(alone(site, key))
        yield


def alone_with[**P, R](
    field: str,
) -> Callable[
    [Callable[Concatenate[Site, P], Awaitable[R]]],
    Callable[Concatenate[Site, P], Coroutine[Any, Any, R]],
]:
    """Let an operation change the permit or invitation that a field names while no lane takes a visit."""

    def wrapped(
        work: Callable[Concatenate[Site, P], Awaitable[R]],
    ) -> Callable[Concatenate[Site, P], Coroutine[Any, Any, R]]:
        @functools.wraps(work)
        async def waiting(site: Site, /, *args: P.args, **kwargs: P.kwargs) -> R:
            async with alone(site, str(kwargs[field]).lower()):
                return await work(site, *args, **kwargs)

        return waiting

    return wrapped
