"""Signatures of Alipay's open platform: RSA with SHA-256 ("RSA2") over text exactly as it was sent.

Requests and notices: the fields as `name=value`, sorted, joined by `&`, decoded. Answers: the very
text of the answer's node, for nobody can write JSON twice the same way. The older kinds (RSA with
SHA-1, MD5) are refused: both can be forged. Sources: opendocs.alipay.com, "signature" and
"verification of asynchronous notices"; the library python-alipay-sdk 3.4.0 agrees in both directions
(tests).
"""

import base64
from collections.abc import Mapping, Sequence
import json
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

SIGN_TYPE: Final = "RSA2"
UNSIGNED: Final = frozenset({"sign", "sign_type"})
"""What a notice does not sign; a request signs its `sign_type` too."""
_SPACE: Final = " \t\r\n"


def fields_text(fields: Mapping[str, str]) -> str:
    """Return what is signed of fields."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def signed(key: RSAPrivateKey, text: str) -> str:
    """Sign a text as the merchant."""
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed(keys: Sequence[RSAPublicKey], text: str, signature: str) -> bool:
    """Tell whether the owner of one of the keys has signed a text.

    A signature is written in one way only: the last bits of base64 that mean nothing are zero.
    """
    try:
        sealed, content = base64.b64decode(signature, validate=True), text.encode()
    except ValueError:
        return False
    if base64.b64encode(sealed).decode() != signature:
        return False
    return any(_is_of(key, content, sealed) for key in keys)


def _is_of(key: RSAPublicKey, content: bytes, sealed: bytes) -> bool:
    try:
        key.verify(sealed, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def raw_parts(text: str) -> Mapping[str, str]:
    """Return the parts of a JSON object as they are written, for their signature.

    Raises ValueError where it is no object, goes on behind its end or says a name twice: which of the
    two is signed, and which is read, must not be a question.
    """
    found: dict[str, str] = {}
    decoder = json.JSONDecoder()
    at = _past(text, 0, "{")
    while True:
        name, at = decoder.raw_decode(text, at)
        start = _past(text, at, ":")
        at = decoder.raw_decode(text, start)[1]
        if not isinstance(name, str) or name in found:
            raise ValueError("name")
        found[name] = text[start:at]
        if text[_skipped(text, at) :].rstrip(_SPACE) == "}":
            return found
        at = _past(text, at, ",")


def _past(text: str, at: int, mark: str) -> int:
    at = _skipped(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(mark)
    return _skipped(text, at + 1)


def _skipped(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at
