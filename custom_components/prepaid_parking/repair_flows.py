"""What a person does about a repair: settle doubts, try a relay again, accept a lost stretch."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import probatio as vol

from .acting import asking
from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.identity import Actor, ActorKind
from .core.metering import DoubtKind
from .errors import translated
from .operations.office import Settlement, settle_doubt
from .operations.supply import restore_supply, try_again

ANY: Final = (Settlement.DISCARD, Settlement.ACCEPT, Settlement.NEW_START)
SETTLEMENTS: Final[Mapping[DoubtKind, tuple[Settlement, ...]]] = {
    DoubtKind.LEAP: ANY,
    DoubtKind.NO_TARIFF: ANY,
    DoubtKind.BACKWARDS: (Settlement.DISCARD, Settlement.NEW_START),
    DoubtKind.OTHER_SERIAL: (Settlement.DISCARD, Settlement.NEW_START),
    DoubtKind.OTHER_RATIO: (Settlement.DISCARD, Settlement.NEW_START),
}
"""What can be said of a doubt: a step back is no consumption that could be charged.

The first is chosen already when the form opens: what moves nothing, and is asked again.
"""


class PrepaidFlow(RepairsFlow):
    """What the flows share: their site, who acts, and the words of their issue."""

    @property
    def entry(self) -> PrepaidConfigEntry:
        """The site's entry."""
        entry: PrepaidConfigEntry = self.hass.config_entries.async_get_known_entry(
            self.given("entry_id")
        )
        return entry

    @property
    def actor(self) -> Actor:
        """The person who mends; the hub lets only administrators in."""
        user = asking().user_id
        if user is None:
            return Actor(kind=ActorKind.SYSTEM, id="repair")
        return Actor(kind=ActorKind.USER, id=user)

    @property
    def words(self) -> dict[str, str] | None:
        """The placeholders of the issue."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return issue.translation_placeholders if issue is not None else None

    def given(self, name: str) -> str:
        """Return what the issue was raised with."""
        return str((self.data or {})[name])

    async def ask(
        self,
        step_id: str,
        schema: vol.Schema,
        answer: dict[str, Any] | None,
        do: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> RepairsFlowResult:
        """Show a form until what its answer asks for is done; a refusal is said above it."""
        refused = ""
        if answer is not None:
            try:
                with translated():
                    await do(answer)
            except HomeAssistantError as err:
                refused = str(err)
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors={"base": "refused"} if refused else None,
            description_placeholders={**(self.words or {}), "refusal": refused},
        )


class ConfirmedFlow(PrepaidFlow):
    """What is done once a person says that the cause has been seen to."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask whether the cause has been seen to."""
        return await self.ask("confirm", vol.Schema({}), user_input, self.mend)

    @abstractmethod
    async def mend(self, answer: dict[str, Any]) -> None:
        """Do what was confirmed."""


class DoubtFlow(PrepaidFlow):
    """Settle one doubt, or all of a kind on a line."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_settle()

    async def async_step_settle(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask what the reading was, and settle."""
        hows = SETTLEMENTS[DoubtKind(self.given("kind"))]
        schema = vol.Schema(
            {
                vol.Required("how"): SelectSelector(
                    SelectSelectorConfig(
                        options=[str(how) for how in hows], translation_key="settlement"
                    )
                ),
                vol.Optional("reason"): TextSelector(),
            }
        )
        return await self.ask("settle", schema, user_input, self._settle)

    async def _settle(self, answer: dict[str, Any]) -> None:
        site = self.entry.runtime_data.site
        await settle_doubt(
            site,
            doubts=[one for one in self.given("doubts").split(",") if one in site.doubts],
            how=Settlement(answer["how"]),
            reason=answer.get("reason", ""),
            actor=self.actor,
        )


class FaultFlow(ConfirmedFlow):
    """Try a relay again that did not obey."""

    @override
    async def mend(self, answer: dict[str, Any]) -> None:
        try_again(self.entry.runtime_data.site, meter=self.given("meter"))


class OverloadFlow(ConfirmedFlow):
    """Switch a supply on that tripped too often, once somebody has been there: a named person's word."""

    @override
    async def mend(self, answer: dict[str, Any]) -> None:
        await restore_supply(
            self.entry.runtime_data.site,
            meter=self.given("meter"),
            reason="overload",
            actor=self.actor,
        )


class BooksFlow(PrepaidFlow):
    """Accept that a stretch of the books is lost, and go on from what is there."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_accept()

    async def async_step_accept(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for the reason, begin a new incarnation and load the site anew."""
        schema = vol.Schema({vol.Required("reason"): TextSelector()})
        return await self.ask("accept", schema, user_input, self._accept)

    async def _accept(self, answer: dict[str, Any]) -> None:
        await self.entry.runtime_data.books.begin_incarnation(self.actor, answer["reason"])
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
