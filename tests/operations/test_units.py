"""Units are registered once, changed with what was used before charged first, and found again."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.unit import Unit
from custom_components.prepaid_parking.core.wallet import Binding, Purpose, WalletKind
from custom_components.prepaid_parking.operations.moving import HandOver, move_in, move_out
from custom_components.prepaid_parking.operations.occupants import persons_in
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.units import (
    Draft,
    close_unit,
    import_units,
    set_unit,
)
from tests.operations.conftest import MakeWorld
from tests.operations.world import HOUR, KWH, MANAGER, World

TIERED = {
    "tariff": "home",
    "quantity": "energy",
    "tiers": [{"up_to": "10", "price": "1.00"}, {"price": "2.00"}],
}


async def set_(world: World, unit: str = "", **fields: Any) -> Unit:
    """Register or change a unit."""
    meters, reference = fields.pop("meters", None), fields.pop("reference", "")
    draft = Draft(unit=unit, changes=fields, meters=meters)
    receipt = await set_unit(world.site, draft=draft, actor=MANAGER, reference=reference)
    units = receipt.detail["units"]
    assert isinstance(units, list)
    return world.site.unit(units[0])


async def test_a_unit_is_there_after_a_restart(world: World) -> None:
    """Areas and heads that somebody typed in for a week are not typed in twice."""
    unit = await set_(world, name=" Flat 3-201 ", building="3", floor="2", area_cm2=865_000)
    assert (unit.id, unit.name) == ("u1", "Flat 3-201")
    unit = await set_(world, "u1", persons=3)
    await world.restart()
    assert world.site.unit("u1") == unit
    assert (unit.area_cm2, unit.persons, persons_in(world.site, "u1")) == (865_000, 3, 3)


async def test_a_unit_announced_twice_is_one_unit(world: World) -> None:
    """An import that is started again after a crash does not double the house."""
    first = await set_(world, name="Flat 1", reference="a")
    again = await set_(world, name="Flat 1", reference="a")
    assert (first, list(world.site.house.units)) == (again, ["u1"])
    with pytest.raises(CoreError, match="reference_reused"):
        await set_(world, name="Flat 2", reference="a")


async def test_two_units_do_not_bear_one_name(world: World) -> None:
    """Who says "Flat 1" at the desk must mean one flat."""
    await set_(world, name="Flat 1")
    with pytest.raises(CoreError, match="unit_name_taken"):
        await set_(world, name="Flat 1")
    await close_unit(world.site, unit="u1", actor=MANAGER)
    assert (await set_(world, name="Flat 1")).id != "u1"
    with pytest.raises(CoreError, match="unit_is_closed"):
        await set_(world, "u1", persons=1)


async def test_a_list_is_taken_as_a_whole_or_not_at_all(world: World) -> None:
    """A slip in line 400 must not leave 399 flats behind."""
    drafts = [Draft(changes={"name": f"Flat {number}"}) for number in range(1, 501)]
    wrong = [*drafts[:-1], Draft(changes={"name": "Flat 7"})]
    with pytest.raises(CoreError, match="unit_name_taken"):
        await import_units(world.site, drafts=wrong, actor=MANAGER)
    assert world.site.house.units == {}
    receipt = await import_units(world.site, drafts=drafts, actor=MANAGER, reference="list")
    assert len(world.site.house.units) == 500
    (entry,) = await world.books.entries(kinds=(EntryKind.UNIT_SET,))
    assert entry.id == receipt.entry
    with pytest.raises(CoreError, match="too_many_units"):
        await import_units(world.site, drafts=[*drafts, drafts[0]], actor=MANAGER)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"name": " "}, "unit_missing"),
        ({"name": "Flat", "colour": "red"}, "unknown_field"),
        ({"name": "Flat", "persons": -1}, "persons_not_usable"),
        ({"name": "Flat", "owner": "w9"}, "unknown_wallet"),
        ({"name": "Flat", "owner": "w1"}, "wallet_wrong_purpose"),
        ({"name": "Flat", "owner": "w2"}, "wallet_is_shared"),
        ({"name": "Flat", "meters": ("m9",)}, "unknown_meter"),
    ],
)
async def test_a_unit_that_cannot_be_is_refused(
    world: World, fields: dict[str, Any], key: str
) -> None:
    """A parking wallet pays no light; a shared one has nobody's money in it."""
    await world.wallet(purpose=Purpose.PARKING)
    await world.wallet(kind=WalletKind.SHARED)
    with pytest.raises(CoreError) as refused:
        await set_(world, **fields)
    assert refused.value.key == key
    assert world.site.house.units == {}


