"""A hub that dies at a given write: what was written before stays, and nothing comes after it."""

from collections.abc import Awaitable, Callable
from typing import Any

from custom_components.prepaid_parking.core.errors import StoreError
from tests.operations.world import World


class Dying:
    """Books whose medium fails at the nth write and ever after: what follows is lost."""

    def __init__(self, world: World, at: int) -> None:
        self.left = at
        for name in ("commit", "commit_all", "record"):
            setattr(world.books, name, self._counted(getattr(world.books, name)))

    def _counted(self, write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counted(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise StoreError("failed", "dead")
            return await write(*args, **options)

        return counted
