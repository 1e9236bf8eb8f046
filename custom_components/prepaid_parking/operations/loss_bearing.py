"""Who bears how much of a loss: whoever paid for the meters behind, by how much and for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..core.errors import CoreError
from ..core.identity import WalletId
from ..core.loss import Mark, Metered, counted
from ..core.metering import Installation
from ..core.shares import ShareBy
from ..core.wallet import Binding
from .meter_run import MeterRun
from .occupants import owner_of_unit, persons_in
from .site import Site
from .wallet_run import WalletRun

SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who paid for a meter in a part of the period, and by how much of what it is measured by.

    `payer` None: that wallet is closed and nobody stands in for it; the site bears the part.
    """

    meter: str
    wallet: str
    payer: WalletRun | None
    weight: int


async def bearers(
    site: Site, subs: Sequence[Metered], by: ShareBy, weights: Mapping[str, int]
) -> list[Bearer]:
    """Return who bears a loss, in the order of the meters and of the time.

    A tenant who came in the middle bears for the half: by consumption what went through until then
    and from then on, else by the time.
    """
    found: list[Bearer] = []
    for sub in subs:
        run = site.meter(sub.meter)
        bindings = await site.books.load(Binding, meter=sub.meter)
        for binding in sorted(bindings, key=lambda one: (one.from_at, one.id)):
            begin, end = _overlap(site, run, binding, sub)
            if begin.at >= end.at:
                continue
            if by is ShareBy.CONSUMPTION:
                weight = max(0, counted(site.installations, begin, end) or 0)
            else:
                size = _size(site, run, by, weights)
                weight = size * ((end.at - begin.at) // SECOND)
            if weight:
                found.append(
                    Bearer(
                        meter=sub.meter,
                        wallet=binding.wallet,
                        payer=_payer(site, run, binding.wallet),
                        weight=weight,
                    )
                )
    return found


def _overlap(site: Site, run: MeterRun, binding: Binding, sub: Metered) -> tuple[Mark, Mark]:
    """Return from where to where a binding paid within the period."""
    begin, end = sub.begin, sub.end
    if binding.from_at > begin.at:
        begin = _mark(site, run, binding.from_register, binding.from_at)
    if binding.to_at is not None and binding.to_register is not None and binding.to_at < end.at:
        end = _mark(site, run, binding.to_register, binding.to_at)
    return begin, end


def _mark(site: Site, run: MeterRun, register: int, at: datetime) -> Mark:
    """Return a register with the installation that showed it at that time."""
    mine = [one for one in site.installations.values() if one.meter == run.meter.id]
    mine.sort(key=_number)
    shown = next((one for one in mine if one.to_at is None or at <= one.to_at), mine[-1])
    return Mark(meter=run.meter.id, at=at, installation=shown.id, register=register)


def _number(one: Installation) -> int:
    return one.number


def _size(site: Site, run: MeterRun, by: ShareBy, weights: Mapping[str, int]) -> int:
    """Return what a meter bears by, where that is not what it counted."""
    if by is ShareBy.FIXED:
        return weights.get(run.meter.id, 0)
    if not run.meter.unit:
        raise CoreError("meter_without_unit", meter=run.meter.id)
    if by is ShareBy.PERSONS:
        return persons_in(site, run.meter.unit)
    return site.unit(run.meter.unit).area_cm2


def _payer(site: Site, run: MeterRun, wallet: str) -> WalletRun | None:
    known = site.wallets[WalletId(wallet)]
    if known.wallet.closed_at is None:
        return known
    return owner_of_unit(site, run.meter.unit)
