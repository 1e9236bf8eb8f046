"""Spaces of a car park from a numbered row or a pasted table, in the site's options."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
)
import probatio as vol

from .core.space import Grade, Location, Tenure
from .flow_fields import choice, whole
from .flow_park_base import ParkBase
from .flow_park_state import counts

_MOST_AT_ONCE: Final = 1_000
_BAD_ROWS: Final = 10
"""So many bad rows are read in a dialogue; all of them are told by the action."""


class SpaceSteps(ParkBase):
    """The steps of the spaces."""

    async def async_step_spaces(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the two ways to register spaces."""
        return self.async_show_menu(
            step_id="spaces",
            menu_options=["space_row", "space_list", "car_park"],
            description_placeholders=counts(self._site),
        )

    async def async_step_space_list(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take spaces from a pasted table."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._import(csv=user_input["table"])
            if not errors:
                return await self.async_step_spaces()
        schema = vol.Schema(
            {vol.Required("table"): TextSelector(TextSelectorConfig(multiline=True))}
        )
        return self._form("space_list", schema, errors, user_input)

    async def async_step_space_row(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make a row of spaces that are numbered one after the other; those that are there stay."""
        errors: dict[str, str] = {}
        if user_input is not None:
            rows = self._row(user_input)
            if not rows:
                errors = {"base": "spaces_known"}
            else:
                errors = await self._import(spaces=rows)
            if not errors:
                return await self.async_step_spaces()
        schema = vol.Schema(
            {
                vol.Required("count", default=10): whole(1, _MOST_AT_ONCE),
                vol.Required("prefix", default="A-"): TextSelector(),
                vol.Required("first", default=1): whole(0, 1_000_000),
                vol.Optional("zone"): TextSelector(),
                vol.Required("location", default=str(Location.UNDERGROUND)): choice(
                    [str(one) for one in Location], key="space_location"
                ),
                vol.Required("tenure", default=str(Tenure.TEMPORARY)): choice(
                    [str(one) for one in Tenure], key="space_tenure"
                ),
                vol.Required("grade", default=str(Grade.ORDINARY)): choice(
                    [str(one) for one in Grade if one is not Grade.MULTIPLE], key="space_grade"
                ),
            }
        )
        return self._form("space_row", schema, errors, user_input)

    async def _import(self, **given: Any) -> dict[str, str]:
        try:
            tried = await self._answer("import_spaces", {**given, "dry_run": True})
            if problems := tried["problems"]:
                said = [f"{one['line']}: {one['problem']}" for one in problems[:_BAD_ROWS]]
                more = len(problems) - len(said)
                self._detail = "; ".join(said) + (f" (+ {more})" if more else "")
                return {"base": "bad_rows"}
            await self._answer("import_spaces", {**given})
        except (HomeAssistantError, vol.Invalid) as err:
            self._detail = str(err)
            return {"base": "refused"}
        return {}

    def _row(self, asked: Mapping[str, Any]) -> list[dict[str, str]]:
        known = {one.name for one in self._site.parking.spaces.values() if one.closed_at is None}
        last = asked["first"] + asked["count"] - 1
        width = len(str(last))
        names = [
            f"{asked['prefix'].strip()}{number:0{width}}"
            for number in range(asked["first"], last + 1)
        ]
        rest = {name: asked.get(name, "") for name in ("zone", "location", "tenure", "grade")}
        return [{"name": name, **rest} for name in names if name not in known]
