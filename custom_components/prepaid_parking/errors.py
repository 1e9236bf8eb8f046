"""Refusals and failures of the rules, the books and the devices, put into words once.

A person who calls an action or presses a button reads a sentence in their own language; which one
is named by the error's key.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from homeassistant.core import async_get_hass
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.errors import CoreError, DeviceError, StoreError
from .core.risk import BY_RULE, shut_by_rule

SHUT: Final[Mapping[str, str]] = {
    "wallet_frozen": "wallet_frozen_by_rule",
    "wallet_frozen_in": "wallet_frozen_in_by_rule",
}
"""What a person has shut bears their own reason; what a rule has shut, its name and what to do now."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the inside raises into an error the hub can show.

    What the rules refuse is the caller's to change; what the books or a device could not do is not.
    """
    try:
        yield
    except CoreError as err:
        raise refused(err) from err
    except StoreError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=store_key(err.key),
            translation_placeholders={"detail": err.detail},
        ) from err
    except DeviceError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=f"device_{err.fault}",
            translation_placeholders={"detail": err.detail},
        ) from err


def refused(err: CoreError) -> ServiceValidationError:
    """Return a refusal of the rules as the hub shows it."""
    key, words = err.key, err.placeholders
    if key in SHUT and shut_by_rule(words["reason"]):
        key, words = SHUT[key], words | {"rule": words["reason"].removeprefix(BY_RULE)}
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=words
    )


def in_words(err: CoreError) -> str:
    """Return a refusal as a sentence, for one line of a list."""
    return sentence(refused(err))


def sentence(err: Exception) -> str:
    """Return what an error says in the hub's language.

    Its own text is English, whatever the hub speaks; the hub's page translates only what it shows itself.
    """
    if not isinstance(err, HomeAssistantError) or err.translation_domain != DOMAIN:
        return str(err)
    hass = async_get_hass()
    texts = async_get_cached_translations(hass, hass.config.language, "exceptions", DOMAIN)
    text = texts.get(f"component.{DOMAIN}.exceptions.{err.translation_key}.message")
    if text is None:
        return str(err)
    return text.rstrip(".").format(**(err.translation_placeholders or {}))


def store_key(key: str) -> str:
    """Name the sentence for a trouble of the books."""
    return f"store_{key}"
