"""Terminals and kiosks: each has a key of its own, asks who pays, and brings what was paid.

A payment bears the terminal's own number: told again, by a terminal that heard no answer, it is
booked once. Cash lies in the terminal's till and belongs to the shift that has it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
import secrets
from typing import Final

from ..core.chart import Channel
from ..core.desk_receipt import DeskReceipt
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, ActorKind, TerminalId, TillId
from ..core.ledger import Act, Receipt
from ..core.stay import Stay, StayState
from ..core.terminal import KEY_FIELD, Terminal
from .bill_paying import pay_bill
from .booking import book_sealed, referenced
from .cashier import top_up
from .desk import TERMINAL
from .paying_persons import find_payer
from .site import Site
from .stay_cost import cost_of_past
from .stay_finding import Which
from .stay_paying import pay_stay
from .tills import find_till
from .turn import in_turn
from .wallet_run import WalletRun

KEY_BYTES: Final = 32
LONGEST_REFERENCE: Final = 64

type Answer = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What a terminal said was paid: for what, how much, which way, under which number of its own."""

    wallet: str
    stay: str
    bill: str
    amount_minor: int
    channel: Channel
    reference: str


@in_turn
async def set_terminal(
    site: Site,
    *,
    actor: Actor,
    terminal: str = "",
    name: str | None = None,
    till: str | None = None,
    renew_key: bool = False,
    closed: bool | None = None,
    reason: str = "",
) -> tuple[Receipt, Terminal, str]:
    """Take up a terminal, or change it; returns its key where it got one: it is shown this once.

    With a new key the old one is destroyed; one that is closed has none.
    """
    if terminal:
        known, key = find_terminal(site, terminal), ""
    elif name:
        number = await site.books.next_number("terminal")
        known = Terminal(id=TerminalId(f"tm{number}"), no=number, name=name, subject="")
        renew_key = True
    else:
        raise CoreError("terminal_without_name")
    after = known if name is None else replace(known, name=name)
    if till is not None:
        after = replace(after, till=TillId(find_till(site, till).id) if till else None)
    if closed is not None and closed is (known.closed_at is None):
        after = replace(after, closed_at=site.clock() if closed else None, subject="")
        renew_key = not closed
    key, sealed = "", ""
    if renew_key:
        key = secrets.token_urlsafe(KEY_BYTES)
        sealed = await site.privacy.put_subject({KEY_FIELD: key})
        after = replace(after, subject=sealed)
    made = referenced("set_terminal", "")
    act = Act(
        kind=EntryKind.TERMINAL_SET,
        event=f"terminal/{after.id}/{made.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=made,
        detail={
            "terminal": after.id,
            "name": after.name,
            "till": after.till or "",
            "new_key": bool(key),
            "closed": after.closed_at is not None,
        },
        puts=(after,),
    )
    receipt = await book_sealed(site, act, sealed)
    site.desk.terminals[after.id] = after
    if known.subject and known.subject != after.subject:
        # Under the key that stays, a call that was made once must not be made again.
        site.desk.nonces.pop(after.id, None)
        await site.privacy.forget_subject(known.subject)
    return receipt, after, key


def find_terminal(site: Site, asked: str) -> Terminal:
    """Return a terminal by id, or refuse in words."""
    known = site.desk.terminals.get(TerminalId(asked.lower()))
    if known is None:
        raise CoreError("unknown_terminal", terminal=asked)
    return known


def terminal_view(site: Site, terminal: Terminal) -> Answer:
    """Describe a terminal; never its key."""
    till = site.desk.tills.get(terminal.till) if terminal.till is not None else None
    return {
        "terminal": terminal.id,
        "name": terminal.name,
        "till": terminal.till,
        "till_name": till.name if till is not None else None,
        "closed": terminal.closed_at is not None,
    }


async def answer(site: Site, terminal: Terminal, asked: Mapping[str, object]) -> Answer:
    """Do what a terminal asks for: find who pays, or take what was paid."""
    jobs: dict[str, Callable[[], Awaitable[Answer]]] = {
        "find": lambda: _find(site, asked),
        "pay": lambda: _pay(site, terminal, asked),
    }
    job = jobs.get(_text(asked, "do"))
    if job is None:
        raise CoreError("terminal_asks_unknown")
    return await job()


