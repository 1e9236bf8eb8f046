"""Auto-charge and a hub that was down as a fetch was due: looked at once more, and nothing is fetched twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.agreement import AgreementCharge
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.pay_channel import ChannelFault, Outcome, Seen
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.operations.agreements import end_agreement
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.risk_facts import OperationFact
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.test_agreements import Fetching, agreed, put_up, spend
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World


async def dies_before_it_asks(world: World, wallet: WalletRun, minor: int = 1500) -> PayOrder:
    """Let a balance fall, and the hub die between its order's write and the question."""
    spawn, world.site.spawn = world.site.spawn, lambda task: task.close()
    try:
        await spend(world, wallet, minor)
        await world.tick()
    finally:
        world.site.spawn = spawn
    return (await world.books.load(PayOrder))[-1]


@pytest.mark.parametrize("away", [20 * MINUTE, HOUR, 3 * DAY])
async def test_what_was_due_while_the_hub_was_down_is_fetched_once_after_it(
    world: World, away: timedelta
) -> None:
    """The power was out for an hour, as the fetch was to be asked for: the tenant must not sit in the dark for it."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    await dies_before_it_asks(world, wallet)
    world.clock.now += away
    await world.restart()
    await world.tick()
    put_up(world, port)
    port.fault = ChannelFault.UNKNOWN
    for _ in range(10):
        await world.tick(MINUTE)
    assert len(port.queries) < 30
    port.fault = None
    for _ in range(10):
        await world.tick(15 * MINUTE)
    for _ in range(2):
        assert [one.amount_minor for one in port.fetched] == [5000]
        assert world.site.wallet(wallet.wallet.id).posted_minor == 5500
        await world.restart()
        put_up(world, port)
        for _ in range(3):
            await world.tick(HOUR)
    assert world.site.risking.agreements[name].trouble == ""


async def test_after_an_outage_nothing_is_fetched_that_the_provider_has_heard_of(
    world: World,
) -> None:
    """Its answer was lost with the hub: paid it is credited, refused it is not tried again."""
    for outcome, minor in ((Outcome.PAID, 5500), (Outcome.CLOSED, 500)):
        port, wallet = Fetching(), await world.wallet("20")
        put_up(world, port)
        name = await agreed(world, wallet)
        order = await dies_before_it_asks(world, wallet)
        port.pay(order.out_no, 5000)
        port.orders[order.out_no] = replace(port.orders[order.out_no], outcome=outcome)
        world.clock.now += HOUR
        await world.restart()
        put_up(world, port)
        for _ in range(5):
            await world.tick(MINUTE)
        assert port.fetched == []
        assert world.site.wallet(wallet.wallet.id).posted_minor == minor
        await end_agreement(world.site, agreement=name, actor=MANAGER)


async def test_after_an_outage_the_limits_hold_and_a_balance_that_rose_is_left_alone(
    world: World,
) -> None:
    """The neighbour has paid meanwhile, and the day's limit is what it was: no card is touched unasked."""
    port, wallet, other = Fetching(), await world.wallet("20"), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet, day_minor=6000)
    await agreed(world, other)
    for one in (wallet, other):
        await dies_before_it_asks(world, one)
    world.clock.now += HOUR
    await world.restart()
    await world.pay(world.site.wallet(other.wallet.id), "50")
    put_up(world, port)
    for _ in range(5):
        await world.tick(MINUTE)
    run = world.site.wallet(wallet.wallet.id)
    assert (len(port.fetched), run.posted_minor) == (1, 5500)
    await spend(world, run, 5000)
    await world.tick()
    assert len(port.fetched) == 1
    assert [one.wallet for one in world.site.risking.held.values()] == [wallet.wallet.id]


async def test_who_ends_an_agreement_before_the_provider_is_back_is_not_charged(
    world: World,
) -> None:
    """The office said yes on the telephone: a question that was never sent is not sent now."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    await dies_before_it_asks(world, wallet)
    await world.restart()
    await end_agreement(world.site, agreement=name, actor=MANAGER)
    put_up(world, port)
    for _ in range(20):
        await world.tick(MINUTE)
    assert port.fetched == []


class Wavering(Fetching):
    """It answers one question, and is out of reach then until it is `steady`."""

    steady = False

    async def query(self, out_no: str) -> Seen:
        """Answer the first question."""
        self.fault = ChannelFault.UNKNOWN if self.queries and not self.steady else None
        return await super().query(out_no)


async def test_an_outage_in_the_middle_of_the_second_look_costs_no_fetch(world: World) -> None:
    """The order was taken back, and then the line went: the balance is still low when it is there again."""
    port, wallet = Wavering(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    await dies_before_it_asks(world, wallet)
    world.clock.now += HOUR
    await world.restart()
    put_up(world, port)
    for _ in range(60):
        await world.tick(SECOND)
    assert (port.fetched, len(port.queries) < 10) == ([], True)
    port.steady = True
    for _ in range(12):
        await world.tick(15 * MINUTE)
    assert [one.amount_minor for one in port.fetched] == [5000]


async def test_what_was_due_is_not_asked_for_while_it_is_still_being_taken_back(
    world: World,
) -> None:
    """A provider that takes its time: the neighbour's cash came during the outage, and the card is left alone."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    await dies_before_it_asks(world, wallet)
    world.clock.now += HOUR
    await world.restart()
    await world.pay(world.site.wallet(wallet.wallet.id), "50")
    put_up(world, port)
    port.answers = asyncio.Event()
    async with asyncio.timeout(60):
        while not port.waiting:
            await world.keeper.tick()
            await asyncio.sleep(0)
        for _ in range(5):
            world.clock.now += SECOND
            await world.keeper.tick()
            await world.keeper.work()
    port.answers.set()
    for _ in range(5):
        await world.tick(MINUTE)
    assert port.fetched == []


async def test_a_refusal_after_an_outage_is_not_followed_by_another_try(world: World) -> None:
    """The old fetch was never heard of, the new one was refused: looking at the old one begins no third."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    await dies_before_it_asks(world, wallet)
    world.clock.now += HOUR
    await world.restart()
    put_up(world, port)
    port.fault, port.says = ChannelFault.UNKNOWN, ChannelFault.REFUSED
    wallet = world.site.wallet(wallet.wallet.id)
    await world.pay(wallet, "50")
    await world.tick()
    await spend(world, wallet, 5000)
    await world.tick()
    assert world.site.risking.agreements[name].trouble == "card_declined"
    port.fault = None
    for _ in range(12):
        await world.tick(15 * MINUTE)
    assert len(await world.books.load(AgreementCharge)) == 2
    assert port.fetched == []


async def test_nothing_is_fetched_on_books_set_back_whoever_agrees(world: World) -> None:
    """It may have been fetched in the time that is lost: a person looks at what is missing first."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet, most_minor=5000, day_minor=5000)
    for _ in range(2):
        await spend(world, wallet, wallet.posted_minor - 500)
        await world.tick()
    (fact,) = [one for one in world.facts if isinstance(one, OperationFact)]
    told: Any = {"operation": fact.operation.id, "actor": MANAGER, "code": fact.code}
    with (
        patch.object(world.books, "state", BooksState.ROLLED_BACK),
        pytest.raises(CoreError, match="ledger_closed"),
    ):
        await confirm_operation(world.site, KINDS, **told)
    assert len(port.fetched) == 1
