"""What the payer's page shows: which car it is, what is to be paid and why, and what became of it.

Everything is looked up first (`shown`), so that what it returns writes the page without waiting.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

import segno

from .core.chart import wallet_account
from .core.errors import CoreError
from .core.identity import WalletId
from .core.pay_order import Aim, AimKind, OrderState, PayOrder
from .core.pay_visit import EARLIER, MOST_LETTERS, amounts, times_of_arrival
from .core.stay import Stay
from .explaining import Explainer
from .explaining_bills import explain_bill_line
from .operations.bill_book import find_bill
from .operations.bill_views import bill_view
from .operations.pay_aims import due
from .operations.pay_tokens import NAMES
from .operations.pay_visit_book import PayVisit
from .operations.pay_visits import PLACES, car_there, channels, order_of
from .operations.site import Site
from .operations.statement import SPENDABLE, change
from .operations.stay_cost import leave_by
from .operations.stay_finding import stay_by_id
from .operations.stay_paying import due_now
from .printing import FOLDER, filled, worded
from .wording import Words

MOVEMENTS: Final = 6
QR_SCALE: Final = 6
LOOK_S: Final = 3
"""Somebody stands before a barrier and waits."""
LINKS: Final = ("https://", "http://")
"""What a provider's link may begin with: nothing that runs in the page."""

type Page = Callable[[Words], str]
type Known = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, and where the browser goes by itself after a while (`refresh`)."""

    page: Page
    refresh: str = ""


@cache
def style() -> str:
    """Return the style of the pages; reading it blocks."""
    return (FOLDER / "pay.css").read_text(encoding="utf-8")


@cache
def style_hash() -> str:
    """Return what the page's policy knows its only style by."""
    return b64encode(sha256(style().encode()).digest()).decode()


def gone(what: str) -> Page:
    """Return a page that says nothing about any site: gone, busy, later, malformed."""
    return lambda words: worded("pay_gone.html", words, what=what, css=style())


async def shown(site: Site, visit: PayVisit, path: str, problem: str = "") -> Shown:
    """Look up what a visit shows now; `problem` is the key of a sentence about what was just tried."""
    made = _Maker(site=site, visit=visit, path=path, problem=problem)
    if visit.asking:
        return Shown(page=made.order(None, {"step": "asking"}), refresh=f"1; url={path}")
    order = await order_of(site, visit, looks=True)
    if order is not None:
        return await _order(made, order)
    if visit.aim is None:
        return Shown(page=_find(made) if visit.kind in PLACES else made.write("pay_none.html"))
    match visit.aim.kind:
        case AimKind.STAY:
            return Shown(page=await _stay(made, visit.aim))
        case AimKind.WALLET:
            return Shown(page=await _wallet(made, visit.aim))
        case AimKind.BILL:
            return Shown(page=await _bill(made, visit.aim))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Writes the pages of one visit."""

    site: Site
    visit: PayVisit
    path: str
    problem: str

    def write(self, template: str, **known: Any) -> Page:
        """Fill in a template with what every page of a visit has, and with what this one knows."""
        site, visit, problem = self.site, self.visit, self.problem
        name = NAMES.get(visit.kind)
        everywhere: Known = {
            "path": self.path,
            "form": visit.form,
            "channels": channels(site),
            "place": name(site, visit.target) if name is not None else "",
        }

        def page(words: Words) -> str:
            return filled(
                template,
                site,
                words,
                css=style(),
                other=words("pay.other_language_code"),
                hint=words("pay.desk") if site.can_pay else "",
                problem=words(f"pay.problem.{problem}") if problem else "",
                **everywhere,
                **{key: one(words) if callable(one) else one for key, one in known.items()},
            )

        return page

    def order(self, run_name: str | None, order: Known) -> Page:
        """Write the page of an order."""
        usual: Known = dict.fromkeys(
            ("amount", "qr", "url", "until", "leave_by", "balance", "code", "at"), ""
        )
        return self.write("pay_order.html", order=usual | {"channel": run_name or ""} | order)

    def at(self, at: datetime | None) -> str:
        """Write an instant as the site's clock shows it."""
        return "" if at is None else f"{at.astimezone(self.site.zone):%Y-%m-%d %H:%M}"


def _find(made: _Maker) -> Page:
    site = made.site
    there = car_there(site, made.visit)
    times = times_of_arrival(site.clock(), site.zone)

    def days(words: Words) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        """Return the hours by their days, then the days themselves."""
        hours = [one for one in times if one.hour is not None]
        whole = [one for one in times if one.hour is None]
        return (
            *(
                (str(day), [(one.value, f"{one.hour:02}:00–{one.hour:02}:59") for one in of_day])
                for day, of_day in groupby(hours, key=lambda one: one.day)
            ),
            (
                words("pay.find.days"),
                [
                    (one.value, words("pay.find.earlier") if one.value == EARLIER else str(one.day))
                    for one in whole
                ],
            ),
        )

    car = None
    if there is not None:
        car = {"plate": there.vehicle.masked, "due": site.currency.text(there.due_minor)}
    return made.write("pay_find.html", there=car, days=days, most=MOST_LETTERS)