async def test_what_a_flat_used_this_month_stays_when_it_becomes_a_unit(
    make_world: MakeWorld,
) -> None:
    """The cheap first ten are for the flat, not for each way of writing it down."""
    world = await make_world(tariffs=(TIERED,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 8 * KWH, HOUR)
    unit = await set_(world, name="Flat 1", meters=(run.meter.id,))
    assert world.text(wallet.posted_minor) == "92.00"
    assert world.run(run.meter.id).meter.unit == unit.id
    await world.read(run.meter.id, 4 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "86.00"  # Two at 1.00, two at 2.00.
    await world.restart()
    await world.look(run.meter.id)
    assert world.text(world.wallet_now(wallet).available_minor) == "86.00"


async def test_two_meters_that_come_into_a_unit_bring_their_counts(make_world: MakeWorld) -> None:
    """Kitchen and bath had five each: together they have used up the first ten."""
    world = await make_world(tariffs=(TIERED,))
    wallet = await world.wallet("100")
    runs = [await world.meter(wallet) for _ in range(2)]
    for run in runs:
        await world.read(run.meter.id, 5 * KWH, HOUR)
    await set_(world, name="Flat 1", meters=tuple(run.meter.id for run in runs))
    await world.read(runs[0].meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "88.00"
    await world.restart()
    for run in runs:
        await world.look(run.meter.id)
    assert world.text(world.wallet_now(wallet).available_minor) == "88.00"


async def test_a_meter_is_in_one_unit(world: World) -> None:
    """Put into the second flat it has left the first, and one that is not named has left too."""
    one, two = await world.meter(), await world.meter()
    await set_(world, name="Flat 1", meters=(one.meter.id, two.meter.id))
    await set_(world, name="Flat 2", meters=(one.meter.id,))
    assert [run.meter.unit for run in (one, two)] == ["u2", "u1"]
    await set_(world, "u1", meters=())
    assert [run.meter.unit for run in (one, two)] == ["u2", ""]
    with pytest.raises(CoreError, match="unit_has_meters"):
        await close_unit(world.site, unit="u2", actor=MANAGER)


async def test_persons_change_while_somebody_is_in(world: World) -> None:
    """A baby is born: from that day on there are three, and the entry says since when."""
    wallet = await world.wallet()
    await set_(world, name="Flat 1")
    await move_in(
        world.site, HandOver(unit="u1", wallet=wallet.wallet.id, persons=2, actor=MANAGER)
    )
    assert persons_in(world.site, "u1") == 2
    await set_(world, "u1", persons=3)
    await world.restart()
    assert persons_in(world.site, "u1") == 3
    with pytest.raises(CoreError, match="unit_is_occupied"):
        await close_unit(world.site, unit="u1", actor=MANAGER)
    await move_out(world.site, HandOver(unit="u1", actor=MANAGER))
    assert persons_in(world.site, "u1") == 0


async def test_a_vacant_flat_that_is_sold_is_paid_for_by_its_new_owner(world: World) -> None:
    """The old owner pays to the register of the sale, the new one from there on."""
    old, new, tenant = [await world.wallet("100") for _ in range(3)]
    run = await world.meter(tenant)
    await set_(world, name="Flat 1", owner=old.wallet.id, meters=(run.meter.id,))
    await move_in(world.site, HandOver(unit="u1", wallet=tenant.wallet.id, actor=MANAGER))
    await move_out(world.site, HandOver(unit="u1", actor=MANAGER))
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await set_(world, "u1", owner=new.wallet.id)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await world.restart()
    await world.look(run.meter.id)
    balances = [world.text(world.wallet_now(one).available_minor) for one in (old, new, tenant)]
    assert balances == ["96.00", "92.00", "100.00"]
    bindings = await world.books.load(Binding)
    registers = [(one.from_register, one.to_register) for one in bindings]
    assert registers == [
        (1000 * KWH, 1000 * KWH),
        (1000 * KWH, 1005 * KWH),
        (1005 * KWH, None),
    ]


async def test_an_owner_that_is_named_later_pays_for_what_nobody_paid(world: World) -> None:
    """The flat stood empty and nobody's; from the day the owner is known, it is the owner's."""
    tenant, owner = await world.wallet("100"), await world.wallet("100")
    run = await world.meter(tenant)
    await set_(world, name="Flat 1", meters=(run.meter.id,))
    await move_in(world.site, HandOver(unit="u1", wallet=tenant.wallet.id, actor=MANAGER))
    await move_out(world.site, HandOver(unit="u1", actor=MANAGER))
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await set_(world, "u1", owner=owner.wallet.id)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    assert [world.text(one.available_minor) for one in (tenant, owner)] == ["100.00", "92.00"]
    await set_(world, "u1", owner="")
    assert run.binding is None


async def test_a_unit_that_is_called_otherwise_takes_its_wallets_along(world: World) -> None:
    """The house number changed: receipts and devices bear the new name."""
    await set_(world, name="Flat 1")
    wallet = await world.wallet(unit="u1")
    assert (wallet.wallet.unit, wallet.wallet.unit_id) == ("Flat 1", "u1")
    await set_(world, "u1", name="Flat 1a")
    await world.restart()
    assert world.wallet_now(wallet).wallet.unit == "Flat 1a"
    other = await world.wallet(unit="Flat 1a")
    assert other.wallet.unit_id == "u1"


async def test_a_meter_says_what_it_lies_behind(world: World) -> None:
    """The main meter of a house, and the sub meters on it; never in a circle."""
    main, sub, below = [await world.meter() for _ in range(3)]
    water = await world.meter(commodity=Commodity.WATER)

    async def behind(one: str, other: str) -> None:
        await update_meter_place(world.site, meter=one, main=other, actor=MANAGER)

    await behind(sub.meter.id, main.meter.id)
    await behind(below.meter.id, sub.meter.id)
    for one, other, key in (
        (main, below, "meter_is_itself"),
        (main, main, "meter_is_itself"),
        (sub, water, "main_counts_other"),
    ):
        with pytest.raises(CoreError, match=key):
            await behind(one.meter.id, other.meter.id)
    with pytest.raises(CoreError, match="unknown_unit"):
        await update_meter_place(world.site, meter=sub.meter.id, unit="u9", actor=MANAGER)
    await world.restart()
    assert [world.run(run.meter.id).meter.main for run in (main, sub, below)] == ["", "m1", "m2"]
    await behind(below.meter.id, "")
    assert world.run(below.meter.id).meter.main == ""


async def test_a_clock_that_was_set_back_empties_no_flat(make_world: MakeWorld) -> None:
    """A hub without a clock of its own starts in the past: the tenant keeps the quota of two heads."""
    tiers = [{"per_person": "5", "price": "0"}, {"price": "1.00"}]
    quota: dict[str, Any] = {"tariff": "home", "quantity": "energy", "tiers": tiers}
    world = await make_world(tariffs=(quota,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await set_(world, name="Flat 1", persons=2, meters=(run.meter.id,))
    await move_in(world.site, HandOver(unit="u1", wallet=wallet.wallet.id, actor=MANAGER))
    world.clock.now -= HOUR
    await world.restart()
    assert persons_in(world.site, "u1") == 2
    await world.read(run.meter.id, 9 * KWH, 2 * HOUR)
    assert world.text(world.wallet_now(wallet).available_minor) == "100.00"
