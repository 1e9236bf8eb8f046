"""Actions about orders: money is asked for, looked at, taken back, and given its place."""

from itertools import islice
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.pay_channel import FOR_ANYBODY, Way
from ..core.pay_order import Aim, AimKind, OrderState, PayOrder
from ..operations import pay_orders, pay_settling
from ..operations.bill_book import find_bill
from ..operations.pay_finding import named_channel
from ..operations.pay_views import order_view, unmatched_view
from .call import MAYBE_REASON, PAGED, REFERENCE, Action, Call, Fields, Response

AIMS: Final[Fields] = {vol.Optional(kind.value): cv.string for kind in AimKind}
ORDER: Final[Fields] = {vol.Required("order"): cv.string}


async def aim_of(call: Call) -> Aim | None:
    """Return what is paid: one wallet, stay or bill, or nothing where none is named."""
    named = [kind for kind in AimKind if call.text(kind)]
    if len(named) > 1:
        raise CoreError("order_one_aim")
    if not named:
        return None
    (kind,) = named
    match kind:
        case AimKind.WALLET:
            return Aim(kind=kind, id=call.wallet().wallet.id)
        case AimKind.STAY:
            return Aim(kind=kind, id=call.text(kind).lower())
        case AimKind.BILL:
            return Aim(kind=kind, id=(await find_bill(call.site, call.text(kind))).id)


async def one_aim(call: Call) -> Aim:
    """Return what is paid, or refuse where nothing is named."""
    aim = await aim_of(call)
    if aim is None:
        raise CoreError("order_one_aim")
    return aim


async def create_order(call: Call) -> Response:
    """Ask for money at a channel."""
    reference = call.reference()
    order = await pay_orders.create_order(
        call.site,
        aim=await one_aim(call),
        channel=named_channel(call.site, call.text("channel")).key,
        amount_minor=call.maybe_money("amount"),
        way=call.data["way"],
        reference=reference,
        actor=call.actor,
    )
    told = {"reference": reference, "idempotent": bool(call.text("reference"))}
    return described(call, order) | told


async def get_order(call: Call) -> Response:
    """Describe an order; where it is asked for, by what its provider says now."""
    order = await pay_orders.find_order(call.site, call.text("order"))
    if call.data["look"]:
        order = await pay_orders.look(call.site, order.id)
    return described(call, order)


async def list_orders(call: Call) -> Response:
    """List orders, the latest first, and the payments that have no place yet."""
    aim, state = await aim_of(call), call.data.get("state")
    if aim is not None:
        found = await pay_orders.orders_of(call.site, aim, state, call.part)
    else:
        found = await pay_orders.list_orders(call.site, state, call.part)
    lost = islice(call.site.paying.unmatched.values(), call.part.limit)
    return {
        "orders": [order_view(call.site, one) for one in found],
        "unmatched": [unmatched_view(call.site, one) for one in lost],
    }


async def close_order(call: Call) -> Response:
    """Take an order back, so that nobody can pay it any more."""
    order = await pay_orders.close_order(call.site, order=call.text("order"), actor=call.actor)
    return described(call, order)


async def settle_payment(call: Call) -> Response:
    """Give a payment that had no place one."""
    reference = call.reference()
    held = await pay_settling.settle_payment(
        call.site,
        payment=call.text("payment").lower(),
        aim=await one_aim(call),
        amount_minor=call.maybe_money("amount"),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    told = {"reference": reference, "idempotent": bool(call.text("reference"))}
    return unmatched_view(call.site, held) | told


def described(call: Call, order: PayOrder) -> Response:
    """Describe an order as every answer about one does."""
    view = order_view(call.site, order)
    return view | {"code_url": call.code_url(str(view["qr"]))}


ACTIONS: Final = (
    Action(
        "create_order",
        create_order,
        {
            **AIMS,
            vol.Required("channel"): cv.string,
            vol.Optional("amount"): cv.string,
            vol.Optional("way", default=Way.QR.value): vol.All(
                vol.Coerce(Way), vol.In(FOR_ANYBODY)
            ),
            **REFERENCE,
        },
    ),
    Action("get_order", get_order, {**ORDER, vol.Optional("look", default=False): cv.boolean}),
    Action(
        "list_orders",
        list_orders,
        {**AIMS, vol.Optional("state"): vol.Coerce(OrderState), **PAGED},
    ),
    Action("close_order", close_order, ORDER),
    Action(
        "settle_payment",
        settle_payment,
        {
            vol.Required("payment"): cv.string,
            **AIMS,
            vol.Optional("amount"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
)
