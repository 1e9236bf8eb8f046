"""The hub's backup copies a ledger while it is written: meanwhile only its log may grow.

A copy of a file that is being rewritten is no ledger (28 of 30 copies were broken); with the log held
back from it, 30 of 30 were good, whatever the order of copying.
"""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .operations.usage import checkpoint, close_windows

THAW: Final[HassKey[CALLBACK_TYPE]] = HassKey(f"{DOMAIN}_thaw")
"""Present while a backup runs, for ledgers that are opened meanwhile; cancels the forced thaw."""
LONGEST: Final = timedelta(hours=2)
"""A backup that never reports its end must not let the logs grow for ever."""


def is_frozen(hass: HomeAssistant) -> bool:
    """Tell whether a backup is running."""
    return THAW in hass.data


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Post what is open, then hold every ledger's log back."""

    async def overdue(_: datetime) -> None:
        await async_post_backup(hass)

    if not is_frozen(hass):
        hass.data[THAW] = async_call_later(hass, LONGEST, overdue)
    for entry in _loaded(hass):
        data = entry.runtime_data
        if data.books.writable:
            await close_windows(data.site, list(data.site.meters.values()))
            await checkpoint(data.site)
        # Also where money may not move: readings are written into a ledger that is behind.
        await data.books.freeze_checkpoints()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the logs into their ledgers again."""
    cancel = hass.data.pop(THAW, None)
    if cancel is not None:
        cancel()
    for entry in _loaded(hass):
        await entry.runtime_data.books.thaw_checkpoints()


def _loaded(hass: HomeAssistant) -> list[PrepaidConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)
