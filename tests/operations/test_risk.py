"""Risk: what is asked for is judged by the books, what has arrived is not, and shadow changes nothing."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, OrderId
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.risk import RiskAction, RiskEvent, RiskKind
from custom_components.prepaid_parking.core.supply import SupplyState
from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations import risk, risk_signs
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.booking import frozen_now
from custom_components.prepaid_parking.operations.cashier import freeze, refund, top_up
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.operations.pay_book import Asking as OrderAsking
from custom_components.prepaid_parking.operations.risk_facts import RiskFact
from custom_components.prepaid_parking.operations.risk_rules import (
    forget_risks,
    set_risk_rule,
)
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.tills import open_shift, set_till
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.park import Park
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World

OTHER = Actor(kind=ActorKind.USER, id="other")
NOBODY = Actor(kind=ActorKind.SYSTEM)
OFF = {kind: {"on": False} for kind in RiskKind}


async def only(world: World, kind: RiskKind, **changes: object) -> None:
    """Let one rule be in force, in earnest unless said otherwise."""
    for other in RiskKind:
        wanted = {"shadow": False} | changes if other is kind else {"on": False}
        await set_risk_rule(world.site, rule=other, changes=wanted, actor=MANAGER)


def struck(world: World) -> list[RiskEvent]:
    """What rules said, in order."""
    return [fact.event for fact in world.facts if isinstance(fact, RiskFact)]


async def give_back(world: World, wallet: WalletRun, minor: int, **fields: object) -> None:
    """Pay money out."""
    told = {"reason": "moves out", "actor": MANAGER} | fields
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=minor, **told)  # type: ignore[arg-type]


async def put_in(world: World, wallet: WalletRun, minor: int, **fields: object) -> None:
    """Take money in at the desk."""
    told = {"actor": MANAGER} | fields
    await top_up(world.site, wallet=wallet.wallet.id, amount_minor=minor, **told)  # type: ignore[arg-type]


def order(world: World, wallet: WalletRun, number: int, minor: int) -> PayOrder:
    """An order for a wallet, as it is before it is written down."""
    return PayOrder(
        id=OrderId(f"po{number}"),
        no=number,
        out_no=f"P{number}",
        channel="ch1",
        kind=Channel.WECHAT,
        aim=Aim(kind=AimKind.WALLET, id=wallet.wallet.id),
        amount_minor=minor,
        state=OrderState.CREATED,
        created_at=world.clock(),
        expires_at=world.clock() + 10 * MINUTE,
    )


def asking(
    world: World, wallet: WalletRun, number: int, minor: int, address: str = ""
) -> OrderAsking:
    """The asking for an order."""
    wanted = order(world, wallet, number, minor)
    return OrderAsking(order=wanted, actor=MANAGER, payer_ip=address)


async def test_a_site_that_sets_nothing_takes_and_pays_as_before(world: World) -> None:
    """Rules in shadow are seen, and stop nobody."""
    wallet = await world.wallet()
    await put_in(world, wallet, 2_500_000)
    await give_back(world, wallet, 2_500_000)
    assert wallet.posted_minor == 0
    said = {event.rule for event in struck(world)}
    assert {RiskKind.TOP_UP_SINGLE, RiskKind.TOP_UP_DAY, RiskKind.REFUND_LARGE} <= said
    assert all(event.shadow for event in struck(world))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 3000), st.booleans()), min_size=1, max_size=12
    ),
    st.integers(0, 6000),
)
async def test_a_day_takes_no_more_than_its_limit_through_any_sequence_and_restarts(
    make_world: MakeWorld, steps: list[tuple[int, int, bool]], most: int
) -> None:
    """Who splits a large sum into small ones, or waits for a restart, gets no more of it through."""
    world = await make_world()
    await only(world, RiskKind.TOP_UP_DAY, most=most, action=RiskAction.REFUSE)
    name = (await world.wallet()).wallet.id
    came = list[tuple[datetime, int]]()
    for hours, minor, restarts in steps:
        world.clock.now += hours * HOUR
        if restarts:
            await world.restart()
        now = world.clock()
        inside = sum(one for at, one in came if at >= now - DAY)
        if inside + minor > most:
            with pytest.raises(CoreError, match="risk_refused"):
                await put_in(world, world.site.wallet(name), minor)
            continue
        await put_in(world, world.site.wallet(name), minor)
        came.append((now, minor))
    assert world.site.wallet(name).posted_minor == sum(one for _, one in came)
    await world.close()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400_000)), max_size=12))
async def test_shadow_changes_nothing(make_world: MakeWorld, steps: list[tuple[bool, int]]) -> None:
    """What a rule in shadow says must be all that it does: the same answers, the same money."""
    worlds = [await make_world(), await make_world()]
    for kind in RiskKind:
        await set_risk_rule(worlds[0].site, rule=kind, changes=OFF[kind], actor=MANAGER)
        await set_risk_rule(worlds[1].site, rule=kind, changes={"shadow": True}, actor=MANAGER)
    seen = list[list[object]]()
    for world in worlds:
        wallet, answers = await world.wallet(), list[object]()
        for comes_in, minor in steps:
            try:
                await (put_in if comes_in else give_back)(world, wallet, minor)
            except CoreError as err:
                answers.append(str(err))
            answers.append(wallet.posted_minor)
        answers.append(wallet.wallet.frozen_at)
        answers.append(world.site.risking.held)
        seen.append(answers)
        await world.work()
        await world.close()
    assert seen[0] == seen[1]


async def test_a_repeated_top_up_is_answered_and_not_judged_again(world: World) -> None:
    """A till that lost the answer asks again: it must hear that the money is booked."""
    wallet = await world.wallet()
    await only(world, RiskKind.TOP_UP_DAY, most=5000, action=RiskAction.REFUSE)
    await put_in(world, wallet, 5000, reference="t1")
    await put_in(world, wallet, 5000, reference="t1")
    assert wallet.posted_minor == 5000
    assert struck(world) == []
    with pytest.raises(CoreError, match="risk_refused"):
        await put_in(world, wallet, 1, reference="t2")


async def test_what_was_taken_back_counts_no_more(world: World) -> None:
    """A slip that was put right must not use up the day of the one who topped up."""
    wallet = await world.wallet()
    await only(world, RiskKind.TOP_UP_DAY, most=5000, action=RiskAction.REFUSE)
    receipt = await world.pay(wallet, "50")
    await reverse_entry(world.site, entry=receipt.entry, reason="slip", actor=MANAGER)
    await put_in(world, wallet, 5000)
    assert wallet.posted_minor == 5000


async def test_a_large_sum_by_a_new_channel_needs_a_code_and_by_a_known_one_not(
    world: World,
) -> None:
    """A stolen card tops up large at once; who has always paid so is not bothered."""
    wallet = await world.wallet()
    await only(world, RiskKind.NEW_CHANNEL, most=5000, action=RiskAction.CHALLENGE)
    with pytest.raises(CoreError, match="challenge_required"):
        await put_in(world, wallet, 5001, channel=Channel.TERMINAL)
    await put_in(world, wallet, 5000, channel=Channel.TERMINAL)
    await put_in(world, wallet, 5001, channel=Channel.TERMINAL)
    with pytest.raises(CoreError, match="challenge_required"):
        await put_in(world, wallet, 5001, channel=Channel.TRANSFER)
    assert wallet.posted_minor == 10_001


async def test_what_just_came_in_goes_out_by_a_second_person_and_the_way_it_came(
    world: World,
) -> None:
    """Money is washed by paying in with a card and taking out cash."""
    wallet = await world.wallet()
    await only(world, RiskKind.REFUND_AFTER_TOP_UP)
    await put_in(world, wallet, 5000, channel=Channel.TERMINAL)
    with pytest.raises(CoreError, match="risk_other_channel"):
        await give_back(world, wallet, 1000, channel=Channel.CASH)
    with pytest.raises(CoreError, match="review_required"):
        await give_back(world, wallet, 1000, channel=Channel.TERMINAL)
    world.clock.now += DAY + SECOND
    await give_back(world, wallet, 1000, channel=Channel.CASH)
    assert wallet.posted_minor == 4000


async def test_refunds_wait_a_week_after_a_first_large_payment(world: World) -> None:
    """A card that was stolen is missed within days; until then a second person looks."""
    wallet = await world.wallet()
    await only(world, RiskKind.FIRST_PAYER, most=5000)
    await put_in(world, wallet, 6000, channel=Channel.TERMINAL)
    world.clock.now += 6 * DAY
    with pytest.raises(CoreError, match="review_required"):
        await give_back(world, wallet, 100)
    world.clock.now += DAY + SECOND
    await give_back(world, wallet, 100)
    await put_in(world, wallet, 6000, channel=Channel.TERMINAL)
    await give_back(world, wallet, 100)


async def test_large_cash_needs_a_second_person_and_a_shift_adds_up(world: World) -> None:
    """A cashier who is pressed to take a bag of notes, or many small ones, is not left alone with it."""
    wallet = await world.wallet()
    await only(world, RiskKind.CASH_SINGLE, most=5000)
    await put_in(world, wallet, 5000)
    with pytest.raises(CoreError, match="review_required"):
        await put_in(world, wallet, 5001)
    await put_in(world, wallet, 5001, channel=Channel.TRANSFER)
    await only(world, RiskKind.CASH_SHIFT, most=5000, on=True)
    _, till = await set_till(world.site, changes={"name": "Front"}, actor=MANAGER)
    await open_shift(world.site, till=till.id, counted_minor=0, actor=MANAGER)
    await put_in(world, wallet, 3000)
    with pytest.raises(CoreError, match="review_required"):
        await put_in(world, wallet, 2001)
    await put_in(world, wallet, 2000)


async def test_many_orders_at_once_get_no_more_through_than_one_by_one(world: World) -> None:
    """A script that asks a hundred times in one instant must not slip between two looks."""
    wallet = await world.wallet()
    await only(world, RiskKind.ORDERS_OF_SITE, most=10)
    asked = (risk.judge_order(world.site, asking(world, wallet, no, 100)) for no in range(40))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(one is None for one in answers) == 10
    world.clock.now += HOUR
    await risk.judge_order(world.site, asking(world, wallet, 99, 100))


async def test_what_orders_ask_for_counts_before_it_is_paid(world: World) -> None:
    """Ten orders side by side, each below the day's limit, must not come to ten times the limit."""
    wallet = await world.wallet()
    await only(world, RiskKind.TOP_UP_DAY, most=5000)
    first = order(world, wallet, 1, 3000)
    asked = (risk.judge_order(world.site, asking(world, wallet, no, 3000)) for no in (1, 2, 3))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(one is None for one in answers) == 1
    world.site.paying.hold(first)
    with pytest.raises(CoreError, match="risk_refused"):
        await risk.judge_order(world.site, asking(world, wallet, 4, 3000))
    world.site.paying.hold(replace(first, state=OrderState.EXPIRED))
    world.clock.now += 2 * MINUTE
    await risk.judge_order(world.site, asking(world, wallet, 5, 3000))


