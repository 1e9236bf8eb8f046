"""Rent and fees: one bill a period, whatever the hub slept through, and nobody's light goes out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import Bill, BillingRules, BillState, DunningStep
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.extent import By
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.recurring import Fixed
from custom_components.prepaid_parking.core.recurring_charge import RecurringCharge
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations import billing, recurring
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.bills import set_billing, void_bill
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.months import close_month
from custom_components.prepaid_parking.operations.setting_recurring import set_recurring
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_bills import agrees
from tests.operations.test_shares import unit
from tests.operations.world import DAY, MANAGER, World

START: Final = datetime(2026, 1, 1, 9, tzinfo=UTC)
RENT: Final = Fixed(price_micro=3_000_000_000, every=Every.MONTH, day=5)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


async def rented(
    world: World, wallet: WalletRun, fixed: Fixed | None = RENT, **changes: Any
) -> RecurringCharge:
    """Let a wallet pay a rent."""
    _, charge = await set_recurring(
        world.site,
        changes={
            "name": "Rent",
            "category": Category.RENT,
            "wallet": wallet.wallet.id,
            "fixed": fixed,
        }
        | changes,
        actor=MANAGER,
    )
    return charge


async def for_unit(world: World, unit: str, fixed: Fixed) -> RecurringCharge:
    """Let whoever lives in a unit pay a fee."""
    changes = {"name": "Fee", "category": Category.PROPERTY, "unit": unit, "fixed": fixed}
    _, charge = await set_recurring(world.site, changes=changes, actor=MANAGER)
    return charge


async def landlord(world: World, money: str = "") -> WalletRun:
    return await world.wallet(money, purpose=Purpose.PROPERTY)


async def until(world: World, day: date, every: timedelta = DAY) -> None:
    """Let days go by, with the hub at work."""
    end = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    while world.clock.now < end:
        await world.tick(min(every, end - world.clock.now))
        await settled(world)


async def settled(world: World) -> None:
    """Let the day's work be done to its end."""
    await world.tick()
    while world.site.billing.waiting:
        await world.tick()


async def all_bills(world: World) -> list[Bill]:
    return sorted(await world.books.load(Bill), key=lambda bill: bill.no)


async def test_a_year_is_twelve_bills_without_a_gap_or_a_double(make_world: MakeWorld) -> None:
    """Clock + 1 year with deaths on the way: twelve rents, twelve numbers, twelve payments."""
    world = await make_world(at=START)
    wallet = await landlord(world, "40000")
    await rented(world, wallet)
    for month in range(1, 13):
        await until(world, date(2026, month, 4), timedelta(days=7))
        await world.restart()
        await until(world, date(2026, month, 6))
        await world.restart()
    bills = await all_bills(world)
    assert [bill.number for bill in bills] == [f"2026-{number:06}" for number in range(1, 13)]
    assert [bill.due_on for bill in bills] == [date(2026, month, 5) for month in range(1, 13)]
    assert [bill.issued_on for bill in bills] == [bill.due_on for bill in bills]
    assert {bill.state for bill in bills} == {BillState.PAID}
    assert world.text(world.wallet_now(wallet).posted_minor) == "4000.00"
    await agrees(world)


