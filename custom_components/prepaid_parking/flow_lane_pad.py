"""What reads tags and codes at a lane: a tag reader, a keypad as an entity, a keypad on MQTT."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    DeviceSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
)
import probatio as vol

from .const import CONF_CODE_PATH, CONF_LINE_ID, CONF_PAD, CONF_TAG_READER, CONF_TOPIC, LINK_MQTT
from .core.errors import CoreError
from .flow_choice import DeviceSteps
from .flow_fields import choice
from .flow_meter_mqtt import TEXT
from .lane_pad import CODE_DOMAINS
from .links.payloads.reading import path_of
from .links.topics import check_filter

PAD_FIELDS: Final = (CONF_TAG_READER, CONF_ENTITY_ID, CONF_LINE_ID, CONF_TOPIC, CONF_CODE_PATH)


class PadSteps(DeviceSteps):
    """The step that names what drivers show their tags and codes to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.data: dict[str, Any] = {}

    @abstractmethod
    async def async_pad_done(self) -> SubentryFlowResult:
        """Go on with what was named."""

    async def async_step_pad(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what reads tags and codes; every field may stay empty."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            pad = {name: user_input[name] for name in PAD_FIELDS if user_input.get(name)}
            try:
                _check(pad)
            except CoreError as err:
                errors, detail = {"base": "settings_invalid"}, str(err)
            else:
                self.data.pop(CONF_PAD, None)
                if pad:
                    self.data[CONF_PAD] = pad
                return await self.async_pad_done()
        lines = [
            SelectOptionDict(value=key, label=one.title)
            for key, one in self.lines(LINK_MQTT).items()
        ]
        schema = vol.Schema(
            {
                vol.Optional(CONF_TAG_READER): DeviceSelector(),
                vol.Optional(CONF_ENTITY_ID): EntitySelector(
                    EntitySelectorConfig(domain=list(CODE_DOMAINS))
                ),
                **({vol.Optional(CONF_LINE_ID): choice(lines)} if lines else {}),
                vol.Optional(CONF_TOPIC): TEXT,
                vol.Optional(CONF_CODE_PATH): TEXT,
            }
        )
        shown = user_input if user_input is not None else self.data.get(CONF_PAD, {})
        return self.async_show_form(
            step_id="pad",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"detail": detail},
        )


def _check(pad: dict[str, Any]) -> None:
    """Refuse a topic without its broker, and what could never be heard."""
    if (CONF_TOPIC in pad) is not (CONF_LINE_ID in pad):
        raise CoreError("setting_missing", names=f"{CONF_LINE_ID}, {CONF_TOPIC}")
    if CONF_TOPIC in pad:
        check_filter(pad[CONF_TOPIC])
    path_of(pad.get(CONF_CODE_PATH, ""))
