"""Invoices of top-ups: numbers without a gap or a double, states, and the tax that an amount contains."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import next_in, series_of, written
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import EntryId, WalletId
from custom_components.prepaid_parking.core.invoice import (
    Invoice,
    InvoiceMaker,
    InvoiceState,
    InvoiceStep,
    check_outside,
    contained,
    invoice_id,
    issued,
    over,
    series_of_invoices,
    step_of,
    voided,
)
from custom_components.prepaid_parking.core.kept import (
    CameBack,
    CameIn,
    Move,
    TopUpMoney,
    WentBack,
    kept,
)

NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
TODAY: Final = date(2026, 7, 1)
ASKED: Final = Invoice(
    id=invoice_id("topup/cash/1", 0),
    top_up="topup/cash/1",
    wallet=WalletId("w1"),
    category=Category.UTILITY,
    paid_at=NOW,
    maker=InvoiceMaker.SITE,
    amount_minor=10_000,
    tax_minor=0,
    tax_bp=600,
    requested_at=NOW,
)
ISSUED: Final = issued(ASKED, "I2026-000001", TODAY)


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_the_tax_is_the_nearest_to_what_the_amount_contains(amount: int, tax_bp: int) -> None:
    """A cent too much is paid to the tax office by the site, a cent too little is a fine."""
    exact = Fraction(amount * tax_bp, 10_000 + tax_bp)
    assert abs(contained(amount, tax_bp) - exact) <= Fraction(1, 2)
    assert 0 <= contained(amount, tax_bp) <= amount


def test_a_hundred_yuan_at_six_percent_contain_five_sixty_six() -> None:
    """100.00 / 1.06 x 0.06, as a tax office's form has it; and 13 % hold 13/113."""
    assert contained(10_000, 600) == 566
    assert contained(11_300, 1_300) == 1_300


@given(st.integers(1, 10**12), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10_000))
def test_an_invoice_says_all_that_was_paid_and_never_more_tax_than_that(
    credited: int, fee: int, tax: int, tax_bp: int
) -> None:
    """A fee beside the top-up is on the paper, with the tax that was booked of it."""
    money = TopUpMoney(credited_minor=credited, fee_minor=fee, fee_tax_minor=tax)
    said = over(replace(ASKED, tax_bp=tax_bp), money)
    assert said.amount_minor == credited + fee + tax
    assert said.tax_minor == contained(credited, tax_bp) + tax <= said.amount_minor
    assert (said.fee_minor, said.fee_tax_minor) == (fee + tax, tax)


def test_an_invoice_of_nothing_is_none() -> None:
    """Of money that has gone back nobody may claim tax."""
    with pytest.raises(CoreError, match="invoice_nothing_left"):
        over(ASKED, TopUpMoney())


@given(st.lists(st.booleans(), max_size=30))
def test_numbers_have_no_gap_and_no_double_in_any_order(notes: list[bool]) -> None:
    """A hole in the series is the first thing that an auditor asks about."""
    last = {False: 0, True: 0}
    given_out: list[str] = []
    for note in notes:
        series = series_of(TODAY, credit_note=True) if note else series_of_invoices(TODAY)
        move = next_in(series, last[note], NOW)
        assert move.to_register == move.from_register + 1
        last[note] = move.to_register
        given_out.append(written(series, move.to_register))
    assert len(set(given_out)) == len(given_out) == sum(last.values())
    for note, begin in ((False, "I2026"), (True, "C2026")):
        mine = [number for number in given_out if number.startswith(begin)]
        assert mine == [f"{begin}-{place:06}" for place in range(1, last[note] + 1)]


def test_invoices_bills_and_credit_notes_are_never_called_the_same() -> None:
    """Two papers under one number cannot both be true."""
    series = {series_of_invoices(TODAY), series_of(TODAY), series_of(TODAY, credit_note=True)}
    assert len(series) == 3


@given(st.lists(st.sampled_from(["issue", "void", "withdraw"]), max_size=6))
def test_an_invoice_goes_one_way_and_never_back(steps: list[str]) -> None:
    """What was handed to a buyer is never made unsaid, and has one number for ever."""
    order = list(InvoiceState)
    invoice = ASKED
    for step in steps:
        before = invoice
        try:
            match step:
                case "issue":
                    invoice = issued(invoice, "I2026-000001", TODAY, buyer="p1")
                case "void":
                    invoice = voided(invoice, NOW, "wrong", note="C2026-000001")
                case _:
                    invoice = voided(invoice, NOW, "not wanted")
        except CoreError:
            continue
        assert order.index(invoice.state) > order.index(before.state)
        assert invoice.number == (before.number or ("I2026-000001" if step == "issue" else ""))
        assert bool(invoice.credit_note) is (step == "void")
        assert not invoice.credit_note or invoice.number


@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        (lambda: issued(ISSUED, "I2026-000002", TODAY), "invoice_already_issued"),
        (lambda: voided(ISSUED, NOW, "wrong"), "invoice_needs_note"),
        (lambda: voided(ASKED, NOW, "wrong", note="C2026-000001"), "invoice_not_issued"),
        (lambda: issued(voided(ASKED, NOW, ""), "I2026-000001", TODAY), "invoice_is_void"),
        (lambda: voided(voided(ASKED, NOW, ""), NOW, ""), "invoice_is_void"),
    ],
    ids=("number twice", "no note", "note of nothing", "void to issued", "void twice"),
)
def test_what_cannot_be_done_is_refused(attempt: Callable[[], Invoice], refusal: str) -> None:
    """A second number, a note for nothing, an invoice out of one that is void."""
    with pytest.raises(CoreError, match=refusal):
        attempt()


