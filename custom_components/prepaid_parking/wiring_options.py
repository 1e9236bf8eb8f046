"""A running site goes by its options: what is changed there holds at once, and is an entry of the books."""

from homeassistant.core import HomeAssistant

from .const import CONF_SECOND_ANCHOR
from .coordinator import PrepaidConfigEntry, PrepaidData
from .core.identity import SYSTEM
from .core.metering import Commodity
from .operations.rules import change_settings
from .outdoor import async_watch_outdoor
from .register_law import async_watch_country
from .site_options import go_by


class OptionsRun:
    """The options that a site goes by, and the thermometer that one of them names."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry, data: PrepaidData) -> None:
        """Go by those that the site was opened with."""
        self._hass = hass
        self._entry = entry
        self._data = data
        self._options = dict(entry.options)
        self._unwatch = async_watch_outdoor(hass, entry, self._felt)
        self._leave = async_watch_country(hass, entry, data.site)

    async def follow(self) -> bool:
        """Go by what the options now are; False where only opening the site anew can do that."""
        before, options = self._options, dict(self._entry.options)
        if before.get(CONF_SECOND_ANCHOR) != options.get(CONF_SECOND_ANCHOR):
            return False
        changed = {
            name: f"{before.get(name)} -> {options.get(name)}"
            for name in sorted(before.keys() | options.keys())
            if before.get(name) != options.get(name)
        }
        if changed:
            self._options = options
            go_by(self._data, options)
            self._unwatch()
            self._unwatch = async_watch_outdoor(self._hass, self._entry, self._felt)
            self._leave()
            self._leave = async_watch_country(self._hass, self._entry, self._data.site)
            await change_settings(self._data.site, changed, SYSTEM)
        return True

    def stop(self) -> None:
        """Look at no thermometer any more, and at no country."""
        self._unwatch()
        self._leave()

    def _felt(self, warm: bool | None) -> None:
        site = self._data.site
        if warm is not site.outdoor_warm:
            site.outdoor_warm = warm
            site.wake(run for run in site.meters.values() if run.meter.commodity is Commodity.HEAT)
