"""The car park's calendar: permits that end, visitors who are expected, places that are kept."""

from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .entity import PrepaidEntity
from .glance import Glance
from .operations.site import Site
from .operations.visit_calendar import Date, dates
from .park_things import ParkThing
from .roster import async_show_park
from .wording import Words

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

CALENDAR: Final = CalendarEntityDescription(key="renewals")
AHEAD: Final = timedelta(days=60)
"""The state is the next event; what is further away than this is in the calendar all the same."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar of a site's car park."""
    await async_show_park(hass, entry, async_add_entities, ParkCalendar)


class ParkCalendar(PrepaidEntity[ParkThing], CalendarEntity):
    """What ends, who comes and what is kept; it is changed by the actions only."""

    def __init__(self, thing: ParkThing, words: Words) -> None:
        """Speak the hub's language: an event is text."""
        super().__init__(thing, CALENDAR)
        self._words = words
        self._next = Glance(_next)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """What is now, or comes next."""
        date = self._next.at(self.thing.site)
        return self._event(date) if date is not None else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return what lies in a time."""
        return [self._event(date) for date in dates(self.thing.site, start_date, end_date)]

    def _event(self, date: Date) -> CalendarEvent:
        return CalendarEvent(
            start=date.start.date() if date.whole else date.start,
            end=date.end.date() if date.whole else date.end,
            summary=self._words(f"calendar.{date.what}", name=date.name),
            description=date.detail or None,
            uid=date.id,
        )


def _next(site: Site) -> Date | None:
    now = site.clock()
    return next(iter(dates(site, now, now + AHEAD)), None)
