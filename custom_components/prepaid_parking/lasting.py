"""What lasts as long as a large site is not looked through again and again while cars wait."""

from collections.abc import Iterator
from contextlib import contextmanager
import gc
from typing import Final

from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from .coordinator import PrepaidConfigEntry, PrepaidData

MANY: Final = 5_000
"""With fewer records and entities a look takes hardly longer than over the hub's own things."""
PUT_OFF: Final = 1_000_000
"""By so many smaller looks the large one is put off: none comes while a site is set up."""


@contextmanager
def unsearched() -> Iterator[None]:
    """Spare everything the search for what is no longer used, while a site is set up.

    What comes then comes to stay, and makes the search the longer: 0.3 s at a time, several times, with
    5,000 meters. What is new and short-lived is still looked through. Added and taken off again, for
    several sites may be set up at once.
    """
    young, older, oldest = gc.get_threshold()
    gc.set_threshold(young, older, oldest + PUT_OFF)
    try:
        yield
    finally:
        young, older, oldest = gc.get_threshold()
        gc.set_threshold(young, older, oldest - PUT_OFF if oldest >= PUT_OFF else oldest)


@callback
def async_spare(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Spare what is in memory the search for what is no longer used, as long as the site runs.

    Python looks over all there is, now and then, and holds the whole hub meanwhile: for 300 to 600 ms
    with 10,000 cards and 5,000 cars inside, every half minute of a rush at the latest, and 36 cars and
    more wait; for 20 to 42 ms so. Once the hub has started it is looked over a last time. While it
    starts there is nothing yet of an earlier run of the site, so what is there by now is not even
    looked over then. When the site ends it takes part again: what belonged to it has to go.
    """
    if _kept(entry.runtime_data) < MANY:
        return

    @callback
    def async_started(_: HomeAssistant) -> None:
        gc.collect()
        gc.freeze()

    entry.async_on_unload(gc.unfreeze)
    if hass.state is not CoreState.running:
        gc.freeze()
    entry.async_on_unload(async_at_started(hass, async_started))


def _kept(data: PrepaidData) -> int:
    site, parking = data.site, data.site.parking
    parked = len(parking.permits) + len(parking.spaces) + len(parking.stays)
    return len(site.cards) + parked + len(site.meters) + len(site.wallets) + data.room.taken
