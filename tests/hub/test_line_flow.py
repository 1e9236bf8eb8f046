"""A line is opened before it is saved, and says which cause kept it shut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing
from tests.brokers import free_port, mosquitto
from tests.hub.flow_steps import (
    TIMING,
    Walk,
    broker_form,
    broker_subentry,
    gateway,
    lines_of,
    make,
    modbus_subentry,
    step_of,
)

PROBE = "custom_components.prepaid_parking.subentry_probe"


def a_line(**more: Any) -> ModbusLine:
    """A gateway with one meter behind it."""
    return ModbusLine([AcrelDdsy1352(unit=1, serial="202606010001")], **more)


@pytest.mark.parametrize(
    ("framing", "transport"), [(Framing.TCP, "tcp"), (Framing.RTU_OVER_TCP, "rtu_over_tcp")]
)
async def test_a_gateway_is_opened_and_its_meter_answers_before_it_is_saved(
    hass: HomeAssistant, a_site: MockConfigEntry, framing: Framing, transport: str
) -> None:
    """A line saved on trust is found broken by the first tenant whose meter is not read."""
    async with a_line(framing=framing) as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        walk.at("user")
        await walk.answer(step_of(line))
        await walk.answer(gateway(line))
        walk.at("line_answered")
        assert walk.shown()["unit"] == "1"
        await walk.answer({"name": "Riser A"})
    saved = walk.saved()
    assert saved.title == "Riser A"
    assert saved.unique_id == f"line:{transport}:127.0.0.1:{line.port}"
    assert saved.data == {
        "link": "modbus",
        "transport": transport,
        "host": "127.0.0.1",
        "port": line.port,
        **TIMING,
    }


async def test_a_line_without_a_device_is_open_all_the_same(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The gateway is often mounted weeks before the meters."""
    async with a_line() as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(line, test_unit=9))
        walk.at("line_silent")
        await walk.answer({"name": " "})
    assert walk.saved().title == f"Modbus 127.0.0.1:{line.port}"


async def test_a_gateway_that_answers_for_a_silent_device_counts_as_silent(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Exception 11 is the gateway's word, not the meter's."""
    async with a_line(gateway_timeout_s=0.05) as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(line, test_unit=9))
        walk.at("line_silent")


async def test_a_device_that_refuses_the_question_is_there(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """No register is there on every device; a refusal comes over a line that works."""
    async with a_line() as line:
        line.devices[1].spans.clear()
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(line))
        walk.at("line_answered")


async def test_a_line_that_cannot_be_opened_is_said_and_can_be_corrected(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A typing error in a port must not cost all that was typed before."""
    async with a_line() as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(line) | {"port": free_port()})
        walk.at("modbus_tcp", error="cannot_open_line")
        assert walk.suggested("host") == "127.0.0.1"
        await walk.answer(gateway(line))
        walk.at("line_answered")