async def test_a_visit_and_a_network_ask_so_often_and_no_more(world: World) -> None:
    """One phone that asks all day must not keep the others from paying."""
    wallet = await world.wallet()
    await only(world, RiskKind.ORDERS_OF_VISIT, most=3)
    for orders in range(3):
        await risk.judge_visit(world.site, orders)
    with pytest.raises(CoreError, match="risk_refused"):
        await risk.judge_visit(world.site, 3)
    await only(world, RiskKind.ORDERS_OF_NETWORK, most=4, on=True)
    for number in range(4):
        wanted = asking(world, wallet, number, 1, f"203.0.113.{number}")
        await risk.judge_order(world.site, wanted)
    with pytest.raises(CoreError, match="risk_refused"):
        await risk.judge_order(world.site, asking(world, wallet, 5, 1, "203.0.113.77"))
    await risk.judge_order(world.site, asking(world, wallet, 6, 1, "198.51.100.1"))
    await risk.judge_order(world.site, asking(world, wallet, 7, 1))
    (event,) = [one for one in struck(world) if one.rule is RiskKind.ORDERS_OF_NETWORK]
    assert event.network
    assert "203" not in event.network


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "192.168.1.5", "?"]
)
async def test_who_comes_by_the_hubs_own_way_to_the_outside_is_not_all_who_come_by_it(
    world: World, address: str
) -> None:
    """Fifty tenants pay through the cloud's tunnel; the thirty-first of them must not be refused."""
    wallet = await world.wallet()
    world.site.paying.own_addresses = frozenset({"192.168.1.5"})
    await only(world, RiskKind.ORDERS_OF_NETWORK, most=2)
    for number in range(5):
        await risk.judge_order(world.site, asking(world, wallet, number, 1, address))
    for number in range(2):
        await risk.judge_order(world.site, asking(world, wallet, 10 + number, 1, "192.168.1.6"))
    with pytest.raises(CoreError, match="risk_refused"):
        await risk.judge_order(world.site, asking(world, wallet, 12, 1, "192.168.1.7"))
    # What a site as a whole asks for is limited all the same.
    await only(world, RiskKind.ORDERS_OF_SITE, most=2, on=True)
    world.clock.now += 2 * HOUR
    for number in range(2):
        await risk.judge_order(world.site, asking(world, wallet, 20 + number, 1, address))
    with pytest.raises(CoreError, match="risk_refused"):
        await risk.judge_order(world.site, asking(world, wallet, 22, 1, address))


