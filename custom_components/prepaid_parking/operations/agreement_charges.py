"""What is fetched by agreement: a balance that falls below its mark is filled up, once for each fall.

What is fetched is an order like any other: it is written down with the fall it is for before the
provider is asked (`agreement_fetching.py`), and nothing is ever asked twice for one fall. Beyond a
limit a person is asked.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.agreement import (
    Agreement,
    AgreementCharge,
    Fetch,
    after_balance,
    charge_id,
    decide,
    wanted_minor,
)
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.held_operation import HeldOperation, Need
from ..core.identity import SYSTEM, OrderId
from ..core.ledger import Act, Receipt
from ..core.pay_order import LADDER, Aim, AimKind, OrderState, PayOrder
from .agreement_fetching import fetch, go_on
from .agreements import ended_now, in_force, keep_agreement
from .booking import book, no_more_in, referenced
from .held_operations import hold_operation
from .pay_book import Asking
from .pay_finding import channel_of, new_out_no, tell_order
from .site import Site
from .wallet_run import WalletRun

AGREEMENT_CHARGE: Final = "agreement_charge"
LASTS: Final = timedelta(minutes=15)
OVER_LIMIT: Final = "over_limit"


async def look_at_agreements(site: Site, now: datetime) -> None:
    """Begin what balances that have fallen ask for; whoever calls has the site's turn.

    Not on books that a restore has set back: what was fetched since would be fetched again.
    """
    if not site.books.writable:
        return
    for charge in list(site.risking.unasked.values()):
        await go_on(site, charge)
    for agreement in list(site.risking.agreements.values()):
        run = site.wallets[agreement.wallet]
        if run.wallet.closed_at is not None:
            await ended_now(site, agreement, SYSTEM, "")
            continue
        looked = await _looked_at(site, agreement, run)
        if not looked.fallen or looked.seen_fall >= looked.fall:
            continue
        wanted = wanted_minor(looked, run.available_minor)
        match decide(looked, wanted, await _fetched_today(site, looked, now)):
            case Fetch.CHARGE:
                await _begin_or_say(site, looked, run, wanted)
            case Fetch.ASK:
                await _ask(site, looked, wanted)
            case Fetch.NOTHING:
                continue


async def note_rise(site: Site, run: WalletRun) -> None:
    """Note what a wallet's money has become before anything is paid out of it.

    A bill that waits takes what was fetched at once: the balance was above its mark all the same, and
    falls anew.
    """
    if (agreement := site.risking.agreement_of(run.wallet.id)) is not None:
        await _looked_at(site, agreement, run)


async def fetch_held(site: Site, held: HeldOperation) -> Receipt:
    """Fetch beyond a limit what a person has agreed to now."""
    agreement = in_force(site, held.data["agreement"])
    fall, amount = int(held.data["fall"]), int(held.data["amount_minor"])
    async with site.turn:
        return await _begin(site, agreement, site.wallets[agreement.wallet], amount, fall)


async def _looked_at(site: Site, agreement: Agreement, run: WalletRun) -> Agreement:
    """Keep whether a balance has fallen or risen since it was looked at."""
    looked = after_balance(agreement, run.available_minor)
    if looked != agreement:
        await keep_agreement(site, looked)
    return looked


async def _begin_or_say(site: Site, agreement: Agreement, run: WalletRun, wanted: int) -> None:
    """Begin to fetch; what a rule refuses is the agreement's trouble, and is not tried again."""
    try:
        await _begin(site, agreement, run, wanted, agreement.fall)
    except CoreError as err:
        await keep_agreement(site, replace(agreement, seen_fall=agreement.fall, trouble=err.key))


async def _begin(
    site: Site, agreement: Agreement, run: WalletRun, amount_minor: int, fall: int
) -> Receipt:
    """Write down what is fetched and for which fall, then have it asked for beside everything else."""
    refusal = no_more_in(site, run)
    if not site.books.writable:
        refusal = CoreError("ledger_closed")
    if refusal is not None:
        raise refusal
    channel, now = channel_of(site, agreement.channel), site.clock()
    number = await site.books.next_number("pay_order")
    order = PayOrder(
        id=OrderId(f"po{number}"),
        no=number,
        out_no=new_out_no(site),
        channel=channel.key,
        kind=channel.kind,
        aim=Aim(kind=AimKind.WALLET, id=agreement.wallet),
        amount_minor=amount_minor,
        state=OrderState.CREATED,
        created_at=now,
        expires_at=now + LASTS,
        next_at=now + LADDER[0],
    )
    for guard in site.paying.guards:
        await guard(Asking(order=order, actor=SYSTEM, payer_ip=""))
    name = charge_id(agreement.id, fall)
    charge = AgreementCharge(
        id=name,
        agreement=agreement.id,
        fall=fall,
        amount_minor=amount_minor,
        at=now,
        order=order.id,
    )
    seen = replace(agreement, seen_fall=max(fall, agreement.seen_fall), trouble="")
    act = Act(
        kind=EntryKind.ORDER_CREATED,
        event=f"order/{order.id}",
        occurred=now,
        actor=SYSTEM,
        reference=referenced("agreement_charge", name, {"agreement": name}),
        detail={
            "order": order.id,
            "agreement": agreement.id,
            "wallet": agreement.wallet,
            "channel": channel.kind,
            "amount": amount_minor,
        },
        puts=(order, charge, seen),
    )
    try:
        receipt = await book(site, act)
    except StoreError:
        site.risking.unasked[charge.id] = charge
        raise
    if not receipt.repeated:
        site.risking.agreements[seen.id] = seen
        site.paying.hold(order)
        tell_order(site, order)
        site.spawn(fetch(site, channel, seen, charge, order))
    return receipt


async def _ask(site: Site, agreement: Agreement, wanted: int) -> None:
    """Ask a person for what is beyond a limit, once for a fall."""
    await hold_operation(
        site,
        kind=AGREEMENT_CHARGE,
        actor=SYSTEM,
        data={
            "agreement": agreement.id,
            "fall": str(agreement.fall),
            "amount_minor": str(wanted),
        },
        needs=(Need.CODE,),
        why=OVER_LIMIT,
        wallet=agreement.wallet,
        amount_minor=wanted,
        reference=charge_id(agreement.id, agreement.fall),
    )
    await keep_agreement(site, replace(agreement, seen_fall=agreement.fall, trouble=OVER_LIMIT))


async def _fetched_today(site: Site, agreement: Agreement, now: datetime) -> int:
    """Return what was fetched on this local day; what may have been is counted, too."""
    today = now.astimezone(site.zone).date()
    charges = await site.books.load(AgreementCharge, agreement=agreement.id)
    return sum(
        one.amount_minor
        for one in charges
        if not one.failed and one.at.astimezone(site.zone).date() == today
    )
