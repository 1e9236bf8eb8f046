"""The desk: what lies in a drawer is what the books say, and each payer has a number of their own."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, site_account
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.held_operation import HeldOperation, HeldState
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, ShiftId, TillId
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.risk import RiskKind
from custom_components.prepaid_parking.core.shift import Shift, Till
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cashier import refund, top_up
from custom_components.prepaid_parking.operations.challenges import (
    confirm_operation,
    expire_operations,
    find_operation,
    operations_of,
)
from custom_components.prepaid_parking.operations.desk_reports import shift_report
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.held_operations import MOST_OF_WALLET
from custom_components.prepaid_parking.operations.months import close_month
from custom_components.prepaid_parking.operations.receipts import find_receipt, printed
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.tills import (
    close_shift,
    count_shift,
    deliver_cash,
    find_shift,
    open_shift,
    own_shift,
    set_till,
)
from custom_components.prepaid_parking.operations.voiding import void_payment
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, MANAGER, MINUTE, World

CASHIER = Actor(kind=ActorKind.USER, id="cashier")
OTHER = Actor(kind=ActorKind.USER, id="other")
ROBOT = Actor(kind=ActorKind.AUTOMATION)
CASH = site_account(SiteAccount.CASH)


async def a_till(world: World, **limits: object) -> Till:
    """Set up a drawer."""
    _, till = await set_till(world.site, actor=MANAGER, changes={"name": "Front", **limits})
    return till


async def a_shift(world: World, minor: int = 10_000, **limits: object) -> Shift:
    """Give a drawer to the cashier."""
    till = await a_till(world, **limits)
    _, shift = await open_shift(world.site, till=till.id, counted_minor=minor, actor=CASHIER)
    return shift


async def pay(world: World, wallet: WalletRun, minor: int, **fields: object) -> Receipt:
    """Top up over the counter."""
    told = {"actor": CASHIER} | fields
    return await top_up(world.site, wallet=wallet.wallet.id, amount_minor=minor, **told)  # type: ignore[arg-type]


async def now(world: World, shift: Shift) -> Shift:
    """The shift as it is by now."""
    return await find_shift(world.site, shift.id)


async def receipts(world: World) -> list[DeskReceipt]:
    """All receipts there are."""
    return await world.books.load(DeskReceipt)


async def test_the_desk_works_without_a_till(world: World) -> None:
    """A stairwell with four meters has no drawer: its payers still get numbered receipts."""
    wallet = await world.wallet()
    first = await pay(world, wallet, 500)
    await pay(world, wallet, 300, channel=Channel.TRANSFER, actor=ROBOT)
    assert first.detail["receipt"] == 1
    assert "shift" not in first.detail
    assert [(one.no, one.amount_minor, one.channel) for one in await receipts(world)] == [
        (1, 500, Channel.CASH),
        (2, 300, Channel.TRANSFER),
    ]


async def test_a_payment_announced_twice_has_one_receipt(world: World) -> None:
    """A cashier who clicks twice must not hand out two numbers for one note."""
    wallet = await world.wallet()
    for _ in range(2):
        receipt = await pay(world, wallet, 500, reference="r1")
        assert receipt.detail["receipt"] == 1
    await pay(world, wallet, 500)
    assert [one.no for one in await receipts(world)] == [1, 2]


async def test_what_a_provider_brings_has_no_receipt_of_the_desk(world: World) -> None:
    """The desk's numbers are the desk's: an auditor counts paper against them."""
    wallet = await world.wallet()
    await pay(world, wallet, 500, channel=Channel.OTHER)
    assert await receipts(world) == []


async def test_a_shift_expects_what_was_taken_and_paid_out(world: World) -> None:
    """The cashier who is asked for the drawer must know what belongs in it."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 5_000)
    await pay(world, wallet, 2_000, channel=Channel.TERMINAL)
    await pay(world, wallet, 9_000, actor=OTHER)  # not hers
    paid_out = await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=1_500, reason="back", actor=CASHIER
    )
    assert paid_out.detail["shift"] == shift.id
    shift = await now(world, shift)
    assert shift.expected_minor == 10_000 + 5_000 - 1_500
    assert (shift.taken_minor, shift.paid_minor, shift.cards_minor) == (5_000, 1_500, 2_000)
    assert shift.receipts == 2


