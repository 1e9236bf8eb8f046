"""Transfers to the site's bank account: credited by the number they name, once, by the bank's reference.

What names a wallet, or an order for one, is that wallet's. What a provider pays out comes out of its
clearing. Everything else lies in suspense and is listed: nothing that has arrived is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..core.bank_statement import StatementLine
from ..core.chart import Channel, SiteAccount, channel_account, site_account
from ..core.difference import Difference, DifferenceKind, SettledRow
from ..core.entry_kind import EntryKind
from ..core.errors import ConflictError, CoreError
from ..core.identity import Actor
from ..core.ledger import AccountId, Act, Posting
from ..core.pay_channel import RowKind
from .booking import book
from .differences import drawn_up, tell_differences
from .pay_finding import find_order
from .pay_refund_holding import owner_of_aim
from .site import Site
from .topping_up import Payment, take_in
from .wallet_run import WalletRun

BANK: Final = site_account(SiteAccount.BANK)
CLEARING: Final = site_account(SiteAccount.CLEARING)
SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)
TELLS_PAYOUTS: Final = frozenset({Channel.STRIPE})
"""Whose files say themselves what was paid out: the bank's line is the same money."""


class Fate(StrEnum):
    """What becomes of a line; the values are translation keys."""

    OUT = "out"
    """It went out: its payer is the site itself."""
    KNOWN = "known"
    CREDITED = "credited"
    PAYOUT = "payout"
    HELD = "held"


@dataclass(slots=True)
class StatementTaken:
    """What a statement came to: lines credited, paid out by providers, held, known and gone out."""

    credited: int = 0
    payouts: int = 0
    held: int = 0
    known: int = 0
    out: int = 0
    credited_minor: int = 0
    found: tuple[Difference, ...] = ()


async def take_statement(
    site: Site,
    *,
    bank: str,
    lines: Sequence[StatementLine],
    payouts: Mapping[Channel, str],
    actor: Actor,
) -> StatementTaken:
    """Take a statement up, line by line; brought again, or longer, each line counts once.

    `payouts` say by which words the bank names a provider. Nobody who calls may hold the site's turn.
    """
    taken, account = StatementTaken(), f"bank/{bank}"
    async with site.paying.turn_of(f"settling/{account}"):
        for line in lines:
            await _take(site, account, line, payouts, actor, taken)
    tell_differences(site, *taken.found)
    return taken


async def fate_of(
    site: Site, account: str, line: StatementLine, payouts: Mapping[Channel, str]
) -> tuple[Fate, WalletRun | None, Channel | None]:
    """Return what becomes of a line, and the wallet or the provider it names."""
    if line.amount_minor <= 0:
        return Fate.OUT, None, None
    if await site.books.load(SettledRow, account=account, key=line.reference):
        return Fate.KNOWN, None, None
    said = line.text.casefold()
    provider = next((kind for kind, words in payouts.items() if words.casefold() in said), None)
    run = await _payee(site, line)
    if run is not None and run.wallet.closed_at is None:
        return Fate.CREDITED, run, provider
    if run is None and provider is not None:
        return Fate.PAYOUT, None, provider
    return Fate.HELD, run, provider


async def _take(
    site: Site,
    account: str,
    line: StatementLine,
    payouts: Mapping[Channel, str],
    actor: Actor,
    taken: StatementTaken,
) -> None:
    fate, run, provider = await fate_of(site, account, line, payouts)
    match fate:
        case Fate.OUT:
            taken.out += 1
            return
        case Fate.KNOWN:
            taken.known += 1
            return
        case Fate.CREDITED if run is not None and await _credited(site, line, run, actor):
            taken.credited += 1
            taken.credited_minor += line.amount_minor
            await _arrived(site, account, line, CLEARING, actor)
            return
        case Fate.PAYOUT if provider is not None:
            target = None if provider in TELLS_PAYOUTS else channel_account(provider)
            await _arrived(site, account, line, target, actor, RowKind.PAYOUT)
            taken.payouts += 1
            return
    held = await drawn_up(
        site,
        kind=DifferenceKind.LINE_WITHOUT_PAYER,
        account=account,
        channel=Channel.TRANSFER,
        day=line.day,
        row=line.reference,
        provider_ref=line.reference,
        wallet=run.wallet.id if run is not None else "",
        found_minor=line.amount_minor,
        suspended_minor=line.amount_minor,
    )
    await _arrived(site, account, line, SUSPENSE, actor, difference=held)
    taken.held += 1
    taken.found += (held,)


async def _payee(site: Site, line: StatementLine) -> WalletRun | None:
    """Return the one wallet that a line names, itself or by an order; of two nobody knows which."""
    wallets: set[str] = set()
    for name in line.named:
        if name in site.wallets:
            wallets.add(name)
        elif name.startswith("po"):
            wallets.add(await _wallet_of_order(site, name))
    wallets.discard("")
    return site.wallet(wallets.pop()) if len(wallets) == 1 else None


async def _wallet_of_order(site: Site, name: str) -> str:
    try:
        wallet, _ = await owner_of_aim(site, (await find_order(site, name)).aim)
    except CoreError:
        return ""
    return wallet


async def _credited(site: Site, line: StatementLine, run: WalletRun, actor: Actor) -> bool:
    """Credit a transfer, unless the desk did under the bank's reference; for another wallet it is held.

    So it is where the desk has taken back what it credited: the money has come all the same.
    """
    payment = Payment(
        amount_minor=line.amount_minor,
        channel=Channel.TRANSFER,
        actor=actor,
        reference=line.reference,
        source=channel_account(Channel.TRANSFER),
    )
    async with site.turn:
        try:
            receipt = await take_in(site, run, payment)
        except ConflictError:
            return False
    return not (receipt.repeated and await site.books.reversals([receipt.entry]))


async def _arrived(
    site: Site,
    account: str,
    line: StatementLine,
    target: AccountId | None,
    actor: Actor,
    kind: RowKind = RowKind.PAYMENT,
    difference: Difference | None = None,
) -> None:
    """Write down that a line is taken up: its money is at the bank now, and no longer on its way."""
    row = SettledRow(
        key=line.reference,
        account=account,
        day=line.day,
        kind=kind,
        out_no="",
        provider_ref=line.reference,
        refund_no="",
        amount_minor=line.amount_minor,
        fee_minor=0,
        at=None,
        taken_at=site.clock(),
    )
    legs: tuple[Posting, ...] = ()
    if target is not None:
        legs = (Posting(source=BANK, target=target, amount_minor=line.amount_minor),)
    await book(
        site,
        Act(
            kind=EntryKind.SETTLEMENT,
            event=f"settlement/{account}/{line.reference}",
            occurred=site.clock(),
            actor=actor,
            postings=legs,
            detail={"account": account, "rows": 1, "amount": line.amount_minor},
            puts=(row, *((difference,) if difference is not None else ())),
        ),
    )
    if difference is not None:
        site.settling.hold(difference)
