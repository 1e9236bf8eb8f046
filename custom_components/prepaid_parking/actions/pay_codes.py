"""Actions about codes and links to pay: made, listed, revoked, sent to a person, shown on a screen."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..code_sheet_view import sheet_path
from ..coordinator import PrepaidConfigEntry
from ..core.errors import CoreError
from ..core.ledger import Receipt
from ..core.pay_code import LASTING, PayCode, PayFor
from ..operations import pay_codes, pay_tokens
from ..operations.bill_book import find_bill
from ..operations.stay_finding import stay_by_id
from ..page_view import signed
from ..pay_links import code_link, link_on, payers_address
from ..wording import async_words
from .call import MAYBE_REASON, PAGED, REFERENCE, TEXTS, Action, Call, Fields, Response, page

KINDS: Final = vol.All(cv.string, vol.In([str(kind) for kind in PayFor if kind in LASTING]))
LINKED: Final = (PayFor.WALLET, PayFor.STAY, PayFor.BILL)
"""What a person is sent a link for."""
MOST_DAYS: Final = 90
LANGUAGE: Final[Fields] = {vol.Optional("language"): cv.string}


async def make_pay_code(call: Call) -> Response:
    """Make codes to pay for things of one kind; what has one keeps it."""
    payers_address(call.hass, _entry(call))
    reference = call.reference()
    kind = PayFor(call.data["kind"])
    receipt, codes = await pay_codes.make_pay_codes(
        call.site,
        kind=kind,
        targets=[_target(call, kind, asked) for asked in call.data["targets"]],
        anew=call.data["anew"],
        reason=call.text("reason"),
        actor=call.actor,
        reference=reference,
    )
    for code in codes:
        call.parts.coordinator.touch(f"{code.kind}:{code.target}")
    return _receipt(call, receipt, reference) | await _told(call, codes)


async def list_pay_codes(call: Call) -> Response:
    """List the codes in force, in the order they were made; with `revoked` also those that were."""
    kind = PayFor(call.text("kind")) if call.text("kind") else None
    if call.data["revoked"]:
        return await _told(call, await pay_codes.codes_ever(call.site, call.part, kind))
    found = pay_codes.codes_in_force(call.site, kind)
    return await _told(call, page(call, found, lambda one: one.id))


async def revoke_pay_code(call: Call) -> Response:
    """Let a code open nothing any more."""
    receipt, code = await pay_codes.revoke_pay_code(
        call.site, code=call.text("code"), reason=call.text("reason"), actor=call.actor
    )
    call.parts.coordinator.touch(f"{code.kind}:{code.target}")
    return call.receipt(receipt) | code_view(call, code)


async def pay_link(call: Call) -> Response:
    """Make a link to send to the person who pays."""
    named = [kind for kind in LINKED if call.text(kind)]
    if len(named) != 1:
        raise CoreError("pay_link_which")
    (kind,) = named
    target = await _linked(call, kind, call.text(kind))
    lasts = timedelta(days=call.data["days"])
    token, until = pay_tokens.person_token(call.site, kind, target, lasts)
    name = pay_tokens.name_of(call.site, kind, target)
    return _link(call, kind, target, name, token) | {"until": until.isoformat()}


async def show_pay_code(call: Call) -> Response:
    """Make a code for a screen: it opens once, within a minute."""
    kind = PayFor(call.data["kind"])
    target = _target(call, kind, call.text("target"))
    name = pay_tokens.checked(call.site, kind, target)
    token, until = pay_tokens.screen_token(call.site, kind, target)
    return _link(call, kind, target, name, token) | {"until": until.isoformat()}


def code_view(call: Call, code: PayCode) -> Response:
    """Return a code as it is told; its link only where it opens something."""
    url = code_link(call.hass, _entry(call), code)
    used = call.site.codes.used.get(code.id)
    return {
        "code": code.id,
        "kind": str(code.kind),
        "target": code.target,
        "name": pay_tokens.name_of(call.site, code.kind, code.target),
        "url": url or None,
        "code_url": call.code_url(url),
        "made_at": code.made_at.isoformat(),
        "used_at": used.isoformat() if used is not None else None,
        "revoked_at": code.revoked_at.isoformat() if code.revoked_at is not None else None,
    }


async def _told(call: Call, codes: Sequence[PayCode]) -> Response:
    """Return codes, and the page to print those of them that are in force."""
    words = await async_words(call.hass, call.text("language"))
    told: Response = {"codes": [code_view(call, code) for code in codes]}
    printed = [one["code"] for one in told["codes"] if one["url"]]
    if not printed:
        return told | {"sheet_url": None, "sheet_url_until": None}
    path = sheet_path(call.entry_id, printed, words.language)
    link = signed(call.hass, path, call.site)
    return told | {"sheet_url": link["url"], "sheet_url_until": link["url_until"]}


def _link(call: Call, kind: PayFor, target: str, name: str, token: str) -> Response:
    url = link_on(payers_address(call.hass, _entry(call)), token)
    told = {"kind": str(kind), "target": target, "name": name}
    return told | {"url": url, "code_url": call.code_url(url)}


def _receipt(call: Call, receipt: Receipt | None, reference: str) -> Response:
    """Return what the books answered; nothing was written where all had their codes."""
    if receipt is None:
        return {"entry": None, "repeated": True}
    return call.receipt(receipt, reference)


async def _linked(call: Call, kind: PayFor, asked: str) -> str:
    """Return the id of what a person's link is for, or refuse what is not there."""
    if kind is PayFor.BILL:
        return (await find_bill(call.site, asked)).id
    if kind is PayFor.STAY:
        return (await stay_by_id(call.site, asked.strip().lower())).id
    wallet = _wallet(call, asked)
    pay_tokens.checked(call.site, kind, wallet)
    return wallet


