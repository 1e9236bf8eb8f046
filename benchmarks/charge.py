"""What it costs to charge a reading: all meters of a site in one tick, on one core.

`python -m benchmarks.charge` prints a table, each kind of tariff beside the plainest one. A tick is
what becomes of a reading between the line and the books: `advance` says what went through, `accrue`
prices it and lowers the balance; where the meter's own registers divide, every sixth reading has them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
import gc
from itertools import product
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
from custom_components.prepaid_parking.core.tariff import Pricer, TariffVersion
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.wallet import (
    Binding,
    Meter,
    Purpose,
    Wallet,
    WalletKind,
    Watch,
)
from custom_components.prepaid_parking.operations.believing import limits_of
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.rate_registers import take_rates
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.window import accrue, open_window

BUDGET_MS: Final = {1_000: 10.0, 5_000: 50.0}
TICKS: Final = 60
EVERY: Final = timedelta(seconds=10)
BEGIN: Final = datetime(2026, 11, 3, 8, tzinfo=UTC)
ZONE: Final = ZoneInfo("Asia/Shanghai")
KWH: Final = 1_000_000
TARIFF: Final = TariffId("home")
HOME: Final = {"tariff": "home", "quantity": "energy"}
PEAK: Final = {"rate": "peak", "from": "07:00", "to": "22:00"}
TWO: Final = HOME | {"rates": {"peak": "0.80", "valley": "0.30"}, "bands": [PEAK]}
KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "one price": HOME | {"price": "0.80"},
    "tiers": HOME | {"tiers": [{"up_to": "200", "price": "0.50"}, {"price": "0.80"}]},
    "peak and valley": TWO
    | {
        "rates": {
            "peak": [{"up_to": "200", "price": "0.50"}, {"price": "0.80"}],
            "valley": "0.30",
        }
    },
    "ladder, persons, first year": TWO
    | {
        "ladder": [{"up_to": "2760", "price": "0"}, {"price": "0.05"}],
        "persons": {"base": 1, "each": "300"},
        "period": {"per": "year", "prorate_first": True},
    },
    "five rates, seasons, factors": HOME
    | {
        "plan": {
            "base": "0.60",
            "factors": {"sharp": "1.8", "peak": "1.5", "flat": "1", "valley": "0.5", "deep": "0.3"},
        },
        "seasons": [{"name": "winter", "from": "11-01", "to": "02-28"}],
        "bands": [
            {"rate": "sharp", "seasons": ["winter"], "from": "19:00", "to": "21:00"},
            {"rate": "peak", "days": ["workday"], "from": "08:00", "to": "22:00"},
            {"rate": "deep", "from": "02:00", "to": "04:00"},
            {"rate": "valley", "from": "23:00", "to": "07:00"},
        ],
        "otherwise": "flat",
    },
    "tax and fee": HOME
    | {
        "price": "0.80",
        "levies": [
            {"name": "service", "kind": "fee", "percent": "5"},
            {"name": "VAT", "kind": "tax", "percent": "13"},
        ],
    },
    "rate registers": TWO | {"registers": ["peak", "valley"]},
    "tiers of a unit": HOME | {"tiers": [{"up_to": "200", "price": "0.50"}, {"price": "0.80"}]},
}
"""A tariff of each kind, as it is written."""
REGISTERS: Final = "rate registers"
OF_A_UNIT: Final = "tiers of a unit"
METERS_OF_A_UNIT: Final = 4
LOOKS: Final = 6
"""Of so many readings one has the rate registers: a minute between them, at ten seconds a reading."""


def tariff_of(kind: str) -> TariffVersion:
    """Return the tariff of a kind, in force since the beginning of the year."""
    return read_tariff(KINDS[kind], version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))


def site_of(meters: int, pricer: Pricer, kind: str = "") -> Site:
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
    site.tariffs[TARIFF] = pricer
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
            unit=f"u{number // METERS_OF_A_UNIT}" if kind == OF_A_UNIT else "",
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
            tariff=TARIFF,
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
        if sample.rates:
            take_rates(site, run, pricer, sample.rates)


def ticks(meters: int, kind: str) -> Iterator[float]:
    """Yield how many milliseconds of one core each tick took, whatever else the machine does."""
    pricer = Pricer([tariff_of(kind)], ZONE)
    site = site_of(meters, pricer, kind)
    for run in site.meters.values():
        run.rates = (0, 0) if kind == REGISTERS else ()
    gc.collect()  # What making the site left behind is not part of a tick.
    for tick in range(1, TICKS + 1):
        used = 8_000 * tick
        rates = (used, 0) if kind == REGISTERS and not tick % LOOKS else ()
        samples = [Sample(at=BEGIN + tick * EVERY, register=used, rates=rates)] * meters
        start = process_time()
        charge(site, pricer, samples)
        yield (process_time() - start) * 1000


def main() -> None:
    """Print a line for each kind of tariff and size."""
    print("| tariff | meters | median tick | worst | per reading | to one price | budget | |")
    print("|---|---|---|---|---|---|---|---|")
    plain: dict[int, float] = {}
    for kind, (meters, budget) in product(KINDS, BUDGET_MS.items()):
        times = list(ticks(meters, kind))
        middle = median(times)
        plain.setdefault(meters, middle)
        mean = sum(times) / len(times)
        print(
            f"| {kind} | {meters:,} | {middle:.1f} ms | {max(times):.1f} ms"
            f" | {mean * 1000 / meters:.1f} µs | {middle / plain[meters]:.2f} | {budget:.0f} ms"
            f" | {'met' if middle <= budget else 'missed'} |"
        )


if __name__ == "__main__":
    main()
