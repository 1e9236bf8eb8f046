"""Entities of the hub as meters, supplies and barriers."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import InstallationId
from custom_components.prepaid_parking.core.metering import (
    Cursor,
    Doubt,
    DoubtKind,
    Limits,
    Origin,
    Quantity,
    Sample,
    advance,
)
from custom_components.prepaid_parking.links.entity import (
    EntityBarrier,
    EntityMeter,
    EntityRelay,
    EntityRuntime,
    check_meter_entity,
    check_runtime_entity,
)

ENERGY = {"device_class": "energy", "unit_of_measurement": "kWh", "state_class": "total_increasing"}
SENSOR = "sensor.flat_energy"
STOPWATCH = "custom_components.prepaid_parking.links.entity.runtime.monotonic_ns"


def samples(told: list[Sample | DeviceError]) -> list[Sample]:
    return [one for one in told if isinstance(one, Sample)]


async def test_a_sensor_is_read_to_the_last_digit_from_now_on(hass: HomeAssistant) -> None:
    """What it shows when we come may be what a program remembered from last week."""
    told: list[Sample | DeviceError] = []
    hass.states.async_set(SENSOR, "1234.5678901", ENERGY)
    stop = EntityMeter(hass, SENSOR, Quantity.ENERGY, "kWh", told.append).start()
    hass.states.async_set(SENSOR, "1234.6", ENERGY)
    hass.states.async_set(SENSOR, "1234.6", ENERGY)
    await hass.async_block_till_done()
    stop()
    hass.states.async_set(SENSOR, "1235", ENERGY)
    await hass.async_block_till_done()
    old, new, same = samples(told)
    assert (old.origin, old.register) == (Origin.RETAINED, 1_234_567_890)
    assert (new.origin, new.register, new.ratio) == (Origin.PUSHED, 1_234_600_000, "kWh")
    assert same.at >= new.at
    assert same.register == new.register


async def test_a_sensor_that_is_away_says_nothing(hass: HomeAssistant) -> None:
    """Silence is not evidence: nothing is charged and nothing is cut."""
    told: list[Sample | DeviceError] = []
    hass.states.async_set(SENSOR, "5", ENERGY)
    EntityMeter(hass, SENSOR, Quantity.ENERGY, "kWh", told.append).start()
    for state in (STATE_UNAVAILABLE, STATE_UNAVAILABLE, STATE_UNKNOWN, "", "6"):
        hass.states.async_set(SENSOR, state, ENERGY, force_update=True)
    hass.states.async_remove(SENSOR)
    await hass.async_block_till_done()
    assert [one.register for one in samples(told)] == [5_000_000, 6_000_000]
    faults = [one.fault for one in told if isinstance(one, DeviceError)]
    assert faults == [DeviceFault.OFFLINE] * 4


@pytest.mark.parametrize("state", ["on", "nan", "inf", "-1", "1e300", "12,5", "9" * 50])
async def test_a_state_that_is_no_register_is_told_once(hass: HomeAssistant, state: str) -> None:
    """A template gone wrong must be found, not charged."""
    told: list[Sample | DeviceError] = []
    EntityMeter(hass, SENSOR, Quantity.ENERGY, "kWh", told.append).start()
    for _ in range(3):
        hass.states.async_set(SENSOR, state, ENERGY, force_update=True)
    await hass.async_block_till_done()
    (one,) = told
    assert isinstance(one, DeviceError)
    assert one.fault is DeviceFault.GARBLED


@pytest.mark.parametrize(
    "attributes",
    [
        {**ENERGY, "unit_of_measurement": "Wh"},
        {**ENERGY, "unit_of_measurement": "kW"},
        {**ENERGY, "unit_of_measurement": None},
        {"device_class": "water", "unit_of_measurement": "m³"},
        {"device_class": "power", "unit_of_measurement": "kWh"},
    ],
)
async def test_a_changed_unit_is_a_doubt(hass: HomeAssistant, attributes: dict[str, str]) -> None:
    """Somebody picks Wh in a menu, and a flat pays a thousand times too much."""
    told: list[Sample | DeviceError] = []
    EntityMeter(hass, SENSOR, Quantity.ENERGY, "kWh", told.append).start()
    hass.states.async_set(SENSOR, "5", ENERGY)
    hass.states.async_set(SENSOR, "6", attributes)
    await hass.async_block_till_done()
    first, changed = samples(told)
    assert first.register is not None
    cursor = Cursor(installation=InstallationId("m1.1"), register=first.register, at=first.at)
    outcome = advance(
        cursor, changed, Limits(max_rate_per_hour=10**8), serial="", ratio=first.ratio
    )
    assert isinstance(outcome, Doubt)
    assert outcome.kind is DoubtKind.OTHER_RATIO


@pytest.mark.parametrize(
    ("state", "attributes", "key"),
    [
        (STATE_UNKNOWN, ENERGY, "entity_unavailable"),
        ("5", {**ENERGY, "unit_of_measurement": "kW"}, "unit_unknown"),
        ("5", {**ENERGY, "device_class": "water"}, "unit_unknown"),
        ("5", {**ENERGY, "state_class": "measurement"}, "entity_not_a_register"),
        ("5", {**ENERGY, "last_reset": "2026-11-22T00:00:00+00:00"}, "entity_not_a_register"),
    ],
)
async def test_what_cannot_be_a_meter_is_refused_with_the_reason(
    hass: HomeAssistant, state: str, attributes: dict[str, str], key: str
) -> None:
    """A power sensor or a daily counter charged as a register is wrong every day."""
    hass.states.async_set(SENSOR, state, attributes)
    with pytest.raises(CoreError) as caught:
        check_meter_entity(hass, SENSOR)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (ENERGY, (Quantity.ENERGY, "kWh")),
        ({"device_class": "gas", "unit_of_measurement": "kWh"}, (Quantity.ENERGY, "kWh")),
        ({"device_class": "gas", "unit_of_measurement": "ft³"}, (Quantity.VOLUME, "ft³")),
        ({"device_class": "weight", "unit_of_measurement": "kg"}, (Quantity.MASS, "kg")),
        ({"device_class": "duration", "unit_of_measurement": "h"}, (Quantity.DURATION, "h")),
        ({"unit_of_measurement": "L"}, (Quantity.VOLUME, "L")),
    ],
)
async def test_any_counting_sensor_can_be_a_meter(
    hass: HomeAssistant, attributes: dict[str, str], expected: tuple[Quantity, str]
) -> None:
    """The third source: what the hub already knows needs no second cable."""
    hass.states.async_set(SENSOR, "5", attributes)
    assert check_meter_entity(hass, SENSOR) == expected


async def test_our_own_entities_are_refused_everywhere(hass: HomeAssistant) -> None:
    """A meter made of our own sensor charges itself; a relay made of our own switch cuts itself."""
    registry = er.async_get(hass)
    makers: dict[str, Callable[[str], object]] = {
        "sensor": lambda one: EntityMeter(hass, one, Quantity.ENERGY, "kWh", lambda _: None),
        "switch": lambda one: EntityRelay(hass, one),
        "cover": lambda one: EntityBarrier(hass, one),
        "valve": lambda one: EntityRuntime(hass, one, lambda _: None),
    }
    for domain, make in makers.items():
        own = registry.async_get_or_create(domain, "prepaid_parking", "x").entity_id
        with pytest.raises(CoreError) as caught:
            make(own)
        assert caught.value.key == "own_entity"


@pytest.mark.parametrize(
    ("entity", "off", "on", "cut", "restore"),
    [
        ("switch.supply", "off", "on", "turn_off", "turn_on"),
        ("valve.water", "closed", "open", "close_valve", "open_valve"),
        ("cover.flap", "closed", "open", "close_cover", "open_cover"),
    ],
)
async def test_a_supply_is_commanded_and_believed_by_its_state(
    hass: HomeAssistant, entity: str, off: str, on: str, cut: str, restore: str
) -> None:
    """The command is logged under its context; the position is what the entity says."""
    told: list[Sample] = []
    domain = entity.split(".", maxsplit=1)[0]
    cuts = async_mock_service(hass, domain, cut)
    restores = async_mock_service(hass, domain, restore)
    hass.states.async_set(entity, on)
    relay = EntityRelay(hass, entity, told=told.append)
    stop = relay.start()
    await relay.switch(False)
    assert relay.supplied is True
    hass.states.async_set(entity, "closing")
    assert relay.supplied is None
    hass.states.async_set(entity, off)
    await hass.async_block_till_done()
    assert relay.supplied is False
    await relay.switch(True)
    stop()
    assert [one.data[ATTR_ENTITY_ID] for one in (*cuts, *restores)] == [entity, entity]
    assert [one.supplied for one in told] == [True, False]


async def test_a_supply_that_moved_while_it_was_told_to_is_looked_at_after_that(
    hass: HomeAssistant,
) -> None:
    """Its state changed before its service returned: a later look has to prove the cut."""
    told: list[Sample] = []
    hass.states.async_set("switch.supply", "off")
    relay = EntityRelay(hass, "switch.supply", told=told.append)
    later = dt_util.utcnow() + timedelta(seconds=1)
    relay.look(later)
    hass.states.async_set("switch.supply", STATE_UNAVAILABLE)
    relay.look(later)
    assert [(one.at, one.supplied) for one in told] == [(later, False)]


async def test_an_inverted_contactor_cuts_when_it_is_on(hass: HomeAssistant) -> None:
    """A contactor wired to open when energised: "on" would restore the one who did not pay."""
    ons = async_mock_service(hass, "switch", "turn_on")
    hass.states.async_set("switch.contactor", "off")
    relay = EntityRelay(hass, "switch.contactor", inverted=True)
    assert relay.supplied is True
    await relay.switch(False)
    assert len(ons) == 1


async def test_a_supply_that_cannot_be_seen_or_reached_is_not_commanded(
    hass: HomeAssistant,
) -> None:
    """A cut that nobody can verify is a quarrel with a tenant."""
    async_mock_service(hass, "switch", "turn_off")
    with pytest.raises(CoreError):
        EntityRelay(hass, "button.open")
    relay = EntityRelay(hass, "switch.supply")
    cases = [
        (None, {}, DeviceFault.OFFLINE),
        (STATE_UNAVAILABLE, {}, DeviceFault.OFFLINE),
        ("on", {"assumed_state": True}, DeviceFault.UNSUPPORTED),
    ]
    for state, attributes, fault in cases:
        if state is not None:
            hass.states.async_set("switch.supply", state, attributes)
        assert relay.supplied is None
        with pytest.raises(DeviceError) as caught:
            await relay.switch(False)
        assert caught.value.fault is fault


async def test_a_service_that_fails_is_a_refusal(hass: HomeAssistant) -> None:
    """The log of commands must say failed, not sent."""

    async def fail(_: ServiceCall) -> None:
        raise HomeAssistantError("no route to device")

    hass.states.async_set("switch.supply", "on")
    relay = EntityRelay(hass, "switch.supply")
    with pytest.raises(DeviceError) as caught:
        await relay.switch(False)
    assert caught.value.fault is DeviceFault.REFUSED
    hass.services.async_register("switch", "turn_off", fail)
    with pytest.raises(DeviceError) as caught:
        await relay.switch(False)
    assert caught.value.fault is DeviceFault.REFUSED


async def test_a_cover_opens_once_and_shows_it(hass: HomeAssistant) -> None:
    """Confirmed is what the gate says, not that a message was sent."""
    calls: list[ServiceCall] = []

    async def open_cover(call: ServiceCall) -> None:
        calls.append(call)
        hass.loop.call_later(0.05, hass.states.async_set, "cover.gate", "opening")

    hass.services.async_register("cover", "open_cover", open_cover)
    hass.states.async_set("cover.gate", "closed")
    barrier = EntityBarrier(hass, "cover.gate")
    await barrier.pulse()
    assert len(calls) == 1
    assert barrier.ends_pulse


async def test_a_gate_that_does_not_move_is_not_confirmed(hass: HomeAssistant) -> None:
    """The attendant must see it; the hub must not press again."""
    calls = async_mock_service(hass, "cover", "open_cover")
    hass.states.async_set("cover.gate", "closed")
    barrier = EntityBarrier(hass, "cover.gate", confirm_seconds=0.1)
    with pytest.raises(DeviceError) as caught:
        await barrier.pulse()
    assert caught.value.fault is DeviceFault.NO_ANSWER
    hass.states.async_set("cover.gate", "open", {"assumed_state": True})
    with pytest.raises(DeviceError):
        await barrier.pulse()
    hass.states.async_set("cover.gate", STATE_UNAVAILABLE)
    with pytest.raises(DeviceError) as caught:
        await barrier.pulse()
    assert caught.value.fault is DeviceFault.OFFLINE
    assert len(calls) == 2
    with pytest.raises(CoreError):
        EntityBarrier(hass, "sensor.gate")


async def test_a_button_is_pressed_once(hass: HomeAssistant) -> None:
    """A button shows nothing but that it was pressed."""
    presses = async_mock_service(hass, "button", "press")
    hass.states.async_set("button.gate", STATE_UNKNOWN)
    await EntityBarrier(hass, "button.gate").pulse()
    assert len(presses) == 1


async def test_a_switch_as_barrier_goes_off_again_even_if_that_fails_at_first(
    hass: HomeAssistant,
) -> None:
    """A contact left on holds the barrier open for everybody."""
    said: list[str] = []

    async def turn_on(_: ServiceCall) -> None:
        said.append("on")
        hass.states.async_set("switch.gate", "on")

    async def turn_off(_: ServiceCall) -> None:
        said.append("off")
        if said.count("off") == 2:
            raise HomeAssistantError("busy")
        hass.states.async_set("switch.gate", "off")

    async def no_time(_: float) -> None:
        await asyncio.sleep(0)

    hass.services.async_register("switch", "turn_on", turn_on)
    hass.services.async_register("switch", "turn_off", turn_off)
    hass.states.async_set("switch.gate", "on")
    barrier = EntityBarrier(hass, "switch.gate", sleep=no_time)
    await barrier.prepare()
    assert said == ["off"]
    await barrier.pulse()
    await barrier.settle()
    assert said == ["off", "on", "off", "off"]
    assert not barrier.ends_pulse


@pytest.mark.parametrize("entity_id", ["switch.gate", "cover.gate", "button.gate"])
async def test_the_car_behind_gets_a_pulse_of_its_own_through_the_hub(
    hass: HomeAssistant, entity_id: str
) -> None:
    """The second car stood before a closed arm, as "not confirmed", because the first pulse was on."""
    said: list[str] = []
    opens = {"switch": "turn_on", "cover": "open_cover", "button": "press"}
    domain = entity_id.partition(".")[0]

    def heard(word: str, state: str) -> Callable[[ServiceCall], Coroutine[Any, Any, None]]:
        async def hear(_: ServiceCall) -> None:
            said.append(word)
            await asyncio.sleep(0)
            hass.states.async_set(entity_id, state)

        return hear

    hass.services.async_register(domain, opens[domain], heard("on", "on"))
    if domain == "cover":
        hass.services.async_register(domain, "open_cover", heard("on", "open"))
    hass.services.async_register("switch", "turn_off", heard("off", "off"))
    hass.states.async_set(entity_id, "off")
    barrier = EntityBarrier(hass, entity_id, pulse_seconds=0.05)
    await asyncio.gather(barrier.pulse(), barrier.pulse(), barrier.pulse())
    await barrier.settle()
    assert said == (["on", "off"] if domain == "switch" else ["on"]) * 3


async def test_a_switch_that_cannot_be_ended_takes_no_new_pulse(hass: HomeAssistant) -> None:
    """On over on moves nothing: better to say so than to admit a car to a closed arm."""
    said: list[str] = []
    stuck = asyncio.Event()

    async def turn_on(_: ServiceCall) -> None:
        said.append("on")
        hass.states.async_set("switch.gate", "on")

    async def turn_off(_: ServiceCall) -> None:
        if not stuck.is_set():
            raise HomeAssistantError("no radio")
        said.append("off")
        hass.states.async_set("switch.gate", STATE_UNAVAILABLE)

    async def hasty(_: float) -> None:
        await asyncio.sleep(0.01)

    hass.services.async_register("switch", "turn_on", turn_on)
    hass.services.async_register("switch", "turn_off", turn_off)
    hass.states.async_set("switch.gate", "off")
    barrier = EntityBarrier(
        hass, "switch.gate", pulse_seconds=0.05, confirm_seconds=0.05, sleep=hasty
    )
    await barrier.pulse()
    with pytest.raises(DeviceError) as caught:
        await barrier.pulse()
    assert caught.value.fault is DeviceFault.BUSY
    stuck.set()
    with pytest.raises(DeviceError) as caught:
        await barrier.pulse()
    # It has gone while the car behind waited: nothing was asked of it.
    assert caught.value.fault is DeviceFault.OFFLINE
    await barrier.settle()
    assert said == ["on", "off"]


async def test_running_time_is_counted_while_it_is_seen(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sauna sold by the minute: what nobody saw nobody pays."""
    now = 1000.0
    told: list[Sample | DeviceError] = []
    runtime = EntityRuntime(
        hass, "switch.sauna", told.append, register=5_000, every=timedelta(hours=1)
    )
    monkeypatch.setattr(STOPWATCH, lambda: round(now * 10**9))
    hass.states.async_set("switch.sauna", "off")
    stop = runtime.start()
    for state, then in (("on", 60.0015), ("unavailable", 30.0), ("on", 10.0)):
        hass.states.async_set("switch.sauna", state)
        await asyncio.sleep(0)
        now += then
    stop()
    hass.states.async_set("switch.sauna", "off")
    seen = samples(told)
    assert seen[0].register == 5_000
    assert seen[-1].register == 5_000 + 60_001 + 10_000
    registers = [one.register or 0 for one in seen]
    assert registers == sorted(registers)
    assert [one.fault for one in told if isinstance(one, DeviceError)] == [DeviceFault.OFFLINE]


