"""Refunds: held first, asked for under one number, and never more given back than was paid."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.held_operation import HeldState
from custom_components.prepaid_parking.core.pay_channel import ChannelFault, RefundOutcome
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind
from custom_components.prepaid_parking.core.pay_refund import (
    PayRefund,
    RefundState,
    RefundStep,
    RefundWay,
)
from custom_components.prepaid_parking.core.risk import RiskAction, RiskKind
from custom_components.prepaid_parking.operations.cashier import close_wallet, deduct, top_up
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.day_close import close_day
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refund_steps import pursue
from custom_components.prepaid_parking.operations.pay_refunds import (
    account_of,
    all_refunds,
    find_refund,
    refund_order,
)
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settling_facts import RefundFact
from custom_components.prepaid_parking.operations.wallets import freeze
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site, promise
from tests.operations.provider import connect
from tests.operations.refunding import (
    ACCOUNT,
    OTHER,
    RefundingProvider,
    paid_order,
)
from tests.operations.staying import CITY, arrive, now
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World

CLEARING = SiteAccount.CLEARING_WECHAT
REFUNDS = SiteAccount.REFUNDS


async def back(world: World, order: str, minor: int | None = None, **more: object) -> PayRefund:
    """Ask for a refund."""
    told: dict[str, object] = {"reason": "moved out", "actor": MANAGER} | more
    return await refund_order(world.site, order=order, amount_minor=minor, **told)  # type: ignore[arg-type]


async def test_a_refund_is_held_sent_and_done(world: World, provider: RefundingProvider) -> None:
    """A payer gets the money back; what is on its way can be spent by nobody meanwhile."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await back(world, order.id, 4000)
    assert (refund.state, wallet.posted_minor) == (RefundState.SENT, 6000)
    assert await of_site(world, REFUNDS) == 4000
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(MINUTE)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert await of_site(world, REFUNDS) == 0
    assert await of_site(world, CLEARING) == -6000
    assert [fact.state for fact in world.heard(RefundFact)] == ["held", "sent", "done"]
    assert world.site.settling.refunds == {}
    await is_sound(world)


async def test_a_refund_is_written_down_before_the_provider_hears_of_it(
    world: World, provider: RefundingProvider
) -> None:
    """A hub that dies while the provider answers must know afterwards what to ask about."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.answers_lost = True
    refund = await back(world, order.id, 4000)
    assert refund.state is RefundState.SENT
    await world.restart()
    connect(world.site, provider)
    (written,) = await world.books.load(PayRefund)
    assert written.refund_no == provider.refund_asked[0].refund_no
    provider.answers_lost = False
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(HOUR)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert len(provider.refund_asked) == 1
    await is_sound(world)


async def test_a_refund_the_provider_never_got_is_asked_for_under_the_same_number(
    world: World, provider: RefundingProvider
) -> None:
    """Under a second number the payer would get the money twice."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    for fault in (ChannelFault.UNREACHABLE, ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED):
        provider.refund_fault = fault
        refund = await back(world, order.id, 1000)
        assert not refund.state.over
        provider.refund_fault = None
        for _ in range(4):
            await world.tick(HOUR)
        provider.end(refund.refund_no, RefundOutcome.DONE)
        await world.tick(DAY)
        assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert len({one.refund_no for one in provider.refund_asked}) == 3
    assert await of_site(world, CLEARING) == -7000
    await is_sound(world)


async def test_a_provider_that_thinks_about_a_refund_holds_nobody_up(
    world: World, provider: RefundingProvider
) -> None:
    """One that takes half a minute must not keep a meter from being cut, nor another payer waiting."""
    wallet = await world.wallet()
    orders = [await paid_order(world, provider, wallet) for _ in range(2)]
    sent = await back(world, orders[0].id, 1000)
    provider.answers = asyncio.Event()
    tasks = [
        asyncio.create_task(back(world, orders[1].id, 2000)),
        asyncio.create_task(pursue(world.site, sent.id)),
        asyncio.create_task(
            reconcile_payments(world.site, first=date(2026, 7, 1), last=date(2026, 7, 1))
        ),
    ]
    async with asyncio.timeout(60):
        while provider.waiting < len(tasks):
            await asyncio.sleep(0)
        for _ in range(20):
            world.clock.now += SECOND
            await world.keeper.tick()
            await world.keeper.work()
        await world.pay(wallet, "1")
        await deduct(
            world.site, wallet=wallet.wallet.id, amount_minor=100, reason="x", actor=MANAGER
        )
    provider.answers.set()
    await asyncio.gather(*tasks)
    assert wallet.posted_minor == 17_000
    await is_sound(world)


