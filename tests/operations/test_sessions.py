"""Uses that run: by the clock, a running machine or a counter; what nobody saw is not guessed."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import Bucket, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceFault
from custom_components.prepaid_parking.core.use import UseDoubt, UseEnd, UseState
from custom_components.prepaid_parking.core.use_point import Basis, Outage, PointKind
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import close_wallet, deduct
from custom_components.prepaid_parking.operations.sessions import find_use
from tests.operations.shop import HOURLY, WASHER, Shop
from tests.operations.world import HOUR, MANAGER, MINUTE, SECOND, World

PER_KM = {
    "tariff": "per_km",
    "kind": "duration",
    "quantity": "energy",
    "duration": {"price": "1", "per": "1", "counting": "exact"},
}


@pytest.fixture
async def shop(world: World) -> Shop:
    """A shop that sells by the hour and by the kilowatt-hour."""
    shop = Shop(world)
    await shop.open(HOURLY, PER_KM)
    return shop


async def metered(shop: Shop, **fields: Any) -> None:
    """Set the washer up as a metered point."""
    told: dict[str, Any] = {"tariff": "hourly", "switch": WASHER} | fields
    await shop.point(PointKind.METERED, **told)


async def test_half_an_hour_is_settled_from_the_deposit_and_the_rest_released(shop: Shop) -> None:
    """Who rents for half an hour pays 3.00 of the 20.00 they put down, and has the rest back."""
    await metered(shop, deposit_minor=2_000)
    run = await shop.customer("50")
    began = await shop.start(run)
    assert began.use.state is UseState.RUNNING
    assert shop.things.told == [(WASHER, True)]
    assert await shop.books(run) == (3_000, 2_000, 0)
    await shop.world.wait(HOUR / 2, 10 * MINUTE)
    done = await shop.end(began.use.id)
    assert (done.use.end, done.use.amount_minor) == (UseEnd.BY_HAND, 300)
    assert await shop.books(run) == (4_700, 0, 300)
    await shop.world.work()
    assert shop.things.on[WASHER] is False
    assert (await find_use(shop.world.site, began.use.id)).state is UseState.ENDED
    again = await shop.end(began.use.id)
    assert (again.repeated, again.use.amount_minor) == (True, 300)
    assert shop.told() == [("started", ""), ("ended", "by_hand")]
    (entry,) = await shop.world.books.entries(kinds=(EntryKind.SESSION_ENDED,))
    assert (entry.detail["deposit"], entry.detail["released"]) == (300, 1_700)


async def test_what_a_use_has_cost_is_spoken_for(shop: Shop) -> None:
    """Nobody refunds themselves the money of a machine that is running."""
    await metered(shop)
    run = await shop.customer("10")
    began = await shop.start(run)
    await shop.world.tick(HOUR)
    assert run.available_minor == 400
    with pytest.raises(CoreError, match="not_enough_money"):
        await deduct(
            shop.world.site, wallet=run.wallet.id, amount_minor=401, reason="x", actor=MANAGER
        )
    await shop.end(began.use.id)
    assert (run.available_minor, run.unposted_minor) == (400, 0)


async def test_it_ends_by_itself_when_the_money_is_used_up(shop: Shop) -> None:
    """The machine stops at the last cent, warned five minutes before, and nobody owes anything."""
    await metered(shop, deposit_minor=100)
    run = await shop.customer("2")
    began = await shop.start(run)
    await shop.world.wait(15 * MINUTE, SECOND * 5)
    assert shop.told() == [("started", "")]
    await shop.world.wait(2 * MINUTE, SECOND)
    assert shop.told()[-1] == ("low", "money")
    await shop.world.pay(run, "1")
    await shop.world.tick()
    await shop.world.wait(20 * MINUTE, SECOND)
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.amount_minor, use.state) == (UseEnd.MONEY_UP, 300, UseState.ENDED)
    assert await shop.books(run) == (0, 0, 300)
    assert shop.things.told == [(WASHER, True), (WASHER, False)]


async def test_it_ends_at_its_longest_and_at_its_dearest(shop: Shop) -> None:
    """A boat that was forgotten costs no fortune."""
    run = await shop.customer("500")
    await metered(shop, minutes=60)
    began = await shop.start(run)
    await shop.world.wait(HOUR + SECOND, MINUTE / 6)
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.amount_minor) == (UseEnd.TIME_UP, 600)
    began = await shop.start(run, most_minor=250)
    await shop.world.wait(HOUR, SECOND * 20)
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.amount_minor) == (UseEnd.MONEY_UP, 250)


async def test_without_money_nothing_begins(shop: Shop) -> None:
    """A refusal at the start is kinder than a machine that stops after a second."""
    run = await shop.customer("")
    await metered(shop)
    with pytest.raises(CoreError, match="not_enough_money"):
        await shop.start(run)
    await metered(shop, deposit_minor=500)
    await shop.world.pay(run, "4.99")
    with pytest.raises(CoreError, match="not_enough_money"):
        await shop.start(run)
    assert await shop.books(run) == (499, 0, 0)
    assert shop.things.told == []


async def test_a_switch_that_does_not_switch_costs_nothing(shop: Shop) -> None:
    """Who stands before a dead machine has their deposit back at once."""
    await metered(shop, deposit_minor=1_000)
    run = await shop.customer("10")
    shop.things.refuses = DeviceFault.OFFLINE
    began = await shop.start(run)
    assert began.use.end is UseEnd.NOT_STARTED
    assert await shop.books(run) == (1_000, 0, 0)
    assert shop.told() == [("refunded", "not_started")]


async def test_running_time_counts_while_the_switch_is_on(shop: Shop) -> None:
    """The pump is paid for the ninety minutes it ran, not for the two hours it was let."""
    shop.things.on["switch.pump"] = False
    await metered(shop, basis=Basis.RUNTIME, switch="switch.pump")
    run = await shop.customer("50")
    began = await shop.start(run)
    await shop.world.wait(90 * MINUTE, MINUTE)
    await shop.world.tick(0 * SECOND)
    shop.things.on["switch.pump"] = None  # the radio is gone for half an hour
    await shop.world.wait(30 * MINUTE, MINUTE)
    shop.things.set("switch.pump", False)
    await shop.world.work()
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.amount_minor) == (UseEnd.SWITCHED_OFF, 900)


async def test_a_counter_of_any_entity_is_the_price(shop: Shop) -> None:
    """The charger's own counter says 7.5 kWh: 7.50, however long it took."""
    shop.things.counts["sensor.charger"] = Decimal(100)
    await metered(shop, tariff="per_km", basis=Basis.COUNTER, counter="sensor.charger")
    run = await shop.customer("50")
    began = await shop.start(run)
    shop.things.counts["sensor.charger"] = Decimal("107.5")
    await shop.world.tick(HOUR)
    assert run.available_minor == 5_000 - 750
    done = await shop.end(began.use.id)
    assert done.use.amount_minor == 750


