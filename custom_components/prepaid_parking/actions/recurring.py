"""Actions about what is billed again and again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.category import Category
from ..core.extent import By
from ..core.levies import Levy, LevyKind
from ..core.money import parse_price
from ..core.periods import Every
from ..core.recurring import Fixed
from ..core.written_parts import percent
from ..operations import setting_recurring
from ..operations.bill_views import billed_view, recurring_view
from ..operations.billing import run_billing as run
from ..operations.recurring import recurring_of
from .billing import DAYS
from .call import DAY, MAYBE_REASON, MOST_LISTED, PAGED, REFERENCE, Action, Call, Response, page

PLAIN: Final = ("name", "category", "unit", "tariff", "first", "last")
TERMS: Final = ("every", "by", "day", "anniversary", "prorate_first", "prorate_last")


async def set_recurring(call: Call) -> Response:
    """Begin a recurring charge, or change one from the first day that is not billed."""
    reference, known = call.reference(), call.text("recurring")
    receipt, charge = await setting_recurring.set_recurring(
        call.site,
        recurring=known,
        changes=_changes(call, known),
        reason=call.text("reason"),
        reference=reference,
        actor=call.actor,
    )
    return call.receipt(receipt, reference) | recurring_view(call.site, charge)


async def list_recurring(call: Call) -> Response:
    """List what recurs and what of it comes next."""
    wallet = call.wallet().wallet.id if call.text("wallet") else ""
    unit, ended = call.text("unit"), call.data["ended"]
    found = [
        charge
        for charge in sorted(call.site.billing.recurring.values(), key=lambda one: one.no)
        if wallet in ("", charge.wallet)
        and unit in ("", charge.unit)
        and (ended or not charge.ended)
    ]
    shown = page(call, found, lambda one: one.id)
    return {
        "recurring": [recurring_view(call.site, one) for one in shown],
        "count": len(found),
    }


async def run_billing(call: Call) -> Response:
    """Issue what is due, or say what would be."""
    dry_run = call.data["dry_run"]
    billed = await run(call.site, dry_run=dry_run, until=call.data.get("until"))
    return {"dry_run": dry_run} | billed_view(call.site, billed, MOST_LISTED)


def _changes(call: Call, known: str) -> dict[str, Any]:
    """Return the fields that are said; a price that is said in part keeps its other parts."""
    data = call.data
    changes: dict[str, Any] = {name: data[name] for name in PLAIN if name in data}
    if call.text("wallet"):
        changes["wallet"] = call.wallet().wallet.id
    if "deposit" in data:
        changes["deposit_minor"] = call.money("deposit")
    if "tax" in data:
        changes["levies"] = tax_of(data["tax"])
    terms = _terms(data)
    if terms or "tariff" in data:
        before = recurring_of(call.site, known).fixed if known else None
        fixed = before or Fixed(price_micro=0, every=Every.MONTH)
        changes["fixed"] = None if "tariff" in data else replace(fixed, **terms)
    if "amount" in data:
        changes.setdefault("tariff", "")
    return changes


def _terms(data: Mapping[str, Any]) -> dict[str, Any]:
    terms: dict[str, Any] = {name: data[name] for name in TERMS if name in data}
    if "amount" in data:
        terms["price_micro"] = parse_price(data["amount"])
    for name in ("remind", "retries"):
        if name in data:
            terms[name] = tuple(sorted(set(data[name])))
    return terms


def tax_of(text: str) -> tuple[Levy, ...]:
    """Return a tax that the amount contains; none where it is 0."""
    share = percent(text, "tax")
    if not share:
        return ()
    return (Levy(name="tax", kind=LevyKind.TAX, share_micro=share, included=True),)


ACTIONS: Final = (
    Action(
        "set_recurring",
        set_recurring,
        {
            vol.Optional("recurring"): cv.string,
            vol.Optional("name"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("category"): vol.Coerce(Category),
            vol.Optional("wallet"): cv.string,
            vol.Optional("unit"): cv.string,
            vol.Optional("amount"): cv.string,
            vol.Optional("tariff"): cv.slug,
            vol.Optional("every"): vol.Coerce(Every),
            vol.Optional("by"): vol.Coerce(By),
            vol.Optional("day"): vol.All(vol.Coerce(int), vol.Range(1, 31)),
            vol.Optional("anniversary"): cv.boolean,
            vol.Optional("prorate_first"): cv.boolean,
            vol.Optional("prorate_last"): cv.boolean,
            vol.Optional("first"): DAY,
            vol.Optional("last"): vol.Maybe(DAY),
            vol.Optional("deposit"): cv.string,
            vol.Optional("tax"): cv.string,
            vol.Optional("remind"): DAYS,
            vol.Optional("retries"): DAYS,
            **MAYBE_REASON,
            **REFERENCE,
        },
    ),
    Action(
        "list_recurring",
        list_recurring,
        {
            vol.Optional("wallet"): cv.string,
            vol.Optional("unit"): cv.string,
            vol.Optional("ended", default=False): cv.boolean,
            **PAGED,
        },
    ),
    Action(
        "run_billing",
        run_billing,
        {vol.Optional("dry_run", default=False): cv.boolean, vol.Optional("until"): DAY},
    ),
)