async def test_a_flood_is_told_once_and_again_when_it_goes_on(world: World) -> None:
    """Whoever looks wants to know that it lasts, not to have the disk filled."""
    await only(world, RiskKind.ORDERS_OF_VISIT, most=0)
    for _ in range(50):
        with pytest.raises(CoreError):
            await risk.judge_visit(world.site, 0)
    assert len(struck(world)) == 1
    world.clock.now += MINUTE
    with pytest.raises(CoreError):
        await risk.judge_visit(world.site, 0)
    assert len(struck(world)) == 2


async def test_after_five_refused_payments_a_wallet_waits_also_over_a_restart(
    world: World,
) -> None:
    """Cards are tried out by many small failures; who pays by hand is still served."""
    wallet = await world.wallet()
    await only(world, RiskKind.FAILED_PAYMENTS)
    name = wallet.wallet.id
    for _ in range(4):
        await risk_signs.failed_payment(world.site, name)
    await risk.judge_order(world.site, asking(world, wallet, 1, 100))
    await risk_signs.failed_payment(world.site, name)
    await world.restart()
    wallet = world.site.wallet(name)
    with pytest.raises(CoreError, match="risk_cool_down") as told:
        await risk.judge_order(world.site, asking(world, wallet, 2, 100))
    again = (world.clock.now + 30 * MINUTE).astimezone(world.site.zone)
    assert told.value.placeholders["until"] == f"{again:%Y-%m-%d %H:%M}"
    await put_in(world, wallet, 100)
    world.clock.now += 30 * MINUTE
    await risk.judge_order(world.site, asking(world, wallet, 3, 100))
    await forget_risks(world.site, world.clock())
    assert world.site.risking.holds == {}
    assert await world.books.load(RiskEvent)


