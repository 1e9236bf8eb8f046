"""Vouchers: made in batches, worth something once somebody paid for them.

Making costs nothing and is no money. Selling puts what was paid into VOUCHERS, which the site owes from
then on. Redeeming takes it from there (`redeeming_vouchers.py`); a batch that is cancelled gives back
what it still holds (`cancelling_vouchers.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..core.agent import Agent, sold
from ..core.chart import Channel, SiteAccount, channel_account, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, VoucherBatchId
from ..core.ledger import AccountId, Act, Posting, Receipt
from ..core.voucher import (
    MOST_BATCHES,
    MOST_VOUCHERS,
    PaidBy,
    Voucher,
    VoucherBatch,
    VoucherState,
    number_of_voucher,
    place_of,
    serial_of,
    state_of_voucher,
)
from ..core.wallet import Purpose
from .agents import find_agent, trusted_agents
from .bill_book import local_day
from .booking import book, referenced
from .offline_loading import on_what_is_written
from .site import Site
from .turn import in_turn

KEY: Final = "voucher"
"""Names the key that proves vouchers among those that are made of the site's own."""
REFUSALS: Final = {
    VoucherState.UNSOLD: "voucher_not_sold",
    VoucherState.REDEEMED: "voucher_used",
    VoucherState.CANCELLED: "voucher_cancelled",
    VoucherState.EXPIRED: "voucher_expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A batch as it was asked for."""

    count: int
    amount_minor: int
    valid_until: date | None = None
    purpose: Purpose | None = None
    agent: str = ""


@in_turn
@on_what_is_written
async def make_vouchers(
    site: Site, wanted: Wanted, *, actor: Actor, reason: str = "", reference: str = ""
) -> tuple[Receipt, VoucherBatch]:
    """Make a batch: numbers to be printed, worth nothing until they are sold."""
    now = site.clock()
    _check(wanted, local_day(site))
    if wanted.agent:
        wanted = replace(wanted, agent=find_agent(site, wanted.agent).id)
    # On books that a restore has set back the next number may be that of slips in a shop.
    refusal = None if site.books.writable else CoreError("ledger_closed")
    number = await site.books.next_number("voucher_batch")
    if number > MOST_BATCHES:
        raise CoreError("vouchers_used_up", most=MOST_BATCHES)
    batch = VoucherBatch(
        id=VoucherBatchId(f"vb{number}"),
        no=number,
        count=wanted.count,
        amount_minor=wanted.amount_minor,
        made_at=now,
        valid_until=wanted.valid_until,
        purpose=wanted.purpose,
        agent=wanted.agent,
    )
    receipt = await book(
        site,
        Act(
            kind=EntryKind.VOUCHERS_MADE,
            event=f"vouchers/{batch.id}/made",
            occurred=now,
            actor=actor,
            reason=reason,
            reference=referenced("make_vouchers", reference, _content(wanted)),
            detail={"batch": batch.id, **_content(wanted)},
            puts=(batch,),
        ),
        refusal,
    )
    if not receipt.repeated:
        site.offline.batches[batch.id] = batch
    return receipt, known_batch(site, str(receipt.detail["batch"]))


@in_turn
@on_what_is_written
async def sell_vouchers(
    site: Site,
    *,
    batch: str,
    actor: Actor,
    count: int | None = None,
    paid_by: PaidBy | None = None,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, VoucherBatch]:
    """Take money for the next vouchers of a batch, all that are left unless told: now they are worth it.

    An agent's are paid out of its float, which earns its commission; else cash, unless told.
    """
    await trusted_agents(site)
    known = known_batch(site, batch)
    paid_by = paid_by or (PaidBy.AGENT if known.agent else PaidBy.CASH)
    many = known.unsold if count is None else count
    key = referenced(
        "sell_vouchers", reference, {"batch": known.id, "count": count, "channel": paid_by}
    )
    after = replace(known, sold=known.sold + many)
    act = Act(
        kind=EntryKind.VOUCHERS_SOLD,
        event=f"vouchers/{known.id}/sold/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={
            "batch": known.id,
            "first": serial_of(known.no, known.sold),
            "last": serial_of(known.no, after.sold - 1),
            "amount": many * known.amount_minor,
            "channel": paid_by,
        },
        puts=(after,),
    )
    refusal, agents = _unsellable(site, known, many), tuple[Agent, ...]()
    if refusal is None:
        try:
            agents = agent_after(site, known, paid_by, many * known.amount_minor)
        except CoreError as err:
            refusal = err
    if refusal is None:
        paid = Posting(
            source=outside(paid_by),
            target=site_account(SiteAccount.VOUCHERS),
            amount_minor=many * known.amount_minor,
        )
        act = replace(act, postings=(paid,), puts=(after, *agents))
        if agents:
            act = replace(act, detail={**act.detail, "rate": agents[0].rate_micro})
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        site.offline.batches[known.id] = after
        site.desk.agents.update({one.id: one for one in agents})
    return receipt, known_batch(site, batch)


