"""A meter on Modbus: its line, its family, its unit, and for a family of its own the registers."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectOptionDict, TextSelector
import probatio as vol

from .const import (
    CONF_COMMODITY,
    CONF_GENERIC,
    CONF_LINE_ID,
    CONF_MAX_POWER,
    CONF_PROFILE,
    CONF_SERIAL,
    CONF_SOURCE,
    CONF_UNIT_ID,
    GENERIC_MODBUS,
    LINK_MODBUS,
    SOURCE_MODBUS,
    SUBENTRY_METER,
)
from .flow_choice import NEW_LINE
from .flow_fields import choice, decimal_text, required_number, whole
from .flow_meter_draft import COMMODITIES, MeterDraft, Seen, decimal_of
from .links.fields import ProfileError
from .links.generic import generic_modbus
from .links.profile import MeterProfile, ratio_product
from .links.registers import Kind, Order, Space
from .links.units import BILLED_UNITS
from .profiles import async_load_profiles
from .subentry_probe import ProbeError, async_probe_modbus_meter

EXPERIMENTAL_MARK: Final = "⚗"
SECTION_SERIAL: Final = "serial_number"
SECTION_RELAY: Final = "relay"
NUMBER_KINDS: Final = tuple(one.value for one in Kind if one not in (Kind.TEXT, Kind.BIT))
FUNCTIONS: Final = ("5", "6", "15", "16")
CONF_FUNCTION: Final = "relay_function"
LAST_ADDRESS: Final = 0xFFFF


def _optional_address(name: str) -> dict[Any, Any]:
    return {vol.Optional(name): whole(0, LAST_ADDRESS)}


GENERIC: Final = vol.Schema(
    {
        vol.Required("space", default=Space.HOLDING.value): choice(
            [Space.HOLDING.value, Space.INPUT.value], key="register_space"
        ),
        required_number("address"): whole(0, LAST_ADDRESS),
        vol.Required("type", default=Kind.U32.value): choice(NUMBER_KINDS),
        vol.Required("word_order", default=Order.BIG.value): choice(
            [one.value for one in Order], key="order"
        ),
        vol.Required("byte_order", default=Order.BIG.value): choice(
            [one.value for one in Order], key="order"
        ),
        vol.Required("unit", default="kWh"): choice(BILLED_UNITS),
        vol.Required("scale", default="1"): TextSelector(),
        vol.Optional("modulus"): TextSelector(),
        vol.Required(SECTION_SERIAL): section(
            vol.Schema(
                {
                    **_optional_address("serial_address"),
                    vol.Optional("serial_type"): choice(
                        [one.value for one in Kind if one is not Kind.BIT]
                    ),
                    vol.Optional("serial_count"): whole(1, 16),
                }
            ),
            {"collapsed": True},
        ),
        vol.Required(SECTION_RELAY): section(
            vol.Schema(
                {
                    vol.Optional(CONF_FUNCTION): choice(FUNCTIONS, key="write_function"),
                    **_optional_address("relay_address"),
                    vol.Optional("relay_cut"): whole(0, LAST_ADDRESS),
                    vol.Optional("relay_restore"): whole(0, LAST_ADDRESS),
                    vol.Optional("state_space"): choice(
                        [one.value for one in Space], key="register_space"
                    ),
                    **_optional_address("state_address"),
                    vol.Optional("state_mask"): whole(1, LAST_ADDRESS),
                    vol.Optional("state_supplied"): whole(0, LAST_ADDRESS),
                    vol.Optional("state_cut"): whole(0, LAST_ADDRESS),
                }
            ),
            {"collapsed": True},
        ),
    }
)


def generic_of(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the form into what describes such a meter: flat, exact numbers as text.

    What is sold and how much at most is asked once it has answered; until then the usual is assumed.
    """
    flat = {key: one for key, one in user_input.items() if not isinstance(one, Mapping)}
    flat |= user_input[SECTION_SERIAL] | user_input[SECTION_RELAY]
    for key in ("scale", "modulus"):
        if key in flat:
            flat[key] = decimal_text(flat[key]) or flat[key]
    if CONF_FUNCTION in flat:
        flat[CONF_FUNCTION] = int(flat[CONF_FUNCTION])
    quantity, _ = BILLED_UNITS[flat["unit"]]
    return flat | {CONF_COMMODITY: COMMODITIES[quantity][0].value, CONF_MAX_POWER: "1"}


async def async_profile_of(hass: HomeAssistant, data: Mapping[str, Any]) -> MeterProfile:
    """Return the profile of a meter on Modbus: a file's, or the one described in its data."""
    if data[CONF_PROFILE] == GENERIC_MODBUS:
        return generic_modbus(data[CONF_GENERIC])
    profile = (await async_load_profiles(hass)).meters.get(data[CONF_PROFILE])
    if profile is None:
        # The site owner's own file, which is gone or broken.
        raise ProbeError("unknown_profile", data[CONF_PROFILE])
    return profile


