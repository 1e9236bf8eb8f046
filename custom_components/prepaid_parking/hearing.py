"""A site's facts for whoever listens hub-wide.

Triggers are attached before a site is loaded and stay when it is loaded anew.
"""

from functools import partial

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .operations.facts import Fact

SIGNAL_FACT: SignalType[PrepaidConfigEntry, Fact] = SignalType(f"{DOMAIN}_fact")


@callback
def async_announce(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Pass a site's facts on; returns how to stop that."""
    return entry.runtime_data.coordinator.listen(partial(_async_send, hass, entry))


@callback
def _async_send(hass: HomeAssistant, entry: PrepaidConfigEntry, fact: Fact) -> None:
    async_dispatcher_send(hass, SIGNAL_FACT, entry, fact)
