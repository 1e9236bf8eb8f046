"""Commands on their way to devices: none of them is waited for, but where the site is taken down."""

import asyncio
from collections.abc import Coroutine

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry


class Commands:
    """What a site has on its way."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with nothing on its way."""
        self._hass = hass
        self._entry = entry
        self._underway: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Begin something that nobody waits for."""
        task = self._entry.async_create_background_task(
            self._hass, work, f"{DOMAIN} command", eager_start=True
        )
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def end(self, within_s: float) -> None:
        """Let what is on its way come to its end, but no longer than this."""
        if self._underway:
            await asyncio.wait(self._underway, timeout=within_s)
        for task in self._underway:
            task.cancel()
