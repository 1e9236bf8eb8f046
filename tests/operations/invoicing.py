"""Invoices as a test asks for them, takes them back, and looks at what there is of them."""

from typing import Any

from custom_components.prepaid_parking.core.bill import BillingRules
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.invoice import Invoice, InvoiceMaker
from custom_components.prepaid_parking.operations.bills import set_billing
from custom_components.prepaid_parking.operations.invoice_due import due_invoices
from custom_components.prepaid_parking.operations.invoice_top_ups import latest_of
from custom_components.prepaid_parking.operations.invoice_views import invoice_views
from custom_components.prepaid_parking.operations.invoices import request_invoice, void_invoice
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.world import MANAGER, World

OUTSIDE = "26312000000123456789"
"""A number that a service outside has given."""


async def rules(world: World, **fields: Any) -> None:
    """Say which tax top-ups of utilities contain, and who makes their invoices."""
    written = BillingRules(category=Category.UTILITY, top_up_tax_bp=600, **fields)
    await set_billing(world.site, rules=written, actor=MANAGER)


async def by_service(world: World) -> None:
    """Have a service outside make the invoices."""
    await rules(world, invoice_maker=InvoiceMaker.SERVICE)


async def request(world: World, wallet: WalletRun, **more: Any) -> Invoice:
    """Ask for the invoice of a wallet's last top-up."""
    top_up = await latest_of(world.site, wallet)
    invoice, _ = await request_invoice(world.site, top_up=top_up, actor=MANAGER, **more)
    return invoice


async def void(world: World, invoice: Invoice, **more: Any) -> Invoice:
    """Take an invoice back."""
    told: Any = {"invoice": invoice.id, "reason": "wrong", "actor": MANAGER} | more
    _, after = await void_invoice(world.site, **told)
    return after


async def due(world: World) -> dict[str, Any]:
    """What somebody has to do, by invoice."""
    found, count = await due_invoices(world.site)
    views = await invoice_views(world.site, found)
    assert len(views) == count
    return {view["invoice"]: (view["due"], view["left"]) for view in views}


async def numbers(world: World) -> list[str]:
    """All numbers of invoices and of their credit notes, in their order."""
    kept = await world.books.load(Invoice)
    return sorted(one for two in kept for one in (two.number, two.credit_note) if one)
