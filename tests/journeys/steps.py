"""Steps that many journeys take, and what a person would see after them."""

from collections.abc import Callable
from typing import Any

from homeassistant.helpers import issue_registry as ir

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter


async def paid_meter(
    hub: Hub, line: ModbusLine, device: AcrelDdsy1352, amount: str = "100", **more: Any
) -> None:
    """Set up a meter that is bound to a wallet with some money, at 0.80 a kilowatt-hour."""
    await bound_meter(hub, line, device, **more)
    await hub.call("top_up", wallet="w1", amount=amount, channel="cash", reference="first")


def look(hub: Hub) -> None:
    """Have every meter read now instead of at its next second."""
    site = hub.data.site
    for run in site.meters.values():
        site.look_again(run)


async def attend(hub: Hub, within: float = 20) -> None:
    """Have the site look at its clock and at every meter; return when it has done what follows."""
    site, keeper = hub.data.site, hub.data.keeper
    since, before = site.clock(), {key: run.last for key, run in site.meters.items()}
    await keeper.tick()
    look(hub)

    async def seen() -> bool:
        lasts = {key: run.last for key, run in site.meters.items()}
        return all(
            last is not None and last is not before.get(key) and last.at >= since
            for key, last in lasts.items()
        )

    await hub.until(seen, within, every=0.005)
    await keeper.work()


async def nothing_is_sent(hub: Hub, line: ModbusLine, unit: int = 1) -> None:
    """Let the site look a few times more: no command was on the wire.

    What a look decides goes out before the next one comes back, as both go by the same wire.
    """
    for _ in range(4):
        await attend(hub)
    assert not line.log.writes(unit)


async def shows(hub: Hub, available: str, *, wallet: str = "w1", within: float = 20) -> None:
    """Wait until a wallet shows an available balance."""
    look(hub)

    async def said() -> bool:
        return bool((await hub.wallet(wallet))["available"] == available)

    await hub.until(said, within)


async def meter_shows(
    hub: Hub, said: Callable[[dict[str, Any]], bool], *, meter: str = "m1", within: float = 20
) -> None:
    """Wait until something holds of what the hub says of a meter."""
    look(hub)

    async def so() -> bool:
        return said(await hub.meter(meter))

    await hub.until(so, within)


async def reads(hub: Hub, register: str, *, meter: str = "m1", within: float = 20) -> None:
    """Wait until a meter was read at a register."""
    await meter_shows(hub, lambda one: one["register"] == register, meter=meter, within=within)


async def doubts(hub: Hub, kind: str, *, meter: str = "m1", within: float = 20) -> str:
    """Wait for a doubt of a kind; return its id."""

    def doubted(one: dict[str, Any]) -> bool:
        return one["doubt"] is not None and one["doubt"]["kind"] == kind

    await meter_shows(hub, doubted, meter=meter, within=within)
    return str((await hub.meter(meter))["doubt"]["doubt"])


async def doubts_nothing(hub: Hub, *, meter: str = "m1", within: float = 20) -> None:
    """Wait until a meter is believed again."""
    await meter_shows(hub, lambda one: one["doubt"] is None, meter=meter, within=within)


async def requests(line: ModbusLine, count: int, unit: int = 1, timeout: float = 20) -> None:
    """Wait for so many more requests to a unit, so that what was to happen has had its chance."""
    seen = len(line.log.find(unit=unit))
    await line.log.until(lambda: len(line.log.find(unit=unit)) >= seen + count, timeout=timeout)


def repairs(hub: Hub) -> set[str]:
    """Return the kinds of repair that the hub shows for us."""
    return {
        str(issue.translation_key)
        for (domain, _), issue in ir.async_get(hub.hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def repair_shown(hub: Hub, kind: str) -> None:
    """Wait until a repair is shown."""

    async def shown() -> bool:
        return kind in repairs(hub)

    await hub.until(shown, 20)


async def no_repairs(hub: Hub) -> None:
    """Wait until nothing is left to mend."""

    async def none() -> bool:
        return not repairs(hub)

    await hub.until(none, 20)


async def post(hub: Hub, wallet: str = "w1") -> str:
    """Have everything posted that a wallet's meters used; return the closing balance."""
    return str((await hub.call("get_statement", wallet=wallet))["closing"])