async def test_five_forged_messages_in_a_minute_make_a_channel_be_asked_itself(
    world: World,
) -> None:
    """An attacker who sends forgeries must neither be believed nor keep good payments out."""
    for _ in range(4):
        assert not await risk_signs.forged_notice(world.site, "ch1")
        world.clock.now += 10 * SECOND
    assert await risk_signs.forged_notice(world.site, "ch1")
    assert risk_signs.under_attack(world.site, "ch1")
    assert not risk_signs.under_attack(world.site, "ch2")
    (event,) = struck(world)
    assert (event.rule, event.channel, event.count, event.wallet) == (
        RiskKind.FORGED_NOTICES,
        "ch1",
        5,
        "",
    )
    world.clock.now += 10 * MINUTE
    assert not risk_signs.under_attack(world.site, "ch1")


async def test_slow_forgeries_make_no_attack(world: World) -> None:
    """A probe every quarter of a minute is a provider's test, not an attack."""
    for _ in range(20):
        assert not await risk_signs.forged_notice(world.site, "ch1")
        world.clock.now += 15 * SECOND


async def test_a_chargeback_shuts_the_way_out_and_leaves_the_way_in_and_the_supply(
    world: World,
) -> None:
    """A bank took money back: nothing goes out, but who pays is served and keeps the light on."""
    wallet = await world.wallet()
    meter = await world.meter(wallet, relay=True)
    await world.pay(wallet, "50")
    await risk_signs.charged_back(
        world.site, wallet=wallet.wallet.id, amount_minor=5000, channel="stripe"
    )
    assert frozen_now(wallet.wallet, world.clock()) is Frozen.OUT
    assert wallet.wallet.frozen_reason == "risk: chargeback"
    with pytest.raises(CoreError, match="wallet_frozen"):
        await give_back(world, wallet, 100)
    await world.pay(wallet, "10")
    await world.read(meter.meter.id, used=0)
    await world.tick(HOUR)
    assert world.relays[meter.meter.id].on
    assert meter.supply.state is SupplyState.ON
    assert wallet.posted_minor == 6000


