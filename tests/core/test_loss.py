"""What lies between two readings of a meter, whatever happened to it in between."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.identity import MeterId, installation_id
from custom_components.prepaid_parking.core.loss import Loss, Mark, Metered, counted, first_from
from custom_components.prepaid_parking.core.metering import Installation

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
METER = MeterId("m1")


def mark(register: int, hour: int = 0, number: int = 1) -> Mark:
    """What the meter showed."""
    return Mark(
        meter=METER,
        at=NOON + hour * HOUR,
        installation=installation_id(METER, number),
        register=register,
    )


def installations(*stretches: tuple[int, int | None]) -> dict[object, Installation]:
    """Installations from where to where each counted."""
    return {
        one.id: one
        for number, (begin, end) in enumerate(stretches, 1)
        for one in (
            Installation(
                id=installation_id(METER, number),
                meter=METER,
                number=number,
                serial=str(number),
                ratio=None,
                from_register=begin,
                from_at=NOON,
                to_register=end,
            ),
        )
    }


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**6)), min_size=1))
def test_swaps_and_rollovers_lose_nothing(stretches: list[tuple[int, int]]) -> None:
    """A main meter that was swapped twice in July still says what July was."""
    known = installations(*((begin, begin + used) for begin, used in stretches))
    first, last = stretches[0], stretches[-1]
    begin, end = mark(first[0]), mark(sum(last), 1, number=len(stretches))
    assert counted(known, begin, end) == sum(used for _, used in stretches)  # type: ignore[arg-type]


def test_an_end_that_nobody_saw_is_not_made_up() -> None:
    """A meter that was thrown away unread: the report says so instead of a number."""
    known = installations((0, None), (0, 5))
    assert counted(known, mark(3), mark(5, 1, number=2)) is None  # type: ignore[arg-type]


def test_a_period_begins_with_the_first_reading_in_it() -> None:
    """Nothing is interpolated to midnight: the reading that is there is taken, and named."""
    marks = [mark(0, 0), mark(5, 10), mark(9, 20)]
    assert first_from(marks, NOON + 3 * HOUR) == marks[1]
    assert first_from(marks, NOON + 10 * HOUR) == marks[1]
    assert first_from(marks, NOON + 21 * HOUR) is None


def test_three_of_a_hundred_are_three_percent() -> None:
    """What the manager reads, in millionths."""

    def metered(quantity: int) -> Metered:
        return Metered(meter=METER, begin=mark(0), end=mark(quantity, 1), quantity=quantity)

    loss = Loss(main=metered(100), subs=(metered(60), metered(37)))
    assert (loss.quantity, loss.part_micro) == (3, 30_000)
    assert Loss(main=metered(0), subs=(metered(0),)).part_micro == 0
    assert Loss(main=metered(100), subs=(metered(110),)).part_micro == -100_000
