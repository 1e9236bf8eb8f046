"""How often something happened lately, by whom: exact inside the window, bounded in memory."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

MOST_KEYS: Final = 10_000
"""Those that nothing was heard of for longest are forgotten first; what is counted for the whole site
stands under a key of its own and is never among them while anything goes on."""


class Velocity:
    """Counts times by key. Of one key no more is kept than a limit needs to be told."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        """Begin with nothing counted."""
        self._most_keys = most_keys
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, key: str, at: datetime, window: timedelta) -> int:
        """Return how often it was noted inside the window that ends at `at`."""
        times = self._times.get(key)
        if times is None:
            return 0
        while times and times[0] <= at - window:
            times.popleft()
        if not times:
            del self._times[key]
            return 0
        return len(times)

    def note(self, key: str, at: datetime, most: int) -> None:
        """Note one more; the latest `most` and one are kept, which is all that `most` has to be told."""
        times = self._times.setdefault(key, deque())
        # A clock that was set back must not make a later time look like the oldest one.
        times.append(max(at, times[-1]) if times else at)
        while len(times) > most + 1:
            times.popleft()
        self._times.move_to_end(key)
        while len(self._times) > self._most_keys:
            self._times.popitem(last=False)

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._times)
