"""Actions about debts."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.category import Category
from ..core.ledger import Receipt
from ..core.money import parse_percent
from ..operations import debts
from ..operations.wallet_run import WalletRun
from .call import AMOUNT, MAYBE_REASON, REASON, REFERENCE, WALLET, Action, Call, Fields, Response
from .wallets import described

CATEGORY: Final[Fields] = {vol.Required("category"): vol.Coerce(Category)}
TERMS: Final[Fields] = {
    vol.Optional("share"): cv.string,
    vol.Optional("day_cap"): vol.Maybe(cv.string),
}
SOME: Final[Fields] = {vol.Optional("amount"): cv.string}


async def record_debt(call: Call) -> Response:
    """Write down what a wallet owes."""
    run, reference = call.wallet(), call.reference()
    receipt = await debts.record_debt(
        call.site,
        wallet=run.wallet.id,
        category=call.data["category"],
        amount_minor=call.money("amount"),
        arrears=call.data["arrears"],
        share_bp=_share(call),
        day_cap_minor=call.maybe_money("day_cap"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, run, receipt, reference)


async def set_recovery(call: Call) -> Response:
    """Change how a debt is recovered."""
    run = call.wallet()
    receipt = await debts.set_recovery(
        call.site,
        wallet=run.wallet.id,
        category=call.data["category"],
        share_bp=_share(call),
        day_cap_minor=call.maybe_money("day_cap"),
        reason=call.text("reason"),
        actor=call.actor,
    )
    return _answer(call, run, receipt)


async def pay_debt(call: Call) -> Response:
    """Pay a debt from the wallet's cash."""
    return await _end(call, debts.pay_debt)


async def write_off_debt(call: Call) -> Response:
    """Give a debt up."""
    return await _end(call, debts.write_off_debt)


async def _end(call: Call, how: Callable[..., Awaitable[Receipt]]) -> Response:
    """Let a debt be less, or no more, in the one way or the other."""
    run, reference = call.wallet(), call.reference()
    receipt = await how(
        call.site,
        wallet=run.wallet.id,
        category=call.data["category"],
        amount_minor=call.maybe_money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return _answer(call, run, receipt, reference)


def _share(call: Call) -> int | None:
    return parse_percent(call.text("share")) if call.text("share") else None


def _answer(call: Call, run: WalletRun, receipt: Receipt, reference: str | None = None) -> Response:
    return {
        **call.receipt(receipt, reference),
        **described(call, run),
        "debts": debts.debts_of(call.site, run),
    }


ACTIONS: Final = (
    Action(
        "record_debt",
        record_debt,
        {
            **WALLET,
            **CATEGORY,
            **AMOUNT,
            vol.Optional("arrears", default=False): cv.boolean,
            **TERMS,
            **REASON,
            **REFERENCE,
        },
    ),
    Action("set_recovery", set_recovery, {**WALLET, **CATEGORY, **TERMS, **MAYBE_REASON}),
    Action("pay_debt", pay_debt, {**WALLET, **CATEGORY, **SOME, **MAYBE_REASON, **REFERENCE}),
    Action("write_off_debt", write_off_debt, {**WALLET, **CATEGORY, **SOME, **REASON, **REFERENCE}),
)
