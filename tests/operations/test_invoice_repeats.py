"""Invoices that are asked for twice, late, or in a bad hour: each has one number, and says what is true."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.invoice import Invoice, InvoiceState, InvoiceStep
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.pay_channel import RowKind
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.cashier import refund
from custom_components.prepaid_parking.operations.invoice_top_ups import (
    by_order,
    by_receipt,
    latest_of,
)
from custom_components.prepaid_parking.operations.invoices import (
    find_invoice,
    issue_invoice,
    number_invoices,
    request_invoice,
)
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from tests.operations.invoicing import OUTSIDE, by_service, due, numbers, request, void
from tests.operations.refunding import RefundingProvider, of, paid_order, payment_row
from tests.operations.test_bills import bill_for
from tests.operations.test_settlement import TODAY, reconcile
from tests.operations.test_unheard import lost_answers
from tests.operations.world import DAY, MANAGER, MINUTE, World

NOTE = "26312000000123456790"


async def issue(world: World, invoice: Invoice, **more: Any) -> Invoice:
    """Give an invoice its number."""
    issued, _ = await issue_invoice(world.site, invoice=invoice.id, actor=MANAGER, **more)
    return issued


async def waiting(world: World, many: int) -> list[Invoice]:
    """Top-ups whose policy asks for invoices, before any has its number."""
    await world.policy(invoices=True)
    for _ in range(many):
        await world.wallet("10")
    return sorted(await world.books.load(Invoice), key=lambda one: one.wallet)


async def test_credit_notes_count_on_over_a_restart(world: World) -> None:
    """The second note would bear the first one's number, and the tax office has two of it."""
    invoices = [await request(world, await world.wallet("10")) for _ in range(2)]
    for invoice in invoices:
        await void(world, invoice)
        await world.restart()
    assert (await numbers(world))[:2] == ["C2026-000001", "C2026-000002"]


async def test_a_number_of_a_credit_note_is_no_invoices(world: World) -> None:
    """Typed into the wrong line: the paper that bears it takes another one back."""
    await by_service(world)
    first, second = [await request(world, await world.wallet("10")) for _ in range(2)]
    await issue(world, first, number=OUTSIDE)
    await void(world, first, number=NOTE)
    with pytest.raises(CoreError, match="invoice_number_taken"):
        await issue(world, second, number=NOTE)


async def test_of_money_that_has_gone_back_nothing_is_issued(world: World) -> None:
    """The desk presses the button a moment too late: no number is spent on it."""
    (invoice,) = await waiting(world, 1)
    told: Any = {"wallet": "w1", "amount_minor": 1_000, "reason": "r", "actor": MANAGER}
    await refund(world.site, **told)
    with pytest.raises(CoreError, match="invoice_nothing_left"):
        await issue(world, invoice)
    await world.tick(MINUTE)
    assert (await find_invoice(world.site, invoice.id)).state is InvoiceState.VOID
    assert await numbers(world) == []


async def test_a_request_that_comes_again_after_its_credit_note_asks_for_no_other(
    world: World,
) -> None:
    """The office's program repeats what it has no answer to, a day late: it hears of the one it asked for."""
    wallet = await world.wallet("10")
    invoice = await void(world, await request(world, wallet, reference="r1"))
    top_up = await latest_of(world.site, wallet)
    asked: Any = {"top_up": top_up, "reference": "r1", "actor": MANAGER}
    assert await request_invoice(world.site, **asked) == (invoice, True)
    assert await world.books.load(Invoice) == [invoice]
    # Who asks anew is given another one.
    assert (await request(world, wallet)).number == "I2026-000002"


async def test_no_number_is_given_on_books_set_back_or_by_a_wrong_clock(world: World) -> None:
    """It may have been given in the time that is lost, or would stand in another year's series."""
    (invoice,) = await waiting(world, 1)
    with patch.object(world.books, "state", BooksState.ROLLED_BACK):
        await number_invoices(world.site, world.clock.now)
    with patch.object(world.site, "clock_ok", False):
        await number_invoices(world.site, world.clock.now)
    assert (await find_invoice(world.site, invoice.id)).number == ""
    await number_invoices(world.site, world.clock.now)
    assert (await find_invoice(world.site, invoice.id)).number == "I2026-000001"


