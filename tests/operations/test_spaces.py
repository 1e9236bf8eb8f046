"""Spaces: registered, changed, imported, handed over and removed; each day is billed to who had it."""

from datetime import date, timedelta
from time import perf_counter

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import SpaceId
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.space import (
    Grade,
    Location,
    Space,
    SpaceFilter,
    Tenure,
)
from custom_components.prepaid_parking.core.space_lists import COLUMNS, write_list
from custom_components.prepaid_parking.core.tables import read_rows
from custom_components.prepaid_parking.core.wallet import Card, CardState, Purpose, WalletKind
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.closing_wallet import close_wallet
from custom_components.prepaid_parking.operations.space_lists import SpaceLine, lines_of, listed
from custom_components.prepaid_parking.operations.spaces import (
    SpaceDraft,
    import_spaces,
    remove_space,
    set_space,
)
from tests.operations.test_space_billing import bills, put_item
from tests.operations.world import MANAGER, World

DAY = timedelta(days=1)
PLAIN: dict[str, object] = {"location": Location.UNDERGROUND, "tenure": Tenure.OWNED}


async def add(world: World, name: str, since: date | None = None, **fields: object) -> Space:
    """Register a space."""
    draft = SpaceDraft(space="", changes=PLAIN | {"name": name} | fields, since=since)
    receipt = await set_space(world.site, draft=draft, actor=MANAGER)
    return world.site.parking.spaces[SpaceId(first_of(receipt))]


async def change(world: World, space: Space, since: date | None = None, **fields: object) -> Space:
    """Change a space."""
    draft = SpaceDraft(space=space.id, changes=fields, since=since)
    await set_space(world.site, draft=draft, actor=MANAGER)
    return world.site.parking.spaces[space.id]


def first_of(receipt: Receipt) -> str:
    """The first space that an answer names."""
    spaces = receipt.detail["spaces"]
    assert isinstance(spaces, list)
    return str(spaces[0])


async def read(world: World, text: str) -> list[SpaceLine]:
    """Look at a list."""
    return await lines_of(world.site, read_rows(text, COLUMNS))


async def asked(world: World) -> list[tuple[str, date | None, date | None, int]]:
    """Who is asked for which days and how much, void bills left out."""
    return [
        (bill.wallet, bill.from_day, bill.to_day, bill.total_minor)
        for bill in await bills(world)
        if not bill.credit_note
    ]


async def sound(world: World) -> None:
    """Nothing of the books is wrong, and what bills say is open stands in their accounts."""
    assert not (await world.books.verify()).problem
    assert sum((await world.books.balances()).values()) == 0


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"name": " "}, "space_missing"),
        ({"name": "B1-001"}, "space_name_taken"),
        ({"grade": Grade.MULTIPLE}, "space_capacity_needed"),
        ({"grade": Grade.MULTIPLE, "capacity": 1}, "space_capacity_needed"),
        ({"grade": Grade.TANDEM, "capacity": 3}, "space_capacity_given"),
        ({"every": Every.WEEK}, "space_every"),
        ({"day": 32}, "space_day"),
        ({"wallet": "w9"}, "unknown_wallet"),
        ({"unit": "u9"}, "unknown_unit"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
async def test_a_space_that_cannot_be_is_refused(
    world: World, fields: dict[str, object], refusal: str
) -> None:
    """What is written wrongly here is billed wrongly for years."""
    await add(world, "B1-001")
    with pytest.raises(CoreError) as refused:
        await add(world, **({"name": "B1-002"} | fields))  # type: ignore[arg-type]  # as given
    assert refused.value.key == refusal


async def test_a_grade_says_how_many_cars_stand_there(world: World) -> None:
    """The lane counts by it: a tandem space of two lets two in."""
    space = await add(world, "B1-001", grade=Grade.TANDEM)
    assert space.capacity == 2
    space = await change(world, space, grade=Grade.MULTIPLE, capacity=5)
    assert (space.grade, space.capacity) == (Grade.MULTIPLE, 5)
    assert (await change(world, space, grade=Grade.ORDINARY)).capacity == 1


async def test_a_utility_or_shared_wallet_owns_no_space(world: World) -> None:
    """A parking fee must never reach for the money that keeps the light on."""
    utility = await world.wallet("100")
    shared = await world.wallet(purpose=Purpose.PROPERTY, kind=WalletKind.SHARED)
    for run, refusal in ((utility, "wallet_wrong_purpose"), (shared, "wallet_is_shared")):
        with pytest.raises(CoreError) as refused:
            await add(world, "B1-001", wallet=run.wallet.id)
        assert refused.value.key == refusal


async def test_who_sells_a_space_pays_to_the_day_before_and_gets_the_rest_back(
    world: World,
) -> None:
    """A year was paid ahead; what is left of it must not stay with the office."""
    old = await world.wallet("5000", purpose=Purpose.PROPERTY)
    new = await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet=old.wallet.id, every=Every.YEAR)
    await put_item(world, "management", "3650", every=Every.YEAR)
    await run_billing(world.site)
    assert await asked(world) == [("w1", date(2026, 7, 1), date(2027, 1, 1), 184_000)]
    world.clock.now += 10 * DAY
    space = await change(world, space, wallet=new.wallet.id, since=date(2026, 7, 10))
    await run_billing(world.site)
    assert await asked(world) == [
        ("w1", date(2026, 7, 1), date(2026, 7, 10), 9_000),
        ("w2", date(2026, 7, 10), date(2027, 1, 1), 175_000),
    ]
    assert (old.available_minor, new.available_minor) == (491_000, 325_000)
    await world.restart()
    await run_billing(world.site)
    assert len(await asked(world)) == 2
    await sound(world)


