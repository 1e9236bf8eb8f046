"""Vouchers are redeemed: without a connection to anywhere, in any order, each once for all times.

What a voucher is worth goes to a wallet by the one act of a top-up, in which the voucher's own record is
written: whatever is repeated, doubled or begun anew, a voucher has one entry.
"""

from dataclasses import replace
from typing import Final

from ..core.chart import Channel
from ..core.errors import CoreError
from ..core.identity import Actor, VoucherBatchId
from ..core.ledger import Receipt
from ..core.voucher import (
    Voucher,
    VoucherState,
    place_of,
    proven,
    read_number,
    state_of_voucher,
)
from .bill_book import local_day
from .offline_loading import on_what_is_written
from .risk_signs import wrong_voucher
from .site import Site
from .topping_up import Payment, take_in
from .turn import in_turn
from .vouchers import KEY, REFUSALS

SCOPE: Final = "voucher"
"""Whose reference a redeeming has: that of the voucher itself."""


@in_turn
@on_what_is_written
async def redeem_voucher(
    site: Site,
    *,
    number: str,
    wallet: str,
    actor: Actor,
    reference: str = "",
    callers: tuple[str, ...] = (),
    network: str = "",
) -> tuple[Receipt, Voucher]:
    """Put what a voucher is worth into a wallet, once; what somebody made up is not even looked up.

    `callers` are held to account for wrong numbers (the wallet and the actor, if empty), `network` is
    the digest of where they come from, if anybody knows. A wallet that nothing may come into by order
    takes it: this money was paid before.
    """
    now, run = site.clock(), site.wallet(wallet)
    callers = callers or (f"wallet/{run.wallet.id}", str(actor))
    serial = await _recognised(site, number, callers, wallet=run.wallet.id, network=network)
    batch_no, place = place_of(serial)
    batch = site.offline.batches.get(VoucherBatchId(f"vb{batch_no}"))
    if batch is None:
        raise CoreError("voucher_not_in_books", serial=serial)
    before = next(iter(await site.books.load(Voucher, serial=serial)), None)
    state = state_of_voucher(batch, place, before, local_day(site))
    again = before is not None and bool(reference) and before.reference == reference
    if state is not VoucherState.OPEN and not again:
        raise CoreError(REFUSALS[state], serial=serial)
    if batch.purpose is not None and run.wallet.purpose is not batch.purpose:
        raise CoreError("voucher_other_purpose", purpose=batch.purpose)
    ended = Voucher(
        serial=serial, batch=batch.id, ended_at=now, wallet=run.wallet.id, reference=reference
    )
    after = replace(batch, redeemed=batch.redeemed + 1)
    paid = Payment(
        amount_minor=batch.amount_minor,
        channel=Channel.VOUCHER,
        actor=actor,
        reference=str(serial),
        scope=SCOPE,
        puts=(ended, after),
    )
    receipt = await take_in(site, run, paid)
    if not receipt.repeated:
        site.offline.batches[batch.id] = after
    return receipt, (before or ended) if receipt.repeated else ended


async def _recognised(
    site: Site, number: str, callers: tuple[str, ...], *, wallet: str, network: str
) -> int:
    """Return the serial of a number, or refuse it; who makes numbers up has to wait."""
    now, tries = site.clock(), site.offline.tries
    for caller in callers:
        if (until := tries.cooling_until(caller, now)) is not None:
            minutes = -((now - until).total_seconds() // 60)
            raise CoreError("voucher_too_many_tries", minutes=int(minutes))
    digits = read_number(number)
    try:
        return proven(site.privacy.index_key(KEY), digits)
    except CoreError:
        for caller in callers:
            tries.wrong(caller, now)
        await wrong_voucher(site, callers, wallet=wallet, network=network)
        raise
