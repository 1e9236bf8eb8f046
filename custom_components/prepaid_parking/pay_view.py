"""The payer's page: public, off by default, and it knows nothing but its own link.

A link is a code's, one that was sent to somebody, or a visit's. Each scan of a code begins a visit; its
name stands in the path of every form, so that no cookie is needed. Whatever is asked for that is not
there, or is switched off, gets the same page.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError, StoreError
from .core.pay_channel import Way
from .core.pay_order import AimKind
from .core.pay_visit import on_phone, way_to_pay
from .core.rate_limit import Allowance, RateLimit, network_of
from .operations.pay_holder import confirm_supply, end_own_agreement
from .operations.pay_inside import come_back, send_out, show_code
from .operations.pay_tokens import opened_by
from .operations.pay_visit_book import HOUR, PayVisit
from .operations.pay_visits import (
    Typed,
    ask_for_order,
    begin_visit,
    other_car,
    other_way,
    take_car,
    tell_car,
    tell_phone,
)
from .operations.pay_vouchers import put_voucher
from .operations.site import Site, utc_now
from .pay_address import public_url
from .pay_answers import answered, plain
from .pay_pages import shown
from .pay_results import CALL
from .pay_writing import gone
from .request_body import UnreadError, read_body
from .wording import liked_most

PATH: Final = f"/api/{DOMAIN}/pay/"
URL: Final = f"{PATH}{{token}}"
MOST_BYTES: Final = 4096
"""A form of the page has a few hundred."""
LONGEST_S: Final = 10.0
MOST_FIELDS: Final = 12
ANSWER_S: Final = 0.4
"""Every answer to who knows a plate or a number takes at least so long: the same for right and wrong."""
REQUESTS: Final = Allowance(most=1200, every=HOUR / 12)
"""By network, in five minutes: a page that waits for its payment asks every three seconds, and a
phone company has many of its customers behind one address."""
TOLD: Final = frozenset(
    {
        *("pay_too_often", "pay_tried_too_often", "pay_nobody_there", "pay_not_found"),
        *("order_amount", "amount_not_positive", "order_no_amount", "not_a_number"),
        *("amount_too_fine", "amount_too_large", "stay_nothing_due"),
        *("voucher_malformed", "voucher_mistyped", "voucher_too_many_tries", "voucher_not_sold"),
        *("voucher_used", "voucher_cancelled", "voucher_expired", "voucher_other_purpose"),
        *("supply_not_armed", "supply_by_hand"),
    }
)
"""Refusals that a payer can do something about; all others are one sentence."""


class PayView(HomeAssistantView):
    """Serves the payer's page of every site that has one."""

    url = URL
    name = f"api:{DOMAIN}:pay"
    requires_auth = False

    def __init__(self) -> None:
        """Begin with nobody having asked."""
        self._requests = RateLimit(REQUESTS)

    async def get(self, request: web.Request, token: str) -> web.Response:
        """Show where a visit stands; a code's link begins one."""
        return await self._answer(request, lambda: _get(request, token))

    async def post(self, request: web.Request, token: str) -> web.Response:
        """Do what a form of a visit asks for, then show where it stands."""
        return await self._answer(request, lambda: _post(request, token))

    async def _answer(
        self, request: web.Request, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        """Answer with a page, whatever happens."""
        if not self._requests.take(network_of(request.remote), utc_now()):
            return await plain(request, "busy", HTTPStatus.TOO_MANY_REQUESTS)
        try:
            return await answer()
        except StoreError:
            return await plain(request, "later", HTTPStatus.SERVICE_UNAVAILABLE)
        except CoreError as err:
            # Too often is told before a visit begins, anything else is not there any more.
            if err.key == "pay_too_often":
                return await plain(request, "busy", HTTPStatus.TOO_MANY_REQUESTS)
            return await plain(request, "gone", HTTPStatus.NOT_FOUND)


async def _get(request: web.Request, token: str) -> web.Response:
    for entry in _open_sites(request):
        site = entry.runtime_data.site
        if (visit := site.pay_visits.find(token, site.clock())) is not None:
            visit.language = liked_most(request.query.get("language", "")) or visit.language
            if "state" in request.query:
                return await _come_back(request, entry, token, visit)
            visit.sent = visit.sent and CALL not in request.query
            return await _show(request, site, token, visit)
    for entry in _open_sites(request):
        site = entry.runtime_data.site
        if (opened := opened_by(site, token)) is None:
            continue
        begun = begin_visit(site, opened, request.remote)
        if begun is not None:
            return await _show(request, site, *begun)
    return await plain(request, "gone", HTTPStatus.NOT_FOUND)


async def _post(request: web.Request, token: str) -> web.Response:
    form = await _form(request)
    if form is None:
        return await plain(request, "malformed", HTTPStatus.BAD_REQUEST)
    for entry in _open_sites(request):
        site = entry.runtime_data.site
        if (visit := site.pay_visits.find(token, site.clock())) is not None:
            problem = await _do(request, entry, token, visit, form)
            if problem:
                return await _show(request, site, token, visit, problem)
            return await _to_visit(request, token, visit)
    return await plain(request, "gone", HTTPStatus.NOT_FOUND)


async def _come_back(
    request: web.Request, entry: PrepaidConfigEntry, token: str, visit: PayVisit
) -> web.Response:
    """Take up who was sent to say who they are, and show the visit without what they brought."""
    try:
        await come_back(
            entry.runtime_data.site,
            visit,
            state=request.query["state"],
            code=request.query.get("code", ""),
            address=request.remote,
            back_url=_back_url(request, entry, token),
        )
    except CoreError as err:
        return await _show(request, entry.runtime_data.site, token, visit, _said(err))
    return await _to_visit(request, token, visit)


async def _to_visit(request: web.Request, token: str, visit: PayVisit) -> web.Response:
    """Seen again by a reload, a page that was got asks for nothing anew."""
    return await answered(
        request, gone("done"), visit, HTTPStatus.SEE_OTHER, {"Location": PATH + token}
    )


def _said(err: CoreError) -> str:
    """Return the key of what a payer is told of a refusal."""
    return err.key if err.key in TOLD else "refused"


def _back_url(request: web.Request, entry: PrepaidConfigEntry, token: str) -> str:
    base = public_url(request.app[KEY_HASS], entry.options)
    return f"{base}{PATH}{token}" if base else ""


async def _do(
    request: web.Request,
    entry: PrepaidConfigEntry,
    token: str,
    visit: PayVisit,
    form: Mapping[str, str],
) -> str:
    """Do what a form asks for, once; returns the key of what to say where it cannot be."""
    site = entry.runtime_data.site
    if form.get("form") != visit.form:
        return ""
    visit.turn_page()
    site.pay_visits.act(token, visit)
    try:
        match form.get("do"):
            case "car":
                take_car(site, visit)
            case "find":
                typed = Typed(
                    plate=form.get("plate", ""),
                    since=form.get("since", ""),
                    digits=form.get("digits", ""),
                )
                return await _evenly(tell_car(site, visit, typed, request.remote))
            case "phone":
                digits = form.get("digits", "")
                return await _evenly(tell_phone(site, visit, digits, request.remote))
            case "other_car":
                other_car(visit)
            case "voucher":
                number = form.get("number", "")
                return await _evenly(put_voucher(site, visit, number, request.remote))
            case "confirm":
                await confirm_supply(site, visit, form.get("meter", ""))
            case "end_agreement":
                await end_own_agreement(site, visit, form.get("agreement", ""))
            case "again" | "without_app" as do:
                by_code = do == "without_app"
                await (
                    show_code(site, visit, request.remote) if by_code else other_way(site, visit)
                )
            case "pay":
                await _pay(request, entry, token, visit, form)
    except CoreError as err:
        return _said(err)
    return ""


async def _evenly(knows: Awaitable[bool]) -> str:
    """Answer who says to know something: right, wrong and unknown take the same time."""
    pause = asyncio.create_task(asyncio.sleep(ANSWER_S))
    try:
        known = await knows
    finally:
        await pause
    return "" if known else "pay_not_found"


async def _pay(
    request: web.Request,
    entry: PrepaidConfigEntry,
    token: str,
    visit: PayVisit,
    form: Mapping[str, str],
) -> None:
    site = entry.runtime_data.site
    browser = request.headers.get("User-Agent", "")
    run = site.paying.channels.get(form.get("channel", ""))
    back_url = _back_url(request, entry, token)
    closed = set() if back_url and visit.by_app else {Way.APP}
    way = None if run is None else way_to_pay(run.kind, run.ways - closed, browser)
    if run is None or way is None:
        raise CoreError("unknown_channel", channel=form.get("channel", ""))
    visit.on_phone = on_phone(browser)
    wanted = form.get("own", "").strip() or form.get("amount", "")
    is_wallet = visit.aim is not None and visit.aim.kind is AimKind.WALLET
    amount_minor = site.currency.parse(wanted) if is_wallet else None
    if way is Way.APP:
        await send_out(site, visit, run, amount_minor=amount_minor, back_url=back_url)
        return
    await ask_for_order(
        site,
        visit,
        channel=run.key,
        way=way,
        amount_minor=amount_minor,
        address=request.remote,
        back_url=back_url,
    )


async def _form(request: web.Request) -> dict[str, str] | None:
    """Return the fields of a form; None where what came is none of the page's."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    try:
        body = await read_body(request, most=MOST_BYTES, within=LONGEST_S)
        fields = parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except UnreadError, ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


def _open_sites(request: web.Request) -> list[PrepaidConfigEntry]:
    """Return the sites that run and have the page switched on."""
    hass: HomeAssistant = request.app[KEY_HASS]
    loaded: list[PrepaidConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [one for one in loaded if one.runtime_data.site.pay_visits.is_open]


async def _show(
    request: web.Request, site: Site, name: str, visit: PayVisit, problem: str = ""
) -> web.Response:
    now = await shown(site, visit, PATH + name, problem)
    headers = {"Refresh": now.refresh} if now.refresh else {}
    return await answered(request, now.page, visit, HTTPStatus.OK, headers, now.may)
