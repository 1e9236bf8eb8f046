"""Paying inside a provider's app: the payer goes over the provider's page, which says who they are.

Wherever this fails, the visit goes on as if there were no such way: a code is shown.
"""

from hmac import compare_digest
import secrets
from typing import Final

from ..core.errors import CoreError
from ..core.pay_channel import ChannelError, Way
from .pay_aims import due
from .pay_book import ChannelRun
from .pay_finding import find_order
from .pay_visit_book import ALL, Errand, PayVisit
from .pay_visits import ask_for_order, other_way
from .risk_signs import payers_network
from .site import Site

STATE_BYTES: Final = 16


async def send_out(
    site: Site, visit: PayVisit, run: ChannelRun, *, amount_minor: int | None, back_url: str
) -> None:
    """Have the payer of a visit say who they are; refuses first what could not be paid afterwards."""
    if visit.aim is None or visit.asking or visit.order is not None:
        return
    if run.payers is None:
        raise CoreError("channel_way", channel=run.name)
    (await due(site, visit.aim)).chosen(site, amount_minor)
    state = secrets.token_hex(STATE_BYTES)
    visit.sent = False
    visit.errand = Errand(
        state=state,
        url=run.payers.address(back_url, state),
        channel=run.key,
        aim=visit.aim,
        amount_minor=amount_minor,
    )


async def come_back(
    site: Site, visit: PayVisit, *, state: str, code: str, address: str | None, back_url: str
) -> None:
    """Ask for the payment that a payer went out for; nothing happens to who was not sent by this visit."""
    errand = visit.errand
    if errand is None or not compare_digest(errand.state.encode(), state.encode(errors="replace")):
        return
    visit.errand = None
    run = site.paying.channels.get(errand.channel)
    if run is None or visit.aim != errand.aim or visit.asking:
        return
    visit.asking = True
    try:
        payer = await _payer(site, run, code, address)
    finally:
        visit.asking = False
    visit.by_app = bool(payer)
    await ask_for_order(
        site,
        visit,
        channel=run.key,
        way=Way.APP if payer else Way.QR,
        amount_minor=errand.amount_minor,
        address=address,
        back_url=back_url,
        payer=payer,
    )
    if visit.order is not None and (await find_order(site, visit.order)).fault:
        visit.by_app = False


async def show_code(site: Site, visit: PayVisit, address: str | None) -> None:
    """Show a code for what could not be paid inside the app: the payer has said already what and how much."""
    errand, visit.by_app = visit.errand, False
    order = await find_order(site, visit.order) if visit.order is not None else None
    asked = errand if order is None else order
    if asked is None or (order is not None and not order.state.open):
        return
    await other_way(site, visit)
    await ask_for_order(
        site,
        visit,
        channel=asked.channel,
        way=Way.QR,
        amount_minor=asked.amount_minor,
        address=address,
    )


async def _payer(site: Site, run: ChannelRun, code: str, address: str | None) -> str:
    """Return who has come back; "" where the provider does not say, or was asked for too many."""
    visits, now = site.pay_visits, site.clock()
    network = payers_network(site, address or "")
    seldom = not network or visits.errands.take(network, now)
    seldom = seldom and visits.all_errands.take(ALL, now)
    if run.payers is None or not seldom:
        return ""
    try:
        return await run.payers.payer(code)
    except ChannelError:
        return ""
