"""Each line of a list says what it would do before any is written."""

from dataclasses import replace

from custom_components.prepaid_parking.core.texts import LONGEST_NAME
from custom_components.prepaid_parking.operations.unit_lists import lines_of
from custom_components.prepaid_parking.operations.units import import_units
from tests.operations.test_units import set_
from tests.operations.world import MANAGER, World


async def test_a_list_changes_who_is_known_and_registers_who_is_not(world: World) -> None:
    """The second list of the year holds the old flats as well; nothing is doubled."""
    run = await world.meter()
    await set_(world, name="Flat 1", area_cm2=1, persons=2)
    rows = [
        {"name": "Flat 1", "area": "50", "persons": ""},
        {"name": "Flat 2", "meters": "Meter 1"},
        {"name": "Flat 2"},
        {"name": "Flat 3", "meters": "m9"},
        {"name": "Flat 4", "owner": "w9"},
        {"name": ""},
    ]
    lines = lines_of(world.site, rows)
    assert [(line.known, line.refusal and line.refusal.key) for line in lines] == [
        ("u1", None),
        ("", None),
        ("", "unit_name_taken"),
        ("", "unknown_meter"),
        ("", "unknown_wallet"),
        ("", "unit_missing"),
    ]
    drafts = [line.draft for line in lines if line.draft is not None]
    await import_units(world.site, drafts=drafts, actor=MANAGER)
    one, two = world.site.house.units.values()
    assert (one.area_cm2, one.persons, two.name) == (500_000, 2, "Flat 2")
    assert world.run(run.meter.id).meter.unit == two.id


async def test_a_name_that_is_too_long_names_its_line(world: World) -> None:
    """Of five hundred lines the clerk is told which one to shorten, and what the others would do."""
    rows = [{"name": "Flat 1"}, {"name": "x" * 10_000}, {"name": "Flat 3"}]
    lines = lines_of(world.site, rows)
    assert [(line.number, line.refusal and line.refusal.key) for line in lines] == [
        (1, None),
        (2, "text_too_long"),
        (3, None),
    ]
    assert len(lines[1].name) == LONGEST_NAME


async def test_two_meters_of_one_name_are_not_guessed(world: World) -> None:
    """The list says "Kitchen", and there are two."""
    for _ in range(2):
        run = await world.meter()
        run.meter = replace(run.meter, name="Kitchen")
    (line,) = lines_of(world.site, [{"name": "Flat 1", "meters": "Kitchen"}])
    assert line.refusal is not None
    assert line.refusal.key == "several_meters"
