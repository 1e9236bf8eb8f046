"""The pair of hubs of a site: attached like a device, on the broker that both reach."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from .const import CONF_CODE, CONF_ROLE, CONF_SITE, DOMAIN
from .coordinator import PARK, PrepaidConfigEntry
from .core.errors import CoreError
from .core.two_hubs import HubState, ListPart, Role
from .hub_lane import LaneSide
from .hub_office import OfficeSide
from .links.pairing import Pairing
from .operations.order_taking import open_taker
from .operations.order_telling import OrderTeller
from .wiring_line import LineRun
from .wiring_mqtt import MqttLineRun


async def attach_office(
    hass: HomeAssistant, entry: PrepaidConfigEntry, subentry: ConfigSubentry, line: LineRun
) -> Callable[[], None]:
    """Begin to talk with the other hub; returns how to stop that."""
    if not isinstance(line, MqttLineRun):
        raise CoreError("pairing_needs_mqtt")
    data = entry.runtime_data
    site, books, link = data.site, data.books, line.line
    pairing, role = Pairing.of(subentry.data[CONF_CODE]), Role(subentry.data[CONF_ROLE])
    state = HubState(role=role, since=site.clock())
    shown = partial(data.coordinator.touch, PARK)
    side: OfficeSide | LaneSide
    if role is Role.OFFICE:
        taker = await open_taker(site, pairing.pair)
        state.differs = taker.mark.differs
        side = OfficeSide(site, link, pairing, state, taker)
    else:
        others = [one for one in await books.load(ListPart) if one.pair != pairing.pair]
        if others and books.writable:
            await books.forget(*others)
        origin = f"{entry.data[CONF_SITE][:8]}.{books.head().incarnation}"
        side = LaneSide(site, link, pairing, state, OrderTeller(site, origin), shown)
        await side.load()
    with ExitStack() as undo:
        undo.callback(books.watch(side.written))
        undo.callback(link.attach(side.link.listener))
        work = entry.async_create_background_task(hass, side.run(), f"{DOMAIN} {role} of two hubs")
        undo.callback(work.cancel)
        running = undo.pop_all()
    site.parking.hubs[subentry.subentry_id] = state
    shown()

    def detach() -> None:
        running.close()
        site.parking.hubs.pop(subentry.subentry_id, None)
        if role is Role.LANE:
            site.parking.lane_list = None
        shown()

    return detach
