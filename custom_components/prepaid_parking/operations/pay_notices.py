"""What a provider says by itself is heard: proved, judged, kept, and booked before it is answered.

Not answered with success means: it comes again. So nothing here may fail silently, and what was
booked once is answered with success however often it comes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.page import Page
from ..core.pay_channel import ChannelError, ChannelFault, Notice, Outcome, Seen
from ..core.pay_notice import KEPT, HeardNotice, Made, judge
from ..core.pay_order import PayOrder
from .pay_book import ChannelRun
from .pay_crediting import FOREIGN, credit_seen, credit_unknown
from .pay_finding import channel_of, is_our_number, numbered_order, ours_of
from .pay_looking import look
from .risk_signs import forged_notice, strange_money, under_attack
from .saying import said
from .site import Site

HINT: Final = "look_by_notice"


async def hear(site: Site, channel: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take up a notice; when this returns, what it says is in the books.

    Raises `CoreError` for what is not to be answered with success, `StoreError` where the books did
    not take it: then it comes again.
    """
    run = channel_of(site, channel)
    try:
        notice = await run.port.verify(headers, body)
    except ChannelError as err:
        if err.fault is ChannelFault.UNTRUSTED:
            await forged_notice(site, run.key)
        raise CoreError("notice_not_believed", channel=run.name, why=err.code) from err
    seen = notice.payment
    order = await _order_of(site, run, seen)
    numbered = seen is not None and is_our_number(site, seen.out_no)
    made = judge(notice, order, ours_of(run), site.clock(), numbered=numbered)
    if made is Made.BOOKED and under_attack(site, run.key):
        made = Made.HINT  # The provider itself is asked: what is good comes in by that.
    heard = _heard(site, run, notice, made)
    if made.foreign:
        await site.books.record(heard)
        await strange_money(
            site, channel=run.key, amount_minor=heard.amount_minor, about=heard.event_id
        )
        raise CoreError(FOREIGN[made], channel=run.name)
    if notice.refund is not None:
        await site.paying.refund_heard(run.key, notice.refund)
    if seen is not None and made is Made.BOOKED:
        if order is not None:
            await credit_seen(site, order, seen, puts=(heard,))
        else:
            await credit_unknown(site, run.key, seen, puts=(heard,))
        return
    if made is Made.REPEATED or not site.paying.hints.take(heard.id, site.clock()):
        return  # It stands in the books, and what it is a hint of has been asked.
    try:
        await site.books.record(heard)
    except StoreError:
        site.paying.hints.give_back(heard.id)
        raise
    if seen is not None and made is Made.HINT:
        site.spawn(_asked(site, run, order, seen.out_no))


async def forget_notices(site: Site, now: datetime) -> None:
    """Forget notices that no provider repeats and no payer disputes any more."""
    old = Page(by=("heard_at", "id"), last=now - KEPT)
    while forgotten := await site.books.page(HeardNotice, old):
        await site.books.forget(*forgotten)


async def _order_of(site: Site, run: ChannelRun, seen: Seen | None) -> PayOrder | None:
    """Return the order a payment is for: made at this very channel, else it is not that one.

    Nothing is booked by what is remembered: where there is something to book, the books are asked.
    """
    if seen is None:
        return None
    known = site.paying.numbered(seen.out_no)
    found = [known] if known is not None else await numbered_order(site, seen.out_no)
    return next((one for one in found if one.channel == run.key), None)


def _heard(site: Site, run: ChannelRun, notice: Notice, made: Made) -> HeardNotice:
    seen = notice.payment
    return HeardNotice(
        id=f"{run.key}/{notice.event_id}",
        channel=run.key,
        event_id=notice.event_id,
        heard_at=site.clock(),
        sent_at=notice.sent_at,
        made=made,
        out_no=seen.out_no if seen is not None else "",
        provider_ref=seen.provider_ref if seen is not None else "",
        amount_minor=seen.amount_minor if seen is not None else 0,
    )


async def _asked(site: Site, run: ChannelRun, order: PayOrder | None, out_no: str) -> None:
    """Ask the provider itself about what a notice said that is not taken at its word."""
    with said(site, HINT, run.key):
        if order is not None:
            await look(site, order.id)
            return
        try:
            seen = await run.port.query(out_no)
        except ChannelError as err:
            run.trouble = err.fault
            return
        if seen.outcome is Outcome.PAID:
            await credit_unknown(site, run.key, seen)
