"""What drivers show at a lane beside their plate: a tag at a reader of the hub, a code at a keypad."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.const import CONF_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from .const import CONF_CODE_PATH, CONF_LINE_ID, CONF_TAG_READER, CONF_TOPIC
from .core.access import OLDEST_READ
from .core.errors import CoreError, StoreError
from .core.wallet import CredentialKind
from .links.mqtt_codes import LONGEST_CODE
from .operations.gate import present
from .operations.lane_facts import PassageKind
from .operations.lane_run import LaneRun
from .operations.site import Site
from .wiring_line import Detach, LineRun
from .wiring_mqtt import MqttLineRun

_LOGGER: Final = logging.getLogger(__name__)
TAG_SCANNED: Final = "tag_scanned"
"""What the hub says of every tag, whoever read it."""
CODE_DOMAINS: Final = ("event", "text", "input_text", "sensor")
CODE_ATTRIBUTES: Final = ("code", "action_code", "pin")
"""Where the event of a keypad has what was typed; without any, its type is the code."""
ONE_SHOW: Final = timedelta(seconds=5)
"""A tag held to a reader is read several times; a driver who shows it again later means it."""
MOST_WRONG: Final = 5
LOCKED_FOR: Final = timedelta(minutes=1)
"""Five wrong codes in a row shut the pad for a minute: four digits take a week of nights then."""
NOT_IN: Final = frozenset({PassageKind.REFUSED, PassageKind.ASKED})


class LanePad:
    """Hands on what is shown at one lane, each once, and not while somebody is guessing."""

    def __init__(self, site: Site, lane: LaneRun) -> None:
        """Begin with nobody there."""
        self._site = site
        self._lane = lane
        self._last: tuple[CredentialKind, str, datetime] | None = None
        self._wrong = 0
        self._locked_until: datetime | None = None

    def tag(self, value: str) -> None:
        """Take a tag."""
        self._show(CredentialKind.TAG, value)

    def code(self, value: str) -> None:
        """Take a code: a card's PIN where one has it, else a code or a ticket."""
        pin = self._site.privacy.blind(CredentialKind.PIN, value.strip())
        known = pin in self._site.credentials
        self._show(CredentialKind.PIN if known else CredentialKind.CODE, value)

    def _show(self, kind: CredentialKind, value: str) -> None:
        value, now, last = value.strip(), self._site.clock(), self._last
        if not value or len(value) > LONGEST_CODE:
            return
        if last is not None and last[:2] == (kind, value) and abs(now - last[2]) < ONE_SHOW:
            return
        self._last = (kind, value, now)
        if self._locked_until is not None and now < self._locked_until:
            return
        self._site.spawn(self._present(kind, value))

    async def _present(self, kind: CredentialKind, value: str) -> None:
        try:
            answer = await present(self._site, lane=self._lane.id, kind=kind, value=value)
        except (CoreError, StoreError) as err:
            _LOGGER.warning("What was shown at %s was not answered: %s", self._lane.name, err)
            return
        wrong = answer.kind in NOT_IN and answer.card is None and answer.stay is None
        self._wrong = self._wrong + 1 if wrong else 0
        if self._wrong >= MOST_WRONG:
            self._wrong, self._locked_until = 0, self._site.clock() + LOCKED_FOR
            _LOGGER.warning("%s: five unknown tags or codes, none is taken now", self._lane.name)


def attach_pad(
    hass: HomeAssistant,
    site: Site,
    lane: LaneRun,
    pad: Mapping[str, Any],
    lines: Mapping[str, LineRun],
) -> Detach:
    """Listen to what reads tags and codes at a lane; returns how to stop that."""
    shown = LanePad(site, lane)
    with ExitStack() as undo:
        if reader := pad.get(CONF_TAG_READER):
            undo.callback(_listen_for_tags(hass, reader, shown.tag))
        if entity := pad.get(CONF_ENTITY_ID):
            undo.callback(_listen_for_codes(hass, entity, shown.code))
        if topic := pad.get(CONF_TOPIC):
            line = lines[pad[CONF_LINE_ID]]
            if not isinstance(line, MqttLineRun):
                raise CoreError("reader_wrong_line")
            undo.callback(line.add_codes(topic, pad.get(CONF_CODE_PATH, ""), shown.code))
        return undo.pop_all().close


def _listen_for_tags(
    hass: HomeAssistant, reader: str, told: Callable[[str], None]
) -> Callable[[], None]:
    @callback
    def scanned(event: Event[dict[str, Any]]) -> None:
        if event.data.get("device_id") == reader and isinstance(event.data.get("tag_id"), str):
            told(event.data["tag_id"])

    return hass.bus.async_listen(TAG_SCANNED, scanned)


def _listen_for_codes(
    hass: HomeAssistant, entity_id: str, told: Callable[[str], None]
) -> Callable[[], None]:
    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        # What is there after a restart, or when the device is back, was typed by somebody who left.
        if old is not None and old.state != STATE_UNAVAILABLE and new is not None:
            told(code_in(new))

    return async_track_state_change_event(hass, [entity_id], changed)


def code_in(state: State) -> str:
    """Return the code that a state says, "" for none."""
    if state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return ""
    if split_entity_id(state.entity_id)[0] != "event":
        return state.state
    at = dt_util.parse_datetime(state.state)
    if at is None or abs(dt_util.utcnow() - at) > OLDEST_READ:
        return ""
    said = (state.attributes.get(name) for name in (*CODE_ATTRIBUTES, "event_type"))
    return next((str(one) for one in said if isinstance(one, str | int) and str(one)), "")
