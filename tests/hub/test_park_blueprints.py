"""The blueprints of a car park: imported as users do, and run by cars that come and go."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.prepaid_parking.core.identity import LaneId
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.operations.renewing import renew_permits
from custom_components.prepaid_parking.operations.stay_book import hold
from tests.hub.test_docs_attending import put_up
from tests.hub.test_docs_visiting import inside
from tests.hub.test_sensor import shows
from tests.hub.test_trigger import tell
from tests.journeys.conftest import Hub
from tests.repository.tree import ROOT

FOLDER: Final = ROOT / "blueprints" / "automation" / "prepaid_parking"
NAMES: Final = (
    "exit_auto_pay",
    "full_sign",
    "renewal_reminder",
    "tailgate_alarm",
    "visitor_invitation",
)
PLATE: Final = "沪A12345"

type Use = Callable[..., Awaitable[None]]


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """A driver's phone with the hub's app."""
    entry = MockConfigEntry(domain="mobile_app", title="Driver")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "abc")}, name="Driver"
    )
    return device.id


@pytest.fixture
def sent(hub: Hub) -> list[ServiceCall]:
    """What reached the phone."""
    return async_mock_service(hub.hass, "notify", "mobile_app_driver")


def copy_into(blueprints: str) -> None:
    """Put the blueprints where an import puts them."""
    folder = Path(blueprints, "automation", "prepaid_parking")
    folder.mkdir(parents=True)
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.yaml", folder)


@pytest.fixture
async def use(hub: Hub) -> AsyncIterator[Use]:
    """Make automations of blueprints; they are switched off again at the end."""
    await hub.hass.async_add_executor_job(copy_into, hub.hass.config.path("blueprints"))
    assert await async_setup_component(hub.hass, "homeassistant", {})

    async def make(name: str, **inputs: Any) -> None:
        using = {"path": f"prepaid_parking/{name}.yaml", "input": inputs}
        automation = {"id": name, "alias": name, "use_blueprint": using}
        assert await async_setup_component(hub.hass, "automation", {"automation": [automation]})
        await hub.hass.async_block_till_done()
        state = hub.hass.states.get(f"automation.{name}")
        assert state is not None
        assert state.state == "on"

    yield make
    await hub.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


async def arrived(hub: Hub, sent: list[ServiceCall], count: int = 1) -> dict[str, Any]:
    """Wait for so many messages on the phone, and no more; return the last."""

    async def said() -> bool:
        return len(sent) >= count

    await hub.until(said)
    await hub.hass.async_block_till_done()
    assert len(sent) == count
    return dict(sent[-1].data)


def press(hub: Hub, message: dict[str, Any], button: int = 0, **more: str) -> None:
    """Press a button of a message, as the app reports it."""
    action = message["data"]["actions"][button]["action"]
    hub.hass.bus.async_fire("mobile_app_notification_action", {"action": action, **more})


async def customer(hub: Hub, money: str) -> None:
    """A car park at 5.00 an hour that has begun, with a lane each way, and one customer's card."""
    duration = {"price": "5.00", "per": 60, "step": 60}
    await hub.call("publish_tariff", tariff="visitors", kind="duration", duration=duration)
    await hub.call("set_parking_rules", temporaries=True, tariffs=[{"tariff": "visitors"}])
    put_up(hub, "l1", "North gate", "entry")
    put_up(hub, "l2", "South gate", "exit")
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=[PLATE])
    if money:
        await hub.call("top_up", wallet="w1", amount=money)


