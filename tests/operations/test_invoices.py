"""Invoices of top-ups: asked for once, numbered without a gap, whatever dies between."""

import contextlib
from typing import Any

import pytest

from custom_components.prepaid_parking.core.batch import Row
from custom_components.prepaid_parking.core.buyer import Buyer
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.invoice import Invoice, InvoiceState, InvoiceStep
from custom_components.prepaid_parking.core.page import WHOLE_LIST, Part
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.batch import Batch, batch_top_up
from custom_components.prepaid_parking.operations.bills import void_bill
from custom_components.prepaid_parking.operations.buyers import buyer_view, erase_person, set_buyer
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.invoice_due import due_invoices
from custom_components.prepaid_parking.operations.invoice_top_ups import (
    by_entry,
    by_order,
    latest_of,
)
from custom_components.prepaid_parking.operations.invoice_views import latest_invoices
from custom_components.prepaid_parking.operations.invoices import (
    find_invoice,
    issue_invoice,
    request_invoice,
)
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import create_order
from custom_components.prepaid_parking.operations.top_up_fees import set_top_up_fee
from tests.operations.dying import Dying
from tests.operations.invoicing import (
    OUTSIDE,
    by_service,
    due,
    numbers,
    request,
    rules,
    void,
)
from tests.operations.money import is_sound
from tests.operations.provider import SIGNED
from tests.operations.refunding import RefundingProvider, of
from tests.operations.test_bills import bill_for
from tests.operations.test_unheard import lost_answers
from tests.operations.world import DAY, MANAGER, MINUTE, World

LI = Buyer(name="Li Wei Trading Ltd", tax_id="91310000MA1FL0001X")


def events(world: World) -> list[tuple[WalletEvent, str]]:
    """What was told of invoices."""
    return [
        (fact.event, fact.reference)
        for fact in world.heard(WalletFact)
        if fact.event.startswith("invoice")
    ]


async def test_an_invoice_is_asked_for_once_and_has_the_next_number(world: World) -> None:
    """Two invoices of one payment are two claims on the tax office; no money moves by one."""
    await rules(world)
    wallet = await world.wallet("100")
    before = await world.books.balances()
    top_up = await latest_of(world.site, wallet)
    asked = {"top_up": top_up, "actor": MANAGER}
    first = await request_invoice(world.site, **asked)  # type: ignore[arg-type]
    again = await request_invoice(world.site, **asked)  # type: ignore[arg-type]
    named = await request_invoice(world.site, reference="r1", **asked)  # type: ignore[arg-type]
    assert (first[1], again, named) == (False, (first[0], True), (first[0], True))
    invoice = first[0]
    assert (invoice.number, invoice.state) == ("I2026-000001", InvoiceState.ISSUED)
    assert (invoice.amount_minor, invoice.tax_minor, invoice.tax_bp) == (10_000, 566, 600)
    assert await world.books.balances() == before
    kinds = [EntryKind.INVOICE_REQUESTED, EntryKind.INVOICE_ISSUED]
    entries = await world.books.entries(kinds=kinds)
    assert [entry.kind for entry in entries] == kinds
    assert not any(entry.postings for entry in entries)
    assert events(world) == [(WalletEvent.INVOICE_ISSUED, "I2026-000001")]
    await is_sound(world)


async def test_numbers_go_on_over_restarts_and_notes_have_their_own(world: World) -> None:
    """A gap, or a number given twice, is what an auditor finds first; credit notes are one series."""
    rent = await world.wallet(purpose=Purpose.PROPERTY)
    bill = await bill_for(world, rent, 3_000, Category.RENT)
    await void_bill(world.site, bill=bill.id, reason="wrong", actor=MANAGER)
    for place in range(3):
        wallet = await world.wallet("10")
        invoice = await request(world, wallet)
        if place == 1:
            note = await void(world, invoice)
            assert note.credit_note == "C2026-000002"
        await world.restart()
    assert await numbers(world) == [
        "C2026-000002",
        *(f"I2026-{number:06}" for number in (1, 2, 3)),
    ]


@pytest.mark.parametrize("at", range(5))
async def test_a_hub_that_dies_between_any_two_writes_leaves_one_invoice(
    world: World, at: int
) -> None:
    """Asked again after the power came back, there is one, with the number that comes next."""
    await request(world, await world.wallet("10"))
    wallet = await world.wallet("10")
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await request(world, wallet, reference="r1")
    await world.restart()
    wallet = world.wallet_now(wallet)
    invoice = await request(world, wallet, reference="r1")
    await world.tick(MINUTE)
    assert (await find_invoice(world.site, invoice.id)).number == "I2026-000002"
    assert (await request(world, await world.wallet("10"))).number == "I2026-000003"
    assert len(await world.books.load(Invoice)) == 3


