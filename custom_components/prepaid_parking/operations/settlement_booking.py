"""The acts of a settlement: rows and what they move, together, a few hundred at a time.

A clearing account stands below zero by what the provider holds. A fee, a payout, a chargeback let it
rise; a row that the books knew nothing of lets it fall, into suspense.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from itertools import batched
from typing import Final

from ..core.chart import SiteAccount, channel_account, site_account, wallet_account
from ..core.difference import Difference, SettledDays, SettledRow
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM
from ..core.ledger import AccountId, Act, Posting
from ..core.settlement_rows import Moves, RowMatch
from .booking import book, tell
from .facts import WalletEvent
from .pay_book import ChannelRun
from .risk_signs import charged_back
from .site import Site

FEES: Final = site_account(SiteAccount.PROVIDER_FEES)
BANK: Final = site_account(SiteAccount.BANK)
SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)
ROWS_OF_AN_ACT: Final = 300
"""The books write so many within a few hundredths of a second."""

type Matched = tuple[RowMatch, SettledRow, Difference | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What is booked of a file: its new rows with their records and differences, and what is beside."""

    account: str
    run: ChannelRun
    first: date
    last: date
    matches: Sequence[Matched]
    others: Sequence[Difference] = ()
    closing: Sequence[Difference] = ()
    done: SettledDays | None = None


async def book_rows(site: Site, taking: Taking) -> None:
    """Book what is new of a file. Broken off, the next time books what is left of it."""
    plain = [one for one in taking.matches if not one[0].moves.wallet_minor]
    for part in batched(plain, ROWS_OF_AN_ACT, strict=False):
        await _book(site, taking, part)
    for one in taking.matches:
        if one[0].moves.wallet_minor:
            await _charge_back(site, taking, *one)
    beside = (*taking.others, *taking.closing)
    done = (taking.done,) if taking.done is not None else ()
    if beside or done:
        await site.books.record(*beside, *done)
        site.settling.hold(*beside, *done)


async def _book(site: Site, taking: Taking, part: Sequence[Matched]) -> None:
    """Book rows in one act: their fees as one movement, everything else one by one."""
    clearing = channel_account(taking.run.kind)
    differences = [one for _, _, one in part if one is not None]
    fees = Moves(fee_minor=sum(match.moves.fee_minor for match, _, _ in part))
    moves = (fees, *(replace(match.moves, fee_minor=0) for match, _, _ in part))
    await book(
        site,
        Act(
            kind=EntryKind.SETTLEMENT,
            event=_event(taking, (row for _, row, _ in part)),
            occurred=site.clock(),
            actor=SYSTEM,
            postings=tuple(leg for one in moves for leg in legs(one, clearing)),
            detail={
                "channel": taking.run.kind,
                "rows": len(part),
                "fees": fees.fee_minor,
                "differences": [one.id for one in differences],
            },
            puts=(*(row for _, row, _ in part), *differences),
        ),
    )
    site.settling.hold(*differences)


async def _charge_back(
    site: Site, taking: Taking, match: RowMatch, row: SettledRow, difference: Difference | None
) -> None:
    """Let a wallet give what its payer's bank took back, below zero too, and shut it for what goes out.

    A wallet that is closed gives nothing any more: it is missing, and listed.
    """
    assert difference is not None
    clearing, moves = channel_account(taking.run.kind), match.moves
    taken = -row.amount_minor
    if taken > 0:  # Before it is booked: once its row is known nobody comes back to it.
        await charged_back(
            site, wallet=difference.wallet, amount_minor=taken, channel=taking.run.key
        )
    async with site.turn:
        run = site.wallet(difference.wallet)
        account: AccountId | None = wallet_account(run.wallet.no)
        if run.wallet.closed_at is not None:
            account = None
            held = moves.suspense_minor + moves.wallet_minor
            moves = replace(moves, suspense_minor=held, wallet_minor=0)
            difference = replace(difference, suspended_minor=-held)
        receipt = await book(
            site,
            Act(
                kind=EntryKind.CHARGEBACK,
                event=f"chargeback/{taking.account}/{row.key}",
                occurred=site.clock(),
                actor=SYSTEM,
                postings=legs(moves, clearing, account),
                detail={
                    "wallet": run.wallet.id,
                    "channel": taking.run.kind,
                    "amount": row.amount_minor,
                    "difference": difference.id,
                },
                puts=(row, difference),
            ),
        )
        site.settling.hold(difference)
        if account is not None:
            run.booked(receipt)
            tell(site, run, WalletEvent.ADJUSTED, receipt, -moves.wallet_minor, row.provider_ref)
            site.wake_wallet(run)


def legs(moves: Moves, clearing: AccountId, wallet: AccountId | None = None) -> tuple[Posting, ...]:
    """Return the movements that let clearing rise so much out of each account, or fall into it."""
    parts = (
        (FEES, moves.fee_minor),
        (BANK, moves.bank_minor),
        (SUSPENSE, moves.suspense_minor),
        (wallet, moves.wallet_minor),
    )
    return tuple(
        Posting(source=account, target=clearing, amount_minor=minor)
        if minor > 0
        else Posting(source=clearing, target=account, amount_minor=-minor)
        for account, minor in parts
        if account is not None and minor
    )


def _event(taking: Taking, rows: Iterable[SettledRow]) -> str:
    """Name an act by the rows it books: the same rows are the same event."""
    digest = blake2b("\n".join(sorted(row.key for row in rows)).encode(), digest_size=8)
    return f"settlement/{taking.account}/{taking.last.isoformat()}/{digest.hexdigest()}"
