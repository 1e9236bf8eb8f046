"""Actions of the desk: tills and shifts, receipts, and who stands at the counter."""

from datetime import date
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.ledger import Receipt
from ..core.shift import MOST_RECEIPTS, Shift, Till
from ..operations import desk_reports, receipts, tills
from ..operations.bill_book import local_day
from ..operations.paying_persons import find_payer as find
from ..operations.reports import wallet_view
from ..operations.stay_views import stay_view
from ..operations.voiding import void_payment as void
from ..page_view import signed
from ..receipt_page import receipt_path
from .call import DAY, MAYBE_REASON, PAGED, REASON, REFERENCE, Action, Call, Fields, Response

TILL: Final[Fields] = {vol.Required("till"): cv.string}
COUNTED: Final[Fields] = {vol.Required("counted"): cv.string}
NUMBER: Final = vol.All(vol.Coerce(int), vol.Range(1, MOST_RECEIPTS))
RECEIPT: Final[Fields] = {vol.Required("receipt"): NUMBER}


async def set_till(call: Call) -> Response:
    """Set up a drawer, or change it."""
    reference, data = call.reference(), call.data
    changes: dict[str, Any] = {name: data[name] for name in ("name", "closed") if name in data}
    for field, name in (("most", "most_minor"), ("second_person_above", "second_minor")):
        if field in data:
            changes[name] = call.maybe_money(field)
    receipt, till = await tills.set_till(
        call.site,
        till=call.text("till"),
        changes=changes,
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )
    return call.receipt(receipt, reference) | _till(call, till)


async def list_tills(call: Call) -> Response:
    """List the drawers, and who has them."""
    return {"tills": [_till(call, one) for one in call.site.desk.tills.values()]}


async def open_shift(call: Call) -> Response:
    """Take over a drawer with what was counted in it."""
    reference = call.reference()
    receipt, shift = await tills.open_shift(
        call.site,
        till=call.text("till"),
        counted_minor=call.money("counted"),
        actor=call.actor,
        reference=reference,
    )
    return _shift(call, receipt, shift, reference)


async def count_shift(call: Call) -> Response:
    """Write down what lies in a drawer."""
    shift = await tills.count_shift(
        call.site, shift=await _own_shift(call), counted_minor=call.money("counted")
    )
    return desk_reports.shift_view(call.site, shift)


async def deliver_cash(call: Call) -> Response:
    """Bring cash out of a drawer to the bank."""
    reference = call.reference()
    receipt, shift = await tills.deliver_cash(
        call.site,
        shift=await _own_shift(call),
        amount_minor=call.money("amount"),
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )
    return _shift(call, receipt, shift, reference)


async def close_shift(call: Call) -> Response:
    """End a shift with what was counted."""
    reference = call.reference()
    receipt, shift = await tills.close_shift(
        call.site,
        shift=await _own_shift(call),
        counted_minor=call.maybe_money("counted"),
        actor=call.actor,
        reason=call.text("reason"),
        reference=reference,
    )
    return _shift(call, receipt, shift, reference)


async def get_shift(call: Call) -> Response:
    """Describe a shift, added up from the books."""
    shift = await tills.find_shift(call.site, await _own_shift(call))
    return await desk_reports.shift_report(call.site, shift)


async def list_shifts(call: Call) -> Response:
    """List the shifts, the latest first."""
    shown = await desk_reports.all_shifts(call.site, open_only=call.data["open"], part=call.part)
    return {"shifts": [desk_reports.shift_view(call.site, one) for one in shown]}


async def get_desk_day(call: Call) -> Response:
    """Describe a day at the desk."""
    day: date = call.data.get("day") or local_day(call.site)
    return await desk_reports.desk_day(call.site, day)


async def list_receipts(call: Call) -> Response:
    """List receipts, the latest first: of a wallet, of a shift, or of days."""
    data, site = call.data, call.site
    if data.get("wallet") or data.get("shift"):
        wallet = call.wallet().wallet.id if data.get("wallet") else ""
        shift = call.text("shift").lower()
        shown = await receipts.latest_receipts(site, call.part, wallet=wallet, shift=shift)
    else:
        last: date = data.get("until") or local_day(site)
        shown = await receipts.latest_between(site, call.part, data.get("since") or last, last)
    return {"receipts": [receipts.receipt_view(site, one) for one in shown]}


