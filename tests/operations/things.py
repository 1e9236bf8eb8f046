"""Entities of a hub as they behave: they switch, refuse, count, and tell when they have changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.metering import BASE_PER_UNIT, Quantity


@dataclass
class FakeThings:
    """The hub's entities: what a test sets is what is seen; `moves` is whether a switch obeys."""

    on: dict[str, bool | None] = field(default_factory=dict)
    counts: dict[str, Decimal | None] = field(default_factory=dict)
    numbers: dict[str, Decimal | None] = field(default_factory=dict)
    quantity: Quantity = Quantity.ENERGY
    moves: bool = True
    refuses: DeviceFault | None = None
    told: list[tuple[str, bool]] = field(default_factory=list)
    watchers: dict[int, tuple[tuple[str, ...], Callable[[], None]]] = field(default_factory=dict)

    def check_switch(self, entity: str) -> None:
        """Refuse what is not there."""
        if entity not in self.on:
            raise CoreError("entity_not_a_relay", entity=entity)

    def check_number(self, entity: str) -> None:
        """Refuse what is not there."""
        if entity not in self.numbers:
            raise CoreError("entity_unavailable", entity=entity)

    def check_counter(self, entity: str) -> tuple[Quantity, str]:
        """Return what it counts."""
        if self.counts.get(entity) is None:
            raise CoreError("entity_unavailable", entity=entity)
        return self.quantity, "unit"

    def is_on(self, entity: str) -> bool | None:
        """What it shows."""
        return self.on.get(entity)

    def count(self, entity: str, unit: str) -> int | None:
        """What it has counted, in base units."""
        count = self.counts.get(entity)
        return None if count is None else int(count * BASE_PER_UNIT[self.quantity])

    def number(self, entity: str) -> Decimal | None:
        """What it shows."""
        return self.numbers.get(entity)

    async def switch(self, entity: str, on: bool) -> None:
        """Obey, or not."""
        self.told.append((entity, on))
        if self.refuses is not None:
            raise DeviceError(self.refuses, entity)
        if self.moves:
            self.set(entity, on)

    def watch(self, entities: Sequence[str], changed: Callable[[], None]) -> Callable[[], None]:
        """Tell of changes until stopped."""
        number = max(self.watchers, default=0) + 1
        self.watchers[number] = (tuple(entities), changed)
        return lambda: self.watchers.pop(number, None) and None

    def set(self, entity: str, on: bool | None) -> None:
        """Let an entity show another position."""
        self.on[entity] = on
        for entities, changed in list(self.watchers.values()):
            if entity in entities:
                changed()
