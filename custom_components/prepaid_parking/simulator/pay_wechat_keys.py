"""Keys on both sides of a pretended WeChat Pay: the merchant's, and the platform's as it renews them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import secrets
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

_EXPONENT: Final = 65_537
_BITS: Final = 2048


def new_key() -> RSAPrivateKey:
    """Make a key as the console does."""
    return generate_private_key(_EXPONENT, _BITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatAccount:
    """What a merchant has from its console: numbers, its own key, the APIv3 key, the app's secret."""

    merchant: str
    app: str
    serial: str
    key: RSAPrivateKey
    api_key: str
    app_secret: str

    @classmethod
    def new(cls, merchant: str = "1900000109", app: str = "wxd678efh567hg6787") -> Self:
        """Open an account."""
        return cls(
            merchant=merchant,
            app=app,
            serial=secrets.token_hex(20).upper(),
            key=new_key(),
            api_key=secrets.token_hex(16),
            app_secret=secrets.token_hex(16),
        )

    @property
    def key_pem(self) -> str:
        """Return the private key as the file `apiclient_key.pem` has it."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return pem.decode()

    def sealed(self, content: bytes, added: str) -> Mapping[str, str]:
        """Encrypt what only the merchant may read."""
        nonce = secrets.token_hex(6)
        text = AESGCM(self.api_key.encode()).encrypt(nonce.encode(), content, added.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": added,
            "ciphertext": base64.b64encode(text).decode(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformKey:
    """A key of the platform; `certificate` is empty where it is known by its public key alone."""

    serial: str
    key: RSAPrivateKey
    certificate: str = ""

    @classmethod
    def of_public_key(cls) -> Self:
        """Make one of the newer kind, named by an id."""
        number = "".join(secrets.choice("0123456789") for _ in range(28))
        return cls(serial=f"PUB_KEY_ID_{number}", key=new_key())

    @classmethod
    def of_certificate(cls, number: int | None = None) -> Self:
        """Make one of the older kind, with a certificate of five years and that number."""
        key, now = new_key(), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number or x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=5 * 365))
            .sign(key, SHA256())
        )
        return cls(
            serial=f"{certificate.serial_number:X}",
            key=key,
            certificate=certificate.public_bytes(Encoding.PEM).decode(),
        )

    @property
    def public_pem(self) -> str:
        """Return the public key as the console shows it."""
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem.decode()

    def headers(self, body: bytes, now: datetime, *, probe: bool = False) -> dict[str, str]:
        """Sign a body; a probe carries what the platform sends to see whether anybody looks."""
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(self.key.sign(text, PKCS1v15(), SHA256())).decode()
        if probe:
            signature = f"WECHATPAY/SIGNTEST/{signature[:64]}"
        return {
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Content-Type": "application/json",
            "Request-ID": secrets.token_hex(8),
        }


def packed(content: object) -> bytes:
    """Write JSON as the platform does."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
