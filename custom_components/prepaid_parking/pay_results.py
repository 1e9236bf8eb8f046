"""What became of a payment, as its payer sees it: how to pay it, that it came, or that it did not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import segno

from .core.chart import Channel
from .core.identity import WalletId
from .core.pay_code import PayFor
from .core.pay_order import Aim, AimKind, OrderState, PayOrder
from .operations.bill_book import find_bill
from .operations.pay_tokens import person_token
from .operations.pay_visit_book import Errand
from .operations.stay_finding import stay_by_id
from .pay_holding import comes_back, supplies_in
from .pay_writing import Known, May, Page, PageMaker, script
from .wording import Words

QR_SCALE: Final = 6
LOOK_S: Final = 3
"""Somebody stands before a barrier and waits."""
CALL: Final = "call"
"""In the address of a visit: the page is to call the app once more."""
LINKS: Final = ("https://", "http://")
"""What a provider's link may begin with: nothing that runs in the page."""
RECEIPT_LASTS: Final = timedelta(days=90)
"""As long as somebody argues about a payment."""
BLANKS: Final = (
    "what",
    "on_phone",
    "by_app",
    "says_where",
    "receipt",
    "amount",
    "qr",
    "url",
    "until",
    "leave_by",
    "balance",
    "code",
    "at",
    "channel",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, where the browser goes by itself after a while (`refresh`), and what it `may`."""

    page: Page
    refresh: str = ""
    may: May = May.NOTHING


def show_asking(made: PageMaker) -> Shown:
    """Show that a provider is just being asked."""
    return Shown(page=_page(made, {"step": "asking"}), refresh=f"1; url={made.path}")


def show_errand(made: PageMaker, errand: Errand) -> Shown:
    """Lead a payer, the first time by itself, to where they say who they are."""
    run = made.site.paying.channels.get(errand.channel)
    page = made.write(
        "pay_inside.html", channel="" if run is None else run.name, url=_safe(errand.url), call=""
    )
    if made.visit.sent:
        return Shown(page=page)
    made.visit.sent = True
    return Shown(page=page, refresh=f"0; url={_safe(errand.url)}")


async def show_order(made: PageMaker, order: PayOrder) -> Shown:
    """Show where an order stands; the first time its payer is led to the provider's own page."""
    site, visit = made.site, made.visit
    run = site.paying.channels.get(order.channel)
    known: Known = {
        "what": await _what(made, order.aim),
        "channel": run.name if run is not None else str(order.kind),
        "amount": site.currency.text(order.paid_minor or order.amount_minor),
        "step": STEPS[order.state],
        "code": order.out_no,
        "at": made.at(order.paid_at),
        "until": f"{order.expires_at.astimezone(site.zone):%H:%M}",
    }
    if order.state is OrderState.CREDITED:
        known |= await _credited(made, order)
    if not order.state.open:
        is_followed = order.state is OrderState.CREDITED and comes_back(made, order.paid_at)
        refresh = f"{LOOK_S}; url={made.path}" if is_followed else ""
        return Shown(page=_page(made, known), refresh=refresh)
    refresh, may = f"{LOOK_S}; url={made.path}", May.NOTHING
    if order.offered is None:
        known["step"] = "unsure"
    else:
        known |= {
            "on_phone": visit.on_phone,
            "qr": order.offered.qr,
            "url": _safe(order.offered.url),
        }
        if known["url"] and order.kind is Channel.WECHAT:
            may = May.SAY_WHERE
        if order.offered.app:
            if not visit.sent:
                visit.sent = True
                return _calling(made, known, order.offered.app)
            known |= {"url": f"{made.path}?{CALL}", "by_app": True}
        elif known["url"] and not visit.sent:
            visit.sent = True
            refresh = f"0; url={known['url']}"
    return Shown(page=_page(made, known | {"says_where": may}), refresh=refresh, may=may)


def _calling(made: PageMaker, order: Known, call: str) -> Shown:
    """Show the page that calls the app it is in. It goes on when the app has answered, not by the clock."""
    page = made.write(
        "pay_inside.html", channel=order["channel"], url="", call=call, script=script()
    )
    return Shown(page=page, may=May.CALL)


def _safe(url: str) -> str:
    """Return a provider's link as it may stand in a page and in a header; "" where it may not."""
    plain = url.startswith(LINKS) and url.isprintable() and not any(map(str.isspace, url))
    return url if plain else ""


def _drawn(qr: str) -> str:
    """Draw a code into the page itself: it asks nobody for a picture."""
    return segno.make_qr(qr).png_data_uri(scale=QR_SCALE) if qr else ""


async def _credited(made: PageMaker, order: PayOrder) -> Mapping[str, str]:
    """Return what a payer is told after the money was booked, with a link to keep."""
    if made.visit.kind is PayFor.ORDER:
        return {}
    # By the number at the provider: the order's own counts up, and whoever holds a link can read it.
    receipt, _ = person_token(made.site, PayFor.ORDER, order.out_no, RECEIPT_LASTS)
    return {"receipt": f"{made.path.rpartition('/')[0]}/{receipt}", **await _news(made, order.aim)}


async def _news(made: PageMaker, aim: Aim) -> Mapping[str, str]:
    if aim.kind is AimKind.STAY:
        return {"leave_by": made.leave_by(await stay_by_id(made.site, aim.id))}
    run = made.site.wallets.get(WalletId(aim.id)) if aim.kind is AimKind.WALLET else None
    if run is None or not made.visit.personal:
        return {}
    return {"balance": made.site.currency.text(run.available_minor)}


async def _what(made: PageMaker, aim: Aim) -> Page:
    """Say what is paid: whoever has three flats and two cars keeps a receipt of each."""
    match aim.kind:
        case AimKind.WALLET:
            unit = made.site.wallet(aim.id).wallet.unit
            return lambda words: words("pay.wallet.title", what=unit)
        case AimKind.BILL:
            bill = await find_bill(made.site, aim.id)
            return lambda words: f"{words('bill.title')} {bill.number or bill.id}"
        case AimKind.STAY:
            plate = made.visit.plate or (await stay_by_id(made.site, aim.id)).masked
            return lambda words: f"{words('pay.stay.title')} {plate}"


STEPS: Final = {
    OrderState.CREATED: "waiting",
    OrderState.PENDING: "waiting",
    OrderState.PAID: "paid",
    OrderState.CREDITED: "credited",
    OrderState.CLOSED: "over",
    OrderState.EXPIRED: "over",
}
"""How the page names where an order stands."""


def _page(made: PageMaker, order: Known) -> Page:
    known: Known = dict.fromkeys(BLANKS, "") | order

    def told(words: Words) -> Known:
        what = known["what"](words) if known["what"] else ""
        return known | {"what": what, "qr": _drawn(known["qr"])}

    return made.write(
        "pay_order.html",
        order=told,
        goes_on=made.visit.kind is not PayFor.ORDER,
        supplies=supplies_in(made),
    )
