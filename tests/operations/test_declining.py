"""Operations that are declined: nothing of them is done, by whomever, and they are forgotten in time."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.held_operation import HeldOperation, HeldState, Need
from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.declining import (
    KEPT,
    decline_operation,
    forget_operations,
)
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.risk_facts import OperationEvent
from tests.operations.test_challenges import (
    Done,
    code_of,
    confirm,
    held_by,
    large_refund,
    said,
)
from tests.operations.world import MANAGER, MINUTE, World

OTHER = Actor(kind=ActorKind.USER, id="other")


async def test_what_is_declined_is_not_done_and_says_so(world: World) -> None:
    """A refund that a tenant no longer wants must not be paid by a code that somebody finds."""
    wallet = await world.wallet()
    await world.pay(wallet, "50")
    told = await large_refund(world, wallet, reference="r1")
    operation, code = told.placeholders["operation"], code_of(world)
    declined = await decline_operation(
        world.site, operation=operation, actor=OTHER, reason="changed their mind"
    )
    assert (declined.state, declined.code) == (HeldState.DECLINED, b"")
    assert said(world)[-1].event is OperationEvent.DECLINED
    again = await decline_operation(world.site, operation=operation, actor=OTHER)
    assert again.ended_at == declined.ended_at
    for _ in range(2):
        with pytest.raises(CoreError, match="operation_declined"):
            await confirm_operation(
                world.site, KINDS, operation=operation, actor=MANAGER, code=code
            )
        await world.restart()
    assert wallet.posted_minor == 5000
    (entry,) = await world.books.entries(kinds=(EntryKind.OPERATION_DECLINED,), limit=5)
    assert (entry.actor, entry.reason) == (str(OTHER), "changed their mind")


async def test_what_is_done_or_over_is_not_declined(world: World) -> None:
    """Whoever reads "declined" believes that nothing was moved."""
    held = await held_by(world, Need.CODE)
    await confirm(world, Done(), held, code_of(world))
    with pytest.raises(CoreError, match="operation_is_done"):
        await decline_operation(world.site, operation=held.id, actor=MANAGER)
    late = await held_by(world, Need.CODE)
    world.clock.now += 10 * MINUTE
    with pytest.raises(CoreError, match="operation_expired"):
        await decline_operation(world.site, operation=late.id, actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_operation"):
        await decline_operation(world.site, operation="cf999", actor=MANAGER)


async def test_of_one_who_confirms_and_one_who_declines_one_is_heard(world: World) -> None:
    """Two managers at two screens: it is done, or it is declined, and both read the same."""
    for first_declines in (True, False):
        done, held = Done(), await held_by(world, Need.CODE)
        both = [
            confirm(world, done, held, code_of(world)),
            decline_operation(world.site, operation=held.id, actor=OTHER),
        ]
        if first_declines:
            both.reverse()
        await asyncio.gather(*both, return_exceptions=True)
        (stored,) = await world.books.load(HeldOperation, id=held.id)
        assert (stored.state, done.times) in {(HeldState.DONE, 1), (HeldState.DECLINED, 0)}
        assert world.site.risking.held == {}


async def test_a_decline_that_could_not_be_written_has_not_happened(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would come back with the next start, and somebody would have been told otherwise."""
    held = await held_by(world, Need.CODE)

    async def full(_: object) -> None:
        raise StoreError("disk_full")

    with monkeypatch.context() as broken:
        broken.setattr(world.site.books, "commit", full)
        with pytest.raises(StoreError):
            await decline_operation(world.site, operation=held.id, actor=MANAGER)
    done = Done()
    assert (await confirm(world, done, held, code_of(world))).state is HeldState.DONE
    assert done.times == 1


async def test_what_is_over_is_forgotten_after_ninety_days_and_what_waits_is_not(
    world: World,
) -> None:
    """Who asked for what is kept as long as somebody asks about it, and no longer."""
    old = await held_by(world, Need.CODE)
    await decline_operation(world.site, operation=old.id, actor=MANAGER)
    world.clock.now += KEPT - timedelta(days=1)
    young = await held_by(world, Need.CODE)
    await decline_operation(world.site, operation=young.id, actor=MANAGER)
    waits = await held_by(world, Need.PERSON)
    await forget_operations(world.site, world.clock())
    assert {one.id for one in await world.books.load(HeldOperation)} == {old.id, young.id, waits.id}
    world.clock.now += timedelta(days=2)
    await forget_operations(world.site, world.clock())
    assert {one.id for one in await world.books.load(HeldOperation)} == {young.id, waits.id}
