"""What every test shares: Hypothesis profiles, and a hub that accepts this integration."""

import logging
import os
import traceback

from hypothesis import HealthCheck, settings
import pytest

from tests.hub_free import hub_is_installed

# No deadline: two cores shared with real servers make a single example slow now and then.
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("usual"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

if hub_is_installed():
    from homeassistant.core import HomeAssistant
    from homeassistant.loader import DATA_CUSTOM_COMPONENTS

    # Ours must be the first package of this name: the test plugin brings one of its own, and the
    # hub looks for custom integrations in whichever was imported.
    import custom_components

    __all__ = ["custom_components"]

    # The test plugin has every statement logged, for the recorder's sake: a fifth of a test's time.
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

    # It has the loop in debug mode, which sees a call from a wrong thread, but also notes for each
    # future all calls that led to it: a quarter of a test's time. The nearest say where it was made.
    traceback.extract_stack.__defaults__ = (None, 5)

    @pytest.fixture
    def hass(hass: HomeAssistant) -> HomeAssistant:
        """The test plugin's hub, allowed to find this integration.

        An override instead of the plugin's own fixture, so that a test that asks for the hub gets
        it, fixtures that must come before the hub still do, and a test without a hub starts none.
        """
        hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
        return hass
