"""Repairs that are what stands now: looked at anew whenever something of theirs was told."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .operations.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A repair as it is shown: its text, what the text names, and what its form is given."""

    key: str
    words: dict[str, str]
    data: Mapping[str, str] = field(default_factory=dict)
    fixable: bool = False
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR


def show_issue(hass: HomeAssistant, entry: PrepaidConfigEntry, issue_id: str, issue: Issue) -> None:
    """Raise a repair of a site, or say it anew."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=issue.fixable,
        severity=issue.severity,
        translation_key=issue.key,
        translation_placeholders=issue.words,
        data={"entry_id": entry.entry_id, **issue.data},
    )


LOOK_EVERY: Final = timedelta(seconds=30)
"""That a counter is back, a time is over or a hub is silent, nobody tells."""


class StandingRepairs(ABC):
    """The repairs of one kind of trouble at a site, shown while it stands and not a moment longer.

    `timed` ones are looked at every now and then as well: some of them begin and end untold.
    """

    timed: ClassVar[bool] = False

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with none."""
        self.hass = hass
        self.entry = entry
        self.site = entry.runtime_data.site
        self._shown: dict[str, Issue] = {}
        self._looking = False

    @abstractmethod
    def concerns(self, fact: Fact) -> bool:
        """Tell whether a fact may have changed what stands."""

    @abstractmethod
    def standing(self) -> dict[str, Issue]:
        """Return what stands now, by the repair's id."""

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Show what stands already, and follow the facts; returns how to stop that."""
        self.look()
        stops = [self.entry.runtime_data.coordinator.listen(self._async_heard)]
        if self.timed:
            stops.append(async_track_time_interval(self.hass, self._async_look, LOOK_EVERY))

        @callback
        def async_stop() -> None:
            for stop in stops:
                stop()
            for issue_id in self._shown:
                ir.async_delete_issue(self.hass, DOMAIN, issue_id)

        return async_stop

    @callback
    def look(self) -> None:
        """Look at all of it once, however much was told in one go."""
        self._looking = False
        wanted = self.standing()
        for issue_id, issue in wanted.items():
            if self._shown.get(issue_id) != issue:
                show_issue(self.hass, self.entry, issue_id, issue)
        for issue_id in self._shown.keys() - wanted.keys():
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        self._shown = wanted

    @callback
    def _async_look(self, _: datetime) -> None:
        self.look()

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if self.concerns(fact) and not self._looking:
            self._looking = True
            self.hass.loop.call_soon(self.look)
