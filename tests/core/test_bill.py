"""Bills: what is asked for is paid once, never more, the oldest first, under numbers without a gap."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import (
    INCOME,
    Bill,
    BillingRules,
    BillLine,
    BillState,
    DunningStep,
    allot,
    dunned,
    dunning_level,
    issued,
    next_in,
    oldest_first,
    paid,
    reminders,
    series_of,
    voided,
    written,
    written_off,
)
from custom_components.prepaid_parking.core.bill_postings import (
    issue_postings,
    void_postings,
    write_off_postings,
)
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import BillId, WalletId
from custom_components.prepaid_parking.core.ledger import AccountId, Posting

NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY_ONE: Final = date(2026, 7, 1)
DUE: Final = date(2026, 7, 15)
RULES: Final = BillingRules(
    category=Category.RENT,
    dunning=(DunningStep(days=7), DunningStep(days=14, fee_minor=500)),
)


def line(amount: int = 120_000, tax: int = 0, income: SiteAccount | None = None) -> BillLine:
    return BillLine(
        text="Rent",
        amount_minor=amount,
        tax_minor=tax,
        income=income or INCOME[Category.RENT],
        trace={"rule": "recurring"},
    )


def draft(*lines: BillLine, no: int = 1, **fields: Any) -> Bill:
    return Bill(
        id=BillId(f"b{no}"),
        no=no,
        wallet=WalletId("w3"),
        category=Category.RENT,
        lines=lines or (line(),),
        drafted_at=NOW,
        **fields,
    )


def bill(*lines: BillLine, no: int = 1, due: date = DUE) -> Bill:
    return issued(draft(*lines, no=no), written("2026", no), DAY_ONE, due)


def balances(*legs: Posting) -> dict[AccountId, int]:
    sums: dict[AccountId, int] = {}
    for leg in legs:
        sums[leg.source] = sums.get(leg.source, 0) - leg.amount_minor
        sums[leg.target] = sums.get(leg.target, 0) + leg.amount_minor
    return sums


def test_a_bill_goes_from_draft_to_paid() -> None:
    """Whoever asks how a bill stands hears one word."""
    one = draft()
    assert (one.state, one.open_minor) == (BillState.DRAFT, 0)
    one = issued(one, "2026-000001", DAY_ONE, DUE)
    assert (one.state, one.open_minor) == (BillState.ISSUED, 120_000)
    one = paid(one, 50_000, 0, NOW)
    assert (one.state, one.open_minor, one.closed_at) == (BillState.PART_PAID, 70_000, None)
    one = paid(one, 70_000, 20_000, NOW)
    assert (one.state, one.open_minor, one.closed_at) == (BillState.PAID, 0, NOW)
    assert one.bonus_minor == 20_000


def test_what_is_given_up_is_not_called_paid() -> None:
    """An accountant must see which bills were lost."""
    one = written_off(paid(bill(), 50_000, 0, NOW), NOW)
    assert (one.state, one.open_minor, one.written_off_minor) == (
        BillState.WRITTEN_OFF,
        0,
        70_000,
    )


def test_a_void_bill_asks_for_nothing() -> None:
    """A tenant whose bill was wrong owes nothing on it any more."""
    one = voided(bill(), "C2026-000001", NOW)
    assert (one.state, one.open_minor, one.closed_at) == (BillState.VOID, 0, NOW)


def test_more_than_is_open_is_not_taken() -> None:
    """Paid twice at the same desk, the second must be refused, not lost."""
    with pytest.raises(CoreError, match="bill_overpaid"):
        paid(bill(), 120_001, 0, NOW)


def test_a_bill_is_issued_once() -> None:
    """A second number for one bill is two bills in the accounts."""
    with pytest.raises(CoreError, match="bill_already_issued"):
        issued(bill(), "2026-000002", DAY_ONE, DUE)


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ((line(0),), "bill_without_amount"),
        ((line(-5),), "bill_without_amount"),
        ((line(), line(0)), "bill_without_amount"),
        ((line(100, 101),), "bill_tax_too_large"),
        ((line(100, -1),), "bill_tax_too_large"),
    ],
)
def test_a_bill_asks_for_something(lines: tuple[BillLine, ...], refused: str) -> None:
    """A bill over nothing, or with more tax than money, confuses whoever gets it."""
    with pytest.raises(CoreError, match=refused):
        draft(*lines)


def test_a_bill_without_lines_is_none() -> None:
    """A number spent on nothing is a gap in disguise."""
    with pytest.raises(CoreError, match="bill_without_amount"):
        replace(draft(), lines=())


def test_what_is_issued_is_earned_and_the_tax_is_nobodys_income() -> None:
    """The tax office must find its part beside the rent, not in it."""
    one = bill(line(10_900, 900), line(5_000, 0, SiteAccount.REVENUE_SERVICE), line(100, 0))
    assert balances(*issue_postings(one, 3)) == {
        wallet_account(3, Bucket.BILLED): -16_000,
        site_account(SiteAccount.REVENUE_RENT): 10_100,
        site_account(SiteAccount.REVENUE_SERVICE): 5_000,
        site_account(SiteAccount.TAX): 900,
    }


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(0, 100), st.sampled_from(SiteAccount)),
        min_size=1,
        max_size=6,
    ),
    paid_percent=st.integers(0, 100),
    bonus_percent=st.integers(0, 100),
    gives_up=st.booleans(),
)
def test_a_credit_note_leaves_no_trace_in_any_sum(
    lines: list[tuple[int, int, SiteAccount]],
    paid_percent: int,
    bonus_percent: int,
    *,
    gives_up: bool,
) -> None:
    """Taken back, a bill must be as if it never was: for the tenant, the income and the tax."""
    one = bill(*(line(amount, amount * tax // 100, income) for amount, tax, income in lines))
    billed = wallet_account(3, Bucket.BILLED)
    legs = list(issue_postings(one, 3))
    amount = one.total_minor * paid_percent // 100
    bonus = amount * bonus_percent // 100
    if amount:
        parts = ((wallet_account(3), amount - bonus), (wallet_account(3, Bucket.BONUS), bonus))
        legs += [
            Posting(source=account, target=billed, amount_minor=part)
            for account, part in parts
            if part
        ]
        one = paid(one, amount, bonus, NOW)
    if gives_up and one.open_minor:
        loss = site_account(SiteAccount.WRITE_OFF)
        legs.append(Posting(source=loss, target=billed, amount_minor=one.open_minor))
        one = written_off(one, NOW)
    assert balances(*legs)[billed] == -one.open_minor
    legs += void_postings(one, 3)
    assert not any(balances(*legs).values())


@given(
    money=st.integers(-100, 5_000),
    opens=st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 60)), max_size=8),
    part=st.booleans(),
)
def test_money_goes_to_the_oldest_bill_first_and_never_further_than_it_reaches(
    money: int, opens: list[tuple[int, int]], *, part: bool
) -> None:
    """Nobody may be dunned for June while July was paid, nor owe the wallet for a bill."""
    bills = oldest_first(
        [
            bill(line(amount), no=no, due=DAY_ONE + timedelta(days=days))
            for no, (amount, days) in enumerate(opens, 1)
        ]
    )
    given_out = allot(money, bills, part=part)
    assert [one for one, _ in given_out] == bills[: len(given_out)]
    assert all(0 < amount <= one.open_minor for one, amount in given_out)
    total = sum(amount for _, amount in given_out)
    assert total <= max(0, money)
    assert all(amount == one.open_minor for one, amount in given_out[: -1 if part else None])
    owed = sum(one.open_minor for one in bills)
    if part:
        assert total == min(max(0, money), owed)
    elif len(given_out) < len(bills):
        assert bills[len(given_out)].open_minor > money - total


def test_the_oldest_is_the_one_that_was_due_first() -> None:
    """A bill for June that was written after July's is still June's."""
    july, june = bill(line(), no=1, due=DUE), bill(line(), no=2, due=DAY_ONE)
    assert oldest_first([july, june]) == [june, july]


def test_a_deposit_that_is_given_up_was_never_anybodys_income() -> None:
    """A tenant never came: the rent is lost, the deposit was not there to be lost."""
    deposit = line(50_000, income=SiteAccount.DEFERRED)
    moved = balances(*write_off_postings(bill(line(), deposit), 3))
    assert moved == {
        site_account(SiteAccount.DEFERRED): -50_000,
        site_account(SiteAccount.WRITE_OFF): -120_000,
        wallet_account(3, Bucket.BILLED): 170_000,
    }


def test_a_draft_is_not_paid() -> None:
    """What nobody has been asked for is not taken."""
    assert oldest_first([draft()]) == []


def test_numbers_begin_anew_with_the_year_and_credit_notes_have_their_own() -> None:
    """An auditor counts each series from one."""
    day = date(2027, 1, 1)
    assert written(series_of(day), 1) == "2027-000001"
    assert written(series_of(day, credit_note=True), 12) == "C2027-000012"
    step = next_in("2027", 41, NOW)
    assert (step.from_register, step.to_register) == (41, 42)


@pytest.mark.parametrize(
    ("day", "reminded", "level"),
    [
        (date(2026, 7, 7), 0, 0),
        (date(2026, 7, 8), 1, 0),
        (date(2026, 7, 14), 2, 0),
        (DUE, 2, 0),
        (date(2026, 7, 21), 2, 0),
        (date(2026, 7, 22), 2, 1),
        (date(2026, 7, 29), 2, 2),
        (date(2027, 7, 29), 2, 2),
    ],
)
def test_who_does_not_pay_is_reminded_and_then_dunned(day: date, reminded: int, level: int) -> None:
    """The days are those that were announced, not one earlier."""
    assert reminders(bill(), (-7, -1), day) == reminded
    assert dunning_level(bill(), RULES, day) == level


def test_a_dunned_bill_asks_for_what_it_asked_for() -> None:
    """A fee is a bill of its own: what was issued does not change."""
    one = dunned(bill(), 2, date(2026, 7, 29))
    assert (one.dunned, one.dunned_on, one.open_minor) == (2, date(2026, 7, 29), 120_000)


def test_nobody_is_dunned_for_weeks_in_which_the_bill_was_not_there() -> None:
    """The hub was off for a season: its bills are due since spring, and were first seen today."""
    late = issued(draft(), "2026-000009", date(2026, 10, 1), date(2026, 4, 15))
    assert dunning_level(late, RULES, date(2026, 10, 7)) == 0
    assert dunning_level(late, RULES, date(2026, 10, 8)) == 1


def test_reminders_that_lay_before_the_bill_are_not_made_up_for() -> None:
    """Issued the day before it is due, it is reminded of once and not three times at once."""
    late = issued(draft(), "2026-000009", date(2026, 7, 14), DUE)
    assert reminders(late, (-7, -3, -1, 0, 3), date(2026, 7, 14)) == 0
    assert reminders(late, (-7, -3, -1, 0, 3), DUE) == 1
    assert reminders(late, (-7, -3, -1, 0, 3), date(2026, 7, 18)) == 2


def test_a_draft_is_neither_reminded_of_nor_dunned() -> None:
    """A manager still writes on it."""
    assert reminders(draft(), (-7,), date(2030, 1, 1)) == 0
    assert dunning_level(draft(), RULES, date(2030, 1, 1)) == 0


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"dunning": (DunningStep(days=14), DunningStep(days=7))}, "dunning_order"),
        ({"dunning": (DunningStep(days=7), DunningStep(days=7))}, "dunning_order"),
        ({"dunning": (DunningStep(days=0),)}, "dunning_order"),
        ({"dunning": (DunningStep(days=7, fee_minor=-1),)}, "billing_negative"),
        ({"due_days": -1}, "billing_negative"),
        ({"remind_days": (-1,)}, "billing_negative"),
    ],
)
def test_terms_that_nobody_can_mean_are_refused(changes: dict[str, Any], refused: str) -> None:
    """A typing error in the terms would dun a whole house."""
    with pytest.raises(CoreError, match=refused):
        replace(RULES, **changes)
