"""The links that are scanned or sent to pay: the payer's address, and what a code or a link says."""

from homeassistant.core import HomeAssistant

from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError
from .core.pay_code import PayCode, PayFor
from .operations.pay_tokens import lasting_token
from .pay_address import public_url
from .pay_view import PATH


def code_link(hass: HomeAssistant, entry: PrepaidConfigEntry, code: PayCode) -> str:
    """Return what a code says when it is scanned; "" where it is revoked or payers cannot come."""
    base = public_url(hass, entry.options)
    if not base or code.revoked_at is not None:
        return ""
    return link_on(base, lasting_token(entry.runtime_data.site, code))


def code_link_for(hass: HomeAssistant, entry: PrepaidConfigEntry, kind: PayFor, target: str) -> str:
    """Return what the code says that is in force for something; "" where there is none."""
    code = entry.runtime_data.site.codes.targets.get((kind, target))
    return code_link(hass, entry, code) if code is not None else ""


def payers_address(hass: HomeAssistant, entry: PrepaidConfigEntry) -> str:
    """Return under which address payers come, or refuse: a code without one would lead nowhere."""
    base = public_url(hass, entry.options)
    if not base:
        raise CoreError("payers_address_missing")
    return base


def link_on(base: str, token: str) -> str:
    """Return the link that opens the payer's page with a token."""
    return f"{base}{PATH}{token}"