@pytest.mark.parametrize(
    ("shown", "doubt"), [(None, UseDoubt.SILENT), (Decimal(3), UseDoubt.BACKWARDS)]
)
async def test_a_counter_that_is_not_believed_waits_for_a_person(
    shop: Shop, shown: Decimal | None, doubt: UseDoubt
) -> None:
    """Nobody is charged for what a broken sensor makes up, and nobody rides for free."""
    shop.things.counts["sensor.bike"] = Decimal(100)
    await metered(shop, tariff="per_km", basis=Basis.COUNTER, counter="sensor.bike", switch="")
    run = await shop.customer("50")
    began = await shop.start(run)
    shop.things.counts["sensor.bike"] = Decimal(104)
    await shop.world.tick()
    shop.things.counts["sensor.bike"] = shown
    await shop.world.wait(2 * MINUTE, SECOND * 10)
    assert shop.told()[-1] == ("doubted", doubt)
    with pytest.raises(CoreError, match="use_in_doubt"):
        await shop.end(began.use.id)
    await shop.restart()
    with pytest.raises(CoreError, match="use_in_doubt"):
        await shop.end(began.use.id)
    done = await shop.end(began.use.id, counted=9 * 10**6)
    assert done.use.amount_minor == 900


async def test_a_counter_that_was_away_for_a_while_goes_on(shop: Shop) -> None:
    """A sensor whose battery was changed has counted on: that is no matter for a person."""
    shop.things.counts["sensor.bike"] = Decimal(100)
    await metered(shop, tariff="per_km", basis=Basis.COUNTER, counter="sensor.bike", switch="")
    began = await shop.start(await shop.customer("50"))
    shop.things.counts["sensor.bike"] = None
    await shop.world.wait(2 * MINUTE, SECOND * 10)
    shop.things.counts["sensor.bike"] = Decimal(110)
    await shop.world.tick()
    done = await shop.end(began.use.id)
    assert done.use.amount_minor == 1_000