@pytest.mark.parametrize("name", NAMES)
def test_the_blueprints_can_be_imported_by_the_oldest_hub_we_support(name: str) -> None:
    """A field that only the next hub knows would make the import fail with a riddle."""
    path = FOLDER / f"{name}.yaml"
    blueprint = Blueprint(
        yaml.load_yaml_dict(str(path)),
        expected_domain="automation",
        path=f"prepaid_parking/{path.name}",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["homeassistant"]["min_version"] == "2026.10.0"


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "沪****45 paid 5.00 CNY at South gate. Left: 15.00 CNY."),
        ("zh-Hans", "沪****45 在South gate扣费 5.00 CNY，余额 15.00 CNY。"),
    ],
)
async def test_the_owner_reads_what_the_exit_took_and_what_is_left(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall], language: str, message: str
) -> None:
    """Who pays without stopping wants to know how much; coming in costs nothing and tells nothing."""
    await customer(hub, "20")
    await use("exit_auto_pay", phone=phone, language=language)
    await hub.call("plate_read", lane="l1", plate=PLATE)
    await hub.call("plate_read", lane="l2", plate=PLATE)
    told = await arrived(hub, sent)
    assert (told["title"], told["message"]) == ("Flat 3-201", message)
    assert told["data"]["actions"] == []


async def test_an_empty_wallet_says_how_to_pay_and_its_button_calls_the_attendant(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """The driver in front of the closed arm does not have to guess, also after a restart of the hub."""
    await customer(hub, "")
    await use("exit_auto_pay", phone=phone, pay_page="https://pay.example/park")
    await hub.call("plate_read", lane="l1", plate=PLATE)
    await hub.call("plate_read", lane="l2", plate=PLATE)
    told = await arrived(hub, sent)
    assert told["message"].startswith(
        "沪****45 waits at South gate: 5.00 CNY to pay, 0.00 CNY left."
    )
    assert told["data"]["actions"][0] == {
        "action": "URI",
        "title": "Pay",
        "uri": "https://pay.example/park",
    }
    press(hub, told, 1)

    async def called() -> bool:
        passed = [one for one in hub.facts if isinstance(one, Passed)]
        return any(one.kind is PassageKind.ASKED and one.lane == "l2" for one in passed)

    await hub.until(called)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("money", "message"),
    [
        ("20", "粤****21 paid 5.00 CNY at South gate. Left: 15.00 CNY."),
        ("3", "粤****21 waits at South gate: 5.00 CNY to pay, 3.00 CNY left."),
    ],
)
async def test_the_host_reads_what_a_visitor_took_out_of_the_hosts_wallet(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall], money: str, message: str
) -> None:
    """Money that left a wallet without a word is a complaint; so is a guest who cannot get out."""
    await customer(hub, money)
    device = dr.async_get(hub.hass).async_get_device_by_identifier(
        ("prepaid_parking", f"{hub.entry.unique_id}_w1"), hub.entry.entry_id
    )
    assert device is not None
    now = hub.data.site.clock()
    await hub.call(
        "invite_visitor",
        plate="粤B54321",
        host="c1",
        host_pays=True,
        to=(now + timedelta(hours=8)).isoformat(),
        **{"from": (now - timedelta(minutes=1)).isoformat()},
    )
    await use("exit_auto_pay", phone=phone, wallets=[device.id])
    await hub.call("plate_read", lane="l1", plate="粤B54321")
    await hub.call("plate_read", lane="l2", plate="粤B54321")
    told = await arrived(hub, sent)
    assert told["title"] == "Flat 3-201"
    assert told["message"].startswith(message)
    assert told["data"]["tag"] == f"prepaid-exit-{hub.entry.entry_id}-w1"


async def test_the_button_of_another_phone_is_not_ours(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """Each driver has an automation: a call of one of them must not be made by all."""
    await customer(hub, "")
    await use("exit_auto_pay", phone=phone)
    action = f"PREPAID_HELP other {hub.entry.entry_id} l2"
    hub.hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await hub.hass.async_block_till_done()
    assert not any(isinstance(one, Passed) for one in hub.facts)


async def package(hub: Hub, money: str, **more: Any) -> None:
    """A month that was sold and ends in three days, as the morning finds it."""
    hub.data.site.clock = lambda: datetime(2026, 11, 22, 20, tzinfo=UTC)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=[PLATE])
    await hub.call("top_up", wallet="w1", amount=money)
    await hub.call("set_parking_package", package="month", name="Month", price="310.00", months=1)
    await hub.call("sell_parking_package", card="c1", package="month", **more)


