"""No heat is cut in the cold, nor while nobody knows how cold it is."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.outdoor import async_watch_outdoor

OUTSIDE = "sensor.outside"


def watched(hass: HomeAssistant, **options: object) -> list[bool | None]:
    """Return the list that grows with what is felt."""
    felt: list[bool | None] = []
    entry = MockConfigEntry(domain=DOMAIN, options=options)
    async_watch_outdoor(hass, entry, felt.append)
    return felt


async def test_without_a_thermometer_nobody_knows(hass: HomeAssistant) -> None:
    """A site that never named one must not freeze its tenants."""
    assert watched(hass) == [None]


async def test_it_is_felt_at_once_and_on_every_change(hass: HomeAssistant) -> None:
    """The night frost after a warm day stops what was about to be cut."""
    hass.states.async_set(OUTSIDE, "15", {"unit_of_measurement": "°C"})
    felt = watched(hass, outdoor=OUTSIDE, outdoor_least=12)
    hass.states.async_set(OUTSIDE, "-3", {"unit_of_measurement": "°C"})
    await hass.async_block_till_done()
    assert felt == [True, False]


async def test_other_degrees_are_converted(hass: HomeAssistant) -> None:
    """50 °F are 10 °C, not a hot day."""
    hass.states.async_set(OUTSIDE, "50", {"unit_of_measurement": "°F"})
    assert watched(hass, outdoor=OUTSIDE, outdoor_least=12) == [False]


@pytest.mark.parametrize("said", ["unavailable", "unknown", "warm"])
async def test_a_thermometer_that_says_nothing_sensible_says_nothing(
    hass: HomeAssistant, said: str
) -> None:
    """A dead sensor is no mild winter."""
    hass.states.async_set(OUTSIDE, said)
    assert watched(hass, outdoor=OUTSIDE, outdoor_least=12) == [None]


async def test_a_thermometer_that_is_not_there_says_nothing(hass: HomeAssistant) -> None:
    """At the hub's start the sensor may come later than we do."""
    assert watched(hass, outdoor=OUTSIDE) == [None]
