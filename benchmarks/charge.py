"""What it costs to charge a reading: all meters of a site in one tick, on one core.

`python -m benchmarks.charge` prints a table. A tick is what becomes of a reading between the line
and the books: `advance` says what went through, `accrue` prices it and lowers the balance.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from statistics import median
from time import process_time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from custom_components.prepaid_parking.core.identity import (
    InstallationId,
    MeterId,
    PolicyId,
    TariffId,
    WalletId,
)
from custom_components.prepaid_parking.core.metering import (
    Commodity,
    Consumption,
    Cursor,
    Installation,
    Quantity,
    Sample,
    advance,
)
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.supply import Supply
from custom_components.prepaid_parking.core.tariff import (
    Band,
    Pricer,
    Rate,
    TariffVersion,
    Tier,
)
from custom_components.prepaid_parking.core.wallet import (
    Binding,
    Meter,
    Purpose,
    Wallet,
    WalletKind,
    Watch,
)
from custom_components.prepaid_parking.operations.metering import limits_of
from custom_components.prepaid_parking.operations.site import MeterRun, Site, WalletRun
from custom_components.prepaid_parking.operations.window import accrue, open_window

BUDGET_MS: Final = {1_000: 10.0, 5_000: 50.0}
TICKS: Final = 60
EVERY: Final = timedelta(seconds=10)
BEGIN: Final = datetime(2026, 11, 3, 8, tzinfo=UTC)
ZONE: Final = ZoneInfo("Asia/Shanghai")
KWH: Final = 1_000_000
TARIFF: Final = TariffVersion(
    tariff=TariffId("home"),
    version=1,
    name="Home",
    quantity=Quantity.ENERGY,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    rates=(
        Rate(
            name="peak",
            tiers=(
                Tier(up_to=200 * KWH, price_micro=500_000),
                Tier(up_to=None, price_micro=800_000),
            ),
        ),
        Rate(name="valley", tiers=(Tier(up_to=None, price_micro=300_000),)),
    ),
    otherwise="valley",
    bands=(Band(rate="peak", weekdays=tuple(range(7)), start=time(7), end=time(22)),),
)


def site_of(meters: int) -> Site:
    """Return a site in memory with so many tenants and meters; nothing here is written."""
    nothing = cast("Any", None)
    site = Site(
        name="Site",
        currency=Currency.of("CNY"),
        zone=ZONE,
        books=nothing,
        privacy=nothing,
        clock=lambda: BEGIN,
        tell=nothing,
    )
    for number in range(1, meters + 1):
        wallet = Wallet(
            id=WalletId(f"w{number}"),
            no=number,
            unit=f"Flat {number}",
            purpose=Purpose.UTILITY,
            kind=WalletKind.INDIVIDUAL,
            policy=PolicyId("standard"),
            opened_at=BEGIN,
        )
        site.wallets[wallet.id] = WalletRun(wallet=wallet, watch=Watch(wallet=wallet.id))
        meter = Meter(
            id=MeterId(f"m{number}"),
            no=number,
            profile="acrel_ddsy1352",
            serial=str(number),
            name=wallet.unit,
            commodity=Commodity.ELECTRICITY,
            quantity=Quantity.ENERGY,
            max_rate=15 * KWH,
        )
        run = site.meters[meter.id] = MeterRun(meter=meter, supply=Supply(meter=meter.id))
        run.installation = Installation(
            id=InstallationId(f"{meter.id}.1"),
            meter=meter.id,
            number=1,
            serial=meter.serial,
            ratio=None,
            from_register=0,
            from_at=BEGIN,
        )
        run.binding = Binding(
            id=f"{meter.id}/1",
            meter=meter.id,
            wallet=wallet.id,
            tariff=TARIFF.tariff,
            from_register=0,
            from_at=BEGIN,
        )
        open_window(site, run, 0, BEGIN, 0)
    return site


def charge(site: Site, pricer: Pricer, samples: list[Sample]) -> None:
    """Charge one reading of every meter."""
    for run, sample in zip(site.meters.values(), samples, strict=True):
        window, installation = run.window, run.installation
        assert window is not None
        assert installation is not None
        moved = advance(
            Cursor(installation=installation.id, register=window.to_register, at=window.to_at),
            sample,
            limits_of(run),
            serial=installation.serial,
            ratio=installation.ratio,
        )
        assert isinstance(moved, Consumption)
        accrue(site, run, pricer, moved)


def ticks(meters: int) -> Iterator[float]:
    """Yield how many milliseconds of one core each tick took, whatever else the machine does."""
    site, pricer = site_of(meters), Pricer([TARIFF], ZONE)
    for tick in range(1, TICKS + 1):
        samples = [Sample(at=BEGIN + tick * EVERY, register=8_000 * tick)] * meters
        start = process_time()
        charge(site, pricer, samples)
        yield (process_time() - start) * 1000


def main() -> None:
    """Print a line for each size."""
    print("| meters | median tick | worst | per reading | budget | |")
    print("|---|---|---|---|---|---|")
    for meters, budget in BUDGET_MS.items():
        times = list(ticks(meters))
        middle = median(times)
        print(
            f"| {meters:,} | {middle:.1f} ms | {max(times):.1f} ms"
            f" | {middle * 1000 / meters:.1f} µs | {budget:.0f} ms"
            f" | {'met' if middle <= budget else 'missed'} |"
        )


if __name__ == "__main__":
    main()