async def in_the_last_days(hub: Hub) -> None:
    """Let the day come on which three days are left."""
    hub.data.site.clock = lambda: datetime(2026, 12, 18, 20, tzinfo=UTC)
    site = hub.data.site
    await renew_permits(site, site.clock())


@pytest.mark.parametrize(
    ("money", "language", "message"),
    [
        ("620", "en", "Renewed until 2027-01-21. Left: 0.00 CNY."),
        ("620", "zh-Hans", "已续期至 2027-01-21，余额 0.00 CNY。"),
        ("320", "en", "Ordered until 2027-01-21. It holds once 310.00 CNY is paid."),
    ],
)
async def test_the_button_of_a_reminder_renews_once(
    hub: Hub,
    use: Use,
    phone: str,
    sent: list[ServiceCall],
    money: str,
    language: str,
    message: str,
) -> None:
    """Pressed twice, because phones are slow, it is sold once; without the money it says so."""
    await package(hub, money)
    await use("renewal_reminder", phone=phone, language=language)
    await in_the_last_days(hub)
    told = await arrived(hub, sent)
    assert told["title"] == "Flat 3-201"
    assert "3" in told["message"]
    assert "310.00 CNY" in told["message"]
    press(hub, told)
    press(hub, told)
    assert (await arrived(hub, sent, 3))["message"] == message
    permits = (await hub.call("list_cards", wallet="w1"))["cards"][0]["permits"]
    assert len(permits) == 2


