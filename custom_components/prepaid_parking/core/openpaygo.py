"""OpenPAYGO tokens: digits that a meter without any link takes, made by its key and a counter.

After the public specification by EnAccess, and held against its published examples. A token is the
meter's starting code with the value put into its last digits, hashed as often as the counter says: it
costs as many hashes as tokens were ever made for the meter. Even counters add, odd ones do all else.
"""

from enum import StrEnum
import struct
from typing import Final

from .errors import CoreError

KEY_BYTES: Final = 16
STARTING_CODES: Final = 10**9
MOST_VALUE: Final = 995
"""Larger ones of three digits mean something else."""
MOST_EXTENDED: Final = 999_999
DISABLE: Final = 998
SYNC: Final = 999
MOST_COUNT: Final = 20_000
"""Hashes of a third of a second; a meter that takes a token each day comes here in 27 years."""
MASK: Final = (1 << 64) - 1


class TokenType(StrEnum):
    """What a token does to the meter's credit; the values are translation keys."""

    ADD = "add"
    SET = "set"
    UNLOCK = "unlock"
    """From now on it lets through without credit."""
    SYNC = "sync"
    """Nothing, but that the meter counts on from here."""


def make_token(
    key: bytes,
    starting_code: int,
    count: int,
    kind: TokenType,
    value: int = 0,
    *,
    extended: bool = False,
    restricted: bool = False,
) -> tuple[int, str]:
    """Return the counter after this token, and its digits.

    `extended` ones have twelve digits and larger values; `restricted` ones are of the digits 1 to 4
    only. Blocks for as long as `count` hashes take: call it outside the event loop.
    """
    after = next_count(count, kind)
    if after > MOST_COUNT:
        raise CoreError("token_meter_worn_out", most=MOST_COUNT)
    base_size = MOST_EXTENDED + 1 if extended else SYNC + 1
    base = (starting_code + _encoded(kind, value, extended=extended)) % base_size
    code = starting_code - starting_code % base_size + base
    step = _after_extended if extended else _after
    for _ in range(after):
        code = step(key, code)
    code = code - code % base_size + base
    if restricted:
        return after, _in_four_digits(code, 40 if extended else 30)
    return after, f"{code:0{12 if extended else 9}d}"


def next_count(count: int, kind: TokenType) -> int:
    """Return the next counter of a kind of token: even to add, odd for all else."""
    odd = kind is not TokenType.ADD
    return count + (1 if (count + 1) % 2 == odd else 2)


def starting_code_of(key: bytes) -> int:
    """Return the code a meter starts with where it was given none of its own."""
    return _folded(siphash(key, key))


def siphash(key: bytes, message: bytes) -> int:
    """Return SipHash-2-4 of a message by a key of sixteen bytes."""
    low, high = struct.unpack("<QQ", key)
    state = (
        0x736F6D6570736575 ^ low,
        0x646F72616E646F6D ^ high,
        0x6C7967656E657261 ^ low,
        0x7465646279746573 ^ high,
    )
    whole = len(message) // 8 * 8
    rest = message[whole:].ljust(7, b"\0") + bytes([len(message) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", message[:whole] + rest):
        state = (*state[:3], state[3] ^ word)
        state = _round(_round(state))
        state = (state[0] ^ word, *state[1:])
    state = (*state[:2], state[2] ^ 0xFF, state[3])
    for _ in range(4):
        state = _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


type _State = tuple[int, int, int, int]


def _round(state: _State) -> _State:
    a, b, c, d = state
    a, c = (a + b) & MASK, (c + d) & MASK
    b, d = _turned(b, 13) ^ a, _turned(d, 16) ^ c
    a, c = (_turned(a, 32) + d) & MASK, (c + b) & MASK
    b, d = _turned(b, 17) ^ c, _turned(d, 21) ^ a
    return a, b, _turned(c, 32), d


def _turned(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & MASK


def _encoded(kind: TokenType, value: int, *, extended: bool) -> int:
    if kind is TokenType.SYNC:
        return SYNC
    if kind is TokenType.UNLOCK:
        return DISABLE
    most = MOST_EXTENDED if extended else MOST_VALUE
    if not 0 < value <= most:
        raise CoreError("token_value_out_of_range", value=value, most=most)
    return value


def _after(key: bytes, code: int) -> int:
    """Return the hash of a code of nine digits, folded into nine digits."""
    word = struct.pack(">L", code)
    return _folded(siphash(key, word + word))


def _folded(hashed: int) -> int:
    """Fold 64 bits into 30, and these into what nine digits hold."""
    code = ((hashed >> 32) ^ (hashed & 0xFFFFFFFF)) >> 2
    return code - 73_741_825 if code > 999_999_999 else code


def _after_extended(key: bytes, code: int) -> int:
    """Return the hash of a code of twelve digits, cut to 40 bits and these to twelve digits."""
    cut = siphash(key, struct.pack(">Q", code)) >> 24
    return cut - 99_511_627_777 if cut > 999_999_999_999 else cut


def _in_four_digits(code: int, bits: int) -> str:
    return "".join(str((code >> at & 0b11) + 1) for at in range(bits - 2, -2, -2))
