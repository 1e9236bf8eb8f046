"""Money that went back takes its invoice with it: by a credit note, before its number, and once."""

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.invoice import Invoice, InvoiceState, InvoiceStep
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cashier import close_wallet, refund
from custom_components.prepaid_parking.operations.invoice_top_ups import by_receipt
from custom_components.prepaid_parking.operations.invoices import (
    invoice_of,
    issue_invoice,
    request_invoice,
)
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.invoicing import OUTSIDE, by_service, due, numbers, request, rules, void
from tests.operations.money import is_sound
from tests.operations.refunding import RefundingProvider, paid_order
from tests.operations.world import MANAGER, MINUTE, World


async def test_money_that_went_back_asks_for_a_credit_note(world: World) -> None:
    """The tax of a payment that was given back is claimed by nobody, and the rest gets its paper."""
    wallet = await world.wallet("100")
    first = await request(world, wallet)
    await world.pay(wallet, "50")
    second = await request(world, wallet)
    assert await due(world) == {}
    await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=7_000, reason="moved", actor=MANAGER
    )
    assert await due(world) == {
        second.id: (InvoiceStep.CREDIT_NOTE, "0.00"),
        first.id: (InvoiceStep.CREDIT_NOTE, "80.00"),
    }
    assert (await void(world, first)).credit_note == "C2026-000001"
    assert (await void(world, second)).credit_note == "C2026-000002"
    assert await due(world) == {}
    with pytest.raises(CoreError, match="invoice_nothing_left"):
        await request(world, wallet)
    (old,) = await world.books.entries(kinds=[EntryKind.TOP_UP], limit=1)
    again, repeated = await request_invoice(world.site, top_up=old, actor=MANAGER)
    assert (again.amount_minor, again.number, repeated) == (8_000, "I2026-000003", False)
    assert (await invoice_of(world.site, old.event)) == again
    await is_sound(world)


async def test_a_receipt_that_was_voided_asks_for_a_credit_note(world: World) -> None:
    """The mistake of the desk is out of the drawer; its invoice must not stay with the tax office."""
    wallet = await world.wallet("100")
    invoice, _ = await request_invoice(
        world.site, top_up=await by_receipt(world.site, 1), actor=MANAGER
    )
    await void_payment(world.site, receipt=1, reason="mistake", actor=MANAGER)
    await world.restart()
    assert await due(world) == {invoice.id: (InvoiceStep.CREDIT_NOTE, "0.00")}
    await world.pay(world.wallet_now(wallet), "5")
    assert len(await due(world)) == 1


async def test_a_refund_that_was_taken_back_leaves_the_invoice_right(world: World) -> None:
    """Typed by mistake and reversed: nothing has to be done about a paper that is true."""
    wallet = await world.wallet("100")
    invoice = await request(world, wallet)
    receipt = await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=100, reason="r", actor=MANAGER
    )
    assert await due(world) == {invoice.id: (InvoiceStep.CREDIT_NOTE, "99.00")}
    await reverse_entry(world.site, entry=receipt.entry, reason="mistake", actor=MANAGER)
    assert await due(world) == {}


async def test_a_refund_of_an_order_is_of_that_payment(
    world: World, provider: RefundingProvider
) -> None:
    """The provider gives the first payment back: the invoice of the second is as right as ever."""
    wallet = await world.wallet()
    invoices, orders = [], []
    for _ in range(2):
        orders.append(await paid_order(world, provider, wallet))
        invoices.append(await request(world, wallet))
    back = await refund_order(world.site, order=orders[0].id, reason="r", actor=MANAGER)
    assert await due(world) == {invoices[0].id: (InvoiceStep.CREDIT_NOTE, "0.00")}
    provider.end(back.refund_no, RefundOutcome.FAILED)
    await world.tick(MINUTE)
    assert await due(world) == {}


async def test_what_went_back_before_the_number_is_not_on_the_paper(world: World) -> None:
    """Asked for at noon, given back in the same minute: no number for nothing, and none for too much."""
    await world.policy(invoices=True)
    gone, part = await world.wallet("10"), await world.wallet("10")
    for wallet, minor in ((gone, 1_000), (part, 400)):
        await refund(
            world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="r", actor=MANAGER
        )
    await world.tick(MINUTE)
    (first,) = await world.books.load(Invoice, wallet=gone.wallet.id)
    (second,) = await world.books.load(Invoice, wallet=part.wallet.id)
    assert (first.state, first.number, first.credit_note) == (InvoiceState.VOID, "", "")
    assert (second.number, second.amount_minor) == ("I2026-000001", 600)


async def test_a_service_hears_that_what_it_was_asked_for_has_gone_back(world: World) -> None:
    """Before anybody makes the paper; what was made all the same is written down and voided there."""
    await by_service(world)
    wallet = await world.wallet("10")
    invoice = await request(world, wallet)
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    assert await due(world) == {invoice.id: (InvoiceStep.WITHDRAW, "0.00")}
    made, _ = await issue_invoice(world.site, invoice=invoice.id, number=OUTSIDE, actor=MANAGER)
    assert await due(world) == {made.id: (InvoiceStep.CREDIT_NOTE, "0.00")}


async def test_a_void_under_its_reference_is_answered_again(world: World) -> None:
    """The office's program repeats what it has no answer to; there is one credit note."""
    invoice = await request(world, await world.wallet("10"))
    for _ in range(2):
        assert (await void(world, invoice, reference="v1")).id == invoice.id
    with pytest.raises(CoreError, match="invoice_is_void"):
        await void(world, invoice)
    assert await numbers(world) == ["C2026-000001", "I2026-000001"]
    with pytest.raises(CoreError, match="invoice_is_void"):
        await issue_invoice(world.site, invoice=(await void_of(world)).id, actor=MANAGER)


async def void_of(world: World) -> Invoice:
    """Return a request that was withdrawn."""
    await by_service(world)
    invoice = await request(world, await world.wallet("10"))
    await rules(world)
    return await void(world, invoice)