async def test_a_missing_note_is_booked_with_its_reason(world: World) -> None:
    """What is not there is the site's loss, in the books and not in somebody's memory."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 5_000)
    with pytest.raises(CoreError, match="shift_not_counted"):
        await close_shift(world.site, shift=shift.id, actor=CASHIER)
    await count_shift(world.site, shift=shift.id, counted_minor=14_000)
    with pytest.raises(CoreError, match="shift_difference_without_reason"):
        await close_shift(world.site, shift=shift.id, actor=CASHIER)
    receipt, closed = await close_shift(
        world.site, shift=shift.id, actor=CASHIER, reason="wrong change"
    )
    assert receipt.detail["difference"] == closed.difference_minor == -1_000
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.TILL_DIFFERENCE)] == -1_000
    assert balances[CASH] == -4_000


async def test_too_much_in_the_drawer_is_booked_as_well(world: World) -> None:
    """A note too many belongs to nobody at the desk."""
    shift = await a_shift(world)
    await close_shift(
        world.site, shift=shift.id, actor=CASHIER, counted_minor=10_250, reason="found"
    )
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.TILL_DIFFERENCE)] == 250


async def test_whose_shift_is_meant_is_known_without_its_name_also_after_its_end(
    world: World,
) -> None:
    """The line broke as the drawer was handed in: asked again, it must not say that there was none."""
    shift = await a_shift(world)
    assert await own_shift(world.site, CASHIER) == shift.id
    for again in (False, True):
        receipt, closed = await close_shift(
            world.site,
            shift=await own_shift(world.site, CASHIER),
            actor=CASHIER,
            counted_minor=10_000,
            reference="evening",
        )
        assert (receipt.repeated, closed.id) == (again, shift.id)
    with pytest.raises(CoreError, match="no_shift_of_yours"):
        await find_shift(world.site, await own_shift(world.site, OTHER))


async def test_a_closed_shift_never_changes(world: World) -> None:
    """What was counted and signed is what the auditor reads a year later."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await close_shift(
        world.site, shift=shift.id, actor=CASHIER, counted_minor=10_000, reference="c"
    )
    before = await find_shift(world.site, shift.id)
    await pay(world, wallet, 5_000)
    for again in (
        count_shift(world.site, shift=shift.id, counted_minor=1),
        close_shift(world.site, shift=shift.id, actor=CASHIER, counted_minor=1, reason="x"),
        deliver_cash(world.site, shift=shift.id, amount_minor=1, actor=CASHIER),
    ):
        with pytest.raises(CoreError, match="shift_closed"):
            await again
    receipt, same = await close_shift(
        world.site, shift=shift.id, actor=CASHIER, counted_minor=10_000, reference="c"
    )
    assert receipt.repeated
    assert same == before == (await world.books.load(Shift, id=shift.id))[0]


async def test_cash_taken_after_the_count_asks_for_another(world: World) -> None:
    """Else a shift could be closed on a count from before the last payer."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await count_shift(world.site, shift=shift.id, counted_minor=10_000)
    await pay(world, wallet, 5_000)
    with pytest.raises(CoreError, match="shift_not_counted"):
        await close_shift(world.site, shift=shift.id, actor=CASHIER)


async def test_a_full_till_takes_nothing_until_cash_is_delivered(world: World) -> None:
    """A drawer with a month's rents in it is what a robber waits for."""
    wallet, shift = await world.wallet(), await a_shift(world, most_minor=20_000)
    await pay(world, wallet, 10_000)
    with pytest.raises(CoreError, match="till_full"):
        await pay(world, wallet, 1)
    await pay(world, wallet, 700, channel=Channel.TERMINAL)  # lies in no drawer
    await deliver_cash(world.site, shift=shift.id, amount_minor=15_000, actor=CASHIER)
    await pay(world, wallet, 1)
    balances = await world.books.balances()
    assert (balances[CASH], balances[site_account(SiteAccount.BANK)]) == (4_999, -15_000)
    assert (await now(world, shift)).expected_minor == 5_001
    with pytest.raises(CoreError, match="till_too_little"):
        await deliver_cash(world.site, shift=shift.id, amount_minor=5_002, actor=CASHIER)


