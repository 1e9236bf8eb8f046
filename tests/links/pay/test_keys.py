"""Keys as managers paste them: whole files, their middle alone, and everything that is none."""

import base64
from datetime import UTC, datetime
import textwrap

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key as curve
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.links.pay.keys import private_key, public_key
from custom_components.prepaid_parking.simulator.pay_wechat_keys import PlatformKey
from tests.links.pay.wechat_peer import account, platform_key


def middle(pem: str) -> str:
    """Return a key as some consoles show it: without its first and last line."""
    return "\n".join(pem.strip().splitlines()[1:-1])


def written(form: PrivateFormat) -> str:
    """Return the merchant's key in a form of private keys."""
    return account().key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_private_key_is_read_in_each_of_its_forms(form: PrivateFormat) -> None:
    """Whole, with blanks around it, in one line, in windows of another system."""
    numbers = account().key.private_numbers()
    pem = written(form)
    for text in (
        pem,
        f"\n  {pem}\n\n",
        pem.replace("\n", "\r\n"),
        middle(pem),
        middle(pem).replace("\n", ""),
    ):
        assert private_key(text).private_numbers() == numbers


def test_a_public_key_is_read_whole_in_part_and_from_a_certificate() -> None:
    """Two providers show it in two ways, and one gives a certificate."""
    numbers = platform_key().key.public_key().public_numbers()
    pem = platform_key().public_pem
    for text in (pem, f" {pem} ", middle(pem), textwrap.fill(middle(pem), 20)):
        assert public_key(text).public_numbers() == numbers
    signer = PlatformKey.of_certificate()
    found = public_key(signer.certificate)
    assert found.public_numbers() == signer.key.public_key().public_numbers()
    assert signer.headers(b"", datetime.now(UTC))["Wechatpay-Serial"] == signer.serial


def weak() -> str:
    """Return a key that is too short to be trusted."""
    key = generate_private_key(65537, 1024)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def elliptic() -> str:
    """Return a key of another kind."""
    key = curve(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def locked() -> str:
    """Return a key with a password."""
    lock = BestAvailableEncryption(b"secret")
    return account().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()


@pytest.mark.parametrize("make", [weak, elliptic, locked, lambda: platform_key().public_pem])
def test_a_private_key_that_is_none_is_refused(make: object) -> None:
    """With a sentence, in the dialogue where it is pasted: not at the first payment."""
    assert callable(make)
    with pytest.raises(CoreError, match="private_key_invalid"):
        private_key(make())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "粤B12345",
        "AAAA",
        "!!!!",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        base64.b64encode(b"x" * 300).decode(),
    ],
)
def test_text_that_is_no_key_is_refused_as_either(text: str) -> None:
    """What people paste by mistake."""
    with pytest.raises(CoreError, match="private_key_invalid"):
        private_key(text)
    with pytest.raises(CoreError, match="public_key_invalid"):
        public_key(text)


def test_a_private_key_in_the_place_of_the_public_one_is_refused() -> None:
    """And so is a weak public key."""
    short = generate_private_key(65537, 1024).public_key()
    pem = short.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (account().key_pem, pem):
        with pytest.raises(CoreError, match="public_key_invalid"):
            public_key(text)
