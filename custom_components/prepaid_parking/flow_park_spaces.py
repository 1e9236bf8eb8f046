"""Spaces of a car park from a numbered row or a list, in the site's options."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import TextSelector
import probatio as vol

from .core.space import Grade, Location, Tenure
from .flow_fields import choice, whole
from .flow_park_list import ListSteps

_MOST_AT_ONCE: Final = 1_000


class SpaceSteps(ListSteps):
    """The steps of the spaces: a list, or a row."""

    async def async_step_space_row(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make a row of spaces that are numbered one after the other; those that are there stay."""
        self._problems = ""
        errors: dict[str, str] = {}
        if user_input is not None:
            rows = self._row(user_input)
            errors = await self._tried(spaces=rows) if rows else {"base": "spaces_known"}
            errors = errors or await self._act("import_spaces", spaces=rows)
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
