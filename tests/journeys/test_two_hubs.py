"""Journey: one hub runs the property office, another the lanes; a broker is between them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
import os
from random import Random
import signal
from time import monotonic
from typing import Any
from uuid import uuid4

from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking import hub_lane, standing_repairs
from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.stay import Stay
from custom_components.prepaid_parking.core.two_hubs import ReceivedOrder
from custom_components.prepaid_parking.hub_repairs import HubRepairs
from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.pairing import new_code
from tests.brokers import Mosquitto
from tests.hub.test_sensor import shows, state

from .clock import Clock
from .conftest import Hub, connected_line, subscribed
from .parking import VISITORS
from .steps import repairs

PLATE = "粤B 54321"
STRANGERS = ("粤B 10001", "粤B 20022", "粤B 30333", "粤B 44444", "粤B 98765")
LANE: dict[str, Any] = {
    "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
    "direction": "both",
    "fee": "0",
}


@dataclass
class Pair:
    """Both hubs, the broker, and the code."""

    office: Hub
    lanes: Hub
    broker: Mosquitto
    code: str

    async def call(self, hub: Hub, action: str, **fields: Any) -> dict[str, Any]:
        """Call an action of one of the two sites."""
        return await hub.call(action, config_entry_id=hub.entry.entry_id, **fields)

    async def join(self, *, lane_code: str = "") -> None:
        """Connect both to the broker and to each other."""
        for hub, role in ((self.office, "office"), (self.lanes, "lane")):
            line_id = await connected_line(hub, self.broker)
            code = lane_code if role == "lane" and lane_code else self.code
            data = {"line_id": line_id, "role": role, "code": code}
            await hub.add("office", "Other hub", f"office:{code[:9]}", data)
            if role == "lane":
                reader: dict[str, Any] = {"family": "frigate", "topic": "frigate"}
                reader |= {"camera": "gate", "line_id": line_id, "least_score": 850}
                await hub.add("lane", "Gate", "lane:gate", LANE | {"reader": reader})
            await subscribed(hub, line_id)

    async def listed(self, number: int = 0) -> None:
        """Wait until the lanes go by a list with so many credentials."""

        async def there() -> bool:
            held = self.lanes.data.site.parking.lane_list
            return held is not None and len(held.found) >= number

        await self.lanes.until(there, 20)

    def unpaid(self) -> list[str]:
        """Say what an open bill does at the lanes, for each right of their list."""
        held = self.lanes.data.site.parking.lane_list
        entries = [one for found in held.found.values() for one in found] if held else []
        return [one.unpaid.value for one in entries]

    async def read(self, plate: str = PLATE) -> tuple[str, str]:
        """Let a plate be read at the gate."""
        (lane,) = self.lanes.data.site.lanes
        answer = await self.call(self.lanes, "plate_read", lane=lane, plate=plate)
        return answer["kind"], answer["reason"]

    async def equal(self, within: float = 30) -> None:
        """Wait until the office has each stay as the lanes have it."""

        async def same() -> bool:
            stays = await self.lanes.data.books.load(Stay)
            orders = await self.office.data.books.load(ReceivedOrder)
            mine = {(one.id, one.changed, one.state.value, one.amount_minor) for one in stays}
            return mine == {(one.stay, one.changed, one.state, one.amount_minor) for one in orders}

        await self.lanes.until(same, within)


@pytest.fixture
async def pair(hass: HomeAssistant, hub: Hub, broker: Mosquitto) -> AsyncIterator[Pair]:
    """Two sites that know nothing of each other yet; the second one has a gate."""
    site = uuid4().hex
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Gate house",
        unique_id=site,
        data={"site": site, "currency": "CNY"},
        options={"checkpoint_s": 60, "publish_s": 1.0},
    )
    entry.add_to_hass(hass)
    lanes = Hub(hass, entry)
    await lanes.start()

    async def opened(_: ServiceCall) -> None:
        hass.states.async_set("cover.gate", "open")

    hass.services.async_register("cover", "open_cover", opened)
    hass.states.async_set("cover.gate", "closed")
    pair = Pair(hub, lanes, broker, new_code())
    yield pair
    if entry.state.recoverable and hass.is_running:
        await lanes.stop()


async def sold(pair: Pair) -> None:
    """Sell a month to a card that has no money for it."""
    call = pair.call
    await call(pair.office, "open_wallet", unit="Flat 3-201", purpose="parking")
    await call(pair.office, "issue_card", wallet="w1", plates=[PLATE])
    await call(
        pair.office, "set_parking_package", package="month", name="Month", price="300", months=1
    )
    await call(pair.office, "sell_parking_package", card="c1", package="month")


async def test_a_payment_at_the_office_opens_the_gate_within_two_seconds(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has just paid stands at the gate already."""
    monkeypatch.setattr(hub_lane, "EVERY_S", 0.5)
    await pair.join()
    await sold(pair)

    async def sold_there() -> bool:
        return pair.unpaid() == ["refuse"]

    # A list that came between the card and its package lets the card in, and that car is answered.
    await pair.lanes.until(sold_there, 20)
    assert await pair.read() == ("refused", "bill_unpaid")
    await pair.call(pair.office, "top_up", wallet="w1", amount="300", channel="cash")
    paid = monotonic()

    async def told() -> bool:
        return pair.unpaid() == ["admit"]

    await pair.lanes.until(told, 10, every=0.02)
    assert monotonic() - paid < 2
    assert await pair.read() == ("admitted", "package")
    await pair.equal()
    (order,) = await pair.office.data.books.load(ReceivedOrder)
    assert (order.card, order.lane, order.kind) == ("c1", "Gate", "package")


