"""Files of a terminal that tops up cards where nobody is connected: read, checked, taken in once.

JSON Lines. The first line says whose file it is, its number, how many records follow and the SHA-256 of
all lines after the second; the second is its Ed25519 signature. Each record is one payment, with the
card's own counter and a keyed digest by which the terminal answers for it alone. Terminals number their
files without a gap, so that one that was lost is missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest, new as hmac
import json
from typing import Final

from .errors import CoreError
from .identity import CardTerminalId
from .texts import LONGEST_NAME

MOST_RECORDS: Final = 1_000
MOST_BYTES: Final = 512 * 1024
MAC_KEY_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
MOST_COUNTER: Final = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTerminal:
    """A terminal whose files are taken in, by what it calls itself there.

    `public_key` proves its files; the key of its records is sealed under `subject`. `last_number` is
    the highest of a file that came.
    """

    id: CardTerminalId
    public_key: bytes
    subject: str
    set_at: datetime
    last_number: int = 0
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """A file that was taken in; `digest` is that of its whole text."""

    terminal: CardTerminalId
    number: int
    digest: bytes
    records: int
    total_minor: int
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """One payment at a terminal; `line` is where it stands in the file."""

    line: int
    card: str
    counter: int
    amount: str
    at: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file as it was read: nothing in it is believed yet. `signed` is what `signature` is of."""

    terminal: str
    number: int
    digest: bytes
    signed: bytes
    signature: bytes
    records: tuple[CardRecord, ...]


def read_card_file(text: str) -> FileRead:
    """Read a file; one that is not whole, or not what its first line says, is refused."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise CoreError("card_file_too_long", most=MOST_RECORDS)
    lines = text.removeprefix("\ufeff").strip().splitlines()
    if len(lines) < 2:
        raise CoreError("card_file_malformed", line=1)
    head, seal = _object(lines, 1), _object(lines, 2)
    if len(lines) - 2 > MOST_RECORDS:
        raise CoreError("card_file_too_long", most=MOST_RECORDS)
    body = "\n".join(lines[2:]).encode()
    if _whole(head, "records", 1) != len(lines) - 2:
        raise CoreError("card_file_incomplete")
    if _text(head, "sha256", 1).lower() != sha256(body).hexdigest():
        raise CoreError("card_file_incomplete")
    return FileRead(
        terminal=_text(head, "terminal", 1),
        number=_whole(head, "number", 1),
        digest=sha256("\n".join(lines).encode()).digest(),
        signed=lines[0].encode(),
        signature=read_hex(_text(seal, "signature", 2), SIGNATURE_BYTES, "card_file_not_signed"),
        records=tuple(_record(lines, number) for number in range(3, len(lines) + 1)),
    )


def check_mac(key: bytes, record: CardRecord) -> None:
    """Refuse a record that its terminal does not answer for."""
    if not compare_digest(mac_of(key, record), record.mac.lower()):
        raise CoreError("card_record_not_proven")


def mac_of(key: bytes, record: CardRecord) -> str:
    """Return the keyed digest that a record must have: HMAC-SHA256 over all it says."""
    said = "\n".join((record.card, str(record.counter), record.amount, record.at))
    return hmac(key, said.encode(), sha256).hexdigest()


def moment_of(record: CardRecord) -> datetime:
    """Return when a record was made; without its zone it is not a time."""
    try:
        at = datetime.fromisoformat(record.at)
    except ValueError as err:
        raise CoreError("time_is_malformed", at=record.at) from err
    if at.tzinfo is None:
        raise CoreError("time_is_malformed", at=record.at)
    return at


def read_hex(text: str, size: int, refusal: str) -> bytes:
    """Return bytes of hexadecimal digits, of exactly this size."""
    try:
        value = bytes.fromhex(text.strip())
    except ValueError as err:
        raise CoreError(refusal) from err
    if len(value) != size:
        raise CoreError(refusal)
    return value


def _record(lines: list[str], line: int) -> CardRecord:
    said = _object(lines, line)
    counter = _whole(said, "card_counter", line)
    if counter > MOST_COUNTER:
        raise CoreError("card_file_malformed", line=line)
    return CardRecord(
        line=line,
        card=_text(said, "card_id", line),
        counter=counter,
        amount=_text(said, "amount", line),
        at=_text(said, "at", line),
        mac=_text(said, "mac", line),
    )


def _object(lines: list[str], line: int) -> Mapping[str, object]:
    try:
        value = json.loads(lines[line - 1])
    except (ValueError, RecursionError) as err:
        raise CoreError("card_file_malformed", line=line) from err
    if not isinstance(value, dict):
        raise CoreError("card_file_malformed", line=line)
    return value


def _text(said: Mapping[str, object], name: str, line: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value or len(value) > 2 * LONGEST_NAME:
        raise CoreError("card_file_malformed", line=line)
    return value


def _whole(said: Mapping[str, object], name: str, line: int) -> int:
    value = said.get(name)
    if type(value) is not int or value < 0:
        raise CoreError("card_file_malformed", line=line)
    return value
