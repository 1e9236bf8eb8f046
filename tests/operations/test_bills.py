"""Bills: each under its own number, paid once and from its own purpose, and always in the books."""

import contextlib
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import (
    INCOME,
    Bill,
    BillingRules,
    BillLine,
    BillState,
    DunningStep,
)
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import (
    Bucket,
    Channel,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Act, Posting
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bill_book import find_bill, load
from custom_components.prepaid_parking.operations.bill_paying import pay_bill, pay_open
from custom_components.prepaid_parking.operations.bills import (
    create_bill,
    issue_bill,
    set_billing,
    void_bill,
    write_off_bill,
)
from custom_components.prepaid_parking.operations.cashier import deduct, freeze
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.months import close_month
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, MANAGER, World

TODAY: Final = date(2026, 7, 1)


def line(amount: int = 100_00, tax: int = 0, category: Category = Category.RENT) -> BillLine:
    return BillLine(
        text="Rent of July",
        amount_minor=amount,
        tax_minor=tax,
        income=INCOME[category],
        trace={"rule": "by hand", "days": 31},
    )


async def bill_for(
    world: World,
    wallet: WalletRun,
    amount: int = 100_00,
    category: Category = Category.RENT,
    **fields: Any,
) -> Bill:
    """Write a bill of one line and issue it."""
    _, bill = await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=category,
        lines=(line(amount, category=category),),
        actor=MANAGER,
        **fields,
    )
    return bill


async def landlord(world: World, money: str = "") -> WalletRun:
    """Open a wallet for rent."""
    return await world.wallet(money, purpose=Purpose.PROPERTY)


async def agrees(world: World) -> None:
    """What is open in memory, in the records and in the accounts is one sum, to the cent."""
    balances = await world.books.balances()
    bills = await world.books.load(Bill)
    for wallet, run in world.site.wallets.items():
        billed = balances.get(wallet_account(run.wallet.no, Bucket.BILLED), 0)
        own = [bill for bill in bills if bill.wallet == wallet]
        assert -billed == sum(bill.open_minor for bill in own)
        assert run.others.get(Bucket.BILLED, 0) == billed
        assert run.bills == {bill.id: bill for bill in own if bill.closed_at is None}
        assert all(0 <= bill.paid_minor <= bill.total_minor for bill in own)
    assert sum(balances.values()) == 0
    for series, prefix in (("2026", "2026-"), ("C2026", "C2026-")):
        numbers = sorted(
            int(number.removeprefix(prefix))
            for bill in bills
            for number in (bill.number, bill.credit_note)
            if number.startswith(prefix)
        )
        assert numbers == list(range(1, len(numbers) + 1))
        assert world.site.billing.series.get(series, 0) == len(numbers)


async def test_a_bill_is_issued_and_paid_from_the_wallet_at_once(make_world: MakeWorld) -> None:
    """A tenant with money in the rent wallet has nothing to do when the bill comes."""
    world = await make_world()
    wallet = await landlord(world, "150")
    bill = await bill_for(world, wallet)
    assert (bill.number, bill.state) == ("2026-000001", BillState.PAID)
    assert (bill.issued_on, bill.due_on) == (TODAY, TODAY + timedelta(days=14))
    assert world.text(wallet.posted_minor) == "50.00"
    assert world.events(wallet)[-2:] == [WalletEvent.BILL_ISSUED, WalletEvent.BILL_PAID]
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.REVENUE_RENT)] == 100_00
    await agrees(world)


async def test_what_is_missing_is_paid_as_it_comes_in(make_world: MakeWorld) -> None:
    """Three small top-ups pay one rent, the oldest bill first, and nothing is paid twice."""
    world = await make_world()
    wallet = await landlord(world, "30")
    first = await bill_for(world, wallet)
    second = await bill_for(world, wallet, 50_00, due_on=TODAY + timedelta(days=40))
    assert (first.state, first.open_minor) == (BillState.PART_PAID, 70_00)
    await world.pay(wallet, "60")
    await world.work()
    assert [one.open_minor for one in wallet.bills.values()] == [10_00, 50_00]
    await world.pay(wallet, "40")
    await world.work()
    assert (await find_bill(world.site, first.number)).state is BillState.PAID
    assert (await find_bill(world.site, second.id)).open_minor == 20_00
    assert wallet.posted_minor == 0
    assert world.site.wallet(wallet.wallet.id).bills.keys() == {second.id}
    await agrees(world)