@pytest.mark.parametrize(("outage", "amount"), [(Outage.CHARGE, 600), (Outage.FREE, 300)])
async def test_time_without_the_hub_is_charged_by_rule(
    shop: Shop, outage: Outage, amount: int
) -> None:
    """Half an hour of the hour the hub was dead: the rule says whose loss that is."""
    await metered(shop, outage=outage)
    run = await shop.customer("50")
    began = await shop.start(run)
    await shop.world.wait(HOUR / 2, MINUTE / 2)
    await shop.world.tick(0 * SECOND)
    shop.world.clock.now += HOUR / 2
    await shop.restart()
    done = await shop.end(began.use.id)
    assert done.use.amount_minor == amount


async def test_a_machine_found_off_after_the_hub_was_down_ran_no_longer_than_anybody_saw(
    shop: Shop,
) -> None:
    """A power cut stopped both: the customer pays up to the last look."""
    await metered(shop)
    run = await shop.customer("50")
    began = await shop.start(run)
    await shop.world.wait(HOUR / 2, MINUTE / 2)
    await shop.world.tick(0 * SECOND)
    shop.world.clock.now += HOUR
    shop.things.on[WASHER] = False
    await shop.restart()
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.amount_minor) == (UseEnd.SWITCHED_OFF, 300)
    assert run.wallet.id in shop.world.site.wallets


async def test_what_was_to_be_off_is_told_so_first_after_a_restart(shop: Shop) -> None:
    """The hub died with the heater on and the money used up: nothing is more urgent."""
    await metered(shop)
    run = await shop.customer("1")
    began = await shop.start(run)
    shop.things.moves = False
    await shop.world.wait(11 * MINUTE, SECOND * 5)
    assert (await find_use(shop.world.site, began.use.id)).state is UseState.ENDING
    assert shop.things.told.count((WASHER, False)) > 2
    shop.things.moves = True
    shop.things.told.clear()
    await shop.restart()
    assert shop.things.told == [(WASHER, False)]
    assert (await find_use(shop.world.site, began.use.id)).state is UseState.ENDED
    assert (await shop.books(shop.world.wallet_now(run)))[0] == 0


async def test_killed_between_its_start_and_its_switch_it_is_paid_back(shop: Shop) -> None:
    """Nobody knows whether it went on: it is told to be off, and the deposit is the customer's."""
    await metered(shop, deposit_minor=500)
    run = await shop.customer("5")
    shop.things.moves = False
    began = await shop.start(run)
    assert began.use.state is UseState.STARTING
    await shop.restart()
    await shop.world.wait(MINUTE, SECOND)
    use = await find_use(shop.world.site, began.use.id)
    assert (use.end, use.state) == (UseEnd.NOT_STARTED, UseState.ENDED)
    assert await shop.books(run) == (500, 0, 0)


async def test_what_a_bicycle_cost_beyond_the_money_is_owed(shop: Shop) -> None:
    """It has no switch: it was away all night, and the rider owes the rest as a service, not as rent."""
    await metered(shop, switch="", deposit_minor=500)
    run = await shop.customer("10")
    await shop.start(run)
    shop.world.clock.now += 3 * HOUR
    await shop.restart()
    await shop.world.tick()
    balances = await shop.world.books.balances()
    assert balances[wallet_account(run.wallet.no, Bucket.DEBT_SERVICE)] == -800
    assert (await shop.books(run))[::2] == (0, 1_800)


async def test_one_at_a_time(shop: Shop) -> None:
    """Two who pay for one machine would both be right."""
    await metered(shop)
    first, second = await shop.customer("10"), await shop.customer("10", "t2")
    began = await shop.start(first, reference="a")
    assert (await shop.start(first, reference="a")).use.id == began.use.id
    with pytest.raises(CoreError, match="point_busy"):
        await shop.start(second)
    await shop.end(began.use.id)
    await shop.world.work()
    assert (await shop.start(first, reference="a")).use.end is UseEnd.BY_HAND
    assert not (await shop.start(second)).repeated


async def test_a_wallet_that_pays_for_a_running_use_is_not_closed(shop: Shop) -> None:
    """The bicycle is still away: its rider settles that first."""
    await metered(shop)
    run = await shop.customer("10")
    began = await shop.start(run)
    with pytest.raises(CoreError, match="wallet_in_use"):
        await close_wallet(shop.world.site, wallet=run.wallet.id, actor=MANAGER)
    await shop.end(began.use.id)
    await shop.world.work()
    await close_wallet(shop.world.site, wallet=run.wallet.id, actor=MANAGER)


async def test_light_money_starts_no_washer(shop: Shop) -> None:
    """Money stays with its purpose."""
    await metered(shop)
    run = await shop.customer("10", purpose=Purpose.PARKING)
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await shop.start(run)
