"""Money over the counter: it belongs to the shift of who takes it, and its payer gets a receipt.

Every act that moves cash, or that a terminal or a bank brought, passes here on its way to the books.
What the drawer holds, the receipt and its number are written in the very same act. Without a till
all of it works as before: the desk needs no shift.
"""

from dataclasses import dataclass, replace

from ..core.agent import Agent
from ..core.chart import Channel, SiteAccount, site_account
from ..core.day_close import movements
from ..core.desk_receipt import DeskReceipt, next_receipt
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.held_operation import HeldOperation, HeldState, ended
from ..core.identity import ActorKind, InstallationId, ShiftId, TerminalId, TillId
from ..core.ledger import Act, Entry, Receipt
from ..core.metering import Cursor
from ..core.page import Page
from ..core.shift import RECEIPTS, Shift, Till, moved
from ..core.terminal import Terminal
from .desk_facts import TillFact
from .held_operations import tell_operation
from .risk_facts import OperationEvent
from .second_person import agreed, needs_second, read_agreed
from .site import Site

CASH = site_account(SiteAccount.CASH)
CLEARING = site_account(SiteAccount.CLEARING)
OWN = frozenset(
    {EntryKind.CASH_DELIVERED, EntryKind.SHIFT_OPENED, EntryKind.SHIFT_CLOSED, EntryKind.BATCH}
)
"""What is about a drawer itself."""
TERMINAL = "terminal:"
"""What stands before a terminal's id where it is the actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What an act takes in over the counter; below zero, it is paid out."""

    cash_minor: int = 0
    cards_minor: int = 0
    transfers_minor: int = 0
    channel: Channel = Channel.CASH

    @property
    def amount_minor(self) -> int:
        """All of it."""
        return self.cash_minor + self.cards_minor + self.transfers_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An act with what the desk adds to it, and what is kept in mind once it is written."""

    act: Act
    shift: Shift | None
    receipt: DeskReceipt | None
    used: HeldOperation | None


async def load(site: Site) -> None:
    """Take up the desk as the books have it."""
    desk, books = site.desk, site.books
    desk.tills = {one.id: one for one in await books.load(Till)}
    desk.shifts = {one.id: one for one in await books.load(Shift, closed_at=None)}
    desk.left = await _left(site)
    desk.terminals = {one.id: one for one in await books.load(Terminal)}
    desk.agents = {one.id: one for one in await books.load(Agent)}
    cursors = await books.load(Cursor, installation=RECEIPTS)
    desk.last_receipt = cursors[0].register if cursors else None
    await read_agreed(site)
    desk.doubtful = False


async def _left(site: Site) -> dict[TillId, int]:
    """Return what was counted in each drawer when it was last handed back."""
    left: dict[TillId, int] = {}
    for till in site.desk.tills:
        # Of the last two shifts one may have the drawer still.
        for one in await site.books.page(Shift, Page(like={"till": till}, limit=2)):
            if one.closed_at is not None and one.counted_minor is not None:
                left.setdefault(till, one.counted_minor)
    return left


async def write(site: Site, act: Act) -> Receipt | CoreError:
    """Write an act; what moves money over the counter gets what belongs to it, or is refused.

    A refusal is returned, not raised: an act that was written before is answered all the same.
    """
    takings = takings_of(act)
    if takings is None:
        return await site.books.commit(act)
    async with site.desk.lock:
        if site.desk.doubtful:
            await load(site)
        if (refusal := await refusal_of(site, act, takings)) is not None:
            return refusal
        if numbered(act, takings):
            await begin_numbers(site)
        drawn = draw(site, act, takings, site.desk.last_receipt or 0, shift_of(site, act))
        site.desk.doubtful = True  # Until it is known what became of it.
        receipt = await site.books.commit(drawn.act)
        site.desk.doubtful = False
        if not receipt.repeated:
            taken_over(site, drawn)
        return receipt


async def begin_numbers(site: Site) -> None:
    """Write the number before the first receipt down: the numbers go on from there."""
    if site.desk.last_receipt is None:
        begin = Cursor(installation=InstallationId(RECEIPTS), register=0, at=site.clock())
        await site.books.record(begin)
        site.desk.last_receipt = 0


async def refused(site: Site, act: Act) -> CoreError | None:
    """Say what the desk has against an act that is about to be written; None where nothing."""
    takings = takings_of(act)
    if takings is None:
        return None
    async with site.desk.lock:
        if site.desk.doubtful:
            await load(site)
        return await refusal_of(site, act, takings)


def takings_of(act: Act) -> Takings | None:
    """Return what an act moves over the counter; None where it does not."""
    return taken_in(act) if act.postings and act.kind not in OWN else None


def taken_in(moving: Act | Entry) -> Takings | None:
    """Return what came over the counter; None where nothing did."""
    changed = movements(moving)
    cash, other = -changed.get(CASH, 0), -changed.get(CLEARING, 0)
    told = moving.detail.get("channel")
    if cash:
        return Takings(cash_minor=cash)
    if other and told == Channel.TERMINAL:
        return Takings(cards_minor=other, channel=Channel.TERMINAL)
    if other and told == Channel.TRANSFER:
        return Takings(transfers_minor=other, channel=Channel.TRANSFER)
    return None


def numbered(act: Act, takings: Takings) -> bool:
    """Tell whether a payer gets a receipt: for money that came in, not for what is taken back."""
    return takings.amount_minor > 0 and act.kind is not EntryKind.REVERSAL


def shift_of(site: Site, act: Act) -> Shift | None:
    """Return the open shift an act belongs to: the one it names, the cashier's, or its terminal's."""
    desk = site.desk
    if named := act.detail.get("shift"):
        return desk.shifts.get(ShiftId(str(named)))
    actor = act.actor
    if actor.kind is ActorKind.USER:
        return next((one for one in desk.shifts.values() if one.cashier == str(actor)), None)
    if actor.kind is ActorKind.AUTOMATION and actor.id.startswith(TERMINAL):
        known = desk.terminals.get(TerminalId(actor.id.removeprefix(TERMINAL)))
        if known is not None and known.till is not None:
            return next((one for one in desk.shifts.values() if one.till == known.till), None)
    return None


async def refusal_of(site: Site, act: Act, takings: Takings) -> CoreError | None:
    """Say why the desk does not take, or pay out, this cash now, and what to do."""
    cash = takings.cash_minor
    if not cash:
        return None
    if cash > 0 and site.desk.barred and act.actor.kind is not ActorKind.SYSTEM:
        return CoreError("cash_needs_register", country=site.desk.barred)
    shift = shift_of(site, act)
    if shift is None:
        named = act.detail.get("shift")
        return CoreError("shift_closed", shift=named) if named else None
    till, text = site.desk.tills[shift.till], site.currency.text
    there = shift.expected_minor
    if cash > 0 and till.most_minor is not None and there + cash > till.most_minor:
        return CoreError("till_full", till=till.name, there=text(there), most=text(till.most_minor))
    if -cash > there:
        return CoreError("till_too_little", till=till.name)
    if till.second_minor is not None and abs(cash) > till.second_minor:
        return await needs_second(site, act, cash, till)
    return None


def draw(site: Site, act: Act, takings: Takings, last: int, shift: Shift | None) -> Drawn:
    """Return an act with the receipt after the `last` one, and its shift as it is then."""
    receipt, detail = None, dict(act.detail)
    puts, moves = act.puts, act.moves
    if numbered(act, takings):
        receipt = DeskReceipt(
            no=last + 1,
            at=act.occurred,
            kind=act.kind.value,
            event=act.event,
            channel=takings.channel,
            amount_minor=takings.amount_minor,
            actor=str(act.actor),
            wallet=str(detail.get("wallet") or ""),
            stay=str(detail.get("stay") or ""),
            bill=str(detail.get("number") or ""),
            shift=shift.id if shift is not None else "",
        )
        detail["receipt"] = receipt.no
        puts, moves = (*puts, receipt), (*moves, next_receipt(last, act.occurred))
    if shift is not None:
        shift = moved(
            shift,
            cash_minor=takings.cash_minor,
            cards_minor=takings.cards_minor,
            transfers_minor=takings.transfers_minor,
        )
        if receipt is not None:
            shift = replace(shift, receipts=shift.receipts + 1)
        detail["shift"] = shift.id
        puts = (*puts, shift)
    used, second = None, agreed(site, act, takings.cash_minor)
    if second is not None:
        detail["second"] = second.confirmed_by
        if second.done_by_asker:
            used = ended(second, HeldState.DONE, act.occurred)
            puts = (*puts, used)
    act = replace(act, detail=detail, puts=puts, moves=moves)
    return Drawn(act=act, shift=shift, receipt=receipt, used=used)


def taken_over(site: Site, drawn: Drawn) -> None:
    """Keep in mind what was written."""
    if drawn.receipt is not None:
        site.desk.last_receipt = drawn.receipt.no
    if drawn.shift is not None:
        site.desk.shifts[drawn.shift.id] = drawn.shift
        site.tell(TillFact(till=drawn.shift.till))
    if drawn.used is not None:
        del site.risking.held[drawn.used.id]
        tell_operation(site, OperationEvent.DONE, drawn.used)
