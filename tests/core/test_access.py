"""Who may pass, and which reads of a camera are one car."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.prepaid_parking.core.access import (
    Admit,
    Arrival,
    Pass,
    Refusal,
    Refuse,
    decide,
    is_over,
    same_arrival,
    still_there,
)
from custom_components.prepaid_parking.core.identity import CardId, WalletId
from custom_components.prepaid_parking.core.wallet import Card, CardState, CredentialKind

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CARD = Card(
    id=CardId("c1"),
    no=1,
    wallet=WalletId("w1"),
    state=CardState.ACTIVE,
    issued_at=NOW - timedelta(days=30),
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW + timedelta(days=1),
    lanes=("l1", "l2"),
)
GOOD = Pass(
    kind=CredentialKind.PLATE,
    lane="l1",
    at=NOW,
    now=NOW,
    score=900,
    least_score=800,
    card=CARD,
    available_minor=500,
    fee_minor=500,
)


def test_a_card_in_order_is_admitted_for_its_fee() -> None:
    """Who has paid drives in."""
    assert decide(GOOD) == Admit(card=CARD, fee_minor=500)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (replace(GOOD, replayed=True), Refusal.REPLAYED),
        (replace(GOOD, at=NOW - 11 * SECOND), Refusal.TOO_OLD),
        (replace(GOOD, at=NOW + 61 * SECOND), Refusal.FROM_FUTURE),
        (replace(GOOD, score=799), Refusal.LOW_SCORE),
        (replace(GOOD, card=None), Refusal.UNKNOWN),
        (replace(GOOD, card=replace(CARD, state=CardState.BLOCKED)), Refusal.CARD_BLOCKED),
        (replace(GOOD, card=replace(CARD, valid_from=NOW + SECOND)), Refusal.NOT_YET_VALID),
        (replace(GOOD, card=replace(CARD, valid_until=NOW)), Refusal.EXPIRED),
        (replace(GOOD, lane="l3"), Refusal.OTHER_LANE),
        (replace(GOOD, wallet_open=False), Refusal.WALLET_CLOSED),
        (replace(GOOD, wallet_frozen=True), Refusal.WALLET_FROZEN),
        (replace(GOOD, available_minor=499), Refusal.NOT_ENOUGH_MONEY),
        # A read that cannot be trusted tells nobody which plates are registered.
        (replace(GOOD, replayed=True, card=None), Refusal.REPLAYED),
        (replace(GOOD, score=0, card=None), Refusal.LOW_SCORE),
    ],
)
def test_a_refusal_gives_the_first_reason_in_the_way(asked: Pass, reason: Refusal) -> None:
    """The driver at the gate must hear what to do about it."""
    outcome = decide(asked)
    assert isinstance(outcome, Refuse)
    assert outcome.reason is reason


@pytest.mark.parametrize(
    "asked",
    [
        replace(GOOD, at=NOW - 10 * SECOND),
        replace(GOOD, at=NOW + 60 * SECOND),
        replace(GOOD, card=replace(CARD, lanes=()), lane="l9"),
        replace(GOOD, card=replace(CARD, valid_from=None, valid_until=None)),
        replace(GOOD, fee_minor=0, available_minor=0, wallet_frozen=True),
    ],
)
def test_what_lies_just_inside_the_rules_is_admitted(asked: Pass) -> None:
    """A car park that refuses who may pass has a queue down the street."""
    assert isinstance(decide(asked), Admit)


def seen(plate: str, ago: float = 0, *, admitted: bool = True, event_id: str = "") -> Arrival:
    """A car answered a while ago."""
    return Arrival(
        plate=plate, at=NOW - timedelta(seconds=ago), event_id=event_id, admitted=admitted
    )


@pytest.mark.parametrize(
    ("before", "plate", "event_id", "known", "same"),
    [
        (seen("AB1234"), "AB1234", "", True, True),
        (seen("AB1234", 30), "AB1234", "", True, True),
        (seen("AB1234", 31), "AB1234", "", True, False),
        (seen("AB1234", -20), "AB1234", "", True, True),  # read times that come out of order
        (seen("AB1234", -3600), "AB1234", "", True, False),  # the clock was set back an hour
        # One sign replaced, missing, too many: a misread of the same car.
        (seen("AB1234", 20), "AB1284", "", False, True),
        (seen("AB1234", 20), "AB134", "", False, True),
        (seen("AB1234", 20), "AB12334", "", False, True),
        (seen("AB1234", 20), "AB1243", "", False, False),  # two signs off
        (seen("AB1234", 20), "XY1234", "", False, False),
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


@pytest.mark.parametrize(("ago", "over"), [(0, False), (90, False), (91, True), (-91, True)])
def test_arrivals_are_forgotten(ago: float, over: bool) -> None:
    """A clock set back must not shut out who has just passed."""
    assert is_over(seen("AB1234", ago), NOW) is over
