"""Where the law asks for a certified cash register, the desk takes no cash by itself."""

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from .const import CONF_REGISTER_BESIDE
from .coordinator import PrepaidConfigEntry
from .core.fiscal import cash_barred
from .operations.site import Site


@callback
def async_watch_country(
    hass: HomeAssistant, entry: PrepaidConfigEntry, site: Site
) -> CALLBACK_TYPE:
    """Go by the hub's country and the site's option, now and when the country changes.

    Returns how to stop that.
    """

    @callback
    def judge(_: Event | None = None) -> None:
        beside = bool(entry.options.get(CONF_REGISTER_BESIDE, False))
        site.desk.barred = cash_barred(hass.config.country, register_beside=beside)

    judge()
    return hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, judge)