async def test_a_reply_that_is_not_modbus_is_said_to_be_garbled(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Two masters on one bus look like this; "no answer" would send an electrician to the wrong end."""
    async with a_line(framing=Framing.RTU_OVER_TCP) as line:
        line.devices[1].faults.garbled = FOREVER
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_rtu_over_tcp")
        await walk.answer(gateway(line))
        walk.at("modbus_rtu_over_tcp", error="garbled")


async def test_a_line_is_not_added_twice(hass: HomeAssistant, a_site: MockConfigEntry) -> None:
    """Two lines on one gateway would wait for each other."""
    async with a_line() as line:
        subentry = ConfigSubentry(**modbus_subentry(line))
        hass.config_entries.async_add_subentry(a_site, subentry)
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(line))
        walk.at("modbus_tcp", error="line_known")


async def test_a_serial_port_is_stored_as_the_link_wants_it(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Even parity entered as a word and sent as another setting reads nothing at all."""
    async with a_line(framing=Framing.RTU_OVER_TCP) as line:
        device = f"socket://127.0.0.1:{line.port}"
        form = {
            "device": device,
            "baudrate": "19200",
            "parity": "even",
            "stopbits": "1",
            "test_unit": 1,
            "timing": TIMING,
        }
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_serial")
        await walk.answer(form)
        walk.at("line_answered")
        await walk.answer({"name": "Cellar"})
        saved = walk.saved()
        assert saved.unique_id == f"line:serial:{device}"
        assert saved.data == {
            "link": "modbus",
            "transport": "serial",
            "device": device,
            "baudrate": 19200,
            "bytesize": 8,
            "parity": "E",
            "stopbits": 1,
            **TIMING,
        }
        await walk.begin(changing=saved)
        walk.at("modbus_serial")
        assert walk.suggested("baudrate") == "19200"
        assert walk.suggested("parity") == "even"


async def test_other_settings_of_a_port_in_use_are_tried_with_the_site_off_the_bus(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The hub holds one connection per port: with the old speed on it, the new one cannot be tried."""
    async with a_line(framing=Framing.RTU_OVER_TCP) as line:
        device = f"socket://127.0.0.1:{line.port}"
        stored = {"device": device, "baudrate": 9600, "bytesize": 8, "parity": "N", "stopbits": 1}
        data = {"link": "modbus", "transport": "serial", **stored, **TIMING}
        subentry = make(hass, a_site, "line", "Cellar", f"line:serial:{device}", data)
        a_site.mock_state(hass, ConfigEntryState.LOADED)
        form = {
            "device": device,
            "baudrate": "19200",
            "parity": "none",
            "stopbits": "1",
            "test_unit": 1,
            "timing": TIMING,
        }
        walk = Walk(hass, a_site, "line")
        await walk.begin(changing=subentry)
        with (
            patch.object(hass.config_entries, "async_unload", return_value=True) as unload,
            patch.object(hass.config_entries, "async_setup", return_value=True) as set_up,
        ):
            await walk.answer(form)
        unload.assert_awaited_once_with(a_site.entry_id)
        set_up.assert_awaited_once_with(a_site.entry_id)
        walk.at("line_answered")
        await walk.answer({"name": "Cellar"})
        walk.changed()
    assert a_site.subentries[subentry.subentry_id].data["baudrate"] == 19200


async def test_a_port_that_somebody_else_holds_with_other_settings_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The hub shares one connection per port; whoever holds it decides its speed."""
    async with a_line(framing=Framing.RTU_OVER_TCP) as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_rtu_over_tcp")
        with patch(
            f"{PROBE}.async_get_temporary_unit",
            side_effect=HomeAssistantError("already in use with different link settings"),
        ):
            await walk.answer(gateway(line))
        walk.at("modbus_rtu_over_tcp", error="line_in_use")


async def test_a_gateway_may_move_to_another_address(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A new router in the cellar must not cost the line and every meter on it."""
    async with a_line() as old, a_line() as new:
        subentry = ConfigSubentry(**modbus_subentry(old))
        hass.config_entries.async_add_subentry(a_site, subentry)
        walk = Walk(hass, a_site, "line")
        await walk.begin(changing=subentry)
        walk.at("modbus_tcp")
        assert walk.suggested("port") == old.port
        await walk.answer(gateway(new))
        walk.at("line_answered")
        await walk.answer({"name": "Riser A"})
        walk.changed()
    assert lines_of(a_site)[0].subentry_id == subentry.subentry_id
    assert lines_of(a_site)[0].unique_id == f"line:tcp:127.0.0.1:{new.port}"
    assert lines_of(a_site)[0].title == "Riser A"


async def test_a_broker_is_connected_and_named_before_it_is_saved(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A broker that was never reached collects no plates while the hub restarts."""
    with mosquitto(username="site", password="right") as broker:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("mqtt_broker")
        await walk.answer(broker_form(broker))
        walk.at("broker_answered")
        assert "mosquitto" in walk.shown()["version"]
        await walk.answer({"name": "Yard"})
    saved = walk.saved()
    assert saved.unique_id == f"line:mqtt:127.0.0.1:{broker.port}"
    assert saved.data == {
        "link": "mqtt",
        "host": "127.0.0.1",
        "port": broker.port,
        "username": "site",
        "password": "right",
        "tls": False,
        "protocol": "3.1.1",
    }


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_a_wrong_password_is_told_from_a_broker_that_is_away(
    hass: HomeAssistant, a_site: MockConfigEntry, protocol: str
) -> None:
    """One is mended at the keyboard, the other at the switchboard."""
    with mosquitto(username="site", password="right") as broker:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("mqtt_broker")
        await walk.answer(broker_form(broker, password="wrong", protocol=protocol))
        walk.at("mqtt_broker", error="invalid_auth")
        assert walk.suggested("username") == "site"
        assert walk.suggested("password") is None
        await walk.answer(broker_form(broker, port=free_port(), protocol=protocol))
        walk.at("mqtt_broker", error="cannot_connect")
        await walk.answer(broker_form(broker, protocol=protocol))
        walk.at("broker_answered")


async def test_a_broker_that_wants_no_such_client_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Neither the password nor the network is at fault, so neither must be blamed."""
    with mosquitto() as broker:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("mqtt_broker")
        with patch(
            "custom_components.prepaid_parking.links.mqtt_client.BrokerClient.open",
            side_effect=DeviceError(DeviceFault.REFUSED, "Server unavailable"),
        ):
            await walk.answer(broker_form(broker))
        walk.at("mqtt_broker", error="broker_refused")


async def test_a_broker_that_hides_its_version_is_good_enough(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Hosted brokers keep their system topics to themselves."""
    with mosquitto() as broker:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("mqtt_broker")
        with (
            patch(f"{PROBE}_mqtt.BROKER_VERSION", "$SYS/hidden"),
            patch(f"{PROBE}_mqtt.BROKER_NAME_S", 0.05),
        ):
            await walk.answer(broker_form(broker))
        walk.at("broker_answered")
        assert walk.shown()["version"] == "–"


async def test_the_hubs_own_broker_is_offered_and_its_password_known(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """Whoever set up the hub's broker years ago does not know its password any more."""
    with mosquitto(username="hub", password="secret") as broker:
        login = {"username": "hub", "password": "secret", "protocol": "5"}
        MockConfigEntry(
            domain="mqtt", data={"broker": "127.0.0.1", "port": broker.port, **login}
        ).add_to_hass(hass)
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("mqtt_broker")
        assert walk.suggested("host") == "127.0.0.1"
        assert walk.suggested("username") == "hub"
        assert walk.suggested("protocol") == "5"
        form = broker_form(broker, protocol="5")
        form.pop("username", None)
        form.pop("password", None)
        await walk.answer(form | {"username": "hub"})
        walk.at("broker_answered")
        await walk.answer({"name": "Yard"})
    assert walk.saved().data["password"] == "secret"


async def test_a_known_password_does_not_go_to_another_broker(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A changed address with an empty password field would hand the login to a stranger."""
    with (
        mosquitto(username="site", password="right") as broker,
        mosquitto(username="site", password="right") as stranger,
    ):
        subentry = ConfigSubentry(**broker_subentry(broker))
        hass.config_entries.async_add_subentry(a_site, subentry)
        walk = Walk(hass, a_site, "line")
        await walk.begin(changing=subentry)
        walk.at("mqtt_broker")
        form = broker_form(stranger)
        del form["password"]
        await walk.answer(form)
        walk.at("mqtt_broker", error="invalid_auth")
        await walk.answer(form | {"port": broker.port})
        walk.at("broker_answered")
        await walk.answer({"name": "Yard"})
        walk.changed()
    assert a_site.subentries[subentry.subentry_id].data["password"] == "right"


async def test_a_site_offers_every_kind_of_line(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """What is not in the menu does not exist for a building manager."""
    walk = Walk(hass, a_site, "line")
    result = await walk.begin()
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == [
        "modbus_tcp",
        "modbus_rtu_over_tcp",
        "modbus_serial",
        "mqtt_broker",
    ]


async def test_a_gateway_that_never_accepts_is_not_called_silent(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A firewall that swallows packets looks like a meter without power otherwise."""

    class Unreachable:
        connected = False

        async def read_holding_registers(self, address: int, count: int) -> list[int]:
            raise TimeoutError

    @asynccontextmanager
    async def swallowed(*_: object) -> AsyncIterator[Unreachable]:
        yield Unreachable()

    async with a_line() as line:
        walk = Walk(hass, a_site, "line")
        await walk.begin()
        await walk.answer("modbus_tcp")
        with patch(f"{PROBE}.async_get_temporary_unit", swallowed):
            await walk.answer(gateway(line))
        walk.at("modbus_tcp", error="cannot_open_line")
