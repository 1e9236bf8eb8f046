"""Paying bills: out of the wallet by itself, the oldest first, or by order; never out of another's."""

from collections.abc import Iterable
from dataclasses import replace

from ..core.bill import DEPOSIT, Bill, allot, oldest_first, paid
from ..core.chart import Bucket, Channel, channel_account, site_account, wallet_account
from ..core.deposit import Deposit
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, Actor, BillId
from ..core.ledger import AccountId, Act, Posting, Receipt, Record
from .arrived import Arrived
from .bill_book import committed, find_bill, keep_in_mind, named, rules_of, trusted
from .booking import is_frozen, referenced, tell, unspendable
from .facts import WalletEvent
from .holding import drawn_up
from .paying import floors, postings
from .site import Site
from .turn import in_turn
from .unheard import unheard
from .wallet_run import WalletRun


@in_turn
async def pay_bill(
    site: Site,
    *,
    bill: str,
    actor: Actor,
    amount_minor: int | None = None,
    channel: Channel | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Bill]:
    """Pay a bill out of its wallet, or with money brought for it (`channel`): what is open, or less.

    Out of the wallet never more than is there: what is used but not yet posted is spoken for.
    """
    await trusted(site)
    found = await find_bill(site, bill)
    run = site.wallet(found.wallet)
    amount = found.open_minor if amount_minor is None else amount_minor
    refusal = unpayable(found, amount)
    if channel is None:
        refusal = refusal or unspendable(site, run)
    content = {"bill": found.id, "amount": amount_minor, "channel": channel}
    act = replace(
        await _payment(site, run, found, 0 if refusal else amount, channel),
        actor=actor,
        reason=reason,
        reference=referenced("pay_bill", reference, content),
    )
    receipt = await committed(site, act, refusal)
    if not receipt.repeated:
        _paid(site, run, act, receipt)
    return receipt, await find_bill(site, found.id)


async def bill_money_came(site: Site, bill: BillId, arrived: Arrived) -> Receipt:
    """Book what a provider has taken for a bill; whoever calls has the site's turn.

    More than is open is refused: what it would be for, nobody has said.
    """
    await trusted(site)
    found = await find_bill(site, bill)
    run = site.wallet(found.wallet)
    refusal = unpayable(found, arrived.amount_minor)
    amount = 0 if refusal else arrived.amount_minor
    act = await _payment(site, run, found, amount, arrived.channel, arrived.source)
    act = replace(
        act,
        actor=arrived.actor,
        reason=arrived.reason,
        reference=arrived.key,
        detail={**act.detail, "payment": arrived.name},
        puts=(*act.puts, *arrived.puts),
    )
    receipt = await committed(site, act, refusal)
    if not receipt.repeated:
        _paid(site, run, act, receipt)
    return receipt


async def pay_open(site: Site, run: WalletRun) -> None:
    """Pay a wallet's open bills out of what it has, where its money has moved."""
    if run.bills:
        await pay_all(site, [run])


async def pay_all(site: Site, runs: Iterable[WalletRun]) -> None:
    """Pay wallets' open bills out of what they have, the oldest first, as their categories' rules say.

    A frozen wallet pays nothing; what is missing stays open. No supply is asked for it: whether it is
    paid decides nothing but the bill. The first bill of each goes to the books together.
    """
    await trusted(site)
    while paying := [(run, due[0]) for run in runs if (due := payable(site, run))]:
        acts = [await _payment(site, run, *due, None) for run, due in paying]
        try:
            answers = await site.books.commit_all(acts)
        except StoreError:
            unheard(site, acts)
            raise
        runs = []
        for (run, _), act, answer in zip(paying, acts, answers, strict=True):
            if not isinstance(answer, CoreError):
                _paid(site, run, act, answer)
                runs.append(run)
            elif answer.key != "not_enough_money":
                raise answer
            # Else a lane was quicker; the next movement of the wallet's money tries again.


def payable(site: Site, run: WalletRun) -> list[tuple[Bill, int]]:
    """Say what a wallet's money goes to by itself; what is paid by order only is passed over."""
    if not run.bills or run.available_minor <= 0 or not site.books.writable:
        return []
    if run.wallet.closed_at is not None or is_frozen(run.wallet, site.clock()):
        return []
    found: list[tuple[Bill, int]] = []
    left = run.available_minor
    for bill in oldest_first(list(run.bills.values())):
        rules = rules_of(site, bill.category)
        if not rules.automatic:
            continue
        given = allot(left, [bill], part=rules.part)
        if not given:
            break
        found += given
        left -= given[0][1]
    return found


def unpayable(bill: Bill, amount_minor: int) -> CoreError | None:
    """Refuse to pay what asks for nothing, or for less."""
    if not bill.number:
        return CoreError("bill_is_draft", bill=bill.id)
    if not bill.open_minor:
        return CoreError("bill_not_open", bill=bill.number)
    if amount_minor > bill.open_minor:
        return CoreError("bill_overpaid", bill=bill.number)
    if amount_minor <= 0:
        return CoreError("amount_not_positive", amount=amount_minor)
    return None


async def _payment(
    site: Site,
    run: WalletRun,
    bill: Bill,
    amount_minor: int,
    channel: Channel | None,
    source: AccountId | None = None,
) -> Act:
    """Write a payment down; with the last one a bill's deposit begins to be held.

    Money that is brought passes the wallet's cash, so that its statement has it.
    """
    cash, bonus, billed = (
        wallet_account(run.wallet.no, bucket)
        for bucket in (Bucket.CASH, Bucket.BONUS, Bucket.BILLED)
    )
    at, legs = site.clock(), tuple[Posting, ...]()
    detail = named(bill) | {"amount": amount_minor}
    if channel is not None:
        detail["channel"] = channel
    if amount_minor and channel is not None:
        outside = channel_account(channel) if source is None else source
        legs = (
            Posting(source=outside, target=cash, amount_minor=amount_minor),
            Posting(source=cash, target=billed, amount_minor=amount_minor),
        )
    elif amount_minor:
        legs = postings(run, amount_minor, billed)
    from_bonus = sum(leg.amount_minor for leg in legs if leg.source == bonus)
    puts: tuple[Record, ...] = ()
    if amount_minor:
        after = paid(bill, amount_minor, from_bonus, at)
        puts = (after,)
        if after.closed_at is not None and bill.deposit_minor:
            deposit = await drawn_up(site, run, bill.deposit_minor, bill.number)
            held = wallet_account(run.wallet.no, Bucket.HELD)
            source = site_account(DEPOSIT)
            legs += (Posting(source=source, target=held, amount_minor=bill.deposit_minor),)
            puts += (deposit,)
    return Act(
        kind=EntryKind.BILL_PAID,
        event=f"bill/{bill.id}/paid/{bill.payments + 1}",
        occurred=at,
        actor=SYSTEM,
        postings=legs,
        floors=floors(run, amount_minor) if channel is None else (),
        detail=detail,
        puts=puts,
    )


def _paid(site: Site, run: WalletRun, act: Act, receipt: Receipt) -> None:
    (bill,) = (one for one in act.puts if isinstance(one, Bill))
    amount = act.detail["amount"]
    assert isinstance(amount, int)
    keep_in_mind(run, bill)
    site.using.deposits.update({one.id: one for one in act.puts if isinstance(one, Deposit)})
    run.booked(receipt)
    tell(site, run, WalletEvent.BILL_PAID, receipt, amount, bill.number)
    site.wake_wallet(run)
