"""What cannot be written down wrong."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    Actor,
    ActorKind,
    InstallationId,
    MeterId,
    energy_event,
    installation_id,
    number_of,
)
from custom_components.prepaid_parking.core.ledger import AccountId, Act, CursorMove, Posting

AT = datetime(2026, 7, 1, tzinfo=UTC)
accounts = st.integers(1, 2**40).map(AccountId)


@given(st.lists(st.tuples(accounts, accounts, st.integers(1, 10**15)), max_size=20))
def test_no_set_of_postings_makes_or_loses_money(
    legs: list[tuple[AccountId, AccountId, int]],
) -> None:
    """Whatever is posted, all accounts together stay at zero."""
    sums: dict[AccountId, int] = {}
    for source, target, amount in legs:
        if source == target:
            with pytest.raises(CoreError, match="posting_to_itself"):
                Posting(source=source, target=target, amount_minor=amount)
            continue
        posting = Posting(source=source, target=target, amount_minor=amount)
        sums[posting.source] = sums.get(posting.source, 0) - posting.amount_minor
        sums[posting.target] = sums.get(posting.target, 0) + posting.amount_minor
    assert sum(sums.values()) == 0


@given(st.integers(max_value=0))
def test_a_posting_of_nothing_or_less_is_refused(amount: int) -> None:
    """A negative top-up would be a way to take money out without any of the rules for it."""
    with pytest.raises(CoreError, match="amount_not_positive"):
        Posting(source=AccountId(1), target=AccountId(257), amount_minor=amount)


def test_what_is_written_down_cannot_be_changed() -> None:
    """Two places that hold the same act must not see two amounts."""
    posting = Posting(source=AccountId(1), target=AccountId(257), amount_minor=5)
    with pytest.raises(FrozenInstanceError):
        posting.amount_minor = 6  # type: ignore[misc]  # the point of the test
    act = Act(kind=EntryKind.TOP_UP, event="e", occurred=AT, actor=SYSTEM, postings=(posting,))
    with pytest.raises(FrozenInstanceError):
        act.postings = ()  # type: ignore[misc]  # the point of the test


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_a_cursor_never_moves_back(start: int, end: int) -> None:
    """Energy once charged would be charged again."""
    if end < start:
        with pytest.raises(CoreError, match="cursor_backwards"):
            move(start, end)
    else:
        assert move(start, end).to_register == end


def move(start: int, end: int) -> CursorMove:
    """Return a move of the one meter's cursor."""
    return CursorMove(
        installation=InstallationId("m1.1"),
        from_register=start,
        to_register=end,
        to_at=AT,
        carry=0,
    )


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (Actor(kind=ActorKind.USER, id="0123"), "user:0123"),
        (Actor(kind=ActorKind.AUTOMATION), "automation"),
        (SYSTEM, "system"),
    ],
)
def test_an_actor_is_written_down_one_way(actor: Actor, text: str) -> None:
    """An auditor searches for it."""
    assert str(actor) == text


@given(st.integers(1, 10**9))
def test_the_number_of_a_thing_is_in_its_id(number: int) -> None:
    """A wallet's account is made from it."""
    assert number_of(f"w{number}") == number_of(f"st{number}") == number
    assert number_of("w") == number_of("") == number_of("w1x") == number_of("w-1") == 0
    assert number_of("7") == number_of("W7") == 0


def test_a_charge_is_named_by_what_it_charges() -> None:
    """Then the same stretch can only ever be one entry."""
    assert installation_id(MeterId("m7"), 2) == "m7.2"
    assert energy_event(InstallationId("m7.2"), -5, 100) == "energy/m7.2/-5-100"
