"""Above a till's limit another person has to agree before cash moves.

Whoever wants to move it asks, is told under which name it waits, and asks again once somebody else
has confirmed it. What waits is in memory only: it is soon done or forgotten, and moves nothing.
"""

from datetime import timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.identity import Actor, ActorKind
from ..core.ledger import Act
from ..core.shift import Till
from .desk_book import Asked
from .site import Site

WAITS: Final = timedelta(minutes=10)
"""So long the payer stands at the counter."""
MOST_ASKED: Final = 100
"""More than this wait at no desk: the oldest is forgotten."""


def needs_second(site: Site, act: Act, cash_minor: int, till: Till) -> CoreError | None:
    """Return the refusal that says what to confirm; None once somebody else has."""
    if agreed(site, act, cash_minor) is not None:
        return None
    desk, wanted = site.desk, _wanted(act, cash_minor)
    asked = next((one for one in desk.asked.values() if one.wanted == wanted), None)
    if asked is None:
        desk.asked_ever += 1
        asked = Asked(
            id=f"cash{desk.asked_ever}",
            wanted=wanted,
            asked_by=str(act.actor),
            asked_at=site.clock(),
        )
        desk.asked[asked.id] = asked
        while len(desk.asked) > MOST_ASKED:
            desk.asked.popitem(last=False)
    return CoreError(
        "cash_second_person",
        operation=asked.id,
        amount=site.currency.text(abs(cash_minor)),
        till=till.name,
    )


def agreed(site: Site, act: Act, cash_minor: int) -> Asked | None:
    """Return what another person has confirmed and this act is."""
    _forget(site)
    wanted = _wanted(act, cash_minor)
    return next(
        (one for one in site.desk.asked.values() if one.confirmed_by and one.wanted == wanted),
        None,
    )


def confirm_cash(site: Site, *, operation: str, actor: Actor) -> Asked:
    """Agree to a movement of cash that somebody else asked for; it is done when they ask again."""
    _forget(site)
    asked = site.desk.asked.get(operation)
    if asked is None:
        raise CoreError("unknown_operation", operation=operation)
    if actor.kind is not ActorKind.USER or str(actor) == asked.asked_by:
        raise CoreError("operation_same_person", operation=operation)
    asked.confirmed_by = str(actor)
    return asked


def _forget(site: Site) -> None:
    """Forget what waited too long, confirmed or not."""
    too_old = site.clock() - WAITS
    for name in [one.id for one in site.desk.asked.values() if one.asked_at < too_old]:
        del site.desk.asked[name]


def _wanted(act: Act, cash_minor: int) -> tuple[object, ...]:
    """Return what makes an act the same one when it is asked for again."""
    about = (
        str(act.detail.get(name) or "") for name in ("wallet", "stay", "bill", "agent", "batch")
    )
    return (str(act.actor), act.kind, cash_minor, *about)
