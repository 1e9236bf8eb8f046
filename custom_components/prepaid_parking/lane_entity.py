"""What the entities of a lane share: a recorded pulse to the barrier."""

from typing import Final, override

from .entity import PrepaidEntity
from .errors import translated
from .operations.closing_barrier import close_barrier
from .operations.releasing import release_barrier
from .park_things import LaneThing

BY_ENTITY: Final = "entity"
"""The reason that is written down for what is done through the hub's own cover, button or switch."""


class BarrierEntity(PrepaidEntity[LaneThing]):
    """A lane's barrier, as far as a person may ask it to open."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.run.barrier is not None

    async def async_release(self) -> None:
        """Ask the barrier to open, once; who and why is written down first."""
        actor = await self.acting()
        with translated():
            await release_barrier(
                self.thing.site, lane=self.thing.id, reason=BY_ENTITY, actor=actor
            )

    async def async_ask_to_close(self) -> None:
        """Ask the barrier to close, where a loop says that nobody is under it."""
        actor = await self.acting()
        with translated():
            await close_barrier(self.thing.site, lane=self.thing.id, reason=BY_ENTITY, actor=actor)
