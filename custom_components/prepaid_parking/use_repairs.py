"""Repairs of machines and loads that wait for a person: they stand until it is seen to, and end then."""

from typing import override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .coordinator import PrepaidConfigEntry
from .core.supply_rules import Why
from .operations.facts import Fact, SupplyChanged, UseFact
from .operations.meter_run import MeterRun
from .operations.use_troubles import UseTrouble, use_troubles
from .standing_repairs import Issue, StandingRepairs


@callback
def async_watch_uses(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to what waits for a person; returns how to stop that."""
    return UseRepairs(hass, entry).start()


class UseRepairs(StandingRepairs):
    """The uses and loads of one site that wait for a person."""

    timed = True

    @override
    def concerns(self, fact: Fact) -> bool:
        return isinstance(fact, UseFact | SupplyChanged)

    @override
    def standing(self) -> dict[str, Issue]:
        uses = {
            f"use_{self.entry.entry_id}_{trouble.use.id}": self._use(trouble)
            for trouble in use_troubles(self.site)
        }
        loads = {
            f"overload_{self.entry.entry_id}_{run.meter.id}": _overload(run)
            for run in self.site.meters.values()
            if run.decision is not None and run.decision.why is Why.OVERLOAD_LOCKED
        }
        return uses | loads

    def _use(self, trouble: UseTrouble) -> Issue:
        since = trouble.since.astimezone(self.site.zone).strftime("%Y-%m-%d %H:%M")
        words = {"point": trouble.point, "use": trouble.use.id, "since": since}
        return Issue(key=trouble.kind, words=words)


def _overload(run: MeterRun) -> Issue:
    trips = run.load.trips if run.load is not None else None
    words = {"meter": run.meter.name, "power": str(trips.power_w if trips is not None else 0)}
    return Issue(key="overload_locked", words=words, data={"meter": run.meter.id}, fixable=True)
