"""A provider's day of a hundred thousand payments, held against as many orders and entries.

`python -m benchmarks.settlement [--rows 100000]`: books that another process has filled with paid
orders, and the provider's file of that day, every hundredth of whose payments nobody here has asked
for. The file is read, matched and booked, twice, as each night does it; the second time it is known.
Measured: the work of one core, the longest slice of the event loop (without Python's search for what is
unused, which is timed by itself), and what memory it took at its peak. The baseline is the least that can
be done with the same file in the same run: `csv` reads it, and
a bare `sqlite3` writes its rows in one durable commit.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
import csv
from datetime import UTC, date, datetime, timedelta
import io
from itertools import batched
from pathlib import Path
import sqlite3
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final, cast
import zipfile

from custom_components.prepaid_parking.core.chart import Channel, channel_account, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import SYSTEM, OrderId
from custom_components.prepaid_parking.core.ledger import Act, Posting
from custom_components.prepaid_parking.core.pay_channel import SettlementRow
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.links.pay import alipay_bill
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.simulator.pay_alipay_bill import packed
from custom_components.prepaid_parking.simulator.pay_books import Movement
from tests.operations.world import World

from . import ROOT
from .slices import Watch

ROWS: Final = 100_000
STRANGE: Final = 100
"""One of so many rows is about nothing that is known here."""
GROUP: Final = 500
WALLETS: Final = 100
SELLER: Final = "2088102146225135"
FEE_MINOR: Final = 1
AMOUNT_MINOR: Final = 101
DAY: Final = date(2026, 6, 30)
MIDNIGHT: Final = datetime(2026, 6, 29, 16, tzinfo=UTC)
"""When that day begins at the provider."""
NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
BILL: Final = "bill.zip"
BUDGET_S: Final = 0.05
MILLISECOND: Final = timedelta(milliseconds=1)


class Filed:
    """A provider that has a file."""

    merchant = SELLER
    currency = "CNY"

    def __init__(self, path: Path) -> None:
        """Give out this file, whatever day is asked for."""
        self._path = path

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Read it as the provider's channel does."""
        content = await asyncio.to_thread(self._path.read_bytes)
        return await asyncio.to_thread(alipay_bill.rows, content, day, SELLER)


def paid_at(number: int) -> datetime:
    """Return when a payment was made."""
    return MIDNIGHT + number * 800 * MILLISECOND


def order(number: int) -> PayOrder:
    """Return an order that was paid and credited."""
    return PayOrder(
        id=OrderId(f"po{number}"), no=number, out_no=f"pp{number:030x}", channel="ch1",
        kind=Channel.ALIPAY, aim=Aim(kind=AimKind.WALLET, id=f"w{number % WALLETS + 1}"),
        amount_minor=AMOUNT_MINOR, state=OrderState.CREDITED, created_at=paid_at(number),
        expires_at=paid_at(number), provider_ref=f"20260630{number:020d}",
        paid_minor=AMOUNT_MINOR, paid_at=paid_at(number), entry=f"topup/alipay/{number}",
    )  # fmt: skip


def top_up(number: int) -> Act:
    """Return what was credited for it."""
    asked = order(number)
    return Act(
        kind=EntryKind.TOP_UP, event=asked.entry, occurred=paid_at(number), actor=SYSTEM,
        postings=(Posting(
            source=channel_account(Channel.ALIPAY),
            target=wallet_account(number % WALLETS + 1), amount_minor=AMOUNT_MINOR,
        ),),
        puts=(asked,) if number % STRANGE else (),
    )  # fmt: skip


def movements(rows: int) -> Iterator[Movement]:
    """Return the payments as the provider has them."""
    for number in range(1, rows + 1):
        known = order(number)
        yield Movement(
            out_no=known.out_no if number % STRANGE else f"shop{number}",
            reference=known.provider_ref, amount_minor=AMOUNT_MINOR, fee_minor=FEE_MINOR,
            at=paid_at(number), currency="CNY",
        )  # fmt: skip


async def make(folder: Path, rows: int) -> None:
    """Fill the books, and write the file."""
    world = await World.open(folder, at=NOON)
    for _ in range(WALLETS):
        await world.wallet()
    for part in batched(range(1, rows + 1), GROUP, strict=False):
        await world.books.commit_all([top_up(number) for number in part])
    await world.books.close()
    (folder / BILL).write_bytes(packed(list(movements(rows)), DAY, SELLER))


def bare(folder: Path) -> float:
    """Return the work of reading the file with `csv` and writing its rows in one commit."""
    began = process_time()
    with zipfile.ZipFile(folder / BILL) as files:
        name = next(one for one in files.namelist() if "汇总" not in one)
        text = files.read(name).decode("gbk")
    rows = [row for row in csv.reader(io.StringIO(text)) if len(row) > 1]
    file = sqlite3.connect(folder / "bare.db", isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=FULL")
    places = ", ".join(f"c{number}" for number in range(len(rows[0])))
    file.execute(f"CREATE TABLE bill ({places}, PRIMARY KEY (c0))")
    file.execute("BEGIN")
    marks = ", ".join("?" * len(rows[0]))
    full = (row for row in rows if len(row) == len(rows[0]))
    file.executemany(f"INSERT OR REPLACE INTO bill VALUES ({marks})", full)
    file.execute("COMMIT")
    file.close()
    return process_time() - began


def peak_mb() -> float:
    """Return the most memory this process has had since the peak was last forgotten."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024


def forget_peak() -> None:
    """Let the peak begin anew from what there is now."""
    Path("/proc/self/clear_refs").write_text("5")


async def measure(folder: Path) -> None:
    """Take the file up twice, and print what it took beside the baseline."""
    base = bare(folder)
    world = await World.reopen(folder, at=NOON)
    run = ChannelRun(
        key="ch1", name="Alipay", kind=Channel.ALIPAY, port=cast("Any", Filed(folder / BILL))
    )
    world.site.paying.channels[run.key] = run
    print(
        "| | rows booked | do not fit | one core | to csv and a commit | longest slice"
        " | longest search for what is unused | memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print(f"| csv and one commit | | | {base:.1f} s | 1 | | | |")
    for name in ("a new file", "the same again"):
        forget_peak()
        watch, before, spent = Watch(), peak_mb(), process_time()
        with watch.timing():
            (day,) = await reconcile_payments(world.site, first=DAY, last=DAY)
        spent = process_time() - spent
        assert day.taken is not None
        met = "met" if watch.own_s <= BUDGET_S else "missed"
        print(
            f"| {name} | {day.taken.new:,} | {len(day.taken.found):,} | {spent:.1f} s |"
            f" {spent / base:.1f} | {1000 * watch.own_s:.0f} ms ({met}) |"
            f" {1000 * watch.collecting_s:.0f} ms |"
            f" {peak_mb() - before:.0f} MB |",
            flush=True,
        )
    await world.books.close()


def main() -> None:
    """Fill books in one process, and measure in another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.settlement", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make is not None:
        asyncio.run(make(asked.make, asked.rows))
        return
    with TemporaryDirectory(prefix="prepaid-benchmark-") as name:
        own = [sys.executable, "-m", "benchmarks.settlement", "--rows", str(asked.rows)]
        subprocess.run([*own, "--make", name], cwd=ROOT, check=True)
        asyncio.run(measure(Path(name)))


if __name__ == "__main__":
    main()
