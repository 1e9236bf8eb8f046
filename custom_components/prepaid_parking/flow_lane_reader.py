"""What reads plates at a lane, proven by a sign of life from the camera's system."""

from abc import abstractmethod
from datetime import tzinfo
from typing import Any, Final

from homeassistant.components.webhook import async_generate_id
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_TIME_ZONE, CONF_WEBHOOK_ID
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.util import dt as dt_util
import probatio as vol

from . import subentry_probe_mqtt
from .const import (
    CONF_CAMERA,
    CONF_FAMILY,
    CONF_LEAST_SCORE,
    CONF_LINE_ID,
    CONF_REMOTE,
    CONF_TOPIC,
    FAMILY_NONE,
    LINK_MQTT,
)
from .core.errors import CoreError
from .core.plate import PlatePattern, plate_filter
from .flow_choice import NEW_LINE, DeviceSteps
from .flow_fields import choice, whole
from .flow_meter_mqtt import TEXT
from .links.plate_reading import FRIGATE
from .links.plates import (
    GENERIC,
    GENERIC_WEBHOOK,
    OPENALPR,
    OPENALPR_WEBHOOK,
    PLATE_RECOGNIZER,
    WEBHOOKS,
)
from .plate_webhook import async_hook_url, async_probe_hook
from .subentry_probe import ProbeError

