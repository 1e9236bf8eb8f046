"""Actions that correct, move and prove money, and top up many wallets at once."""

import asyncio
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.batch import BadRow, Row, read_csv, read_rows
from ..core.errors import CoreError
from ..core.metering import Quantity
from ..core.money import parse_quantity
from ..errors import in_words
from ..operations import adjusting, adjusting_usage, batch, proving, reversal, transfers
from ..operations.buckets import leaving_view
from ..operations.used import usage_in
from .call import AMOUNT, BY_HAND, MAYBE_REASON, REASON, REFERENCE, WALLET, Action, Call, Response
from .wallets import described


async def adjust(call: Call) -> Response:
    """Correct a wallet's cash, upwards or downwards."""
    run, reference = call.wallet(), call.reference()
    receipt = await adjusting.adjust(
        call.site,
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | described(call, run)


async def reverse_entry(call: Call) -> Response:
    """Take an entry back."""
    reference = call.reference()
    receipt = await adjusting.reverse_entry(
        call.site,
        entry=call.data["entry"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    answer = call.receipt(receipt, reference) | {"reverses": call.data["entry"]}
    wallet = receipt.detail.get("wallet")
    return answer | (described(call, call.wallet(str(wallet))) if wallet else {})


async def adjust_usage(call: Call) -> Response:
    """Charge another quantity than an entry did."""
    reference = call.reference()
    found = await reversal.find_entry(call.site, call.data["entry"])
    usage = usage_in(found)
    if usage is None:
        raise CoreError("entry_not_usage", entry=found.id, kind=found.kind)
    receipt = await adjusting_usage.adjust_usage(
        call.site,
        entry=found.id,
        quantity=parse_quantity(call.text("quantity"), Quantity(usage["quantity"])),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        "corrects": found.id,
        "amount": call.amount_of(receipt),
        **described(call, call.wallet(str(usage["wallet"]))),
    }


async def transfer(call: Call) -> Response:
    """Move cash between two wallets of one customer."""
    giver, taker, reference = call.wallet(), call.wallet(call.text("to")), call.reference()
    receipt = await transfers.transfer(
        call.site,
        source=giver.wallet.id,
        target=taker.wallet.id,
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    call.parts.coordinator.touch(f"wallet:{taker.wallet.id}")
    return {
        **call.receipt(receipt, reference),
        **leaving_view(call.site, receipt),
        "from": described(call, giver),
        "to": described(call, taker),
    }


async def batch_top_up(call: Call) -> Response:
    """Top up many wallets at once."""
    wanted = batch.Batch(
        rows=await _rows(call),
        channel=call.data["channel"],
        reference=call.text("reference"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    made = await batch.batch_top_up(
        call.site,
        wanted,
        whole=call.data["mode"] == WHOLE,
        dry_run=call.data["dry_run"],
    )
    return {
        "entry": made.entry,
        "dry_run": made.dry_run,
        "rows": made.rows,
        "credited": made.booked,
        "repeated": made.repeated,
        "total": call.site.currency.text(made.total_minor),
        "bad": [_bad(one) for one in made.bad],
    }


async def prove_account(call: Call) -> Response:
    """Hold the bank's figure against what belongs to the customers."""
    reference = call.reference()
    receipt, proof = await proving.prove_account(
        call.site,
        statement_minor=call.money("statement"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | proving.proof_view(call.site, proof)


async def _rows(call: Call) -> list[Row]:
    """Return the rows of a batch, given as a table or as a list; a long table is read in a thread."""
    if ("csv" in call.data) is ("rows" in call.data):
        raise CoreError("batch_csv_or_rows")
    if "csv" in call.data:
        return await asyncio.to_thread(read_csv, call.text("csv"))
    return read_rows(call.data["rows"])


def _bad(one: BadRow) -> Response:
    return {
        "row": one.number,
        "wallet": one.wallet,
        "problem": one.refusal.key,
        "message": in_words(one.refusal),
    }


WHOLE: Final = "all"
MODES: Final = (WHOLE, "each")
ACTIONS: Final = (
    Action("adjust", adjust, {**WALLET, **AMOUNT, **REASON, **REFERENCE}),
    Action(
        "reverse_entry",
        reverse_entry,
        {vol.Required("entry"): cv.positive_int, **REASON, **REFERENCE},
    ),
    Action(
        "adjust_usage",
        adjust_usage,
        {
            vol.Required("entry"): cv.positive_int,
            vol.Required("quantity"): cv.string,
            **REASON,
            **REFERENCE,
        },
    ),
    Action(
        "transfer",
        transfer,
        {**WALLET, vol.Required("to"): cv.string, **AMOUNT, **REASON, **REFERENCE},
    ),
    Action(
        "batch_top_up",
        batch_top_up,
        {
            vol.Optional("csv"): cv.string,
            vol.Optional("rows"): [
                {
                    vol.Required("wallet"): cv.string,
                    vol.Required("amount"): cv.string,
                    vol.Optional("reason"): cv.string,
                }
            ],
            vol.Optional("channel", default="transfer"): BY_HAND,
            vol.Optional("mode", default=WHOLE): vol.In(MODES),
            vol.Optional("dry_run", default=False): cv.boolean,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "prove_account",
        prove_account,
        {vol.Required("statement"): cv.string, **MAYBE_REASON, **REFERENCE},
    ),
)