def _entry(call: Call) -> PrepaidConfigEntry:
    return call.hass.config_entries.async_get_known_entry(call.entry_id)


def _target(call: Call, kind: PayFor, asked: str) -> str:
    """Return the id of what is meant by its id or name."""
    found = FINDERS.get(kind)
    return found(call, asked) if found is not None else asked.strip().lower()


def _space(call: Call, asked: str) -> str:
    spaces = call.site.parking.spaces.values()
    named = [one.id for one in spaces if one.name == asked and one.closed_at is None]
    return named[0] if len(named) == 1 else asked.strip().lower()


def _wallet(call: Call, asked: str) -> str:
    return call.wallet(asked).wallet.id


def _meter(call: Call, asked: str) -> str:
    return call.meter(asked).meter.id


def _lane(call: Call, asked: str) -> str:
    return call.lane(asked).id


FINDERS: Final[dict[PayFor, Callable[[Call, str], str]]] = {
    PayFor.LANE: _lane,
    PayFor.SPACE: _space,
    PayFor.METER: _meter,
    PayFor.WALLET: _wallet,
}
"""How a thing is found that has a name besides its id."""
EACH: Final[dict[vol.Marker, Any]] = {vol.Required("kind"): KINDS}
ACTIONS: Final = (
    Action(
        "make_pay_code",
        make_pay_code,
        {
            **EACH,
            vol.Required("targets"): TEXTS,
            vol.Optional("anew", default=False): cv.boolean,
            **LANGUAGE,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "list_pay_codes",
        list_pay_codes,
        {
            vol.Optional("kind"): KINDS,
            vol.Optional("revoked", default=False): cv.boolean,
            **LANGUAGE,
            **PAGED,
        },
    ),
    Action("revoke_pay_code", revoke_pay_code, {vol.Required("code"): cv.string, **MAYBE_REASON}),
    Action(
        "pay_link",
        pay_link,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("stay"): cv.string,
            vol.Optional("bill"): cv.string,
            vol.Optional("days", default=7): vol.All(vol.Coerce(int), vol.Range(1, MOST_DAYS)),
        },
    ),
    Action("show_pay_code", show_pay_code, {**EACH, vol.Required("target"): cv.string}),
)
