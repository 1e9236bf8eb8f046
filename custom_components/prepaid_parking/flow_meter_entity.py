"""A meter that is a hub entity already: a sensor's unit says what it counts.

Of a thing that goes on and off, we count ourselves how long it is on.
"""

from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, Platform
from homeassistant.core import split_entity_id
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from .const import (
    CONF_PROFILE,
    CONF_SERIAL,
    CONF_SOURCE,
    CONF_UNIT,
    HUB_ENTITY,
    SOURCE_ENTITY,
)
from .core.metering import UNIT, Quantity, Sample
from .flow_meter_draft import MeterDraft, Seen
from .links.entity.meter import QUANTITIES
from .links.entity.runtime import RUNS
from .subentry_probe import ProbeError
from .subentry_probe_entity import probe_entity_meter, probe_entity_runtime

MOST_PER_HOUR: Final = "1.1"
"""An hour runs for no longer than an hour; the tenth is for clocks that do not quite agree."""


class EntityMeterSteps(MeterDraft):
    """The step that finds and reads a meter among the hub's entities."""

    async def async_step_hub_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entity it is; then look at its state."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            self.data |= {CONF_SOURCE: SOURCE_ENTITY, CONF_PROFILE: HUB_ENTITY, **user_input}
            errors, detail = await self.async_read_entity()
            if not errors:
                return await self.async_meter_proven()
        selector = EntitySelector(
            EntitySelectorConfig(
                filter=[
                    EntityWithDeviceFilterSelectorConfig(
                        domain="sensor", device_class=[str(one) for one in QUANTITIES]
                    ),
                    EntityWithDeviceFilterSelectorConfig(domain=list(RUNS)),
                ]
            )
        )
        return self.async_show_form(
            step_id="hub_entity",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_ENTITY_ID): selector}), self.data
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_read_entity(self) -> tuple[dict[str, str], str]:
        """Look at the entity; returns the errors of the form and what is in the way."""
        entity_id = self.data[CONF_ENTITY_ID]
        try:
            seen, unit = self._seen(entity_id)
        except ProbeError as err:
            return {"base": err.key}, err.detail
        if self.changing and unit != self.data[CONF_UNIT]:
            return {"base": "other_unit"}, unit
        self.seen = seen
        self.data[CONF_UNIT] = unit
        self.data.setdefault(CONF_SERIAL, entity_id)
        return {}, ""

    def _seen(self, entity_id: str) -> tuple[Seen, str]:
        """Return what an entity shows and the unit it counts in; raises ProbeError."""
        if split_entity_id(entity_id)[0] == Platform.SENSOR:
            sample, quantity, unit = probe_entity_meter(self.hass, entity_id)
            return Seen(sample=sample, quantity=quantity, said=unit), unit
        said = probe_entity_runtime(self.hass, entity_id)
        self.usual_power = MOST_PER_HOUR
        # The count of a meter that is there already stands in the books, not in the thing.
        sample = Sample(at=dt_util.utcnow(), register=None if self.changing else 0)
        return Seen(sample=sample, quantity=Quantity.DURATION, said=said), UNIT[Quantity.DURATION]
