"""What the supply's switch and its valve share: a person's word, not a command to the relay.

Switching off sets a hold and switching on releases it; the supply is then brought there by the same
function that cuts and restores for money, with all that forbids it.
"""

from typing import Final, override

from .core.metering import Commodity
from .core.supply import SupplyState
from .entity import PrepaidEntity
from .errors import translated
from .operations.supply import cut_supply, restore_supply
from .things import MeterThing

VALVES: Final = frozenset({Commodity.WATER, Commodity.GAS, Commodity.HEAT, Commodity.STEAM})
"""What flows is let through by a valve; everything else by a switch."""
BY_ENTITY: Final = "entity"
"""The reason that is written down for a hold set through the hub's own switch or valve."""


class SupplyEntity(PrepaidEntity[MeterThing]):
    """A meter's supply, as it was read back and as a person wants it."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.online

    @property
    def lets_through(self) -> bool | None:
        """Whether the supply was seen on."""
        return self.thing.run.seen

    @property
    def state_of_supply(self) -> SupplyState:
        """How the supply stands."""
        return self.thing.run.state

    async def async_let_through(self) -> None:
        """Let a named person switch the supply on."""
        actor = await self.acting()
        with translated():
            await restore_supply(
                self.thing.site, meter=self.thing.id, reason=BY_ENTITY, actor=actor
            )

    async def async_hold_back(self) -> None:
        """Let a named person switch the supply off."""
        actor = await self.acting()
        with translated():
            await cut_supply(self.thing.site, meter=self.thing.id, reason=BY_ENTITY, actor=actor)
