"""The meters' and relay boards' profiles: those that come along, and a site owner's own."""

import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .links.profile_file import Profiles, load_profiles

_LOGGER: Final = logging.getLogger(__name__)
OWN_PROFILES: Final = f"{DOMAIN}/profiles"
"""Beside the hub's configuration: the integration's own folder is replaced by every update."""


async def async_load_profiles(hass: HomeAssistant) -> Profiles:
    """Read every usable profile, away from the event loop; what is wrong with another is logged."""
    own = Path(hass.config.path(OWN_PROFILES))
    profiles = await hass.async_add_executor_job(load_profiles, own)
    for problem in profiles.broken:
        _LOGGER.warning("A profile cannot be used: %s", problem)
    return profiles
