"""Signatures and secrets of WeChat Pay's interface, version 3.

SHA-256 with RSA over lines that each end in a line feed; the contents of notices and certificates
under AES-256-GCM by the merchant's "APIv3 key". Sources: pay.weixin.qq.com/doc/v3, "signature
generation", "signature verification", "decryption of notices"; the library wechatpayv3 2.0.4 agrees
in both directions (tests).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The headers of a signed message of the provider."""

    serial: str
    timestamp: str
    nonce: str
    signature: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Sealed | None:
        """Return the signature of a message, None where it has none that we know."""
        found = [headers.get(f"Wechatpay-{name}", "") for name in _NAMES]
        scheme = headers.get("Wechatpay-Signature-Type", SCHEME)
        return cls(*found) if all(found) and scheme == SCHEME else None

    def is_of(self, key: RSAPublicKey, body: bytes) -> bool:
        """Tell whether the owner of a key has signed a body, byte for byte.

        A signature is written in one way only: the last bits of base64 that mean nothing are zero.
        """
        try:
            signature = base64.b64decode(self.signature, validate=True)
            key.verify(signature, lines(self.timestamp, self.nonce, body), PKCS1v15(), SHA256())
            return base64.b64encode(signature).decode() == self.signature
        except ValueError, InvalidSignature:
            return False


_NAMES: Final = ("Serial", "Timestamp", "Nonce", "Signature")


def lines(*parts: str | bytes) -> bytes:
    """Return what is signed: each part on a line of its own."""
    return b"".join((part if isinstance(part, bytes) else part.encode()) + b"\n" for part in parts)


def signed(key: RSAPrivateKey, *parts: str | bytes) -> str:
    """Sign lines as the merchant."""
    return base64.b64encode(key.sign(lines(*parts), PKCS1v15(), SHA256())).decode()


def authorization(
    key: RSAPrivateKey,
    *,
    merchant: str,
    serial: str,
    timestamp: str,
    nonce: str,
    method: str,
    path: str,
    body: bytes = b"",
) -> str:
    """Return the header that signs a request; `path` has its query, `serial` names our certificate."""
    signature = signed(key, method, path, timestamp, nonce, body)
    fields = {
        "mchid": merchant,
        "nonce_str": nonce,
        "signature": signature,
        "timestamp": timestamp,
        "serial_no": serial,
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())


def page_call(key: RSAPrivateKey, *, app: str, prepaid: str, timestamp: str, nonce: str) -> str:
    """Return what a page inside the app hands to it (`getBrandWCPayRequest`), as JSON."""
    package = f"prepay_id={prepaid}"
    return json.dumps(
        {
            "appId": app,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signed(key, app, timestamp, nonce, package),
        }
    )


def opened(api_key: bytes, resource: Mapping[str, object]) -> bytes | None:
    """Decrypt what only the merchant may read; None where it was not made with this key for us."""
    if resource.get("algorithm") != "AEAD_AES_256_GCM":
        return None
    nonce, added = resource.get("nonce"), resource.get("associated_data") or ""
    text = resource.get("ciphertext")
    if not (isinstance(nonce, str) and isinstance(added, str) and isinstance(text, str)):
        return None
    try:
        sealed = base64.b64decode(text, validate=True)
        return AESGCM(api_key).decrypt(nonce.encode(), sealed, added.encode())
    except InvalidTag, ValueError:
        return None
