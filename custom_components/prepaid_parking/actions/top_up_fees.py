"""Actions about service fees on top-ups."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.chart import Channel
from ..core.identity import FeeId
from ..core.money import parse_percent
from ..core.top_up_fee import FeeBack
from ..core.wallet import WalletKind
from ..operations import top_up_fees
from .call import MAYBE_REASON, Action, Call, Response
from .promotions import ORDERED, PURPOSES

PLAIN: Final = ("name", "on_top", "tax_name", "tax_included", "back")


async def set_top_up_fee(call: Call) -> Response:
    """Write the next version of a fee on top-ups."""
    data = call.data
    changes: dict[str, object] = {name: data[name] for name in PLAIN if name in data}
    changes |= {name: tuple(data[name]) for name in ORDERED if name in data}
    changes |= {
        share: parse_percent(call.text(name))
        for name, share in (("percent", "share_bp"), ("tax", "tax_bp"))
        if name in data
    }
    changes |= {f"{name}_minor": call.money(name) for name in ("fixed", "least") if name in data}
    if "most" in data:
        changes["most_minor"] = call.maybe_money("most")
    changes |= {f"{name}_at": call.moment(name) for name in ("from", "until") if name in data}
    receipt = await top_up_fees.set_top_up_fee(
        call.site,
        fee=call.text("fee"),
        changes=changes,
        reason=call.text("reason"),
        actor=call.actor,
    )
    newest = call.site.extras.fees[FeeId(str(receipt.detail["top_up_fee"]))][-1]
    return call.receipt(receipt) | top_up_fees.fee_view(call.site, newest)


async def list_top_up_fees(call: Call) -> Response:
    """List the fees on top-ups."""
    return {"fees": top_up_fees.fee_list(call.site)}


ACTIONS: Final = (
    Action(
        "set_top_up_fee",
        set_top_up_fee,
        {
            vol.Required("fee"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("name"): cv.string,
            vol.Optional("percent"): cv.string,
            vol.Optional("fixed"): cv.string,
            vol.Optional("least"): cv.string,
            vol.Optional("most"): vol.Maybe(cv.string),
            vol.Optional("on_top"): cv.boolean,
            vol.Optional("tax"): cv.string,
            vol.Optional("tax_name"): cv.string,
            vol.Optional("tax_included"): cv.boolean,
            vol.Optional("back"): vol.Coerce(FeeBack),
            vol.Optional("from"): vol.Maybe(cv.datetime),
            vol.Optional("until"): vol.Maybe(cv.datetime),
            vol.Optional("channels"): vol.All(cv.ensure_list, [vol.Coerce(Channel)]),
            **PURPOSES,
            vol.Optional("kinds"): vol.All(cv.ensure_list, [vol.Coerce(WalletKind)]),
            **MAYBE_REASON,
        },
    ),
    Action("list_top_up_fees", list_top_up_fees, {}),
)