async def get_receipt(call: Call) -> Response:
    """Give out a receipt to print; printed again it says that it is a copy."""
    number = call.data.get("receipt")
    if number is None:
        number = (await receipts.latest_of(call.site, call.actor)).no
    found, copy = await receipts.printed(call.site, number)
    path = receipt_path(call.entry_id, found.no, call.text("language"), copy=copy)
    return {
        **receipts.receipt_view(call.site, found),
        "copy": copy,
        **signed(call.hass, path, call.site),
    }


async def void_payment(call: Call) -> Response:
    """Take a payment of today back."""
    reference = call.reference()
    written, receipt = await void(
        call.site,
        receipt=call.data["receipt"],
        reason=call.text("reason"),
        actor=call.actor,
        reference=reference,
    )
    if receipt.wallet:
        call.parts.coordinator.touch(f"wallet:{receipt.wallet}")
    return call.receipt(written, reference) | receipts.receipt_view(call.site, receipt)


async def find_payer(call: Call) -> Response:
    """Find who stands at the counter."""
    found = await find(
        call.site,
        **{name: call.text(name) for name in ("unit", "phone", "plate", "code")},
    )
    return {
        "wallets": [wallet_view(call.site, run) for run in found.wallets],
        "stays": [stay_view(call.site, one) for one in found.stays],
        "more": found.more,
    }


async def _own_shift(call: Call) -> str:
    """Return the shift that is meant: the one that is named, else the caller's own."""
    return call.text("shift") or await tills.own_shift(call.site, call.actor)


def _shift(call: Call, receipt: Receipt, shift: Shift, reference: str) -> Response:
    return call.receipt(receipt, reference) | desk_reports.shift_view(call.site, shift)


def _till(call: Call, till: Till) -> Response:
    text = call.site.currency.text
    shift = next((one for one in call.site.desk.shifts.values() if one.till == till.id), None)
    return {
        "till": till.id,
        "name": till.name,
        "most": None if till.most_minor is None else text(till.most_minor),
        "second_person_above": None if till.second_minor is None else text(till.second_minor),
        "closed": till.closed_at is not None,
        "shift": None if shift is None else shift.id,
        "cashier": None if shift is None else shift.cashier,
        "expected": None if shift is None else text(shift.expected_minor),
    }


MAYBE_SHIFT: Final[Fields] = {vol.Optional("shift"): cv.string}
ACTIONS: Final = (
    Action(
        "set_till",
        set_till,
        {
            vol.Optional("till"): cv.string,
            vol.Optional("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("most"): vol.Maybe(cv.string),
            vol.Optional("second_person_above"): vol.Maybe(cv.string),
            vol.Optional("closed"): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action("list_tills", list_tills, {}),
    Action("open_shift", open_shift, {**TILL, **COUNTED, **REFERENCE}),
    Action("count_shift", count_shift, {**MAYBE_SHIFT, **COUNTED}),
    Action(
        "deliver_cash",
        deliver_cash,
        {**MAYBE_SHIFT, vol.Required("amount"): cv.string, **MAYBE_REASON, **REFERENCE},
    ),
    Action(
        "close_shift",
        close_shift,
        {**MAYBE_SHIFT, vol.Optional("counted"): cv.string, **MAYBE_REASON, **REFERENCE},
    ),
    Action("get_shift", get_shift, {**MAYBE_SHIFT}),
    Action("list_shifts", list_shifts, {vol.Optional("open", default=False): cv.boolean, **PAGED}),
    Action("get_desk_day", get_desk_day, {vol.Optional("day"): DAY}),
    Action(
        "list_receipts",
        list_receipts,
        {
            vol.Optional("wallet"): cv.string,
            **MAYBE_SHIFT,
            vol.Optional("since"): DAY,
            vol.Optional("until"): DAY,
            **PAGED,
        },
    ),
    Action(
        "get_receipt",
        get_receipt,
        {vol.Optional("receipt"): NUMBER, vol.Optional("language"): cv.string},
    ),
    Action("void_payment", void_payment, {**RECEIPT, **REASON, **REFERENCE}),
    Action(
        "find_payer",
        find_payer,
        {vol.Optional(name): cv.string for name in ("unit", "phone", "plate", "code")},
    ),
)
"""The actions, by what they are about: each file is a table of names, handlers and fields."""
