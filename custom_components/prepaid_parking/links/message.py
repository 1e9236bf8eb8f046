"""A message as it came from a broker, with what it takes to judge whether it is news."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One payload and how it reached us.

    `retained` was kept by the broker and may be years old; `burst` was queued for us while we were
    away, or may have been. Neither is evidence of what happens now. `connected_at` dates the
    connection: devices that lost the broker together with us send their own queues after it.
    """

    topic: str
    payload: bytes
    at: datetime
    connected_at: datetime
    qos: int = 0
    retained: bool = False
    burst: bool = False

    @property
    def live(self) -> bool:
        """Whether it was sent while we listened: the only kind that confirms or opens anything."""
        return not (self.retained or self.burst)
