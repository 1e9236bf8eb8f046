"""Where the law asks for a certified cash register, the desk takes no cash by itself."""

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from .const import CONF_REGISTER_BESIDE
from .coordinator import PrepaidConfigEntry
from .core.fiscal import cash_barred, register_asked_for
from .operations.site import Site
from .wording import async_words


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


async def async_said_of_country(hass: HomeAssistant) -> str:
    """Say which register the law of the hub's country asks for, or that none is known."""
    words, country = await async_words(hass), hass.config.country
    register = register_asked_for(country)
    if not register:
        return words("fiscal.free")
    named = words(f"country.{str(country).lower()}")
    return words("fiscal.asked", country=named, register=register)
