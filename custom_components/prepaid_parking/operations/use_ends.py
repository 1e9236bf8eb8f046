"""The end of a use: settled out of its deposit first, then its wallet; what was paid for nothing goes back."""

from collections.abc import Iterable
import contextlib
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.category import Category
from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.deposit import Deposit, taken
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, EntryId
from ..core.ledger import AccountId, Act, Receipt, Reference
from ..core.metering import Quantity
from ..core.priced import Priced
from ..core.use import Use, UseEnd, UseState, quantity_used
from ..core.wallet import Purpose
from .booking import keep
from .facts import UseEvent
from .giving_back import given_back
from .holding import changed, others_held
from .paying import floors, sources
from .site import Site
from .spending import EARNS, Leg, Levied, cut, joined
from .traces import trace_of
from .use_prices import accrue, cost_of
from .use_run import UseRun
from .use_telling import tell_use
from .wallet_run import WalletRun

OWED: dict[Purpose, Category] = {
    Purpose.UTILITY: Category.UTILITY,
    Purpose.PROPERTY: Category.SERVICE,
    Purpose.PARKING: Category.PARKING,
}
"""What kind of debt it is where a use has cost more than there was."""


async def settle(site: Site, run: UseRun, end: UseEnd, at: datetime, actor: Actor = SYSTEM) -> None:
    """Book the end of a use; its switch is told to be off by whoever follows it."""
    if run.use.timed:
        await _end_timed(site, run, end, at, actor)
    else:
        await _end_metered(site, run, end, at, actor)


async def _end_timed(site: Site, run: UseRun, end: UseEnd, at: datetime, actor: Actor) -> None:
    """End what was paid at its start; what did not start is paid back by itself."""
    after = _ended(run.use, end, at)
    receipt = None
    if end is UseEnd.NOT_STARTED and (entry := await _paid_by(site, run.use)) is not None:
        key = Reference(scope="use_refund", key=after.id, content={"use": after.id})
        # Who was paid back by hand meanwhile, or whose package was settled, has what they are owed.
        with contextlib.suppress(CoreError):
            receipt = await given_back(site, entry, actor, key, end, puts=(after,))
    if receipt is not None or await keep(site, after):
        run.use = after
        event = UseEvent.ENDED if receipt is None else UseEvent.REFUNDED
        tell_use(site, event, after, reason=end, receipt=receipt)


async def _paid_by(site: Site, use: Use) -> EntryId | None:
    """Return the entry that paid a use when it began: its number was not known before it was written."""
    entries = await site.books.entries(
        since=use.started_at, kinds=(EntryKind.USES_TAKEN, EntryKind.POINT_USED)
    )
    return next((entry.id for entry in entries if entry.detail.get("use") == use.id), None)