async def test_a_refused_refund_is_back_in_the_wallet(
    world: World, provider: RefundingProvider
) -> None:
    """Money that does not reach the payer must not be lost between two accounts."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault, provider.refund_code = ChannelFault.REFUSED, "USER_ACCOUNT_ABNORMAL"
    refund = await back(world, order.id, 4000)
    assert (refund.state, refund.fault) == (RefundState.FAILED, "USER_ACCOUNT_ABNORMAL")
    assert (wallet.posted_minor, await of_site(world, REFUNDS)) == (10_000, 0)
    provider.refund_fault = None
    assert (await back(world, order.id)).amount_minor == 10_000
    await is_sound(world)


async def test_a_refund_for_which_there_is_no_money_today_waits(
    world: World, provider: RefundingProvider
) -> None:
    """The merchant's purse at the provider is empty until the evening: nobody has to ask anew."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault, provider.refund_code = ChannelFault.REFUSED, "NOT_ENOUGH"
    refund = await back(world, order.id, 4000)
    assert (refund.state, refund.fault) == (RefundState.HELD, "NOT_ENOUGH")
    provider.refund_fault = None
    await world.tick(MINUTE)
    assert (await find_refund(world.site, refund.id)).state is RefundState.SENT


async def test_a_refusal_after_a_lost_answer_lets_nothing_go_before_it_is_sure(
    world: World, provider: RefundingProvider
) -> None:
    """The first question may have got through: who gives the money back then pays twice."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.answers_lost = True
    refund = await back(world, order.id, 4000)
    provider.answers_lost = False
    seen = provider.refunds.pop(refund.refund_no)  # Still on its way there.
    await world.tick(MINUTE)
    provider.refund_fault, provider.refund_code = ChannelFault.REFUSED, "ERROR"
    await world.tick(MINUTE)
    assert (await find_refund(world.site, refund.id)).state is not RefundState.FAILED
    provider.refund_fault = None
    provider.refunds[refund.refund_no] = seen
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(DAY)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert wallet.posted_minor == 6000
    await is_sound(world)


async def test_a_refund_that_fails_after_it_was_done_comes_back(
    world: World, provider: RefundingProvider
) -> None:
    """Banks refuse weeks later: the provider has the money again, and so has the wallet."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.becomes = RefundOutcome.DONE
    refund = await back(world, order.id, 4000)
    assert refund.state is RefundState.DONE
    seen = provider.end(refund.refund_no, RefundOutcome.FAILED)
    for _ in range(2):
        await world.site.paying.refund_heard("ch1", seen)
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    assert (wallet.posted_minor, await of_site(world, CLEARING)) == (10_000, -10_000)
    await is_sound(world)


async def test_several_refunds_together_are_never_more_than_was_paid(
    world: World, provider: RefundingProvider
) -> None:
    """Two clicks, two browser windows: the payer has paid once."""
    wallet = await world.wallet("500")
    order = await paid_order(world, provider, wallet)
    for _ in range(2):
        await back(world, order.id, 4000)
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await back(world, order.id, 2001)
    assert (await back(world, order.id)).amount_minor == 2000
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await back(world, order.id)
    for minor in (0, -1):
        with pytest.raises(CoreError, match="amount_not_positive"):
            await back(world, order.id, minor)
    assert wallet.posted_minor == 50_000


async def test_what_is_spent_goes_back_to_nobody(world: World, provider: RefundingProvider) -> None:
    """A refund of what was used already would be paid by the other tenants."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=7000, reason="key", actor=MANAGER
    )
    with pytest.raises(CoreError, match="not_enough_money"):
        await back(world, order.id, 4000)
    assert (await back(world, order.id)).amount_minor == 3000
    assert provider.given(order.out_no) == 3000


async def test_a_bonus_goes_back_to_its_promotion_and_returns_with_a_refund_that_failed(
    world: World, provider: RefundingProvider
) -> None:
    """Who gets the cash back must not keep the bonus; who does not get it must not lose the bonus."""
    await promise(world, top_up=10_000, bonus=2000)
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    assert wallet.bonus_minor == 2000
    refund = await back(world, order.id)
    assert (refund.amount_minor, wallet.bonus_minor) == (10_000, 0)
    provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.tick(MINUTE)
    assert (wallet.posted_minor, wallet.bonus_minor) == (10_000, 2000)
    await is_sound(world)
    await world.restart()
    connect(world.site, provider)
    await is_sound(world)


async def test_a_frozen_wallet_refunds_nothing(world: World, provider: RefundingProvider) -> None:
    """A freeze is for finding out whose money it is."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await freeze(world.site, wallet=wallet.wallet.id, reason="dispute", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await back(world, order.id)
    assert provider.refund_asked == []


