"""Keys as merchants get them from a provider's console: PEM with or without its first and last line."""

import base64
import binascii
import textwrap
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

from ...core.errors import CoreError

LEAST_BITS: Final = 2048


def private_key(text: str) -> RSAPrivateKey:
    """Read the merchant's private key, PKCS#8 or PKCS#1; a refusal says that it is not one."""
    try:
        key = (
            load_pem_private_key(text.strip().encode(), None)
            if "-----BEGIN" in text
            else load_der_private_key(base64.b64decode("".join(text.split()), validate=True), None)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as err:
        raise CoreError("private_key_invalid") from err
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise CoreError("private_key_invalid")
    return key


def public_key(text: str) -> RSAPublicKey:
    """Read a provider's public key, or the one of its certificate; a refusal says that it is not one."""
    try:
        pem = text.strip() if "-----BEGIN" in text else _framed(text)
        key = (
            load_pem_x509_certificate(pem.encode()).public_key()
            if "CERTIFICATE" in pem
            else load_pem_public_key(pem.encode())
        )
    except (ValueError, UnsupportedAlgorithm) as err:
        raise CoreError("public_key_invalid") from err
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise CoreError("public_key_invalid")
    return key


def _framed(text: str) -> str:
    lines = "\n".join(textwrap.wrap("".join(text.split()), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
