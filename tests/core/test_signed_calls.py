"""A terminal's call is good once, for as long as its time is good: also where its clock is ahead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.terminal import (
    WINDOW,
    Nonces,
    SignedCall,
    check_call,
    signature_of,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECRET = "a kiosk's key"


def call(at: datetime, number: int = 1) -> SignedCall:
    """A call as a terminal makes it whose clock says this."""
    bare = SignedCall(
        method="POST",
        path="/api/prepaid_parking/terminal/tm1",
        timestamp=str(int(at.timestamp())),
        nonce=f"nonce-{number:012}",
        signature="",
        body=b"{}",
    )
    return replace(bare, signature=signature_of(SECRET, bare))


def is_taken(nonces: Nonces, told: SignedCall, now: datetime) -> bool:
    """Whether a call is taken at an instant."""
    try:
        check_call(SECRET, told, nonces, now)
    except CoreError:
        return False
    return True


@pytest.mark.parametrize("ahead", [-WINDOW, timedelta(0), WINDOW])
def test_a_call_that_was_made_is_never_taken_again(ahead: timedelta) -> None:
    """A copied call would pay a wallet from nothing: as long as its time is good, it is remembered."""
    nonces, told = Nonces(), call(NOW + ahead)
    assert is_taken(nonces, told, NOW)
    for minute in range(1, 30):
        now = NOW + timedelta(seconds=30 * minute)
        assert is_taken(nonces, call(now, 1 + minute), now)
        assert not is_taken(nonces, told, now)


def test_what_is_remembered_is_forgotten_when_it_is_good_for_nothing() -> None:
    """A year of calls must not fill the hub's memory."""
    nonces = Nonces()
    for number in range(100):
        now = NOW + number * WINDOW
        assert is_taken(nonces, call(now, number), now)
    assert len(nonces.seen) <= 3


@pytest.mark.parametrize("beyond", [-WINDOW - timedelta(seconds=1), WINDOW + timedelta(seconds=1)])
def test_a_call_of_another_time_is_refused(beyond: timedelta) -> None:
    """What was recorded yesterday, or made for tomorrow, moves nothing."""
    assert not is_taken(Nonces(), call(NOW + beyond), NOW)
    assert is_taken(Nonces(), call(NOW + beyond / 2), NOW)
