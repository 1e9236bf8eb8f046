"""Refunds as a rule: whatever is heard in whatever order, money goes once, and ends once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, OrderId, RefundId
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome, RefundSeen
from custom_components.prepaid_parking.core.pay_refund import (
    LADDER,
    ON_ITS_WAY,
    PayRefund,
    RefundState,
    RefundWay,
    after_look,
    allowed,
    asking,
    held,
    later,
    named,
    next_look,
    paid_by_bank,
    refused,
    rest_minor,
    taken_back,
    too_late,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANNA, BEN = (Actor(kind=ActorKind.USER, id=name) for name in ("anna", "ben"))


def refund(**changes: object) -> PayRefund:
    """A refund that was just asked for."""
    known = PayRefund(
        id=RefundId("rf1"),
        no=1,
        refund_no="R1",
        order=OrderId("po1"),
        out_no="O1",
        payment_ref="P1",
        channel="ch1",
        kind=Channel.WECHAT,
        amount_minor=100,
        total_minor=500,
        state=RefundState.REQUESTED,
        created_at=NOON,
        asked_by=str(ANNA),
    )
    return replace(known, **changes)  # type: ignore[arg-type]  # the names are the record's own


def seen(outcome: RefundOutcome, *, stuck: bool = False) -> RefundSeen:
    """What a provider says."""
    return RefundSeen(
        refund_no="R1", outcome=outcome, amount_minor=100, provider_ref="p1", stuck=stuck
    )


type Step = Callable[[PayRefund, datetime], PayRefund]

STEPS: dict[str, Step] = {
    "ask": asking,
    "silence": lambda one, now: after_look(one, None, now),
    "pending": lambda one, now: after_look(one, seen(RefundOutcome.PENDING), now),
    "stuck": lambda one, now: after_look(one, seen(RefundOutcome.PENDING, stuck=True), now),
    "missing": lambda one, now: after_look(one, seen(RefundOutcome.MISSING), now),
    "done": lambda one, now: after_look(one, seen(RefundOutcome.DONE), now),
    "failed": lambda one, now: after_look(one, seen(RefundOutcome.FAILED), now),
    "later": lambda one, now: later(one, now, "LATER"),
    "refused": lambda one, now: refused(one, now, "NO"),
    "name": lambda one, _: named(one, "subject", ANNA),
    "allow": lambda one, _: allowed(one, BEN),
    "paid": paid_by_bank,
    "take_back": taken_back,
}
OF_PEOPLE = frozenset({"name", "allow", "paid", "take_back"})
OF_THE_ASKER = frozenset({"ask", "later", "refused"})
"""Done by whoever is about to ask the provider: never once it is over, nor where a bank pays."""
LIVES = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from([0, 1, 61, 3600, 90_000])),
    max_size=20,
)


@given(LIVES)
def test_a_refund_ends_once_and_its_money_is_never_in_two_places(
    steps: list[tuple[str, int]],
) -> None:
    """Money that is back in a wallet and still comes to the payer is the site's loss, each time."""
    known, now = held(refund(), NOON), NOON
    ends: list[RefundState] = []
    asked = False
    for name, seconds in steps:
        now += timedelta(seconds=seconds)
        if name in OF_THE_ASKER and (not known.is_asked or (name != "ask" and not asked)):
            continue
        asked = asked or name == "ask"
        before = known
        try:
            known = STEPS[name](before, now)
        except CoreError:
            assert name in OF_PEOPLE
            continue
        if known.state is not before.state and known.state.over:
            ends.append(known.state)
        if before.state is RefundState.FAILED:
            assert known == before  # Its money is in the wallet: nothing brings it out again.
        if known.state.over:
            assert (known.stuck, known.next_at) == (False, None)
        elif known.is_asked:
            assert known.next_at is not None  # Else nobody would ever ask again.
        if known.way is RefundWay.BANK and known.state is RefundState.DONE:
            assert known.allowed_by
        assert (known.id, known.refund_no, known.amount_minor) == ("rf1", "R1", 100)
    assert ends in (
        [],
        [RefundState.DONE],
        [RefundState.FAILED],
        [RefundState.DONE, RefundState.FAILED],
    )


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from(RefundState)), max_size=8))
def test_no_row_of_refunds_is_more_than_was_paid(asked: list[tuple[int, RefundState]]) -> None:
    """Whoever is asked twice for the same money pays it twice."""
    taken: list[PayRefund] = []
    for amount, state in asked:
        if amount <= rest_minor(500, taken):
            taken.append(refund(amount_minor=amount, state=state))
    counted = [one.amount_minor for one in taken if one.state is not RefundState.FAILED]
    assert sum(counted) <= 500
    assert rest_minor(500, taken) == 500 - sum(counted)


