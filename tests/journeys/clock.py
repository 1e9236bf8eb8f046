"""The site's clock in a test's hands."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from .conftest import Hub
from .steps import attend


class Clock:
    """Set to a time, it goes on from there as clocks do; what it charges and cuts by is stamped by it.

    It must not stand still: only a look that came after a command proves what the command did, and by a
    clock that stands still nothing comes after anything.
    """

    def __init__(self, hub: Hub, at: datetime) -> None:
        """Begin at a time that lies years ahead, so that nothing is in the site's past."""
        self._hub = hub
        self.set(at)
        hub.data.site.clock = self.now

    def now(self) -> datetime:
        """Return what it shows."""
        return self._at + timedelta(seconds=monotonic() - self._since)

    def set(self, at: datetime) -> None:
        """Let it show a time."""
        self._at, self._since = at.astimezone(UTC), monotonic()

    def ahead(self, by: timedelta) -> None:
        """Let so much time have passed."""
        self._at += by

    async def is_now(self, at: datetime) -> None:
        """Let it be that time, and the site do what it brings."""
        self.set(at)
        await attend(self._hub)

    async def pass_(self, by: timedelta) -> None:
        """Let so much time pass, and the site do what it brings."""
        await self.is_now(self.now() + by)
