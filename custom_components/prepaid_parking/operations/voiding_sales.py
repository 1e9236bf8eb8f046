"""Sales of the desk that are taken back while nothing hangs on them: vouchers nobody used, an agent's float."""

from dataclasses import replace

from ..core.agent import paid_in
from ..core.desk_receipt import DeskReceipt
from ..core.errors import CoreError
from ..core.identity import AgentId
from ..core.ledger import Act, Entry, Posting, Receipt
from ..core.voucher import Voucher, place_of
from .booking import book
from .offline_loading import on_what_is_written
from .site import Site
from .vouchers import known_batch


@on_what_is_written
async def void_vouchers(site: Site, entry: Entry, act: Act, after: DeskReceipt) -> Receipt:
    """Let vouchers be unsold again: worth nothing, and the next to be sold.

    A batch is sold in its order, so only its last sale is taken back, and only whole: one slip that
    was redeemed or cancelled meanwhile is money that has moved on.
    """
    first, last = entry.detail["first"], entry.detail["last"]
    assert isinstance(first, int)
    assert isinstance(last, int)
    batch = known_batch(site, str(entry.detail["batch"]))
    over = [one.serial for one in await site.books.load(Voucher, batch=batch.id)]
    refusal = None
    if batch.closed_at is not None or any(first <= serial <= last for serial in over):
        refusal = CoreError("receipt_spent", receipt=after.no)
    elif batch.sold != place_of(last)[1] + 1:
        refusal = CoreError("receipt_vouchers_sold_since", receipt=after.no, batch=batch.id)
    unsold = replace(batch, sold=place_of(first)[1])
    receipt = await book(
        site, replace(act, postings=opposite(entry), puts=(unsold, after)), refusal
    )
    if not receipt.repeated:
        site.offline.batches[batch.id] = unsold
    return receipt


@on_what_is_written
async def void_float(site: Site, entry: Entry, act: Act, after: DeskReceipt) -> Receipt:
    """Give an agent back what it paid in by mistake; what it has sold against stays."""
    amount = entry.detail["amount"]
    assert isinstance(amount, int)
    known = site.desk.agents[AgentId(str(entry.detail["agent"]))]
    refusal, agent = None, known
    try:
        agent = paid_in(known, -amount)
    except CoreError as err:
        refusal = err
    receipt = await book(site, replace(act, postings=opposite(entry), puts=(agent, after)), refusal)
    if not receipt.repeated:
        site.desk.agents[agent.id] = agent
    return receipt


def opposite(entry: Entry) -> tuple[Posting, ...]:
    """Return an entry's movements the other way round."""
    return tuple(
        Posting(source=leg.target, target=leg.source, amount_minor=leg.amount_minor)
        for leg in reversed(entry.postings)
    )
