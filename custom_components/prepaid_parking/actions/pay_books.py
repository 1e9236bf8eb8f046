"""Actions about what goes back to payers, and about providers' and banks' files against the books."""

import asyncio
from collections.abc import Mapping
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.bank_statement import PARTS, USUAL, read_statement
from ..core.chart import ONLINE, Channel
from ..core.difference import Resolution
from ..core.errors import CoreError
from ..core.pay_refund import PayRefund, RefundStep
from ..operations import bank_lines, differences, pay_refund_people, pay_refunds
from ..operations.pay_finding import named_channel
from ..operations.pay_matching import take_file
from ..operations.pay_refund_suspense import payments_of
from ..operations.settlement_days import reconcile_payments
from ..operations.settlement_file import brought
from ..operations.settlement_preview import look_at_file, look_at_statement
from ..operations.settling_views import (
    day_view,
    difference_view,
    file_view,
    lines_view,
    refund_view,
    seen_view,
    statement_view,
)
from ..wiring_statements import BILL_WORDS, LARGEST_GIVEN, read_settlement
from .call import DAY, MAYBE_REASON, PAGED, REASON, REFERENCE, Action, Call, Fields, Response
from .given_file import PATH, given, given_text

COLUMNS: Final = (*USUAL, *BILL_WORDS)
"""By which a statement, or a bill, that was saved in GBK is known."""
BANK_ACCOUNT: Final[Fields] = {vol.Optional(name): cv.string for name in pay_refunds.ACCOUNT}