async def test_a_payment_that_is_in_the_books_is_answered_by_a_full_till(world: World) -> None:
    """Whoever asks again hears that it was taken, not that the drawer is full by now."""
    wallet, _ = await world.wallet(), await a_shift(world, most_minor=20_000)
    await pay(world, wallet, 10_000, reference="r1")
    assert (await pay(world, wallet, 10_000, reference="r1")).repeated


async def test_the_drawer_never_pays_out_what_is_not_in_it(world: World) -> None:
    """A refund that cannot be handed over must not be in the books."""
    wallet, shift = await world.wallet(), await a_shift(world, 100)
    await pay(world, wallet, 5_000, channel=Channel.TERMINAL)
    with pytest.raises(CoreError, match="till_too_little"):
        await refund(
            world.site, wallet=wallet.wallet.id, amount_minor=101, reason="x", actor=CASHIER
        )
    assert (await now(world, shift)).expected_minor == 100


async def test_one_person_has_one_drawer(world: World) -> None:
    """Of two drawers nobody could say whose note is missing."""
    shift = await a_shift(world)
    _, second = await set_till(world.site, actor=MANAGER, changes={"name": "Back"})
    with pytest.raises(CoreError, match="shift_open_already"):
        await open_shift(world.site, till=second.id, counted_minor=0, actor=CASHIER)
    with pytest.raises(CoreError, match="till_taken"):
        await open_shift(world.site, till=shift.till, counted_minor=0, actor=OTHER)
    with pytest.raises(CoreError, match="shift_needs_person"):
        await open_shift(world.site, till=second.id, counted_minor=0, actor=ROBOT)
    with pytest.raises(CoreError, match="till_in_use"):
        await set_till(world.site, till=shift.till, actor=MANAGER, changes={"closed": True})


async def confirm(world: World, operation: str, actor: Actor = OTHER) -> HeldOperation:
    """Agree to what waits."""
    return await confirm_operation(world.site, KINDS, operation=operation, actor=actor)


async def test_a_large_amount_needs_a_second_person(world: World) -> None:
    """One person alone must not be able to pay out a fortune."""
    wallet, shift = await world.wallet(), await a_shift(world, second_minor=5_000)
    await pay(world, wallet, 5_000)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await pay(world, wallet, 5_001)
    operation = told.value.placeholders["operation"]
    with pytest.raises(CoreError, match="operation_same_person"):
        await confirm(world, operation, CASHIER)
    with pytest.raises(CoreError, match="operation_same_person"):
        await confirm(world, operation, ROBOT)
    assert (await confirm(world, operation)).state is HeldState.CONFIRMED
    with pytest.raises(CoreError, match="cash_second_person"):
        await pay(world, wallet, 5_002)  # not what was agreed to
    receipt = await pay(world, wallet, 5_001)
    assert receipt.detail["second"] == str(OTHER)
    assert (await find_operation(world.site, operation)).state is HeldState.DONE
    with pytest.raises(CoreError, match="cash_second_person"):
        await pay(world, wallet, 5_001)  # agreed to once
    assert (await now(world, shift)).taken_minor == 10_001