class ModbusMeterSteps(MeterDraft):
    """The steps that find and read a meter on Modbus."""

    async def async_step_modbus(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask on which line, of which family, and which unit it is; then read it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is None and not self.lines(LINK_MODBUS):
            return await self.async_new_line(LINK_MODBUS, self._with_modbus_line)
        if user_input is not None:
            self.data |= {CONF_SOURCE: SOURCE_MODBUS, **user_input}
            if user_input[CONF_LINE_ID] == NEW_LINE:
                return await self.async_new_line(LINK_MODBUS, self._with_modbus_line)
            if CONF_UNIT_ID not in user_input:
                errors[CONF_UNIT_ID] = "address_missing"
            elif self.data[CONF_PROFILE] == GENERIC_MODBUS and not self.changing:
                return await self.async_step_generic()
            else:
                errors, detail = await self.async_read_modbus()
                if not errors:
                    return await self.async_meter_proven()
        return self.async_show_form(
            step_id="modbus",
            data_schema=await self._modbus_schema(),
            errors=errors,
            description_placeholders={"detail": detail, "mark": EXPERIMENTAL_MARK},
        )

    async def async_step_generic(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the registers of a meter that no profile describes; then read it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None and "address" not in user_input:
            errors["address"] = "address_missing"
        elif user_input is not None:
            self.data[CONF_GENERIC] = generic_of(user_input)
            errors, detail = await self.async_read_modbus()
            if not errors:
                return await self.async_meter_proven()
        return self.async_show_form(
            step_id="generic",
            data_schema=self.add_suggested_values_to_schema(GENERIC, user_input),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def _with_modbus_line(self, line_id: str) -> SubentryFlowResult:
        """Come back with a new line, everything else as it was."""
        self.data[CONF_LINE_ID] = line_id
        return await self.async_step_modbus()

    async def async_read_modbus(self) -> tuple[dict[str, str], str]:
        """Read the meter; returns the errors of the form and what the device said."""
        try:
            line = self.line_data(self.data[CONF_LINE_ID])
            self.profile = await async_profile_of(self.hass, self.data)
            self._refuse_taken_address()
            sample, own_prepaid = await async_probe_modbus_meter(
                self.hass, line, self.profile, self.data[CONF_UNIT_ID]
            )
        except ProfileError as err:
            return {"base": "generic_invalid"}, "{path}: {problem}".format_map(err.placeholders)
        except ProbeError as err:
            return {"base": err.key}, err.detail
        if self.changing and sample.serial not in (None, self.data[CONF_SERIAL]):
            return {"base": "other_serial"}, sample.serial or ""
        self.seen = Seen(sample=sample, quantity=self.profile.quantity, own_prepaid=own_prepaid)
        self.usual_power = decimal_of(_power_of(self.profile, sample.ratio))
        return {}, ""

    def _refuse_taken_address(self) -> None:
        """Refuse a unit that is a meter already; a generic one may count on several channels."""
        if self.data[CONF_PROFILE] == GENERIC_MODBUS:
            return
        same = (CONF_LINE_ID, CONF_UNIT_ID, CONF_PROFILE)
        for one in self._get_entry().get_subentries_of_type(SUBENTRY_METER):
            if one.subentry_id != self.own_id and all(
                one.data.get(key) == self.data[key] for key in same
            ):
                raise ProbeError("already_configured", one.title)

    async def _modbus_schema(self) -> vol.Schema:
        fields = self.line_field(LINK_MODBUS, self.data.get(CONF_LINE_ID))
        if not self.changing:
            meters = (await async_load_profiles(self.hass)).meters
            options = [
                SelectOptionDict(
                    value=key,
                    label=f"{one.about.name} {EXPERIMENTAL_MARK}"
                    if one.about.experimental
                    else one.about.name,
                )
                for key, one in meters.items()
            ]
            options.append(SelectOptionDict(value=GENERIC_MODBUS, label=GENERIC_MODBUS))
            fields[_required(CONF_PROFILE, self.data)] = choice(options, key="profile")
        fields[required_number(CONF_UNIT_ID, self.data.get(CONF_UNIT_ID))] = whole(1, 247)
        return vol.Schema(fields)


def _power_of(profile: MeterProfile, ratio: str | None) -> Fraction:
    """Return the most a meter can count in an hour behind its transformers, in display units."""
    multiply = profile.ratio is not None and profile.ratio.multiply
    return profile.max_power * (ratio_product(ratio) if multiply else 1)


def _required(name: str, data: Mapping[str, Any]) -> vol.Required:
    return vol.Required(name, default=data[name]) if name in data else vol.Required(name)