async def test_a_permit_that_cannot_renew_by_itself_says_what_is_missing(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """It needs money, and no button: once that is there, it renews."""
    await package(hub, "320", renews=True)
    await use("renewal_reminder", phone=phone)
    await in_the_last_days(hub)
    told = await arrived(hub, sent)
    assert told["message"] == (
        "Your parking permit ends in 3 days and cannot renew by itself: it costs 310.00 CNY, and "
        "there is 10.00 CNY."
    )
    assert told["data"]["actions"] == []


async def test_what_cannot_be_renewed_any_more_is_said(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """A button from last week must not end in silence."""
    await package(hub, "320")
    await use("renewal_reminder", phone=phone)
    action = f"PREPAID_RENEW {phone} {hub.entry.entry_id} c1 pm7"
    hub.hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    told = await arrived(hub, sent)
    assert told["message"] == "It cannot be renewed from here. Please ask the office."


async def helpers(hub: Hub) -> None:
    """A button and a field on the dashboard."""
    assert await async_setup_component(hub.hass, "input_button", {"input_button": {"invite": {}}})
    assert await async_setup_component(
        hub.hass, "input_text", {"input_text": {"plate": {"initial": " 粤b12345 "}}}
    )


async def invitations(hub: Hub) -> list[dict[str, Any]]:
    """Who is invited."""
    known: list[dict[str, Any]] = (await hub.call("list_invitations"))["invitations"]
    return known


async def test_a_button_invites_the_plate_that_was_typed_and_empties_the_field(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """The next press must not invite the guest of yesterday again."""
    await helpers(hub)
    await use(
        "visitor_invitation",
        phone=phone,
        button=["input_button.invite"],
        plate_field="input_text.plate",
        visits=2,
    )
    await hub.hass.services.async_call(
        "input_button", "press", {"entity_id": "input_button.invite"}, blocking=True
    )
    told = await arrived(hub, sent)
    assert told["message"].startswith("粤B12345 may come in until ")
    (invited,) = await invitations(hub)
    assert (invited["plate"], invited["by"], invited["visits_left"]) == ("粤****45", "plate", 2)
    field = hub.hass.states.get("input_text.plate")
    assert field is not None
    assert field.state == ""


async def test_a_button_that_comes_back_after_a_restart_invites_nobody(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """Otherwise each restart of the hub would hand out a code."""
    hub.hass.states.async_set("button.invite", "2026-11-22T10:00:00+00:00")
    await use("visitor_invitation", phone=phone, button=["button.invite"])
    for state in ("unavailable", "2026-11-22T10:00:00+00:00"):
        hub.hass.states.async_set("button.invite", state)
        await hub.hass.async_block_till_done()
    hub.hass.states.async_remove("button.invite")
    hub.hass.states.async_set("button.invite", "2026-11-22T10:00:00+00:00")
    await hub.hass.async_block_till_done()
    assert await invitations(hub) == []
    hub.hass.states.async_set("button.invite", "2026-11-22T11:00:00+00:00")
    await arrived(hub, sent)
    assert len(await invitations(hub)) == 1


async def test_an_event_invites_by_a_code_that_opens(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """The host passes the code on; typed at the lane it opens."""
    await customer(hub, "")
    await use(
        "visitor_invitation", phone=phone, language="zh-Hans", host="c1", host_pays=True, hours=3
    )
    hub.hass.bus.async_fire("prepaid_invite", {})
    told = await arrived(hub, sent)
    message = str(told["message"])
    assert message.startswith("访客通行码：")
    assert told["data"]["image"].startswith("/api/prepaid_parking/code/")
    code = message.removeprefix("访客通行码：")[:9].replace(" ", "")
    (invited,) = await invitations(hub)
    assert (invited["host"], invited["host_pays"]) == ("c1", True)
    length = datetime.fromisoformat(invited["to"]) - datetime.fromisoformat(invited["from"])
    assert timedelta(hours=2, minutes=59) < length <= timedelta(hours=3)
    answer = await hub.call("present_credential", lane="l1", code=code)
    assert (answer["kind"], answer["reason"]) == ("admitted", "invited")


async def test_a_reply_on_the_phone_invites_and_a_bad_plate_is_said(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """Typed in a hurry: who hears nothing believes that the visitor will get in."""
    await use("visitor_invitation", phone=phone)
    reply = {"action": "PREPAID_INVITE", "reply_text": "?!"}
    hub.hass.bus.async_fire("mobile_app_notification_action", reply)
    told = await arrived(hub, sent)
    assert told["message"] == "The visitor could not be invited. Is the plate right?"
    assert await invitations(hub) == []
    reply["reply_text"] = "粤B12345"
    hub.hass.bus.async_fire("mobile_app_notification_action", reply)
    assert (await arrived(hub, sent, 2))["message"].startswith("粤B12345 may come in until ")


async def test_a_tailgater_lights_the_ramp_for_a_while_and_is_pictured(
    hub: Hub, use: Use, phone: str, sent: list[ServiceCall]
) -> None:
    """The attendant sees who it was; the siren does not sound all night, also without a camera."""
    put_up(hub, "l1", "North gate", "entry")
    pictures = async_mock_service(hub.hass, "camera", "snapshot")
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"siren": {}}})
    switched: list[str] = []
    hub.hass.bus.async_listen(
        "state_changed",
        lambda event: (
            switched.append(event.data["new_state"].state)
            if event.data["entity_id"] == "input_boolean.siren"
            else None
        ),
    )
    await use(
        "tailgate_alarm",
        sirens=["input_boolean.siren"],
        lasting={"milliseconds": 50},
        camera="camera.north",
        phones=[phone],
        language="zh-Hans",
    )
    at = datetime(2026, 11, 22, 10, 5, 30, tzinfo=UTC)
    tell(hub, Passed(lane=LaneId("l1"), kind=PassageKind.ADMITTED, at=at, reason="card"))
    tell(hub, Passed(lane=LaneId("l1"), kind=PassageKind.TAILGATED, at=at, reason="tailgated"))
    told = await arrived(hub, sent)
    assert told["message"].startswith("North gate ")
    assert told["message"].endswith("有车辆跟车通过。")
    (picture,) = pictures
    assert picture.data["filename"].startswith("/media/tailgate-l1-20261122-")
    assert told["data"]["image"] == picture.data["filename"].replace("/media/", "/media/local/")

    async def over() -> bool:
        return switched == ["on", "off"]

    await hub.until(over)


async def test_the_sign_is_lit_when_full_and_goes_out_only_when_some_are_free(
    hub: Hub, use: Use
) -> None:
    """A sign that flickers with each car is believed by nobody; one of an unknown car park is dark."""
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"full": {}}})
    assert await async_setup_component(hub.hass, "input_text", {"input_text": {"places": {}}})
    for no in range(1, 4):
        await hub.call("add_space", name=f"V{no}", location="open_air", tenure="temporary")
    await shows(hub, "sensor", "park", "free_places", "3")
    sensor = er.async_get(hub.hass).async_get_entity_id(
        "sensor", "prepaid_parking", f"{hub.entry.unique_id}_park_free_places"
    )
    assert sensor is not None
    await use(
        "full_sign",
        places=sensor,
        signs=["input_boolean.full"],
        displays=["input_text.places"],
        full_at=1,
        free_at=3,
    )

    async def looks(free: str, sign: str, text: str) -> None:
        hub.hass.states.async_set(sensor, free)
        await hub.hass.async_block_till_done()
        lit, said = (
            hub.hass.states.get(one) for one in ("input_boolean.full", "input_text.places")
        )
        assert lit is not None
        assert said is not None
        assert (lit.state, said.state) == (sign, text), free

    await looks("2", "off", "FREE 空车位 2")
    await looks("1", "on", "FULL 车位已满")
    await looks("2", "on", "FULL 车位已满")
    await looks("unavailable", "on", "FULL 车位已满")
    await looks("3", "off", "FREE 空车位 3")
    await looks("0", "on", "FULL 车位已满")
    await looks("unknown", "off", "-")


