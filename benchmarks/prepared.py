"""A site with a past: its ledger written through the store's own API, its configuration as the hub keeps it.

A month of posted usage, opened wallets, cards and commands, each as the program itself writes them;
only the clock runs faster.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Final

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    CardId,
    MeterId,
    PolicyId,
    TariffId,
    WalletId,
    energy_event,
    installation_id,
)
from custom_components.prepaid_parking.core.ledger import (
    Act,
    CursorMove,
    Posting,
    Record,
    Reference,
)
from custom_components.prepaid_parking.core.metering import (
    Commodity,
    Cursor,
    Installation,
    Quantity,
)
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.supply import (
    CommandLog,
    CommandOutcome,
    RestoreMode,
    Supply,
    SupplyState,
)
from custom_components.prepaid_parking.core.tariff import Rate, TariffVersion, Tier
from custom_components.prepaid_parking.core.wallet import (
    Binding,
    Card,
    CardState,
    Credential,
    CredentialKind,
    Meter,
    Purpose,
    Wallet,
    WalletKind,
)
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.privacy import Privacy

from .building import serial
from .prepared_park import open_stays, park, park_numbers, space_of

DAYS: Final = 25
"""How long ago the past begins: what a month's sums are made of."""
GROUP: Final = 500
TARIFF: Final = TariffId("home")
POLICY: Final = PolicyId("standard")
PRICE_MICRO: Final = 800_000
STEP_MWH: Final = 1_000_000
PAID_MINOR: Final = 1_000_000
SHOWN: Final = 250
PER_LINE: Final = 200
ENTRIES_PER_PASSAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a site is."""

    meters: int = 0
    wallets: int = 0
    entries: int = 0
    cards: int = 0
    spaces: int = 0
    stays: int = 0

    @property
    def lines(self) -> int:
        """How many lines its meters hang on."""
        return -(-self.meters // PER_LINE)

    @property
    def opening(self) -> int:
        """Entries before any usage."""
        park = self.spaces + self.cards + 2 if self.spaces else 0
        return 2 + 2 * self.wallets + self.meters + self.cards + park


@dataclass(slots=True)
class Clock:
    """What the books are told the time is."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=DAYS))

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def ledger_of(config: Path, site: str) -> Path:
    """Return where the hub looks for a site's ledger."""
    return config / ".storage" / "prepaid_parking" / f"{site}.db"


def plate(number: int) -> str:
    """Return a plate that differs from any other in two places: none is another's misread."""
    digits = f"{number:05d}"
    return f"B{digits}{chr(ord('A') + sum(map(int, digits)) % 26)}"


async def write_ledger(path: Path, site: str, size: Size) -> None:
    """Write the books of a site of this size."""
    clock = Clock()
    path.parent.mkdir(parents=True, exist_ok=True)
    books = await Books.open(path, site=site, currency="CNY", clock=clock)
    try:
        privacy = await Privacy.open(
            books, path.with_suffix(".kek"), erased=path.with_suffix(".erased")
        )
        for series, count in (
            ("wallet", size.wallets),
            ("meter", size.meters),
            ("card", size.cards),
            *park_numbers(size.cards, size.spaces, size.stays),
        ):
            for _ in range(count):
                await books.next_number(series)
        await _commit(books, _opening(size, privacy, clock.now))
        if size.spaces:
            await _commit(books, park(size.cards, size.spaces, size.wallets, clock.now))
            for stays in batched(
                open_stays(size.stays, size.wallets, privacy, plate), GROUP, strict=False
            ):
                await books.record(*stays)
        await _live(books, size, clock)
    finally:
        await books.close()


