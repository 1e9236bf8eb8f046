"""Deposits: held out of a wallet's cash, given back, or claimed with the reason and its proof."""

from collections.abc import Iterable
from dataclasses import replace

from ..core.chart import SiteAccount, site_account
from ..core.deposit import Deposit, taken, tax_within
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, DepositId, WalletId
from ..core.ledger import Act, Receipt
from .booking import book, referenced, tell, unspendable
from .credentials import not_utility
from .facts import WalletEvent
from .holding import changed, drawn_up, ending, holding, others_held
from .paying import cash_floor
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun


async def load(site: Site) -> None:
    """Take up what is held."""
    site.using.deposits = {one.id: one for one in await site.books.load(Deposit, ended_at=None)}


@in_turn
async def hold_deposit(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """Hold a part of a wallet's cash: it stays the customer's and can be spent by nobody.

    Bonus money is not held: it was given for use and is not given back.
    """
    run = site.wallet(wallet)
    not_utility(run)
    key = referenced(
        "hold_deposit", reference, {"wallet": wallet, "amount": amount_minor, "reason": reason}
    )
    deposit = await drawn_up(site, run, amount_minor, reason)
    act = Act(
        kind=EntryKind.DEPOSIT_HELD,
        event=f"deposit/{deposit.id}/held",
        occurred=deposit.held_at,
        actor=actor,
        reason=reason,
        reference=key,
        postings=(holding(run, amount_minor),),
        floors=(cash_floor(run),),
        detail={"wallet": wallet, "deposit": deposit.id},
        puts=(deposit,),
    )
    receipt = await book(site, act, unspendable(site, run))
    if not receipt.repeated:
        site.using.deposits[deposit.id] = deposit
        _told(site, run, WalletEvent.DEPOSIT_HELD, receipt, amount_minor, key.key)
    return receipt


@in_turn
async def release_deposit(
    site: Site,
    *,
    deposit: str,
    actor: Actor,
    amount_minor: int | None = None,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Give a deposit back to the wallet it came from, in part or all that is held.

    It only goes from one pocket of the customer's into the other, so a frozen wallet gets it too.
    """
    key = referenced("release_deposit", reference, {"deposit": deposit, "amount": amount_minor})
    before, refusal = await _known(site, deposit)
    part = before.held_minor if amount_minor is None else amount_minor
    run = site.wallet(before.wallet)
    act = Act(
        kind=EntryKind.DEPOSIT_RELEASED,
        event=f"deposit/{deposit}/released/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=ending(run, release=part) if refusal is None else (),
        floors=(others_held(site, run, before),),
        detail={"wallet": before.wallet, "deposit": deposit, "amount": part},
    )
    return await _change(site, act, before, refusal, released=part)


@in_turn
async def claim_deposit(
    site: Site,
    *,
    deposit: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    photo: str = "",
    tax_percent_micro: int = 0,
    reference: str = "",
) -> Receipt:
    """Keep a part of a deposit: for damage, a key that is lost, a room not cleaned.

    `photo` says where the proof lies, `tax_percent_micro` (millionths of a percent) which tax the
    amount contains.
    """
    key = referenced(
        "claim_deposit",
        reference,
        {"deposit": deposit, "amount": amount_minor, "tax": tax_percent_micro},
    )
    tax = tax_within(amount_minor, tax_percent_micro)
    before, refusal = await _known(site, deposit)
    run = site.wallet(before.wallet)
    claims = (
        (site_account(SiteAccount.REVENUE_DEPOSITS), amount_minor - tax),
        (site_account(SiteAccount.TAX), tax),
    )
    act = Act(
        kind=EntryKind.DEPOSIT_CLAIMED,
        event=f"deposit/{deposit}/claimed/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=ending(run, claims) if refusal is None else (),
        floors=(others_held(site, run, before),),
        detail={
            "wallet": before.wallet,
            "deposit": deposit,
            "amount": amount_minor,
            "tax": tax,
            "tax_percent": tax_percent_micro,
            "photo": photo,
        },
    )
    refusal = refusal or unspendable(site, run)
    return await _change(site, act, before, refusal, claimed=amount_minor)


async def deposits_of(
    site: Site, wallet: WalletId | None = None, *, ended: bool = False
) -> list[Deposit]:
    """Return what is held, of one wallet or of all; also what was ended, where that is asked for."""
    found: Iterable[Deposit] = site.using.deposits.values()
    if ended:
        like = {} if wallet is None else {"wallet": wallet}
        found = await site.books.load(Deposit, **like)
    return sorted((one for one in found if wallet in (None, one.wallet)), key=lambda one: one.no)


async def find_deposit(site: Site, wanted: DepositId) -> Deposit:
    """Return a deposit, also one that has ended, or refuse in words."""
    held = site.using.deposits.get(wanted)
    if held is not None:
        return held
    ended = await site.books.load(Deposit, id=wanted)
    if not ended:
        raise CoreError("unknown_deposit", deposit=wanted)
    return ended[0]


async def _known(site: Site, wanted: str) -> tuple[Deposit, CoreError | None]:
    """Return a deposit, and why a person may take nothing from it."""
    known = await find_deposit(site, DepositId(wanted))
    if known.ended_at is not None:
        return known, CoreError("deposit_ended", deposit=wanted)
    if known.use:
        return known, CoreError("deposit_of_use", deposit=wanted, use=known.use)
    return known, None


async def _change(
    site: Site,
    act: Act,
    before: Deposit,
    refusal: CoreError | None,
    *,
    released: int = 0,
    claimed: int = 0,
) -> Receipt:
    after = before
    if refusal is None:
        try:
            after = taken(before, act.occurred, released=released, claimed=claimed)
        except CoreError as err:
            refusal = err
    receipt = await book(site, replace(act, puts=(after,)), refusal)
    if not receipt.repeated:
        changed(site, after)
        assert act.reference is not None
        run = site.wallet(before.wallet)
        event = WalletEvent.DEPOSIT_CLAIMED if claimed else WalletEvent.DEPOSIT_RELEASED
        _told(site, run, event, receipt, released + claimed, act.reference.key)
    return receipt


def _told(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt,
    amount_minor: int,
    reference: str,
) -> None:
    run.booked(receipt)
    tell(site, run, event, receipt, amount_minor, reference)
    site.wake_wallet(run)
