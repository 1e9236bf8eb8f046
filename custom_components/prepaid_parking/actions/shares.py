"""Actions about shared wallets: who bears what they are charged."""

from collections.abc import Mapping, Sequence
from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.identity import UnitId
from ..core.money import parse_price
from ..core.shares import Member, ShareBy
from ..operations import sharing
from ..operations.unit_views import division_view
from .call import MAYBE_REASON, REFERENCE, WALLET, Action, Call, Response

MEMBERS: Final = [{vol.Required("member"): cv.string, vol.Optional("weight"): cv.string}]


async def set_shares(call: Call) -> Response:
    """Say who bears what a shared wallet is charged."""
    run, reference, by = call.wallet(), call.reference(), call.data["by"]
    receipt = await sharing.set_shares(
        call.site,
        wallet=run.wallet.id,
        by=by,
        members=_members(call, call.data["members"]),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | _division(call)


async def get_shares(call: Call) -> Response:
    """Describe how a shared wallet's charges are divided, or would be by other members."""
    return _division(call)


def _division(call: Call) -> Response:
    members = call.data.get("members")
    amount = call.money("amount")
    division = sharing.preview_shares(
        call.site,
        wallet=call.wallet().wallet.id,
        amount_minor=amount,
        by=call.data.get("by"),
        members=_members(call, members) if members is not None else None,
    )
    known = call.site.house.shares.get(division.wallet.wallet.id)
    by = call.data.get("by") or (known.by if known is not None else ShareBy.FIXED)
    return division_view(call.site, division, by, amount)


def _members(call: Call, members: Sequence[Mapping[str, str]]) -> list[Member]:
    return [
        Member(
            member=_member(call, one["member"]),
            weight=parse_price(one.get("weight") or "0"),
        )
        for one in members
    ]


def _member(call: Call, asked: str) -> str:
    """Return the id of a unit by id or name, or of a wallet by id."""
    if asked.lower() in call.site.wallets:
        return asked.lower()
    if UnitId(asked.lower()) in call.site.house.units:
        return asked.lower()
    named = (unit.id for unit in call.site.house.units.values() if unit.name == asked)
    return next(named, None) or asked


ACTIONS: Final = (
    Action(
        "set_shares",
        set_shares,
        {
            **WALLET,
            vol.Required("by"): vol.Coerce(ShareBy),
            vol.Required("members"): MEMBERS,
            vol.Optional("amount", default="100"): cv.string,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "get_shares",
        get_shares,
        {
            **WALLET,
            vol.Optional("amount", default="100"): cv.string,
            vol.Optional("by"): vol.Coerce(ShareBy),
            vol.Optional("members"): MEMBERS,
        },
    ),
)
