"""Long lists in parts: what the desk asks for page by page is what it would be told at once."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.held_operation import HeldOperation, HeldState
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, HeldId
from custom_components.prepaid_parking.core.page import Part
from custom_components.prepaid_parking.operations.cashier import top_up
from custom_components.prepaid_parking.operations.challenges import operations_of
from custom_components.prepaid_parking.operations.declining import KEPT, forget_operations
from custom_components.prepaid_parking.operations.desk_reports import all_shifts, desk_day
from custom_components.prepaid_parking.operations.receipts import (
    latest_between,
    latest_of,
    latest_receipts,
)
from custom_components.prepaid_parking.operations.tills import close_shift, open_shift, set_till
from tests.operations.world import DAY, MANAGER, NOON, World

CASHIER = Actor(kind=ActorKind.USER, id="cashier")
TODAY = NOON.date()


async def three_days(world: World) -> None:
    """Six payments over the counter, two a day; on each day a shift, and the last one goes on."""
    wallet = await world.wallet()
    _, till = await set_till(world.site, actor=MANAGER, changes={"name": "Front"})
    for day in range(3):
        _, shift = await open_shift(world.site, till=till.id, counted_minor=0, actor=CASHIER)
        for number in range(2):
            await top_up(
                world.site,
                wallet=wallet.wallet.id,
                amount_minor=100 + number,
                channel=Channel.CASH,
                actor=CASHIER,
            )
            world.clock.now += timedelta(milliseconds=1)
        if day < 2:
            await close_shift(world.site, shift=shift.id, counted_minor=201, actor=CASHIER)
            world.clock.now += DAY


def numbers(found: list[DeskReceipt]) -> list[int]:
    """The numbers of receipts."""
    return [one.no for one in found]


async def test_receipts_are_told_page_by_page(world: World) -> None:
    """Who checks a month on paper against the list must meet each receipt once."""
    await three_days(world)
    site, last = world.site, TODAY + 2 * DAY
    assert numbers(await latest_between(site, Part(), TODAY, last)) == [6, 5, 4, 3, 2, 1]
    assert numbers(await latest_between(site, Part(limit=2), TODAY, last)) == [6, 5]
    assert numbers(await latest_between(site, Part(after="5", limit=3), TODAY, last)) == [4, 3, 2]
    assert numbers(await latest_between(site, Part(after="1"), TODAY, last)) == []
    assert numbers(await latest_between(site, Part(after="99"), TODAY, last)) == []
    assert numbers(await latest_between(site, Part(), TODAY + DAY, TODAY + DAY)) == [4, 3]
    assert numbers(await latest_receipts(site, Part(after="4", limit=2), wallet="w1")) == [3, 2]
    assert numbers(await latest_receipts(site, Part(), shift="sh2")) == [4, 3]
    assert numbers(await latest_receipts(site, Part(), wallet="w1", shift="sh1")) == [2, 1]
    assert numbers(await latest_receipts(site, Part(), wallet="w2")) == []


async def test_the_last_receipt_is_the_callers_own_of_today(world: World) -> None:
    """The cashier who prints without a number must not hand out another's receipt."""
    await three_days(world)
    assert (await latest_of(world.site, CASHIER)).no == 6
    for actor, later in ((MANAGER, timedelta()), (CASHIER, DAY)):
        world.clock.now += later
        with pytest.raises(CoreError, match="no_receipt_today"):
            await latest_of(world.site, actor)


async def test_a_day_has_the_shifts_that_were_open_then(world: World) -> None:
    """A day's report without the shift that goes on counts a drawer too few."""
    await three_days(world)
    shifts = [
        [one["shift"] for one in (await desk_day(world.site, TODAY + day * DAY))["shifts"]]  # type: ignore[attr-defined]
        for day in range(-1, 4)
    ]
    assert shifts == [[], ["sh1"], ["sh2"], ["sh3"], ["sh3"]]
    listed = await all_shifts(world.site, part=Part(limit=2))
    assert [one.id for one in listed] == ["sh3", "sh2"]
    listed = await all_shifts(world.site, part=Part(after="sh2"))
    assert [one.id for one in listed] == ["sh1"]
    assert [one.id for one in await all_shifts(world.site, open_only=True)] == ["sh3"]
    assert await all_shifts(world.site, open_only=True, part=Part(after="sh3")) == []


async def test_all_that_is_long_over_is_forgotten_at_once(world: World) -> None:
    """What was refused on a busy day must not be kept longer because there was so much of it."""
    old, young = NOON - KEPT - timedelta(seconds=1), NOON - KEPT
    await world.books.record(
        *(
            HeldOperation(
                id=HeldId(f"cf{number}"),
                no=number,
                kind="refund",
                needs=(),
                asked_by="user:a",
                asked_at=old,
                expires_at=old,
                reference="",
                data={},
                why="",
                state=HeldState.EXPIRED,
                ended_at=old if number <= 250 else young,
            )
            for number in range(1, 253)
        )
    )
    await forget_operations(world.site, NOON)
    left = await operations_of(world.site, ended_too=True)
    assert [one.no for one in left] == [252, 251]
    part = Part(after=left[0].id)
    assert await operations_of(world.site, ended_too=True, part=part) == left[1:]
