"""What durable books cost, as ratios to bare `sqlite3` writing the very same rows in the same run.

`python benchmarks/ledger.py` prints a table; `--long` grows the ledger to 10^6 entries.
Absolute numbers say more about the disk than about the program, so budgets are ratios.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
import gc
from pathlib import Path
import sqlite3
from statistics import median
import sys
import tempfile
from time import perf_counter
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package(always=True)

from custom_components.prepaid_parking.core.chart import (  # noqa: E402
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind  # noqa: E402
from custom_components.prepaid_parking.core.identity import SYSTEM, InstallationId  # noqa: E402
from custom_components.prepaid_parking.core.ledger import (  # noqa: E402
    Act,
    CursorMove,
    Posting,
    Reference,
)
from custom_components.prepaid_parking.core.metering import Cursor  # noqa: E402
from custom_components.prepaid_parking.store import opening, schema, tables_meters  # noqa: E402
from custom_components.prepaid_parking.store.books import Books  # noqa: E402
from custom_components.prepaid_parking.store.codec import Row  # noqa: E402
from custom_components.prepaid_parking.store.group import Group  # noqa: E402
from custom_components.prepaid_parking.store.sqlite import set_checkpoints  # noqa: E402
from custom_components.prepaid_parking.store.standing import Standing  # noqa: E402
from custom_components.prepaid_parking.store.statements import insert, upsert  # noqa: E402

SITE: Final = "5" * 32
METERS: Final = 1000
AT: Final = datetime(2026, 7, 1, tzinfo=UTC)
REVENUE: Final = site_account(SiteAccount.REVENUE_ELECTRICITY)
TIMES: Final = 5
"""Runs of each measurement; the median is printed."""


def usage(number: int) -> Act:
    """Return the charge of one meter, as it is made some ten times a day and meter."""
    meter, step = number % METERS, number // METERS * 1_000_000
    installation = InstallationId(f"m{meter}.1")
    return Act(
        kind=EntryKind.USAGE,
        event=f"energy/{installation}/{step}-{step + 1_000_000}",
        occurred=AT,
        actor=SYSTEM,
        postings=(Posting(source=wallet_account(meter + 1), target=REVENUE, amount_minor=80),),
        detail={
            "meter": f"m{meter}",
            "carry_from": 0,
            "carry_to": 0,
            "lines": [
                {"tariff": "home", "version": 3, "rate": "peak", "tier": 1, "quantity": 1_000_000,
                 "price_micro": 800_000, "numerator": 800_000_000_000},
            ],
        },
        moves=(
            CursorMove(
                installation=installation,
                from_register=step,
                to_register=step + 1_000_000,
                to_at=AT,
                carry=0,
            ),
        ),
    )  # fmt: skip


def top_up(number: int) -> Act:
    """Return a payment with a reference of its own."""
    return Act(
        kind=EntryKind.TOP_UP,
        event=f"topup/cash/{number}",
        occurred=AT,
        actor=SYSTEM,
        postings=(
            Posting(
                source=site_account(SiteAccount.CASH),
                target=wallet_account(number % METERS + 1),
                amount_minor=10_000,
            ),
        ),
        reference=Reference(scope="topup", key=str(number)),
    )


def standing_at_zero() -> Standing:
    """Return empty books with all cursors at zero, to make rows without a file."""
    return Standing(
        n=0, head=bytes(32), booked=0, incarnation=1, balances={}, fixed={}, series={},
        registers={f"m{meter}.1": 0 for meter in range(METERS)},
    )  # fmt: skip


type Rows = list[tuple[str, list[Row]]]


def rows_of(acts: list[Act], size: int, standing: Standing) -> list[Rows]:
    """Return what the books would write for these acts, group by group."""
    groups: list[Rows] = []
    nothing_known = sqlite3.connect(":memory:")
    nothing_known.execute("CREATE TABLE idempotency (entry, key, fingerprint)")
    for start in range(0, len(acts), size):
        group = Group(standing, bytes(32), 1)
        group.look_up(nothing_known, acts[start : start + size])
        for act in acts[start : start + size]:
            group.decide(act)
        rows: Rows = [
            (insert(schema.journal), group.journal),
            (insert(schema.transfer), group.transfers),
            (insert(schema.idempotency), group.references),
            (upsert(schema.account), list(group.balances.items())),
            (upsert(tables_meters.cursor), [
                row for row in group.records.get(Cursor, {}).values() if row is not None
            ]),
        ]  # fmt: skip
        groups.append([(sql, some) for sql, some in rows if some])
        group.settle({})
    nothing_known.close()
    return groups


def bare_connection(folder: Path) -> sqlite3.Connection:
    """Return plain `sqlite3` with the same tables and the same durability."""
    path = folder / "bare.db"
    opening.create_file(path, site=SITE, currency="CNY")
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-16384")
    set_checkpoints(connection, frozen=False)
    return connection


def bare_seconds(groups: list[Rows], folder: Path) -> float:
    """Return how long bare `sqlite3` takes for rows that are ready made."""
    connection = bare_connection(folder)
    start = perf_counter()
    for group in groups:
        connection.execute("BEGIN IMMEDIATE")
        for sql, rows in group:
            connection.executemany(sql, rows)
        connection.execute("COMMIT")
    seconds = perf_counter() - start
    connection.close()
    return seconds


async def open_books(folder: Path) -> Books:
    """Return new books with all meters at zero."""
    books = await Books.open(folder / "site.db", site=SITE, currency="CNY")
    await books.record(
        *(Cursor(installation=InstallationId(f"m{meter}.1"), register=0, at=AT)
          for meter in range(METERS))
    )  # fmt: skip
    return books


async def batch_seconds(acts: list[Act], size: int, folder: Path) -> float:
    """Return how long the books take for one caller who hands over `size` acts at once."""
    books = await open_books(folder)
    start = perf_counter()
    for first in range(0, len(acts), size):
        await books.commit_all(acts[first : first + size])
    seconds = perf_counter() - start
    await books.close()
    return seconds


async def books_seconds(acts: list[Act], waiting: int, folder: Path) -> float:
    """Return how long the books take while `waiting` callers each wait for their own act."""
    books = await open_books(folder)
    left = iter(acts)

    async def caller() -> None:
        for act in left:
            await books.commit(act)

    start = perf_counter()
    await asyncio.gather(*(caller() for _ in range(waiting)))
    seconds = perf_counter() - start
    await books.close()
    return seconds


@contextmanager
def scratch(where: Path | None) -> Iterator[Path]:
    """Give a folder on the disk that is measured, and nobody else's garbage."""
    gc.collect()
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


