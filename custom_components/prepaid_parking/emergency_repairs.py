"""The repair of an emergency that is on: all barriers are open and nobody pays until a person ends it."""

from typing import override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .coordinator import PrepaidConfigEntry
from .operations.facts import Fact
from .operations.lane_facts import PassageKind, Passed
from .standing_repairs import Issue, StandingRepairs


@callback
def async_watch_emergency(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repair true to whether there is an emergency; returns how to stop that."""
    return EmergencyRepairs(hass, entry).start()


class EmergencyRepairs(StandingRepairs):
    """The emergency of one site: it outlives a restart, and whoever began it may have gone home."""

    timed = True

    @override
    def concerns(self, fact: Fact) -> bool:
        return isinstance(fact, Passed) and fact.kind is PassageKind.EMERGENCY

    @override
    def standing(self) -> dict[str, Issue]:
        if not self.site.emergency:
            return {}
        issue = Issue(
            key="emergency_on",
            words={"site": self.site.name},
            severity=ir.IssueSeverity.CRITICAL,
        )
        return {f"emergency_{self.entry.entry_id}": issue}
