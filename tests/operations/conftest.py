"""What happens when … is tested against real books and devices that behave, without a hub."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from tests.operations.provider import connect  # noqa: E402
from tests.operations.refunding import RefundingProvider  # noqa: E402
from tests.operations.world import World  # noqa: E402

type MakeWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[MakeWorld]:
    """Make a site with other settings than the usual ones."""
    worlds: list[World] = []

    async def make(**settings: object) -> World:
        folder = tmp_path / str(len(worlds))
        folder.mkdir()
        worlds.append(await World.open(folder, **settings))  # type: ignore[arg-type]  # as given
        return worlds[-1]

    yield make
    for world in worlds:
        await world.close()


@pytest.fixture
async def world(make_world: MakeWorld) -> World:
    """A new site, at noon."""
    return await make_world()


@pytest.fixture
def provider(world: World) -> RefundingProvider:
    """A provider that this site takes money by, and gives it back."""
    made = RefundingProvider()
    connect(world.site, made)
    return made
