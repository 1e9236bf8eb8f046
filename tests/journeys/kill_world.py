"""The world a killed site lives in: meters that count on whatever becomes of who reads them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from custom_components.prepaid_parking.core.identity import SYSTEM, InstallationId, MeterId
from custom_components.prepaid_parking.core.metering import Commodity, Quantity, Sample
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.supply import RestoreMode
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import open_wallet
from custom_components.prepaid_parking.operations.loading import load_site
from custom_components.prepaid_parking.operations.metering import take_sample
from custom_components.prepaid_parking.operations.office import (
    add_meter,
    bind_meter,
    publish_tariff,
)
from custom_components.prepaid_parking.operations.rules import ensure_standard
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.privacy import Privacy

SITE: Final = "0123456789abcdef0123456789abcdef"
BEGIN: Final = datetime(2026, 12, 1, tzinfo=UTC)
STEP: Final = timedelta(minutes=1)
METERS: Final = 8
HOURLY: Final = {
    "tariff": "hourly",
    "quantity": "energy",
    "rates": {"even": "0.73", "odd": "0.73"},
    "bands": [
        {"rate": "odd", "from": f"{hour:02}:00", "to": f"{hour + 1:02}:00"}
        for hour in range(1, 23, 2)
    ],
    "otherwise": "even",
}
"""One price under two names: a boundary and so an entry every hour, and a sum that is easy to name."""
TIERED: Final = {
    "tariff": "tiered",
    "quantity": "energy",
    "tiers": [
        {"up_to": "20", "price": "0.50"},
        {"up_to": "90", "price": "0.61"},
        {"price": "0.90"},
    ],
}


def time_of(step: int) -> datetime:
    """Return when a step is."""
    return BEGIN + step * STEP


def meter_id(number: int) -> MeterId:
    """Return a meter's id in the books."""
    return MeterId(f"m{number + 1}")


def register(number: int, step: int) -> int:
    """Return what a meter shows: some 0.2 to 1.6 kW, unevenly, and never a step back."""
    return 1_000_000_000 * number + step * (3_001 + 3_343 * number) + step * 7_919 % 1_009


def used(number: int, at_register: int) -> int:
    """Return what went through a meter up to a register."""
    return at_register - register(number, 0)


def numerator(number: int, quantity: int) -> int:
    """Return what a quantity costs, before it is divided into minor units."""
    if number < METERS // 2:
        return quantity * 730_000
    low, middle = min(quantity, 20_000_000), min(quantity, 90_000_000)
    return low * 500_000 + (middle - low) * 610_000 + (quantity - middle) * 900_000


async def open_books(folder: Path) -> Books:
    """Open the ledger in a folder."""
    return await Books.open(
        folder / "site.db", site=SITE, currency="CNY", anchors=[folder / "anchors" / "site.anchor"]
    )


async def load(folder: Path, clock: Callable[[], datetime]) -> tuple[Site, Books]:
    """Load the site as the hub does, on a clock of our own."""
    books = await open_books(folder)
    privacy = await Privacy.open(books, folder / "site.kek", erased=folder / "site.erased")
    site = Site(
        name="Site",
        currency=Currency.of("CNY"),
        zone=UTC,
        books=books,
        privacy=privacy,
        clock=clock,
        tell=lambda _: None,
    )
    await load_site(site)
    return site, books


def sample(number: int, step: int) -> Sample:
    """Return the reading of a meter at a step."""
    return Sample(at=time_of(step), register=register(number, step))


async def found(folder: Path) -> None:
    """Make a site whose meters are bound from step 0 on."""
    site, books = await load(folder, lambda: BEGIN)
    await ensure_standard(site)
    for document in (HOURLY, TIERED):
        version = read_tariff(document, version=1, valid_from=BEGIN)
        await publish_tariff(site, version=version, actor=SYSTEM)
    for number in range(METERS):
        run = await add_meter(
            site,
            profile="test",
            serial=str(number),
            name=f"Flat {number}",
            commodity=Commodity.ELECTRICITY,
            quantity=Quantity.ENERGY,
            max_rate=13_800_000,
            modulus=None,
            jitter=0,
            restore=RestoreMode.AUTO,
            actor=SYSTEM,
        )
        await take_sample(site, run, sample(number, 0))
        assert run.installation is not None
        assert run.installation.id == InstallationId(f"m{number + 1}.1")
        await open_wallet(site, unit=f"Flat {number}", purpose=Purpose.UTILITY, actor=SYSTEM)
        await bind_meter(
            site,
            meter=run.meter.id,
            wallet=f"w{number + 1}",
            tariff="hourly" if number < METERS // 2 else "tiered",
            actor=SYSTEM,
        )
    await books.close()
