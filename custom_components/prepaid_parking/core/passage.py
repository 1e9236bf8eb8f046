"""Passages: what happened at a lane, and why."""

from dataclasses import dataclass
from datetime import datetime

from .admission import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What happened at a lane: the decision with its trace, and the pulse that followed it.

    `masked` is the plate as people may see it; the whole plate is nowhere in here. `stay` is the one
    it begins or ends, `picture` where the camera's picture lies.
    """

    id: int
    lane: str
    at: datetime
    kind: str
    reason: str
    masked: str = ""
    card: str = ""
    entry: int | None = None
    command: int | None = None
    actor: str = ""
    stay: str = ""
    picture: str = ""
    trace: tuple[Step, ...] = ()
