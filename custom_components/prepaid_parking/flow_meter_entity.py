"""A meter that is a hub entity already: its unit says what it counts."""

from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
)
import probatio as vol

from .const import (
    CONF_PROFILE,
    CONF_SERIAL,
    CONF_SOURCE,
    CONF_UNIT,
    HUB_ENTITY,
    SOURCE_ENTITY,
)
from .flow_meter_draft import MeterDraft, Seen
from .links.entity.meter import QUANTITIES
from .subentry_probe import ProbeError
from .subentry_probe_entity import probe_entity_meter


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
                    )
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
            sample, quantity, unit = probe_entity_meter(self.hass, entity_id)
        except ProbeError as err:
            return {"base": err.key}, err.detail
        if self.changing and unit != self.data[CONF_UNIT]:
            return {"base": "other_unit"}, unit
        self.seen = Seen(sample=sample, quantity=quantity, said=unit)
        self.data[CONF_UNIT] = unit
        self.data.setdefault(CONF_SERIAL, entity_id)
        return {}, ""
