"""What is wrong with the books of a site: short words that the ledger's sensor and health show."""

from datetime import timedelta
from typing import Final

from .operations.proving import problem_of
from .operations.site import Site

OLD_DOUBT: Final = timedelta(days=7)
"""A doubt nobody has settled for a week keeps money from being charged: it is a trouble of the books."""


def proof_shown(site: Site) -> dict[str, str | None]:
    """Return the last proof in short: when, what belongs to customers, what the bank last said."""
    proof, audited, money = site.proof, site.audited, site.currency.text
    statement = audited.statement_minor if audited is not None else None
    return {
        "proved_at": None if proof is None else proof.at.isoformat(),
        "liabilities": None if proof is None else money(proof.liability_minor),
        "statement": None if statement is None else money(statement),
    }


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
    if (unproven := problem_of(site)) is not None:
        found.append(f"proof_{unproven}")
    return found
