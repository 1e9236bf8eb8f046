"""Acts and books as the tests of the store need them."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
import sqlite3
from typing import Final

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    EntryId,
    InstallationId,
    WalletId,
    energy_event,
)
from custom_components.prepaid_parking.core.ledger import (
    AccountId,
    Act,
    CursorMove,
    Floor,
    Posting,
    Receipt,
    Reference,
)
from custom_components.prepaid_parking.core.metering import Cursor
from custom_components.prepaid_parking.core.wallet import Watch
from custom_components.prepaid_parking.store.books import Books

SITE: Final = "0123456789abcdef0123456789abcdef"
AT: Final = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TILL: Final = site_account(SiteAccount.CASH)
REVENUE: Final = site_account(SiteAccount.REVENUE_ELECTRICITY)
WALLET: Final = wallet_account(1)
METER: Final = InstallationId("m1.1")


async def open_books(
    folder: Path,
    *,
    anchors: Sequence[Path] = (),
    clock: Callable[[], datetime] = lambda: AT,
    frozen: bool = False,
) -> Books:
    """Open the site's books in a folder."""
    return await Books.open(
        folder / "site.db", site=SITE, currency="CNY", anchors=anchors, clock=clock, frozen=frozen
    )


def top_up(
    amount_minor: int,
    reference: str | None = None,
    *,
    wallet: AccountId = WALLET,
    detail: dict[str, object] | None = None,
) -> Act:
    """Return money that came in, idempotent where it has a reference."""
    return Act(
        kind=EntryKind.TOP_UP,
        event=f"topup/cash/{reference}",
        occurred=AT,
        actor=SYSTEM,
        reason="at the desk",
        postings=(Posting(source=TILL, target=wallet, amount_minor=amount_minor),),
        reference=Reference(scope="topup", key=reference) if reference else None,
        detail=detail or {},
    )


def usage(
    amount_minor: int,
    from_register: int,
    to_register: int,
    *,
    installation: InstallationId = METER,
    wallet: AccountId = WALLET,
) -> Act:
    """Return the charge of a stretch of register."""
    return Act(
        kind=EntryKind.USAGE,
        event=energy_event(installation, from_register, to_register),
        occurred=AT,
        actor=SYSTEM,
        postings=(Posting(source=wallet, target=REVENUE, amount_minor=amount_minor),),
        detail={"lines": [{"rate": "flat", "quantity": to_register - from_register}]},
        moves=(
            CursorMove(
                installation=installation,
                from_register=from_register,
                to_register=to_register,
                to_at=AT,
                carry=to_register % 7,
            ),
        ),
    )


def spend(amount_minor: int, minimum_minor: int = 0, *, wallet: AccountId = WALLET) -> Act:
    """Return an expense that must leave at least a minimum."""
    return Act(
        kind=EntryKind.DEDUCTION,
        event="deduct",
        occurred=AT,
        actor=SYSTEM,
        postings=(Posting(source=wallet, target=REVENUE, amount_minor=amount_minor),),
        floors=(Floor(account=wallet, minimum_minor=minimum_minor),),
    )


def reversal(receipt: Receipt, amount_minor: int) -> Act:
    """Return the entry that takes a top-up back."""
    return Act(
        kind=EntryKind.REVERSAL,
        event=f"reversal/{receipt.entry}",
        occurred=AT,
        actor=SYSTEM,
        postings=(Posting(source=WALLET, target=TILL, amount_minor=amount_minor),),
        reverses=receipt.entry,
    )


def meter_at(register: int, installation: InstallationId = METER) -> Cursor:
    """Return where a meter is charged up to."""
    return Cursor(installation=installation, register=register, at=AT)


def unwritable(number: int = 0) -> Watch:
    """Return a record that passes every rule and that SQLite cannot take."""
    return Watch(wallet=WalletId(f"w{number}"), grace_spent_s=2**70)


def bytes_in(folder: Path) -> bytes:
    """Return all that lies in the ledger's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("site.db*")))


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def remove_ledger(folder: Path) -> None:
    """Take the ledger and all its companions away."""
    for path in folder.glob("site.db*"):
        path.unlink()


def copy_ledger(folder: Path, target: Path) -> None:
    """Copy the ledger as it is at this moment, its log included, as a backup of the hub has it."""
    with (
        closing(sqlite3.connect(folder / "site.db")) as here,
        closing(sqlite3.connect(target)) as copy,
    ):
        here.backup(copy)


async def all_is_well(books: Books) -> EntryId:
    """Check the whole ledger and return its last entry."""
    verdict = await books.verify()
    assert (verdict.first_bad, verdict.problem) == (None, ""), verdict
    assert sum((await books.balances()).values()) == 0
    return EntryId(verdict.entries)