async def test_a_car_whose_wallet_a_rule_has_frozen_pays_at_the_desk_and_leaves(
    world: World,
) -> None:
    """A rule about money must not keep a car in: the wallet pays nothing, whoever drives may."""
    park = await Park.open(world)
    wallet = await park.customer("100")
    assert (await park.come()).kind is PassageKind.ADMITTED
    await risk_signs.charged_back(
        world.site, wallet=wallet.wallet.id, amount_minor=100_00, channel="stripe"
    )
    refused = await park.go()
    assert (refused.kind, park.out.pulses) == (PassageKind.REFUSED, 0)
    (stay,) = await park.stays()
    await pay_stay(world.site, which=Which(stay=stay.id), channel=Channel.CASH, actor=MANAGER)
    await world.work()
    assert (park.out.pulses, wallet.posted_minor) == (1, 100_00)


@pytest.mark.parametrize(
    ("before", "until", "after"),
    [
        (Frozen.OUT, None, (Frozen.OUT, None)),
        (Frozen.IN, None, (Frozen.BOTH, None)),
        (Frozen.OUT, 90 * DAY, (Frozen.OUT, None)),
    ],
)
async def test_a_rule_opens_nothing_that_a_person_has_shut(
    world: World,
    before: Frozen,
    until: timedelta | None,
    after: tuple[Frozen, object],
) -> None:
    """What the manager shut for good must not be open again because a rule had something to say."""
    wallet = await world.wallet()
    ends = None if until is None else world.clock() + until
    await freeze(
        world.site, wallet=wallet.wallet.id, reason="bank", actor=MANAGER, way=before, until=ends
    )
    await risk_signs.charged_back(
        world.site, wallet=wallet.wallet.id, amount_minor=1, channel="stripe"
    )
    assert (wallet.wallet.frozen_way, wallet.wallet.frozen_until) == after


async def test_rules_are_versions_that_come_back(world: World) -> None:
    """What was decided by a rule last month is explained by the rule of last month."""
    await set_risk_rule(
        world.site, rule=RiskKind.TOP_UP_DAY, changes={"most": 1}, actor=MANAGER, reason="try"
    )
    await set_risk_rule(
        world.site, rule=RiskKind.TOP_UP_DAY, changes={"shadow": False}, actor=MANAGER
    )
    await world.restart()
    versions = world.site.risking.rules[RiskKind.TOP_UP_DAY]
    assert [(one.version, one.most, one.shadow) for one in versions] == [
        (1, 1, True),
        (2, 1, False),
    ]
    with pytest.raises(CoreError, match="unknown_field"):
        await set_risk_rule(
            world.site, rule=RiskKind.TOP_UP_DAY, changes={"limit": 1}, actor=MANAGER
        )