async def test_running_time_is_reported_while_it_runs(hass: HomeAssistant) -> None:
    """The balance falls while the thing runs, not when it ends."""
    told: list[Sample | DeviceError] = []
    hass.states.async_set("switch.sauna", "on")
    runtime = EntityRuntime(hass, "switch.sauna", told.append, every=timedelta(seconds=10))
    stop = runtime.start()
    for every in (timedelta(seconds=10), timedelta(seconds=1)):
        runtime.pace(every)
        before = len(told)
        async_fire_time_changed(hass, fire_all=True)
        await hass.async_block_till_done()
        assert len(told) > before
    stop()
    before = len(told)
    async_fire_time_changed(hass, fire_all=True)
    await hass.async_block_till_done()
    assert len(told) == before


@pytest.mark.parametrize(
    ("entity", "on", "off"),
    [
        ("light.court", ["on"], ["off"]),
        ("fan.hall", ["on"], ["off"]),
        ("input_boolean.court", ["on"], ["off"]),
        ("binary_sensor.pump", ["on"], ["off"]),
        ("climate.room", ["heat", "cool", "heat_cool", "auto", "dry", "fan_only"], ["off"]),
        ("water_heater.bath", ["eco", "electric", "gas", "heat_pump"], ["off"]),
        ("valve.shower", ["open", "opening"], ["closed", "closing"]),
        ("media_player.stage", ["on", "playing"], ["off", "idle", "paused"]),
        ("vacuum.hall", ["cleaning", "returning"], ["docked", "error", "paused"]),
        ("humidifier.room", ["on"], ["off"]),
    ],
)
async def test_each_kind_of_thing_runs_in_its_own_way(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    entity: str,
    on: list[str],
    off: list[str],
) -> None:
    """An air conditioner is never "on": it cools. Counted by the wrong word, it would run for free."""
    now = 0.0
    told: list[Sample | DeviceError] = []
    monkeypatch.setattr(STOPWATCH, lambda: round(now * 10**9))
    hass.states.async_set(entity, off[0])
    stop = EntityRuntime(hass, entity, told.append, every=timedelta(hours=1)).start()
    for state in (*on, *off):
        hass.states.async_set(entity, state)
        await asyncio.sleep(0)
        now += 60
    stop()
    assert samples(told)[-1].register == len(on) * 60_000


async def test_what_does_not_go_on_and_off_has_no_running_time(hass: HomeAssistant) -> None:
    """A door that stands open is no machine that runs, and a number is counted as a number."""
    hass.states.async_set("switch.sauna", "off")
    assert check_runtime_entity(hass, "switch.sauna").state == "off"
    for entity, key in (
        ("cover.door", "entity_does_not_run"),
        ("sensor.sauna", "entity_does_not_run"),
        ("switch.gone", "entity_unavailable"),
    ):
        with pytest.raises(CoreError) as caught:
            check_runtime_entity(hass, entity)
        assert caught.value.key == key
