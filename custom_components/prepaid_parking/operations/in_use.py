"""Meters whose relay is the switch of a point of use: whether somebody is using what is behind it."""

from typing import Final

from ..core.errors import CoreError
from ..core.identity import MeterId
from ..core.use import UseState
from .meter_run import MeterRun
from .site import Site

METER: Final = "meter/"
"""Begins a switch that is a meter's own relay; any other is an entity of the hub."""


def meter_of(site: Site, switch: str) -> MeterRun | None:
    """Return the meter whose relay a switch is; None for an entity, and for a meter that is gone."""
    return site.meters.get(MeterId(switch.removeprefix(METER))) if is_meter(switch) else None


def is_meter(switch: str) -> bool:
    """Tell whether a switch is a meter's own relay."""
    return switch.startswith(METER)


def refuse_used(site: Site, run: MeterRun) -> None:
    """Refuse to let a wallet pay for what is sold by the use: a use would then cut that wallet's supply."""
    if in_use(site, run) is not None:
        raise CoreError("meter_is_use_switch", meter=run.meter.name)


def in_use(site: Site, run: MeterRun) -> bool | None:
    """Tell whether somebody uses what is sold behind a meter; None where nothing is.

    It is read from the books' uses each time: what is to be off after a crash is off.
    """
    switch = f"{METER}{run.meter.id}"
    used = [one for one in site.using.uses.values() if one.use.switch == switch]
    if not used and all(point.switch != switch for point in site.using.points.values()):
        return None
    return any(
        one.ending is None and one.use.state in (UseState.STARTING, UseState.RUNNING)
        for one in used
    )
