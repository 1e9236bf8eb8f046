"""Countries in which cash is taken only into a certified cash register or through a fiscal device.

This integration is no such register. Where the law asks for one, its cash desk takes no cash until
the site says that a certified register is used beside it; every other way to pay goes on.

From the overview "European VAT electronic cash registers" (vatcalc.com, page on Slovenia, read in
November 2026), with these countries left out: Czechia, whose duty is suspended, and Belgium, whose
duty is for food service only (documentation of Odoo's fiscal data module). Austria, France and
Germany are confirmed by the documentation of Microsoft Dynamics 365 Commerce (fiscal registration
services) and of Odoo (VAT anti-fraud certification). Exceptions within a country (small turnovers,
single trades) are the site's to know: that is what its option is for. The names of devices and laws,
in the country's own words, are for the site's accountant to find the duty by; they are no advice.
"""

from collections.abc import Mapping
from typing import Final

REGISTERS: Final[Mapping[str, str]] = {
    "AL": "fiskalizimi, ligji 87/2019",
    "AT": "Registrierkasse, RKSV",
    "BG": "фискално устройство, Наредба Н-18",
    "DE": "TSE, § 146a AO, KassenSichV",
    "FR": "logiciel de caisse certifié, art. 286 I 3° bis CGI",
    "GR": "ΦΗΜ",
    "HR": "fiskalizacija, Zakon o fiskalizaciji",
    "HU": "online pénztárgép",
    "IT": "registratore telematico, D.Lgs. 127/2015",
    "LT": "kasos aparatas, i.EKA",
    "ME": "elektronska fiskalizacija, Zakon o fiskalizaciji",
    "PL": "kasa rejestrująca, art. 111 ustawy o VAT",
    "PT": "programa de faturação certificado, DL 28/2019",
    "RO": "aparat de marcat electronic fiscal, OUG 28/1999",
    "RS": "elektronski fiskalni uređaj, Zakon o fiskalizaciji",
    "RU": "ККТ, 54-ФЗ",
    "SE": "kassaregister, SFL 39 kap.",
    "SI": "davčna blagajna, ZDavPR",
    "SK": "eKasa, zákon 289/2008",
    "TR": "ÖKC, 3100 sayılı Kanun",
    "UA": "РРО, Закон 265/95-ВР",
}
"""What is asked for, and by which law, by ISO 3166-1 codes as the hub keeps its country."""


def register_asked_for(country: str | None) -> str:
    """Return the register that a country's law asks for; "" where none is known."""
    return REGISTERS.get((country or "").upper(), "")


def cash_barred(country: str | None, *, register_beside: bool) -> str:
    """Return the country whose law keeps the desk from taking cash; "" where it may."""
    return "" if register_beside or not register_asked_for(country) else str(country).upper()