async def test_a_hub_that_slept_for_three_months_issues_three_bills(make_world: MakeWorld) -> None:
    """Each has its own due day, and nobody is dunned for the time in which there was no bill."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    await rented(world, wallet)
    await world.restart()
    world.clock.now = datetime(2026, 3, 20, tzinfo=UTC)
    await settled(world)
    bills = await all_bills(world)
    assert [bill.due_on for bill in bills] == [date(2026, month, 5) for month in (1, 2, 3)]
    assert {bill.issued_on for bill in bills} == {date(2026, 3, 20)}
    assert {bill.dunned for bill in bills} == {0}
    assert [bill.number for bill in bills] == ["2026-000001", "2026-000002", "2026-000003"]
    await agrees(world)


async def test_what_is_missing_stays_open_and_the_light_stays_on(make_world: MakeWorld) -> None:
    """In arrears with the rent: reminders, dunning, part payments, and never a cut."""
    world = await make_world(at=START)
    await world.policy(grace_hours=0)
    rent, home = await landlord(world, "1000"), await world.wallet("50")
    meter = await world.meter(home, relay=True)
    await rented(world, rent)
    await until(world, date(2026, 1, 25))
    (bill,) = await all_bills(world)
    assert (bill.state, world.text(bill.open_minor)) == (BillState.PART_PAID, "2000.00")
    assert world.text(home.available_minor) == "50.00"
    assert world.relays[meter.meter.id].on
    assert not world.relays[meter.meter.id].written
    overdue = [fact for fact in world.heard(WalletFact) if fact.event is WalletEvent.BILL_OVERDUE]
    assert [(fact.level, fact.at.date()) for fact in overdue] == [
        (1, date(2026, 1, 12)),
        (2, date(2026, 1, 19)),
    ]
    assert {fact.wallet for fact in overdue} == {rent.wallet.id}
    await world.pay(rent, "2500")
    await world.work()
    (bill,) = await all_bills(world)
    assert bill.state is BillState.PAID
    assert world.text(rent.posted_minor) == "500.00"
    assert rent.others[Bucket.BILLED] == 0
    await agrees(world)


async def test_who_pays_soon_is_told_before(make_world: MakeWorld) -> None:
    """Three days before: time to pay in. Once, also over a restart."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    await rented(
        world, wallet, Fixed(price_micro=3_000_000_000, every=Every.MONTH, day=10, remind=(3, 1))
    )
    await until(world, date(2026, 1, 8))
    await world.restart()
    await until(world, date(2026, 1, 11), timedelta(hours=5))
    told = [
        (fact.at.date(), fact.amount_minor, fact.reference)
        for fact in world.heard(WalletFact)
        if fact.event is WalletEvent.BILL_DUE
    ]
    assert told == [
        (date(2026, 1, 7), 3_000_00, "Rent"),
        (date(2026, 1, 9), 3_000_00, "Rent"),
    ]


async def test_retries_ask_again_on_their_days(make_world: MakeWorld) -> None:
    """After 3 and 7 days the payment is tried again and the payer hears of it."""
    world = await make_world(at=START)
    await set_billing(
        world.site,
        rules=BillingRules(category=Category.RENT, dunning=(), remind_days=()),
        actor=MANAGER,
    )
    wallet = await landlord(world)
    await rented(
        world, wallet, Fixed(price_micro=10_000_000, every=Every.MONTH, day=5, retries=(3, 7))
    )
    await until(world, date(2026, 1, 20))
    told = [
        fact.at.date() for fact in world.heard(WalletFact) if fact.event is WalletEvent.BILL_DUE
    ]
    assert told == [date(2026, 1, 8), date(2026, 1, 12)]


async def test_a_dunning_fee_is_a_bill_of_its_own_once(make_world: MakeWorld) -> None:
    """The fee that was announced, once a level, never a fee on a fee; the rent's bill stays as it is."""
    world = await make_world(at=START)
    await set_billing(
        world.site,
        rules=BillingRules(
            category=Category.RENT,
            dunning=(DunningStep(days=7), DunningStep(days=14, fee_minor=20_00)),
        ),
        actor=MANAGER,
    )
    wallet = await landlord(world)
    await rented(world, wallet, last=date(2026, 1, 31))
    for day in (12, 18, 20, 25):
        await until(world, date(2026, 1, day))
        await world.restart()
    await until(world, date(2026, 4, 1), timedelta(days=3))
    rent, fee = await all_bills(world)
    assert (rent.total_minor, rent.dunned, rent.dunned_on) == (3_000_00, 2, date(2026, 1, 19))
    assert (fee.total_minor, fee.number, fee.dunned) == (20_00, "2026-000002", 2)
    assert fee.lines[0].trace["bill"] == rent.number
    await agrees(world)


async def test_a_dry_run_moves_nothing_and_says_what_comes(make_world: MakeWorld) -> None:
    """A manager looks at the year before it happens."""
    world = await make_world(at=START)
    wallet = await landlord(world, "100")
    charge = await rented(world, wallet)
    head = world.books.head()
    coming = await run_billing(world.site, dry_run=True, until=date(2026, 12, 31))
    assert len(coming.dues) == 12
    assert sum(line.amount_minor for due, _ in coming.dues for line in due.lines) == 36_000_00
    assert world.books.head() == head
    assert world.site.billing.recurring[charge.id] == charge
    with pytest.raises(CoreError, match="billing_ahead"):
        await run_billing(world.site, until=date(2026, 1, 5))


