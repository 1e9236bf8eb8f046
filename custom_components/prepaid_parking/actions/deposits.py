"""Actions about deposits."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.deposit import Deposit
from ..core.identity import DepositId
from ..core.ledger import Receipt
from ..core.money import parse_price
from ..operations import deposits
from .call import (
    AMOUNT,
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

DEPOSIT: Final[Fields] = {vol.Required("deposit"): cv.string}


async def hold_deposit(call: Call) -> Response:
    """Hold a part of a wallet's money."""
    run, reference = call.wallet(), call.reference()
    receipt = await deposits.hold_deposit(
        call.site,
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return await _answer(call, receipt, reference)


async def release_deposit(call: Call) -> Response:
    """Give a deposit back, in part or all of it."""
    reference = call.reference()
    receipt = await deposits.release_deposit(
        call.site,
        deposit=call.text("deposit"),
        amount_minor=call.maybe_money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return await _answer(call, receipt, reference)


async def claim_deposit(call: Call) -> Response:
    """Keep a part of a deposit, with the reason."""
    reference = call.reference()
    receipt = await deposits.claim_deposit(
        call.site,
        deposit=call.text("deposit"),
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        photo=call.text("photo"),
        tax_percent_micro=parse_price(call.data["tax"]),
        reference=reference,
        actor=call.actor,
    )
    return await _answer(call, receipt, reference)


async def list_deposits(call: Call) -> Response:
    """List deposits, of one wallet or of all."""
    found = await deposits.deposits_of(
        call.site,
        call.wallet().wallet.id if call.text("wallet") else None,
        ended=call.data["ended"],
    )
    shown = page(call, found, lambda one: one.id)
    return {"deposits": [_view(call, one) for one in shown], "count": len(found)}


async def _answer(call: Call, receipt: Receipt, reference: str) -> Response:
    deposit = await deposits.find_deposit(call.site, DepositId(str(receipt.detail["deposit"])))
    run = call.site.wallet(deposit.wallet)
    return (
        call.receipt(receipt, reference)
        | _view(call, deposit)
        | {"available": call.site.currency.text(run.available_minor)}
    )


def _view(call: Call, deposit: Deposit) -> Response:
    money = call.site.currency.text
    return {
        "deposit": deposit.id,
        "wallet": deposit.wallet,
        "reason": deposit.reason,
        "state": deposit.state,
        "amount": money(deposit.amount_minor),
        "held": money(deposit.held_minor),
        "released": money(deposit.released_minor),
        "claimed": money(deposit.claimed_minor),
        "held_at": deposit.held_at.isoformat(),
        "ended_at": deposit.ended_at.isoformat() if deposit.ended_at is not None else None,
        "use": deposit.use or None,
    }


ACTIONS: Final = (
    Action("hold_deposit", hold_deposit, {**WALLET, **AMOUNT, **REASON, **REFERENCE}),
    Action(
        "release_deposit",
        release_deposit,
        {**DEPOSIT, vol.Optional("amount"): cv.string, **MAYBE_REASON, **REFERENCE},
    ),
    Action(
        "claim_deposit",
        claim_deposit,
        {
            **DEPOSIT,
            **AMOUNT,
            **REASON,
            vol.Optional("tax", default="0"): cv.string,
            vol.Optional("photo"): cv.string,
            **REFERENCE,
        },
    ),
    Action(
        "list_deposits",
        list_deposits,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("ended", default=False): cv.boolean,
            **PAGED,
        },
    ),
)
