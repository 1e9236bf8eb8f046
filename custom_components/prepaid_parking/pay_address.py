"""Under which address payers and providers reach this hub, if they do."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url
from yarl import URL

from .const import CONF_PAY_URL, DOMAIN
from .links.pay.exchange import THIS_MACHINE

NOTICE_PATH: Final = f"/api/{DOMAIN}/notice/{{channel}}"


def public_url(hass: HomeAssistant, options: Mapping[str, Any]) -> str:
    """Return the address without a path, "" where there is none: what the site says, else the hub's own."""
    if own := str(options.get(CONF_PAY_URL) or "").strip().rstrip("/"):
        return own
    try:
        return get_url(hass, allow_internal=False, prefer_external=True).rstrip("/")
    except NoURLAvailableError:
        return ""


def is_overheard(url: str) -> bool:
    """Tell whether somebody on the way reads along: not what stays on this machine, as a trial does."""
    return url.startswith("http://") and URL(url).host not in THIS_MACHINE


def notice_url(hass: HomeAssistant, options: Mapping[str, Any], channel: str) -> str:
    """Return where a provider sends its notices, "" where it cannot."""
    base = public_url(hass, options)
    return f"{base}{NOTICE_PATH.format(channel=channel)}" if base else ""
