"""Tokens for meters without a link: exactly those that the published examples and meters expect."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.openpaygo import (
    MOST_COUNT,
    MOST_EXTENDED,
    MOST_VALUE,
    TokenType,
    make_token,
    next_count,
    siphash,
    starting_code_of,
)

PUBLISHED = [
    json.loads(line)
    for line in (Path(__file__).parent / "openpaygo" / "published.jsonl").read_text().splitlines()
]
"""The examples of the OpenPAYGO project (MIT), for every kind of token."""
KINDS = {
    "ADD_TIME": TokenType.ADD,
    "SET_TIME": TokenType.SET,
    "DISABLE_PAYG": TokenType.UNLOCK,
    "COUNTER_SYNC": TokenType.SYNC,
}
KEY = bytes.fromhex("bc41ec9530f6dac86b1a29ab82edc5fb")


@pytest.mark.parametrize("example", PUBLISHED, ids=lambda one: str(one["token"]))
def test_a_published_example_comes_out(example: dict[str, Any]) -> None:
    """A token that is one digit off is money for nothing: the meter refuses it."""
    assert make_token(
        bytes.fromhex(example["key"]),
        example["starting_code"],
        example["count"],
        KINDS[example["token_type"]],
        example["value_raw"] or 0,
        extended=example["extended_token"],
        restricted=example["restricted_digit_set"],
    ) == (example["new_count"], example["token"])


def test_all_published_examples_are_looked_at() -> None:
    """An empty file of examples would prove nothing."""
    assert len(PUBLISHED) == 80


def test_the_hash_is_the_published_one() -> None:
    """The vectors of the paper on SipHash-2-4: key 00…0f, messages of no byte and of fifteen."""
    key = bytes(range(16))
    assert siphash(key, b"") == 0x726FDB47DD0E0E31
    assert siphash(key, bytes(range(15))) == 0xA129CA6149BE45E5


def test_a_meter_without_a_starting_code_has_one_of_its_key() -> None:
    """What the project's own library makes of this key."""
    assert starting_code_of(KEY) == 901_467_777


@given(st.integers(0, 10_000), st.sampled_from(TokenType))
def test_counters_go_forward_and_tell_the_kind(count: int, kind: TokenType) -> None:
    """A counter that stays would be a token that was used; a wrong parity another kind of token."""
    after = next_count(count, kind)
    assert count < after <= count + 2
    assert after % 2 == (0 if kind is TokenType.ADD else 1)


@given(
    st.lists(st.integers(1, MOST_VALUE), min_size=2, max_size=20),
    st.booleans(),
    st.booleans(),
)
def test_each_token_of_a_meter_is_another(
    values: list[int], extended: bool, restricted: bool
) -> None:
    """Two sales must never come out as one token, which the meter takes once."""
    count, made = 1, []
    for value in values:
        count, digits = make_token(
            KEY, 5, count, TokenType.ADD, value, extended=extended, restricted=restricted
        )
        made.append(digits)
    assert len(set(made)) == len(made)
    length = {(False, False): 9, (False, True): 15, (True, False): 12, (True, True): 20}
    assert {len(one) for one in made} == {length[extended, restricted]}
    if restricted:
        assert set("".join(made)) <= set("1234")


@pytest.mark.parametrize(
    ("value", "extended"), [(0, False), (-1, False), (996, False), (0, True), (1_000_000, True)]
)
def test_a_value_that_no_token_can_say_is_refused(value: int, extended: bool) -> None:
    """996 and more mean something else to a meter: it might let through for ever."""
    most = MOST_EXTENDED if extended else MOST_VALUE
    with pytest.raises(CoreError, match="token_value_out_of_range") as refused:
        make_token(KEY, 5, 1, TokenType.ADD, value, extended=extended)
    assert refused.value.placeholders["most"] == str(most)


def test_a_counter_at_its_end_is_refused_before_it_costs_anything() -> None:
    """A counter set to a million by a slip must not hold up the hub for half a minute."""
    with pytest.raises(CoreError, match="token_meter_worn_out"):
        make_token(KEY, 5, MOST_COUNT, TokenType.ADD, 1)
