"""Who is in a unit, and so who pays for it now."""

from collections.abc import Sequence
from datetime import datetime

from ..core.identity import UnitId, WalletId
from ..core.unit import Occupancy, Unit, occupancy_at, persons_at
from ..core.wallet import Purpose
from .site import Site
from .wallet_run import WalletRun


def occupancy_of(site: Site, unit: str, at: datetime | None = None) -> Occupancy | None:
    """Return who occupies a unit now (or did at an instant); None while it is vacant."""
    history = site.house.occupancies.get(UnitId(unit), ())
    return occupancy_at(history, _now(site, history) if at is None else at)


def persons_in(site: Site, unit: str) -> int:
    """Return how many persons are in a unit now; nobody where there is no such unit."""
    known = site.house.units.get(UnitId(unit))
    if known is None:
        return 0
    history = site.house.occupancies.get(known.id, ())
    return persons_at(known, history, _now(site, history))


def begun_at(site: Site, unit: str) -> datetime | None:
    """Return when the present occupant moved in, however often the heads were counted anew since."""
    begun: datetime | None = None
    present = occupancy_of(site, unit)
    for one in reversed(site.house.occupancies.get(UnitId(unit), ())):
        if present is None or one.wallet != present.wallet or begun not in (None, one.to_at):
            break
        begun = one.from_at
    return begun


def owner_of_unit(site: Site, unit: str) -> WalletRun | None:
    """Return the wallet that pays for a unit while it is vacant, where there is an open one."""
    known = site.house.units.get(UnitId(unit))
    return _open(site, known.owner) if known is not None else None


def payer_of_unit(site: Site, unit: str) -> WalletRun | None:
    """Return the wallet that pays for a unit now: its occupant's, or its owner's."""
    present = occupancy_of(site, unit)
    run = _open(site, present.wallet) if present is not None else None
    return run or owner_of_unit(site, unit)


def find_unit(site: Site, asked: str) -> Unit | None:
    """Return the registered unit that somebody means by its id or its name; None where there is none."""
    known = site.house.units.get(UnitId(asked.strip().lower()))
    if known is not None and known.closed_at is None:
        return known
    named = (one for one in site.house.units.values() if one.name == asked.strip())
    return next((one for one in named if one.closed_at is None), None)


def units_of(site: Site, wallet: str) -> list[UnitId]:
    """Return the units that a wallet occupies now."""
    return [
        unit
        for unit in site.house.occupancies
        if (present := occupancy_of(site, unit)) is not None and present.wallet == wallet
    ]


def _now(site: Site, history: Sequence[Occupancy]) -> datetime:
    """Return the present, not before anybody came or went: a clock that was set back empties no flat."""
    moved = (at for one in history for at in (one.from_at, one.to_at) if at is not None)
    return max((site.clock(), *moved))


def _open(site: Site, wallet: str) -> WalletRun | None:
    run = site.wallets.get(WalletId(wallet))
    if run is None or run.wallet.closed_at is not None:
        return None
    return run if run.wallet.purpose is Purpose.UTILITY else None