async def test_the_lanes_go_on_with_the_last_list_over_a_restart_without_the_office(
    pair: Pair,
) -> None:
    """A night without the office must not close the gate to who has paid."""
    await sold(pair)
    await pair.call(pair.office, "top_up", wallet="w1", amount="300", channel="cash")
    await pair.join()
    await pair.listed(1)
    await pair.office.stop()
    pair.broker.stop()
    await pair.lanes.restart()
    assert await pair.read() == ("admitted", "package")
    ages = [
        one.state
        for one in pair.lanes.hass.states.async_all("sensor")
        if one.entity_id.endswith("age_of_the_office_s_list")
    ]
    assert ages == ["0"]
    pair.broker.start()
    await pair.office.start()
    await pair.equal(60)


async def test_the_age_of_the_list_is_shown_as_soon_as_there_is_another_hub(pair: Pair) -> None:
    """Who sets the second hub up looks whether a list has come; nobody thinks of a reload."""
    await pair.call(pair.lanes, "add_space", name="V1", location="open_air", tenure="temporary")
    await pair.lanes.restart()
    await shows(pair.lanes, "sensor", "park", "free_places", "1")
    assert await state(pair.lanes, "sensor", "park", "list_age") is None
    await pair.join()
    await shows(pair.lanes, "sensor", "park", "list_age", "0")
    assert await state(pair.office, "sensor", "park", "list_age") is None
    await pair.lanes.restart()
    await shows(pair.lanes, "sensor", "park", "list_age", "0")


