"""Vouchers that are taken back: lost, misprinted, or over; what was paid for them goes where it is said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ..core.agent import Agent, unsold
from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import AccountId, Act, Posting, Receipt
from ..core.voucher import (
    PaidBy,
    Voucher,
    VoucherBatch,
    VoucherState,
    place_of,
    serial_of,
    state_of_voucher,
)
from .agents import trusted_agents
from .bill_book import local_day
from .booking import book, referenced
from .offline_loading import on_what_is_written
from .site import Site
from .turn import in_turn
from .vouchers import REFUSALS, agent_of, known_batch, outside
from .walking import every_entry

KEPT: Final = "kept"
"""What is in the place of a channel where nothing is paid back."""


@in_turn
@on_what_is_written
async def cancel_vouchers(
    site: Site,
    *,
    batch: str,
    actor: Actor,
    reason: str,
    serial: int | None = None,
    back: PaidBy | None = None,
    reference: str = "",
) -> tuple[Receipt, VoucherBatch]:
    """Take back one voucher, or all of a batch that are not used: none of them is redeemed any more.

    What was paid for them is paid `back`; without a way it stays with the site as income, which is for
    vouchers whose last day is over.
    """
    await trusted_agents(site)
    known = known_batch(site, batch)
    over = None
    if serial is not None:
        over = next(iter(await site.books.load(Voucher, serial=serial)), None)
    many = known.open if serial is None else 1
    after, gone, refusal = _after(site, known, serial, over)
    if refusal is None and many and back is None and not known.expired(local_day(site)):
        refusal = CoreError("vouchers_still_valid", batch=known.id)
    if refusal is None and back is not None and not site.books.writable:
        refusal = CoreError("ledger_closed")  # A slip of the lost time may be used already.
    income = site_account(SiteAccount.REVENUE_FEES)
    account = income if back is None else outside(back)
    amount = many * known.amount_minor
    agents: tuple[Agent, ...] = ()
    if refusal is None and back is not None and amount:
        serials = await _still_open(site, known) if serial is None else [serial]
        agents = await _agent_back(site, known, back, serials)
    key = referenced(
        "cancel_vouchers",
        reference,
        {"batch": known.id, "serial": serial, "back": back or KEPT},
    )
    act = Act(
        kind=EntryKind.VOUCHERS_CANCELLED,
        event=f"vouchers/{known.id}/cancelled/{serial or 'all'}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        postings=_given_back(account, amount),
        detail={
            "batch": known.id,
            "serial": serial or 0,
            "count": many,
            "amount": amount,
            "back": back or KEPT,
        },
        puts=(after, *gone, *agents),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        site.offline.batches[known.id] = after
        site.desk.agents.update({one.id: one for one in agents})
    return receipt, known_batch(site, batch)


@in_turn
@on_what_is_written
async def cancel_expired(
    site: Site, *, actor: Actor, reason: str, reference: str = ""
) -> tuple[Receipt, list[VoucherBatch]]:
    """Take back all that is left of the batches whose last day is over; what was paid stays as income.

    One act for all of them: the accounts of a year are closed with it, or not at all.
    """
    over = expired_batches(site)
    many, amount = sum(one.open for one in over), sum(one.open_minor for one in over)
    now = site.clock()
    act = Act(
        kind=EntryKind.VOUCHERS_CANCELLED,
        event=f"vouchers/expired/{now.isoformat()}",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=referenced("cancel_expired_vouchers", reference, {"back": KEPT}),
        postings=_given_back(site_account(SiteAccount.REVENUE_FEES), amount),
        detail={
            "batches": {one.id: one.open for one in over},
            "count": many,
            "amount": amount,
            "back": KEPT,
        },
        puts=tuple(replace(one, closed_at=now) for one in over),
    )
    receipt = await book(site, act, None if over else CoreError("vouchers_none_expired"))
    if not receipt.repeated:
        site.offline.batches.update({one.id: replace(one, closed_at=now) for one in over})
    told = receipt.detail["batches"]
    assert isinstance(told, Mapping)
    return receipt, [known_batch(site, one) for one in told]


def expired_batches(site: Site) -> list[VoucherBatch]:
    """Return the batches whose last day is over and that the site still owes something for, in their order."""
    day = local_day(site)
    over = (one for one in site.offline.batches.values() if one.expired(day) and one.open)
    return sorted(over, key=lambda one: one.no)


async def _still_open(site: Site, batch: VoucherBatch) -> list[int]:
    """Return the serials of a batch that somebody has paid for and nobody has used."""
    over = {one.serial for one in await site.books.load(Voucher, batch=batch.id)}
    paid = (serial_of(batch.no, place) for place in range(batch.sold))
    return [serial for serial in paid if serial not in over]


async def _agent_back(
    site: Site, batch: VoucherBatch, back: PaidBy, serials: Sequence[int]
) -> tuple[Agent, ...]:
    """Return the agent of a batch with what it paid for vouchers; their commission is owed back.

    At the rate of their sale, which the agent may not have any more; none of what it did not sell.
    """
    if back is not PaidBy.AGENT:
        return ()
    agent = agent_of(site, batch)
    rates = await _rates_of(site, batch)
    for serial in serials:
        rate = rates.get(serial)
        if rate is None:
            agent = replace(agent, float_minor=agent.float_minor + batch.amount_minor)
        else:
            agent = unsold(agent, batch.amount_minor, rate)
    return (agent,)


async def _rates_of(site: Site, batch: VoucherBatch) -> dict[int, int]:
    """Return the commission of each voucher that its agent has sold, by its serial."""
    rates: dict[int, int] = {}
    async for entry in every_entry(site, (EntryKind.VOUCHERS_SOLD,), since=batch.made_at):
        rate, first, last = (entry.detail.get(name) for name in ("rate", "first", "last"))
        if entry.detail["batch"] == batch.id and isinstance(rate, int):
            assert isinstance(first, int)
            assert isinstance(last, int)
            rates.update(dict.fromkeys(range(first, last + 1), rate))
    return rates


def _after(
    site: Site, batch: VoucherBatch, serial: int | None, over: Voucher | None
) -> tuple[VoucherBatch, tuple[Voucher, ...], CoreError | None]:
    """Return the batch and the voucher as they are then, or why that cannot be."""
    now = site.clock()
    if serial is None:
        closed = CoreError("vouchers_closed", batch=batch.id) if batch.closed_at else None
        return replace(batch, closed_at=now), (), closed
    number, place = place_of(serial)
    if number != batch.no or place >= batch.count:
        return batch, (), CoreError("voucher_not_in_batch", serial=serial, batch=batch.id)
    state = state_of_voucher(batch, place, over, local_day(site))
    refusal = None
    if state not in (VoucherState.OPEN, VoucherState.EXPIRED):
        refusal = CoreError(REFUSALS[state], serial=serial)
    gone = Voucher(serial=serial, batch=batch.id, ended_at=now)
    return replace(batch, cancelled=batch.cancelled + 1), (gone,), refusal


def _given_back(account: AccountId, amount: int) -> tuple[Posting, ...]:
    if not amount:
        return ()
    source = site_account(SiteAccount.VOUCHERS)
    return (Posting(source=source, target=account, amount_minor=amount),)
