"""Signatures of files that a terminal brings: Ed25519, by its own key."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a message was signed by who has the key's other half."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature, ValueError:
        return False
    return True