async def test_billing_by_hand_does_what_the_day_would_have_done(make_world: MakeWorld) -> None:
    """Pressed twice, it issues nothing twice; the keeper finds nothing left."""
    world = await make_world(at=datetime(2026, 2, 6, tzinfo=UTC))
    wallet = await landlord(world, "10000")
    await rented(world, wallet, first=date(2026, 1, 1))
    first = await run_billing(world.site)
    assert len(first.dues) == 2
    assert (await run_billing(world.site)).dues == []
    await settled(world)
    assert len(await all_bills(world)) == 2
    await agrees(world)


async def test_the_local_day_decides(make_world: MakeWorld) -> None:
    """In Shanghai the fifth begins at four in the afternoon of the fourth in London."""
    world = await make_world(at=datetime(2026, 1, 4, 15, 59, tzinfo=UTC), zone=SHANGHAI)
    wallet = await landlord(world)
    await rented(world, wallet)
    await settled(world)
    assert await all_bills(world) == []
    world.clock.now = datetime(2026, 1, 4, 16, 0, tzinfo=UTC)
    await settled(world)
    (bill,) = await all_bills(world)
    assert bill.issued_on == date(2026, 1, 5)


async def test_a_deposit_is_held_when_its_bill_is_paid(make_world: MakeWorld) -> None:
    """Until the last cent is there nothing is held, and held money is never rent."""
    world = await make_world(at=START)
    wallet = await landlord(world, "8999")
    await rented(world, wallet, deposit_minor=6_000_00)
    await until(world, date(2026, 1, 5))
    (bill,) = await all_bills(world)
    assert (bill.total_minor, bill.open_minor) == (9_000_00, 1_00)
    assert not world.site.using.deposits
    await world.pay(wallet, "1")
    await world.work()
    (bill,) = await all_bills(world)
    assert bill.state is BillState.PAID
    (deposit,) = world.site.using.deposits.values()
    assert deposit.amount_minor == 6_000_00
    balances = await world.books.balances()
    assert balances[wallet_account(wallet.wallet.no, Bucket.HELD)] == 6_000_00
    with pytest.raises(CoreError, match="bill_deposit_held"):
        await void_bill(world.site, bill=bill.id, reason="wrong", actor=MANAGER)
    await world.restart()
    assert list(world.site.using.deposits) == [deposit.id]
    await agrees(world)


async def test_a_rent_that_is_raised_is_raised_from_the_next_month(make_world: MakeWorld) -> None:
    """What was billed stays; the new price begins with the first day that is not billed."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    charge = await rented(world, wallet)
    await until(world, date(2026, 2, 10), timedelta(days=5))
    _, after = await set_recurring(
        world.site,
        recurring=charge.id,
        changes={"fixed": Fixed(price_micro=3_300_000_000, every=Every.MONTH, day=5)},
        actor=MANAGER,
    )
    assert after.billed_to == date(2026, 3, 1)
    await until(world, date(2026, 3, 10), timedelta(days=5))
    assert [bill.total_minor for bill in await all_bills(world)] == [
        3_000_00,
        3_000_00,
        3_300_00,
    ]


async def test_a_notice_ends_it(make_world: MakeWorld) -> None:
    """The last month costs its days, and there is none after."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    charge = await rented(world, wallet)
    await until(world, date(2026, 1, 20), timedelta(days=5))
    await set_recurring(
        world.site, recurring=charge.id, changes={"last": date(2026, 2, 14)}, actor=MANAGER
    )
    await until(world, date(2026, 6, 1), timedelta(days=9))
    assert [bill.total_minor for bill in await all_bills(world)] == [3_000_00, 1_500_00]