async def _end_metered(site: Site, run: UseRun, end: UseEnd, at: datetime, actor: Actor) -> None:
    use, wallet = run.use, site.wallets[run.use.wallet]
    cost = None if end is UseEnd.NOT_STARTED else cost_of(site, use, at)
    wanted = cost.asked if cost is not None else Levied(total_minor=0)
    deposit = site.using.deposits.get(use.deposit) if use.deposit is not None else None
    # What this use has set aside is its own to spend.
    accrue(site, run, 0)
    bill = _bill(use, wallet, wanted, deposit)
    after = replace(_ended(use, end, at), amount_minor=bill.charged.total_minor)
    kept = _deposit_after(deposit, bill, at)
    no = wallet.wallet.no
    held, cash = wallet_account(no, Bucket.HELD), wallet_account(no)
    act = Act(
        kind=EntryKind.SESSION_ENDED,
        event=f"use/{use.id}/ended",
        occurred=at,
        actor=actor,
        reference=Reference(scope="end_use", key=use.id, content={"use": use.id}),
        postings=(
            *joined(bill.origins(no, wallet), bill.charged.legs(_revenue(use, wallet))),
            *joined(((held, bill.released),), ((cash, bill.released),)),
        ),
        floors=(
            *(floors(wallet, bill.from_wallet) if bill.from_wallet else ()),
            *((others_held(site, wallet, deposit),) if deposit is not None else ()),
        ),
        detail=_detail(use, end, at, bill, cost.price if cost is not None else None),
        puts=(after, *((kept,) if kept is not None else ())),
    )
    try:
        receipt = await site.books.commit(act)
    except BaseException:
        accrue(site, run, wanted.total_minor)
        raise
    site.books_written()
    run.use = after
    if kept is not None:
        changed(site, kept)
    _done(site, wallet, after, receipt, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """Who pays what of a use, in minor units."""

    charged: Levied
    from_deposit: int
    from_wallet: int
    debt: int
    waived: int
    released: int
    owed: AccountId

    def origins(self, no: int, wallet: WalletRun) -> Iterable[Leg]:
        """Return where the money comes from, in its order."""
        yield wallet_account(no, Bucket.HELD), self.from_deposit
        yield from sources(wallet, self.from_wallet) if self.from_wallet else ()
        yield self.owed, self.debt


def _bill(use: Use, wallet: WalletRun, wanted: Levied, deposit: Deposit | None) -> _Bill:
    """Split what a use costs: the deposit first, then what the wallet can spend.

    The most that was agreed on is never exceeded. What is beyond both is the house's loss where it has a switch and could have ended the use in
    time, and is owed where it has none: the bicycle was away all the same.
    """
    held = deposit.held_minor if deposit is not None else 0
    asked = wanted.total_minor
    total = asked if use.most_minor is None else min(asked, use.most_minor)
    from_deposit = min(total, held)
    from_wallet = min(total - from_deposit, max(0, wallet.available_minor))
    short = total - from_deposit - from_wallet
    waived = short if use.switch else 0
    category = OWED[wallet.wallet.purpose]
    return _Bill(
        charged=cut(wanted, total - waived),
        from_deposit=from_deposit,
        from_wallet=from_wallet,
        debt=short - waived,
        waived=waived + asked - total,
        released=held - from_deposit,
        owed=wallet_account(wallet.wallet.no, category.bucket),
    )


def _ended(use: Use, end: UseEnd, at: datetime) -> Use:
    state = UseState.ENDING if use.switch else UseState.ENDED
    return replace(use, state=state, end=end, ended_at=at)


def _deposit_after(deposit: Deposit | None, bill: _Bill, at: datetime) -> Deposit | None:
    if deposit is None:
        return None
    return taken(deposit, at, released=bill.released, claimed=bill.from_deposit)


def _revenue(use: Use, wallet: WalletRun) -> AccountId:
    """Return where a use is earned: energy at a charger is charging, all else what the purpose says."""
    if wallet.wallet.purpose is Purpose.UTILITY and use.quantity is Quantity.ENERGY:
        return site_account(SiteAccount.REVENUE_CHARGING)
    return site_account(EARNS[wallet.wallet.purpose])


def _detail(
    use: Use, end: UseEnd, at: datetime, bill: _Bill, price: Priced | None
) -> dict[str, object]:
    return {
        "wallet": use.wallet,
        "use": use.id,
        "point": use.point or "",
        "tariff": use.tariff or "",
        "version": use.version,
        "end": end,
        "quantity": use.quantity,
        "basis": use.basis or "",
        "used": quantity_used(use, at),
        "from": use.started_at.isoformat(),
        "to": at.isoformat(),
        "amount": bill.charged.total_minor,
        "deposit": bill.from_deposit,
        "released": bill.released,
        "debt": bill.debt,
        "waived": bill.waived,
        "levies": list(bill.charged.trace),
        "lines": [] if price is None else trace_of(price, use.quantity),
    }


def _done(site: Site, wallet: WalletRun, use: Use, receipt: Receipt, end: UseEnd) -> None:
    wallet.booked(receipt)
    event = UseEvent.REFUNDED if end is UseEnd.NOT_STARTED else UseEvent.ENDED
    tell_use(site, event, use, reason=end, receipt=receipt)
    site.wake_wallet(wallet)
