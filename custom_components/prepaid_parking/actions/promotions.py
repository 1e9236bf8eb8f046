"""Actions about promotions and points."""

from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.chart import Channel
from ..core.identity import PromotionId
from ..core.money import parse_percent
from ..core.promotion import Back, Step
from ..core.wallet import Purpose, WalletKind
from ..operations import points, promotions
from .call import MAYBE_REASON, REFERENCE, WALLET, Action, Call, Fields, Response
from .wallets import described

ORDERED: Final = ("channels", "purposes", "kinds")
CAPS: Final = ("wallet_cap", "total_cap")
POINTS: Final = vol.All(vol.Coerce(int), vol.Range(0, 1_000_000_000))
PURPOSES: Final[Fields] = {vol.Optional("purposes"): vol.All(cv.ensure_list, [vol.Coerce(Purpose)])}


async def set_promotion(call: Call) -> Response:
    """Write the next version of a promotion."""
    data = call.data
    changes: dict[str, object] = {
        name: data[name] for name in ("name", "once", "back") if name in data
    }
    changes |= {name: tuple(data[name]) for name in ORDERED if name in data}
    changes |= {f"{name}_minor": call.maybe_money(name) for name in CAPS if name in data}
    changes |= {f"{name}_at": call.moment(name) for name in ("from", "until") if name in data}
    if "steps" in data:
        changes["steps"] = tuple(_step(call, one) for one in data["steps"])
    receipt = await promotions.set_promotion(
        call.site,
        promotion=call.text("promotion"),
        changes=changes,
        reason=call.text("reason"),
        actor=call.actor,
    )
    newest = call.site.extras.promotions[PromotionId(str(receipt.detail["promotion"]))][-1]
    return call.receipt(receipt) | promotions.promotion_view(call.site, newest)


async def list_promotions(call: Call) -> Response:
    """List promotions, and how points are earned."""
    return {
        "promotions": promotions.promotion_list(call.site),
        "points": points.points_view(call.site),
    }


async def set_points(call: Call) -> Response:
    """Write the next version of the rule of points."""
    data = call.data
    changes: dict[str, object] = {
        name: data[name] for name in ("points", "expires_days", "spend_points") if name in data
    }
    changes |= {f"{name}_minor": call.money(name) for name in ("per", "worth") if name in data}
    if "purposes" in data:
        changes["purposes"] = tuple(data["purposes"])
    receipt = await points.set_points(
        call.site, changes=changes, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | (points.points_view(call.site) or {})


async def spend_points(call: Call) -> Response:
    """Turn points into bonus."""
    run, reference = call.wallet(), call.reference()
    receipt = await points.spend_points(
        call.site,
        wallet=run.wallet.id,
        points=call.data["points"],
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | described(call, run)


def _step(call: Call, given: dict[str, Any]) -> Step:
    money = call.site.currency.parse
    return Step(
        least_minor=money(given["top_up"]),
        bonus_minor=money(given.get("bonus", "0")),
        share_bp=parse_percent(given.get("percent", "0")),
    )


ACTIONS: Final = (
    Action(
        "set_promotion",
        set_promotion,
        {
            vol.Required("promotion"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("name"): cv.string,
            vol.Optional("steps"): [
                {
                    vol.Required("top_up"): cv.string,
                    vol.Optional("bonus"): cv.string,
                    vol.Optional("percent"): cv.string,
                }
            ],
            vol.Optional("from"): vol.Maybe(cv.datetime),
            vol.Optional("until"): vol.Maybe(cv.datetime),
            vol.Optional("channels"): vol.All(cv.ensure_list, [vol.Coerce(Channel)]),
            **PURPOSES,
            vol.Optional("kinds"): vol.All(cv.ensure_list, [vol.Coerce(WalletKind)]),
            vol.Optional("wallet_cap"): vol.Maybe(cv.string),
            vol.Optional("total_cap"): vol.Maybe(cv.string),
            vol.Optional("once"): cv.boolean,
            vol.Optional("back"): vol.Coerce(Back),
            **MAYBE_REASON,
        },
    ),
    Action("list_promotions", list_promotions, {}),
    Action(
        "set_points",
        set_points,
        {
            vol.Optional("points"): POINTS,
            vol.Optional("per"): cv.string,
            vol.Optional("expires_days"): vol.Maybe(vol.All(vol.Coerce(int), vol.Range(0, 36_600))),
            vol.Optional("spend_points"): POINTS,
            vol.Optional("worth"): cv.string,
            **PURPOSES,
            **MAYBE_REASON,
        },
    ),
    Action(
        "spend_points",
        spend_points,
        {**WALLET, vol.Required("points"): POINTS, **MAYBE_REASON, **REFERENCE},
    ),
)
