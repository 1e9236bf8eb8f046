"""Names and numbers that more than one file of the shell needs, each with its reason."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "prepaid_parking"

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.COVER,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.VALVE,
)
