"""Money that a provider said was paid and never paid out: it may come still, or a person says that the site bears it."""

import asyncio
from collections.abc import Awaitable

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.difference import (
    Difference,
    DifferenceKind,
    Resolution,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.held_operation import HeldState
from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.core.risk import RiskKind
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import OTHER, RefundingProvider, of, paid_order, payment_row
from tests.operations.test_settlement import CLEARING, TODAY, payout, reconcile
from tests.operations.world import DAY, MANAGER, MINUTE, World

LOSSES = SiteAccount.WRITE_OFF
SUSPENSE = SiteAccount.SUSPENSE


async def unpaid(world: World, provider: RefundingProvider) -> tuple[PayOrder, Difference]:
    """A payment of 100.00 that was credited, and of which the files of two days say nothing."""
    order = await paid_order(world, provider, await world.wallet())
    (found,) = (await reconcile(world)).found
    assert (found.kind, found.order) == (DifferenceKind.ORDER_WITHOUT_ROW, order.id)
    assert (await reconcile(world, TODAY + DAY)).found == ()
    return order, found


async def never_paid(
    world: World, difference: Difference, reference: str = "", actor: Actor = MANAGER
) -> Receipt:
    """Have a person say that the provider never paid it."""
    return await settle_difference(
        world.site,
        difference=difference.id,
        resolution=Resolution.WRITTEN_OFF,
        reason="the provider denies it",
        actor=actor,
        reference=reference,
    )


async def test_what_the_provider_never_paid_is_the_sites_loss_and_clearing_is_zero(
    world: World, provider: RefundingProvider
) -> None:
    """Without it the owner would wait at the bank for 100.00 for ever; who was credited keeps it."""
    order, found = await unpaid(world, provider)
    assert await of_site(world, CLEARING) == -10_000
    for _ in range(2):
        receipt = await never_paid(world, found, "1")
        (entry,) = await world.books.entries(kinds=[EntryKind.DIFFERENCE_SETTLED])
        assert receipt.entry == entry.id
        assert (entry.reason, entry.detail["amount"]) == ("the provider denies it", -10_000)
    assert (await of_site(world, CLEARING), await of_site(world, LOSSES)) == (0, -10_000)
    assert world.site.wallet(order.aim.id).posted_minor == 10_000
    assert world.site.settling.unreconciled_minor == 0
    await world.restart()
    connect(world.site, provider)
    for day in (TODAY, TODAY + DAY):
        assert (await reconcile(world, day)).found == ()
    assert await of_site(world, CLEARING) == 0
    with pytest.raises(CoreError, match="difference_settled_already"):
        await never_paid(world, found)
    await is_sound(world)


async def test_a_later_file_that_brings_it_ends_the_difference_by_itself(
    world: World, provider: RefundingProvider
) -> None:
    """It was only late: nobody has to say so, and nothing is booked for it twice."""
    order, found = await unpaid(world, provider)
    row = payment_row(provider.orders[order.out_no], fee=60, at=world.clock.now + DAY)
    provider.files[TODAY + DAY] = [row, payout(9940)]
    taken = await reconcile(world, TODAY + DAY)
    assert ([one.id for one in taken.explained], taken.found) == ([found.id], ())
    assert (await of_site(world, CLEARING), await of_site(world, LOSSES)) == (0, 0)
    with pytest.raises(CoreError, match="difference_settled_already"):
        await never_paid(world, found)
    await is_sound(world)


@pytest.mark.parametrize("placed", [True, False])
async def test_what_comes_after_it_was_written_off_takes_the_loss_back(
    world: World, provider: RefundingProvider, placed: bool
) -> None:
    """The provider finds the money after all: it is held, seen, and no loss any more; placed or not."""
    if placed:
        order, found = await unpaid(world, provider)
    else:
        order = await another_amount(world, provider)
        (found,) = (await reconcile(world)).found
    await never_paid(world, found)
    row = payment_row(provider.orders[order.out_no], fee=60, at=world.clock.now + DAY)
    provider.files[TODAY + DAY] = [row, payout(9940)]
    for _ in range(2):
        await reconcile(world, TODAY + DAY)
    (back,) = world.site.settling.differences.values()
    assert (back.kind, back.order) == (DifferenceKind.ENTRY_DIFFERS, order.id)
    assert (back.expected_minor, back.found_minor, back.suspended_minor) == (0, 10_000, 10_000)
    assert await of_site(world, CLEARING) == 0
    await never_paid(world, back)
    assert await of_site(world, LOSSES) == 0
    assert await of_site(world, SUSPENSE) == (0 if placed else 10_000)
    await is_sound(world)


@pytest.mark.parametrize("first", ["person", "file"])
async def test_a_person_and_a_file_that_speak_at_once_wait_for_each_other(
    world: World, provider: RefundingProvider, first: str
) -> None:
    """Written off while the row is taken up, the site would bear what it has been paid."""
    order, found = await unpaid(world, provider)
    row = payment_row(provider.orders[order.out_no], at=world.clock.now + DAY)
    provider.files[TODAY + DAY] = [row, payout(10_000)]
    said: list[Awaitable[object]] = [never_paid(world, found), reconcile(world, TODAY + DAY)]
    answers = await asyncio.gather(
        *(said if first == "person" else reversed(said)), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert [str(one) for one in refused if "difference_settled_already" not in str(one)] == []
    await reconcile(world, TODAY + DAY)
    held = sum(one.suspended_minor for one in world.site.settling.differences.values())
    assert await of_site(world, CLEARING) == 0
    assert await of_site(world, SUSPENSE) == -await of_site(world, LOSSES) == held
    assert held == (0 if refused else 10_000)
    await is_sound(world)


async def another_amount(world: World, provider: RefundingProvider) -> PayOrder:
    """A payer pays 100.00 for an order of 90.00: it lies there without a place."""
    order = await create_order(
        world.site, aim=of(await world.wallet()), channel="ch1", amount_minor=9000, actor=MANAGER
    )
    provider.pay(order.out_no, 10_000, paid_at=world.clock.now)
    world.clock.now += MINUTE
    return await look(world.site, order.id)


@pytest.mark.parametrize("resolution", [Resolution.WALLET, Resolution.BANK])
async def test_nobody_else_has_what_the_provider_has_not_paid(
    world: World, provider: RefundingProvider, resolution: Resolution
) -> None:
    """A tenant who has paid is not charged for what the provider owes, nor is the bank's account wrong."""
    _, found = await unpaid(world, provider)
    with pytest.raises(CoreError, match="difference_not_paid"):
        await settle_difference(
            world.site,
            difference=found.id,
            resolution=resolution,
            wallet="w1" if resolution is Resolution.WALLET else "",
            reason="x",
            actor=MANAGER,
        )
    assert await of_site(world, CLEARING) == -10_000


async def test_above_the_limit_a_second_person_agrees_and_it_is_written_off_once(
    world: World, provider: RefundingProvider
) -> None:
    """Who keeps the provider's window could take the money there and call it never paid: not alone."""
    _, found = await unpaid(world, provider)
    changes = {"most": 9999, "shadow": False}
    await set_risk_rule(world.site, rule=RiskKind.WRITE_OFF_LARGE, changes=changes, actor=MANAGER)
    robot = Actor(kind=ActorKind.AUTOMATION, id="night")
    with pytest.raises(CoreError, match="asked_by_nobody"):
        await never_paid(world, found, "1", robot)
    for _ in range(2):
        with pytest.raises(CoreError, match="review_required") as caught:
            await never_paid(world, found, "1")
    operation = caught.value.placeholders["operation"]
    assert len(world.site.risking.held) == 1
    with pytest.raises(CoreError, match="operation_same_person"):
        await confirm_operation(world.site, KINDS, operation=operation, actor=MANAGER)
    assert await of_site(world, CLEARING) == -10_000
    for _ in range(2):
        done = await confirm_operation(world.site, KINDS, operation=operation, actor=OTHER)
        assert done.state is HeldState.DONE
    assert (await of_site(world, CLEARING), await of_site(world, LOSSES)) == (0, -10_000)
    (known,) = await world.books.load(Difference)
    assert (known.settled_by, known.reason) == (str(MANAGER), "the provider denies it")
    assert (await never_paid(world, found, "1")).repeated
    await is_sound(world)


async def test_what_a_file_brings_while_a_second_person_thinks_is_not_written_off(
    world: World, provider: RefundingProvider
) -> None:
    """It has come after all: the loss would be the payer's money twice."""
    order, found = await unpaid(world, provider)
    changes = {"most": 0, "shadow": False}
    await set_risk_rule(world.site, rule=RiskKind.WRITE_OFF_LARGE, changes=changes, actor=MANAGER)
    with pytest.raises(CoreError, match="review_required") as caught:
        await never_paid(world, found)
    row = payment_row(provider.orders[order.out_no], at=world.clock.now + DAY)
    provider.files[TODAY + DAY] = [row, payout(10_000)]
    await reconcile(world, TODAY + DAY)
    with pytest.raises(CoreError, match="difference_settled_already"):
        await confirm_operation(
            world.site, KINDS, operation=caught.value.placeholders["operation"], actor=OTHER
        )
    assert (await of_site(world, CLEARING), await of_site(world, LOSSES)) == (0, 0)
    await is_sound(world)
