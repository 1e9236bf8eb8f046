"""Terminals and kiosks that ask the site by signed calls, and how such a call proves itself.

A call is signed with HMAC-SHA256 over everything that gives it its meaning: method, path, time, nonce
and the body as it was sent. It is good for five minutes either way and once.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
import hmac
import re
from typing import Final

from .errors import CoreError
from .identity import TerminalId, TillId

WINDOW: Final = timedelta(minutes=5)
MOST_BYTES: Final = 65_536
MOST_NONCES: Final = 20_000
"""Of one terminal within the window: sixty calls a second would fill it, no kiosk makes one."""
NONCE: Final = re.compile(r"[0-9A-Za-z_-]{16,64}")
KEY_FIELD: Final = "key"
"""The field of the encrypted personal data in which a terminal's key lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A machine that may take payments. Its cash lies in `till`, "" where it takes none.

    `subject` points to the encrypted secret that signs its calls.
    """

    id: TerminalId
    no: int
    name: str
    subject: str
    till: TillId | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalNonce:
    """A nonce that a terminal has used, in the books for as long as its call could be repeated."""

    terminal: TerminalId
    nonce: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCall:
    """A call as it came over the wire: the texts of its headers, and its body unread."""

    method: str
    path: str
    timestamp: str
    nonce: str
    signature: str
    body: bytes


@dataclass(slots=True)
class Nonces:
    """The nonces of one terminal that are still within the window: bounded, the oldest first.

    `over` are those that are not any more, and that nobody has taken out of the books yet.
    """

    seen: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    over: list[str] = field(default_factory=list)

    def take(self, nonce: str, now: datetime) -> bool:
        """Remember a nonce; False where it was used, or too many are remembered.

        A full memory refuses: forgetting one that is still good would let its call be repeated.
        """
        while self.seen and next(iter(self.seen.values())) < now - 2 * WINDOW:
            self.over.append(self.seen.popitem(last=False)[0])
        if nonce in self.seen or len(self.seen) >= MOST_NONCES:
            return False
        self.seen[nonce] = now
        return True


def signature_of(secret: str, call: SignedCall) -> str:
    """Return the signature that a call must bear, in hexadecimal digits."""
    head = f"{call.method.upper()}\n{call.path}\n{call.timestamp}\n{call.nonce}\n"
    return hmac.new(secret.encode(), head.encode() + call.body, sha256).hexdigest()


def check_call(secret: str, call: SignedCall, nonces: Nonces, now: datetime) -> None:
    """Refuse a call that is not signed, not of now, or was made before: always in the same words.

    The signature is checked first: only who has the key can fill the memory.
    """
    right = hmac.compare_digest(
        signature_of(secret, call).encode(), call.signature.encode("utf-8", "replace")
    )
    if not (right and secret and NONCE.fullmatch(call.nonce) and _in_time(call.timestamp, now)):
        raise CoreError("terminal_call_refused")
    if not nonces.take(call.nonce, now):
        raise CoreError("terminal_call_refused")


def _in_time(timestamp: str, now: datetime) -> bool:
    """Tell whether a time in whole seconds since 1970 is within the window."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > len("9999999999"):
        return False
    return abs(int(now.timestamp()) - int(timestamp)) <= WINDOW.total_seconds()
