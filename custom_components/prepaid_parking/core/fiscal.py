"""Countries in which cash is taken only into a certified cash register or through a fiscal device.

This integration is no such register. Where the law asks for one, its cash desk takes no cash until
the site says that a certified register is used beside it; every other way to pay goes on.

From the overview "European VAT electronic cash registers" (vatcalc.com, page on Slovenia, read in
November 2026), with these countries left out: Czechia, whose duty is suspended, and Belgium, whose
duty is for food service only (documentation of Odoo's fiscal data module). Austria, France and
Germany are confirmed by the documentation of Microsoft Dynamics 365 Commerce (fiscal registration
services) and of Odoo (VAT anti-fraud certification). Exceptions within a country (small turnovers,
single trades) are the site's to know: that is what its option is for.
"""

from typing import Final

REGISTER_NEEDED: Final = frozenset(
    {
        *("AL", "AT", "BG", "DE", "FR", "GR", "HR", "HU", "IT", "LT", "ME"),
        *("PL", "PT", "RO", "RS", "RU", "SE", "SI", "SK", "TR", "UA"),
    }
)
"""ISO 3166-1 codes, as the hub keeps its country."""


def cash_barred(country: str | None, *, register_beside: bool) -> str:
    """Return the country whose law keeps the desk from taking cash; "" where it may."""
    code = (country or "").upper()
    return code if code in REGISTER_NEEDED and not register_beside else ""
