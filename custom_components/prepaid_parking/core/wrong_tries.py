"""Who guesses has to wait: a few wrong tries in a short time, and nothing is tried for a while.

Kept in memory, and in no more of it than is fixed here: who sends a different name each time pushes
out the oldest, never the hub.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

MOST_WRONG: Final = 5
WITHIN: Final = timedelta(minutes=10)
COOL_DOWN: Final = timedelta(minutes=30)
MOST_KNOWN: Final = 4096
"""Names that are remembered at once."""


@dataclass(slots=True)
class WrongTries:
    """The latest wrong tries by who made them; the longest quiet come first."""

    _known: OrderedDict[str, list[datetime]] = field(default_factory=OrderedDict)

    def cooling_until(self, who: str, now: datetime) -> datetime | None:
        """Return until when somebody has to wait, None where nothing is held against them.

        A clock that was set back takes nobody's wait away and makes it no longer than it is.
        """
        tries = self._known.get(who, [])
        if len(tries) < MOST_WRONG:
            return None
        until = tries[-1] + COOL_DOWN
        return min(until, now + COOL_DOWN) if now < until else None

    def wrong(self, who: str, now: datetime) -> None:
        """Count a wrong try; those that are too old to matter are forgotten."""
        before = self._known.pop(who, [])
        recent = [at for at in before if now - at < WITHIN]
        self._known[who] = [*recent, now][-MOST_WRONG:]
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._known)