CONF_LEAST_PERCENT: Final = "least_percent"
CONF_SCORE_FULL: Final = "score_full"
USUAL_LEAST: Final = 850
"""Per mille. Below it a read is more often wrong than a car is strange."""
CONF_PATTERN: Final = "pattern"
HIDDEN: Final = frozenset({CONF_LINE_ID, CONF_FAMILY, CONF_WEBHOOK_ID})
CONF_OWN_PATTERN: Final = "own_pattern"
PATHS: Final[dict[Any, Any]] = {
    vol.Required("plate_path"): TEXT,
    vol.Optional("score_path"): TEXT,
    vol.Required(CONF_SCORE_FULL, default="1"): choice(("1", "100")),
    vol.Optional("time_path"): TEXT,
    vol.Optional("list_path"): TEXT,
    vol.Optional("camera_path"): TEXT,
    vol.Optional(CONF_CAMERA): TEXT,
    vol.Optional("event_path"): TEXT,
    vol.Optional("region_path"): TEXT,
    vol.Optional("colour_path"): TEXT,
    vol.Optional("vehicle_path"): TEXT,
    vol.Optional("picture_path"): TEXT,
}
READER_FIELDS: Final[dict[str, dict[Any, Any]]] = {
    FRIGATE: {vol.Required(CONF_TOPIC, default=FRIGATE): TEXT, vol.Required(CONF_CAMERA): TEXT},
    OPENALPR: {vol.Required(CONF_TOPIC): TEXT, vol.Optional(CONF_CAMERA): TEXT},
    GENERIC: {vol.Required(CONF_TOPIC): TEXT, **PATHS},
    PLATE_RECOGNIZER: {vol.Optional(CONF_CAMERA): TEXT},
    OPENALPR_WEBHOOK: {vol.Optional(CONF_CAMERA): TEXT},
    GENERIC_WEBHOOK: PATHS,
}
JUDGED: Final[dict[Any, Any]] = {
    vol.Required(CONF_LEAST_PERCENT, default=USUAL_LEAST // 10): whole(1, 100, unit="%"),
    vol.Required(CONF_PATTERN, default=PlatePattern.ANY.value): choice(
        [one.value for one in PlatePattern], key="plate_pattern"
    ),
    vol.Optional(CONF_OWN_PATTERN): TEXT,
}
"""What is asked of every source: from when on a read is believed."""


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
            # Another software behind the same camera keeps the address that is typed into it.
            secret = self.reader.get(CONF_WEBHOOK_ID) or async_generate_id()
            if family != self.reader.get(CONF_FAMILY):
                self.reader = {CONF_FAMILY: family}
            if family in WEBHOOKS:
                self.reader[CONF_WEBHOOK_ID] = secret
                return await self.async_step_reader_webhook()
            if not self.lines(LINK_MQTT):
                return await self.async_new_line(LINK_MQTT, self._with_reader_line)
            return await self.async_step_reader_device()
        families = (FAMILY_NONE, *READER_FIELDS)
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
        line_field = self.line_field(LINK_MQTT, self.reader.get(CONF_LINE_ID))
        return self._reader_form("reader_device", line_field, errors, {"detail": detail})

    async def async_step_reader_webhook(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the address that the camera posts to, ask what it sends; then wait for a read."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            secret = self.reader[CONF_WEBHOOK_ID]
            self.reader = _reader(self.reader[CONF_FAMILY], user_input) | {CONF_WEBHOOK_ID: secret}
            errors, detail = await self._listen()
            if errors.get("base") == "no_message":
                return await self.async_step_reader_silent()
            if not errors:
                return await self._heard_plate(detail)
        shown = {"detail": detail, "url": async_hook_url(self.hass, self.reader)}
        field = {vol.Required(CONF_REMOTE, default=False): BooleanSelector()}
        return self._reader_form("reader_webhook", field, errors, shown)

    def _reader_form(
        self, step: str, first: dict[Any, Any], errors: dict[str, str], shown: dict[str, str]
    ) -> SubentryFlowResult:
        schema = vol.Schema({**first, **READER_FIELDS[self.reader[CONF_FAMILY]], **JUDGED})
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, _stored(self.reader)),
            errors=errors,
            description_placeholders=shown,
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
        by_webhook = CONF_WEBHOOK_ID in self.reader
        return self.async_show_menu(
            step_id="reader_silent",
            menu_options=[
                "reader_again",
                "reader_webhook" if by_webhook else "reader_device",
                "reader_unheard",
            ],
            description_placeholders={
                "topic": async_hook_url(self.hass, self.reader)
                if by_webhook
                else self.reader[CONF_TOPIC]
            },
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
        pattern = PlatePattern(self.reader.get(CONF_PATTERN, PlatePattern.ANY))
        try:
            plate_filter(pattern, self.reader.get(CONF_OWN_PATTERN, ""))
        except CoreError as err:
            return {CONF_OWN_PATTERN: err.key}, err.placeholders["detail"]
        try:
            if CONF_WEBHOOK_ID in self.reader:
                reader = {**self.reader, "zone": await self._zone()}
                return {}, await async_probe_hook(self.hass, reader, subentry_probe_mqtt.LISTEN_S)
            line = self.line_data(self.reader[CONF_LINE_ID])
            return {}, await subentry_probe_mqtt.async_probe_plates(line, self.reader)
        except ProbeError as err:
            return {"base": err.key}, err.detail

    async def _zone(self) -> tzinfo | None:
        """Return the zone that the site's clocks on the wall show."""
        name = self._get_entry().data.get(CONF_TIME_ZONE, self.hass.config.time_zone)
        return await dt_util.async_get_time_zone(name)

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
    if reader[CONF_PATTERN] == PlatePattern.ANY:
        reader.pop(CONF_PATTERN)
    if reader.get(CONF_PATTERN) != PlatePattern.OWN:
        reader.pop(CONF_OWN_PATTERN, None)
    if not reader.get(CONF_REMOTE, True):
        reader.pop(CONF_REMOTE)
    return reader


def _stored(reader: dict[str, Any]) -> dict[str, Any]:
    """Turn what is stored back into the form."""
    shown = {key: one for key, one in reader.items() if key not in HIDDEN}
    if CONF_LEAST_SCORE in shown:
        shown[CONF_LEAST_PERCENT] = shown.pop(CONF_LEAST_SCORE) // 10
    if CONF_SCORE_FULL in shown:
        shown[CONF_SCORE_FULL] = str(shown[CONF_SCORE_FULL])
    return shown
