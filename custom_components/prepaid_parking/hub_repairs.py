"""Repairs of two hubs that do not understand each other, or no longer hear each other."""

from datetime import timedelta
from typing import override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .coordinator import PrepaidConfigEntry
from .core.two_hubs import HubState
from .operations.facts import Fact
from .operations.hub_state import is_stale, list_age
from .operations.parking_rules import rules_now
from .standing_repairs import Issue, StandingRepairs


@callback
def async_watch_hubs(hass: HomeAssistant, entry: PrepaidConfigEntry) -> CALLBACK_TYPE:
    """Keep the repairs true to how the hubs are with each other; returns how to stop that."""
    return HubRepairs(hass, entry).start()


class HubRepairs(StandingRepairs):
    """The pairs of one site."""

    timed = True

    @override
    def concerns(self, fact: Fact) -> bool:
        return False

    @override
    def standing(self) -> dict[str, Issue]:
        return {
            f"{key}_{self.entry.entry_id}_{subentry}": issue
            for subentry, state in self.site.parking.hubs.items()
            for key, issue in self._of(subentry, state).items()
        }

    def _of(self, subentry: str, state: HubState) -> dict[str, Issue]:
        known = self.entry.subentries.get(subentry)
        words, found = {"name": known.title if known is not None else ""}, dict[str, Issue]()
        if state.wrong_code:
            found["pairing"] = Issue(key="pairing_code_wrong", words=words)
        if state.is_mismatched:
            found["orders"] = Issue(key="orders_differ", words=words)
        if is_stale(self.site, state):
            age = list_age(self.site) or self.site.clock() - state.since
            found["list"] = Issue(
                key="lane_list_stale",
                words={
                    **words,
                    "hours": str(age // timedelta(hours=1)),
                    "limit": str(rules_now(self.site).stale_hours),
                },
                severity=ir.IssueSeverity.WARNING,
            )
        return found