async def refund_order(call: Call) -> Response:
    """Give back what was paid by an order, or a payment that has no place."""
    reference = call.reference()
    refund = await pay_refunds.refund_order(
        call.site,
        order=call.text("order"),
        payment=call.text("payment").lower(),
        amount_minor=call.maybe_money("amount"),
        account=_account(call),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    told = {"reference": reference, "idempotent": bool(call.text("reference"))}
    (shown,) = await _shown(call, refund)
    return shown | told


async def settle_refund(call: Call) -> Response:
    """Do what only people can about a refund; who is to pay it is told the account."""
    refund = await pay_refund_people.settle_refund(
        call.site,
        refund=call.text("refund").lower(),
        step=call.data["step"],
        account=_account(call),
        reason=call.text("reason"),
        actor=call.actor,
    )
    pay_to = {} if refund.state.over else await pay_refunds.account_of(call.site, refund)
    (shown,) = await _shown(call, refund)
    return shown | {"pay_to": dict(pay_to)}


async def list_refunds(call: Call) -> Response:
    """List refunds, the latest first."""
    found, count = await pay_refunds.all_refunds(
        call.site, order=call.text("order"), open_only=call.data["open"], part=call.part
    )
    return {"refunds": await _shown(call, *found), "count": count}


async def import_settlement(call: Call) -> Response:
    """Take up a provider's file, or a bank's statement."""
    named = [name for name in ("channel", "bank") if call.text(name)]
    if len(named) != 1:
        raise CoreError("settlement_whose")
    if named == ["bank"]:
        return await _statement(call, await given_text(call, "csv", COLUMNS))
    run = named_channel(call.site, call.text("channel"))
    found = await given(call, "csv", LARGEST_GIVEN)
    rows = await asyncio.to_thread(read_settlement, found, run)
    del found
    file = await asyncio.to_thread(brought, run, rows, call.data.get("from"), call.data.get("to"))
    if call.data["dry_run"]:
        seen = await look_at_file(call.site, file)
        return {"channel": run.key, "dry_run": True} | seen_view(call.site, seen)
    return {"channel": run.key} | file_view(call.site, await take_file(call.site, file))


async def reconcile(call: Call) -> Response:
    """Fetch providers' files of some days now, and match them."""
    yesterday = call.site.clock().astimezone(call.site.zone).date()
    first = call.data.get("from", yesterday)
    named = call.text("channel")
    channel = named_channel(call.site, named).key if named else ""
    days = await reconcile_payments(
        call.site, first=first, last=call.data.get("to", first), channel=channel
    )
    return {"days": [day_view(call.site, one) for one in days]}


async def list_differences(call: Call) -> Response:
    """List what does not fit, the latest first."""
    shown, count = await differences.all_differences(
        call.site, open_only=call.data["open"], part=call.part
    )
    return {
        "differences": [difference_view(call.site, one) for one in shown],
        "count": count,
        "unreconciled": call.site.currency.text(call.site.settling.unreconciled_minor),
    }


async def settle_difference(call: Call) -> Response:
    """Say what a difference is, and where what is held for it goes."""
    reference, wallet = call.reference(), ""
    if call.text("wallet"):
        wallet = call.wallet().wallet.id
    if (call.data["resolution"] is Resolution.WALLET) is not bool(wallet):
        raise CoreError("difference_which_wallet")
    name = call.text("difference").lower()
    receipt = await differences.settle_difference(
        call.site,
        difference=name,
        resolution=call.data["resolution"],
        wallet=wallet,
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    known = await differences.find_difference(call.site, name)
    return difference_view(call.site, known) | call.receipt(receipt, reference)


async def _statement(call: Call, text: str) -> Response:
    """Take a bank's statement up; a long one is read in a thread."""
    columns, payouts = call.data.get("columns", {}), call.data.get("payouts", {})
    lines = await asyncio.to_thread(read_statement, text, call.site.currency, columns)
    bank, named = call.text("bank"), {Channel(kind): words for kind, words in payouts.items()}
    if call.data["dry_run"]:
        seen = await look_at_statement(call.site, bank=bank, lines=lines, payouts=named)
        return {"bank": bank, "dry_run": True} | lines_view(call.site, seen)
    taken = await bank_lines.take_statement(
        call.site, bank=bank, lines=lines, payouts=named, actor=call.actor
    )
    return {"bank": bank} | statement_view(call.site, taken)


async def _shown(call: Call, *refunds: PayRefund) -> list[dict[str, object]]:
    """Describe refunds, with the payments without a place that they go back of."""
    payments = await payments_of(call.site, refunds)
    return [refund_view(call.site, one, payments.get(one.id)) for one in refunds]


def _account(call: Call) -> Mapping[str, str] | None:
    given = {name: call.text(name) for name in pay_refunds.ACCOUNT if call.text(name)}
    return given or None


ACTIONS: Final = (
    Action(
        "refund_order",
        refund_order,
        {
            vol.Optional("order"): cv.string,
            vol.Optional("payment"): cv.string,
            vol.Optional("amount"): cv.string,
            **BANK_ACCOUNT,
            **REASON,
            **REFERENCE,
        },
    ),
    Action(
        "settle_refund",
        settle_refund,
        {
            vol.Required("refund"): cv.string,
            vol.Required("step"): vol.Coerce(RefundStep),
            **BANK_ACCOUNT,
            **MAYBE_REASON,
        },
    ),
    Action(
        "list_refunds",
        list_refunds,
        {
            vol.Optional("order"): cv.string,
            vol.Optional("open", default=False): cv.boolean,
            **PAGED,
        },
    ),
    Action(
        "import_settlement",
        import_settlement,
        {
            vol.Optional("csv"): cv.string,
            **PATH,
            vol.Optional("dry_run", default=False): cv.boolean,
            vol.Optional("channel"): cv.string,
            vol.Optional("bank"): vol.All(cv.string, vol.Length(max=64)),
            vol.Optional("from"): DAY,
            vol.Optional("to"): DAY,
            vol.Optional("columns"): {vol.In(PARTS): cv.string},
            vol.Optional("payouts"): {
                vol.In([kind.value for kind in ONLINE]): vol.All(cv.string, vol.Length(min=1))
            },
        },
    ),
    Action(
        "reconcile_payments",
        reconcile,
        {
            vol.Optional("from"): DAY,
            vol.Optional("to"): DAY,
            vol.Optional("channel"): cv.string,
        },
    ),
    Action(
        "list_differences",
        list_differences,
        {vol.Optional("open", default=True): cv.boolean, **PAGED},
    ),
    Action(
        "settle_difference",
        settle_difference,
        {
            vol.Required("difference"): cv.string,
            vol.Required("resolution"): vol.Coerce(Resolution),
            vol.Optional("wallet"): cv.string,
            **REASON,
            **REFERENCE,
        },
    ),
)
