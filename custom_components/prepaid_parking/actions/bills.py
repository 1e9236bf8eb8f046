"""Actions about bills: written, issued, paid, taken back, given up."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..bill_forms import bill_csv
from ..bill_pages import bill_path
from ..core.bill import DEPOSIT, INCOME, Bill, BillLine
from ..core.category import Category
from ..core.chart import SiteAccount
from ..core.errors import CoreError
from ..core.ledger import Receipt
from ..operations import bill_paying, bills, months
from ..operations.bill_book import all_bills, find_bill
from ..operations.bill_views import bill_view
from ..operations.buyers import buyer_view
from ..operations.shared_bills import parts_issued
from ..page_view import signed
from ..wording import async_words
from .call import (
    BY_HAND,
    DAY,
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    WALLET,
    Action,
    Call,
    Fields,
    Response,
    page,
)

BILL: Final[Fields] = {vol.Required("bill"): cv.string}
CATEGORY: Final[Fields] = {vol.Required("category"): vol.Coerce(Category)}
DATES: Final[Fields] = {vol.Optional("issued_on"): DAY, vol.Optional("due_on"): DAY}
INCOMES: Final = {
    **{account.name.lower().removeprefix("revenue_"): account for account in INCOME.values()},
    "deposit": DEPOSIT,
}
"""What a line may be earned as: never as what a meter counts, that is charged by its tariff."""
LINE: Final = vol.Schema(
    {
        vol.Required("text"): vol.All(cv.string, vol.Length(min=1)),
        vol.Required("amount"): cv.string,
        vol.Optional("tax"): cv.string,
        vol.Optional("income"): vol.In(list(INCOMES)),
    }
)


async def create_bill(call: Call) -> Response:
    """Write a bill, and issue it unless it is to stay a draft."""
    run, reference, data = call.wallet(), call.reference(), call.data
    category: Category = data["category"]
    receipt, bill = await bills.create_bill(
        call.site,
        wallet=run.wallet.id,
        category=category,
        lines=tuple(_line(call, category, line) for line in data["lines"]),
        draft=data["draft"],
        issued_on=data.get("issued_on"),
        due_on=data.get("due_on"),
        period=_period(data),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, bill, reference) | await _parts(call, bill)


async def issue_bill(call: Call) -> Response:
    """Issue a draft."""
    receipt, bill = await bills.issue_bill(
        call.site,
        bill=call.text("bill"),
        issued_on=call.data.get("issued_on"),
        due_on=call.data.get("due_on"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return _answer(call, receipt, bill) | await _parts(call, bill)


async def pay_bill(call: Call) -> Response:
    """Pay a bill out of its wallet, or with money brought for it."""
    reference = call.reference()
    receipt, bill = await bill_paying.pay_bill(
        call.site,
        bill=call.text("bill"),
        amount_minor=call.maybe_money("amount"),
        channel=call.data.get("channel"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, bill, reference)


async def void_bill(call: Call) -> Response:
    """Take a bill back by a credit note."""
    return await _let_go(call, bills.void_bill)


async def write_off_bill(call: Call) -> Response:
    """Give up what is open of a bill."""
    return await _let_go(call, bills.write_off_bill)


async def get_bill(call: Call) -> Response:
    """Describe a bill with its lines and its buyer, as data, as a table or as a page to print."""
    bill = await find_bill(call.site, call.text("bill"))
    buyer = await buyer_view(call.site, bill.buyer)
    answer = bill_view(call.site, bill) | {"buyer": buyer}
    words = await async_words(call.hass, call.text("language"))
    match call.data["form"]:
        case "page":
            path = bill_path(call.entry_id, bill.id, words.language)
            answer |= signed(call.hass, path, call.site)
        case "csv":
            answer["csv"] = bill_csv(call.site, bill, buyer, words)
    return answer


async def list_bills(call: Call) -> Response:
    """List bills in the order of their ids: those with something open, or all."""
    data = call.data
    wallet = call.wallet().wallet.id if call.text("wallet") else None
    views = [
        view
        for bill in await all_bills(call.site, wallet, closed=data["closed"])
        if data.get("category") in (None, bill.category)
        and ((view := bill_view(call.site, bill))["overdue"] or not data["overdue"])
    ]
    return {"bills": page(call, views, lambda view: str(view["bill"])), "count": len(views)}


async def close_month(call: Call) -> Response:
    """Close a month that is over."""
    receipt = await months.close_month(
        call.site, month=call.text("month"), reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | {"month": call.site.billing.closed_month}


async def _let_go(call: Call, how: Callable[..., Awaitable[tuple[Receipt, Bill]]]) -> Response:
    """Ask for no more of a bill, in the one way or the other."""
    reference = call.reference()
    receipt, bill = await how(
        call.site,
        bill=call.text("bill"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, receipt, bill, reference)


async def _parts(call: Call, bill: Bill) -> Response:
    """Describe all the bills that one of a shared wallet came to; nothing of any other."""
    parts = await parts_issued(call.site, bill)
    return {"parts": [bill_view(call.site, part) for part in parts]} if parts else {}


def _answer(call: Call, receipt: Receipt, bill: Bill, reference: str | None = None) -> Response:
    return call.receipt(receipt, reference) | bill_view(call.site, bill)


def _line(call: Call, category: Category, line: Mapping[str, Any]) -> BillLine:
    income: SiteAccount = INCOMES[line["income"]] if "income" in line else INCOME[category]
    money = call.site.currency.parse
    return BillLine(
        text=line["text"],
        amount_minor=money(line["amount"]),
        tax_minor=money(line.get("tax", "0")),
        income=income,
        trace={"rule": "by_hand"},
    )


def _period(data: Mapping[str, Any]) -> tuple[date, date] | None:
    """Return the days a bill is for; the last one is meant to be in it."""
    begin, end = data.get("from"), data.get("to")
    if begin is None and end is None:
        return None
    if begin is None or end is None or end < begin:
        raise CoreError("bill_period", since=begin, until=end)
    return begin, end + timedelta(days=1)


ACTIONS: Final = (
    Action(
        "create_bill",
        create_bill,
        {
            **WALLET,
            **CATEGORY,
            vol.Required("lines"): vol.All(cv.ensure_list, [LINE], vol.Length(1, 200)),
            vol.Optional("draft", default=False): cv.boolean,
            **DATES,
            vol.Optional("from"): DAY,
            vol.Optional("to"): DAY,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("issue_bill", issue_bill, {**BILL, **DATES, **MAYBE_REASON}),
    Action(
        "pay_bill",
        pay_bill,
        {
            **BILL,
            vol.Optional("amount"): cv.string,
            vol.Optional("channel"): BY_HAND,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("void_bill", void_bill, {**BILL, **REASON, **REFERENCE}),
    Action("write_off_bill", write_off_bill, {**BILL, **REASON, **REFERENCE}),
    Action(
        "get_bill",
        get_bill,
        {
            **BILL,
            vol.Optional("form", default="data"): vol.In(("data", "csv", "page")),
            vol.Optional("language"): cv.string,
        },
    ),
    Action(
        "list_bills",
        list_bills,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("category"): vol.Coerce(Category),
            vol.Optional("overdue", default=False): cv.boolean,
            vol.Optional("closed", default=False): cv.boolean,
            **PAGED,
        },
    ),
    Action("close_month", close_month, {vol.Required("month"): cv.string, **MAYBE_REASON}),
)
