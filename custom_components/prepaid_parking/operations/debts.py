"""Debts: written down by category, recovered from top-ups, paid, written off; within one purpose."""

from dataclasses import replace

from ..core.bill import INCOME
from ..core.category import Category, check_purpose
from ..core.chart import SiteAccount, site_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import AccountId, Act, Posting, Receipt
from ..core.money import percent_text
from ..core.recovery import Recovery, check_recovery
from .booking import book, closed, referenced, tell, unspendable
from .buckets import debts
from .facts import WalletEvent
from .paying import cash_floor
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun


@in_turn
async def record_debt(
    site: Site,
    *,
    wallet: str,
    category: Category,
    amount_minor: int,
    reason: str,
    actor: Actor,
    arrears: bool = False,
    share_bp: int | None = None,
    day_cap_minor: int | None = None,
    reference: str = "",
) -> Receipt:
    """Write down what a wallet owes beside its balance, and how it is recovered from top-ups.

    `arrears` turns what the balance stands below zero by into a debt: the wallet begins at zero again
    and pays it off bit by bit. Only a debt of the wallet's own purpose, so that no other one is ever
    recovered from it.
    """
    run = site.wallet(wallet)
    check_purpose(category, run.wallet.purpose, wallet)
    content = {"wallet": wallet, "category": category, "amount": amount_minor, "arrears": arrears}
    key = referenced("record_debt", reference, content)
    refusal = closed(run)
    if arrears and amount_minor > -run.posted_minor:
        refusal = refusal or CoreError(
            "more_than_arrears", arrears=site.currency.text(max(0, -run.posted_minor))
        )
    terms = _terms(run, category, share_bp, day_cap_minor)
    earned = site_account(INCOME[category])
    posting = Posting(
        source=wallet_account(run.wallet.no, category.bucket),
        target=wallet_account(run.wallet.no) if arrears else earned,
        amount_minor=amount_minor,
    )
    act = Act(
        kind=EntryKind.DEBT_RECORDED,
        event=f"debt/{wallet}/{category}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=(posting,),
        detail={"wallet": wallet, "category": category, "arrears": arrears, **_told(terms)},
        puts=(terms,),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        run.recoveries[category] = terms
    _done(site, run, WalletEvent.DEBT_RECORDED, receipt, amount_minor, key.key)
    return receipt


@in_turn
async def set_recovery(
    site: Site,
    *,
    wallet: str,
    category: Category,
    actor: Actor,
    share_bp: int | None = None,
    day_cap_minor: int | None = None,
    reason: str = "",
) -> Receipt:
    """Change how a debt is recovered from top-ups; a share that is not given stays, a cap ends."""
    run = site.wallet(wallet)
    check_purpose(category, run.wallet.purpose, wallet)
    before = run.recoveries.get(category) or Recovery(wallet=run.wallet.id, category=category)
    terms = replace(before, day_cap_minor=day_cap_minor)
    if share_bp is not None:
        terms = replace(terms, share_bp=share_bp)
    check_recovery(terms)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.WALLET_UPDATED,
            event=f"debt/{wallet}/{category}/recovery",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet, "category": category, **_told(terms)},
            puts=(terms,),
        )
    )
    run.recoveries[category] = terms
    return receipt


@in_turn
async def pay_debt(
    site: Site,
    *,
    wallet: str,
    category: Category,
    actor: Actor,
    amount_minor: int | None = None,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Pay a debt out of the wallet's cash now, in part or all of it."""
    run = site.wallet(wallet)
    return await _reduce(
        site,
        run,
        category,
        amount_minor,
        source=wallet_account(run.wallet.no),
        kind=EntryKind.DEBT_RECOVERED,
        told=WalletEvent.DEBT_PAID,
        actor=actor,
        reason=reason,
        reference=reference,
    )


@in_turn
async def write_off_debt(
    site: Site,
    *,
    wallet: str,
    category: Category,
    reason: str,
    actor: Actor,
    amount_minor: int | None = None,
    reference: str = "",
) -> Receipt:
    """Give up a debt, in part or all of it: the site bears it, and the books say why."""
    run = site.wallet(wallet)
    return await _reduce(
        site,
        run,
        category,
        amount_minor,
        source=site_account(SiteAccount.WRITE_OFF),
        kind=EntryKind.DEBT_WRITTEN_OFF,
        told=WalletEvent.DEBT_WRITTEN_OFF,
        actor=actor,
        reason=reason,
        reference=reference,
    )


def debts_of(site: Site, run: WalletRun) -> list[dict[str, object]]:
    """Describe what a wallet owes, and how it is recovered."""
    owed = debts(run)
    return [
        {
            "category": category,
            "owed": site.currency.text(owed[category]),
            **_view(site, run.recoveries.get(category)),
        }
        for category in owed
    ]


async def _reduce(
    site: Site,
    run: WalletRun,
    category: Category,
    amount_minor: int | None,
    *,
    source: AccountId,
    kind: EntryKind,
    told: WalletEvent,
    actor: Actor,
    reason: str,
    reference: str,
) -> Receipt:
    """Let a debt fall, never beyond zero; the wallet's own money only as far as it may be spent."""
    wallet, owed = run.wallet.id, debts(run).get(category, 0)
    amount = owed if amount_minor is None else amount_minor
    content = {"wallet": wallet, "category": category, "amount": amount_minor}
    key = referenced(str(kind), reference, content)
    paying = kind is EntryKind.DEBT_RECOVERED
    act = Act(
        kind=kind,
        event=f"debt/{wallet}/{category}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        floors=(cash_floor(run),) if paying else (),
        detail={"wallet": wallet, "category": category, "amount": amount},
    )
    refusal = unspendable(site, run) if paying else closed(run)
    if amount > owed or not owed:
        refusal = refusal or CoreError("more_than_owed", owed=site.currency.text(owed))
    if refusal is None:
        target = wallet_account(run.wallet.no, category.bucket)
        act = replace(act, postings=(Posting(source=source, target=target, amount_minor=amount),))
    receipt = await book(site, act, refusal)
    _done(site, run, told, receipt, amount, key.key)
    return receipt


def _terms(
    run: WalletRun, category: Category, share_bp: int | None, day_cap_minor: int | None
) -> Recovery:
    terms = run.recoveries.get(category) or Recovery(wallet=run.wallet.id, category=category)
    if share_bp is not None:
        terms = replace(terms, share_bp=share_bp)
    if day_cap_minor is not None:
        terms = replace(terms, day_cap_minor=day_cap_minor)
    check_recovery(terms)
    return terms


def _told(terms: Recovery) -> dict[str, object]:
    return {"share_bp": terms.share_bp, "day_cap": terms.day_cap_minor}


def _view(site: Site, terms: Recovery | None) -> dict[str, object]:
    if terms is None:
        return {"share": None, "day_cap": None}
    cap = terms.day_cap_minor
    return {
        "share": percent_text(terms.share_bp),
        "day_cap": None if cap is None else site.currency.text(cap),
    }


def _done(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt,
    amount_minor: int,
    reference: str,
) -> None:
    if receipt.repeated:
        return
    run.booked(receipt)
    tell(site, run, event, receipt, amount_minor, reference)
    site.wake_wallet(run)