async def test_what_nobody_confirms_is_forgotten(world: World) -> None:
    """A yes of this morning must not pay out this evening, and what waits must not grow."""
    wallet, _ = await world.wallet(), await a_shift(world, second_minor=10)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await pay(world, wallet, 11)
    operation = told.value.placeholders["operation"]
    await confirm(world, operation)
    world.clock.now += 11 * MINUTE
    with pytest.raises(CoreError, match="cash_second_person"):
        await pay(world, wallet, 11)
    await expire_operations(world.site, world.clock())
    assert (await find_operation(world.site, operation)).state is HeldState.EXPIRED
    with pytest.raises(CoreError, match="operation_expired"):
        await confirm(world, operation)
    for minor in range(12, 11 + MOST_OF_WALLET):
        with pytest.raises(CoreError, match="cash_second_person"):
            await pay(world, wallet, minor)
    with pytest.raises(CoreError, match="too_many_operations"):
        await pay(world, wallet, 99)


async def test_what_was_agreed_to_outlives_a_restart(world: World) -> None:
    """The colleague who said yes has gone home; the hub's update must not send the payer home too."""
    wallet, _ = await world.wallet(), await a_shift(world, second_minor=10)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await pay(world, wallet, 11)
    await confirm(world, told.value.placeholders["operation"])
    await world.restart()
    wallet = world.site.wallet(wallet.wallet.id)
    await pay(world, wallet, 11)
    with pytest.raises(CoreError, match="cash_second_person"):
        await pay(world, wallet, 11)


async def test_asked_again_under_its_reference_it_needs_nobody(world: World) -> None:
    """What is in the books already is answered: no colleague is called for it once more."""
    wallet, _ = await world.wallet(), await a_shift(world, second_minor=10)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await pay(world, wallet, 11, reference="r")
    await confirm(world, told.value.placeholders["operation"])
    assert not (await pay(world, wallet, 11, reference="r")).repeated
    assert (await pay(world, wallet, 11, reference="r")).repeated
    assert await operations_of(world.site, ended_too=False) == []


async def test_a_yes_that_may_be_used_up_is_read_from_the_books(world: World) -> None:
    """A disk that answers too late must not let one yes move the notes twice."""
    wallet, _ = await world.wallet(), await a_shift(world, second_minor=10)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await pay(world, wallet, 11)
    await confirm(world, told.value.placeholders["operation"])
    commit = world.books.commit

    async def unheard(*acts: Any, **fields: Any) -> Any:
        await commit(*acts, **fields)
        raise StoreError("disk_full", "")

    with (
        patch.object(world.site.books, "commit", unheard),
        pytest.raises(StoreError),
    ):
        await pay(world, wallet, 11)
    with pytest.raises(CoreError, match="cash_second_person"):
        await pay(world, wallet, 11)


async def test_who_confirmed_what_a_rule_held_is_the_second_person(world: World) -> None:
    """Two rules for one bag of notes must not ask for two colleagues, one after the other."""
    wallet, _ = await world.wallet(), await a_shift(world, second_minor=5_000)
    changes = {"most": 5_000, "shadow": False}
    await set_risk_rule(world.site, rule=RiskKind.CASH_SINGLE, changes=changes, actor=MANAGER)
    with pytest.raises(CoreError, match="review_required") as told:
        await pay(world, wallet, 5_001)
    done = await confirm(world, told.value.placeholders["operation"])
    assert (done.state, wallet.posted_minor) == (HeldState.DONE, 5_001)
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    assert entry.detail["second"] == str(OTHER)