async def _find(site: Site, asked: Mapping[str, object]) -> Answer:
    """Say what may be paid for a card's or a ticket's code, or for a plate."""
    found = await find_payer(site, code=_text(asked, "code"), plate=_text(asked, "plate"))
    return {
        "wallets": [_wallet(site, run) for run in found.wallets],
        "stays": [await _stay(site, one) for one in found.stays],
    }


async def _pay(site: Site, terminal: Terminal, asked: Mapping[str, object]) -> Answer:
    paid = _read(site, asked)
    if paid.channel is Channel.CASH:
        _check_cash(site, terminal)
    receipt = await _book(site, paid, terminal)
    number = receipt.detail.get("receipt")
    given = await site.books.load(DeskReceipt, no=number) if isinstance(number, int) else []
    return {
        "receipt": number,
        "entry": receipt.entry,
        "repeated": receipt.repeated,
        "amount": site.currency.text(given[0].amount_minor) if given else None,
    }


async def _book(site: Site, paid: Paid, terminal: Terminal) -> Receipt:
    """Book what arrived; the number it bears is the terminal's own, so it counts for that one only."""
    actor = Actor(kind=ActorKind.AUTOMATION, id=f"{TERMINAL}{terminal.id}")
    reference = f"{terminal.id}/{paid.reference}"
    if paid.wallet:
        return await top_up(
            site,
            wallet=paid.wallet,
            amount_minor=paid.amount_minor,
            channel=paid.channel,
            actor=actor,
            reference=reference,
            agreed=True,  # It has arrived: no rule holds it back.
        )
    if paid.bill:
        receipt, _ = await pay_bill(
            site,
            bill=paid.bill,
            amount_minor=paid.amount_minor,
            channel=paid.channel,
            actor=actor,
            reference=reference,
        )
        return receipt
    done = await pay_stay(
        site,
        which=Which(stay=paid.stay),
        amount_minor=paid.amount_minor,
        channel=paid.channel,
        actor=actor,
        reference=reference,
    )
    return done.receipt


def _read(site: Site, asked: Mapping[str, object]) -> Paid:
    """Read what a terminal sent, or refuse it in words."""
    wallet, stay, bill = (_text(asked, name) for name in ("wallet", "stay", "bill"))
    if sum(map(bool, (wallet, stay, bill))) != 1:
        raise CoreError("terminal_pays_one")
    reference = _text(asked, "reference")
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise CoreError("reference_missing")
    channel = _text(asked, "channel")
    if channel not in (Channel.CASH, Channel.TERMINAL):
        raise CoreError("terminal_channel_unknown")
    amount = site.currency.parse(_text(asked, "amount"))
    if amount <= 0:
        raise CoreError("amount_not_positive", amount=amount)
    return Paid(
        wallet=wallet.lower(),
        stay=stay.lower(),
        bill=bill,
        amount_minor=amount,
        channel=Channel(channel),
        reference=reference,
    )


def _check_cash(site: Site, terminal: Terminal) -> None:
    """Refuse cash that would lie in nobody's drawer."""
    if terminal.till is None:
        raise CoreError("terminal_takes_no_cash", terminal=terminal.name)
    if all(one.till != terminal.till for one in site.desk.shifts.values()):
        raise CoreError("till_without_shift", till=site.desk.tills[terminal.till].name)


def _text(asked: Mapping[str, object], name: str) -> str:
    value = asked.get(name)
    return value if isinstance(value, str) else ""


def _wallet(site: Site, run: WalletRun) -> Answer:
    return {
        "wallet": run.wallet.id,
        "unit": run.wallet.unit,
        "purpose": run.wallet.purpose,
        "available": site.currency.text(run.available_minor),
    }


async def _stay(site: Site, stay: Stay) -> Answer:
    due = stay.owed_minor
    if stay.state is not StayState.UNPAID:
        due = 0 if stay.state.over else (await cost_of_past(site, stay)).due_minor
    return {
        "stay": stay.id,
        "plate": stay.masked or None,
        "entered_at": stay.entered_at.isoformat(),
        "due": site.currency.text(due),
    }
