"""Actions about how bills, and the invoices of top-ups, are made."""

from typing import Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.bill import BillingRules, DunningStep
from ..core.category import Category
from ..core.invoice import InvoiceMaker
from ..core.money import parse_percent
from ..operations import bills
from ..operations.bill_book import rules_of
from ..operations.bill_views import rules_view
from .bills import CATEGORY
from .call import MAYBE_REASON, Action, Call, Response

STEP: Final = vol.Schema(
    {
        vol.Required("days"): vol.All(vol.Coerce(int), vol.Range(1, 3660)),
        vol.Optional("fee", default="0"): cv.string,
    }
)
DAYS: Final = vol.All(cv.ensure_list, [vol.All(vol.Coerce(int), vol.Range(0, 366))])


async def set_billing(call: Call) -> Response:
    """Say how bills of a category are asked for; what is not named stays as it was."""
    data, category = call.data, call.data["category"]
    before = rules_of(call.site, category)
    steps = before.dunning
    if "dunning" in data:
        steps = tuple(
            DunningStep(days=step["days"], fee_minor=call.site.currency.parse(step["fee"]))
            for step in data["dunning"]
        )
    tax = before.top_up_tax_bp
    if "top_up_tax" in data:
        tax = parse_percent(call.text("top_up_tax"))
    rules = BillingRules(
        category=category,
        due_days=data.get("due_days", before.due_days),
        automatic=data.get("automatic", before.automatic),
        part=data.get("part", before.part),
        remind_days=tuple(data.get("remind_days", before.remind_days)),
        dunning=steps,
        top_up_tax_bp=tax,
        invoice_maker=data.get("invoices", before.invoice_maker),
    )
    receipt = await bills.set_billing(
        call.site, rules=rules, reason=call.text("reason"), actor=call.actor
    )
    return call.receipt(receipt) | rules_view(call.site, rules)


async def list_billing(call: Call) -> Response:
    """List how bills of each category are asked for."""
    return {"billing": [rules_view(call.site, rules_of(call.site, one)) for one in Category]}


ACTIONS: Final = (
    Action(
        "set_billing",
        set_billing,
        {
            **CATEGORY,
            vol.Optional("due_days"): vol.All(vol.Coerce(int), vol.Range(0, 366)),
            vol.Optional("automatic"): cv.boolean,
            vol.Optional("part"): cv.boolean,
            vol.Optional("remind_days"): DAYS,
            vol.Optional("dunning"): vol.All(cv.ensure_list, [STEP]),
            vol.Optional("top_up_tax"): cv.string,
            vol.Optional("invoices"): vol.Coerce(InvoiceMaker),
            **MAYBE_REASON,
        },
    ),
    Action("list_billing", list_billing, {}),
)
