"""What the payer's page shows: which car it is, what is to be paid and why, and what became of it.

Everything is looked up first (`shown`), so that what it returns writes the page without waiting.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from .core.chart import wallet_account
from .core.errors import CoreError
from .core.pay_order import Aim, AimKind
from .core.pay_visit import EARLIER, MOST_LETTERS, amounts, times_of_arrival
from .explaining import Explainer
from .explaining_bills import explain_bill_line
from .operations.bill_book import find_bill
from .operations.bill_views import bill_view
from .operations.pay_aims import due
from .operations.pay_visit_book import PayVisit
from .operations.pay_visits import PLACES, car_there, order_of
from .operations.pay_vouchers import takes_vouchers
from .operations.site import Site
from .operations.statement import SPENDABLE, change
from .operations.stay_finding import stay_by_id
from .operations.stay_paying import due_now
from .pay_holding import held_of
from .pay_results import Shown, show_asking, show_errand, show_order
from .pay_writing import Known, Page, PageMaker
from .wording import Words

MOVEMENTS: Final = 6
ONLY_VOUCHERS: Final = "wallet_frozen_in"
"""Why no order is taken into a wallet that takes what was paid before."""


async def shown(site: Site, visit: PayVisit, path: str, problem: str = "") -> Shown:
    """Look up what a visit shows now; `problem` is the key of a sentence about what was just tried."""
    made = PageMaker(site=site, visit=visit, path=path, problem=problem)
    if visit.asking:
        return show_asking(made)
    order = await order_of(site, visit, looks=True)
    if order is not None:
        return await show_order(made, order)
    if visit.errand is not None:
        return show_errand(made, visit.errand)
    if visit.aim is None:
        return Shown(page=_find(made) if visit.kind in PLACES else made.write("pay_none.html"))
    match visit.aim.kind:
        case AimKind.STAY:
            return Shown(page=await _stay(made, visit.aim))
        case AimKind.WALLET:
            return Shown(page=await _wallet(made, visit.aim))
        case AimKind.BILL:
            return Shown(page=await _bill(made, visit.aim))


def _find(made: PageMaker) -> Page:
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


async def _stay(made: PageMaker, aim: Aim) -> Page:
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
        "leave_by": "" if amount else made.leave_by(stay),
    }

    def told(words: Words) -> Known:
        return known | {"length": Explainer(words, site.currency).time(seconds // 60 * 60)}

    return made.write("pay_stay.html", stay=told, why=why, again=visit.kind in PLACES)


async def _wallet(made: PageMaker, aim: Aim) -> Page:
    site, money = made.site, made.site.currency.text
    run = site.wallet(aim.id)
    offered: Sequence[int] = ()
    try:
        bounds = await due(site, aim)
        offered = amounts(site.currency, bounds.least_minor, bounds.most_minor)
    except CoreError as err:
        if err.key != ONLY_VOUCHERS:
            return made.write("pay_none.html")
    wallet: Known = {"name": run.wallet.unit, "balance": None}
    rows: Sequence[Known] = ()
    if made.visit.personal:
        wallet["balance"] = money(run.available_minor)
        rows = await _movements(made, run.wallet.no)
    put_in = made.visit.put_in_minor

    def last(words: Words) -> list[Known]:
        way = Explainer(words, site.currency).way
        return [
            {
                "text": words(f"kind.{row['kind']}"),
                "why": " · ".join(filter(None, (row["at"], way(row["detail"])))),
                "amount": row["amount"],
            }
            for row in rows
        ]

    return made.write(
        "pay_wallet.html",
        wallet=wallet,
        rows=last,
        amounts=[money(one) for one in offered],
        put_in=money(put_in) if put_in else "",
        vouchers=takes_vouchers(site),
        **held_of(made),
    )


async def _movements(made: PageMaker, wallet_no: int) -> Sequence[Known]:
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
            "at": made.at(entry.occurred),
            "detail": entry.detail,
            "amount": site.currency.text(sum(change(entry, account) for account in accounts)),
        }
        for entry in newest
    ]


async def _bill(made: PageMaker, aim: Aim) -> Page:
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
