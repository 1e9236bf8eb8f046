"""Two hubs that trust each other: one code, shown on one and typed in on the other.

Its first signs name the pair in topics; the rest is the secret, which no broker ever sees. All that
goes between the hubs is packed and sealed, each message for its own topic.
"""

import base64
from dataclasses import dataclass
import secrets
from typing import Final, Self
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..core.errors import CoreError

PAIR: Final = 8
SECRET: Final = 24
"""Signs of five bits: a secret of 120 bits, which nobody guesses who has the messages."""
GROUP: Final = 4
ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
NONCE: Final = 12
LARGEST: Final = 8 * 1024 * 1024
"""Of a message that is unpacked; a list's part has some 100 kB."""
ROOT: Final = "prepaid_parking"


def new_code() -> str:
    """Return a code that nobody has had before, in groups that can be read out."""
    signs = base64.b32encode(secrets.token_bytes((PAIR + SECRET) * 5 // 8)).decode()
    return "-".join(signs[at : at + GROUP] for at in range(0, len(signs), GROUP))


def read_code(text: str) -> str:
    """Return a code as it is used, or refuse what cannot be one."""
    signs = "".join(text.upper().replace("-", " ").split())
    if len(signs) != PAIR + SECRET or not ALPHABET.issuperset(signs):
        raise CoreError("pairing_code_invalid", count=PAIR + SECRET)
    return signs


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pair of hubs: its topics, and the key of its messages."""

    pair: str
    _cipher: AESGCM

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the pair of a code."""
        signs = read_code(code)
        pair, secret = signs[:PAIR], signs[PAIR:]
        derived = HKDF(
            algorithm=SHA256(), length=32, salt=pair.encode(), info=b"prepaid_parking/hubs/1"
        )
        return cls(pair, AESGCM(derived.derive(secret.encode())))

    def topic(self, name: str) -> str:
        """Return a topic of this pair."""
        return f"{ROOT}/{self.pair}/{name}"

    def seal(self, topic: str, content: str) -> bytes:
        """Pack and seal a message for a topic."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content.encode()), topic.encode())

    def unseal(self, topic: str, sealed: bytes) -> str:
        """Return what a message says, or refuse one that was not made with this code for this topic."""
        try:
            packed = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], topic.encode())
        except (InvalidTag, ValueError) as err:
            raise CoreError("pairing_code_wrong") from err
        try:
            return zlib.decompressobj().decompress(packed, LARGEST).decode()
        except (zlib.error, UnicodeDecodeError) as err:
            raise CoreError("pairing_code_wrong") from err
