"""Journeys: a deposit by time, a laundry by scan, a card by tap, a counter of any entity of the hub."""

from collections.abc import Callable
from typing import Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest

from .conftest import Hub
from .selling import HOURLY, PER_KM, WASHES, customer, publish, state

WASHER = "input_boolean.washer"


@pytest.fixture
async def machines(hub: Hub) -> None:
    """A washer that is switched by the hub."""
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"washer": {}}})


async def uses(hub: Hub) -> list[dict[str, Any]]:
    """What the hub says of the uses so far."""
    return list((await hub.call("list_uses", ended=True))["uses"])


async def ends(hub: Hub, so: Callable[[dict[str, Any]], bool], within: float = 20) -> None:
    """Wait until the last use is over in a way."""

    async def over() -> bool:
        return so((await uses(hub))[-1])

    await hub.until(over, within)


async def test_a_deposit_is_held_time_is_settled_and_the_rest_released(
    hub: Hub, machines: None
) -> None:
    """Who shares a machine puts down 20.00, pays for the time, and has the rest back, restart or not."""
    await publish(hub, HOURLY)
    wallet = await customer(hub, "50")
    await hub.call(
        "set_use_point",
        name="Washer",
        kind="metered",
        tariff="hourly",
        switch=WASHER,
        deposit="20",
    )
    began = await hub.call("start_use", point="Washer", wallet=wallet, reference="r")
    assert (began["state"], began["available"]) == ("running", "30.00")
    assert state(hub, WASHER) == "on"
    assert (await hub.call("start_use", point="Washer", wallet=wallet, reference="r"))["repeated"]
    await hub.restart()
    (running,) = await uses(hub)
    assert (running["state"], running["deposit"]) == ("running", "h1")
    ended = await hub.call("end_use", use="s1")
    assert (ended["end"], ended["cost"], ended["available"]) == ("by_hand", "0.10", "49.90")
    await ends(hub, lambda use: use["state"] == "ended")
    assert state(hub, WASHER) == "off"
    assert (await hub.call("list_deposits"))["count"] == 0
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] in (None, "")


async def test_a_scan_takes_one_use_and_the_machine_is_on_for_its_time(
    hub: Hub, machines: None
) -> None:
    """Laundry without staff: scan, one wash is taken, the machine goes on, and off when its time is up."""
    await publish(hub, WASHES)
    wallet = await customer(hub, "100")
    await hub.call("sell_package", wallet=wallet, tariff="washes")
    await hub.call("issue_card", wallet=wallet, codes=["QR-7"])
    await hub.call(
        "set_use_point", name="Washer", kind="timed", tariff="washes", minutes=40, switch=WASHER
    )
    for _ in range(2):
        tapped = await hub.call("tap", point="Washer", code="QR-7")
        assert (tapped["did"], tapped["uses_left"]) == ("started", 49)
    assert state(hub, WASHER) == "on"
    run = next(iter(hub.data.site.using.uses.values()))
    assert run.use.ends_at is not None
    assert (run.use.ends_at - run.use.started_at).total_seconds() == 40 * 60
    await hub.hass.services.async_call(
        "input_boolean", "turn_off", {"entity_id": WASHER}, blocking=True
    )
    await ends(hub, lambda use: use["end"] == "switched_off")


async def test_a_machine_that_is_away_costs_nothing(hub: Hub, machines: None) -> None:
    """Nobody pays for a washer whose plug does not answer."""
    await publish(hub, WASHES)
    wallet = await customer(hub, "100")
    await hub.call("sell_package", wallet=wallet, tariff="washes")
    await hub.call("issue_card", wallet=wallet, tags=["t1"])
    await hub.call(
        "set_use_point", name="Washer", kind="timed", tariff="washes", minutes=40, switch=WASHER
    )
    hub.hass.states.async_set(WASHER, "unavailable")
    tapped = await hub.call("tap", point="Washer", tag="t1")
    assert (tapped["use"]["end"], tapped["uses_left"]) == ("not_started", 50)


async def test_the_counter_of_any_entity_is_the_price(hub: Hub) -> None:
    """A bicycle is paid by the kilometre, as its own sensor counts them; what that hides is a doubt."""
    await publish(hub, PER_KM)
    wallet = await customer(hub, "50")

    def ridden(km: str) -> None:
        hub.hass.states.async_set("sensor.bike", km, {"unit_of_measurement": "km"})

    ridden("1200.5")
    await hub.call(
        "set_use_point",
        name="Bike",
        kind="metered",
        tariff="per_km",
        basis="counter",
        counter="sensor.bike",
        deposit="10",
    )
    await hub.call("start_use", point="Bike", wallet=wallet)
    ridden("1212.5")
    await ends(hub, lambda use: use["cost"] == "6.00")
    ridden("3")
    await ends(hub, lambda use: use["doubt"] == "counter_backwards")
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("end_use", use="s1")
    assert refused.value.translation_key == "use_in_doubt"
    ended = await hub.call("end_use", use="s1", counted="15")
    assert (ended["cost"], ended["available"]) == ("7.50", "42.50")


async def test_a_tap_deducts_and_says_so_without_a_name(hub: Hub) -> None:
    """A stored-value card: tap, 2.50 less; refused with the reason when it is empty."""
    wallet = await customer(hub, "3")
    await hub.call("issue_card", wallet=wallet, tags=["04-AB-12"])
    await hub.call("set_use_point", name="Bus", kind="tap", amount="2.50")
    tapped = await hub.call("tap", point="Bus", tag="04-AB-12")
    assert (tapped["did"], tapped["available"]) == ("taken", "0.50")
    assert (await hub.call("tap", point="p1", tag="04-AB-12"))["repeated"]
    with pytest.raises(ServiceValidationError):
        await hub.call("tap", point="Bus", tag="unknown")

    async def shown() -> bool:
        entity = hub.hass.states.get("event.demo_house_uses")
        return entity is not None and entity.attributes["event_type"] == "refused"

    await hub.until(shown)
    told = hub.hass.states.get("event.demo_house_uses")
    assert told is not None
    assert (told.attributes["reason"], told.attributes["card"]) == ("credential_unknown", None)
    assert "04-AB-12" not in str(hub.facts)
