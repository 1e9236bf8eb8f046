"""Links to the payer's page that end: they carry what they open, until when, and a proof of both.

Nothing is stored for them. A screen shows another one every minute, so that a photograph of it is
worth nothing; one that is sent to a person names that person's wallet, stay or bill for some days.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
import hmac
from typing import Final

from .pay_code import PayFor

VERSION: Final = "v1"
PROOF_BYTES: Final = 16
SITE_BYTES: Final = 4
MOST_LETTERS: Final = 300
"""Longer than any that was made: what is longer is not looked at."""
MISREAD: Final = (binascii.Error, ValueError, OverflowError, OSError)


class Purpose(StrEnum):
    """Where a link is seen."""

    SCREEN = "screen"
    """On a screen: for who stands before it, once."""
    PERSON = "person"
    """Sent to somebody: as often as that person likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayToken:
    """What a link opens. `until` is a whole second; `serial` tells it from every other one."""

    purpose: Purpose
    kind: PayFor
    target: str
    until: datetime
    serial: str


def token_text(key: bytes, token: PayToken) -> str:
    """Return what stands in the link."""
    told = "|".join(
        (
            token.purpose,
            site_mark(key),
            f"{token.kind}:{token.target}",
            str(int(token.until.timestamp())),
            token.serial,
        )
    )
    body = f"{VERSION}.{_letters(told.encode())}"
    return f"{body}.{_proof(key, body)}"


def token_in(key: bytes, text: str, now: datetime) -> PayToken | None:
    """Return what a link opens, where this key made it and it has not ended; None for all else."""
    if len(text) > MOST_LETTERS or not text.isascii():
        return None
    body, _, proof = text.rpartition(".")
    if not hmac.compare_digest(proof, _proof(key, body)):
        return None
    version, _, told = body.partition(".")
    try:
        purpose, site, opens, until, serial = _told(told).split("|")
        kind, _, target = opens.partition(":")
        token = PayToken(
            purpose=Purpose(purpose),
            kind=PayFor(kind),
            target=target,
            until=datetime.fromtimestamp(int(until), UTC),
            serial=serial,
        )
    except MISREAD:
        return None
    ours = version == VERSION and site == site_mark(key)
    return token if ours and now < token.until else None


def site_mark(key: bytes) -> str:
    """Return what a site is called in its links: nothing that is used elsewhere."""
    return hmac.digest(key, b"site", sha256)[:SITE_BYTES].hex()


def _proof(key: bytes, body: str) -> str:
    return _letters(hmac.digest(key, body.encode(), sha256)[:PROOF_BYTES])


def _letters(told: bytes) -> str:
    return urlsafe_b64encode(told).decode().rstrip("=")


def _told(letters: str) -> str:
    return urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode()