async def _stay(made: _Maker, aim: Aim) -> Page:
    site, visit = made.site, made.visit
    stay = await stay_by_id(site, aim.id)
    cost, amount = await due_now(site, stay)

    def why(words: Words) -> list[str]:
        explainer = Explainer(words, site.currency)
        said = [explainer.rules([line]) for line in cost.trace]
        said.append(explainer.levies({"levies": cost.levied.trace}))
        return [one for one in said if one]

    seconds = int(((stay.left_at or site.clock()) - stay.entered_at).total_seconds())
    known: Known = {
        "plate": visit.plate or stay.masked,
        "entered": made.at(stay.entered_at),
        "left": made.at(stay.left_at),
        "due": site.currency.text(amount) if amount else "",
        "leave_by": "" if amount else _leave_by(made, stay),
    }

    def told(words: Words) -> Known:
        return known | {"length": Explainer(words, site.currency).time(seconds // 60 * 60)}

    return made.write("pay_stay.html", stay=told, why=why, again=visit.kind in PLACES)


def _leave_by(made: _Maker, stay: Stay) -> str:
    until = None if stay.state.over else leave_by(made.site, stay)
    return made.at(until) if until is not None and made.site.clock() < until else ""


async def _wallet(made: _Maker, aim: Aim) -> Page:
    site, money = made.site, made.site.currency.text
    run = site.wallet(aim.id)
    try:
        bounds = await due(site, aim)
    except CoreError:
        return made.write("pay_none.html")
    wallet: Known = {"name": run.wallet.unit, "balance": None}
    rows: Sequence[Known] = ()
    if made.visit.personal:
        wallet["balance"] = money(run.available_minor)
        rows = await _movements(made, run.wallet.no)
    offered = amounts(site.currency, bounds.least_minor, bounds.most_minor)

    def last(words: Words) -> list[Known]:
        return [row | {"text": words(f"kind.{row['kind']}")} for row in rows]

    return made.write(
        "pay_wallet.html", wallet=wallet, rows=last, amounts=[money(one) for one in offered]
    )


async def _movements(made: _Maker, wallet_no: int) -> Sequence[Known]:
    """Return what moved last in a wallet, the newest first."""
    site = made.site
    accounts = [wallet_account(wallet_no, bucket) for bucket in SPENDABLE]
    found = {
        entry.id: entry
        for account in accounts
        for entry in await site.books.entries(account=account, limit=MOVEMENTS, newest_first=True)
    }
    newest = sorted(found.values(), key=lambda entry: -entry.id)[:MOVEMENTS]
    return [
        {
            "kind": entry.kind,
            "why": made.at(entry.occurred),
            "amount": site.currency.text(sum(change(entry, account) for account in accounts)),
        }
        for entry in newest
    ]


async def _bill(made: _Maker, aim: Aim) -> Page:
    site = made.site
    bill = await find_bill(site, aim.id)

    def rows(words: Words) -> list[Known]:
        return [
            {
                "text": line.text,
                "why": explain_bill_line(line, words, site.currency),
                "amount": site.currency.text(line.amount_minor),
            }
            for line in bill.lines
        ]

    return made.write(
        "pay_bill.html", bill=bill_view(site, bill), rows=rows, is_open=bill.open_minor > 0
    )


async def _order(made: _Maker, order: PayOrder) -> Shown:
    site, visit = made.site, made.visit
    run = site.paying.channels.get(order.channel)
    name = run.name if run is not None else str(order.kind)
    known: Known = {
        "amount": site.currency.text(order.paid_minor or order.amount_minor),
        "step": STEPS[order.state],
        "code": order.out_no,
        "at": made.at(order.paid_at),
        "until": f"{order.expires_at.astimezone(site.zone):%H:%M}",
    }
    refresh = ""
    if order.state.open:
        refresh = f"{LOOK_S}; url={made.path}"
        offered = order.offered
        if offered is not None:
            known |= _offered(offered.qr, offered.url)
        if known.get("url") and not visit.sent:
            visit.sent = True
            refresh = f"0; url={known['url']}"
    elif order.state is OrderState.CREDITED:
        known |= await _credited(made, order.aim)
    return Shown(page=made.order(name, known), refresh=refresh)


def _offered(qr: str, url: str) -> Mapping[str, str]:
    """Return what a payer is shown of an offer: its code as a picture in the page, its link."""
    picture = segno.make_qr(qr).png_data_uri(scale=QR_SCALE) if qr else ""
    return {"qr": picture, "url": url if url.startswith(LINKS) else ""}


async def _credited(made: _Maker, aim: Aim) -> Mapping[str, str]:
    """Return what a payer is told after the money was booked."""
    if aim.kind is AimKind.STAY:
        return {"leave_by": _leave_by(made, await stay_by_id(made.site, aim.id))}
    run = made.site.wallets.get(WalletId(aim.id)) if aim.kind is AimKind.WALLET else None
    if run is None or not made.visit.personal:
        return {}
    return {"balance": made.site.currency.text(run.available_minor)}


STEPS: Final = {
    OrderState.CREATED: "waiting",
    OrderState.PENDING: "waiting",
    OrderState.PAID: "paid",
    OrderState.CREDITED: "credited",
    OrderState.CLOSED: "over",
    OrderState.EXPIRED: "over",
}
"""How the page names where an order stands."""