async def test_a_bill_that_is_paid_whole_or_not_at_all_waits(make_world: MakeWorld) -> None:
    """A house that takes no part payments does not find its tenants' wallets emptied by them."""
    world = await make_world()
    await set_billing(
        world.site, rules=BillingRules(category=Category.RENT, part=False), actor=MANAGER
    )
    wallet = await landlord(world, "99.99")
    await bill_for(world, wallet)
    await bill_for(world, wallet, 5_00, due_on=TODAY + timedelta(days=60))
    assert world.text(wallet.posted_minor) == "99.99"
    await world.pay(wallet, "10")
    await world.work()
    assert world.text(wallet.posted_minor) == "4.99"
    await agrees(world)


async def test_a_bill_by_order_waits_for_the_order(make_world: MakeWorld) -> None:
    """Who wants to decide each payment does not find it made."""
    world = await make_world()
    await set_billing(
        world.site, rules=BillingRules(category=Category.RENT, automatic=False), actor=MANAGER
    )
    wallet = await landlord(world, "150")
    bill = await bill_for(world, wallet)
    await world.work()
    assert bill.state is BillState.ISSUED
    receipt, after = await pay_bill(
        world.site, bill=bill.number, amount_minor=40_00, actor=MANAGER, reference="p1"
    )
    assert (after.state, after.open_minor) == (BillState.PART_PAID, 60_00)
    again, after = await pay_bill(
        world.site, bill=bill.number, amount_minor=40_00, actor=MANAGER, reference="p1"
    )
    assert (again.repeated, again.entry, after.open_minor) == (True, receipt.entry, 60_00)
    with pytest.raises(ConflictError, match="reference_reused"):
        await pay_bill(world.site, bill=bill.id, amount_minor=41_00, actor=MANAGER, reference="p1")
    _, after = await pay_bill(world.site, bill=bill.id, actor=MANAGER)
    assert after.state is BillState.PAID
    await agrees(world)


async def test_a_payment_by_order_said_again_after_the_bill_was_paid_is_answered(
    make_world: MakeWorld,
) -> None:
    """A script whose first answer was lost must not hear that the bill cannot be paid."""
    world = await make_world()
    wallet = await landlord(world)
    bill = await bill_for(world, wallet)
    first, _ = await pay_bill(
        world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER, reference="slip 7"
    )
    again, after = await pay_bill(
        world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER, reference="slip 7"
    )
    assert (again.repeated, again.entry, after.state) == (True, first.entry, BillState.PAID)
    with pytest.raises(CoreError, match="bill_not_open"):
        await pay_bill(world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER)
    await agrees(world)


async def test_money_brought_for_a_bill_leaves_the_wallet_as_it_was(make_world: MakeWorld) -> None:
    """The statement shows it come in and go out; the tenant's own money is not touched."""
    world = await make_world()
    wallet = await landlord(world, "3")
    bill = await bill_for(world, wallet, draft=True)
    await issue_bill(world.site, bill=bill.id, actor=MANAGER)
    await pay_bill(world.site, bill=bill.id, channel=Channel.TERMINAL, actor=MANAGER)
    assert world.text(wallet.posted_minor) == "0.00"  # 3.00 went to the bill when it was issued.
    assert (await world.books.balances())[site_account(SiteAccount.CLEARING)] == -97_00
    await agrees(world)


@pytest.mark.parametrize(
    ("amount", "refused"),
    [(0, "amount_not_positive"), (-1, "amount_not_positive"), (100_01, "bill_overpaid")],
)
async def test_more_than_is_open_is_not_paid(
    make_world: MakeWorld, amount: int, refused: str
) -> None:
    """A typing error at the desk."""
    world = await make_world()
    wallet = await landlord(world)
    bill = await bill_for(world, wallet)
    with pytest.raises(CoreError, match=refused):
        await pay_bill(
            world.site, bill=bill.id, amount_minor=amount, channel=Channel.CASH, actor=MANAGER
        )
    await agrees(world)


