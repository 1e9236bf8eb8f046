"""Vouchers: a number on paper that is worth money here, proven by itself and good for one time.

The number names the voucher and proves that this site made it: twenty digits, of which five are the
batch, three the place in it, ten a keyed proof of these eight, and two say whether all the others were
typed as they are printed. What it is worth and whether it was used stands in the books, which are not
asked before the proof is right. Who makes one up is right once in ten thousand million tries; a slip of
the finger in one digit, or two neighbours exchanged, is always found by the last two (ISO 7064, MOD
97-10) and is no try. The code in the picture is the number itself.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from hmac import compare_digest
from typing import Final
import unicodedata

from .errors import CoreError
from .identity import VoucherBatchId, WalletId
from .wallet import Purpose

BATCH_DIGITS: Final = 5
PLACE_DIGITS: Final = 3
PROOF_DIGITS: Final = 10
CHECK_DIGITS: Final = 2
SERIAL_DIGITS: Final = BATCH_DIGITS + PLACE_DIGITS
NUMBER_DIGITS: Final = SERIAL_DIGITS + PROOF_DIGITS + CHECK_DIGITS
GROUP: Final = 4
"""Digits between two spaces, as on a bank card."""
MOST_VOUCHERS: Final = 10**PLACE_DIGITS
"""In one batch."""
MOST_BATCHES: Final = 10**BATCH_DIGITS - 1
PROOF_BYTES: Final = 16
"""Far more than ten digits hold, so that each of them is as likely as any other."""
CHECK_MODULUS: Final = 97
SEPARATORS: Final = str.maketrans("", "", " -_./\u00b7\t\n\r")


class VoucherState(StrEnum):
    """What can be done with a voucher; the values are translation keys."""

    UNSOLD = "unsold"
    """Printed and worth nothing: nobody has paid for it."""
    OPEN = "open"
    REDEEMED = "redeemed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaidBy(StrEnum):
    """How a voucher is paid, or paid back; the values are translation keys.

    Never by vouchers, nor by a provider, which has to say itself what it took.
    """

    CASH = "cash"
    TERMINAL = "terminal"
    TRANSFER = "transfer"
    OTHER = "other"
    AGENT = "agent"
    """Out of the float of the agent who sells them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherBatch:
    """Vouchers that were made together. They are sold in their order: the first `sold` of them.

    `purpose` is the only kind of wallet they fill (None: any). `agent` is who sells them ("": the
    desk), by id.
    `valid_until` is the last day. Of the sold ones `redeemed` and `cancelled` are over; once
    `closed_at` all are.
    """

    id: VoucherBatchId
    no: int
    count: int
    amount_minor: int
    made_at: datetime
    valid_until: date | None = None
    purpose: Purpose | None = None
    agent: str = ""
    sold: int = 0
    redeemed: int = 0
    cancelled: int = 0
    closed_at: datetime | None = None

    @property
    def open(self) -> int:
        """How many of them somebody has paid for and nobody has used."""
        return 0 if self.closed_at is not None else self.sold - self.redeemed - self.cancelled

    @property
    def unsold(self) -> int:
        """How many of them may still be sold."""
        return 0 if self.closed_at is not None else self.count - self.sold

    @property
    def open_minor(self) -> int:
        """What they are worth that can still be redeemed: the site owes it."""
        return self.open * self.amount_minor

    def expired(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return self.valid_until is not None and today > self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A voucher that is over: redeemed to a wallet, or cancelled. One that is not has no record.

    `reference` is what its caller called the redeeming.
    """

    serial: int
    batch: VoucherBatchId
    ended_at: datetime
    wallet: WalletId | None = None
    reference: str = ""


def serial_of(batch_no: int, place: int) -> int:
    """Return the serial of a voucher by its batch and its place there, from 0."""
    return batch_no * MOST_VOUCHERS + place


def place_of(serial: int) -> tuple[int, int]:
    """Return the number of the batch and the place in it."""
    return divmod(serial, MOST_VOUCHERS)


def number_of_voucher(key: bytes, serial: int) -> str:
    """Return the twenty digits of a voucher."""
    body = f"{serial:0{SERIAL_DIGITS}d}{_proof(key, serial)}"
    check = CHECK_MODULUS + 1 - int(body) * 100 % CHECK_MODULUS
    return f"{body}{check:0{CHECK_DIGITS}d}"


def grouped(number: str) -> str:
    """Write a number as people read it."""
    return " ".join(number[at : at + GROUP] for at in range(0, len(number), GROUP))


def read_number(text: str) -> str:
    """Return the digits that somebody typed or scanned; refuse what cannot be a voucher's.

    Spaces, hyphens and the wide digits of a Chinese keyboard are taken as they are meant.
    """
    number = unicodedata.normalize("NFKC", text).translate(SEPARATORS)
    if not (number.isascii() and number.isdecimal()) or len(number) != NUMBER_DIGITS:
        raise CoreError("voucher_malformed", digits=NUMBER_DIGITS)
    if int(number) % CHECK_MODULUS != 1:
        raise CoreError("voucher_mistyped")
    return number


def proven(key: bytes, number: str) -> int:
    """Return the serial of a number that this site made; refuse one that somebody made up."""
    serial = int(number[:SERIAL_DIGITS])
    if not compare_digest(number_of_voucher(key, serial), number):
        raise CoreError("voucher_wrong")
    return serial


def state_of_voucher(
    batch: VoucherBatch, place: int, ended: Voucher | None, today: date
) -> VoucherState:
    """Return what can be done with a voucher of a batch."""
    if ended is not None:
        return VoucherState.CANCELLED if ended.wallet is None else VoucherState.REDEEMED
    if batch.closed_at is not None:
        return VoucherState.CANCELLED
    if place >= batch.sold:
        return VoucherState.UNSOLD
    return VoucherState.EXPIRED if batch.expired(today) else VoucherState.OPEN


def _proof(key: bytes, serial: int) -> str:
    digest = blake2b(f"voucher/{serial}".encode(), digest_size=PROOF_BYTES, key=key).digest()
    return f"{int.from_bytes(digest) % 10**PROOF_DIGITS:0{PROOF_DIGITS}d}"