async def test_who_sells_before_a_bill_was_made_is_billed_for_their_days(world: World) -> None:
    """The office was behind with its bills; the buyer does not pay for the seller's days."""
    for _ in range(2):
        await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    world.clock.now += 40 * DAY
    await change(world, space, wallet="w2", since=date(2026, 8, 2))
    await run_billing(world.site)
    assert await asked(world) == [
        ("w1", date(2026, 7, 1), date(2026, 8, 1), 31_000),
        ("w1", date(2026, 8, 1), date(2026, 8, 2), 1_000),
        ("w2", date(2026, 8, 2), date(2026, 9, 1), 30_000),
    ]


async def test_a_single_day_that_was_billed_ahead_is_taken_back_too(world: World) -> None:
    """Sold on the last of the month: the buyer pays for that day, and the seller does not."""
    for _ in range(2):
        await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    await run_billing(world.site)
    world.clock.now += 30 * DAY
    await change(world, space, wallet="w2")
    await run_billing(world.site)
    assert await asked(world) == [
        ("w1", date(2026, 7, 1), date(2026, 7, 31), 30_000),
        ("w2", date(2026, 7, 31), date(2026, 8, 1), 1_000),
    ]


async def test_a_sale_put_right_twice_in_one_day_bills_each_day_once(world: World) -> None:
    """The clerk took the wrong buyer, and then the right one was the seller after all."""
    runs = [await world.wallet("5000", purpose=Purpose.PROPERTY) for _ in range(2)]
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    await run_billing(world.site)
    for owner in ("w2", "w1", "w2", "w1"):
        space = await change(world, space, wallet=owner)
        await run_billing(world.site)
    assert await asked(world) == [("w1", date(2026, 7, 1), date(2026, 8, 1), 31_000)]
    assert [run.available_minor for run in runs] == [469_000, 500_000]
    await sound(world)


async def test_a_space_that_is_let_out_again_is_billed_from_the_new_owners_first_day(
    world: World,
) -> None:
    """While nobody owned it nobody is asked, and no day of the owner before is asked for twice."""
    await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    await run_billing(world.site)
    world.clock.now += 10 * DAY
    space = await change(world, space, tenure=Tenure.TEMPORARY)
    world.clock.now += 10 * DAY
    with pytest.raises(CoreError) as refused:
        await change(world, space, tenure=Tenure.OWNED, since=date(2026, 7, 10))
    assert refused.value.key == "space_owned_until"
    await change(world, space, tenure=Tenure.OWNED, since=date(2026, 7, 15))
    await run_billing(world.site)
    assert await asked(world) == [
        ("w1", date(2026, 7, 1), date(2026, 7, 11), 10_000),
        ("w1", date(2026, 7, 15), date(2026, 8, 1), 17_000),
    ]