async def test_a_refund_under_one_reference_is_one(
    world: World, provider: RefundingProvider
) -> None:
    """A request that is sent again after a lost answer must not pay twice."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    first = await back(world, order.id, 1000, reference="r1")
    again = await back(world, order.id, 1000, reference="r1")
    assert again.id == first.id
    with pytest.raises(CoreError):
        await back(world, order.id, 1001, reference="r1")
    found, count = await all_refunds(world.site, order=order.id)
    assert ([one.id for one in found], count) == ([first.id], 1)


async def test_past_the_time_limit_it_goes_to_a_named_account_with_a_second_person(
    world: World, provider: RefundingProvider
) -> None:
    """After a year the provider takes nothing back; one person alone could name an own account."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    world.clock.now += timedelta(days=366)
    with pytest.raises(CoreError, match="refund_too_late"):
        await back(world, order.id, 4000)
    with pytest.raises(CoreError, match="refund_account_incomplete"):
        await back(world, order.id, 4000, account={"holder": "Li Wei"})
    refund = await back(world, order.id, 4000, account=ACCOUNT)
    assert (refund.state, refund.way) == (RefundState.REQUESTED, RefundWay.BANK)
    assert wallet.posted_minor == 10_000
    with pytest.raises(CoreError, match="refund_not_allowed"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.PAID, actor=OTHER)
    with pytest.raises(CoreError, match="refund_same_person"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=MANAGER)
    held = await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=OTHER)
    assert (held.state, wallet.posted_minor) == (RefundState.HELD, 6000)
    assert dict(await account_of(world.site, held)) == ACCOUNT
    await world.restart()
    done = await settle_refund(world.site, refund=refund.id, step=RefundStep.PAID, actor=MANAGER)
    assert (done.state, provider.refund_asked) == (RefundState.DONE, [])
    assert await of_site(world, SiteAccount.BANK) == 4000
    assert await of_site(world, REFUNDS) == 0
    await is_sound(world)


async def test_a_stuck_refund_has_a_way_out_by_two_people(
    world: World, provider: RefundingProvider
) -> None:
    """A payer who closed the card waits for ever, unless somebody pays the money another way."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await back(world, order.id, 4000)
    with pytest.raises(CoreError, match="refund_not_stuck"):
        await settle_refund(
            world.site,
            refund=refund.id,
            step=RefundStep.NAME_ACCOUNT,
            account=ACCOUNT,
            actor=MANAGER,
        )
    assert await world.books.load(Subject) == []
    provider.end(refund.refund_no, RefundOutcome.PENDING, stuck=True)
    await world.tick(MINUTE)
    assert [one.id for one in world.site.settling.stuck] == [refund.id]
    await settle_refund(
        world.site, refund=refund.id, step=RefundStep.NAME_ACCOUNT, account=ACCOUNT, actor=MANAGER
    )
    with pytest.raises(CoreError, match="refund_same_person"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=MANAGER)
    await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=OTHER)
    done = await settle_refund(world.site, refund=refund.id, step=RefundStep.PAID, actor=OTHER)
    assert (done.state, done.way) == (RefundState.DONE, RefundWay.BANK)
    assert await of_site(world, CLEARING) == -10_000
    assert await of_site(world, SiteAccount.BANK) == 4000
    assert world.site.settling.stuck == []
    await is_sound(world)


async def test_a_stuck_refund_that_arrives_after_all_is_done(
    world: World, provider: RefundingProvider
) -> None:
    """The payer gave another card: paid by bank as well, the money would go out twice."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await back(world, order.id, 4000)
    provider.end(refund.refund_no, RefundOutcome.PENDING, stuck=True)
    await world.tick(MINUTE)
    await settle_refund(
        world.site, refund=refund.id, step=RefundStep.NAME_ACCOUNT, account=ACCOUNT, actor=MANAGER
    )
    await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=OTHER)
    seen = provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.site.paying.refund_heard("ch1", seen)
    with pytest.raises(CoreError, match="refund_not_allowed"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.PAID, actor=OTHER)
    assert await of_site(world, CLEARING) == -6000
    assert await of_site(world, SiteAccount.BANK) == 0


async def test_a_refund_that_failed_for_a_closed_wallet_is_held_and_listed(
    world: World, provider: RefundingProvider
) -> None:
    """Who moved out has no wallet any more; the money is still theirs, and somebody must see it."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await back(world, order.id)
    await close_wallet(world.site, wallet=wallet.wallet.id, reason="moved", actor=MANAGER)
    provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.tick(MINUTE)
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    (lost,) = world.site.settling.differences.values()
    assert (lost.refund, lost.suspended_minor) == (refund.id, 10_000)
    assert await of_site(world, SiteAccount.SUSPENSE) == 10_000
    assert world.site.settling.unreconciled_minor == 10_000
    await is_sound(world)


async def test_a_refund_waits_for_a_channel_that_is_gone_where_a_person_sees_it(
    world: World, provider: RefundingProvider
) -> None:
    """A channel that was taken down has debts of its own; nobody can be asked about them."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault = ChannelFault.UNREACHABLE
    refund = await back(world, order.id, 4000)
    run = world.site.paying.channels.pop("ch1")
    await world.tick(HOUR)
    assert [one.fault for one in world.site.settling.stuck] == ["channel_gone"]
    world.site.paying.channels["ch1"] = run
    provider.refund_fault = None
    await world.tick(DAY)
    known = await find_refund(world.site, refund.id)
    assert (known.state, known.stuck) == (RefundState.SENT, False)