async def test_a_wallet_pays_by_order_only_what_it_has(make_world: MakeWorld) -> None:
    """A bill must not take a wallet below zero, least of all one that is frozen."""
    world = await make_world()
    await set_billing(
        world.site, rules=BillingRules(category=Category.RENT, automatic=False), actor=MANAGER
    )
    wallet = await landlord(world, "99.99")
    bill = await bill_for(world, wallet)
    with pytest.raises(CoreError, match="not_enough_money"):
        await pay_bill(world.site, bill=bill.id, actor=MANAGER)
    await freeze(world.site, wallet=wallet.wallet.id, reason="dispute", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await pay_bill(world.site, bill=bill.id, amount_minor=1, actor=MANAGER)
    await agrees(world)


async def test_a_frozen_wallet_pays_nothing_by_itself(make_world: MakeWorld) -> None:
    """What a court has frozen does not pay the rent."""
    world = await make_world()
    wallet = await landlord(world, "500")
    await freeze(world.site, wallet=wallet.wallet.id, reason="court", actor=MANAGER)
    bill = await bill_for(world, wallet)
    await world.work()
    assert (bill.state, world.text(wallet.posted_minor)) == (BillState.ISSUED, "500.00")


@pytest.mark.parametrize("category", [Category.RENT, Category.PROPERTY, Category.SERVICE])
async def test_a_utility_wallet_owes_no_rent(make_world: MakeWorld, category: Category) -> None:
    """The light money of a tenant in arrears stays light money, whoever asks."""
    world = await make_world()
    wallet = await world.wallet("100")
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await bill_for(world, wallet, category=category)
    assert not wallet.bills


async def test_an_unpaid_bill_cuts_nothing(make_world: MakeWorld) -> None:
    """Power, water and gas go on, however much rent is owed, and whatever is billed beside them."""
    world = await make_world()
    await world.policy(grace_hours=0)
    home = await world.wallet("20")
    rent = await landlord(world)
    meter = await world.meter(home, relay=True)
    await bill_for(world, rent, 5_000_00)
    await bill_for(world, home, 900_00, Category.UTILITY, draft=True)
    await world.wait(DAY, timedelta(hours=6))
    assert world.relays[meter.meter.id].on
    assert not world.relays[meter.meter.id].written
    assert rent.watch.crossed_at is None


async def test_what_a_meter_used_is_spoken_for(make_world: MakeWorld) -> None:
    """A bill takes what is left after the light, not the light."""
    world = await make_world()
    home = await world.wallet("20")
    meter = await world.meter(home)
    await world.read(meter.meter.id, used=10_000_000, after=timedelta(hours=1))  # 10 kWh: 8.00
    bill = await bill_for(world, home, 15_00, Category.UTILITY)
    assert world.text(bill.paid_minor) == "12.00"
    assert home.available_minor == 0
    await agrees(world)


async def test_a_draft_is_asked_for_when_it_is_issued(make_world: MakeWorld) -> None:
    """A draft has no number, is in no account and is paid by nobody."""
    world = await make_world()
    wallet = await landlord(world, "150")
    bill = await bill_for(world, wallet, draft=True, reference="d1")
    again = await bill_for(world, wallet, draft=True, reference="d1")
    assert again == bill
    await world.work()
    assert (bill.state, bill.number, wallet.posted_minor) == (BillState.DRAFT, "", 150_00)
    with pytest.raises(CoreError, match="bill_is_draft"):
        await pay_bill(world.site, bill=bill.id, actor=MANAGER)
    _, after = await issue_bill(world.site, bill=bill.id, actor=MANAGER)
    assert (after.number, after.state) == ("2026-000001", BillState.PAID)
    with pytest.raises(CoreError, match="bill_already_issued"):
        await issue_bill(world.site, bill=bill.id, actor=MANAGER)
    await agrees(world)


async def test_a_dropped_draft_leaves_no_gap(make_world: MakeWorld) -> None:
    """The number that a draft would have had is the next bill's."""
    world = await make_world()
    wallet = await landlord(world)
    dropped = await bill_for(world, wallet, draft=True)
    await void_bill(world.site, bill=dropped.id, reason="wrong flat", actor=MANAGER)
    assert (await bill_for(world, wallet)).number == "2026-000001"
    with pytest.raises(CoreError, match="unknown_bill"):
        await find_bill(world.site, dropped.id)
    await agrees(world)


async def test_a_bill_written_twice_under_one_reference_is_one(make_world: MakeWorld) -> None:
    """The script's first answer was lost; the tenant gets one bill."""
    world = await make_world()
    wallet = await landlord(world)
    bill = await bill_for(world, wallet, reference="contract 12, July")
    assert await bill_for(world, wallet, reference="contract 12, July") == bill
    with pytest.raises(ConflictError, match="reference_reused"):
        await bill_for(world, wallet, 1_00, reference="contract 12, July")
    assert (await bill_for(world, wallet)).number == "2026-000002"
    await agrees(world)


async def test_a_void_bill_gives_back_what_was_paid(make_world: MakeWorld) -> None:
    """Taken back, it is as if it never was, under a credit note with a number of its own."""
    world = await make_world()
    wallet = await landlord(world, "60")
    bill = await bill_for(world, wallet)
    receipt, after = await void_bill(
        world.site, bill=bill.number, reason="wrong rent", actor=MANAGER, reference="v1"
    )
    assert (after.state, after.credit_note) == (BillState.VOID, "C2026-000001")
    assert world.text(wallet.posted_minor) == "60.00"
    entry = next(one for one in await world.books.entries(limit=99) if one.id == receipt.entry)
    issued = next(
        one for one in await world.books.entries(limit=99) if one.kind is EntryKind.BILL_ISSUED
    )
    assert entry.reverses == issued.id
    again, _ = await void_bill(
        world.site, bill=bill.number, reason="wrong rent", actor=MANAGER, reference="v1"
    )
    assert again.repeated
    with pytest.raises(CoreError, match="bill_is_void"):
        await void_bill(world.site, bill=bill.number, reason="again", actor=MANAGER)
    with pytest.raises(CoreError, match="bill_not_open"):
        await pay_bill(world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER)
    assert (await world.books.balances())[site_account(SiteAccount.REVENUE_RENT)] == 0
    await agrees(world)


async def test_bonus_that_paid_a_bill_comes_back_as_bonus(make_world: MakeWorld) -> None:
    """Money that was given must not turn into money that can be paid out."""
    world = await make_world()
    wallet = await landlord(world, "30")
    bonus = wallet_account(wallet.wallet.no, Bucket.BONUS)
    receipt = await world.books.commit(
        Act(
            kind=EntryKind.BONUS,
            event="bonus/1",
            occurred=world.clock(),
            actor=MANAGER,
            postings=(
                Posting(
                    source=site_account(SiteAccount.PROMOTION), target=bonus, amount_minor=50_00
                ),
            ),
        )
    )
    wallet.booked(receipt)
    bill = await bill_for(world, wallet, 70_00)
    assert (bill.paid_minor, bill.bonus_minor) == (70_00, 50_00)
    await void_bill(world.site, bill=bill.id, reason="wrong", actor=MANAGER)
    assert (wallet.posted_minor, wallet.bonus_minor) == (30_00, 50_00)
    await agrees(world)


async def test_what_nobody_will_pay_is_given_up_once(make_world: MakeWorld) -> None:
    """A lost rent leaves the arrears and stands as a loss, never as an income."""
    world = await make_world()
    wallet = await landlord(world, "10")
    bill = await bill_for(world, wallet)
    receipt, after = await write_off_bill(
        world.site, bill=bill.id, reason="moved abroad", actor=MANAGER, reference="x"
    )
    assert after.state is BillState.WRITTEN_OFF
    again, _ = await write_off_bill(
        world.site, bill=bill.id, reason="moved abroad", actor=MANAGER, reference="x"
    )
    assert (again.repeated, again.entry) == (True, receipt.entry)
    with pytest.raises(CoreError, match="bill_not_open"):
        await write_off_bill(world.site, bill=bill.id, reason="again", actor=MANAGER)
    assert (await world.books.balances())[site_account(SiteAccount.WRITE_OFF)] == -90_00
    await agrees(world)


async def test_numbers_go_on_after_a_restart_and_begin_anew_with_the_year(
    make_world: MakeWorld,
) -> None:
    """An auditor counts from one to the last, in every year."""
    world = await make_world()
    wallet = await landlord(world)
    await bill_for(world, wallet)
    await world.restart()
    wallet = world.wallet_now(wallet)
    assert (await bill_for(world, wallet)).number == "2026-000002"
    world.clock.now += timedelta(days=200)
    assert (await bill_for(world, wallet)).number == "2027-000001"
    # What was forgotten last year goes into last year's series while its month is open.
    late = await bill_for(world, wallet, issued_on=date(2026, 12, 31))
    assert late.number == "2026-000003"
    assert len(wallet.bills) == 4


async def test_nothing_is_issued_tomorrow_or_in_a_closed_month(make_world: MakeWorld) -> None:
    """June was handed in: what is found in July is July's."""
    world = await make_world()
    wallet = await landlord(world)
    await bill_for(world, wallet, issued_on=date(2026, 6, 30))
    with pytest.raises(CoreError, match="month_not_over"):
        await close_month(world.site, month="2026-07", actor=MANAGER)
    await close_month(world.site, month="2026-06", actor=MANAGER)
    await world.restart()
    wallet = world.wallet_now(wallet)
    for day, refused in (
        (date(2026, 6, 30), "month_closed"),
        (date(2026, 7, 2), "day_in_future"),
    ):
        with pytest.raises(CoreError, match=refused):
            await bill_for(world, wallet, issued_on=day)
    with pytest.raises(CoreError, match="bill_due_before_issue"):
        await bill_for(world, wallet, due_on=date(2026, 6, 30))
    assert (await bill_for(world, wallet)).number == "2026-000002"
    with pytest.raises(CoreError, match="month_closed"):
        await close_month(world.site, month="2026-05", actor=MANAGER)
    await agrees(world)


async def test_after_a_full_disk_the_next_number_is_the_one_that_was_not_written(
    make_world: MakeWorld,
) -> None:
    """A write that failed takes no number, and the payment it was to bring is made later."""
    world = await make_world()
    wallet = await landlord(world, "100")
    await bill_for(world, wallet, 10_00)
    with world.full_disk(), pytest.raises(StoreError):
        await bill_for(world, wallet, 20_00)
    assert world.site.billing.doubtful
    assert (await bill_for(world, wallet, 30_00)).number == "2026-000002"
    assert not world.site.billing.doubtful
    await agrees(world)


async def test_billing_rules_outlive_a_restart(make_world: MakeWorld) -> None:
    """The house's own terms must not fall back to ours over night."""
    world = await make_world()
    rules = BillingRules(
        category=Category.PARKING,
        due_days=5,
        part=False,
        remind_days=(),
        dunning=(DunningStep(days=1, fee_minor=2_00),),
    )
    await set_billing(world.site, rules=rules, actor=MANAGER)
    await world.restart()
    assert world.site.billing.rules == {Category.PARKING: rules}


async def test_bills_that_are_read_back_are_what_was_written(make_world: MakeWorld) -> None:
    """The trace of a line explains it years later."""
    world = await make_world()
    wallet = await landlord(world)
    bill = await bill_for(world, wallet, period=(date(2026, 7, 1), date(2026, 8, 1)))
    await world.restart()
    assert world.wallet_now(wallet).bills == {bill.id: bill}
    assert bill.lines[0].trace == {"rule": "by hand", "days": 31}


moves = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "bill",
                "draft",
                "issue",
                "pay",
                "cash",
                "top_up",
                "take",
                "void",
                "lose",
                "die",
                "dark",
            ]
        ),
        st.integers(1, 300_00),
        st.integers(0, 5),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
