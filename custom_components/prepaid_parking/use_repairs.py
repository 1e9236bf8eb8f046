"""Repairs of machines and loads that wait for a person: they stand until it is seen to, and end then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.supply_rules import Why
from .operations.facts import Fact, SupplyChanged, UseFact
from .operations.meter_run import MeterRun
from .operations.use_troubles import UseTrouble, use_troubles

LOOK_EVERY: Final = timedelta(seconds=30)
"""That a counter is back, or a time is over, nobody tells."""
OVERLOAD: Final = "overload_locked"


@callback
def async_watch_uses(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to what waits for a person; returns how to stop that."""
    return UseRepairs(hass, entry).start()


class UseRepairs:
    """The uses and loads of one site that wait for a person."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with none."""
        self._hass = hass
        self._entry = entry
        self._site = entry.runtime_data.site
        self._shown: dict[str, str] = {}
        self._looking = False

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Show what waits already, follow the facts, and look again now and then."""
        self._show()
        unlisten = self._entry.runtime_data.coordinator.listen(self._async_heard)
        untrack = async_track_time_interval(self._hass, self._async_look, LOOK_EVERY)

        @callback
        def async_stop() -> None:
            unlisten()
            untrack()
            for issue_id in self._shown:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

        return async_stop

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if isinstance(fact, UseFact | SupplyChanged) and not self._looking:
            self._looking = True
            self._hass.loop.call_soon(self._show)

    @callback
    def _async_look(self, _: datetime) -> None:
        self._show()

    @callback
    def _show(self) -> None:
        self._looking = False
        wanted: dict[str, str] = {}
        for trouble in use_troubles(self._site):
            issue_id = f"use_{self._entry.entry_id}_{trouble.use.id}"
            wanted[issue_id] = trouble.kind
            if self._shown.get(issue_id) != trouble.kind:
                self._raise_use(issue_id, trouble)
        for run in self._site.meters.values():
            if run.decision is not None and run.decision.why is Why.OVERLOAD_LOCKED:
                issue_id = f"overload_{self._entry.entry_id}_{run.meter.id}"
                wanted[issue_id] = OVERLOAD
                if issue_id not in self._shown:
                    self._raise_overload(issue_id, run)
        for issue_id in self._shown.keys() - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._shown = wanted

    def _raise_use(self, issue_id: str, trouble: UseTrouble) -> None:
        since = trouble.since.astimezone(self._site.zone).strftime("%Y-%m-%d %H:%M")
        words = {"point": trouble.point, "use": trouble.use.id, "since": since}
        self._raise(issue_id, trouble.kind, words, {}, fixable=False)

    def _raise_overload(self, issue_id: str, run: MeterRun) -> None:
        trips = run.load.trips if run.load is not None else None
        words = {"meter": run.meter.name, "power": str(trips.power_w if trips is not None else 0)}
        self._raise(issue_id, OVERLOAD, words, {"meter": run.meter.id}, fixable=True)

    def _raise(
        self,
        issue_id: str,
        key: str,
        words: dict[str, str],
        data: Mapping[str, str],
        *,
        fixable: bool,
    ) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=fixable,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders=words,
            data={"entry_id": self._entry.entry_id, **data},
        )
