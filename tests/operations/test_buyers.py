"""To whom bills are made out: as it was at the issue, found with the bill, and gone when it is erased."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.bill import INCOME, Bill, BillLine
from custom_components.prepaid_parking.core.buyer import Buyer
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bills import create_bill, issue_bill, void_bill
from custom_components.prepaid_parking.operations.buyers import (
    buyer_view,
    erase_person,
    set_buyer,
)
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.changing_cards import set_card
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.money import is_sound
from tests.operations.world import MANAGER, World

LI = Buyer(name="Li Wei Trading Ltd", tax_id="91310000MA1FL0001X", address="8 Garden Road")
WANG = Buyer(name="Wang Fang")
ERASED = {"name": None, "tax_id": None, "address": None, "erased": True}


async def tenant(world: World, **fields: Any) -> WalletRun:
    """Open a wallet for rent."""
    return await world.wallet(purpose=Purpose.PROPERTY, **fields)


async def names(world: World, wallet: WalletRun, buyer: Buyer | None) -> None:
    """Say to whom the bills are made out."""
    await set_buyer(world.site, wallet=wallet.wallet.id, buyer=buyer, actor=MANAGER)


async def bill(world: World, wallet: WalletRun, **more: Any) -> Bill:
    """Write a bill over 10.00."""
    category = Category.RENT
    line = BillLine(text="Rent", amount_minor=1_000, income=INCOME[category], trace={})
    _, written = await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=category,
        lines=(line,),
        actor=MANAGER,
        **more,
    )
    return written


async def on_paper(world: World, of: Bill) -> Any:
    """Tell to whom a bill is made out, as the books have it now."""
    (kept,) = await world.books.load(Bill, id=of.id)
    return await buyer_view(world.site, kept.buyer)


async def test_a_bill_keeps_the_buyer_it_was_issued_to(world: World) -> None:
    """Row 42: the company moves; the invoice of last year does not."""
    wallet = await tenant(world)
    before = await bill(world, wallet)
    await names(world, wallet, LI)
    first = await bill(world, wallet)
    await names(world, wallet, WANG)
    second = await bill(world, wallet)
    await world.restart()
    wallet = world.wallet_now(wallet)
    await names(world, wallet, None)
    third = await bill(world, wallet)
    assert [await on_paper(world, one) for one in (before, first, second, third)] == [
        None,
        LI.fields | {"erased": False},
        WANG.fields | {"erased": False},
        None,
    ]


async def test_a_draft_is_made_out_to_who_is_the_buyer_when_it_is_issued(world: World) -> None:
    """Prepared in the evening for a tenant who tells the tax id in the morning."""
    wallet = await tenant(world)
    await names(world, wallet, WANG)
    draft = await bill(world, wallet, draft=True)
    assert await on_paper(world, draft) is None
    await names(world, wallet, LI)
    await issue_bill(world.site, bill=draft.id, actor=MANAGER)
    assert (await on_paper(world, draft))["tax_id"] == LI.tax_id


async def test_a_credit_note_names_the_buyer_of_its_bill(world: World) -> None:
    """A note that takes a bill back from somebody else would be refused by the tax office."""
    wallet = await tenant(world)
    await names(world, wallet, LI)
    written = await bill(world, wallet)
    await names(world, wallet, WANG)
    _, void = await void_bill(world.site, bill=written.id, reason="wrong", actor=MANAGER)
    assert void.credit_note
    assert (await on_paper(world, written))["name"] == LI.name
    (issued,) = await world.books.entries(kinds=[EntryKind.BILL_ISSUED])
    (note,) = await world.books.entries(kinds=[EntryKind.BILL_VOIDED])
    assert issued.detail["buyer"] == note.detail["buyer"] == void.buyer


async def test_the_books_tell_nobody_who_the_buyer_is(world: World) -> None:
    """The chain is for ever; a name in it could never be erased."""
    wallet = await tenant(world)
    await names(world, wallet, LI)
    await bill(world, wallet)
    said = " ".join(str(entry) for entry in await world.books.entries(limit=1_000))
    kept = (world.folder / "site.db").read_bytes() + (world.folder / "site.db-wal").read_bytes()
    for word in (LI.name, LI.tax_id, LI.address):
        assert word not in said
        assert word.encode() not in kept


async def test_an_erased_person_is_gone_and_the_chain_is_whole(world: World) -> None:
    """Every wallet of the customer, every buyer a bill ever named; the sums and numbers stay."""
    wallet = await tenant(world, person={"name": "Li Wei"})
    second = await tenant(world, customer=wallet.wallet.id)
    other = await tenant(world)
    for run, buyer in ((wallet, LI), (second, WANG), (other, LI)):
        await names(world, run, buyer)
    bills = [await bill(world, run) for run in (wallet, second, other)]
    await names(world, wallet, WANG)
    await erase_person(
        world.site, wallet=second.wallet.id, reason="asked in writing", actor=MANAGER
    )
    for _ in range(2):
        assert await on_paper(world, bills[0]) == await on_paper(world, bills[1]) == ERASED
        assert (await on_paper(world, bills[2]))["name"] == LI.name
        assert len(await world.books.load(Subject)) == 1
        verdict = await world.books.verify()
        assert (verdict.first_bad, verdict.problem) == (None, "")
        await is_sound(world)
        await world.restart()
    assert await on_paper(world, await bill(world, world.wallet_now(wallet))) is None
    with pytest.raises(CoreError, match="subject_unknown"):
        await world.site.privacy.get_subject(wallet.wallet.subject)
    await erase_person(world.site, wallet=second.wallet.id, reason="again", actor=MANAGER)


async def test_the_plates_of_an_erased_person_are_gone_and_the_card_still_opens(
    world: World,
) -> None:
    """Asked to be forgotten, and still in the file: whole plates lead to a person in an afternoon."""
    wallet = await world.wallet("10", purpose=Purpose.PARKING)
    other = await world.wallet("10", purpose=Purpose.PARKING)
    for run, plate in ((wallet, "京A12345"), (other, "京A54321")):
        await issue_card(world.site, wallet=run.wallet.id, plates=[plate], actor=MANAGER)
    await erase_person(world.site, wallet=wallet.wallet.id, reason="asked", actor=MANAGER)
    assert len(await world.books.load(Subject)) == 1
    await world.restart()
    found = world.site.credentials[world.site.privacy.blind("plate", "京A12345")]
    await set_card(world.site, card=found.card, changes={}, add_plates=["京B11111"], actor=MANAGER)
    kept = await world.site.privacy.get_subject(world.site.cards[found.card].subject)
    assert kept == {"plates": "京B11111"}


async def test_a_buyer_that_no_bill_names_is_destroyed_when_it_changes(world: World) -> None:
    """What is not needed is not kept: a slip of the pen is nobody's record."""
    wallet = await tenant(world)
    await names(world, wallet, LI)
    await names(world, wallet, WANG)
    assert len(await world.books.load(Subject)) == 1
    await bill(world, wallet)
    await names(world, wallet, None)
    assert len(await world.books.load(Subject)) == 1


@pytest.mark.parametrize(
    ("buyer", "key"),
    [
        (Buyer(name="", tax_id="1"), "buyer_without_name"),
        (Buyer(name="x" * 501), "buyer_too_long"),
    ],
)
async def test_a_buyer_that_can_be_on_no_bill_is_refused(
    world: World, buyer: Buyer, key: str
) -> None:
    """Nothing is kept of it, neither open nor sealed."""
    wallet = await tenant(world)
    with pytest.raises(CoreError, match=key):
        await names(world, wallet, buyer)
    assert await world.books.load(Subject) == []
    assert wallet.wallet.buyer == ""