def test_what_is_done_may_still_come_back_and_what_failed_does_not() -> None:
    """A bank refuses weeks later; a provider that repeats itself must not pay once more."""
    gone = after_look(held(refund(), NOON), seen(RefundOutcome.DONE), NOON)
    back = after_look(gone, seen(RefundOutcome.FAILED), NOON)
    assert (gone.state, back.state) == (RefundState.DONE, RefundState.FAILED)
    for outcome in RefundOutcome:
        assert after_look(back, seen(outcome), NOON) == back


def test_a_question_that_may_still_arrive_lets_no_money_go() -> None:
    """The first question is in some queue: to give the money back now would be to pay it twice."""
    asked = asking(held(refund(), NOON), NOON)
    soon = refused(asked, NOON + ON_ITS_WAY - timedelta(seconds=1), "NO")
    assert (soon.state, soon.fault) == (RefundState.SENT, "NO")
    assert refused(asked, NOON + ON_ITS_WAY, "NO").state is RefundState.FAILED
    certain = after_look(asked, seen(RefundOutcome.PENDING), NOON)
    assert refused(certain, NOON, "NO").state is RefundState.FAILED


def test_two_persons_send_money_to_a_bank() -> None:
    """Whoever names an account is not the one who allows it, and no automation is a person."""
    stuck = replace(held(refund(), NOON), stuck=True)
    with pytest.raises(CoreError, match="refund_not_stuck"):
        named(held(refund(), NOON), "subject", ANNA)
    to_bank = named(stuck, "subject", ANNA)
    for nobody in (ANNA, Actor(kind=ActorKind.AUTOMATION, id="a1")):
        with pytest.raises(CoreError, match="refund_same_person"):
            allowed(to_bank, nobody)
    with pytest.raises(CoreError, match="refund_not_allowed"):
        paid_by_bank(to_bank, NOON)
    twice = allowed(to_bank, BEN)
    with pytest.raises(CoreError, match="refund_nothing_to_allow"):
        allowed(twice, BEN)
    with pytest.raises(CoreError, match="refund_allowed_already"):
        named(twice, "another", ANNA)
    assert paid_by_bank(twice, NOON).state is RefundState.DONE


def test_nothing_is_taken_back_that_a_provider_may_have_heard_of() -> None:
    """The payer gets it, and the wallet has it as well."""
    waiting = held(refund(), NOON)
    assert taken_back(waiting, NOON).state is RefundState.FAILED
    for known in (asking(waiting, NOON), replace(waiting, unsure=True)):
        with pytest.raises(CoreError, match="refund_on_its_way"):
            taken_back(known, NOON)


def test_looks_become_rarer_and_never_stop() -> None:
    """A bank takes a week: whoever gives up after a day leaves somebody's money in the air."""
    known, pauses = held(refund(), NOON), list[timedelta]()
    for _ in range(10):
        pauses.append(next_look(known, NOON) - NOON)
        known = after_look(known, None, NOON)
    assert pauses == [*LADDER, *[LADDER[-1]] * 4]


def test_a_provider_has_its_time() -> None:
    """Asked on its last day it refunds; after that only a bank account is left."""
    assert too_late(Channel.STRIPE, NOON, NOON + timedelta(days=180, seconds=-1)) is None
    assert too_late(Channel.STRIPE, NOON, NOON + timedelta(days=180)) == timedelta(days=180)
    assert too_late(Channel.CASH, NOON, NOON + timedelta(days=9999)) is None
