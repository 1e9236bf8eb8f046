"""How payers and providers reach this site: under which address, by which port, and whether at all."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import probatio as vol
from yarl import URL

from .const import CONF_PAY_BIND, CONF_PAY_PAGE, CONF_PAY_PORT, CONF_PAY_PROXIES, CONF_PAY_URL
from .flow_fields import whole
from .pay_address import public_url
from .pay_listener import networks

PAY_DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_PAY_PAGE: False,
    CONF_PAY_URL: "",
    CONF_PAY_PORT: 0,
    CONF_PAY_BIND: "",
    CONF_PAY_PROXIES: "",
}
EXAMPLE: Final = "https://pay.example.com"


class PaySteps(OptionsFlow):
    """The page about payments."""

    async def async_step_payments(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for all of it on one page."""
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = {
                name: one.strip() if isinstance(one, str) else one
                for name, one in {**PAY_DEFAULTS, **user_input}.items()
            }
            errors = _problems(chosen)
            if not errors:
                return self.async_create_entry(data={**self.config_entry.options, **chosen})
        schema = vol.Schema(
            {
                vol.Required(CONF_PAY_PAGE, default=False): BooleanSelector(),
                vol.Optional(CONF_PAY_URL): TextSelector(),
                vol.Required(CONF_PAY_PORT, default=0): whole(0, 65535),
                vol.Optional(CONF_PAY_BIND): TextSelector(),
                vol.Optional(CONF_PAY_PROXIES): TextSelector(),
            }
        )
        known = {
            name: self.config_entry.options.get(name, one) for name, one in PAY_DEFAULTS.items()
        }
        return self.async_show_form(
            step_id="payments",
            data_schema=self.add_suggested_values_to_schema(
                schema, {**known, **(user_input or {})}
            ),
            errors=errors,
            description_placeholders={
                "url": public_url(self.hass, self.config_entry.options) or "–",
                "example": EXAMPLE,
            },
        )


def _problems(chosen: Mapping[str, Any]) -> dict[str, str]:
    """Name the fields that cannot be meant so."""
    found: dict[str, str] = {}
    if chosen[CONF_PAY_URL] and not _is_address(chosen[CONF_PAY_URL]):
        found[CONF_PAY_URL] = "pay_url_malformed"
    if 0 < chosen[CONF_PAY_PORT] < 1024:
        found[CONF_PAY_PORT] = "pay_port_low"
    if chosen[CONF_PAY_BIND]:
        try:
            ip_address(chosen[CONF_PAY_BIND])
        except ValueError:
            found[CONF_PAY_BIND] = "pay_bind_malformed"
    try:
        networks(chosen[CONF_PAY_PROXIES])
    except ValueError:
        found[CONF_PAY_PROXIES] = "pay_proxies_malformed"
    return found


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    plain = url.path in {"", "/"} and not (url.query_string or url.fragment or url.user)
    return url.scheme in {"http", "https"} and bool(url.host) and plain