async def test_a_closed_wallet_gets_no_more_bills(make_world: MakeWorld) -> None:
    """Who has moved out and settled is not billed by a machine that did not notice."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    await rented(world, wallet)
    from custom_components.prepaid_parking.operations.cashier import close_wallet  # noqa: PLC0415

    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    await until(world, date(2026, 3, 1), timedelta(days=9))
    assert await all_bills(world) == []


async def test_rent_is_not_set_on_light_money(make_world: MakeWorld) -> None:
    """The wall between purposes holds from the first word."""
    world = await make_world(at=START)
    home = await world.wallet("100")
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await rented(world, home)
    with pytest.raises(CoreError, match="recurring_begins_too_early"):
        await rented(world, await landlord(world), first=date(2020, 1, 1))
    with pytest.raises(CoreError, match="unknown_tariff"):
        await rented(world, await landlord(world), fixed=None, tariff="nothing")
    with pytest.raises(CoreError, match="unknown_recurring"):
        await set_recurring(world.site, recurring="r9", changes={}, actor=MANAGER)


async def test_a_charge_set_twice_under_one_reference_is_one(make_world: MakeWorld) -> None:
    """A script called twice does not double the rent."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    changes = {
        "name": "Rent",
        "category": Category.RENT,
        "wallet": wallet.wallet.id,
        "fixed": RENT,
    }
    first, charge = await set_recurring(
        world.site, changes=changes, actor=MANAGER, reference="contract 7"
    )
    again, same = await set_recurring(
        world.site, changes=changes, actor=MANAGER, reference="contract 7"
    )
    assert (again.repeated, again.entry, same) == (True, first.entry, charge)
    with pytest.raises(ConflictError, match="reference_reused"):
        await set_recurring(
            world.site,
            changes=changes | {"name": "More rent"},
            actor=MANAGER,
            reference="contract 7",
        )
    assert list(world.site.billing.recurring) == [charge.id]


async def test_a_tariffs_new_version_is_the_price_of_the_periods_that_begin_under_it(
    make_world: MakeWorld,
) -> None:
    """The house raises its fee for everybody by one new version."""
    world = await make_world(at=START)
    fee = {"tariff": "fee", "kind": "fixed", "fixed": {"price": "100.00", "every": "month"}}
    await world.publish(fee, since=datetime(2026, 1, 1, tzinfo=UTC))
    wallet = await landlord(world)
    await rented(world, wallet, None, tariff="fee", category=Category.PROPERTY)
    await world.publish(
        fee | {"fixed": {"price": "120.00", "every": "month"}},
        since=datetime(2026, 3, 1, tzinfo=UTC),
    )
    await until(world, date(2026, 4, 1), timedelta(days=9))
    assert [bill.total_minor for bill in await all_bills(world)] == [100_00, 100_00, 120_00, 120_00]


async def test_a_closed_month_takes_no_new_charge_of_its_days(make_world: MakeWorld) -> None:
    """January was handed in; a rent that is entered late begins in February."""
    world = await make_world(at=datetime(2026, 2, 10, tzinfo=UTC))
    wallet = await landlord(world)
    await close_month(world.site, month="2026-01", actor=MANAGER)
    with pytest.raises(CoreError, match="month_closed"):
        await rented(world, wallet, first=date(2026, 1, 15))
    await rented(world, wallet, first=date(2026, 2, 1))


async def test_a_full_disk_delays_the_bills_and_doubles_none(make_world: MakeWorld) -> None:
    """The disk is full on the first: on the second the bills are there, once."""
    world = await make_world(at=START)
    wallets = [await landlord(world, "5000") for _ in range(3)]
    for wallet in wallets:
        await rented(world, wallet)
    world.clock.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with world.full_disk():
        for _ in range(3):
            await world.tick()
    assert world.site.billing.waiting
    await settled(world)
    bills = await all_bills(world)
    assert len(bills) == 3
    assert {bill.state for bill in bills} == {BillState.PAID}
    await agrees(world)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["wait", "sleep", "die", "dark", "pay", "run"]), st.integers(1, 45)
        ),
        max_size=14,
    ),
    days=st.tuples(st.integers(1, 31), st.integers(1, 31)),
)
async def test_whatever_the_hub_goes_through_each_period_is_billed_once(
    make_world: MakeWorld, steps: list[tuple[str, int]], days: tuple[int, int]
) -> None:
    """Sleep, death, a full disk, a manager who presses twice: as if nothing had happened."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    charges = [
        await rented(world, wallet, Fixed(price_micro=1_000_000_000, every=Every.MONTH, day=day))
        for day in days
    ]
    for what, number in steps:
        match what:
            case "wait":
                for _ in range(number % 5 + 1):
                    await world.tick(DAY)
                    await settled(world)
            case "sleep":
                world.clock.now += number * DAY
            case "die":
                await world.tick()
                await world.restart()
            case "dark":
                with world.full_disk():
                    await world.tick(number * DAY)
            case "pay":
                await world.pay(world.wallet_now(wallet), f"{number}00")
            case "run":
                await run_billing(world.site)
    await settled(world)
    await world.restart()
    await settled(world)
    today = world.clock.now.date()
    bills = await all_bills(world)
    for charge, day in zip(charges, days, strict=True):
        own = [bill for bill in bills if bill.source.startswith(f"recurring/{charge.id}/")]
        months = [date(2026 + month // 12, month % 12 + 1, 1) for month in range(36)]
        due = [min(first + timedelta(days=day - 1), _month_end(first)) for first in months]
        assert [bill.due_on for bill in own] == [one for one in due if one <= today]
    await agrees(world)


def _month_end(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - DAY


async def test_a_thousand_rents_leave_room_for_readings(make_world: MakeWorld) -> None:
    """The first of the month in a large house: a part at each tick, and all within half a minute."""
    world = await make_world(at=datetime(2026, 1, 4, 23, tzinfo=UTC))
    wallets = [await landlord(world) for _ in range(120)]
    for wallet in wallets:
        await rented(world, wallet)
    await settled(world)
    world.clock.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    await world.tick()
    assert 0 < len(await all_bills(world)) < 120
    await settled(world)
    assert len(await all_bills(world)) == 120
    await agrees(world)


async def test_entries_of_bills_explain_themselves(make_world: MakeWorld) -> None:
    """Years later an auditor asks the books alone."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    charge = await rented(world, wallet)
    await until(world, date(2026, 1, 6))
    (entry,) = [
        one for one in await world.books.entries(limit=99) if one.kind is EntryKind.BILL_ISSUED
    ]
    assert entry.event == f"bill/recurring/{charge.id}/2026-01-01"
    assert entry.detail["number"] == "2026-000001"
    lines = entry.detail["lines"]
    assert isinstance(lines, list)
    assert lines[0]["trace"]["of_days"] == 31


