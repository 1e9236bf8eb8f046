"""What keeps a wallet from being cut now, and until when: vetoes, promises, the site's own hold."""

from datetime import datetime
from typing import Final

from ..core.respite import Respite, RespiteKind, SiteHold, in_force
from ..core.supply_rules import Why
from .site import Site
from .wallet_run import WalletRun

_WHY: Final = {RespiteKind.VETO: Why.VETOED, RespiteKind.PROMISE: Why.PROMISED}


def site_is_held(site: Site, now: datetime) -> bool:
    """Tell whether no supply of the site is cut now."""
    return in_force(site.supplying.held, now)


def spared(site: Site, wallet: WalletRun, now: datetime) -> Why | None:
    """Return what keeps a wallet from being cut for money now."""
    given = site.supplying.respites.get(wallet.wallet.id)
    if not given:
        return None
    return next((_WHY[kind] for kind in RespiteKind if in_force(given.get(kind), now)), None)


def sparing(site: Site, wallet: WalletRun, now: datetime) -> list[Respite | SiteHold]:
    """Return everything that keeps a wallet from being cut now."""
    given = site.supplying.respites.get(wallet.wallet.id, {})
    held = site.supplying.held
    every = (*given.values(), *((held,) if held is not None else ()))
    return [one for one in every if in_force(one, now)]
