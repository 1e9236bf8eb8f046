"""Public holidays by country and region, with the weekends that are worked instead.

A calendar is named by its country (`CN`), with its region where that has days of its own (`DE-BY`).
"""

from datetime import date
import logging
from typing import Final

from holidays import HolidayBase, country_holidays
from homeassistant.core import HomeAssistant

from .core.calendars import DayKind
from .core.errors import CoreError

_LOGGER: Final = logging.getLogger(__name__)


class PublicHolidays:
    """The calendars that tariffs and policies name, each read once.

    A calendar's code is imported off the event loop, which takes up to a third of a second; its years
    are worked out as they are asked for, in a fraction of a millisecond each.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self._hass = hass
        self._known: dict[str, HolidayBase] = {}

    def __call__(self, calendar: str, day: date) -> DayKind | None:
        """Return what a calendar says of a day that its weekday does not."""
        known = self._known.get(calendar)
        if known is None:
            return None
        if day in known:
            return DayKind.HOLIDAY
        return DayKind.WORKDAY if day in known.weekend_workdays else None

    async def learn(self, calendar: str) -> None:
        """Have a calendar ready, or refuse one that nobody keeps."""
        if calendar in self._known:
            return
        try:
            known = await self._hass.async_add_import_executor_job(_read, calendar)
        except NotImplementedError as err:
            _LOGGER.warning("There is no holiday calendar called %s", calendar)
            raise CoreError("unknown_calendar", calendar=calendar) from err
        self._known[calendar] = known


def _read(calendar: str) -> HolidayBase:
    country, _, region = calendar.partition("-")
    known = country_holidays(country, subdiv=region or None)
    today = date.today()  # noqa: DTZ011 - any day will do: it brings the calendar's code in
    _ = today in known
    return known