async def test_the_sign_follows_the_cars_of_a_running_car_park(hub: Hub, use: Use) -> None:
    """The last place is taken: the next driver reads it at the street."""
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"full": {}}})
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary")
    await shows(hub, "sensor", "park", "free_places", "1")
    sensor = er.async_get(hub.hass).async_get_entity_id(
        "sensor", "prepaid_parking", f"{hub.entry.unique_id}_park_free_places"
    )
    await use("full_sign", places=sensor, signs=["input_boolean.full"])
    await inside(hub, 1)
    hub.data.park = type(hub.data.park)(hub.data.park._look)
    hub.data.coordinator.touch("park")

    async def lit() -> bool:
        state = hub.hass.states.get("input_boolean.full")
        return state is not None and state.state == "on"

    await hub.until(lit)


async def test_the_sign_of_a_zone_is_lit_while_another_zone_has_places(hub: Hub, use: Use) -> None:
    """Two ramps: a driver is sent down the one whose level is full."""
    signs: dict[str, Any] = {"north": {}}
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": signs})
    for zone in ("North", "South"):
        await hub.call(
            "add_space", name=f"V {zone}", location="open_air", tenure="temporary", zone=zone
        )
        await shows(hub, "sensor", "park", f"zone_free_places_{zone}", "1")
    sensor = er.async_get(hub.hass).async_get_entity_id(
        "sensor", "prepaid_parking", f"{hub.entry.unique_id}_park_zone_free_places_North"
    )
    await use("full_sign", places=sensor, signs=["input_boolean.north"], full_at=0, free_at=1)
    stay = await inside(hub, 1)
    hold(hub.data.site, replace(stay, zone="North"))
    hub.data.park = type(hub.data.park)(hub.data.park._look)
    hub.data.coordinator.touch("park")

    async def lit() -> bool:
        state = hub.hass.states.get("input_boolean.north")
        return state is not None and state.state == "on"

    await hub.until(lit)
    await shows(hub, "sensor", "park", "zone_free_places_South", "1")
