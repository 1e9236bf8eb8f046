"""No entities at all: what a site is given before the hub's are attached."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from ..core.errors import CoreError, DeviceError, DeviceFault
from ..core.metering import Quantity


class NoThings:
    """Knows of nothing: every entity is away."""

    def check_switch(self, entity: str) -> None:
        """Refuse it."""
        raise CoreError("entity_unavailable", entity=entity)

    def check_number(self, entity: str) -> None:
        """Refuse it."""
        raise CoreError("entity_unavailable", entity=entity)

    def check_counter(self, entity: str) -> tuple[Quantity, str]:
        """Refuse it."""
        raise CoreError("entity_unavailable", entity=entity)

    def is_on(self, entity: str) -> bool | None:
        """Nobody knows."""
        return None

    def count(self, entity: str, unit: str) -> int | None:
        """Nobody knows."""
        return None

    def number(self, entity: str) -> Decimal | None:
        """Nobody knows."""
        return None

    async def switch(self, entity: str, on: bool) -> None:
        """It does not answer."""
        raise DeviceError(DeviceFault.OFFLINE, entity)

    def watch(
        self,
        entities: Sequence[str],
        changed: Callable[[], None],
    ) -> Callable[[], None]:
        """Nothing ever changes."""
        return lambda: None
