"""No pictures at all: what a site is given before the hub's cameras are attached."""

from collections.abc import Collection
from datetime import datetime

from ..core.identity import LaneId


class NoPictures:
    """Keeps none."""

    def name(self, lane: LaneId, known: str = "") -> str:
        """Only what came with the read is there."""
        return known

    def has(self, name: str) -> bool:
        """Nothing is."""
        return False

    async def keep(self, lane: LaneId, name: str) -> None:
        """It is dropped."""

    async def forget(self, now: datetime) -> None:
        """There is nothing."""

    async def erase(self, names: Collection[str]) -> None:
        """There is nothing."""
