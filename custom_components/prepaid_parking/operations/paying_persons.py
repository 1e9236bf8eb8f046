"""Who stands at the counter: found by the flat, the phone number or the plate they say.

The answer names wallets and stays, never a person: whoever may open those reads the rest there.
"""

from dataclasses import dataclass
from typing import Final

from ..core.errors import CoreError
from ..core.identity import WalletId
from ..core.stay import Stay
from ..core.wallet import CredentialKind
from .site import Site
from .stay_book import stays_at
from .stay_finding import blind_plate
from .wallet_run import WalletRun

MOST_FOUND: Final = 50
"""Who finds more than this has to say it more closely."""
PHONE: Final = "phone"
"""The field of a person that can be found again."""
SHOWN: Final = (CredentialKind.CODE, CredentialKind.TAG)
"""What a card is held up with: a kiosk's reader cannot tell a tag's number from a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The wallets and the stays that may be meant; `more` says that there are others."""

    wallets: tuple[WalletRun, ...]
    stays: tuple[Stay, ...] = ()
    more: bool = False


async def find_payer(
    site: Site, *, unit: str = "", phone: str = "", plate: str = "", code: str = ""
) -> Found:
    """Find who pays by one of: a part of the unit's name, the phone number, the plate, a card's code or tag."""
    if sum(map(bool, (unit, phone, plate, code))) != 1:
        raise CoreError("payer_which")
    if unit:
        asked = unit.casefold()
        return _found([run for run in _open(site) if asked in run.wallet.unit.casefold()])
    if phone:
        subjects = set(await site.privacy.find(PHONE, phone))
        return _found([run for run in _open(site) if run.wallet.subject in subjects])
    blind = site.privacy.blind
    digests = [blind_plate(site, plate)] if plate else [blind(kind, code) for kind in SHOWN]
    stays = [stay for digest in digests for stay in stays_at(site, digest)]
    names = {stay.wallet for stay in stays if stay.wallet is not None}
    for digest in digests:
        known = site.credentials.get(digest)
        if known is not None and known.card in site.cards:
            names.add(WalletId(site.cards[known.card].wallet))
    return _found([site.wallets[name] for name in sorted(names) if name in site.wallets], stays)


def _open(site: Site) -> list[WalletRun]:
    return [run for run in site.wallets.values() if run.wallet.closed_at is None]


def _found(runs: list[WalletRun], stays: list[Stay] | None = None) -> Found:
    return Found(
        wallets=tuple(runs[:MOST_FOUND]), stays=tuple(stays or ()), more=len(runs) > MOST_FOUND
    )
