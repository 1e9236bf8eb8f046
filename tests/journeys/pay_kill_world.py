"""The world a killed site takes money in: wallets, slips, and a merchant's keys beside the books."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from custom_components.prepaid_parking.core.identity import SYSTEM
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import open_wallet
from custom_components.prepaid_parking.operations.rules import ensure_standard
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    numbers_of,
    sell_vouchers,
)
from tests.links.pay.alipay_peer import key

from .kill_world import load

CHANNEL: Final = "ch1"
WALLETS: Final = 6
SLIPS: Final = 500
SLIP_MINOR: Final = 5_00


async def found(folder: Path) -> list[str]:
    """Make a site with empty wallets, and return the numbers on the slips that were sold."""
    site, books = await load(folder, lambda: datetime.now(UTC))
    await ensure_standard(site)
    for number in range(WALLETS):
        await open_wallet(site, unit=f"Flat {number}", purpose=Purpose.UTILITY, actor=SYSTEM)
    wanted = Wanted(count=SLIPS, amount_minor=SLIP_MINOR)
    _, batch = await make_vouchers(site, wanted, actor=SYSTEM)
    _, batch = await sell_vouchers(site, batch=batch.id, actor=SYSTEM)
    numbers = [number for _, number in await numbers_of(site, batch)]
    await books.close()
    _path(folder, "merchant").write_bytes(
        key("merchant").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    _path(folder, "provider").write_bytes(
        key("provider").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return numbers


def keys_in(folder: Path) -> tuple[RSAPrivateKey, RSAPublicKey]:
    """Return the merchant's own key and its provider's, as they lie in a folder."""
    own = load_pem_private_key(_path(folder, "merchant").read_bytes(), None)
    provider = load_pem_public_key(_path(folder, "provider").read_bytes())
    assert isinstance(own, RSAPrivateKey)
    assert isinstance(provider, RSAPublicKey)
    return own, provider


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.pem"
