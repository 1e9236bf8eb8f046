"""Corrections of money: never an edit, always a new entry that says why and names what it corrects."""

from dataclasses import replace
from typing import Final

from ..core.chart import Channel, SiteAccount, channel_account, site_account, wallet_account
from ..core.desk_receipt import DeskReceipt, voided
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Entry, Posting, Receipt, Record
from .agents import agent_of, given_back, trusted_agents
from .booking import book, closed, referenced
from .fee_legs import fee_refunded, without_kept_fee
from .redeeming_vouchers import SCOPE as VOUCHER
from .reversal import changes, find_entry, runs_of, tell_moved, way_back
from .site import Site
from .turn import in_turn
from .walking import every_entry

REVERSIBLE: Final = frozenset(
    {
        EntryKind.TOP_UP,
        EntryKind.DEDUCTION,
        EntryKind.PASSAGE,
        EntryKind.REFUND,
        EntryKind.TRANSFER,
        EntryKind.ADJUSTMENT,
        EntryKind.DEBT_RECORDED,
        EntryKind.DEBT_WRITTEN_OFF,
    }
)
"""What a person may take back. Usage is corrected by its quantity; deposits, packages and bills are
ended by actions of their own, which know what else hangs on them."""

SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)
ON_ITS_WAY: Final = channel_account(Channel.TRANSFER)
TRANSFERRED: Final = f"topup/{Channel.TRANSFER}/"
"""Begins the event of a transfer; the bank's reference of it follows."""


@in_turn
async def adjust(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """Correct a wallet's cash, upwards or (a negative amount) downwards, also below zero.

    It is the office's own correction, so a frozen wallet takes it too. What an entry did wrong is
    better taken back by `reverse_entry`, which names that entry.
    """
    run = site.wallet(wallet)
    if not amount_minor:
        raise CoreError("amount_not_positive", amount=amount_minor)
    cash, office = wallet_account(run.wallet.no), site_account(SiteAccount.ADJUSTMENT)
    source, target = (office, cash) if amount_minor > 0 else (cash, office)
    key = referenced("adjust", reference)
    act = Act(
        kind=EntryKind.ADJUSTMENT,
        event=f"adjust/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=(Posting(source=source, target=target, amount_minor=abs(amount_minor)),),
        detail={"wallet": wallet},
    )
    receipt = await book(site, act, closed(run))
    if not receipt.repeated:
        tell_moved(site, (run,), receipt, act.postings, key.key)
    return receipt


@in_turn
async def reverse_entry(
    site: Site, *, entry: int, reason: str, actor: Actor, reference: str = ""
) -> Receipt:
    """Take an entry back: the same movements the other way round, once.

    A bonus that was spent meanwhile is made up from the cash, points as far as they are there, and a
    fee stays or comes back as its rule says.
    """
    found = await find_entry(site, entry)
    key = referenced("reverse", reference, {"entry": entry})
    act = Act(
        kind=EntryKind.REVERSAL,
        event=f"reversal/{entry}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        reverses=found.id,
        detail={"entry": entry, "kind": found.kind.value, **_wallet_in(found)},
    )
    act = replace(act, puts=await _receipt_voided(site, found, act))
    return await take_back(site, found, act, key.key)


async def take_back(
    site: Site, entry: Entry, act: Act, reference: str, *, whole: bool = False
) -> Receipt:
    """Write what takes an entry back: `act` says who does it and why, the entry what moves.

    With `whole` it was never rightly made: a fee that is never given back goes back as well.
    """
    await trusted_agents(site)
    refusal = _irreversible(site, entry) or await _at_bank(site, entry)
    refusal = refusal or await fee_refunded(site, entry)
    if refusal is not None:
        return await book(site, act, refusal)
    back = way_back(site, entry if whole else without_kept_fee(entry))
    agent = given_back(site, entry, back.postings)
    more = (agent,) if agent is not None else ()
    act = replace(act, postings=back.postings, puts=(*act.puts, *back.puts, *more))
    receipt = await book(site, act)
    if not receipt.repeated:
        back.taken_over(site, receipt, reference)
        site.desk.agents.update({one.id: one for one in more})
    return receipt


async def _receipt_voided(site: Site, entry: Entry, act: Act) -> tuple[Record, ...]:
    """Return the receipt of what is taken back as void, where a payer was given one."""
    number = entry.detail.get("receipt")
    found = await site.books.load(DeskReceipt, no=number) if isinstance(number, int) else []
    return tuple(
        voided(one, by=str(act.actor), reason=act.reason, at=act.occurred)
        for one in found
        if one.voided_at is None and entry.kind is not EntryKind.REVERSAL
    )


def _irreversible(site: Site, entry: Entry) -> CoreError | None:
    """Say why an entry is not taken back here."""
    if entry.kind not in REVERSIBLE:
        return CoreError("entry_not_reversible", entry=entry.id, kind=entry.kind)
    if entry.kind is EntryKind.TOP_UP and entry.event.startswith(f"{VOUCHER}/"):
        return CoreError("voucher_not_reversible", entry=entry.id)
    if any(leg.source == SUSPENSE for leg in entry.postings):
        return CoreError("place_not_reversible", entry=entry.id)
    if entry.kind is EntryKind.PASSAGE and "stay" in entry.detail:
        return CoreError("passage_of_stay", entry=entry.id, stay=str(entry.detail["stay"]))
    if (agent := agent_of(site, entry)) is not None and agent.closed_at is not None:
        return CoreError("agent_closed", agent=agent.name)
    for run in runs_of(site, entry.postings):
        if (refusal := closed(run)) is not None:
            return refusal
        for bucket, rise in changes(run, entry.postings).items():
            owed = -run.others.get(bucket, 0)
            if bucket.owes and -rise > owed:
                return CoreError("more_than_owed", owed=site.currency.text(owed))
    return None


async def _at_bank(site: Site, entry: Entry) -> CoreError | None:
    """Refuse to take back what a bank's statement has: it is there, and would be nobody's."""
    if not entry.event.startswith(TRANSFERRED):
        return None
    reference, lines = entry.event.removeprefix(TRANSFERRED), (EntryKind.SETTLEMENT,)
    async for line in every_entry(site, lines, account=ON_ITS_WAY, since=entry.booked):
        if line.event == f"settlement/{line.detail.get('account')}/{reference}":
            return CoreError("transfer_not_reversible", entry=entry.id)
    return None


def _wallet_in(entry: Entry) -> dict[str, object]:
    """Return the wallet that an entry names, so that the reversal is found with it."""
    return {name: entry.detail[name] for name in ("wallet", "to") if name in entry.detail}
