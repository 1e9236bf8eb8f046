"""To whom bills are made out: sealed as it was at the issue, shown with the bill, erased for good.

A wallet's buyer is a record of its own each time it is set, and never changed: bills that were issued
keep the one they name. The books hold its id alone, so erasing it leaves the chain as it is.
"""

import contextlib
from dataclasses import replace
from typing import Final

from ..core.bill import Bill
from ..core.buyer import Buyer, check_buyer
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import Actor
from ..core.invoice import Invoice
from ..core.ledger import Act, Receipt
from ..core.wallet import Wallet
from .booking import book_sealed, open_run
from .pictures import erase_pictures
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

type View = dict[str, str | bool | None]

NOBODY: Final = "subject_unknown"
"""What the store answers where a person was erased."""
MOST: Final = 1_000_000
"""Entries that set a buyer or a person: more than a site has."""


@in_turn
async def set_buyer(
    site: Site, *, wallet: str, buyer: Buyer | None, actor: Actor, reason: str = ""
) -> Receipt:
    """Say to whom a wallet's bills are made out from now on; None: to nobody by name.

    Bills and invoices that are issued keep the buyer they have; what none of them names is destroyed.
    """
    run = open_run(site, wallet)
    if buyer is not None:
        check_buyer(buyer)
    sealed = await site.privacy.put_subject(buyer.fields) if buyer is not None else ""
    before, changed = run.wallet.buyer, replace(run.wallet, buyer=sealed)
    act = Act(
        kind=EntryKind.BUYER_SET,
        event=f"wallet/{wallet}/buyer",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        detail={"wallet": wallet, "buyer": sealed},
        puts=(changed,),
    )
    receipt = await book_sealed(site, act, sealed)
    run.wallet = changed
    if before and not await _is_named(site, before):
        with contextlib.suppress(StoreError):
            await site.privacy.forget_subject(before)
    return receipt


@in_turn
async def erase_person(site: Site, *, wallet: str, actor: Actor, reason: str) -> Receipt:
    """Destroy what is kept of a wallet's person, its cards' plates, and all to whom its bills are made out.

    For every wallet of the same customer, with what was kept of the person before it was put right.
    The bills stay with their numbers, sums and wallets; a card in force still opens, by the blind index
    of its plates. What the books say happens first: broken off after it, it is simply asked for again.
    """
    runs = of_customer(site, site.wallet(wallet))
    wallets = {run.wallet.id for run in runs}
    plates = {card.subject for card in site.cards.values() if card.wallet in wallets}
    subjects = {run.wallet.subject for run in runs} | plates
    subjects |= await _buyers_of(site, runs) | await _persons_of(site, runs)
    changed = [replace(run.wallet, buyer="") for run in runs]
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.PERSON_ERASED,
            event=f"wallet/{wallet}/person_erased",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet, "wallets": [one.id for one in changed]},
            puts=tuple(changed),
        )
    )
    for run, after in zip(runs, changed, strict=True):
        run.wallet = after
    for subject in sorted(subjects - {""}):
        await site.privacy.forget_subject(subject)
    await erase_pictures(site, runs)
    return receipt


async def buyer_view(site: Site, subject: str) -> View | None:
    """Describe a buyer; None where there is none, and nothing but that where one was erased."""
    if not subject:
        return None
    try:
        buyer = Buyer.of(await site.privacy.get_subject(subject))
    except CoreError as err:
        if err.key != NOBODY:
            raise
        return {"name": None, "tax_id": None, "address": None, "erased": True}
    return {**buyer.fields, "erased": False}


async def _is_named(site: Site, buyer: str) -> bool:
    """Tell whether a paper that was issued names a buyer."""
    kinds: tuple[type, ...] = (Bill, Invoice)
    return any([await site.books.load(kind, buyer=buyer) for kind in kinds])


async def _buyers_of(site: Site, runs: list[WalletRun]) -> set[str]:
    """Return every buyer that wallets ever had, by the books: also one whose end a crash cut short."""
    wallets = {run.wallet.id for run in runs}
    said = await site.books.entries(kinds=(EntryKind.BUYER_SET,), limit=MOST)
    return {str(one.detail["buyer"]) for one in said if one.detail["wallet"] in wallets}


async def _persons_of(site: Site, runs: list[WalletRun]) -> set[str]:
    """Return every person's record that was put right, by the books: a crash may have left one behind."""
    wallets = {run.wallet.id for run in runs}
    said = await site.books.entries(kinds=(EntryKind.PERSON_SET,), limit=MOST)
    of_them = [one.detail for one in said if one.detail["wallet"] in wallets]
    return {str(one[name]) for one in of_them for name in ("before", "person")}


def of_customer(site: Site, run: WalletRun) -> list[WalletRun]:
    """Return the wallets of the customer that a wallet belongs to."""

    def same(other: Wallet) -> bool:
        return bool(other.subject) and other.subject == run.wallet.subject

    return [one for one in site.wallets.values() if one is run or same(one.wallet)]