async def test_days_that_are_over_are_billed_by_the_zone_they_were_in(world: World) -> None:
    """The sign was changed before the bills of the month were made."""
    await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1", zone="North")
    await put_item(world, "management", "310")
    world.clock.now += 5 * DAY
    space = await change(world, space, use="charging")
    assert not await asked(world)  # Nothing that a price goes by: one bill for the whole month.
    await put_item(world, "cleaning", "31", filter=SpaceFilter(zones=("North",)))
    world.clock.now += 5 * DAY
    await change(world, space, zone="South")
    await run_billing(world.site)
    assert await asked(world) == [
        ("w1", date(2026, 7, 1), date(2026, 7, 11), 11_000),
        ("w1", date(2026, 7, 11), date(2026, 8, 1), 21_000),
    ]


async def test_what_an_owner_who_has_gone_paid_ahead_stands(world: World) -> None:
    """Nothing can be given back into a closed wallet; the next owner begins where it was paid to."""
    old = await world.wallet("310", purpose=Purpose.PROPERTY)
    await world.wallet("5000", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    await run_billing(world.site)
    await close_wallet(world.site, wallet=old.wallet.id, actor=MANAGER, reason="sold")
    space = await change(world, space, wallet="w2")
    assert space.first == date(2026, 8, 1)
    assert await asked(world) == [("w1", date(2026, 7, 1), date(2026, 8, 1), 31_000)]


async def test_a_space_with_a_card_or_a_bill_is_not_removed(world: World) -> None:
    """Nobody could open with the card, and nobody would know what the bill was for."""
    run = await world.wallet("", purpose=Purpose.PROPERTY)
    space = await add(world, "B1-001", wallet="w1")
    await put_item(world, "management", "310")
    card = Card(
        id="c1",  # type: ignore[arg-type]  # a card's id
        no=1,
        wallet=run.wallet.id,
        state=CardState.ACTIVE,
        issued_at=world.clock.now,
        space=space.id,
    )
    world.site.cards[card.id] = card
    with pytest.raises(CoreError) as refused:
        await remove_space(world.site, space=space.id, actor=MANAGER)
    assert refused.value.key == "space_has_cards"
    world.site.cards.clear()
    await run_billing(world.site)
    with pytest.raises(CoreError) as refused:
        await remove_space(world.site, space=space.id, actor=MANAGER)
    assert refused.value.key == "space_has_bills"
    await world.pay(run, "310")
    await world.tick()
    world.clock.now += 10 * DAY
    await remove_space(world.site, space=space.id, actor=MANAGER, reference="r1")
    assert run.available_minor == 21_000
    again = await remove_space(world.site, space=space.id, actor=MANAGER, reference="r1")
    assert again.repeated
    assert not listed(world.site)
    assert (await add(world, "B1-001")).id != space.id
    await sound(world)


@pytest.mark.parametrize(
    ("word", "tenure"),
    [("产权车位", "owned"), ("自有", "owned"), ("月租", "rented"), ("临停", "temporary")],
)
async def test_a_list_is_read_in_the_words_of_the_trade(
    world: World, word: str, tenure: str
) -> None:
    """An office has its list for years: it says whose a space is as everybody there does."""
    (line,) = await read(world, f"车位号;位置;产权;类型\nB1-001;地下;{word};子母车位\n")
    assert line.draft is not None
    assert line.draft.changes["tenure"] == tenure
    assert line.draft.changes["grade"] == "tandem"


async def test_a_list_is_read_in_the_words_of_our_own_forms(world: World) -> None:
    """Who copies headings and choices out of the dialogue was told that they are unknown."""
    (line,) = await read(world, "名称;位置;权属;等级\nB1-001;停车楼;租赁车位;三联车位\n")
    assert line.draft is not None
    told = {name: line.draft.changes[name] for name in ("location", "tenure", "grade")}
    assert told == {"location": "building", "tenure": "rented", "grade": "triple"}


async def test_a_heading_that_is_unknown_is_answered_in_its_own_letters(world: World) -> None:
    """A clerk with a Chinese list could do nothing with "tenure"."""
    with pytest.raises(CoreError, match="list_unknown_columns") as chinese:
        await read(world, "车位;位置;产权人\nB1-001;地下;王\n")
    assert "产权" in str(chinese.value.placeholders["known"])
    assert "tenure" not in str(chinese.value.placeholders["known"])
    with pytest.raises(CoreError, match="list_unknown_columns") as english:
        await read(world, "name;location;holder\nB1-001;underground;Wang\n")
    assert "tenure" in str(english.value.placeholders["known"])
    assert "产权" not in str(english.value.placeholders["known"])


async def test_a_list_names_every_bad_row_by_its_line_and_writes_none(world: World) -> None:
    """Of five thousand rows the clerk wants all mistakes at once, at the line the editor shows."""
    await world.wallet(unit="Flat 1", purpose=Purpose.PROPERTY)
    text = (
        "车位号;位置;产权;类型;容量;面积;业主;周期\n"
        "B1-001;地下;自有;子母;;12.5;Flat 1;季度\n"
        "\n"
        "B1-001;地下;自有;;;;;\n"
        "B1-002;月球;自有;;;;;\n"
        "B1-003;露天;临时;多联;;;;\n"
        "B1-004;露天;;;;;;\n"
        "B1-005;露天;临时;;;x;;\n"
        "B1-006;露天;临时;;;;w9;\n"
        "B1-007;露天;临时;;;;;;;\n"
        ";露天;临时;;;;;\n"
    )
    lines = await read(world, text)
    assert [(one.line, one.refusal and one.refusal.key) for one in lines] == [
        (2, None),
        (4, "list_name_twice"),
        (5, "list_unknown_value"),
        (6, "space_capacity_needed"),
        (7, "list_cell_missing"),
        (8, "not_a_number"),
        (9, "unknown_wallet"),
        (10, "list_row_too_long"),
        (11, "space_missing"),
    ]
    assert not world.site.parking.spaces
    (draft,) = [one.draft for one in lines if one.draft is not None]
    await import_spaces(world.site, drafts=[draft], actor=MANAGER)
    (space,) = listed(world.site)
    assert (space.capacity, space.area_cm2, space.wallet, space.every) == (
        2,
        125_000,
        "w1",
        Every.QUARTER,
    )


@pytest.mark.parametrize("chinese", [False, True])
async def test_what_is_written_reads_back_as_what_it_is(world: World, *, chinese: bool) -> None:
    """Who edits one cell of the export must not change four hundred spaces by it."""
    await world.wallet(purpose=Purpose.PROPERTY)
    await add(world, "-1-023", zone='North; "A"', wallet="w1", every=Every.HALF_YEAR, day=15)
    await add(world, "'B2", grade=Grade.MULTIPLE, capacity=7, tenure=Tenure.RENTED, use="=1+1")
    text = write_list(listed(world.site), chinese=chinese)
    lines = await read(world, text)
    assert [one.draft and (one.draft.space, one.draft.changes) for one in lines] == [
        ("sp1", {}),
        ("sp2", {}),
    ]


async def test_five_thousand_spaces_are_imported_in_seconds_and_all_of_them(world: World) -> None:
    """A campus is set up in one go, and is there after a restart."""
    text = "name;location;tenure;zone\n" + "".join(
        f"P-{number:04};open_air;temporary;Z{number % 7}\n" for number in range(5_000)
    )
    began = perf_counter()
    lines = await read(world, text)
    drafts = [one.draft for one in lines if one.draft is not None]
    await import_spaces(world.site, drafts=drafts, actor=MANAGER)
    assert perf_counter() - began < 20
    await world.restart()
    assert len(listed(world.site)) == 5_000
    await sound(world)
