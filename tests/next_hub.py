"""Let the test plugin, which is made for the current hub, run on the next one.

Given to pytest as `-p tests.next_hub`, so that it comes before the plugin. The hub must be imported
first, because it puts an alias in the place of a library that the plugin patches, and one function
that the plugin replaces has moved. Goes when the plugin's release for that hub is out.
"""

from homeassistant.components import logger
from homeassistant.components.logger import helpers

if not hasattr(logger, "_clear_logger_overwrites"):
    vars(logger)["_clear_logger_overwrites"] = helpers._clear_logger_overwrites