@pytest.mark.parametrize("again", [True, False], ids=["asked_again", "let_be"])
async def test_an_answer_that_nobody_heard_costs_no_number(world: World, again: bool) -> None:
    """The number is in the books; given out once more, two buyers would have it."""
    await request(world, await world.wallet("10"))
    wallet = await world.wallet("10")
    with lost_answers(world):
        await request(world, wallet)
    if again:
        await request(world, wallet)
    await world.tick(MINUTE)
    assert await numbers(world) == ["I2026-000001", "I2026-000002"]
    await void(world, (await world.books.load(Invoice, number="I2026-000001"))[0])
    with lost_answers(world):
        await void(world, (await world.books.load(Invoice, number="I2026-000002"))[0])
    assert (await numbers(world))[:2] == ["C2026-000001", "C2026-000002"]


async def test_a_policy_asks_with_each_top_up_exactly_once(world: World) -> None:
    """Whoever wants an invoice each month is not to ask for one each month; a double is one payment."""
    await world.policy(invoices=True)
    wallet = await world.wallet("10", policy="standard")
    world.clock.now += MINUTE  # They are numbered as they were asked for.
    for _ in range(2):
        await world.pay(wallet, "20", reference="t1")
    await world.policy(invoices=False)
    await world.pay(wallet, "40")
    assert {one.state for one in await world.books.load(Invoice)} == {InvoiceState.REQUESTED}
    await world.restart()
    await world.tick(MINUTE)
    kept = await world.books.load(Invoice)
    assert sorted((one.number, one.amount_minor) for one in kept) == [
        ("I2026-000001", 1_000),
        ("I2026-000002", 2_000),
    ]
    await world.tick(MINUTE)
    assert len(await world.books.entries(kinds=[EntryKind.INVOICE_ISSUED])) == 2


async def test_a_notice_that_comes_twice_asks_for_one_invoice(
    world: World, provider: RefundingProvider
) -> None:
    """Providers repeat themselves; the tax office does not laugh about it."""
    await world.policy(invoices=True)
    wallet = await world.wallet()
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=5_000, actor=MANAGER
    )
    body = provider.notice(provider.pay(order.out_no, 5_000), world.clock.now)
    with lost_answers(world):
        await hear(world.site, "ch1", SIGNED, body)
    for _ in range(2):
        await hear(world.site, "ch1", SIGNED, body)
    await world.tick(MINUTE)
    (invoice,) = await world.books.load(Invoice)
    assert (invoice.number, invoice.amount_minor) == ("I2026-000001", 5_000)
    top_up = await by_order(world.site, order.id)
    again, repeated = await request_invoice(world.site, top_up=top_up, actor=MANAGER)
    assert (again, repeated) == (invoice, True)


async def test_every_row_of_a_batch_asks_for_its_own(world: World) -> None:
    """A company fills fifty flats at once: fifty tenants, fifty invoices, no number left out."""
    await world.policy(invoices=True)
    wallets = [await world.wallet() for _ in range(3)]
    rows = [
        Row(number=place, wallet=run.wallet.id, amount="10", reason="")
        for place, run in enumerate(wallets, 1)
    ]
    batch = Batch(rows=rows, channel=Channel.TRANSFER, reference="b1", actor=MANAGER)
    for _ in range(2):
        await batch_top_up(world.site, batch)
    await world.tick(MINUTE)
    assert await numbers(world) == [f"I2026-{place:06}" for place in (1, 2, 3)]


async def test_what_a_service_makes_waits_for_its_number(world: World) -> None:
    """China's 数电发票 are made by the tax bureau's platform: the hub tells, and keeps what came back."""
    await by_service(world)
    await world.policy(invoices=True)
    wallet = await world.wallet("100")
    (invoice,) = await world.books.load(Invoice)
    assert events(world) == [(WalletEvent.INVOICE_REQUESTED, invoice.id)]
    await world.restart()
    await world.tick(DAY)
    assert await due(world) == {invoice.id: (InvoiceStep.ISSUE, "100.00")}
    link = f"https://invoice.example.org/{OUTSIDE}"
    made = {"invoice": invoice.id, "number": OUTSIDE, "link": link, "actor": MANAGER}
    issued, repeated = await issue_invoice(world.site, **made)  # type: ignore[arg-type]
    assert (issued.number, issued.link, repeated) == (OUTSIDE, link, False)
    assert await issue_invoice(world.site, **made) == (issued, True)  # type: ignore[arg-type]
    assert await find_invoice(world.site, OUTSIDE) == issued
    with pytest.raises(CoreError, match="invoice_already_issued"):
        await issue_invoice(world.site, **made | {"number": "2"})  # type: ignore[arg-type]
    await world.pay(world.wallet_now(wallet), "1")
    ((other,), _) = await latest_invoices(world.site, state=InvoiceState.REQUESTED)
    with pytest.raises(CoreError, match="invoice_number_taken"):
        await issue_invoice(world.site, **made | {"invoice": other.id})  # type: ignore[arg-type]
    with pytest.raises(CoreError, match="invoice_needs_number"):
        await issue_invoice(world.site, invoice=other.id, actor=MANAGER)
    with pytest.raises(CoreError, match="invoice_needs_number"):
        await void(world, issued)
    with pytest.raises(CoreError, match="invoice_number_taken"):
        await void(world, issued, number=OUTSIDE)
    note = await void(world, issued, number="26312000000123456790", link=link)
    assert (note.credit_note, note.credit_link) == ("26312000000123456790", link)
    with pytest.raises(CoreError, match="invoice_not_issued"):
        await void(world, other, number="3")
    with pytest.raises(CoreError, match="invoice_needs_number"):
        await void(world, other, link=link)
    assert (await void(world, other)).state is InvoiceState.VOID


