"""What was written under a reference before is answered as it was, whatever has changed since."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import ConflictError, CoreError
from ..core.ledger import Act, Floor, Receipt
from ..core.money import MOST_MINOR
from .site import Site

GENERATED: Final = "generated-"
NEVER: Final = Floor(account=site_account(SiteAccount.ROUNDING), minimum_minor=MOST_MINOR)
"""A balance that is never there: an act with it is answered if it was booked before, else refused."""


def is_own(reference: str) -> bool:
    """Tell whether a reference is the caller's: by one that was made up nothing is found again."""
    return bool(reference) and not reference.startswith(GENERATED)


async def answered_before(site: Site, act: Act) -> Receipt | None:
    """Return what was answered under an act's reference before; None where that is new.

    For acts that are made of how things stand: they stand otherwise when the same is asked again.
    """
    if act.reference is None or not is_own(act.reference.key):
        return None
    try:
        return await site.books.commit(replace(act, floors=(NEVER,)))
    except CoreError as err:
        if err.key != "not_enough_money":
            raise
        return None


async def answered_as(site: Site, act: Act, kinds: Iterable[EntryKind]) -> Receipt | None:
    """Return what was answered under an act's reference before, booked as any of these kinds.

    What is asked for again may stand otherwise by now: a debt that was paid is a debt no more.
    """
    other: ConflictError | None = None
    for kind in kinds:
        try:
            return await answered_before(site, replace(act, kind=kind))
        except ConflictError as err:
            other = err
    if other is not None:
        raise other
    return None
