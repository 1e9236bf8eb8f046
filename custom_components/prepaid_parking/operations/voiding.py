"""A payment at the desk that was a mistake of today: taken back whole, once, with its receipt.

Only while nothing of it is used: what a wallet has spent, a car has left on, or a bill's deposit holds
is given back by the refunds, which know what else hangs on it.
"""

import asyncio
from dataclasses import replace
from typing import Final

from ..core.bill import Bill
from ..core.chart import Bucket, code_of, owner_of
from ..core.desk_receipt import DeskReceipt, voided
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, StayId
from ..core.ledger import Act, Entry, Receipt, Record
from ..core.stay import Stay, StayState
from .adjusting import take_back
from .bill_book import committed, find_bill, keep_in_mind
from .booking import book, closed, referenced
from .lane_facts import StayEvent
from .lost_tickets import LOST_TICKET
from .paying import cash_floor
from .receipts import check_voidable, entry_of, find_receipt
from .reversal import tell_moved
from .site import Site
from .stay_book import alone, hold, numbered
from .stay_finding import stay_by_id
from .stay_money import tell_stay
from .stay_paying import PAID
from .voiding_sales import opposite, void_float, void_vouchers

THERE: Final = (StayState.INSIDE, StayState.ARRIVING)
GONE: Final = (StayState.LEFT, StayState.UNPAID)


async def void_payment(
    site: Site, *, receipt: int, reason: str, actor: Actor, reference: str = ""
) -> tuple[Receipt, DeskReceipt]:
    """Take a payment back that was taken by mistake; its receipt is void from then on."""
    return await asyncio.shield(_void(site, receipt, reason, actor, reference))


async def _void(
    site: Site, receipt: int, reason: str, actor: Actor, reference: str
) -> tuple[Receipt, DeskReceipt]:
    known = await find_receipt(site, receipt)
    entry = await entry_of(site, known)
    act = Act(
        kind=EntryKind.REVERSAL,
        event=f"receipt/{receipt}/void",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("void_payment", reference, {"receipt": receipt}),
        reverses=entry.id,
        detail={
            "entry": entry.id,
            "kind": entry.kind.value,
            "receipt": receipt,
            "channel": known.channel,
            **({"shift": known.shift} if known.shift else {}),
            **{name: entry.detail[name] for name in ("wallet", "stay") if name in entry.detail},
        },
    )
    try:
        check_voidable(site, known)
    except CoreError as refusal:
        return await book(site, act, refusal), known
    after = voided(known, by=str(actor), reason=reason, at=site.clock())
    if entry.kind is EntryKind.TOP_UP:
        async with site.turn:
            written = await _top_up(site, entry, act, after)
    elif entry.kind is EntryKind.BILL_PAID:
        async with site.turn:
            written = await _bill(site, entry, act, after)
    elif entry.kind in PAID:
        written = await _stay(site, entry, act, after)  # A stay takes no turn of the site.
    elif entry.kind is EntryKind.VOUCHERS_SOLD:
        async with site.turn:
            written = await void_vouchers(site, entry, act, after)
    elif entry.kind is EntryKind.AGENT_FLOAT:
        async with site.turn:
            written = await void_float(site, entry, act, after)
    else:
        raise CoreError("receipt_not_voidable", receipt=receipt)
    return written, await find_receipt(site, receipt)


async def _top_up(site: Site, entry: Entry, act: Act, after: DeskReceipt) -> Receipt:
    """Take a top-up back with its bonus, points and fee; what is used of it already stays."""
    run = site.wallet(str(entry.detail["wallet"]))
    drawn = replace(act, floors=(cash_floor(run),), puts=(after,))
    try:
        return await take_back(site, entry, drawn, after.event, whole=True)
    except CoreError as err:
        if err.key != "not_enough_money":
            raise
        raise CoreError("receipt_spent", receipt=after.no) from err


async def _bill(site: Site, entry: Entry, act: Act, after: DeskReceipt) -> Receipt:
    """Open a bill again by what was paid."""
    bill = await find_bill(site, str(entry.detail["bill"]))
    run, amount = site.wallet(bill.wallet), entry.detail["amount"]
    assert isinstance(amount, int)
    refusal = closed(run)
    held = any(
        owner_of(leg.target) and code_of(leg.target) == Bucket.HELD for leg in entry.postings
    )
    if held or bill.credit_note or bill.written_off_minor or bill.paid_minor < amount:
        refusal = refusal or CoreError("receipt_spent", receipt=after.no)
    reopened: Bill = bill
    if refusal is None:
        reopened = replace(bill, paid_minor=bill.paid_minor - amount, closed_at=None)
    legs = opposite(entry)
    receipt = await committed(site, replace(act, postings=legs, puts=(reopened, after)), refusal)
    if not receipt.repeated:
        keep_in_mind(run, reopened)
        tell_moved(site, (run,), receipt, legs, after.event)
    return receipt


async def _stay(site: Site, entry: Entry, act: Act, after: DeskReceipt) -> Receipt:
    """Let a stay owe again what was paid of it: while its car is there, or as what that left behind."""
    amount, over = entry.detail["amount"], entry.detail["over"]
    assert isinstance(amount, int)
    assert isinstance(over, int)
    name, late = StayId(str(entry.detail["stay"])), entry.kind is EntryKind.STAY_OWED_PAID
    async with alone(site, name):
        stay = await stay_by_id(site, name)
        refusal = None
        if stay.note == LOST_TICKET:
            refusal = CoreError("receipt_lost_ticket", receipt=after.no, stay=stay.id)
        elif not _is_left(stay, amount - over, over, late=late):
            refusal = CoreError("receipt_spent", receipt=after.no)
        puts: tuple[Record, ...] = ()
        if refusal is None:
            stay = await numbered(site, _unpaid(stay, amount - over, over, late=late))
            puts = (stay, after)
        receipt = await book(site, replace(act, postings=opposite(entry), puts=puts), refusal)
        if not receipt.repeated:
            hold(site, stay)
    if not receipt.repeated:
        tell_stay(site, StayEvent.PAID, stay, -amount)
    return receipt


def _is_left(stay: Stay, counted_minor: int, over_minor: int, *, late: bool) -> bool:
    """Tell whether a payment is there to be taken back, and the car is where it was when it was made."""
    kept = stay.paid_minor >= counted_minor and stay.over_minor >= over_minor
    return kept and not stay.refunded_minor and stay.state in (GONE if late else THERE)


def _unpaid(stay: Stay, counted_minor: int, over_minor: int, *, late: bool) -> Stay:
    """Return a stay without a payment; what its car left behind is owed as it was."""
    before = replace(
        stay,
        paid_minor=stay.paid_minor - counted_minor,
        over_minor=stay.over_minor - over_minor,
        paid_at=None,
    )
    if not late:
        return before
    owed = stay.owed_minor + counted_minor
    return replace(before, owed_minor=owed, state=StayState.UNPAID)
