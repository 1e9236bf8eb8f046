"""Our tokens against the library of the OpenPAYGO project: made here they are taken there, and the same."""

from typing import Any

from hypothesis import given, settings, strategies as st
import openpaygo
import pytest

from custom_components.prepaid_parking.core.openpaygo import (
    MOST_EXTENDED,
    MOST_VALUE,
    TokenType,
    make_token,
    starting_code_of,
)

KINDS = {TokenType.ADD: 1, TokenType.SET: 2, TokenType.UNLOCK: 3, TokenType.SYNC: 4}


@settings(deadline=None)
@given(
    key=st.binary(min_size=16, max_size=16),
    starting_code=st.integers(1, 10**9 - 1) | st.none(),
    count=st.integers(0, 60),
    kind=st.sampled_from(TokenType),
    value=st.integers(1, MOST_EXTENDED),
    extended=st.booleans(),
    restricted=st.booleans(),
)
def test_a_token_is_the_one_that_the_library_makes(
    key: bytes,
    starting_code: int | None,
    count: int,
    kind: TokenType,
    value: int,
    extended: bool,
    restricted: bool,
) -> None:
    """A meter was built to the library, not to us: one digit off, and somebody sits in the dark."""
    says = kind in (TokenType.ADD, TokenType.SET)
    if not extended:
        value = 1 + value % MOST_VALUE
    ours = make_token(
        key,
        starting_code if starting_code is not None else starting_code_of(key),
        count,
        kind,
        value if says else 0,
        extended=extended,
        restricted=restricted,
    )
    theirs: dict[str, Any] = {
        "secret_key": key.hex(),
        "count": count,
        "token_type": KINDS[kind],
        "value": value if says else None,
        "starting_code": starting_code,
        "restricted_digit_set": restricted,
        "extended_token": extended,
    }
    assert ours == openpaygo.generate_token(**theirs)


@pytest.mark.parametrize("restricted", [False, True])
def test_a_meter_by_the_library_takes_what_we_sell_once(restricted: bool) -> None:
    """Days that were paid count on the meter, and the same digits a second time count for nothing."""
    key = bytes(range(16))
    starting = starting_code_of(key)
    held: dict[str, Any] = {
        "secret_key": key.hex(),
        "starting_code": starting,
        "restricted_digit_set": restricted,
    }
    ours, theirs, used = 1, 1, [0]
    for value in (1, 30, MOST_VALUE):
        ours, token = make_token(key, starting, ours, TokenType.ADD, value, restricted=restricted)
        told = openpaygo.decode_token(token=token, count=theirs, used_counts=used, **held)
        assert told[:3] == (value, KINDS[TokenType.ADD], ours)
        theirs, used = told[2], told[3]
        again = openpaygo.decode_token(token=token, count=theirs, used_counts=used, **held)
        assert again[0] is None
