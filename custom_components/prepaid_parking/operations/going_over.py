"""A meter goes over to its next tariff: what lies before the instant is charged by the one before.

The stretch of consumption in which the instant lies is split there, whenever the meter is read.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.assigned import TariffChange
from ..core.entry_kind import EntryKind
from ..core.errors import StoreError
from ..core.identity import SYSTEM
from ..core.ledger import Act
from ..core.metering import Consumption
from .demand import note_demand
from .demand_months import end_demands, ends_with
from .meter_run import MeterRun
from .site import Site
from .standing import charge_days_before
from .usage import post_windows
from .window import accrue, open_window

MICROSECOND: Final = timedelta(microseconds=1)


async def go_over(site: Site, run: MeterRun, moved: Consumption) -> Consumption:
    """Charge what lies before each change of tariff that has come; returns the rest of the stretch.

    What cannot be written stays planned: the meter is charged again from the same instant on.
    """
    while run.changes and run.binding is not None and run.window is not None:
        change = run.changes[0]
        if change.at >= moved.to_at:
            break
        if change.at > moved.from_at:
            before, moved = split_at(moved, change.at)
            pricer = site.tariffs[run.binding.tariff]
            accrue(site, run, pricer, before)
            note_demand(site, run, pricer)
        await post_windows(site, (run,), whole=True)
        if run.closing is not None or not run.window.empty:
            raise StoreError(site.trouble or "failed")
        await _switch(site, run, change)
    return moved


def split_at(moved: Consumption, at: datetime) -> tuple[Consumption, Consumption]:
    """Split a stretch at an instant in it, as if it had gone through evenly."""
    # Whole microseconds: a product of energy and timedelta overflows at a thousand kWh.
    passed = (at - moved.from_at) // MICROSECOND
    length = (moved.to_at - moved.from_at) // MICROSECOND
    register = moved.from_register + moved.quantity * passed // length
    return (
        replace(moved, to_register=register, to_at=at),
        replace(moved, from_register=register, from_at=at, rolled_over=False),
    )


async def _switch(site: Site, run: MeterRun, change: TariffChange) -> None:
    """Let a meter whose window has just been posted be charged by its next tariff."""
    binding, window = run.binding, run.window
    assert binding is not None
    assert window is not None
    await charge_days_before(site, run, change.at)
    if ends_with(site, run, change):
        await end_demands(site, (run,), change.at)
    now = site.clock()
    other = replace(binding, tariff=change.tariff)
    done = replace(change, done_at=now, before=binding.tariff)
    await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_ASSIGNED,
            event=f"binding/{binding.id}/{change.id}",
            occurred=change.at,
            actor=SYSTEM,
            detail={
                "meter": run.meter.id,
                "wallet": binding.wallet,
                "before": binding.tariff,
                "tariff": change.tariff,
                "at": change.at.isoformat(),
                "register": window.to_register,
            },
            puts=(other, done),
        )
    )
    run.changes.pop(0)
    names = site.tariffs[binding.tariff].at(change.at).version.terms.registers
    if names != site.tariffs[change.tariff].at(change.at).version.terms.registers:
        run.rates = ()
    run.binding = other
    open_window(site, run, window.to_register, window.to_at, window.carry)
    site.wake((run,))
