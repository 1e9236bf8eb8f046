"""What is to be done about invoices, as whoever keeps the books asks every morning."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.invoice import Invoice
from custom_components.prepaid_parking.core.page import Part
from custom_components.prepaid_parking.operations.cashier import refund
from custom_components.prepaid_parking.operations.invoice_due import due_invoices
from custom_components.prepaid_parking.operations.invoice_money import returns_of
from custom_components.prepaid_parking.operations.invoice_views import invoice_views
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.invoicing import by_service, due, request, rules, void
from tests.operations.world import MANAGER, MINUTE, World


async def give_back(world: World, run: WalletRun, minor: int = 100) -> None:
    """Give some of a wallet's money back over the counter."""
    await refund(world.site, wallet=run.wallet.id, amount_minor=minor, reason="x", actor=MANAGER)


async def many(world: World, count: int) -> list[tuple[WalletRun, Invoice]]:
    """As many payers with an invoice each, those who asked first before the others."""
    made = []
    for _ in range(count):
        wallet = await world.wallet("10")
        made.append((wallet, await request(world, wallet)))
        world.clock.now += MINUTE
    return made


async def test_what_is_due_is_listed_part_by_part(world: World) -> None:
    """A credit note that falls between two pages is not given, and the tax office finds it."""
    await rules(world)
    issued = await many(world, 4)
    await by_service(world)
    waiting = await many(world, 3)
    for wallet, _ in (issued[0], issued[2], waiting[1]):
        await give_back(world, wallet)
    listed = [one.id for _, one in (*reversed(waiting), issued[2], issued[0])]
    for limit in range(1, 7):
        found: list[str] = []
        while True:
            part = Part(after=found[-1] if found else "", limit=limit)
            page, count = await due_invoices(world.site, part)
            assert count == len(listed)
            if not page:
                break
            assert len(page) <= limit
            found += [one.id for one in page]
        assert found == listed
    steps = [step for step, _ in (await due(world)).values()]
    assert steps == ["issue", "withdraw", "issue", "credit_note", "credit_note"]
    assert await due_invoices(world.site, Part(after="iv0")) == ([], 5)
    assert await due_invoices(world.site, wallet=issued[1][0].wallet.id) == ([], 0)
    assert await due_invoices(world.site, wallet=issued[0][0].wallet.id) == ([issued[0][1]], 1)


async def test_a_list_goes_on_behind_what_was_done_meanwhile(world: World) -> None:
    """Whoever works a list off does each before the next page: none is passed over."""
    await rules(world)
    made = await many(world, 3)
    for wallet, _ in made:
        await give_back(world, wallet)
    (first,), _ = await due_invoices(world.site, Part(limit=1))
    await void(world, first)
    (second,), count = await due_invoices(world.site, Part(after=first.id, limit=1))
    assert (first.id, second.id, count) == (made[2][1].id, made[1][1].id, 2)


async def test_ten_years_of_invoices_are_not_read_for_the_few_that_are_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that goes through all of them at each look holds up what is booked meanwhile."""
    await rules(world)
    made = await many(world, 30)
    wallet, invoice = made[17]
    await give_back(world, wallet)
    rows: list[object] = []
    for name in ("load", "page"):
        read = getattr(world.books, name)

        async def counted(kind: type, *args: Any, _read: Any = read, **like: Any) -> list[Any]:
            found: list[Any] = await _read(kind, *args, **like)
            rows.extend(found)
            return found

        monkeypatch.setattr(world.books, name, counted)
    assert await due_invoices(world.site) == ([invoice], 1)
    assert rows == [invoice]
    asked: list[object] = []
    entries = world.books.entries

    async def watched(**like: Any) -> Any:
        asked.append(like.get("after"))
        return await entries(**like)

    monkeypatch.setattr(world.books, "entries", watched)
    (newest,) = await entries(newest_first=True, limit=1)
    await returns_of(world.site)
    assert asked == [None, newest.id]


async def test_a_month_is_listed_without_going_through_ten_years(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk shows one tenant's invoice: it must not wait for the books from their beginning."""
    await rules(world)
    old, new = await many(world, 2)
    await give_back(world, old[0])
    world.clock.now += MINUTE
    wallet = await world.wallet("10")
    invoice = await request(world, wallet)
    world.clock.now += MINUTE
    await give_back(world, wallet)
    asked: list[object] = []
    entries = world.books.entries

    async def watched(**like: Any) -> Any:
        asked.append(like.get("since"))
        return await entries(**like)

    monkeypatch.setattr(world.books, "entries", watched)
    (view,) = await invoice_views(world.site, [invoice])
    assert (view["due"], view["left"]) == ("credit_note", "9.00")
    assert asked == [invoice.paid_at] * 2
    assert await invoice_views(world.site, []) == []
    assert list(await returns_of(world.site)) == [old[0].wallet.id, wallet.wallet.id]
    views = await invoice_views(world.site, [new[1], old[1]])
    assert [view["due"] for view in views] == [None, "credit_note"]


async def test_money_of_before_an_invoice_asks_for_nothing(world: World) -> None:
    """A refund of last year's top-up is no reason to take this year's paper back."""
    await rules(world)
    wallet = await world.wallet("10")
    await give_back(world, wallet)
    world.clock.now += MINUTE
    await world.pay(wallet, "20")
    invoice = await request(world, wallet)
    returns = await returns_of(world.site)
    assert returns[wallet.wallet.id] < invoice.paid_at
    assert await due_invoices(world.site) == ([], 0)
    world.clock.now += MINUTE
    await give_back(world, wallet)
    assert (await returns_of(world.site))[wallet.wallet.id] == world.clock.now
    assert await due_invoices(world.site) == ([invoice], 1)
    await world.restart()
    assert await due_invoices(world.site) == ([invoice], 1)