async def test_todays_mistake_is_taken_back_once(world: World) -> None:
    """The payer who gets the note back must not keep the balance, nor get it back twice."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 5_000)
    first, receipt = await void_payment(
        world.site, receipt=1, reason="wrong flat", actor=MANAGER, reference="v"
    )
    assert (wallet.posted_minor, receipt.void_reason) == (0, "wrong flat")
    assert (await now(world, shift)).expected_minor == 10_000
    again, _ = await void_payment(
        world.site, receipt=1, reason="wrong flat", actor=MANAGER, reference="v"
    )
    assert (again.entry, again.repeated) == (first.entry, True)
    with pytest.raises(CoreError, match="receipt_void"):
        await void_payment(world.site, receipt=1, reason="again", actor=MANAGER)
    entry = next(
        one for one in await world.books.entries(kinds=[EntryKind.TOP_UP]) if one.detail["receipt"]
    )
    with pytest.raises(ConflictError):
        await reverse_entry(world.site, entry=entry.id, reason="x", actor=MANAGER)
    assert wallet.posted_minor == 0


async def test_an_entry_that_is_reversed_voids_its_receipt(world: World) -> None:
    """Else the same mistake would be taken back at the desk as well."""
    wallet = await world.wallet()
    booked = await pay(world, wallet, 5_000)
    await reverse_entry(world.site, entry=booked.entry, reason="typo", actor=MANAGER)
    assert (await find_receipt(world.site, 1)).voided_at is not None
    with pytest.raises(CoreError, match="receipt_void"):
        await void_payment(world.site, receipt=1, reason="x", actor=MANAGER)


async def test_what_was_spent_is_not_voided(world: World) -> None:
    """The site must not hand out what was used."""
    wallet = await world.wallet()
    await pay(world, wallet, 5_000)
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=1, reason="x", actor=MANAGER)
    with pytest.raises(CoreError, match="receipt_spent"):
        await void_payment(world.site, receipt=1, reason="x", actor=MANAGER)
    assert (await find_receipt(world.site, 1)).voided_at is None


async def test_yesterdays_mistake_is_refunded_not_voided(world: World) -> None:
    """What a day was closed with stays what it was."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 5_000, actor=OTHER)
    await pay(world, wallet, 700)
    await close_shift(world.site, shift=shift.id, actor=CASHIER, counted_minor=10_700)
    with pytest.raises(CoreError, match="receipt_shift_closed"):
        await void_payment(world.site, receipt=2, reason="x", actor=MANAGER)
    world.clock.now += DAY
    with pytest.raises(CoreError, match="receipt_of_another_day"):
        await void_payment(world.site, receipt=1, reason="x", actor=MANAGER)


async def test_nothing_is_voided_into_a_closed_month(world: World) -> None:
    """A month that was handed in is handed in, even while a night shift goes on."""
    wallet, _ = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 700)
    world.clock.now += timedelta(days=31)
    await close_month(world.site, month="2026-07", actor=MANAGER)
    with pytest.raises(CoreError, match="month_closed"):
        await void_payment(world.site, receipt=1, reason="x", actor=MANAGER)


async def test_the_first_print_is_the_original(world: World) -> None:
    """Two originals would be two payments to an accountant."""
    await pay(world, await world.wallet(), 700)
    assert [(await printed(world.site, 1))[1] for _ in range(3)] == [False, True, True]


async def test_cash_is_not_taken_where_the_law_wants_a_register(world: World) -> None:
    """The site would pay a fine for each note that no certified register has seen."""
    wallet = await world.wallet()
    world.site.desk.barred = "DE"
    with pytest.raises(CoreError, match="cash_needs_register"):
        await pay(world, wallet, 500)
    await pay(world, wallet, 500, channel=Channel.TERMINAL)
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=100, reason="x", actor=MANAGER)


