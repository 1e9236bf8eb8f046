"""How a meter's supply is switched, and whether it may come back by itself."""

from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
)
import probatio as vol

from . import const
from .const import (
    CONF_COIL,
    CONF_COMMODITY,
    CONF_INVERTED,
    CONF_KIND,
    CONF_LATENCY,
    CONF_LINE_ID,
    CONF_RELAY,
    CONF_RESTORE,
    CONF_SOURCE,
    CONF_UNIT_ID,
    DEFAULT_LATENCY_S,
    RELAY_COIL,
    RELAY_ENTITY,
    RELAY_NONE,
    RELAY_PROFILE,
    SOURCE_MQTT,
)
from .core.metering import Commodity
from .core.supply import RestoreMode
from .flow_fields import choice, required_number, whole
from .flow_meter_draft import NOTHING, async_words
from .flow_meter_mqtt import MqttMeterSteps
from .flow_meter_trip import TripSteps
from .links.entity.relay import LEVELS
from .subentry_probe import ProbeError, async_probe_coil
from .subentry_probe_entity import probe_entity_relay

ONLY_BY_HAND: Final = frozenset({Commodity.GAS, Commodity.STEAM})
"""Never opened remotely: an open gas tap or a cold steam line hurts whoever stands there."""


class SupplySteps(TripSteps, MqttMeterSteps):
    """The steps that settle the supply of a meter that has answered."""

    async def async_step_relay(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what switches the supply."""
        errors: dict[str, str] = {}
        detail = ""
        kinds = self._kinds()
        if user_input is not None:
            kind = user_input[CONF_KIND]
            before = self.data.get(CONF_RELAY, {})
            self.data[CONF_RELAY] = before if before.get(CONF_KIND) == kind else {CONF_KIND: kind}
            if kind == RELAY_NONE:
                self.data[CONF_RESTORE] = RestoreMode.BY_HAND.value
                return await self.async_settled()
            if kind == RELAY_COIL:
                return await self.async_step_relay_coil()
            if kind == RELAY_ENTITY:
                return await self.async_step_relay_entity()
            if self.data[CONF_SOURCE] == SOURCE_MQTT:
                return await self.async_step_relay_mqtt()
            errors, detail = await self._own_mode_problem()
            if not errors:
                return await self.async_step_supply()
        kind = self.data.get(CONF_RELAY, {}).get(CONF_KIND, kinds[0])
        schema = vol.Schema(
            {
                vol.Required(CONF_KIND, default=kind if kind in kinds else kinds[0]): choice(
                    kinds, key="relay_kind"
                )
            }
        )
        return self.async_show_form(
            step_id="relay",
            data_schema=schema,
            errors=errors,
            description_placeholders={
                "own_prepaid": await self._own_mode_word(),
                "detail": detail,
            },
        )

    async def async_step_relay_coil(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which contact of a relay board on the meter's line it is; then read it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None and CONF_UNIT_ID not in user_input:
            errors[CONF_UNIT_ID] = "address_missing"
        elif user_input is not None:
            self.data[CONF_RELAY] |= user_input
            try:
                line = self.line_data(self.data[CONF_LINE_ID])
                await async_probe_coil(
                    self.hass, line, user_input[CONF_UNIT_ID], user_input[CONF_COIL]
                )
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                return await self.async_step_supply()
        schema = vol.Schema(
            {
                required_number(CONF_UNIT_ID): whole(1, 247),
                vol.Required(CONF_COIL, default=0): whole(0, 0xFFFF),
                vol.Required(CONF_INVERTED, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="relay_coil",
            data_schema=self.add_suggested_values_to_schema(schema, self.data[CONF_RELAY]),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_relay_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entity of the hub switches it; then look at it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            self.data[CONF_RELAY] |= user_input
            try:
                probe_entity_relay(
                    self.hass, user_input[CONF_ENTITY_ID], inverted=user_input[CONF_INVERTED]
                )
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                return await self.async_step_supply()
        selector = EntitySelector(
            EntitySelectorConfig(filter=[EntityWithDeviceFilterSelectorConfig(domain=list(LEVELS))])
        )
        schema = vol.Schema(
            {
                vol.Required(CONF_ENTITY_ID): selector,
                vol.Required(CONF_INVERTED, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="relay_entity",
            data_schema=self.add_suggested_values_to_schema(
                schema, self._own_switch() | self.data[CONF_RELAY]
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_supply(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether the supply may come back with nobody there, and how long a move takes."""
        by_hand = Commodity(self.data[CONF_COMMODITY]) in ONLY_BY_HAND
        if user_input is not None:
            self.data[CONF_RESTORE] = user_input.get(CONF_RESTORE, RestoreMode.BY_HAND.value)
            self.data[CONF_LATENCY] = user_input[CONF_LATENCY]
            return await self.async_trip_or_settled()
        fields: dict[Any, Any] = {}
        if not by_hand:
            # No default: whoever commissions a relay has to have thought about it. The hub's dialogue
            # still shows the first option as chosen, so the safest stands first.
            fields[vol.Required(CONF_RESTORE)] = choice(
                [one.value for one in reversed(RestoreMode)], key="restore"
            )
        fields[vol.Required(CONF_LATENCY, default=self._usual_latency())] = whole(
            1, 86_400, unit="s"
        )
        relay = self.profile.relay if self.profile else None
        return self.async_show_form(
            step_id="supply_by_hand" if by_hand else "supply",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), self.data),
            description_placeholders={
                "overrules": (relay.overrules if relay and self.by_profile else "") or NOTHING,
                "own_prepaid": await self._own_mode_word(),
            },
        )

    async def async_step_supply_by_hand(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The same for what is never opened remotely."""
        return await self.async_step_supply(user_input)

    def _kinds(self) -> list[str]:
        """Return what could switch this supply, the likeliest first."""
        match self.data[CONF_SOURCE]:
            case const.SOURCE_MQTT:
                return [RELAY_NONE, RELAY_PROFILE, RELAY_ENTITY]
            case const.SOURCE_ENTITY:
                return [RELAY_ENTITY, RELAY_NONE]
        own = [RELAY_PROFILE] if self.profile and self.profile.relay else []
        return [*own, RELAY_NONE, RELAY_COIL, RELAY_ENTITY]

    def _own_switch(self) -> dict[str, Any]:
        """Return the thing whose running time is counted, where it can be its own supply."""
        entity = self.data.get(CONF_ENTITY_ID, "")
        return {CONF_ENTITY_ID: entity} if entity.partition(".")[0] in LEVELS else {}

    def _usual_latency(self) -> int:
        relay = self.profile.relay if self.profile else None
        if relay is None or not self.by_profile:
            return DEFAULT_LATENCY_S
        return max(1, relay.latency_seconds * relay.latency_polls)

    async def _own_mode_problem(self) -> tuple[dict[str, str], str]:
        """Read anew whether the meter's own prepaid mode is on: it may have been turned off."""
        errors, detail = await self.async_read_again()
        if errors:
            return errors, detail
        assert self.seen is not None
        return ({"base": "own_prepaid_on"} if self.seen.own_prepaid else {}), ""

    async def _own_mode_word(self) -> str:
        own = self.seen.own_prepaid if self.seen else None
        key = "not_told" if own is None else "mode_on" if own else "mode_off"
        (word,) = await async_words(self.hass, key)
        return word
