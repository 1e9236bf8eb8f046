"""A lane's stays come to the office whole, whatever the wire does."""

from dataclasses import replace
from datetime import UTC, datetime
import random

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.order_sync import (
    Answer,
    Batch,
    Order,
    Received,
    Totals,
    next_batch,
    receive,
    totals_of,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Lane:
    """A lane that tells its stays, each change under a number of its own."""

    def __init__(self, origin: str = "lane.1") -> None:
        self.origin = origin
        self.stays: dict[StayId, Order] = {}
        self.changes = 0

    def change(self, number: int, amount: int, paid: int) -> None:
        """Let a stay begin, or come to something else."""
        self.changes += 1
        stay = StayId(f"st{number}")
        self.stays[stay] = Order(
            stay=stay,
            changed=self.changes,
            state="inside",
            kind="temporary",
            entered_at=NOON,
            amount_minor=amount,
            paid_minor=min(paid, amount),
        )

    def batch(self, after: int, most: int = 3) -> Batch:
        """Return what follows an acknowledgement."""
        changes = sorted(
            (one for one in self.stays.values() if one.changed > after),
            key=lambda one: one.changed,
        )
        totals = totals_of(self.stays.values())
        return next_batch(self.origin, changes, after, last=self.changes, totals=totals, most=most)


CHANGES = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 900), st.integers(0, 900)), max_size=30
)


@given(CHANGES, st.randoms(use_true_random=False))
def test_three_batches_of_ten_are_lost_and_the_totals_end_equal(
    changes: list[tuple[int, int, int]], chance: random.Random
) -> None:
    """The office would bill, and report, other stays than the lane saw."""
    lane, office, acknowledged = Lane(), Received(), 0
    late: list[Batch] = []
    for number, amount, paid in changes:
        lane.change(number, amount, paid)
        batch = lane.batch(acknowledged)
        late.append(batch)
        if chance.random() < 0.3:
            continue  # lost on the way
        for one in (batch, chance.choice(late), *([batch] if chance.random() < 0.3 else [])):
            office, answer = receive(office, one)
            if chance.random() < 0.7:
                acknowledged = answer.upto
    for _ in range(2 * len(changes) + 2):
        office, answer = receive(office, lane.batch(acknowledged))
        acknowledged = answer.upto
    assert dict(office.orders) == lane.stays
    assert (office.upto, answer.differs) == (lane.changes, False)


def test_a_batch_after_a_lost_one_is_not_taken() -> None:
    """A gap that nobody sees is a stay that nobody ever bills."""
    lane = Lane()
    for number in range(1, 5):
        lane.change(number, 100, 100)
    first = lane.batch(0, most=2)
    second = lane.batch(first.upto, most=2)
    office, answer = receive(Received(), second)
    assert (office.orders, answer) == ({}, Answer(upto=0))
    office, _ = receive(office, first)
    office, answer = receive(office, second)
    assert (len(office.orders), answer.upto) == (4, 4)


def test_the_same_batch_twice_changes_nothing() -> None:
    """A broker delivers at least once."""
    lane = Lane()
    lane.change(1, 100, 0)
    office, _ = receive(Received(), lane.batch(0))
    assert receive(office, lane.batch(0))[0] == office


def test_an_old_batch_that_comes_late_does_not_undo_a_newer_change() -> None:
    """What was paid meanwhile would be owed again."""
    lane = Lane()
    lane.change(1, 100, 0)
    old = lane.batch(0)
    lane.change(1, 100, 100)
    office, _ = receive(Received(), lane.batch(0))
    office, answer = receive(office, old)
    assert totals_of(office.orders.values()).paid_minor == 100
    assert answer.upto == 2


def test_other_totals_begin_it_anew() -> None:
    """An office that was restored from an old backup must notice, and catch up."""
    lane = Lane()
    lane.change(1, 100, 100)
    lane.change(2, 50, 50)
    whole, _ = receive(Received(), lane.batch(0))
    left = {key: one for key, one in whole.orders.items() if key != StayId("st1")}
    damaged = replace(whole, orders=left, totals=totals_of(left.values()))
    office, answer = receive(damaged, lane.batch(2))
    assert (office.orders, answer) == ({}, Answer(upto=0, differs=True))
    office, answer = receive(office, lane.batch(0))
    assert totals_of(office.orders.values()) == Totals(stays=2, amount_minor=150, paid_minor=150)


def test_a_lane_that_was_restored_tells_everything_anew() -> None:
    """Its changes are counted anew, and under a number that the office has seen stands another stay."""
    lane = Lane()
    for number in range(1, 4):
        lane.change(number, 100, 100)
    office, _ = receive(Received(), lane.batch(0))
    restored = Lane("lane.2")
    restored.change(1, 100, 0)
    office, answer = receive(office, restored.batch(3))
    assert (office.orders, answer) == ({}, Answer(upto=0))
    office, answer = receive(office, restored.batch(0))
    assert (list(office.orders), answer.upto) == ([StayId("st1")], 1)
