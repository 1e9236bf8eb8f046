"""Actions about vouchers: made and printed, sold, redeemed, taken back."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.voucher import (
    MOST_VOUCHERS,
    SERIAL_DIGITS,
    PaidBy,
    Voucher,
    VoucherBatch,
    VoucherState,
    grouped,
)
from ..core.wallet import Purpose
from ..operations import cancelling_vouchers, printing_vouchers, redeeming_vouchers, vouchers
from ..operations.bill_book import local_day
from ..page_view import signed
from ..voucher_view import vouchers_path
from ..wording import async_words
from .call import (
    AMOUNT,
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
from .wallets import described

BATCH: Final[Fields] = {vol.Required("batch"): cv.string}
COUNT: Final = vol.All(vol.Coerce(int), vol.Range(1, MOST_VOUCHERS))
SERIAL: Final = vol.All(vol.Coerce(int), vol.Range(0, 10**SERIAL_DIGITS - 1))


async def make_vouchers(call: Call) -> Response:
    """Make a batch of vouchers."""
    reference = call.reference()
    wanted = vouchers.Wanted(
        count=call.data["count"],
        amount_minor=call.money("amount"),
        valid_until=call.data.get("valid_until"),
        purpose=call.data.get("purpose"),
        agent=call.text("agent"),
    )
    receipt, batch = await vouchers.make_vouchers(
        call.site, wanted, reason=call.text("reason"), reference=reference, actor=call.actor
    )
    return call.receipt(receipt, reference) | _batch(call, batch)


async def print_vouchers(call: Call) -> Response:
    """Give out the numbers of a batch, as a page to print and, where wanted, as a list."""
    batch, numbers = await printing_vouchers.print_vouchers(
        call.site, batch=call.text("batch"), reason=call.text("reason"), actor=call.actor
    )
    words = await async_words(call.hass, call.text("language"))
    path = vouchers_path(call.entry_id, batch.id, words.language)
    answer = {"batch": batch.id, "count": len(numbers), **signed(call.hass, path, call.site)}
    if call.data["numbers"]:
        answer["numbers"] = [
            {"serial": serial, "number": grouped(number)} for serial, number in numbers
        ]
    return answer


async def sell_vouchers(call: Call) -> Response:
    """Take money for vouchers: from now on they are worth it."""
    reference = call.reference()
    receipt, batch = await vouchers.sell_vouchers(
        call.site,
        batch=call.text("batch"),
        count=call.data.get("count"),
        paid_by=call.data.get("channel"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        **_batch(call, batch),
        "first": receipt.detail["first"],
        "last": receipt.detail["last"],
        "paid": call.amount_of(receipt),
    }


async def redeem_voucher(call: Call) -> Response:
    """Put what a voucher is worth into a wallet."""
    run, reference = call.wallet(), call.reference()
    receipt, ended = await redeeming_vouchers.redeem_voucher(
        call.site,
        number=call.text("number"),
        wallet=run.wallet.id,
        reference=reference,
        actor=call.actor,
    )
    batch = vouchers.known_batch(call.site, ended.batch)
    return {
        **call.receipt(receipt, reference),
        "serial": ended.serial,
        "batch": batch.id,
        "amount": call.site.currency.text(batch.amount_minor),
        **described(call, run),
    }


async def cancel_vouchers(call: Call) -> Response:
    """Take back one voucher, what is left of a batch, or what is left of all whose last day is over."""
    reference, one = call.reference(), bool(call.text("batch"))
    if call.data["expired"] is one or (not one and {"serial", "back"} & call.data.keys()):
        raise CoreError("vouchers_which")
    if not one:
        return await _cancel_expired(call, reference)
    receipt, batch = await cancelling_vouchers.cancel_vouchers(
        call.site,
        batch=call.text("batch"),
        serial=call.data.get("serial"),
        back=call.data.get("back"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return {
        **call.receipt(receipt, reference),
        **_batch(call, batch),
        "cancelled_now": receipt.detail["count"],
        "amount_back": call.amount_of(receipt),
    }


async def _cancel_expired(call: Call, reference: str) -> Response:
    receipt, batches = await cancelling_vouchers.cancel_expired(
        call.site, reason=call.text("reason"), reference=reference, actor=call.actor
    )
    return {
        **call.receipt(receipt, reference),
        "batches": [_batch(call, one) for one in batches],
        "cancelled_now": receipt.detail["count"],
        "amount_kept": call.amount_of(receipt),
    }


async def list_vouchers(call: Call) -> Response:
    """List the batches with their sums, or the vouchers of one; never what is under the scratch label."""
    if call.text("batch"):
        batch = vouchers.known_batch(call.site, call.text("batch"))
        stands = await vouchers.states_of(call.site, batch)
        if state := call.data.get("state"):
            stands = [one for one in stands if one[1] is state]
        shown = page(call, stands, lambda one: str(one[0]))
        listed = [_voucher(serial, state, ended) for serial, state, ended in shown]
        return {**_batch(call, batch), "vouchers": listed, "found": len(stands)}
    found = sorted(call.site.offline.batches.values(), key=lambda one: one.no)
    shown_batches = page(call, found, lambda one: one.id)
    owed = sum(one.open_minor for one in found)
    over = cancelling_vouchers.expired_batches(call.site)
    return {
        "batches": [_batch(call, one) for one in shown_batches],
        "found": len(found),
        "owed": call.site.currency.text(owed),
        "expired_count": sum(one.open for one in over),
        "expired_owed": call.site.currency.text(sum(one.open_minor for one in over)),
    }


def _batch(call: Call, batch: VoucherBatch) -> Response:
    money, today = call.site.currency.text, local_day(call.site)
    return {
        "batch": batch.id,
        "count": batch.count,
        "amount": money(batch.amount_minor),
        "made_at": batch.made_at.isoformat(),
        "valid_until": batch.valid_until.isoformat() if batch.valid_until else None,
        "expired": batch.expired(today),
        "purpose": batch.purpose,
        "agent": batch.agent,
        "unsold": batch.unsold,
        "sold": batch.sold,
        "redeemed": batch.redeemed,
        "cancelled": batch.cancelled,
        "open": batch.open,
        "owed": money(batch.open_minor),
        "closed_at": batch.closed_at.isoformat() if batch.closed_at else None,
    }


def _voucher(serial: int, state: VoucherState, ended: Voucher | None) -> Response:
    return {
        "serial": serial,
        "state": state,
        "wallet": ended.wallet if ended else None,
        "ended_at": ended.ended_at.isoformat() if ended else None,
    }


ACTIONS: Final = (
    Action(
        "make_vouchers",
        make_vouchers,
        {
            vol.Required("count"): COUNT,
            **AMOUNT,
            vol.Optional("valid_until"): DAY,
            vol.Optional("purpose"): vol.Coerce(Purpose),
            vol.Optional("agent"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "print_vouchers",
        print_vouchers,
        {
            **BATCH,
            vol.Optional("numbers", default=False): cv.boolean,
            vol.Optional("language"): cv.string,
            **MAYBE_REASON,
        },
    ),
    Action(
        "sell_vouchers",
        sell_vouchers,
        {
            **BATCH,
            vol.Optional("count"): COUNT,
            vol.Optional("channel"): vol.Coerce(PaidBy),
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "redeem_voucher",
        redeem_voucher,
        {vol.Required("number"): cv.string, **WALLET, **REFERENCE},
    ),
    Action(
        "cancel_vouchers",
        cancel_vouchers,
        {
            vol.Optional("batch"): cv.string,
            vol.Optional("expired", default=False): cv.boolean,
            vol.Optional("serial"): SERIAL,
            vol.Optional("back"): vol.Coerce(PaidBy),
            **REASON,
            **REFERENCE,
        },
    ),
    Action(
        "list_vouchers",
        list_vouchers,
        {
            vol.Optional("batch"): cv.string,
            vol.Optional("state"): vol.Coerce(VoucherState),
            **PAGED,
        },
    ),
)
