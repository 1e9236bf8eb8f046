"""Which reads of a camera are one car."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import (
    Arrival,
    gone,
    is_over,
    same_arrival,
    still_there,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seen(plate: str, ago: float = 0, *, admitted: bool = True, **fields: Any) -> Arrival:
    """A car answered a while ago."""
    return Arrival(plate=plate, at=NOW - timedelta(seconds=ago), admitted=admitted, **fields)


@pytest.mark.parametrize(
    ("before", "plate", "event_id", "known", "same"),
    [
        (seen("AB1234"), "AB1234", "", True, True),
        (seen("AB1234", 30), "AB1234", "", True, True),
        (seen("AB1234", 31), "AB1234", "", True, False),
        (seen("AB1234", -20), "AB1234", "", True, True),  # read times that come out of order
        (seen("AB1234", -3600), "AB1234", "", True, False),  # the clock was set back an hour
        # One sign replaced, missing, too many: a misread of the same car.
        (seen("AB1234", 5), "AB1284", "", False, True),
        (seen("AB1234", 5), "AB134", "", False, True),
        (seen("AB1234", 5), "AB12334", "", False, True),
        (seen("AB1234", 5), "AB1243", "", False, False),  # two signs off
        (seen("AB1234", 5), "XY1234", "", False, False),
        (seen("AB1234", 29, admitted=False), "AB1284", "", False, True),
        # A car that was let in has passed after moments, or when the loops say so: this is the next one.
        (seen("AB1234", 6), "AB1284", "", False, False),
        (seen("AB1234", 30, watched=True), "AB1284", "", False, True),
        (seen("AB1234", 4, watched=True, gone_at=NOW - SECOND), "AB1284", "", False, False),
        (seen("AB1234", 4, watched=True, gone_at=NOW), "AB1284", "", False, True),
        (seen("AB1234", 4, watched=True, gone_at=NOW - SECOND), "AB1234", "", False, True),
        (seen("AB1234", 20, event_id="e1"), "XY9999", "e1", False, True),
        (seen("AB1234", 20, event_id="e1"), "XY9999", "e2", False, False),
        # The neighbour of a fleet, registered itself: a misread only within moments.
        (seen("AB1234", 5), "AB1235", "", True, True),
        (seen("AB1234", 6), "AB1235", "", True, False),
        # The right reading after a refused misread is answered at once.
        (seen("AB1284", 1, admitted=False), "AB1234", "", True, False),
        (seen("AB1284", 1, admitted=False, event_id="e1"), "AB1234", "e1", True, False),
        # Refused for want of money: asked again a moment later, not with every frame.
        (seen("AB1234", 5, admitted=False), "AB1234", "", True, True),
        (seen("AB1234", 6, admitted=False), "AB1234", "", True, False),
        (seen("AB1234", 29, admitted=False), "AB1234", "", False, True),
    ],
)
def test_which_reads_are_one_car(
    before: Arrival, plate: str, event_id: str, known: bool, same: bool
) -> None:
    """One car pays once, and the next one is not taken for it."""
    found = same_arrival([before], plate, NOW, event_id, known=known)
    assert (found is before) is same


def test_a_car_that_waits_stays_one_car() -> None:
    """A car that stands at the barrier for minutes, read every second, must not pay every half minute."""
    car = seen("AB1234")
    for second in range(300):
        at = NOW + second * SECOND
        assert same_arrival([car], "AB1234", at, known=True) is car
        car = still_there(car, "AB1234", at)
    assert same_arrival([car], "AB1234", NOW + 330 * SECOND, known=True) is None


def test_only_its_own_plate_carries_an_arrival_on() -> None:
    """The next car of a fleet, one digit off, must not count as the one before it for ever."""
    car = seen("AB1234")
    assert still_there(car, "AB1235", NOW + SECOND) is car
    refused = seen("AB1234", admitted=False)
    assert still_there(refused, "AB1234", NOW + SECOND) is refused


def test_only_who_was_let_in_has_passed() -> None:
    """A refused car stands there still: its misread must not be taken for the next one."""
    cars = [seen("AB1234"), seen("XY9999", admitted=False)]
    passed, refused = gone(cars, NOW + SECOND)
    assert (passed.gone_at, refused) == (NOW + SECOND, cars[1])
    assert gone([passed], NOW + 9 * SECOND) == [passed]


@pytest.mark.parametrize(("ago", "over"), [(0, False), (90, False), (91, True), (-91, True)])
def test_arrivals_are_forgotten(ago: float, over: bool) -> None:
    """A clock set back must not shut out who has just passed."""
    assert is_over(seen("AB1234", ago), NOW) is over