async def test_an_hour_without_the_broker_and_both_sides_end_equal(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate must not close for who has paid, and no stay of that hour may be lost to the office."""
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(seconds=0.2))
    monkeypatch.setattr(hub_lane, "EVERY_S", 0.5)
    await pair.lanes.restart()
    await sold(pair)
    await pair.call(pair.office, "top_up", wallet="w1", amount="300", channel="cash")
    await pair.call(pair.lanes, "publish_tariff", **VISITORS)
    rules = {"temporaries": True, "tariffs": [{"tariff": "visitors"}], "stale_hours": 1}
    await pair.call(pair.lanes, "set_parking_rules", **rules)
    await pair.join()
    await pair.listed(1)
    office, lanes = (Clock(hub, hub.data.site.clock()) for hub in (pair.office, pair.lanes))
    assert pair.broker.pid is not None
    os.kill(pair.broker.pid, signal.SIGKILL)
    pair.broker.stop()
    for number in range(4):
        for clock in (office, lanes):
            clock.ahead(timedelta(minutes=15, seconds=30))
        assert await pair.read(STRANGERS[number]) == ("admitted", "temporary")
    assert await pair.read() == ("admitted", "package")
    pair.lanes.data.coordinator.touch("park")
    await shows(pair.lanes, "sensor", "park", "list_age", "62")

    async def stale() -> bool:
        return "lane_list_stale" in repairs(pair.lanes)

    await pair.lanes.until(stale, 10)
    assert not await pair.office.data.books.load(ReceivedOrder)
    # What the office changes meanwhile is in the list that comes first.
    await pair.call(pair.office, "issue_card", wallet="w1", plates=[STRANGERS[-1]])
    pair.broker.start()
    await pair.equal(90)
    assert len(await pair.office.data.books.load(ReceivedOrder)) == 5
    await pair.listed(2)
    await shows(pair.lanes, "sensor", "park", "list_age", "0")

    async def over() -> bool:
        return "lane_list_stale" not in repairs(pair.lanes)

    await pair.lanes.until(over, 10)
    told = (await pair.call(pair.office, "list_lane_stays"))["hubs"]
    mine = await pair.lanes.data.books.stay_changes(0, 10)
    assert [(one["stays"], one["differs"]) for one in told] == [(mine[2].stays, 0)]


async def test_another_code_reads_nothing_and_is_a_repair(pair: Pair) -> None:
    """A mistyped sign must be said, and nobody may read a list with it."""
    wrong = pair.code[:-1] + ("A" if pair.code[-1] != "A" else "B")
    await pair.join(lane_code=wrong)
    await sold(pair)

    async def noticed() -> bool:
        return all(one.wrong_code for one in pair.lanes.data.site.parking.hubs.values())

    await pair.lanes.until(noticed, 20)
    assert pair.lanes.data.site.parking.lane_list is None
    HubRepairs(pair.lanes.hass, pair.lanes.entry).look()
    assert "pairing_code_wrong" in repairs(pair.lanes)


async def test_an_old_list_is_a_repair_and_goes_on_opening(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a day without the office somebody must look, while cars go on passing."""
    await sold(pair)
    await pair.call(pair.office, "top_up", wallet="w1", amount="300", channel="cash")
    await pair.join()
    await pair.listed(1)
    await pair.office.stop()
    site = pair.lanes.data.site
    now = site.clock
    monkeypatch.setattr(site, "clock", lambda: now() + timedelta(hours=25))
    HubRepairs(pair.lanes.hass, pair.lanes.entry).look()
    assert "lane_list_stale" in repairs(pair.lanes)
    assert await pair.read() == ("admitted", "package")


async def test_with_three_of_ten_messages_lost_the_office_has_every_stay(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bad line swallows must be told again, and counted once."""
    monkeypatch.setattr(hub_lane, "FIRST_AGAIN_S", 0.1)
    monkeypatch.setattr(hub_lane, "EVERY_S", 0.2)
    chance, send = Random(5), MqttLine.publish

    async def lossy(line: MqttLine, topic: str, payload: str | bytes, *, qos: int = 1) -> None:
        if chance.random() < 0.15:
            raise DeviceError(DeviceFault.OFFLINE)
        if chance.random() < 0.15:
            return
        await send(line, topic, payload, qos=qos)
        if chance.random() < 0.2:
            await send(line, topic, payload, qos=qos)

    monkeypatch.setattr(MqttLine, "publish", lossy)
    await sold(pair)
    await pair.call(pair.office, "top_up", wallet="w1", amount="300", channel="cash")
    await pair.join()
    await pair.listed(1)
    assert await pair.read() == ("admitted", "package")
    await pair.equal()
    pair.broker.restart()
    await pair.lanes.restart()
    (stay,) = await pair.lanes.data.books.load(Stay)
    assert stay.masked
    await pair.equal()
    assert await pair.read() in {("admitted", "package"), ("recorded", "same_arrival")}
    await pair.equal()
