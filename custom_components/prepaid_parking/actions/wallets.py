"""Actions at the cash desk."""

from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.money import parse_quantity
from ..core.policy import WalletState
from ..core.wallet import Frozen, Purpose, Spending, WalletKind
from ..operations import cashier, lifting
from ..operations.buckets import closing_view, credit_view, fee_back_view, leaving_view
from ..operations.debts import debts_of
from ..operations.forecast import cut_expected_at, days_left, empty_at
from ..operations.points import points_of
from ..operations.reports import wallet_view
from ..operations.supply_views import quota_view, spared_view
from ..operations.wallet_run import WalletRun
from ..operations.watching import state_of
from .call import (
    AMOUNT,
    BY_HAND,
    MAYBE_REASON,
    PAGED,
    REASON,
    REFERENCE,
    UNTIL,
    WALLET,
    Action,
    Call,
    Fields,
    Response,
    page,
)

PERSON: Final = ("name", "phone", "email", "note")
"""What may be kept of a person, encrypted; everything else has no business here."""
CHANNEL: Final[Fields] = {vol.Optional("channel", default="cash"): BY_HAND}
THRESHOLDS: Final = ("alert", "credit_limit", "exempt_quota")
WAY: Final[Fields] = {vol.Optional("way", default="out"): vol.Coerce(Frozen)}
OWN: Final[Fields] = {vol.Optional(name): vol.Maybe(cv.string) for name in THRESHOLDS}


def described(call: Call, run: WalletRun) -> Response:
    """Describe a wallet as every answer about one does."""
    left = days_left(call.site, run, call.site.clock())
    ends, cut = empty_at(call.site, run), cut_expected_at(call.site, run)
    return {
        **wallet_view(call.site, run),
        "quota": quota_view(call.site, run),
        "spared": spared_view(call.site, run),
        "days_left": None if left is None else str(left),
        "empty_at": None if ends is None else ends.isoformat(timespec="minutes"),
        "cut_expected_at": None if cut is None else cut.isoformat(timespec="minutes"),
    }


