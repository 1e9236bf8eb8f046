"""The site: create, reconfigure, options, and a broker's password that no longer opens."""

from collections.abc import Mapping
from typing import Any, Final, override
from uuid import uuid4

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_TIME_ZONE, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    SelectOptionDict,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from .archived import ArchivedLedger, archive_folder, archived_ledgers, take_up
from .const import (
    CONF_CURRENCY,
    CONF_LINE_ID,
    CONF_LINK,
    CONF_SECOND_ANCHOR,
    CONF_SITE,
    DOMAIN,
    LINK_MQTT,
    SAVED,
    SUBENTRY_LINE,
    SUBENTRY_METER,
)
from .flow_fields import PASSWORD, choice
from .flow_options import PrepaidOptionsFlow, options_of
from .subentry_flow import SUBENTRY_FLOWS
from .subentry_probe import ProbeError
from .subentry_probe_mqtt import async_probe_broker

CONF_LEDGER: Final = "ledger"
NEW_LEDGER: Final = "new"
CURRENCIES: Final = (
    "CNY", "EUR", "USD", "GBP", "HKD", "TWD", "SGD", "JPY", "KRW", "INR", "IDR", "MYR", "THB",
    "VND", "PHP", "AUD", "NZD", "CAD", "MXN", "BRL", "ZAR", "NGN", "KES", "EGP", "AED", "SAR",
    "TRY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON",
)  # fmt: skip
"""Offered; any other ISO 4217 code can be typed."""
CURRENCY_CODE: Final = 3


