"""A stay is charged at the exit: out of a wallet, or as what is owed by a car that is let out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Posting, Receipt, Record, Reference
from ..core.stay import Stay, StayState
from .booking import closed, tell, unspendable
from .facts import WalletEvent
from .lane_facts import StayEvent
from .site import Site
from .spending import bonus_in, joined, spend
from .stay_book import hold, numbered
from .stay_cost import StayCost
from .stay_money import (
    REVENUE,
    SUSPENSE,
    Borne,
    Money,
    borne,
    earned,
    merchants_of,
    money_of,
    tell_stay,
    wallet_of,
)
from .wallet_run import WalletRun

UNPAID_EXITS: Final = site_account(SiteAccount.UNPAID_EXITS)


async def charge_stay(
    site: Site,
    stay: Stay,
    cost: StayCost,
    *,
    actor: Actor,
    puts: Sequence[Record] = (),
    reason: str = "",
) -> Stay:
    """Charge a stay that ends: what is due out of its wallet, what merchants bear out of theirs.

    In the stay's turn. `stay` is as it is to be afterwards (leaving, by which lane), with the money
    it has now; `cost` is its price at this instant. It is written in one act with `puts` (the command
    and the passage), so that all of it is durable before a barrier is pulsed; where no money moves,
    without an entry. The stay is returned as it was written. Refuses `stay_to_pay` without a wallet, `not_enough_money` and a frozen one.
    Charged again after the car had backed out, only what has become more is taken.
    """
    async with merchants_of(site, stay):
        money, shared = money_of(stay, cost), borne(site, stay, cost)
        run = _payer(site, stay, cost)
        after = await numbered(site, _charged(site, stay, cost, money, shared))
        if not (money.due.total_minor or money.from_over or shared.postings):
            after = replace(after, charges=stay.charges)
            await site.books.record(after, *shared.merchants, *puts)
            site.books_written()
            site.parking.merchants.update({one.id: one for one in shared.merchants})
            hold(site, after)
            return after

        def act(paid: tuple[Posting, ...]) -> Act:
            nonlocal after
            after = replace(after, bonus_minor=stay.bonus_minor + bonus_in(paid))
            return Act(
                kind=EntryKind.STAY_CHARGED,
                event=f"stay/{stay.id}/charge/{after.charges}",
                occurred=site.clock(),
                actor=actor,
                reason=reason,
                reference=_reference(after, money),
                postings=(*_caught_up(cost, money), *shared.postings),
                detail=_detail(after, cost, money),
                puts=(after, *shared.merchants, *puts),
            )

        if run is None:
            receipt = await site.books.commit(act(()))
            site.books_written()
        else:
            legs = money.due.legs(REVENUE)
            receipt = await spend(site, run, legs, act, unspendable(site, run))
        _taken_over(site, after, shared, receipt, run)
    if run is not None and not receipt.repeated:
        tell(site, run, WalletEvent.DEDUCTED, receipt, money.due.total_minor, receipt.event)
    return after


async def owe_stay(
    site: Site,
    stay: Stay,
    cost: StayCost,
    *,
    actor: Actor,
    reason: str,
    puts: Sequence[Record] = (),
) -> Stay:
    """Let a car out that has not paid: what is due is a debt of its wallet, or is recovered by plate.

    In the stay's turn. With an open wallet the stay is over, for the debt stands there; without one it is
    `unpaid` until somebody pays it or gives it up. Where nothing is due it has left.
    """
    return (await owe_beside(site, stay, cost, actor=actor, reason=reason, puts=puts))[0]


async def owe_beside(
    site: Site,
    stay: Stay,
    cost: StayCost,
    *,
    actor: Actor,
    reason: str,
    puts: Sequence[Record] = (),
    beside: Sequence[Act] = (),
) -> tuple[Stay, list[Receipt]]:
    """Do what `owe_stay` does, in one commit with other acts; gives their receipts as well."""
    async with merchants_of(site, stay):
        money, shared = money_of(stay, cost), borne(site, stay, cost)
        due = money.due.total_minor
        run = _debtor(site, stay)
        charged = _charged(site, stay, cost, money, shared, paid=False)
        after = await numbered(
            site,
            replace(
                charged,
                state=StayState.UNPAID if due and run is None else StayState.LEFT,
                left_at=stay.left_at or site.clock(),
                owed_minor=stay.owed_minor + due,
            ),
        )
        owed = UNPAID_EXITS
        if run is not None:
            owed = wallet_account(run.wallet.no, Bucket.DEBT_PARKING)
        owing = Act(
            kind=EntryKind.STAY_OWED,
            event=f"stay/{stay.id}/charge/{after.charges}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=_reference(after, money),
            postings=(
                *joined(((owed, due),), money.due.legs(REVENUE)),
                *_caught_up(cost, money),
                *shared.postings,
            ),
            detail=_detail(after, cost, money),
            puts=(after, *shared.merchants, *puts),
        )
        receipt, *receipts = await _together(site, (owing, *beside))
        site.books_written()
        _taken_over(site, after, shared, receipt, run)
    if due:
        tell_stay(site, StayEvent.OWED, after, due, reason)
    if run is not None and due:
        tell(site, run, WalletEvent.DEBT_RECORDED, receipt, due, receipt.event)
    return after, receipts


def _debtor(site: Site, stay: Stay) -> WalletRun | None:
    """Return the wallet that owes what is due; one that is closed is settled, and asked no more."""
    run = wallet_of(site, stay)
    return run if run is not None and closed(run) is None else None


async def _together(site: Site, acts: Sequence[Act]) -> list[Receipt]:
    receipts: list[Receipt] = []
    for answer in await site.books.commit_all(acts, together=True):
        if isinstance(answer, CoreError):
            raise answer
        receipts.append(answer)
    return receipts


def _payer(site: Site, stay: Stay, cost: StayCost) -> WalletRun | None:
    if not cost.due_minor:
        return None
    run = wallet_of(site, stay)
    if run is None:
        raise CoreError("stay_to_pay", due=site.currency.text(cost.due_minor))
    return run


def _charged(
    site: Site, stay: Stay, cost: StayCost, money: Money, shared: Borne, *, paid: bool = True
) -> Stay:
    """Return a stay with what it costs, and with what is due as paid out of its wallet."""
    due = money.due.total_minor if paid else 0
    settled = paid and bool(due or (money.from_over and not cost.due_minor))
    return replace(
        stay,
        amount_minor=cost.amount_minor,
        validated_minor=cost.validated_minor,
        validations=shared.validations,
        paid_minor=stay.paid_minor + due + money.from_over,
        over_minor=stay.over_minor - money.from_over,
        wallet_minor=stay.wallet_minor + due,
        paid_at=site.clock() if settled else stay.paid_at,
        charges=stay.charges + 1,
    )


def _caught_up(cost: StayCost, money: Money) -> tuple[Posting, ...]:
    part = money.from_over
    return joined(((SUSPENSE, part),), earned(cost.levied, part)) if part else ()


def _reference(after: Stay, money: Money) -> Reference:
    """Name a charge by the stay and its number: the same one twice is one entry."""
    key = f"{after.id}/{after.charges}"
    return Reference(scope="stay", key=key, content={"due": money.due.total_minor})


def _detail(after: Stay, cost: StayCost, money: Money) -> dict[str, object]:
    return {
        "stay": after.id,
        "wallet": after.wallet or "",
        "tariff": after.tariff or "",
        "version": after.version,
        "amount": cost.amount_minor,
        "validated": cost.validated_minor,
        "due": money.due.total_minor,
        "levies": list(money.due.trace),
        "lines": list(cost.trace),
    }


def _taken_over(
    site: Site, after: Stay, shared: Borne, receipt: Receipt, run: WalletRun | None
) -> None:
    if receipt.repeated:
        return
    hold(site, after)
    shared.done(site, receipt)
    if run is not None:
        run.booked(receipt)
        site.wake_wallet(run)
