"""What goes wrong with a device on a bus, settable while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

FOREVER: Final = -1
"""As a number of requests: until somebody clears the fault."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of one device. Numbers are requests still to be spoiled; 0 is healthy."""

    silent: int = 0
    """Requests left unanswered: a dead device, a broken wire."""
    busy: int = 0
    """Requests answered with exception 6, device busy."""
    garbled: int = 0
    """Replies with a wrong check sum (RTU) or a broken header (TCP)."""
    delay_s: float = 0.0
    """Thinking time before each answer; the line is occupied meanwhile."""
    answers_as: int | None = None
    """The unit id the replies carry instead of the device's own."""
    clock: Callable[[], float] = field(default=monotonic, repr=False)
    _refuse_until: float = 0.0

    def refuse_writes(self, seconds: float) -> None:
        """Answer every write with exception 4, device failure, for a while."""
        self._refuse_until = self.clock() + seconds

    @property
    def refuses_writes(self) -> bool:
        """Whether writes are refused now."""
        return self.clock() < self._refuse_until

    def clear(self) -> None:
        """Make the device healthy again."""
        self.silent = self.busy = self.garbled = 0
        self.delay_s = self._refuse_until = 0.0
        self.answers_as = None

    def use(self, name: str) -> bool:
        """Whether the named fault strikes this request; counts it down."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0
