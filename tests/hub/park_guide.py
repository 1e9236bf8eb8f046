"""Somebody who sets a car park up in the dialogue, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.journeys.conftest import Hub

from .flow_words import check_words

type Result = Mapping[str, Any]


@dataclass
class Guide:
    """Somebody at the dialogue."""

    hub: Hub
    shown: Result

    @classmethod
    async def opened(cls, hub: Hub) -> Self:
        """Open the options of the site, and in them the set-up of the car park."""
        shown = await hub.hass.config_entries.options.async_init(hub.entry.entry_id)
        check_words(shown, "options")
        guide = cls(hub, shown)
        await guide.chooses("car_park")
        return guide

    async def answers(self, **given: Any) -> Result:
        """Fill in what is shown, or choose from it."""
        options = self.hub.hass.config_entries.options
        self.shown = await options.async_configure(self.shown["flow_id"], given)
        check_words(self.shown, "options")
        return self.shown

    async def chooses(self, *steps: str) -> Result:
        """Go on with a step of each menu."""
        for step in steps:
            await self.answers(next_step_id=step)
        return self.shown

    def said(self, name: str) -> str:
        """What stands on the page beside its fields."""
        return str(self.shown["description_placeholders"][name])


def suggested(shown: Result) -> dict[str, Any]:
    """What stands in the fields of a form."""
    return {
        str(key): (key.description or {}).get("suggested_value")
        for key in shown["data_schema"].schema
    }
