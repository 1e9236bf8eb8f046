"""The hub dies while a doubt is settled: it is settled and charged, or neither, and never half."""

import contextlib

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.operations.office import Settlement, settle_doubt
from custom_components.prepaid_parking.operations.used import used_of
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound
from tests.operations.world import HOUR, KWH, MANAGER, SECOND, World

TIERED = {
    "tariff": "home",
    "quantity": "energy",
    "period": "month",
    "tiers": [{"up_to": "100", "price": "1.00"}, {"price": "2.00"}],
}


async def accept(world: World) -> None:
    """A person believes the reading."""
    await settle_doubt(
        world.site, doubts=list(world.site.doubts), how=Settlement.ACCEPT, actor=MANAGER
    )


@pytest.mark.parametrize("at", range(5))
async def test_what_is_settled_is_charged_and_what_is_not_is_asked_again(
    make_world: MakeWorld, at: int
) -> None:
    """A reading that was accepted and not charged would be a leap again, or lost to the house."""
    world = await make_world(tariffs=(TIERED,))
    wallet = await world.wallet("2000")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    world.registers[run.meter.id] += 500 * KWH
    await world.look(run.meter.id)
    Dying(world, at)
    with contextlib.suppress(CoreError, StoreError):
        await accept(world)
    await world.restart()
    charged = world.wallet_now(wallet).posted_minor < 190_000
    assert charged is not bool(world.site.doubts)
    await world.read(run.meter.id, 0, SECOND)
    if world.site.doubts:
        await accept(world)
    assert not world.site.doubts
    await world.read(run.meter.id, KWH, HOUR)
    await world.keeper.stop()
    # 100 at 1.00 and 403 at 2.00.
    assert world.text(world.wallet_now(wallet).posted_minor) == "1094.00"
    (entry,) = await world.books.entries(kinds=[EntryKind.DOUBT_SETTLED])
    used = used_of(entry)
    assert used is not None
    assert used.end[1] == 1502 * KWH
    assert not (await world.books.verify()).problem
    await is_sound(world)