@pytest.mark.parametrize("next_one", ["request", "issue", "chore"])
async def test_after_a_number_that_nobody_heard_of_the_next_one_is_given_at_once(
    world: World, next_one: str
) -> None:
    """It is in the books: whoever comes next must not be refused until the hub is started anew."""
    first, second = await waiting(world, 2)
    with lost_answers(world):
        await issue(world, first)
    if next_one == "request":
        await request(world, world.site.wallet("w2"))
    elif next_one == "issue":
        await issue(world, second)
    else:
        await number_invoices(world.site, world.clock.now)
    assert (await find_invoice(world.site, second.id)).number == "I2026-000002"


async def test_after_a_note_that_nobody_heard_of_the_next_one_is_given_at_once(
    world: World,
) -> None:
    """As with the numbers of invoices."""
    first, second, third = [await request(world, await world.wallet("10")) for _ in range(3)]
    await void(world, first)
    with lost_answers(world):
        await void(world, second)
    assert (await void(world, third)).credit_note == "C2026-000003"


async def test_a_payment_that_its_bank_took_back_asks_for_a_credit_note_until_it_is_won(
    world: World, provider: RefundingProvider
) -> None:
    """The tax of money that is gone is claimed by nobody; it is there again when the dispute is won."""
    order = await paid_order(world, provider, await world.wallet())
    invoice = await request(world, world.site.wallet("w1"))
    paid = payment_row(provider.orders[order.out_no])
    taken = replace(paid, kind=RowKind.DISPUTE, out_no="", amount_minor=-10_000)
    provider.files[TODAY] = [paid, taken]
    await reconcile(world)
    assert await due(world) == {invoice.id: (InvoiceStep.CREDIT_NOTE, "0.00")}
    world.clock.now += DAY
    won = replace(taken, amount_minor=10_000, at=world.clock.now - timedelta(hours=1))
    provider.files[TODAY + DAY] = [won]
    await reconcile(world, TODAY + DAY)
    assert await due(world) == {}


async def test_a_refund_of_what_a_person_gave_its_place_is_of_that_money(
    world: World, provider: RefundingProvider
) -> None:
    """It is in the wallet under another name than the payment's: its invoice must not stay."""
    wallet = await world.wallet()
    asked: Any = {"aim": of(wallet), "channel": "ch1", "amount_minor": 10_000, "actor": MANAGER}
    order = await create_order(world.site, **asked)
    provider.pay(order.out_no, 9_000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched
    await settle_payment(world.site, payment=held, aim=of(wallet), actor=MANAGER)
    invoice = await request(world, wallet)
    await refund_order(world.site, order=order.id, reason="left", actor=MANAGER)
    assert await due(world) == {invoice.id: (InvoiceStep.CREDIT_NOTE, "0.00")}


async def test_an_order_leads_to_its_own_top_up(world: World, provider: RefundingProvider) -> None:
    """Cash came between the code and the payment: the invoice is of what was paid by phone."""
    wallet = await world.wallet()
    asked: Any = {"aim": of(wallet), "channel": "ch1", "amount_minor": 5_000, "actor": MANAGER}
    order = await create_order(world.site, **asked)
    await world.pay(wallet, "7")
    provider.pay(order.out_no, 5_000)
    await look(world.site, order.id)
    top_up = await by_order(world.site, order.id)
    invoice, _ = await request_invoice(world.site, top_up=top_up, actor=MANAGER)
    assert invoice.amount_minor == 5_000


async def test_a_receipt_of_something_else_leads_to_no_invoice(world: World) -> None:
    """A bill that was paid at the desk is its own paper: a second one would claim its tax twice."""
    wallet = await world.wallet("10", purpose=Purpose.PROPERTY)
    bill = await bill_for(world, wallet, 3_000)
    await pay_bill(world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER)
    (receipt,) = [one for one in await world.books.load(DeskReceipt) if one.bill]
    with pytest.raises(CoreError, match="invoice_not_top_up"):
        await by_receipt(world.site, receipt.no)