async def open_wallet(call: Call) -> Response:
    """Open a wallet for a unit."""
    reference, data = call.reference(), call.data
    receipt = await cashier.open_wallet(
        call.site,
        unit=call.text("unit"),
        purpose=data["purpose"],
        kind=data["kind"],
        policy=call.text("policy") or "standard",
        person=data.get("person"),
        customer=call.wallet(call.text("customer")).wallet.id if call.text("customer") else "",
        spending=data["spending"],
        **_first_meter(call),
        alert_minor=call.maybe_money("alert"),
        credit_limit_minor=call.maybe_money("credit_limit"),
        exempt_quota_minor=call.maybe_money("exempt_quota"),
        exposed=data.get("exposed"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | {"wallet": receipt.detail["wallet"]}


async def update_wallet(call: Call) -> Response:
    """Change a wallet; a threshold given as nothing is the policy's again."""
    run = call.wallet()
    changes: dict[str, object] = {
        name: call.data[name]
        for name in ("unit", "kind", "policy", "spending")
        if name in call.data
    }
    changes |= {f"{name}_minor": call.maybe_money(name) for name in THRESHOLDS if name in call.data}
    receipt = await cashier.update_wallet(
        call.site,
        wallet=run.wallet.id,
        changes=changes,
        reason=call.text("reason"),
        actor=call.actor,
    )
    return call.receipt(receipt) | described(call, run)


async def close_wallet(call: Call) -> Response:
    """Settle a wallet and close it."""
    run, reference = call.wallet(), call.reference()
    receipt = await cashier.close_wallet(
        call.site,
        wallet=run.wallet.id,
        channel=call.data["channel"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | closing_view(call.site, receipt)


async def top_up(call: Call) -> Response:
    """Put money into a wallet."""
    run, reference = call.wallet(), call.reference()
    receipt = await cashier.top_up(
        call.site,
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        channel=call.data["channel"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    came = credit_view(call.site, receipt)
    return call.receipt(receipt, reference) | came | described(call, run)


async def deduct(call: Call) -> Response:
    """Take money out of a wallet for something that is not metered."""
    run, reference = call.wallet(), call.reference()
    receipt = await cashier.deduct(
        call.site,
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | described(call, run)


async def refund(call: Call) -> Response:
    """Pay money out of a wallet."""
    run, reference = call.wallet(), call.reference()
    receipt = await cashier.refund(
        call.site,
        wallet=run.wallet.id,
        amount_minor=call.money("amount"),
        channel=call.data["channel"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    gone = leaving_view(call.site, receipt) | fee_back_view(call.site, receipt)
    return call.receipt(receipt, reference) | gone | described(call, run)


async def freeze(call: Call) -> Response:
    """Let nothing go out of a wallet."""
    run = call.wallet()
    receipt = await cashier.freeze(
        call.site,
        wallet=run.wallet.id,
        reason=call.text("reason"),
        until=call.moment("until"),
        way=call.data["way"],
        actor=call.actor,
    )
    return call.receipt(receipt) | described(call, run)


async def unfreeze(call: Call) -> Response:
    """Let money go out of a wallet again; what a rule has shut waits for a second person."""
    run = call.wallet()
    receipt = await lifting.lift(
        call.site, wallet=run.wallet.id, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | described(call, run)


async def get_wallet(call: Call) -> Response:
    """Describe a wallet, with each of its debts and points."""
    run = call.wallet()
    return {
        **described(call, run),
        "debts": debts_of(call.site, run),
        "points": points_of(call.site, run),
    }


async def list_wallets(call: Call) -> Response:
    """List wallets, filtered and in pages."""
    unit, purpose, state = (
        call.text("unit").casefold(),
        call.data.get("purpose"),
        call.data.get("state"),
    )
    found = [
        run
        for run in call.site.wallets.values()
        if (call.data["closed"] or run.wallet.closed_at is None)
        and unit in run.wallet.unit.casefold()
        and purpose in (None, run.wallet.purpose)
        and (state is None or state_of(call.site, run) is state)
    ]
    shown = page(call, found, lambda run: run.wallet.id)
    return {"wallets": [described(call, run) for run in shown], "count": len(found)}


def _first_meter(call: Call) -> dict[str, Any]:
    """Return the meter that a new wallet pays for from the start, where one is named."""
    if not call.text("meter"):
        for name in ("tariff", "from_register"):
            if call.text(name):
                raise CoreError("field_needs_meter", field=name)
        return {}
    run, register = call.meter(), call.text("from_register")
    return {
        "meter": run.meter.id,
        "tariff": call.text("tariff"),
        "from_register": parse_quantity(register, run.meter.quantity) if register else None,
    }


ACTIONS: Final = (
    Action(
        "open_wallet",
        open_wallet,
        {
            vol.Required("unit"): cv.string,
            vol.Optional("purpose", default="utility"): vol.Coerce(Purpose),
            vol.Optional("kind", default="individual"): vol.Coerce(WalletKind),
            vol.Optional("policy"): cv.string,
            vol.Optional("person"): {vol.Optional(name): cv.string for name in PERSON},
            vol.Optional("customer"): cv.string,
            **OWN,
            vol.Optional("spending", default="bonus_first"): vol.Coerce(Spending),
            vol.Optional("exposed"): cv.boolean,
            vol.Optional("meter"): cv.string,
            vol.Optional("tariff"): cv.string,
            vol.Optional("from_register"): cv.string,
            **REFERENCE,
        },
    ),
    Action(
        "update_wallet",
        update_wallet,
        {
            **WALLET,
            vol.Optional("unit"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("kind"): vol.Coerce(WalletKind),
            vol.Optional("policy"): cv.string,
            vol.Optional("spending"): vol.Coerce(Spending),
            **OWN,
            **MAYBE_REASON,
        },
    ),
    Action("close_wallet", close_wallet, {**WALLET, **CHANNEL, **MAYBE_REASON, **REFERENCE}),
    Action("top_up", top_up, {**WALLET, **AMOUNT, **CHANNEL, **MAYBE_REASON, **REFERENCE}),
    Action("deduct", deduct, {**WALLET, **AMOUNT, **REASON, **REFERENCE}),
    Action("refund", refund, {**WALLET, **AMOUNT, **CHANNEL, **REASON, **REFERENCE}),
    Action("freeze", freeze, {**WALLET, **REASON, **UNTIL, **WAY}),
    Action("unfreeze", unfreeze, {**WALLET, **REASON}),
    Action("get_wallet", get_wallet, WALLET),
    Action(
        "list_wallets",
        list_wallets,
        {
            vol.Optional("unit"): cv.string,
            vol.Optional("purpose"): vol.Coerce(Purpose),
            vol.Optional("state"): vol.Coerce(WalletState),
            vol.Optional("closed", default=False): cv.boolean,
            **PAGED,
        },
    ),
)