async def _live(books: Books, size: Size, clock: Clock) -> None:
    """Let the month pass: every meter's usage is posted again and again, and cars come and go."""
    rounds = (size.entries - size.opening) // size.meters if size.meters else 0
    began, number = clock.now, 0
    for turn in range(rounds):
        clock.now = began + timedelta(days=DAYS) * (turn + 1) / rounds
        await _commit(books, (_usage(size, meter, turn, clock.now) for meter in range(size.meters)))
        records: list[Record] = []
        for _ in range(size.meters // ENTRIES_PER_PASSAGE):
            number += 1
            records += _passage(number, clock.now)
        await books.record(*records)
    for _ in range(number):
        await books.next_number("command")
        await books.next_number("passage")
    clock.now = datetime.now(UTC)


async def _commit(books: Books, acts: Iterable[Act]) -> None:
    for group in batched(acts, GROUP, strict=False):
        for answer in await books.commit_all(group):
            if isinstance(answer, Exception):
                raise answer


def _opening(size: Size, privacy: Privacy, at: datetime) -> Iterator[Act]:
    yield _act(EntryKind.POLICY_SET, "policy/standard/1", at, Policy(
        id=POLICY, version=1, valid_from=at,
    ))  # fmt: skip
    yield _act(EntryKind.TARIFF_PUBLISHED, "tariff/home/1", at, TariffVersion(
        tariff=TARIFF, version=1, name="Home", quantity=Quantity.ENERGY, valid_from=at,
        rates=(Rate(name="flat", tiers=(Tier(up_to=None, price_micro=PRICE_MICRO),)),),
        otherwise="flat",
    ))  # fmt: skip
    purpose = Purpose.PARKING if size.cards else Purpose.UTILITY
    for number in range(1, size.wallets + 1):
        yield _act(EntryKind.WALLET_OPENED, f"wallet/w{number}/opened", at, Wallet(
            id=WalletId(f"w{number}"), no=number, unit=f"Flat {number}", purpose=purpose,
            kind=WalletKind.INDIVIDUAL, policy=POLICY, opened_at=at,
            exposed=number <= SHOWN and not size.cards,
        ))  # fmt: skip
        yield Act(
            kind=EntryKind.TOP_UP, event=f"topup/cash/{number}", occurred=at, actor=SYSTEM,
            reference=Reference(scope="topup", key=f"cash/{number}"),
            postings=(Posting(
                source=site_account(SiteAccount.CASH), target=wallet_account(number),
                amount_minor=PAID_MINOR,
            ),),
        )  # fmt: skip
    for number in range(size.meters):
        yield _act(
            EntryKind.METER_ADDED, f"meter/m{number + 1}/added", at, *_meter(size, number, at)
        )
    for number in range(size.cards):
        card = Card(
            id=CardId(f"c{number + 1}"), no=number + 1, state=CardState.ACTIVE, issued_at=at,
            wallet=WalletId(f"w{number % size.wallets + 1}"),
            space=space_of(number, size.spaces),
        )  # fmt: skip
        yield _act(EntryKind.CARD_ISSUED, f"card/{card.id}/issued", at, card, Credential(
            digest=privacy.blind(CredentialKind.PLATE, plate(number)),
            kind=CredentialKind.PLATE, card=card.id,
        ))  # fmt: skip


def _act(kind: EntryKind, event: str, at: datetime, *puts: Record) -> Act:
    return Act(kind=kind, event=event, occurred=at, actor=SYSTEM, puts=puts)


def _meter(size: Size, number: int, at: datetime) -> tuple[Record, ...]:
    """Return a meter that is bound and switched on."""
    meter_id = MeterId(f"m{number + 1}")
    first = installation_id(meter_id, 1)
    number_on_line = serial(number // PER_LINE, number % PER_LINE + 1)
    return (
        Meter(
            id=meter_id, no=number + 1, profile="acrel_ddsy1352", serial=number_on_line,
            name=f"Flat {number + 1}", commodity=Commodity.ELECTRICITY, quantity=Quantity.ENERGY,
            installation=first, max_rate=13_800_000, modulus=10**12, jitter=0,
        ),
        Supply(meter=meter_id, restore=RestoreMode.AUTO, state=SupplyState.ON),
        Installation(
            id=first, meter=meter_id, number=1, serial=number_on_line, ratio=None,
            from_register=0, from_at=at, reason="first_reading",
        ),
        Cursor(installation=first, register=0, at=at),
        Binding(
            id=f"{meter_id}/1", meter=meter_id, wallet=_payer(size, number), tariff=TARIFF,
            from_register=0, from_at=at,
        ),
    )  # fmt: skip


def _payer(size: Size, meter: int) -> WalletId:
    return WalletId(f"w{meter % size.wallets + 1}")


def _usage(size: Size, meter: int, turn: int, at: datetime) -> Act:
    """Return what one meter used since the last turn, with the trace the program writes."""
    meter_id = MeterId(f"m{meter + 1}")
    first, step = installation_id(meter_id, 1), turn * STEP_MWH
    return Act(
        kind=EntryKind.USAGE,
        event=energy_event(first, step, step + STEP_MWH),
        occurred=at,
        actor=SYSTEM,
        postings=(Posting(
            source=wallet_account(meter % size.wallets + 1),
            target=site_account(SiteAccount.REVENUE_ELECTRICITY),
            amount_minor=80,
        ),),
        moves=(CursorMove(
            installation=first, from_register=step, to_register=step + STEP_MWH, to_at=at, carry=0,
        ),),
        detail={
            "meter": meter_id, "wallet": _payer(size, meter), "quantity": "energy",
            "from": (at - timedelta(hours=4)).isoformat(), "to": at.isoformat(),
            "from_register": step, "to_register": step + STEP_MWH,
            "carry_from": 0, "carry_to": 0, "tier_from": ["2026-11", step],
            "lines": [{"tariff": TARIFF, "version": 1, "rate": "flat", "tier": 0,
                       "price": PRICE_MICRO, "quantity": STEP_MWH}],
        },
    )  # fmt: skip


def _passage(number: int, at: datetime) -> tuple[Record, ...]:
    return (
        CommandLog(
            id=number, target="l1", action="pulse", at=at, outcome=CommandOutcome.VERIFIED,
            outcome_at=at, reason="card", actor=str(SYSTEM),
        ),
        Passage(
            id=number, lane="l1", at=at, kind="admitted", reason="card", masked="B****1A",
            card="c1", command=number, actor=str(SYSTEM),
        ),
    )  # fmt: skip
