"""The car park set up step by step: what its steps share, the way between them, and the summary.

Each step shows what stands, can be left and come back to, and does everything by the actions of the
integration: what they refuse is said in their words, and a form that is sent twice is done once.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
)
import probatio as vol

from .acting import asking
from .const import DOMAIN
from .errors import sentence
from .flow_fields import choice
from .flow_park_state import counts, missing
from .operations.site import Site
from .wording import async_words

_STEPS: Final = (*("spaces", "fee_item", "package", "cards", "billing", "lane_test", "summary"),)
_MANY: Final = 30
"""More than fit on a page."""


class ParkBase(OptionsFlow):
    """What the steps of the car park share."""

    _detail = ""
    """What was refused, in words."""
    _problems = ""
    """What is wrong with a list, row by row."""
    _answered = ""
    """What a lane would answer, or what its barrier has answered."""

    @property
    def _site(self) -> Site:
        """The site; whatever was typed ends here where it has been stopped meanwhile."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("not_loaded")
        site: Site = self.config_entry.runtime_data.site
        return site

    async def async_step_car_park(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the five steps, a lane to be tried and the summary, with what stands."""
        return self.async_show_menu(
            step_id="car_park",
            menu_options=list(_STEPS),
            description_placeholders=counts(self._site),
        )

    async def async_step_summary(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what stands and what is missing."""
        words = await async_words(self.hass)
        return self.async_show_menu(
            step_id="summary",
            menu_options=["lane_test", "car_park", "finish"],
            description_placeholders=counts(self._site)
            | {
                "missing": missing(self._site, words),
                "lane_link": f"/config/integrations/integration/{DOMAIN}",
            },
        )

    async def async_step_finish(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """End; the options of the site are as they were."""
        return self.async_create_entry(data=dict(self.config_entry.options))

    def _form(
        self,
        step: str,
        schema: vol.Schema,
        errors: dict[str, str],
        shown: Mapping[str, Any] | None,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, shown or {}),
            errors=errors,
            description_placeholders={
                **counts(self._site),
                "detail": self._detail,
                "problems": self._problems,
                "answer": self._answered,
                "currency": self._site.currency.code,
            },
        )

    async def _act(self, action: str, **fields: Any) -> dict[str, str]:
        """Call an action; what it refuses stands under the form."""
        try:
            await self._answer(action, fields)
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        return {}

    def _refused(self, err: Exception) -> dict[str, str]:
        """Keep in mind what an action refused, as it stands under the form."""
        self._detail = sentence(err)
        return {"base": "refused"}

    async def _answer(self, action: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"config_entry_id": self.config_entry.entry_id, **fields},
            blocking=True,
            context=asking(),
            return_response=True,
        )
        return answer or {}


def pick(name: str, named: Mapping[str, str]) -> vol.Schema:
    """Ask for one of several that are named, and for nothing else."""
    return vol.Schema({vol.Required(name): choice(_named(named))})


def options_of(named: Mapping[str, str]) -> SelectSelector:
    """Return a choice of what is named.

    Of many one is found by typing: the hub's page shows all of a plain list at once, and thousands of
    cards would hold it up for seconds. What is typed and is not there is refused by what is done with it.
    """
    return choice(_named(named), custom=len(named) > _MANY)


def _named(named: Mapping[str, str]) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=key, label=label) for key, label in named.items()]
