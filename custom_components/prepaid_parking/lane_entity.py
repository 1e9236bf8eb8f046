"""What a lane's gate and its release button share: one recorded pulse to the barrier's OPEN input."""

from typing import Final, override

from .entity import PrepaidEntity
from .errors import translated
from .operations.releasing import release_barrier
from .things import LaneThing

BY_ENTITY: Final = "entity"
"""The reason that is written down for a release through the hub's own cover or button."""


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
