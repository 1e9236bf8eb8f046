"""Two hubs become a pair: one shows a code, it is typed in on the other."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any, Final

import aiomqtt
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import TextSelector
import probatio as vol

from .const import CONF_CODE, CONF_LINE_ID, CONF_ROLE, LINK_MQTT, SUBENTRY_OFFICE
from .core.errors import CoreError
from .core.two_hubs import Role
from .flow_choice import NEW_LINE, DeviceSteps
from .flow_fields import choice
from .links.pairing import Pairing, new_code
from .subentry_probe import ProbeError
from .subentry_probe_mqtt import async_open, broker_client

GREETING_S: Final = 3.0
"""A greeting lies at the broker: it comes at once, or the other side is not there yet."""


class OfficeFlow(DeviceSteps):
    """Adds or changes what connects a property office with lanes at another hub."""

    def __init__(self) -> None:
        """Begin with a code of its own."""
        super().__init__()
        self.data: dict[str, Any] = {}
        self.name = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the broker, the role and the code."""
        return await self._ask(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the same again; the code may be changed on both sides."""
        if user_input is None:
            subentry = self._get_reconfigure_subentry()
            self.data, self.name = dict(subentry.data), subentry.title
        return await self._ask(user_input)

    async def _ask(self, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        if user_input is None:
            return self._form({})
        self.name = user_input[CONF_NAME].strip()
        self.data = {name: user_input[name] for name in (CONF_LINE_ID, CONF_ROLE, CONF_CODE)}
        try:
            pairing = Pairing.of(self.data[CONF_CODE])
        except CoreError:
            return self._form({CONF_CODE: "pairing_code_invalid"})
        if self.is_known(self._unique_id(pairing)) or self._is_pair_here(pairing):
            return self._form({"base": "already_configured"})
        if self._has_office():
            return self._form({"base": "office_known"})
        if self.data[CONF_LINE_ID] == NEW_LINE:
            return await self.async_new_line(LINK_MQTT, self._line_made)
        return await self._probe()

    def _form(self, errors: dict[str, str], detail: str = "") -> SubentryFlowResult:
        code = self.data.get(CONF_CODE) or new_code()
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_ROLE, default=Role.OFFICE.value): choice(
                    [role.value for role in Role], key="hub_role"
                ),
                **self.line_field(LINK_MQTT, self.data.get(CONF_LINE_ID)),
                vol.Required(CONF_CODE, default=code): TextSelector(),
            }
        )
        shown = {**self.data, **({CONF_NAME: self.name} if self.name else {})}
        return self.async_show_form(
            step_id="reconfigure" if self.source == SOURCE_RECONFIGURE else "user",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def _line_made(self, line_id: str) -> SubentryFlowResult:
        self.data[CONF_LINE_ID] = line_id
        return await self._probe()

    async def _probe(self) -> SubentryFlowResult:
        """Listen for the other side: with another code it is known at once."""
        try:
            line = self.line_data(self.data[CONF_LINE_ID])
            said = await async_greeting(line, self.data[CONF_CODE], self.data[CONF_ROLE])
        except ProbeError as err:
            field = CONF_CODE if err.key == "pairing_code_wrong" else "base"
            return self._form({field: err.key}, err.detail)
        if not said:
            return await self.async_step_greeting_silent()
        return self.async_show_form(
            step_id="greeting_heard",
            data_schema=vol.Schema({}),
            description_placeholders={"said": said},
        )

    async def async_step_greeting_silent(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Let a person choose: the other side may come later."""
        return self.async_show_menu(
            step_id="greeting_silent",
            menu_options=["listen_again", "save"],
            description_placeholders={"code": self.data[CONF_CODE]},
        )

    async def async_step_greeting_heard(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Save it: the other side was heard."""
        return self._save()

    async def async_step_save(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Save it, also where the other side is not there yet."""
        return self._save()

    async def async_step_listen_again(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Listen once more for the other side."""
        return await self._probe()

    def _unique_id(self, pairing: Pairing) -> str:
        """Name this side: the other one may be a site of the same hub."""
        return f"{SUBENTRY_OFFICE}:{pairing.pair}:{self.data[CONF_ROLE]}"

    def _is_pair_here(self, pairing: Pairing) -> bool:
        """Tell whether this very site is the other side: it needs no list of its own."""
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        return any(
            Pairing.of(one.data[CONF_CODE]).pair == pairing.pair and one is not own
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_OFFICE)
        )

    def _has_office(self) -> bool:
        """Tell whether this site's lanes have an office already: they can go by one list."""
        own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        return self.data[CONF_ROLE] == Role.LANE and any(
            one.data[CONF_ROLE] == Role.LANE and one is not own
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_OFFICE)
        )

    def _save(self) -> SubentryFlowResult:
        self.save_line(self.data[CONF_LINE_ID])
        unique_id = self._unique_id(Pairing.of(self.data[CONF_CODE]))
        return self.end(self.name, self.data, unique_id)


async def async_greeting(line: Mapping[str, Any], code: str, role: str) -> str:
    """Return what the other side calls itself, "" where it is not there yet. Raises ProbeError."""
    pairing = Pairing.of(code)
    other = Role.LANE if role == Role.OFFICE else Role.OFFICE
    topic = pairing.topic(other.value)
    client = broker_client(line)
    await async_open(client)
    try:
        await client.subscribe(topic, qos=1)
        async with asyncio.timeout(GREETING_S):
            message = await anext(aiter(client.messages))
        return str(json.loads(pairing.unseal(topic, message.payload))["site"])
    except CoreError as err:
        raise ProbeError("pairing_code_wrong") from err
    except TimeoutError, aiomqtt.MqttError:
        return ""
    finally:
        await client.close()
