"""Plates one sign off: found by trying what the read could have been, since no plate is kept readable."""

from collections.abc import Callable

from ..core.plate import confusables, neighbours
from ..core.stay import Stay
from ..core.wallet import Card, CredentialKind
from .site import Site
from .stay_book import latest, stays_at


def near_card(site: Site, plate: str) -> Card | None:
    """Return the card that is registered for a plate one sign off; None where several are."""

    def card(digest: bytes) -> Card | None:
        credential = site.credentials.get(digest)
        return None if credential is None else site.cards.get(credential.card)

    return _only(site, plate, card)


def near_stay(site: Site, plate: str) -> Stay | None:
    """Return the stay of a vehicle whose plate is one sign off; None where several are inside."""
    return _only(site, plate, lambda digest: latest(stays_at(site, digest)))


def _only[T: (Card, Stay)](site: Site, plate: str, find: Callable[[bytes], T | None]) -> T | None:
    """Return what is found by the plates around a read, the look-alikes first.

    Some 600 plates are tried: one millisecond, and only for a plate that nobody knows.
    """
    for plates in (confusables(plate), neighbours(plate)):
        tried = (find(site.privacy.blind(CredentialKind.PLATE, one)) for one in plates)
        found = {one.id: one for one in tried if one is not None}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None