def outside(paid_by: PaidBy) -> AccountId:
    """Return the account that vouchers are paid out of."""
    if paid_by is PaidBy.AGENT:
        return site_account(SiteAccount.AGENTS)
    return channel_account(Channel(paid_by.value))


def agent_after(
    site: Site, batch: VoucherBatch, paid_by: PaidBy, amount_minor: int
) -> tuple[Agent, ...]:
    """Return the agent of a batch after it paid so much, if it is one's."""
    if paid_by is not PaidBy.AGENT:
        return ()
    return (sold(agent_of(site, batch), amount_minor),)


def agent_of(site: Site, batch: VoucherBatch) -> Agent:
    """Return the agent who sells a batch, or refuse in words."""
    if not batch.agent:
        raise CoreError("vouchers_of_no_agent", batch=batch.id)
    return find_agent(site, batch.agent)


def known_batch(site: Site, batch: str) -> VoucherBatch:
    """Return a batch by id, or refuse in words."""
    known = site.offline.batches.get(VoucherBatchId(batch.lower()))
    if known is None:
        raise CoreError("unknown_vouchers", batch=batch)
    return known


async def numbers_of(site: Site, batch: VoucherBatch) -> list[tuple[int, str]]:
    """Return the serials and numbers of a batch that are not over: they are worth money, or will be."""
    if batch.closed_at is not None:
        return []
    over = {one.serial for one in await site.books.load(Voucher, batch=batch.id)}
    key = site.privacy.index_key(KEY)
    return [(one, number_of_voucher(key, one)) for one in _serials(batch) if one not in over]


async def states_of(
    site: Site, batch: VoucherBatch
) -> list[tuple[int, VoucherState, Voucher | None]]:
    """Return every voucher of a batch by its serial, with what can be done with it."""
    over = {one.serial: one for one in await site.books.load(Voucher, batch=batch.id)}
    day = local_day(site)
    return [
        (one, state_of_voucher(batch, place_of(one)[1], over.get(one), day), over.get(one))
        for one in _serials(batch)
    ]


def _serials(batch: VoucherBatch) -> Iterator[int]:
    return (serial_of(batch.no, place) for place in range(batch.count))


def _check(wanted: Wanted, day: date) -> None:
    if not 1 <= wanted.count <= MOST_VOUCHERS:
        raise CoreError("vouchers_too_many", count=wanted.count, most=MOST_VOUCHERS)
    if wanted.amount_minor <= 0:
        raise CoreError("amount_not_positive", amount=wanted.amount_minor)
    if wanted.valid_until is not None and wanted.valid_until < day:
        raise CoreError("vouchers_end_before_today", until=wanted.valid_until.isoformat())


def _unsellable(site: Site, batch: VoucherBatch, many: int) -> CoreError | None:
    if batch.closed_at is not None:
        return CoreError("vouchers_closed", batch=batch.id)
    if batch.expired(local_day(site)):
        return CoreError("vouchers_expired", batch=batch.id)
    if not 1 <= many <= batch.unsold:
        return CoreError("vouchers_not_so_many", batch=batch.id, unsold=batch.unsold)
    return None


def _content(wanted: Wanted) -> dict[str, object]:
    return {
        "count": wanted.count,
        "amount": wanted.amount_minor,
        "valid_until": wanted.valid_until.isoformat() if wanted.valid_until else None,
        "purpose": wanted.purpose,
        "agent": wanted.agent,
    }