async def test_books_that_cannot_be_written_bill_nothing(make_world: MakeWorld) -> None:
    """Nothing is issued in memory that is not on the disk."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    await rented(world, wallet)
    world.clock.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with world.full_disk(), pytest.raises(StoreError):
        await run_billing(world.site)
    assert not wallet.bills


async def test_one_charge_in_trouble_keeps_nobody_else_waiting(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours in one contract must not cost the landlord the rent of all others."""
    world = await make_world(at=START)
    wallets = [await landlord(world) for _ in range(5)]
    charges = [await rented(world, wallet) for wallet in wallets]

    def broken(site: Any, charge: RecurringCharge, *rest: Any) -> Any:
        if charge.id == charges[2].id:
            raise ValueError
        return recurring.due_by(site, charge, *rest)

    monkeypatch.setattr(billing, "due_by", broken)
    await until(world, date(2026, 1, 5))
    assert len(await all_bills(world)) == 4
    monkeypatch.undo()
    await until(world, date(2026, 1, 6))
    assert len(await all_bills(world)) == 5
    await agrees(world)


async def test_a_price_per_what_nobody_measured_is_refused(make_world: MakeWorld) -> None:
    """A fee per m² of a flat without an area billed 0.00 month after month, and nobody was told."""
    world = await make_world(at=START)
    wallet = await landlord(world)
    area, capacity, persons = (replace(RENT, by=by) for by in (By.AREA, By.CAPACITY, By.PERSONS))
    for fixed in (area, capacity, persons):
        with pytest.raises(CoreError, match="recurring_no_unit"):
            await rented(world, wallet, fixed)
    bare = (await unit(world, "Bare")).id
    for fixed, key in ((area, "recurring_no_area"), (capacity, "recurring_no_capacity")):
        with pytest.raises(CoreError, match=key):
            await for_unit(world, bare, fixed)
    nobody = await for_unit(world, bare, persons)
    with pytest.raises(CoreError, match="recurring_no_area"):
        await set_recurring(world.site, recurring=nobody.id, changes={"fixed": area}, actor=MANAGER)
    measured = (await unit(world, "Measured", area_cm2=500_000)).id
    charge = await for_unit(world, measured, area)
    assert charge.unit == measured


async def test_what_lost_its_measure_can_still_be_ended(make_world: MakeWorld) -> None:
    """Whoever only gives notice is not asked for the area of a flat that is pulled down."""
    world = await make_world(at=START)
    flat = (await unit(world, "Flat", area_cm2=500_000)).id
    charge = await for_unit(world, flat, replace(RENT, by=By.AREA))
    world.site.house.units[flat] = replace(world.site.unit(flat), area_cm2=0)
    last = date(2026, 3, 31)
    _, ended = await set_recurring(
        world.site, recurring=charge.id, changes={"last": last}, actor=MANAGER
    )
    assert ended.last == last
