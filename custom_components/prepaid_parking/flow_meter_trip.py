"""The test trip: an experimental profile switches only where it has shown that it can."""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector
import probatio as vol

from .const import (
    CONF_CONSENT,
    CONF_KIND,
    CONF_RELAY,
    RELAY_PROFILE,
)
from .flow_meter_draft import NOTHING, MeterDraft, async_words
from .subentry_probe import ProbeError

CONF_SURE: Final = "sure"


class TripSteps(MeterDraft):
    """The steps of a test trip, and of going on without one."""

    _trip: asyncio.Task[None] | None = None
    _trip_problem: str = ""
    _trip_detail: str = ""

    @property
    def by_profile(self) -> bool:
        """Whether the meter's own relay switches."""
        return bool(self.data[CONF_RELAY][CONF_KIND] == RELAY_PROFILE)

    async def async_trip_or_settled(self) -> SubentryFlowResult:
        """Offer the trip where it is needed."""
        needed = self.by_profile and self.experimental and not self.data.get(CONF_CONSENT)
        return await self.async_step_trip() if needed else await self.async_settled()

    async def async_step_trip(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Offer the test trip that an experimental profile needs before it may switch."""
        return self.async_show_menu(step_id="trip", menu_options=["trip_consent", "trip_skip"])

    async def async_step_trip_consent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for consent: the supply will be off for some seconds."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_SURE]:
                return await self.async_step_trip_run()
            errors[CONF_SURE] = "consent_needed"
        schema = vol.Schema({vol.Required(CONF_SURE, default=False): BooleanSelector()})
        return self.async_show_form(
            step_id="trip_consent",
            data_schema=schema,
            errors=errors,
            description_placeholders={"name": self.name},
        )

    async def async_step_trip_run(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Cut, read back, restore, read back."""
        if self._trip is None:
            self._trip = self.hass.async_create_task(self.async_trip(), "test trip")
        if not self._trip.done():
            return self.async_show_progress(
                step_id="trip_run", progress_action="trip", progress_task=self._trip
            )
        trip, self._trip = self._trip, None
        try:
            await trip
        except ProbeError as err:
            self._trip_problem, self._trip_detail = err.key, err.detail
            return self.async_show_progress_done(next_step_id="trip_failed")
        self.data[CONF_CONSENT] = True
        return self.async_show_progress_done(next_step_id="trip_done")

    async def async_step_trip_failed(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Say what did not happen, and offer another try or to read only."""
        (problem,) = await async_words(self.hass, self._trip_problem)
        return self.async_show_menu(
            step_id="trip_failed",
            menu_options=["trip_consent", "trip_skip"],
            description_placeholders={"problem": problem, "detail": self._trip_detail or NOTHING},
        )

    async def async_step_trip_done(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Say that the relay moved both ways."""
        if user_input is not None:
            return await self.async_settled()
        return self.async_show_form(step_id="trip_done", data_schema=vol.Schema({}))

    async def async_step_trip_skip(
        self,
        user_input: dict[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Go on without: the meter is read and never switched."""
        return await self.async_settled()