async def test_whatever_happens_the_bills_and_the_accounts_agree(
    make_world: MakeWorld, moves: list[tuple[str, int, int]]
) -> None:
    """Nobody pays a bill twice, nobody's payment vanishes, and no number is missing."""
    world = await make_world()
    wallet, known = await landlord(world), list[Bill]()
    for what, amount, place in moves:
        asked = known[place % len(known)].id if known else "b0"
        with contextlib.suppress(CoreError):
            match what:
                case "bill" | "draft":
                    due = TODAY + timedelta(days=amount % 30)
                    draft = what == "draft"
                    known.append(
                        await bill_for(
                            world, wallet, amount, draft=draft, due_on=None if draft else due
                        )
                    )
                case "issue":
                    await issue_bill(world.site, bill=asked, actor=MANAGER)
                case "pay":
                    await pay_bill(world.site, bill=asked, amount_minor=amount, actor=MANAGER)
                case "cash":
                    await pay_bill(world.site, bill=asked, channel=Channel.CASH, actor=MANAGER)
                case "top_up":
                    await world.pay(wallet, world.text(amount))
                case "take":
                    await deduct(
                        world.site,
                        wallet=wallet.wallet.id,
                        amount_minor=amount,
                        reason="key",
                        actor=MANAGER,
                    )
                case "void":
                    await void_bill(world.site, bill=asked, reason="wrong", actor=MANAGER)
                case "lose":
                    await write_off_bill(world.site, bill=asked, reason="gone", actor=MANAGER)
                case "die":
                    await world.restart()
                    wallet = world.wallet_now(wallet)
                case "dark":
                    with world.full_disk(), contextlib.suppress(StoreError):
                        await bill_for(world, wallet, amount)
        await world.work()
        assert wallet.posted_minor >= 0
    await pay_open(world.site, wallet)
    await load(world.site)
    await agrees(world)


async def test_a_bill_bears_no_day_long_before_the_site(make_world: MakeWorld) -> None:
    """A slip of the keyboard opened a series of the year 1, and its number stays for ever."""
    world = await make_world()
    wallet = await landlord(world)
    _, draft = await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.RENT,
        lines=(line(),),
        draft=True,
        actor=MANAGER,
    )
    for day in (date(1, 1, 1), TODAY - timedelta(days=400)):
        with pytest.raises(CoreError, match="bill_too_early"):
            await bill_for(world, wallet, issued_on=day)
        with pytest.raises(CoreError, match="bill_too_early"):
            await issue_bill(world.site, bill=draft.id, issued_on=day, actor=MANAGER)
    assert not world.site.billing.series
    taken_over = await bill_for(world, wallet, issued_on=TODAY - timedelta(days=300))
    assert taken_over.issued_on == TODAY - timedelta(days=300)
