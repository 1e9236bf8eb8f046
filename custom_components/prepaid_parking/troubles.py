"""What is wrong with the books of a site: short words that the ledger's sensor and health show."""

from datetime import timedelta
from typing import Final

from .operations.site import Site

OLD_DOUBT: Final = timedelta(days=7)
"""A doubt nobody has settled for a week keeps money from being charged: it is a trouble of the books."""


def troubles(site: Site) -> list[str]:
    """Return what is wrong, nothing where all is well."""
    found = []
    if site.trouble:
        found.append(site.trouble)
    elif not site.books.writable:
        found.append("not_writable")
    now = site.clock()
    if any(now - doubt.at > OLD_DOUBT for doubt in site.doubts.values()):
        found.append("old_doubts")
    if not site.clock_ok:
        found.append("clock")
    return found
