"""The fields of the flows: one way to ask for a number, a choice, a secret."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
"""Never filled in beforehand: what is stored does not go back to a browser."""


def number(low: float, high: float, *, step: float = 0.1, unit: str = "") -> NumberSelector:
    """Ask for a number in a box."""
    config = NumberSelectorConfig(min=low, max=high, step=step, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def whole(low: int, high: int, *, unit: str = "") -> Any:
    """Ask for a whole number; the hub's number fields answer with a float."""
    return vol.All(number(low, high, step=1, unit=unit), vol.Coerce(int))


def required_number(name: str, known: int | None = None) -> vol.Optional:
    """Name a whole number that has to be given, and that nothing but a person can know.

    A required field of that kind is shown as 0 by the hub's dialogue, which looks like an answer. So
    it stands there empty, and the step that asks for it refuses to go on without.
    """
    return vol.Optional(name) if known is None else vol.Optional(name, default=known)


def choice(
    options: Iterable[str] | Sequence[SelectOptionDict],
    *,
    key: str = "",
    custom: bool = False,
    many: bool = False,
) -> SelectSelector:
    """Ask for one of several, or for `many`; `key` names the words for them in the translations."""
    listed = [
        one if isinstance(one, dict) else SelectOptionDict(value=one, label=one) for one in options
    ]
    config = SelectSelectorConfig(options=listed, mode=SelectSelectorMode.DROPDOWN)
    if custom:
        config["custom_value"] = True
    if many:
        config["multiple"] = True
    if key:
        config["translation_key"] = key
    return SelectSelector(config)


def decimal_text(text: str) -> str | None:
    """Return a positive decimal as it is stored, None for anything else: never through a float."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return f"{value.normalize():f}" if value.is_finite() and value > 0 else None
