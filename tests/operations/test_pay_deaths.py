"""The hub dies at each single write of what is sold, or its answer is lost: done again, each has one effect."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.agreement import AgreementCharge
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.pay_order import OrderState, PayOrder
from custom_components.prepaid_parking.operations import settlement_booking
from tests.operations.conftest import MakeWorld
from tests.operations.deals import DEALS, Deal
from tests.operations.dying import Dying
from tests.operations.money import is_sound
from tests.operations.test_agreements import Fetching, agreed, put_up, spend
from tests.operations.world import MINUTE, World

MOST_WRITES: Final = 40
"""More than any of these makes: a death after the last of them is none."""


@pytest.fixture(params=list(DEALS), ids=lambda one: one.__name__)
def deal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Deal]:
    """What makes one of the deals; a file's rows are written one by one."""
    monkeypatch.setattr(settlement_booking, "ROWS_OF_AN_ACT", 1)
    return request.param  # type: ignore[no-any-return]


async def test_what_broke_off_and_is_done_again_has_one_effect(
    make_world: MakeWorld, deal: Callable[[], Deal]
) -> None:
    """A power cut over the counter: everybody does again what was not answered, and once more to be sure."""
    for at in range(MOST_WRITES):
        world, one = await make_world(), deal()
        await one.begin(world)
        dying = Dying(world, at)
        with contextlib.suppress(StoreError):
            await one.do(world)
        await world.restart()
        await _is_as_it_should(world, one)
        if dying.left >= 0:
            return
    pytest.fail("there are more writes than that")


async def test_what_was_done_and_not_heard_of_has_one_effect(
    make_world: MakeWorld, deal: Callable[[], Deal]
) -> None:
    """The books have it, its caller does not know: it is asked for again, with no restart between."""
    for at in range(MOST_WRITES):
        world, one = await make_world(), deal()
        await one.begin(world)
        losing = _Losing(world, at)
        with contextlib.suppress(StoreError):
            await one.do(world)
        left, losing.left = losing.left, MOST_WRITES**2
        await _is_as_it_should(world, one)
        await world.restart()
        await _is_as_it_should(world, one)
        if left >= 0:
            return
    pytest.fail("there are more writes than that")


async def _is_as_it_should(world: World, one: Deal) -> None:
    for _ in range(2):
        await one.do(world)
    await world.tick()  # What nobody heard of is read again by whoever takes the turn next.
    assert str(await one.seen(world)).startswith(DEALS[type(one)])
    await is_sound(world)


class _Losing:
    """Books that write everything, and once do not say so."""

    def __init__(self, world: World, at: int) -> None:
        self.left = at
        for name in ("commit", "commit_all", "record"):
            setattr(world.books, name, self._heard(getattr(world.books, name)))

    def _heard(self, write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def heard(*args: Any, **options: Any) -> Any:
            answer = await write(*args, **options)
            self.left -= 1
            if self.left == -1:
                raise StoreError("failed", "nobody heard")
            return answer

        return heard


async def test_what_was_written_down_and_never_asked_for_is_fetched_after_the_restart(
    world: World,
) -> None:
    """The hub died before its question went out: the tenant relies on it, and nobody asks a second time."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    await world.tick()
    await spend(world, wallet, 1500)
    port.answers = asyncio.Event()
    world.clock.now += MINUTE
    await world.keeper.tick()  # Written down, and on its way to nobody.
    await world.restart()
    (charge,) = await world.books.load(AgreementCharge)
    assert port.fetched == []
    port.answers = None
    await world.tick()  # There is no channel yet.
    put_up(world, port)
    for _ in range(3):
        await world.tick()
    (order,) = await world.books.load(PayOrder)
    assert (order.id, order.state) == (charge.order, OrderState.CREDITED)
    assert [one.out_no for one in port.fetched] == [order.out_no]
    assert world.wallet_now(wallet).posted_minor == 5500
    await world.restart()
    put_up(world, port)
    await world.tick(MINUTE)
    assert len(port.fetched) == 1
