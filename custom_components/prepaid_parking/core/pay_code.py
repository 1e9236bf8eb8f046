"""Codes that stick on a lane, a space, a meter, or go with a card or a wallet: scanned to pay.

A code says nothing of what it is for: its mark is chance, and behind it stands a proof made with the
site's own key. What was guessed is told from what was made before anything is looked up, so guessing
costs nobody anything and finds nothing.
"""

from base64 import b32decode, b32encode
import binascii
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
import hmac
from typing import Final

from .identity import PayCodeId

MARK_BYTES: Final = 8
PROOF_BYTES: Final = 7
"""With the mark 120 bits: 24 letters without a bit to spare, so each code has one way to be written."""
TOKEN_LETTERS: Final = (MARK_BYTES + PROOF_BYTES) * 8 // 5


class PayFor(StrEnum):
    """What a payer's page opens for; the values are part of the books and of links."""

    LANE = "lane"
    SPACE = "space"
    METER = "meter"
    CARD = "card"
    WALLET = "wallet"
    STAY = "stay"
    BILL = "bill"
    ORDER = "order"
    """What was paid: the receipt that its payer keeps."""


LASTING: Final = frozenset({PayFor.LANE, PayFor.SPACE, PayFor.METER, PayFor.CARD, PayFor.WALLET})
"""What a code can stick on; a stay and a bill are over too soon, they get a link that ends, as a receipt does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayCode:
    """A code that was made for something, and opens its page until it is revoked.

    Only its mark is kept: without the key, which lies elsewhere, nobody makes the code of it.
    """

    id: PayCodeId
    no: int
    kind: PayFor
    target: str
    mark: bytes
    made_at: datetime
    revoked_at: datetime | None = None


def code_token(key: bytes, mark: bytes) -> str:
    """Return what stands in the link of a code."""
    return b32encode(mark + _proof(key, mark)).decode()


def mark_in(key: bytes, token: str) -> bytes | None:
    """Return the mark in a token that was made with this key; None for whatever else it is."""
    if len(token) != TOKEN_LETTERS:
        return None
    try:
        told = b32decode(token)
    except binascii.Error, ValueError:
        return None
    mark, proof = told[:MARK_BYTES], told[MARK_BYTES:]
    return mark if hmac.compare_digest(proof, _proof(key, mark)) else None


def _proof(key: bytes, mark: bytes) -> bytes:
    return hmac.digest(key, mark, sha256)[:PROOF_BYTES]