async def test_the_desk_is_as_it_was_after_a_restart(world: World) -> None:
    """A hub that restarts at noon must not begin a new series, or forget who has the drawer."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 500)
    before = await now(world, shift)
    await world.restart()
    wallet = world.site.wallets[wallet.wallet.id]
    assert await now(world, shift) == before
    receipt = await pay(world, wallet, 500)
    assert (receipt.detail["receipt"], receipt.detail["shift"]) == (2, shift.id)


async def test_what_was_left_in_a_drawer_is_known_however_long_nobody_has_had_it(
    world: World,
) -> None:
    """The kiosk of the pool opens in May: its drawer holds what was counted there in September."""
    shift = await a_shift(world)
    ended = await close_shift(world.site, shift=shift.id, actor=CASHIER, counted_minor=10_000)
    others = [
        replace(ended[1], id=ShiftId(f"sh{no}"), no=no, till=TillId("ti2"), counted_minor=no)
        for no in range(2, 1_100)
    ]
    await set_till(world.site, actor=MANAGER, changes={"name": "Gate"})
    await world.books.record(*others)
    await world.restart()
    assert world.site.desk.left == {shift.till: 10_000, "ti2": 1_099}
    await open_shift(world.site, till="ti2", counted_minor=5, actor=OTHER)
    await world.restart()
    assert world.site.desk.left == {shift.till: 10_000, "ti2": 1_099}


async def test_numbers_have_no_gap_when_many_pay_at_once(world: World) -> None:
    """A missing number is a payment that somebody has hidden."""
    wallets = [await world.wallet() for _ in range(4)]
    shift = await a_shift(world, most_minor=12_000)
    answers = await asyncio.gather(
        *(pay(world, wallets[turn % 4], 100 + turn) for turn in range(40)), return_exceptions=True
    )
    booked = [one for one in answers if isinstance(one, Receipt)]
    refused = [one for one in answers if isinstance(one, CoreError)]
    assert len(booked) + len(refused) == 40
    assert refused
    assert {one.key for one in refused} == {"till_full"}
    assert sorted(one.no for one in await receipts(world)) == [*range(1, len(booked) + 1)]
    assert (await now(world, shift)).expected_minor <= 12_000


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cash", "terminal", "transfer", "refund", "void", "deliver", "restart"]),
        st.integers(min_value=1, max_value=5_000),
    ),
    max_size=14,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_cash_and_cards_are_the_sum_of_the_receipts(
    make_world: MakeWorld, steps: list[tuple[str, int]]
) -> None:
    """Whatever a day brings: the drawer is what the books say, and each number is there once."""
    world = await make_world()
    wallet, shift = await world.wallet(), await a_shift(world, most_minor=30_000)
    for what, minor in steps:
        try:
            if what == "refund":
                await refund(
                    world.site,
                    wallet=wallet.wallet.id,
                    amount_minor=minor,
                    reason="x",
                    actor=CASHIER,
                )
            elif what == "void":
                number = 1 + minor % max(1, len(await receipts(world)))
                await void_payment(world.site, receipt=number, reason="x", actor=OTHER)
            elif what == "deliver":
                await deliver_cash(world.site, shift=shift.id, amount_minor=minor, actor=CASHIER)
            elif what == "restart":
                await world.restart()
                wallet = world.site.wallets[wallet.wallet.id]
            else:
                await pay(world, wallet, minor, channel=Channel(what))
        except CoreError:
            pass
    shift, given_out = await now(world, shift), await receipts(world)
    assert [one.no for one in given_out] == [*range(1, len(given_out) + 1)]
    assert shift.receipts == len(given_out)
    valid = [one for one in given_out if one.voided_at is None]
    for channel, taken in (
        (Channel.TERMINAL, shift.cards_minor),
        (Channel.TRANSFER, shift.transfers_minor),
    ):
        assert taken == sum(one.amount_minor for one in valid if one.channel is channel)
    cash = sum(one.amount_minor for one in given_out if one.channel is Channel.CASH)
    assert shift.taken_minor == cash
    balance = (await world.books.balances()).get(CASH, 0)
    assert shift.expected_minor == shift.opened_minor - balance
    report: Any = await shift_report(world.site, shift)
    text = world.site.currency.parse
    for way, sum_minor in (
        ("cash", shift.expected_minor - shift.opened_minor),
        ("terminal", shift.cards_minor),
        ("transfer", shift.transfers_minor),
    ):
        assert sum(text(row[way]) for row in report["by_kind"]) == sum_minor
