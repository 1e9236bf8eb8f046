"""Months are closed in their order, when they are over, and stay closed."""

from datetime import date

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.months import check_closable, check_open, month_of

TODAY = date(2026, 7, 1)


def test_nothing_is_dated_back_into_a_closed_month() -> None:
    """The accountant has handed June in: it must be tomorrow what it was today."""
    for day in (date(2026, 6, 30), date(2026, 1, 1), date(2025, 12, 31)):
        with pytest.raises(CoreError, match="month_closed"):
            check_open(day, "2026-06")
    check_open(date(2026, 7, 1), "2026-06")
    check_open(date(1999, 1, 1), "")


@pytest.mark.parametrize(
    ("month", "closed", "refused"),
    [
        ("2026-07", "", "month_not_over"),
        ("2026-08", "", "month_not_over"),
        ("2026-05", "2026-05", "month_closed"),
        ("2026-04", "2026-05", "month_closed"),
        ("2026-13", "", "not_a_month"),
        ("2026-00", "", "not_a_month"),
        ("26-06", "", "not_a_month"),
        ("2026-6", "", "not_a_month"),
        ("summer!", "", "not_a_month"),
    ],
)
def test_only_a_month_that_is_over_and_open_is_closed(
    month: str, closed: str, refused: str
) -> None:
    """A month closed too early would send its last days to the next one."""
    with pytest.raises(CoreError, match=refused):
        check_closable(month, closed, TODAY)


def test_the_month_that_ended_yesterday_can_be_closed() -> None:
    """On the first of July June is closed, with those before it."""
    check_closable("2026-06", "2026-01", TODAY)
    assert month_of(TODAY) == "2026-07"
