"""Walking through the dialogues as a person does: what is shown, what is answered."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.wire import Framing
from tests.brokers import Mosquitto
from tests.hub.flow_words import check_words

type Answer = Mapping[str, Any] | str
type Result = Mapping[str, Any]

PROBE = "custom_components.prepaid_parking.subentry_probe"
TIMING = {"timeout": 0.5, "spacing": 0.0}


class Walk:
    """One dialogue about a subentry; remembers what it shows."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, kind: str) -> None:
        """Stand before the door."""
        self.hass = hass
        self.entry = entry
        self.kind = kind
        self.result: Result = {}

    async def begin(self, changing: ConfigSubentry | None = None) -> Result:
        """Open the dialogue, for a new subentry or to change one."""
        context = SubentryFlowContext(source="user")
        if changing is not None:
            context = SubentryFlowContext(source="reconfigure", subentry_id=changing.subentry_id)
        self.result = await self.hass.config_entries.subentries.async_init(
            (self.entry.entry_id, self.kind), context=context
        )
        check_words(self.result, "config_subentries", self.kind)
        return self.result

    async def answer(self, answer: Answer) -> Result:
        """Fill in a form, or choose from a menu by name."""
        given = {"next_step_id": answer} if isinstance(answer, str) else dict(answer)
        self.result = await self.hass.config_entries.subentries.async_configure(
            self.result["flow_id"], given
        )
        check_words(self.result, "config_subentries", self.kind)
        return self.result

    async def wait(self) -> Result:
        """Watch a progress until it ends."""
        await self.hass.async_block_till_done()
        self.result = await self.hass.config_entries.subentries.async_configure(
            self.result["flow_id"]
        )
        check_words(self.result, "config_subentries", self.kind)
        return self.result

    def at(self, step: str, *, error: str | None = None) -> Result:
        """Assert where we are, and that nothing or just this is complained about."""
        assert self.result["type"] in (FlowResultType.FORM, FlowResultType.MENU), self.result
        assert self.result["step_id"] == step
        errors = self.result.get("errors") or {}
        assert set(errors.values()) == ({error} if error else set())
        return self.result

    def shown(self) -> Mapping[str, str]:
        """What the description is filled with."""
        return self.result["description_placeholders"] or {}

    def suggested(self, field: str) -> Any:
        """What a field of the form is filled with beforehand."""
        for key in self.result["data_schema"].schema:
            if key == field:
                default = key.default() if callable(key.default) else None
                return (key.description or {}).get("suggested_value", default)
        raise KeyError(field)

    def fields(self) -> set[str]:
        """What the form asks for."""
        return {str(key) for key in self.result["data_schema"].schema}

    def saved(self) -> ConfigSubentry:
        """Assert that the dialogue ended well; returns what it made."""
        assert self.result["type"] is FlowResultType.CREATE_ENTRY, self.result
        made = [
            one
            for one in self.entry.subentries.values()
            if one.subentry_type == self.kind and one.unique_id == self.result["unique_id"]
        ]
        assert len(made) == 1
        return made[0]

    def changed(self) -> None:
        """Assert that a change was saved, and is said to be in words of ours: the hub has few languages."""
        assert self.result["type"] is FlowResultType.ABORT, self.result
        assert self.result["reason"] == "reconfigure_successful"
        assert "translation_domain" not in self.result


def lines_of(entry: ConfigEntry) -> list[ConfigSubentry]:
    """The site's lines."""
    return list(entry.get_subentries_of_type("line"))


def gateway(line: ModbusLine, *, test_unit: int = 1) -> dict[str, Any]:
    """The form of a line on the network."""
    return {"host": line.host, "port": line.port, "test_unit": test_unit, "timing": TIMING}


def step_of(line: ModbusLine) -> str:
    """The kind of line, as the menu calls it."""
    return "modbus_tcp" if line.framing is Framing.TCP else "modbus_rtu_over_tcp"


def broker_form(broker: Mosquitto, **more: Any) -> dict[str, Any]:
    """The form of a broker."""
    form = {"host": broker.host, "port": broker.port, "tls": False, "protocol": "3.1.1"}
    if broker.username:
        form |= {"username": broker.username, "password": broker.password}
    return form | more


def modbus_subentry(line: ModbusLine, **more: Any) -> dict[str, Any]:
    """A line that is saved already, as the hub stores it."""
    data = {
        "link": "modbus",
        "transport": "tcp",
        "host": line.host,
        "port": line.port,
        **TIMING,
        **more,
    }
    return {
        "data": MappingProxyType(data),
        "subentry_type": "line",
        "title": f"Modbus {line.host}:{line.port}",
        "unique_id": f"line:{data['transport']}:{line.host}:{line.port}",
    }


def broker_subentry(broker: Mosquitto, **more: Any) -> dict[str, Any]:
    """A broker that is saved already, as the hub stores it."""
    data = {
        "link": "mqtt",
        "host": broker.host,
        "port": broker.port,
        "username": broker.username or "",
        "password": broker.password or "",
        "tls": False,
        "protocol": "3.1.1",
        **more,
    }
    return {
        "data": MappingProxyType(data),
        "subentry_type": "line",
        "title": f"MQTT {broker.host}:{broker.port}",
        "unique_id": f"line:mqtt:{broker.host}:{broker.port}",
    }


def saved_broker(hass: HomeAssistant, site: ConfigEntry, broker: Mosquitto, **more: Any) -> str:
    """A broker as a line of the site; returns its id."""
    subentry = ConfigSubentry(**broker_subentry(broker, **more))
    hass.config_entries.async_add_subentry(site, subentry)
    return subentry.subentry_id


def saved_gateway(hass: HomeAssistant, site: ConfigEntry, line: ModbusLine) -> str:
    """A gateway as a line of the site; returns its id."""
    subentry = ConfigSubentry(**modbus_subentry(line))
    hass.config_entries.async_add_subentry(site, subentry)
    return subentry.subentry_id


def make(
    hass: HomeAssistant, site: ConfigEntry, kind: str, title: str, unique_id: str,
    data: Mapping[str, Any],
) -> ConfigSubentry:  # fmt: skip
    """A subentry that is there already."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type=kind, title=title, unique_id=unique_id
    )
    hass.config_entries.async_add_subentry(site, subentry)
    return subentry
