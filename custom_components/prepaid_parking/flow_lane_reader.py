"""What reads plates at a lane, proven by a sign of life from the camera's system."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
import probatio as vol

from .const import (
    CONF_CAMERA,
    CONF_FAMILY,
    CONF_LEAST_SCORE,
    CONF_LINE_ID,
    CONF_TOPIC,
    FAMILY_NONE,
    LINK_MQTT,
)
from .flow_choice import NEW_LINE, DeviceSteps
from .flow_fields import choice, whole
from .flow_meter_mqtt import TEXT
from .links.plate_reading import FRIGATE
from .links.plates import GENERIC
from .subentry_probe import ProbeError
from .subentry_probe_mqtt import async_probe_plates

CONF_LEAST_PERCENT: Final = "least_percent"
CONF_SCORE_FULL: Final = "score_full"
USUAL_LEAST: Final = 850
"""Per mille. Below it a read is more often wrong than a car is strange."""
READER_FIELDS: Final[dict[str, dict[Any, Any]]] = {
    FRIGATE: {vol.Required(CONF_TOPIC, default=FRIGATE): TEXT, vol.Required(CONF_CAMERA): TEXT},
    GENERIC: {
        vol.Required(CONF_TOPIC): TEXT,
        vol.Required("plate_path"): TEXT,
        vol.Optional("score_path"): TEXT,
        vol.Required(CONF_SCORE_FULL, default="1"): choice(("1", "100")),
        vol.Optional("time_path"): TEXT,
        vol.Optional("list_path"): TEXT,
        vol.Optional("camera_path"): TEXT,
        vol.Optional(CONF_CAMERA): TEXT,
        vol.Optional("event_path"): TEXT,
    },
}


class ReaderSteps(DeviceSteps):
    """The steps that find what reads the plates."""

    def __init__(self) -> None:
        """Begin with an empty draft."""
        super().__init__()
        self.reader: dict[str, Any] = {}

    @abstractmethod
    async def async_reader_proven(self) -> SubentryFlowResult:
        """Go on with a reader that was heard, or without one."""

    async def async_step_reader(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what reads the plates, if anything does."""
        if user_input is not None:
            family = user_input[CONF_FAMILY]
            if family == FAMILY_NONE:
                self.reader = {CONF_FAMILY: FAMILY_NONE}
                return await self.async_reader_proven()
            if family != self.reader.get(CONF_FAMILY):
                self.reader = {CONF_FAMILY: family}
            if not self.lines(LINK_MQTT):
                return await self.async_new_line(LINK_MQTT, self._with_reader_line)
            return await self.async_step_reader_device()
        families = (FAMILY_NONE, FRIGATE, GENERIC)
        default = self.reader.get(CONF_FAMILY, FAMILY_NONE)
        schema = vol.Schema(
            {vol.Required(CONF_FAMILY, default=default): choice(families, key="reader_family")}
        )
        return self.async_show_form(step_id="reader", data_schema=schema)

    async def async_step_reader_device(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where the plates come from; then wait for a sign of life."""
        errors: dict[str, str] = {}
        detail = ""
        family = self.reader[CONF_FAMILY]
        if user_input is not None:
            self.reader = _reader(family, user_input)
            if user_input[CONF_LINE_ID] == NEW_LINE:
                return await self.async_new_line(LINK_MQTT, self._with_reader_line)
            errors, detail = await self._listen()
            if errors.get("base") == "no_message":
                return await self.async_step_reader_silent()
            if not errors:
                return await self._heard_plate(detail)
        schema = vol.Schema(
            {
                **self.line_field(LINK_MQTT, self.reader.get(CONF_LINE_ID)),
                **READER_FIELDS[family],
                vol.Required(CONF_LEAST_PERCENT, default=USUAL_LEAST // 10): whole(
                    1, 100, unit="%"
                ),
            }
        )
        return self.async_show_form(
            step_id="reader_device",
            data_schema=self.add_suggested_values_to_schema(schema, _reader_form(self.reader)),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_reader_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what was heard before it is saved."""
        assert user_input is not None
        return await self.async_reader_proven()

    async def async_step_reader_silent(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """No car came by while a person was waiting; that is usual."""
        return self.async_show_menu(
            step_id="reader_silent",
            menu_options=["reader_again", "reader_device", "reader_unheard"],
            description_placeholders={"topic": self.reader[CONF_TOPIC]},
        )

    async def async_step_reader_again(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Wait once more."""
        errors, detail = await self._listen()
        return await (self.async_step_reader_silent() if errors else self._heard_plate(detail))

    async def async_step_reader_unheard(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Go on without having heard it."""
        return await self.async_reader_proven()

    async def _listen(self) -> tuple[dict[str, str], str]:
        try:
            line = self.line_data(self.reader[CONF_LINE_ID])
            return {}, await async_probe_plates(line, self.reader)
        except ProbeError as err:
            return {"base": err.key}, err.detail

    async def _heard_plate(self, said: str) -> SubentryFlowResult:
        return self.async_show_form(
            step_id="reader_confirm",
            data_schema=vol.Schema({}),
            description_placeholders={"said": said},
        )

    async def _with_reader_line(self, line_id: str) -> SubentryFlowResult:
        self.reader[CONF_LINE_ID] = line_id
        return await self.async_step_reader_device()


def _reader(family: str, user_input: dict[str, Any]) -> dict[str, Any]:
    """Turn the form into what is stored: scores per mille."""
    reader = {CONF_FAMILY: family, **user_input}
    reader[CONF_LEAST_SCORE] = reader.pop(CONF_LEAST_PERCENT) * 10
    if CONF_SCORE_FULL in reader:
        reader[CONF_SCORE_FULL] = int(reader[CONF_SCORE_FULL])
    return reader


def _reader_form(reader: dict[str, Any]) -> dict[str, Any]:
    """Turn what is stored back into the form."""
    shown = {key: one for key, one in reader.items() if key not in (CONF_LINE_ID, CONF_FAMILY)}
    if CONF_LEAST_SCORE in shown:
        shown[CONF_LEAST_PERCENT] = shown.pop(CONF_LEAST_SCORE) // 10
    if CONF_SCORE_FULL in shown:
        shown[CONF_SCORE_FULL] = str(shown[CONF_SCORE_FULL])
    return shown
