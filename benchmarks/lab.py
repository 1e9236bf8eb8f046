"""Trying tariffs out on a year of hours, and how wrong the days left are.

`python -m benchmarks.lab [--meters N]`: a year of every hour of a thousand meters is read from a
ledger file and priced by two tariffs, beside an event loop that is watched; the baseline is the bare
sum over the same numbers. Then a year of eight kinds of users is foretold again and again, against
plain means.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
import resource
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final

from custom_components.prepaid_parking.core.forecast import Pattern
from custom_components.prepaid_parking.core.hours import MeterDay, pack, unpack
from custom_components.prepaid_parking.core.identity import PolicyId
from custom_components.prepaid_parking.core.lab import Pool, Trial, Used
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.tariff import Pricer
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.version import TariffVersion
from custom_components.prepaid_parking.operations.forecast import ahead_of
from custom_components.prepaid_parking.operations.lab import try_tariff
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.store.books import Books
from tests.core.backtest import FLAT, HORIZONS, LADDER, METHODS, cases_of, errors, middle

from .charge import BEGIN, ZONE, site_of
from .slices import Watch

METERS: Final = 1_000
DAYS: Final = 365
MOST_SLICE_S: Final = 0.05
AT_ONCE: Final = 5_000
NOBODY: Final = "0" * 32
TWO: Final = {
    "tariff": "home",
    "quantity": "energy",
    "rates": {"peak": "0.80", "valley": "0.30"},
    "bands": [{"rate": "peak", "from": "07:00", "to": "22:00"}],
    "otherwise": "valley",
}
EVERYTHING: Final = LADDER | {
    "bands": [
        {"rate": "peak", "from": "08:30", "to": "11:30", "days": ["workday"]},
        {"rate": "peak", "from": "17:00", "to": "22:00"},
    ],
    "standing": [{"name": "meter", "price": "9.90", "per": "month"}],
    "minimum": {"price": "20.00", "per": "month"},
    "levies": [{"name": "VAT", "kind": "tax", "percent": "13"}],
}
KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "flat": FLAT,
    "peak and valley": TWO,
    "ladder on peak and valley, standing, minimum, tax": EVERYTHING,
}


def version_of(document: Mapping[str, object]) -> TariffVersion:
    """Return a tariff that has held for ever."""
    return read_tariff(
        dict(document) | {"tariff": "home"},
        version=1,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    )


def packed_days() -> list[bytes]:
    """Return some days of hours, as the books keep them."""
    chance = Random(1)
    return [pack([chance.randrange(900_000) for _ in range(24)]) for _ in range(499)]


def first_day() -> date:
    """Return the first of the days."""
    return BEGIN.astimezone(ZONE).date() - timedelta(days=DAYS)


def bare(days: Sequence[bytes], meters: int) -> float:
    """Return the seconds of one core that adding the same numbers up takes."""
    began, total = process_time(), 0
    for number in range(DAYS):
        for meter in range(meters):
            total += sum(unpack(days[(7 * number + meter) % len(days)]))
    return process_time() - began


def priced(days: Sequence[bytes], meters: int, version: TariffVersion) -> float:
    """Return the seconds of one core that pricing takes, from packed days to costs."""
    began, trial = process_time(), Trial(version, ZONE, Currency.of("CNY"))
    first = first_day()
    pools: list[tuple[Pool, Used]] = []
    for _ in range(meters):
        pool, used = Pool(trial), Used(first=first, last=first + timedelta(days=DAYS - 1))
        pool.meters.append(used)
        pools.append((pool, used))
    for number in range(DAYS):
        day = first + timedelta(days=number)
        for meter, (pool, used) in enumerate(pools):
            pool.take(day, [(used, unpack(days[(7 * number + meter) % len(days)]))])
    for pool, used in pools:
        pool.close()
        trial.cost(used)
    return process_time() - began


async def site_with_hours(folder: Path, days: Sequence[bytes], meters: int) -> Site:
    """Return a site whose books hold a year of every meter."""
    version = version_of(TWO)
    site = site_of(meters, Pricer([version], ZONE))
    books = await Books.open(folder / "site.db", site=NOBODY, currency="CNY")
    site.books = books
    site.clock = lambda: BEGIN
    for run in site.meters.values():
        assert run.binding is not None
        run.binding = replace(run.binding, from_at=BEGIN - timedelta(days=DAYS + 40))
    rows: list[MeterDay] = []
    for number in range(DAYS):
        day = first_day() + timedelta(days=number)
        for place, meter in enumerate(site.meters):
            kept = days[(7 * number + place) % len(days)]
            rows.append(MeterDay(day=day, meter=meter, hours=kept))
        if len(rows) >= AT_ONCE:
            await books.record(*rows)
            rows = []
    await books.record(*rows)
    return site


async def trial(days: Sequence[bytes], meters: int, base: float) -> None:
    """Try a draft out on a whole site and print what that took."""
    with TemporaryDirectory() as folder:
        site = await site_with_hours(Path(folder), days, meters)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, spent = perf_counter(), process_time()
        preview = await try_tariff(
            site, draft=version_of(EVERYTHING), meters=list(site.meters.values()), months=12
        )
        alone, spent = perf_counter() - began, process_time() - spent
        watch, idle = Watch(), Watch()
        looking = asyncio.create_task(watch.look())
        began = perf_counter()
        with watch.timing():
            again = await try_tariff(
                site, draft=version_of(EVERYTHING), meters=list(site.meters.values()), months=12
            )
        watched = perf_counter() - began
        looking.cancel()
        assert again == preview
        looking = asyncio.create_task(idle.look())
        await asyncio.sleep(watched)
        looking.cancel()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        hours = sum(row.days for row in preview.wallets) * 24
        assert isinstance(site.books, Books)
        print(
            f"\n| a trial on {hours:,} hours of {meters:,} meters out of the books | |\n|---|---|"
        )
        print(f"| work of one core | {spent:.1f} s, {spent / base:.0f} bare sums |")
        print(f"| from the call to the answer | {alone:.1f} s |")
        print(f"| memory | {grown:.0f} MB more |")
        for name, one in (("during it", watch), ("without it", idle)):
            longest, thousandth = one.away()
            print(
                f"| the loop was away {name} | {longest:.0f} ms at most, {thousandth:.0f} ms"
                " the slowest thousandth |"
            )
        met = "met" if watch.slice_s <= MOST_SLICE_S else "missed"
        print(
            f"| the loop's longest slice during it | {1000 * watch.slice_s:.1f} ms"
            f" (budget {1000 * MOST_SLICE_S:.0f} ms: {met}) |\n"
        )
        looked_ahead(site, days)
        await site.books.close()


def looked_ahead(site: Site, days: Sequence[bytes]) -> None:
    """Print what a look ahead costs for a wallet."""
    site.policies[PolicyId("standard")] = [
        Policy(id=PolicyId("standard"), version=1, valid_from=datetime(2020, 1, 1, tzinfo=UTC))
    ]
    pattern, today = Pattern(), BEGIN.astimezone(ZONE).date()
    for number in range(56):
        pattern.learn(today - timedelta(days=56 - number), unpack(days[number]))
    taken: list[float] = []
    for wallet in list(site.wallets.values())[:200]:
        run = next(one for one in site.meters.values() if one.meter.no == wallet.wallet.no)
        wallet.meters, wallet.posted_minor = [run], 20_000
        site.outlook.patterns[run.meter.id] = pattern
        began = process_time()
        ahead_of(site, wallet, BEGIN)
        taken.append(process_time() - began)
    per_wallet = 1000 * median(taken)
    print(
        f"A look ahead: {per_wallet:.2f} ms a wallet; 20,000 wallets once an hour are"
        f" {per_wallet * 20_000 / 36_000:.1f} % of a core.\n"
    )


def foretold() -> None:
    """Print how wrong the days left are."""
    print("| tariff | method |", " | ".join(f"{one} days" for one in HORIZONS), "|")
    print("|---|---|" + "---|" * len(HORIZONS))
    for name, document in (("flat", FLAT), ("ladder on peak and valley", LADDER)):
        cases = [case for kind in cases_of(document, (1, 2, 3)).values() for case in kind]
        found = {horizon: errors(cases, horizon) for horizon in HORIZONS}
        for method in METHODS:
            off = " | ".join(f"{middle(found[one][method]):.1f} %" for one in HORIZONS)
            print(f"| {name} | {method} | {off} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab", description=__doc__)
    parser.add_argument("--meters", type=int, default=METERS)
    meters: int = parser.parse_args().meters
    days = packed_days()
    base = min(bare(days, meters) for _ in range(3))
    count = meters * DAYS * 24
    print(f"| {count:,} hours of {meters:,} meters | one core | to the bare sum |")
    print("|---|---|---|")
    print(f"| bare sum | {base:.2f} s | 1 |")
    for name, document in KINDS.items():
        took = priced(days, meters, version_of(document))
        print(f"| {name} | {took:.2f} s | {took / base:.1f} |")
    asyncio.run(trial(days, meters, base))
    foretold()


if __name__ == "__main__":
    main()