type Way = Callable[[list[Act], int, Path], Coroutine[None, None, float]]


def compare(
    make: Callable[[int], Act], way: Way, count: int, size: int, where: Path | None
) -> tuple[float, float]:
    """Return the medians of bare and books, acts per second, run in turns."""
    acts = [make(number) for number in range(count)]
    groups = rows_of(acts, size, standing_at_zero())
    bare: list[float] = []
    books: list[float] = []
    for _ in range(TIMES):
        with scratch(where) as folder:
            bare.append(count / bare_seconds(groups, folder))
        with scratch(where) as folder:
            books.append(count / asyncio.run(way(acts, size, folder)))
    return median(bare), median(books)


async def growth(most: int, where: Path | None) -> None:
    """Print what a commit costs as the ledger grows, and what opening and verifying cost."""
    print("\nentries   single ms   group of 100 ms   open s   verify s   file MB")
    with scratch(where) as folder:
        books = await open_books(folder)
        done, level = 0, 1000
        while level <= most:
            while done < level - 600:
                count = min(500, level - 600 - done)
                await books.commit_all([usage(done + number) for number in range(count)])
                done += count
            singles, hundreds = [], []
            for _ in range(100):
                start = perf_counter()
                await books.commit(usage(done))
                singles.append(perf_counter() - start)
                done += 1
            for _ in range(5):
                start = perf_counter()
                await books.commit_all([usage(done + number) for number in range(100)])
                hundreds.append(perf_counter() - start)
                done += 100
            await books.close()
            start = perf_counter()
            books = await Books.open(folder / "site.db", site=SITE, currency="CNY")
            opened = perf_counter() - start
            start = perf_counter()
            verdict = await books.verify()
            verified = perf_counter() - start
            assert verdict.first_bad is None, verdict
            assert not verdict.problem, verdict
            size = (folder / "site.db").stat().st_size / 1e6
            print(
                f"{level:>9,} {median(singles) * 1e3:>9.2f} {median(hundreds) * 1e3:>14.2f}"
                f" {opened:>11.2f} {verified:>9.2f} {size:>9.0f}"
            )
            level *= 10
        await books.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="grow to 10^6 entries")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    print("acts per second         bare sqlite3      books   of bare   budget")
    for name, make, way, count, size, budget in (
        ("usage, one by one", usage, books_seconds, 500, 1, "40 %"),
        ("top-up, one by one", top_up, books_seconds, 500, 1, "40 %"),
        ("usage, 10 waiting", usage, books_seconds, 3_000, 10, ""),
        ("usage, 100 waiting", usage, books_seconds, 10_000, 100, "40 %"),
        ("top-up, 100 waiting", top_up, books_seconds, 10_000, 100, "40 %"),
        ("usage, 100 at once", usage, batch_seconds, 10_000, 100, "40 %"),
        ("usage, 500 at once", usage, batch_seconds, 10_000, 500, ""),
    ):
        bare, books = compare(make, way, count, size, asked.folder)
        print(f"{name:<22} {bare:>13,.0f} {books:>10,.0f} {books / bare:>8.0%}   {budget:>6}")
    asyncio.run(growth(1_000_000 if asked.long else 100_000, asked.folder))


if __name__ == "__main__":
    main()