class PrepaidConfigFlow(ConfigFlow, domain=DOMAIN):
    """One site: a building or car park with one legal payee and one ledger."""

    VERSION = 1
    MINOR_VERSION = 1

    _broker: ConfigSubentry | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> PrepaidOptionsFlow:
        return PrepaidOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return dict(SUBENTRY_FLOWS)

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Name the site and its currency, or take the ledger of a removed one up again."""
        errors: dict[str, str] = {}
        archived = await self._archived()
        if user_input is not None:
            chosen = user_input.get(CONF_LEDGER, NEW_LEDGER)
            ledger = archived.get(chosen)
            if chosen != NEW_LEDGER and ledger is None:
                # Taken up in another window meanwhile.
                return self.async_abort(reason="already_configured")
            currency = ledger.currency if ledger else user_input[CONF_CURRENCY].strip().upper()
            zone = user_input.get(CONF_TIME_ZONE, "").strip()
            if not _is_currency(currency):
                errors[CONF_CURRENCY] = "unknown_currency"
            if zone and await dt_util.async_get_time_zone(zone) is None:
                errors[CONF_TIME_ZONE] = "unknown_time_zone"
            if not errors:
                site = ledger.site if ledger else uuid4().hex
                await self.async_set_unique_id(site)
                self._abort_if_unique_id_configured()
                if ledger:
                    await self.hass.async_add_executor_job(take_up, ledger)
                data = {CONF_SITE: site, CONF_CURRENCY: currency}
                if zone:
                    data[CONF_TIME_ZONE] = zone
                return self.async_create_entry(
                    title=user_input[CONF_NAME].strip(),
                    data=data,
                    options={CONF_SECOND_ANCHOR: "", **options_of({})},
                )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                _site_schema(self.hass, archived), user_input
            ),
            errors=errors,
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with the first meter: a site without one does nothing."""
        meter = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_METER),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, meter["flow_id"])
        return result

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the name or the time zone; the currency is the ledger's and stays."""
        errors: dict[str, str] = {}
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            zone = user_input.get(CONF_TIME_ZONE, "").strip()
            if zone and await dt_util.async_get_time_zone(zone) is None:
                errors[CONF_TIME_ZONE] = "unknown_time_zone"
            else:
                data = {key: one for key, one in entry.data.items() if key != CONF_TIME_ZONE}
                if entry.state is ConfigEntryState.LOADED:
                    # The clock of a running site is not changed underneath its open charges.
                    self.hass.config_entries.async_schedule_reload(entry.entry_id)
                return self.async_update_and_abort(
                    entry,
                    title=user_input[CONF_NAME].strip(),
                    data=data | ({CONF_TIME_ZONE: zone} if zone else {}),
                    reason=SAVED,
                )
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Optional(CONF_TIME_ZONE): TextSelector(),
            }
        )
        shown = user_input or {
            CONF_NAME: entry.title,
            CONF_TIME_ZONE: entry.data.get(CONF_TIME_ZONE, ""),
        }
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"currency": entry.data[CONF_CURRENCY]},
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Find the broker that refuses us: the one named, else the first that says no."""
        lines = self._get_reauth_entry().subentries
        named = lines.get(entry_data.get(CONF_LINE_ID, ""))
        self._broker = named or await self._refusing_broker()
        if self._broker is None:
            # Whatever was wrong has passed: every broker lets us in.
            return self._reauthenticated()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the login of that broker and try it."""
        errors: dict[str, str] = {}
        detail = ""
        line = self._broker
        # Only async_step_reauth leads here.
        assert line is not None
        if user_input is not None:
            login = {
                CONF_USERNAME: user_input.get(CONF_USERNAME, "").strip(),
                CONF_PASSWORD: user_input[CONF_PASSWORD],
            }
            try:
                await async_probe_broker(line.data | login)
            except ProbeError as err:
                errors["base"], detail = err.key, err.detail
            else:
                self.hass.config_entries.async_update_subentry(
                    self._get_reauth_entry(), line, data=line.data | login
                )
                return self._reauthenticated()
        schema = vol.Schema(
            {
                vol.Optional(CONF_USERNAME): TextSelector(
                    TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="username")
                ),
                vol.Required(CONF_PASSWORD): PASSWORD,
            }
        )
        username = (user_input or line.data).get(CONF_USERNAME, "")
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(schema, {CONF_USERNAME: username}),
            errors=errors,
            description_placeholders={"line": line.title, "detail": detail},
        )

    def _reauthenticated(self) -> ConfigFlowResult:
        entry = self._get_reauth_entry()
        if entry.state is not ConfigEntryState.LOADED:
            # A site that is not running has no listener that would notice the change.
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_update_and_abort(entry, reason="reauth_successful")

    async def _refusing_broker(self) -> ConfigSubentry | None:
        for line in self._get_reauth_entry().get_subentries_of_type(SUBENTRY_LINE):
            if line.data[CONF_LINK] != LINK_MQTT:
                continue
            try:
                await async_probe_broker(line.data)
            except ProbeError as err:
                if err.key == "invalid_auth":
                    return line
        return None

    async def _archived(self) -> dict[str, ArchivedLedger]:
        """Return the ledgers nobody uses, by site."""
        folder = archive_folder(self.hass)
        ledgers = await self.hass.async_add_executor_job(archived_ledgers, folder)
        used = {entry.unique_id for entry in self._async_current_entries()}
        return {one.site: one for one in ledgers if one.site not in used}


def _site_schema(hass: HomeAssistant, archived: Mapping[str, ArchivedLedger]) -> vol.Schema:
    fields: dict[Any, Any] = {
        vol.Required(CONF_NAME, default=hass.config.location_name): TextSelector(),
        vol.Required(CONF_CURRENCY, default=hass.config.currency): choice(CURRENCIES, custom=True),
        vol.Optional(CONF_TIME_ZONE): TextSelector(),
    }
    if archived:
        ledgers = [SelectOptionDict(value=NEW_LEDGER, label=NEW_LEDGER)]
        ledgers += [SelectOptionDict(value=site, label=one.label) for site, one in archived.items()]
        fields[vol.Required(CONF_LEDGER, default=NEW_LEDGER)] = choice(ledgers, key="ledger")
    return vol.Schema(fields)


def _is_currency(code: str) -> bool:
    return len(code) == CURRENCY_CODE and code.isascii() and code.isalpha()