async def test_the_sites_own_numbers_are_given_by_the_site_alone(world: World) -> None:
    """A number typed in by hand would leave a hole in the series, or be there twice."""
    invoice = await request(world, await world.wallet("10"))
    with pytest.raises(CoreError, match="invoice_own_number"):
        await issue_invoice(world.site, invoice=invoice.id, number="5", actor=MANAGER)
    with pytest.raises(CoreError, match="invoice_own_number"):
        await void(world, invoice, number="5")


async def test_a_service_fee_is_on_the_paper_with_its_own_tax(world: World) -> None:
    """The payer paid it; the tax that was booked of it is the one that is said."""
    await rules(world)
    changes = {"share_bp": 100, "tax_bp": 1_300, "on_top": True}
    await set_top_up_fee(world.site, fee="desk", changes=changes, actor=MANAGER)
    invoice = await request(world, await world.wallet("100"))
    assert (invoice.amount_minor, invoice.fee_minor) == (10_113, 113)
    assert (invoice.tax_minor, invoice.fee_tax_minor) == (566 + 13, 13)


async def test_an_invoice_keeps_the_buyer_it_was_issued_to(world: World) -> None:
    """It is made out to who is the buyer then; erased, the number and the sum stay."""
    wallet = await world.wallet("10")
    await set_buyer(world.site, wallet=wallet.wallet.id, buyer=LI, actor=MANAGER)
    invoice = await request(world, wallet)
    await set_buyer(world.site, wallet=wallet.wallet.id, buyer=None, actor=MANAGER)
    kept = await find_invoice(world.site, invoice.number)
    assert await buyer_view(world.site, kept.buyer) == LI.fields | {"erased": False}
    said = " ".join(str(entry) for entry in await world.books.entries(limit=1_000))
    assert LI.name not in said
    await erase_person(world.site, wallet=wallet.wallet.id, reason="asked", actor=MANAGER)
    buyer = await buyer_view(world.site, kept.buyer)
    assert buyer is not None
    assert buyer["erased"] is True
    assert (await world.books.verify()).first_bad is None


@pytest.mark.usefixtures("provider")
async def test_what_is_no_top_up_has_no_invoice(world: World) -> None:
    """A deduction, a bill at the desk, an order that nobody paid: each has papers of its own."""
    wallet = await world.wallet("10")
    taken = await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=100, reason="r", actor=MANAGER
    )
    with pytest.raises(CoreError, match="invoice_not_top_up"):
        await by_entry(world.site, taken.entry)
    with pytest.raises(CoreError, match="invoice_not_top_up"):
        await latest_of(world.site, await world.wallet())
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=5_000, actor=MANAGER
    )
    with pytest.raises(CoreError, match="invoice_not_top_up"):
        await by_order(world.site, order.id)
    with pytest.raises(CoreError, match="unknown_invoice"):
        await find_invoice(world.site, "")


async def test_invoices_are_found_by_day_by_wallet_and_by_state(world: World) -> None:
    """Whoever keeps the books looks at one month; the desk at one tenant."""
    wallets = [await world.wallet("10") for _ in range(2)]
    old = await request(world, wallets[0])
    world.clock.now += 40 * DAY
    new = await request(world, wallets[1])
    await void(world, old)
    today, site = world.clock.now.date(), world.site

    async def names(part: Part = WHOLE_LIST, **asked: Any) -> list[str]:
        found, count = await latest_invoices(site, part, **asked)
        assert count >= len(found)
        return [one.id for one in found]

    assert await names() == [new.id, old.id]
    assert await names(first=today) == [new.id]
    assert await names(last=today - DAY) == [old.id]
    assert await names(wallet=old.wallet) == [old.id]
    assert await names(state=InvoiceState.VOID) == [old.id]
    assert await names(Part(limit=1)) == [new.id]
    assert await names(Part(after=new.id, limit=1)) == [old.id]
    assert await names(Part(after=old.id)) == await names(Part(after="iv0")) == []
    await by_service(world)
    waiting = await request(world, await world.wallet("10"))
    assert await due_invoices(site, wallet=old.wallet) == ([], 0)
    assert await due_invoices(site, wallet=waiting.wallet) == ([waiting], 1)
