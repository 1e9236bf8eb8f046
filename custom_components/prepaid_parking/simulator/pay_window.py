"""The payer's window: a page of a fake provider on which one pays, as in an app on a phone.

It lists what is open, with a button each. Plain forms, no scripts, English or Chinese by the browser.
"""

from collections.abc import Iterable
from html import escape
from typing import Final, Protocol

from aiohttp import web

from .pay_books import Order, OrderState, PayBooks, RefusedError

_WORDS: Final = {
    "en": {
        "title": "Payer's window",
        "lead": "A pretended phone: what is waiting to be paid at {brand}.",
        "none": "Nothing is waiting. Ask for a payment at the hub, then reload.",
        "pay": "Pay",
        "paid": "Paid",
        "closed": "Closed",
        "waiting": "Waiting",
        "back": "Back to the merchant",
        "reload": "Reload",
        "no": "This order cannot be paid any more.",
        "dispute": "Have the bank take it back",
        "disputed": "Taken back by the bank",
        "kept": "This payment cannot be taken back.",
    },
    "zh": {
        "title": "付款人窗口",
        "lead": "模拟手机：{brand} 待付款的订单。",
        "none": "没有待付款的订单。请先在系统中发起收款，再刷新本页。",
        "pay": "付款",
        "paid": "已付款",
        "closed": "已关闭",
        "waiting": "待付款",
        "back": "返回商户",
        "reload": "刷新",
        "no": "该订单已无法付款。",
        "dispute": "向发卡行申请拒付",
        "disputed": "已被发卡行拒付",
        "kept": "该笔付款无法拒付。",
    },
}
_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;"
    "color:#111;background:#fff}li{list-style:none;border:1px solid #767676;border-radius:.5rem;"
    "padding:1rem;margin:0 0 1rem}ul{padding:0}button{font:inherit;padding:.6rem 1.6rem;border:0;"
    "border-radius:.4rem;background:#05603a;color:#fff}code{overflow-wrap:anywhere}"
)
_SHOWN: Final = 50
_DIGITS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "JOD": 3}


class Payable(Protocol):
    """What the window needs of a provider."""

    brand: str
    books: PayBooks
    has_disputes: bool

    async def pay(self, out_no: str) -> Order:
        """Do what a payer does."""

    def dispute(self, out_no: str) -> Order:
        """Do what a payer's bank does."""


def window_routes(provider: Payable) -> Iterable[web.RouteDef]:
    """Return the pages: all orders, one order, and its buttons."""

    async def every(request: web.Request) -> web.Response:
        return _page(provider, request, list(provider.books.orders.values())[-_SHOWN:][::-1])

    async def one(request: web.Request) -> web.Response:
        order = provider.books.orders.get(request.match_info["out_no"])
        if order is None:
            raise web.HTTPNotFound
        order.back_url = request.query.get("redirect_url", order.back_url)
        return _page(provider, request, [order])

    async def pay(request: web.Request) -> web.Response:
        out_no = request.match_info["out_no"]
        try:
            await provider.pay(out_no)
        except RefusedError:
            return web.Response(status=409, text=_words(request)["no"], content_type="text/plain")
        raise web.HTTPSeeOther(f"/window/{out_no}")

    async def dispute(request: web.Request) -> web.Response:
        out_no = request.match_info["out_no"]
        try:
            provider.dispute(out_no)
        except RefusedError:
            return web.Response(status=409, text=_words(request)["kept"], content_type="text/plain")
        raise web.HTTPSeeOther(f"/window/{out_no}")

    return [
        web.get("/window", every),
        web.get("/window/{out_no}", one),
        web.post("/window/{out_no}/pay", pay),
        web.post("/window/{out_no}/dispute", dispute),
    ]


def money(order: Order) -> str:
    """Write an amount with its currency."""
    digits = _DIGITS.get(order.currency, 2)
    text = f"{order.amount_minor:0{digits + 1}d}"
    return (
        f"{text[:-digits]}.{text[-digits:]} {order.currency}"
        if digits
        else f"{text} {order.currency}"
    )


def _words(request: web.Request) -> dict[str, str]:
    wanted = request.headers.get("Accept-Language", "").lower()
    return _WORDS["zh" if wanted.startswith("zh") else "en"]


def _page(provider: Payable, request: web.Request, orders: Iterable[Order]) -> web.Response:
    words = _words(request)
    disputes = provider.has_disputes
    rows = (
        "".join(_row(order, words, disputes=disputes) for order in orders)
        or f"<li>{words['none']}</li>"
    )
    language = "zh-Hans" if words is _WORDS["zh"] else "en"
    text = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title><style>{_STYLE}</style>"
        f"<h1>{words['title']}</h1><p>{words['lead'].format(brand=escape(provider.brand))}</p>"
        f'<ul>{rows}</ul><p><a href="/window">{words["reload"]}</a></p></html>'
    )
    return web.Response(text=text, content_type="text/html")


def _row(order: Order, words: dict[str, str], *, disputes: bool) -> str:
    is_back = order.disputed_at is not None
    head = (
        f"<strong>{escape(order.subject)}</strong><br>{money(order)}"
        f"<br><code>{escape(order.out_no)}</code>"
        f"<p>{words['disputed' if is_back else order.state]}</p>"
    )
    if order.state is OrderState.WAITING:
        head += _button(order, "pay", words)
    elif order.state is OrderState.PAID and order.back_url.startswith(("https://", "http://")):
        head += f'<a href="{escape(order.back_url)}">{words["back"]}</a>'
    if disputes and order.state is OrderState.PAID and not is_back:
        head += _button(order, "dispute", words)
    return f"<li>{head}</li>"


def _button(order: Order, does: str, words: dict[str, str]) -> str:
    action = f"/window/{escape(order.out_no)}/{does}"
    return f'<form method="post" action="{action}"><button>{words[does]}</button></form>'
