"""A lane is tried in the site's options: what it would answer and why; and its barrier, once."""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import probatio as vol

from .coordinator import SiteCoordinator
from .core.arm import Arm, arm_of, has_limits
from .core.identity import LaneId
from .core.wallet import CredentialKind
from .errors import translated
from .explaining_access import explain_decision
from .flow_markdown import bullets, plain
from .flow_park_base import ParkBase, options_of
from .flow_park_state import cards_named
from .operations.explaining import explain_access, explain_card
from .operations.lane_run import LaneRun
from .wording import async_words

_ARM_S: Final = 8.0
"""So long a barrier takes to go up, with some to spare."""


class LaneSteps(ParkBase):
    """The steps of a lane that is tried."""

    _lane = LaneId("")
    _may_open = False
    """Whether the barrier may still be opened for this try: a form that is sent twice opens once."""

    async def async_step_lane_test(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a lane, and who stands before it."""
        lanes = {str(run.id): run.name for run in self._site.lanes.values()}
        if not lanes:
            return await self.async_step_summary()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._ask_lane(user_input)
            if not errors:
                return await self.async_step_lane_answer()
        schema = vol.Schema(
            {
                vol.Required("lane", default=next(iter(lanes))): options_of(lanes),
                vol.Optional("plate"): TextSelector(),
                vol.Optional("card"): options_of(cards_named(self._site)),
            }
        )
        return self._form("lane_test", schema, errors, user_input)

    async def async_step_lane_answer(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what the lane would answer, rule by rule; open its barrier where that is ticked."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if not user_input.get("open"):
                return await self.async_step_summary()
            errors = await self._open()
            if not errors:
                return await self.async_step_lane_opened()
        fields = {vol.Optional("open", default=False): BooleanSelector()}
        run = self._site.lanes.get(self._lane)
        has_barrier = run is not None and run.barrier is not None
        return self._form("lane_answer", vol.Schema(fields if has_barrier else {}), errors, None)

    async def async_step_lane_opened(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what the barrier answered."""
        return self.async_show_menu(
            step_id="lane_opened",
            menu_options=["lane_test", "summary", "finish"],
            description_placeholders={"answer": self._answered},
        )

    async def _ask_lane(self, asked: dict[str, Any]) -> dict[str, str]:
        plate, card = asked.get("plate", "").strip(), asked.get("card", "")
        if bool(plate) == bool(card):
            return {"base": "plate_or_card"}
        words, site = await async_words(self.hass), self._site
        try:
            with translated():
                run = site.lane(asked["lane"])
                decision, known = (
                    explain_access(site, lane=run.id, kind=CredentialKind.PLATE, value=plate)
                    if plate
                    else explain_card(site, lane=run.id, card=card)
                )
        except HomeAssistantError as err:
            return self._refused(err)
        answer = words(f"set_up.lane.{known.way}.{decision.verdict}", lane=plain(run.name))
        said = bullets(explain_decision(decision, words, site.currency))
        blind = "" if run.barrier is not None else "\n\n" + words("set_up.lane.no_barrier")
        self._answered = f"**{answer}**\n\n{said}{blind}"
        self._lane, self._may_open = run.id, True
        return {}

    async def _open(self) -> dict[str, str]:
        """Open the barrier once, and wait for what its limit switches say."""
        words = await async_words(self.hass)
        if not self._may_open:
            return {}
        self._may_open = False
        try:
            told = await self._answer(
                "release_barrier", {"lane": self._lane, "reason": words("set_up.reason")}
            )
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        run, coordinator = self._site.lane(self._lane), self.config_entry.runtime_data.coordinator
        said = [words(f"set_up.pulse.{told['kind']}", lane=plain(run.name))]
        if told["kind"] == "released":
            said.append(words(f"set_up.arm.{await _seen(run, coordinator)}"))
        self._answered = "\n\n".join(said)
        return {}


async def _seen(run: LaneRun, coordinator: SiteCoordinator) -> str:
    """Return what the limit switches say of the arm: at once where it is up, else after a while."""
    if not has_limits(run.fitted):
        return "blind"
    arm, moved = None, asyncio.Event()
    stop = coordinator.subscribe(f"lane:{run.id}", moved.set)
    try:
        async with asyncio.timeout(_ARM_S):
            while (arm := arm_of(run.fitted, run.inputs, arm)) is not Arm.OPEN:
                moved.clear()
                await moved.wait()
    except TimeoutError:
        return "opening" if arm is Arm.OPENING else "not_seen"
    finally:
        stop()
    return "open"