def test_whoever_keeps_the_books_is_told_what_to_do() -> None:
    """Money that went back after the paper did is tax that nobody owes."""
    assert step_of(ASKED, 10_000) is InvoiceStep.ISSUE
    assert step_of(ASKED, 9_999) is InvoiceStep.WITHDRAW
    assert step_of(ISSUED, 10_000) is None
    assert step_of(ISSUED, 9_999) is InvoiceStep.CREDIT_NOTE
    assert step_of(voided(ISSUED, NOW, "", note="C2026-000001"), 0) is None


@pytest.mark.parametrize(
    ("number", "link", "refusal"),
    [
        ("", "", "invoice_needs_number"),
        ("9" * 65, "", "invoice_number_too_long"),
        ("1", "javascript:alert(1)", "invoice_link"),
        ("1", "https://", "invoice_link"),
        ("1", "https://example.org/a b", "invoice_link"),
        ("1", "https://example.org/" + "a" * 500, "invoice_link"),
    ],
)
def test_a_number_or_a_link_that_no_service_gives_is_refused(
    number: str, link: str, refusal: str
) -> None:
    """A link on a page that runs something is pressed by an admin."""
    check_outside("26312000000123456789", "https://example.org/26312?a=1")
    with pytest.raises(CoreError, match=refusal):
        check_outside(number, link)


def test_an_invoice_that_was_taken_back_makes_room_for_another() -> None:
    """Made out to the wrong buyer, it is voided, and the right one has a name of its own."""
    assert invoice_id("topup/cash/1", 0) == ASKED.id != invoice_id("topup/cash/1", 1)
    assert invoice_id("topup/cash/11", 0) != invoice_id("topup/cash/1", 1)


# --- what is still there of top-ups ---


def top_up(event: str, minor: int, fee: int = 0) -> CameIn:
    """Put money in."""
    return CameIn(event=event, money=TopUpMoney(credited_minor=minor, fee_minor=fee))


def gone(entry: int, minor: int, of: str = "", fee: int = 0) -> WentBack:
    """Take money out."""
    fees = ((of, TopUpMoney(fee_minor=fee)),) if fee else ()
    return WentBack(entry=EntryId(entry), credited_minor=minor, of=of, fees=fees)


def whole(moves: list[Move]) -> dict[str, int]:
    """Tell what is left of each top-up."""
    return {event: money.whole_minor for event, money in kept(moves).items()}


def test_a_refund_is_of_the_newest_top_up_first() -> None:
    """As refunds themselves go: whoever asks tomorrow for yesterday's invoice still gets it."""
    moves: list[Move] = [top_up("a", 100), top_up("b", 50), gone(3, 70)]
    assert whole(moves) == {"a": 80, "b": 0}


def test_a_refund_that_names_its_payment_is_of_that_one() -> None:
    """An order that is refunded is told by its provider; the money of others has nothing to do with it."""
    moves: list[Move] = [top_up("a", 100), top_up("b", 50), gone(3, 70, of="a")]
    assert whole(moves) == {"a": 30, "b": 50}
    assert whole([*moves, gone(4, 10, of="of old times")]) == {"a": 30, "b": 50}


def test_what_comes_back_is_there_again() -> None:
    """A refund that failed at the bank leaves the first invoice as right as it was."""
    moves: list[Move] = [top_up("a", 100), top_up("b", 50), gone(3, 70)]
    assert whole([*moves, CameBack(entry=EntryId(3))]) == {"a": 100, "b": 50}
    assert whole([*moves, CameBack(entry=EntryId(9))]) == {"a": 80, "b": 0}


def test_a_fee_goes_back_by_its_own_rule() -> None:
    """One that is kept stays on the paper, one that went back does not."""
    assert whole([top_up("a", 100, fee=2), gone(2, 100, of="a")]) == {"a": 2}
    assert whole([top_up("a", 100, fee=2), gone(2, 100, of="a", fee=2)]) == {"a": 0}


MOVES: Final = st.lists(
    st.tuples(st.sampled_from(["in", "out", "named", "back"]), st.integers(1, 200)), max_size=25
)


def story(drawn: list[tuple[str, int]]) -> list[Move]:
    """Make a wallet's life of what was drawn; entries are numbered by their place."""
    moves: list[Move] = []
    for place, (kind, much) in enumerate(drawn):
        match kind:
            case "in":
                moves.append(top_up(f"t{place}", much))
            case "out":
                moves.append(gone(place, much))
            case "named":
                moves.append(gone(place, much, of=f"t{much % (place + 1)}"))
            case _:
                moves.append(CameBack(entry=EntryId(much % (place + 1))))
    return moves


@given(MOVES, st.integers(0, 25))
def test_what_came_before_a_top_up_changes_nothing_of_it(
    drawn: list[tuple[str, int]], begin: int
) -> None:
    """An invoice is looked at from its top-up on; a year before that must not be read for each."""
    moves = story(drawn)
    late = whole(moves[begin:])
    early = whole(moves)
    assert late == {event: early[event] for event in late}


@given(MOVES)
def test_no_more_is_left_than_came_and_no_less_than_nothing(drawn: list[tuple[str, int]]) -> None:
    """An invoice over more than was paid is a fraud, one below nothing is no invoice."""
    moves = story(drawn)
    came = {move.event: move.money.whole_minor for move in moves if isinstance(move, CameIn)}
    left = whole(moves)
    assert left.keys() == came.keys()
    assert all(0 <= left[event] <= came[event] for event in came)
    out = sum(move.credited_minor for move in moves if isinstance(move, WentBack))
    assert sum(left.values()) >= sum(came.values()) - out
