"""Switches: the supply of what is sold by the kilowatt-hour or the hour, a lane that stays open, a wallet that is shut."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, override

from homeassistant.components.switch import (
    SwitchDeviceClass,
    SwitchEntity,
    SwitchEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .entity import PrepaidEntity
from .errors import translated
from .lane_entity import BY_ENTITY
from .operations.booking import frozen_now
from .operations.emergency import set_free_flow
from .operations.fail_level import is_free_flow
from .operations.wallets import freeze, unfreeze
from .park_things import LaneThing
from .roster import async_show, async_show_fitted
from .supply_entity import VALVES, SupplyEntity
from .things import MeterThing, Thing, WalletThing

# An act is one entry in the books; their order is kept there.
PARALLEL_UPDATES = 0

SUPPLY: Final = SwitchEntityDescription(
    key="supply",
    device_class=SwitchDeviceClass.SWITCH,
    # So that "turn off everything" and a voice that hears half a sentence do not reach it.
    entity_category=EntityCategory.CONFIG,
)


FREE_FLOW: Final = SwitchEntityDescription(key="free_flow", entity_category=EntityCategory.CONFIG)
FROZEN: Final = SwitchEntityDescription(
    key="frozen",
    entity_category=EntityCategory.CONFIG,
    # Who shuts wallets every day is rare; everybody else finds the action.
    entity_registry_enabled_default=False,
)
BY_SWITCH: Final = "switch"
"""The reason that stands in the books."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the supply switches of a site."""
    await async_show(hass, entry, async_add_entities, _switches)
    await async_show_fitted(hass, entry, async_add_entities, LaneThing, _held, _free_flow)


def _held(thing: LaneThing) -> tuple[str, ...]:
    return (FREE_FLOW.key,) if thing.run.holder is not None else ()


def _free_flow(thing: LaneThing, _: str) -> Entity:
    return FreeFlowSwitch(thing, FREE_FLOW)


def _switches(thing: Thing) -> Iterator[Entity]:
    match thing:
        case WalletThing():
            yield FrozenSwitch(thing, FROZEN)
        case MeterThing(switched=True) if thing.run.meter.commodity not in VALVES:
            yield SupplySwitch(thing, SUPPLY)


class SupplySwitch(SupplyEntity, SwitchEntity):
    """The supply of a meter with a relay."""

    @property
    @override
    def is_on(self) -> bool | None:
        return self.lets_through

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch the supply on, whatever was holding it off."""
        await self.async_let_through()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Hold the supply off."""
        await self.async_hold_back()


class FreeFlowSwitch(PrepaidEntity[LaneThing], SwitchEntity):
    """Holds a lane open until somebody lets it go, by the output that was made for it."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.run.holder is not None

    @property
    @override
    def is_on(self) -> bool:
        return is_free_flow(self.thing.site, self.thing.run)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Hold the lane open."""
        await self._set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let it go."""
        await self._set(on=False)

    async def _set(self, *, on: bool) -> None:
        actor = await self.acting()
        with translated():
            await set_free_flow(
                self.thing.site, lane=self.thing.id, on=on, reason=BY_ENTITY, actor=actor
            )
        self.thing.data.coordinator.touch(self.thing.published)


class FrozenSwitch(PrepaidEntity[WalletThing], SwitchEntity):
    """Shuts a wallet for what goes out of it; usage and supplies go on."""

    @property
    @override
    def is_on(self) -> bool:
        return frozen_now(self.thing.run.wallet, self.thing.now) is not None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        if not self.is_on:
            return None
        wallet = self.thing.run.wallet
        until = wallet.frozen_until
        return {
            "reason": wallet.frozen_reason,
            "way": wallet.frozen_way,
            "until": until.isoformat() if until is not None else None,
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Shut the wallet; one that is shut already stays as it is."""
        actor = await self.acting()
        if self.is_on:
            return
        with translated():
            await freeze(self.thing.site, wallet=self.thing.id, reason=BY_SWITCH, actor=actor)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Open the wallet; what a rule has shut is refused, for two persons open that."""
        actor = await self.acting()
        if not self.is_on:
            return
        with translated():
            await unfreeze(self.thing.site, wallet=self.thing.id, reason=BY_SWITCH, actor=actor)