async def test_a_refund_nobody_heard_of_can_be_taken_back_by_hand(
    world: World, provider: RefundingProvider
) -> None:
    """The tenant stays after all; what may be on its way already is not given to the wallet as well."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault = ChannelFault.UNREACHABLE
    refund = await back(world, order.id, 4000)
    after = await settle_refund(
        world.site, refund=refund.id, step=RefundStep.TAKE_BACK, actor=MANAGER, reason="stays"
    )
    assert (after.state, wallet.posted_minor) == (RefundState.FAILED, 10_000)
    provider.refund_fault = ChannelFault.UNKNOWN
    refund = await back(world, order.id, 4000)
    with pytest.raises(CoreError, match="refund_on_its_way"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.TAKE_BACK, actor=MANAGER)


async def test_an_answer_about_another_amount_is_no_answer(
    world: World, provider: RefundingProvider
) -> None:
    """A provider that mixes two refunds up must not end ours."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await back(world, order.id, 4000)
    seen = provider.end(refund.refund_no, RefundOutcome.DONE)
    wrong = replace(seen, amount_minor=1)
    await world.site.paying.refund_heard("ch1", wrong)
    await world.site.paying.refund_heard("ch2", seen)
    assert (await find_refund(world.site, refund.id)).state is RefundState.SENT


async def test_money_of_another_channel_is_no_part_of_an_orders_refund(
    world: World, provider: RefundingProvider
) -> None:
    """Cash that was paid in at the desk does not go out over the provider."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await top_up(world.site, wallet=wallet.wallet.id, amount_minor=90_000, actor=MANAGER)
    world.clock.now += SECOND
    assert (await back(world, order.id)).amount_minor == 10_000


async def test_a_stays_money_goes_back_and_is_paid_again_where_it_could_not(
    make_world: MakeWorld,
) -> None:
    """Charged for the wrong car: the driver gets it back; a refund that fails leaves the stay paid."""
    world = await make_world(tariffs=(CITY,))
    provider = RefundingProvider()
    connect(world.site, provider)
    stay = await arrive(world)
    world.clock.now += HOUR
    order = await create_order(
        world.site, aim=Aim(kind=AimKind.STAY, id=stay.id), channel="ch1", actor=MANAGER
    )
    provider.pay(order.out_no, order.amount_minor, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    await look(world.site, order.id)
    revenue = await of_site(world, SiteAccount.REVENUE_PARKING)
    assert revenue == order.amount_minor == now(world, stay).paid_minor
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await back(world, order.id, order.amount_minor + 1)
    refund = await back(world, order.id)
    assert now(world, stay).refunded_minor == order.amount_minor
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 0
    provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.tick(MINUTE)
    assert now(world, stay).refunded_minor == 0
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == revenue
    again = await back(world, order.id)
    provider.end(again.refund_no, RefundOutcome.DONE)
    await world.tick(MINUTE)
    assert await of_site(world, CLEARING) == 0
    day = await close_day(world.site, world.clock.now.date())
    assert day["total"]["refunded"] == world.text(order.amount_minor)  # type: ignore[index]  # a line
    await is_sound(world)


async def test_a_refund_that_a_rule_is_for_waits_for_another_person_and_goes_once(
    world: World, provider: RefundingProvider
) -> None:
    """A stolen login pays in with a stolen card and asks for the money back at once."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await set_risk_rule(
        world.site,
        rule=RiskKind.REFUND_LARGE,
        changes={"most": 1000, "shadow": False, "action": RiskAction.REVIEW},
        actor=MANAGER,
    )
    with pytest.raises(CoreError) as caught:
        await back(world, order.id, 4000)
    assert (provider.refund_asked, wallet.posted_minor) == ([], 10_000)
    operation = caught.value.placeholders["operation"]
    for _ in range(2):
        done = await confirm_operation(world.site, KINDS, operation=operation, actor=OTHER)
        assert done.state is HeldState.DONE
    assert (provider.given(order.out_no), wallet.posted_minor) == (4000, 6000)
    assert len(provider.refund_asked) == 1
