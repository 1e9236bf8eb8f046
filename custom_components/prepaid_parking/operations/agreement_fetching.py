"""What an agreement fetches is asked for at its provider, and taken up again after an outage.

Under its order's number it is one payment, however often it is asked for. Where a hub was down until
the order's time was over, and the provider never heard of it, the balance is looked at once more.
"""

from dataclasses import replace
from typing import Final

from ..core.agreement import Agreement, AgreementCharge, charge_id
from ..core.pay_channel import Asked, ChannelError, ChannelFault, Outcome
from ..core.pay_order import OrderState, PayOrder, given_up
from .agreements import FIELD, Charging, keep_agreement
from .pay_book import ChannelRun
from .pay_crediting import credit_seen
from .pay_finding import change
from .risk_signs import failed_payment
from .saying import said
from .site import Site

FETCHING: Final = "fetch_by_agreement"
UNHEARD: Final = "unheard"
"""Why a fetch failed of which the provider never heard."""


async def load(site: Site) -> None:
    """Take up each agreement's last fetch that may still bring money: nobody has asked in this run."""
    last = [charge_id(one.id, one.seen_fall) for one in site.risking.agreements.values()]
    charges = [one for one in await site.books.among(AgreementCharge, "id", last) if not one.failed]
    names = [one.order for one in charges if one.order is not None]
    waiting = {one.id for one in await site.books.among(PayOrder, "id", names) if not _is_over(one)}
    site.risking.unasked = {one.id: one for one in charges if one.order in waiting}


async def go_on(site: Site, charge: AgreementCharge) -> None:
    """Ask for what was written down before the hub died, or unheard: under its number it is one payment.

    One whose time is over is first taken back, as every order is, by who looks at them all.
    """
    orders = await site.books.load(PayOrder, id=charge.order)
    (agreement,) = await site.books.load(Agreement, id=charge.agreement)
    if agreement.id in site.risking.agreements:
        site.risking.agreements[agreement.id] = agreement
    for order in orders:
        if order.id not in site.paying.orders:
            site.paying.hold(order)
        if _is_over(order) or charge.failed or agreement.ended_at is not None:
            continue
        channel = site.paying.channels.get(order.channel)
        late = site.clock() >= order.expires_at
        if channel is None or (late and (order.state.open or channel.trouble)):
            return  # It is not put to work yet, or out of reach.
        if not order.state.open:
            site.spawn(_look_once_more(site, channel, charge, order))
        elif order.state is OrderState.CREATED:
            site.spawn(fetch(site, channel, agreement, charge, order))
    del site.risking.unasked[charge.id]


def _is_over(order: PayOrder) -> bool:
    """Tell whether a fetch has brought its money, or its provider has said why it does not."""
    return order.state in {OrderState.PAID, OrderState.CREDITED} or bool(order.fault)


async def _look_once_more(
    site: Site, channel: ChannelRun, charge: AgreementCharge, order: PayOrder
) -> None:
    """Count a balance that is still low as fallen anew, if the provider never heard of its fetch.

    What it did hear of, it has answered: nothing is fetched a second time. Limits hold as for any fall.
    """
    try:
        seen = await channel.port.query(order.out_no)
    except ChannelError as err:
        channel.trouble = err.fault
        site.risking.unasked[charge.id] = charge
        return
    if seen.outcome is not Outcome.MISSING:
        return
    async with site.turn:
        changed: list[AgreementCharge | Agreement] = [replace(charge, failed=UNHEARD)]
        known = site.risking.agreements.get(charge.agreement)
        if known is not None and known.fallen and known.fall == charge.fall:
            known = replace(known, fall=known.fall + 1)
            changed.append(known)
        await site.books.record(*changed)
        if known is not None:
            site.risking.agreements[known.id] = known


async def fetch(
    site: Site,
    channel: ChannelRun,
    agreement: Agreement,
    charge: AgreementCharge,
    order: PayOrder,
) -> None:
    """Ask the provider; where nobody knows what came of it, the order is looked at like any other."""
    with said(site, FETCHING, agreement.id):
        token = (await site.privacy.get_subject(agreement.subject))[FIELD]
        asked = Asked(
            out_no=order.out_no,
            amount_minor=order.amount_minor,
            subject=f"{site.name} {site.wallets[agreement.wallet].wallet.unit}".strip(),
            expires_at=order.expires_at,
        )
        assert isinstance(channel.port, Charging)
        try:
            seen = await channel.port.charge(asked, token)
        except ChannelError as err:
            if err.fault in {ChannelFault.REFUSED, ChannelFault.UNREACHABLE}:
                await _failed(site, charge, order, err)
            return
        if seen.outcome is Outcome.PAID:
            await credit_seen(site, order, seen)


async def _failed(site: Site, charge: AgreementCharge, order: PayOrder, err: ChannelError) -> None:
    """Nothing was taken: the order is over, the agreement says why, and nothing is tried again."""
    await change(site, order.id, lambda one: given_up(one, fault=err.fault))
    why = err.code or str(err.fault)
    await site.books.record(replace(charge, failed=why))
    known = site.risking.agreements.get(charge.agreement)
    if known is not None:
        await keep_agreement(site, replace(known, trouble=why))
    if err.fault is ChannelFault.REFUSED:
        await failed_payment(site, order.aim.id)
