"""Codes and links to pay: only what this site made opens anything, and nobody learns from guessing."""

from base64 import b32encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import random
from string import ascii_letters, digits
from typing import Final

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.pay_code import (
    LASTING,
    MARK_BYTES,
    PROOF_BYTES,
    TOKEN_LETTERS,
    PayFor,
    code_token,
    mark_in,
)
from custom_components.prepaid_parking.core.pay_token import (
    PayToken,
    Purpose,
    token_in,
    token_text,
)

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY: Final = bytes(range(32))
OTHER: Final = bytes(range(1, 33))
LETTERS: Final = ascii_letters + digits + "-_.=|~ é"
TOKEN: Final = PayToken(
    purpose=Purpose.SCREEN,
    kind=PayFor.LANE,
    target="l1",
    until=NOON + timedelta(seconds=60),
    serial="Zm9vYmFyMTIz",
)

marks = st.binary(min_size=MARK_BYTES, max_size=MARK_BYTES)
tokens = st.builds(
    PayToken,
    purpose=st.sampled_from(Purpose),
    kind=st.sampled_from(PayFor),
    target=st.from_regex(r"[a-z]{1,2}[1-9][0-9]{0,8}", fullmatch=True),
    until=st.integers(1, 10**8).map(lambda second: NOON + timedelta(seconds=second)),
    serial=st.text(ascii_letters + digits + "-_", min_size=12, max_size=12),
)


@given(mark=marks)
def test_a_code_is_read_by_the_site_that_made_it_and_by_no_other(mark: bytes) -> None:
    """Two sites hang their stickers side by side: neither takes the other's money."""
    token = code_token(KEY, mark)
    assert len(token) == TOKEN_LETTERS
    assert token.isalnum()
    assert mark_in(KEY, token) == mark
    assert mark_in(OTHER, token) is None


@given(mark=marks, at=st.integers(0, TOKEN_LETTERS - 1), letter=st.sampled_from(LETTERS))
def test_a_flipped_sign_in_a_code_is_refused(mark: bytes, at: int, letter: str) -> None:
    """A sticker has one way to be written: what is nearly it was made by somebody else."""
    token = code_token(KEY, mark)
    flipped = token[:at] + letter + token[at + 1 :]
    assert mark_in(KEY, flipped) == (mark if flipped == token else None)


def test_a_hundred_thousand_guesses_find_nothing() -> None:
    """Somebody tries codes all night: none of them is worth a look into the books."""
    chance = random.Random(7)
    for _ in range(100_000):
        guess = b32encode(chance.randbytes(MARK_BYTES + PROOF_BYTES)).decode()
        assert mark_in(KEY, guess) is None


@given(text=st.text(max_size=400) | st.text(LETTERS, min_size=24, max_size=24))
def test_whatever_stands_in_a_link_is_answered(text: str) -> None:
    """A link is typed, cut and made up: the page must not break over it."""
    assert mark_in(KEY, text) is None
    assert token_in(KEY, text, NOON) is None


@given(token=tokens)
def test_a_link_says_what_it_opens_until_it_ends(token: PayToken) -> None:
    """Who was sent a link yesterday opens the same thing today, and nothing once it has ended."""
    text = token_text(KEY, token)
    assert token_in(KEY, text, NOON) == token
    assert token_in(OTHER, text, NOON) is None
    last = token.until - timedelta(microseconds=1)
    assert token_in(KEY, text, last) == token
    assert token_in(KEY, text, token.until) is None


@given(token=tokens, at=st.integers(0, 300), letter=st.sampled_from(LETTERS))
def test_a_flipped_sign_in_a_link_is_refused(token: PayToken, at: int, letter: str) -> None:
    """Nobody lengthens a link's time or points it at the neighbour's wallet."""
    text = token_text(KEY, token)
    at %= len(text)
    flipped = text[:at] + letter + text[at + 1 :]
    assert token_in(KEY, flipped, NOON) == (token if flipped == text else None)


def test_a_link_is_short_enough_to_be_scanned_from_a_screen() -> None:
    """A dense code is not read from across a lane in the sun."""
    longest = replace(TOKEN, purpose=Purpose.PERSON, kind=PayFor.WALLET, target="w99999")
    assert len(token_text(KEY, longest)) <= 120


def test_nothing_that_is_soon_over_gets_a_sticker() -> None:
    """A stay's sticker would open the next driver's."""
    assert {PayFor.LANE, PayFor.SPACE, PayFor.METER, PayFor.CARD, PayFor.WALLET} == LASTING
