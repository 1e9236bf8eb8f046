"""What lasts as long as a large car park is not looked through again and again while cars wait."""

import gc
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from .coordinator import PrepaidConfigEntry
from .operations.site import Site

MANY: Final = 5_000
"""With fewer records a look takes hardly longer than over the hub's own things."""


@callback
def async_spare(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Spare what is in memory the search for what is no longer used, once the hub has started.

    Python looks over all there is, now and then, and holds the whole hub meanwhile: for 300 to 600 ms
    with 10,000 cards and 5,000 cars inside, every half minute of a rush at the latest, and 36 cars and
    more wait; for 20 to 42 ms so. It is looked over a last time here. When the site ends it takes part
    again: what belonged to it has to go.
    """
    if _records(entry.runtime_data.site) < MANY:
        return

    @callback
    def async_started(_: HomeAssistant) -> None:
        gc.collect()
        gc.freeze()

    entry.async_on_unload(gc.unfreeze)
    entry.async_on_unload(async_at_started(hass, async_started))


def _records(site: Site) -> int:
    parking = site.parking
    return len(site.cards) + len(parking.permits) + len(parking.spaces) + len(parking.stays)
