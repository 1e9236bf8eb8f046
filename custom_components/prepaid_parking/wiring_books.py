"""From a meter's or lane's configuration to its place in the books and on the site."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigSubentry

from .const import (
    CONF_COMMODITY,
    CONF_DIRECTION,
    CONF_FAIL,
    CONF_FAMILY,
    CONF_FEE,
    CONF_INPUTS,
    CONF_LANE,
    CONF_LEAST_SCORE,
    CONF_MAX_POWER,
    CONF_METER,
    CONF_PROFILE,
    CONF_QUANTITY,
    CONF_READER,
    CONF_RESTORE,
    CONF_SERIAL,
    CONF_ZONE,
    FAMILY_NONE,
)
from .core.identity import SYSTEM, LaneId, MeterId
from .core.lane import FailPolicy
from .core.metering import Commodity, Limits, Quantity
from .core.money import parse_quantity
from .core.supply import RestoreMode
from .core.wallet import Meter
from .operations.lane_run import LaneRun
from .operations.meter_run import MeterRun
from .operations.metering import find_meter
from .operations.office import add_meter, update_meter
from .operations.site import Site
from .wiring_line import LineRun
from .wiring_modbus import ModbusLine


async def enter_meter(site: Site, subentry: ConfigSubentry, line: LineRun) -> MeterRun:
    """Return the books' meter of a subentry; a serial number that was here before resumes."""
    data = subentry.data
    known = data.get(CONF_METER) or find_meter(site, data[CONF_PROFILE], data[CONF_SERIAL])
    run = site.meters.get(MeterId(str(known)))
    if run is not None:
        meter = replace(run.meter, commodity=Commodity(data[CONF_COMMODITY]))
        await _update(site, run, meter, subentry, line)
        return run
    limits = _limits(line, data, None)
    return await add_meter(
        site,
        profile=data[CONF_PROFILE],
        serial=data[CONF_SERIAL],
        name=subentry.title,
        commodity=Commodity(data[CONF_COMMODITY]),
        quantity=Quantity(data[CONF_QUANTITY]),
        max_rate=limits.max_rate_per_hour,
        modulus=limits.modulus,
        jitter=limits.jitter,
        restore=RestoreMode(data[CONF_RESTORE]),
        actor=SYSTEM,
    )


async def follow_ratio(site: Site, run: MeterRun, subentry: ConfigSubentry, line: LineRun) -> None:
    """Let a register behind other transformers start over where it now does."""
    await _update(site, run, run.meter, subentry, line)


async def lane_of(site: Site, subentry: ConfigSubentry) -> LaneRun:
    """Return a subentry's lane, without its barrier; one that is new gets its number."""
    data = subentry.data
    return LaneRun(
        id=LaneId(data.get(CONF_LANE) or f"l{await site.books.next_number('lane')}"),
        name=subentry.title,
        direction=data[CONF_DIRECTION],
        fee_minor=site.currency.parse(data.get(CONF_FEE) or "0"),
        least_score=int(data.get(CONF_READER, {}).get(CONF_LEAST_SCORE, 0)),
        zone=data.get(CONF_ZONE, ""),
        reads=data.get(CONF_READER, {}).get(CONF_FAMILY, FAMILY_NONE) != FAMILY_NONE,
        fail=FailPolicy(data.get(CONF_FAIL, FailPolicy.HOLD_LAST)),
        fitted=frozenset(data.get(CONF_INPUTS, {})),
    )


async def _update(
    site: Site, run: MeterRun, known: Meter, subentry: ConfigSubentry, line: LineRun
) -> None:
    """Let the books say of a meter what its subentry does."""
    data = subentry.data
    limits = _limits(line, data, run.installation.ratio if run.installation else None)
    meter = replace(
        known,
        name=subentry.title,
        max_rate=limits.max_rate_per_hour,
        modulus=limits.modulus,
        jitter=limits.jitter,
    )
    restore = RestoreMode(data[CONF_RESTORE])
    if meter != run.meter or restore is not run.supply.restore:
        await update_meter(site, run, meter, restore, SYSTEM)


def _limits(line: LineRun, data: Mapping[str, Any], ratio: str | None) -> Limits:
    """Return what can be believed of a meter behind a transformer ratio."""
    most = parse_quantity(data[CONF_MAX_POWER], Quantity(data[CONF_QUANTITY]))
    if isinstance(line, ModbusLine):
        return replace(line.profile_of(data).limits(ratio), max_rate_per_hour=most)
    return Limits(max_rate_per_hour=most)
