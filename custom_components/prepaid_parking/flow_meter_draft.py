"""A meter while it is being described: what was chosen, what was read, how that is shown."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_PROFILE, CONF_SERIAL, DOMAIN, SUBENTRY_METER
from .core.metering import UNIT, Commodity, Quantity, Sample
from .core.money import quantity_text
from .flow_choice import DeviceSteps
from .links.profile import MeterProfile
from .links.units import VALUE_UNITS

NOTHING: Final = "–"
SHOWN_VALUES: Final = ("power", "flow", "mass_flow")
"""What flows at this moment: by it a person sees that this is the right meter."""

COMMODITIES: Final = {
    Quantity.ENERGY: (
        Commodity.ELECTRICITY,
        Commodity.CHARGING,
        Commodity.HEAT,
        Commodity.STEAM,
        Commodity.GAS,
    ),
    Quantity.REACTIVE: (Commodity.ELECTRICITY,),
    Quantity.VOLUME: (Commodity.WATER, Commodity.GAS, Commodity.STEAM),
    Quantity.MASS: (Commodity.STEAM, Commodity.WATER, Commodity.GAS),
    Quantity.DURATION: (Commodity.RUNTIME,),
    Quantity.LENGTH: (Commodity.RUNTIME,),
    Quantity.COUNT: (Commodity.RUNTIME,),
}
"""What can be sold by a register that counts this; the usual one stands first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a probe brought back."""

    sample: Sample
    quantity: Quantity
    own_prepaid: bool | None = None
    said: str = ""
    """The message or state itself, where there is one."""


def decimal_of(number: Fraction) -> str:
    """Write an exact number as the decimal a person reads; at most nine digits after the point."""
    value = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{value:.9f}".rstrip("0").rstrip(".")


async def async_words(hass: HomeAssistant, *keys: str) -> list[str]:
    """Return words for what was seen, in the hub's language."""
    words = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    return [words.get(f"component.{DOMAIN}.selector.seen.options.{key}", key) for key in keys]


class MeterDraft(DeviceSteps):
    """What all steps of a meter's flow work on."""

    def __init__(self) -> None:
        """Begin with an empty draft."""
        super().__init__()
        self.data: dict[str, Any] = {}
        self.name = ""
        self.seen: Seen | None = None
        self.profile: MeterProfile | None = None
        self.usual_power = ""

    @abstractmethod
    async def async_meter_proven(self) -> SubentryFlowResult:
        """Go on with a meter that has answered."""

    @abstractmethod
    async def async_settled(self) -> SubentryFlowResult:
        """Save: everything was asked."""

    @abstractmethod
    async def async_read_again(self) -> tuple[dict[str, str], str]:
        """Read the meter as it is described; returns the form's errors and what was said."""

    @abstractmethod
    async def async_step_supply(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether the supply may come back by itself."""

    @abstractmethod
    async def async_trip(self) -> None:
        """Make the test trip; raises ProbeError."""

    @property
    @abstractmethod
    def experimental(self) -> bool:
        """Whether the meter's own relay has to pass a test trip before it is switched."""

    @property
    def changing(self) -> bool:
        """Whether this meter exists already."""
        return self.source == SOURCE_RECONFIGURE

    @property
    def unique_id(self) -> str:
        """What tells this meter from every other: two sites must not both sell its energy."""
        return f"{SUBENTRY_METER}:{self.data[CONF_PROFILE]}:{self.data[CONF_SERIAL]}"

    async def async_reading(self) -> dict[str, str]:
        """Return what was read, for a description."""
        seen = self.seen
        assert seen is not None
        sample = seen.sample
        supplied, own, as_said = await async_words(
            self.hass, _state_key(sample.supplied), _mode_key(seen.own_prepaid), "as_said"
        )
        register = (
            NOTHING
            if sample.register is None
            else f"{quantity_text(sample.register, seen.quantity)} {UNIT[seen.quantity]}"
        )
        return {
            "register": register,
            "serial": sample.serial or NOTHING,
            "supply": supplied,
            "flow": ", ".join(_flows(sample)) or NOTHING,
            "ratio": sample.ratio or NOTHING,
            "own_prepaid": own,
            # A line of its own, and none for a meter that has only registers.
            "said": f"\n- {as_said} {seen.said}" if seen.said else "",
        }


def _state_key(supplied: bool | None) -> str:
    if supplied is None:
        return "not_told"
    return "supply_on" if supplied else "supply_off"


def _mode_key(own_prepaid: bool | None) -> str:
    if own_prepaid is None:
        return "not_told"
    return "mode_on" if own_prepaid else "mode_off"


def _flows(sample: Sample) -> Iterable[str]:
    return (
        f"{sample.values[name]:g} {VALUE_UNITS[name]}"
        for name in SHOWN_VALUES
        if name in sample.values
    )
