"""The rules of the desk alone: drawers, receipts, commissions, and where the law wants a register."""

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.agent import MILLION, Agent, check_rate, settled, sold
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt, voided
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.fiscal import (
    REGISTERS,
    cash_barred,
    register_asked_for,
)
from custom_components.prepaid_parking.core.identity import AgentId, ShiftId, TillId
from custom_components.prepaid_parking.core.shift import Shift, counted, delivered, moved, shut

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
SHIFT = Shift(
    id=ShiftId("sh1"),
    no=1,
    till=TillId("ti1"),
    cashier="user:a",
    opened_at=AT,
    opened_minor=10_000,
)
AGENT = Agent(id=AgentId("ag1"), no=1, name="Shop", rate_micro=12_345, float_minor=1_000_000)


@given(st.lists(st.integers(-1_000_000, 1_000_000)))
def test_a_drawer_holds_the_float_and_every_movement(amounts: list[int]) -> None:
    """The sum on the screen is what the cashier signs for."""
    shift = SHIFT
    for amount in amounts:
        shift = moved(shift, cash_minor=amount)
    assert shift.expected_minor == 10_000 + sum(amounts)
    assert shift.taken_minor - shift.paid_minor == sum(amounts)
    assert min(shift.taken_minor, shift.paid_minor) >= 0


def test_cards_lie_in_no_drawer_and_leave_a_count_valid() -> None:
    """Who paid by card has put nothing into the drawer that was just counted."""
    shift = moved(counted(SHIFT, 10_000, AT), cards_minor=500, transfers_minor=70)
    assert (shift.expected_minor, shift.counted_minor) == (10_000, 10_000)


def test_nothing_happens_to_a_closed_shift() -> None:
    """It was signed."""
    closed = shut(counted(SHIFT, 10_000, AT), by="user:a", reason="", at=AT)
    changes: tuple[Callable[[], Shift], ...] = (
        lambda: moved(closed, cash_minor=1),
        lambda: counted(closed, 1, AT),
        lambda: delivered(closed, 1),
        lambda: shut(closed, by="user:b", reason="", at=AT),
    )
    for change in changes:
        with pytest.raises(CoreError, match="shift_closed"):
            change()


def test_a_receipt_is_voided_once() -> None:
    """A second void would be a second note out of the drawer."""
    receipt = DeskReceipt(
        no=1,
        at=AT,
        kind="top_up",
        event="e",
        channel=Channel.CASH,
        amount_minor=1,
        actor="user:a",
    )
    void = voided(receipt, by="user:b", reason="typo", at=AT)
    with pytest.raises(CoreError, match="receipt_void"):
        voided(void, by="user:b", reason="typo", at=AT)


@given(st.lists(st.integers(1, 5_000), max_size=30), st.integers(0, 30))
def test_a_commission_is_the_same_however_often_it_is_settled(sales: list[int], cut: int) -> None:
    """Who settles each day must not earn less than who settles each month."""
    often = once = AGENT
    for place, amount in enumerate(sales):
        often, once = sold(often, amount), sold(once, amount)
        if place % (cut + 1) == 0 and often.due_minor:
            often = settled(often, into_float=False, at=AT)
    for_all = sum(sales) * AGENT.rate_micro
    assert often.settled_minor * MILLION + often.earned_micro == for_all
    assert once.earned_micro == for_all
    assert often.earned_micro >= 0


def test_a_commission_is_a_part() -> None:
    """More than the whole would be money out of nothing."""
    for rate in (-1, MILLION + 1):
        with pytest.raises(CoreError, match="agent_rate_out_of_range"):
            check_rate(rate)
    assert check_rate(MILLION) == MILLION


def test_cash_is_barred_where_a_register_is_asked_for_and_none_is_used() -> None:
    """A site in Vienna would be fined for each note; one in Shanghai must not notice any of it."""
    assert cash_barred("DE", register_beside=False) == "DE"
    assert cash_barred("at", register_beside=False) == "AT"
    assert cash_barred("DE", register_beside=True) == ""
    for free in ("CN", "US", "GB", "CZ", "BE", "", None):
        assert cash_barred(free, register_beside=False) == ""
        assert register_asked_for(free) == ""
    for code, register in REGISTERS.items():
        assert len(code) == 2
        assert code.isupper()
        assert register_asked_for(code.lower()) == register != ""
