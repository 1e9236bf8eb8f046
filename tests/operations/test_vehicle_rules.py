"""Rules for single plates: who set them and why is in the books, the plate itself is not."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.vehicle import RuleKind, VehicleRule
from custom_components.prepaid_parking.operations.vehicle_rules import (
    lift_vehicle_rule,
    rules_in_force,
    set_vehicle_rule,
)
from custom_components.prepaid_parking.store.records import Subject
from tests.operations.world import HOUR, MANAGER, World

PLATE = "京A12345"


async def ruled(world: World, kind: RuleKind = RuleKind.FREE, **fields: object) -> VehicleRule:
    """Set a rule for the plate."""
    told = {"plate": PLATE, "reason": "the caretaker's car"} | fields
    receipt = await set_vehicle_rule(world.site, kind=kind, actor=MANAGER, **told)  # type: ignore[arg-type]
    rules = {one.id: one for one in await world.books.load(VehicleRule)}
    return rules[receipt.detail["rule"]]  # type: ignore[index]


async def test_a_rule_outlives_a_restart_and_shows_no_plate(world: World) -> None:
    """A car that was banned in the evening must not drive in in the morning; a list shows no plate."""
    rule = await ruled(world, RuleKind.BLOCKED, plate="京a·12345")
    await world.restart()
    (kept,) = rules_in_force(world.site)
    assert kept == rule
    sealed = await world.site.privacy.get_subject(kept.subject)
    assert (kept.masked, sealed) == ("京****45", {"plate": PLATE})
    (entry,) = await world.books.entries(kinds=(EntryKind.VEHICLE_RULE_SET,))
    assert (entry.reason, entry.actor) == ("the caretaker's car", "user:manager")
    assert PLATE not in str(entry)


async def test_a_rule_ends_by_hand_or_by_time(world: World) -> None:
    """Who was free for a week must not park free for ever."""
    first = await ruled(world)
    await lift_vehicle_rule(world.site, rule=first.id, reason="sold", actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_vehicle_rule"):
        await lift_vehicle_rule(world.site, rule=first.id, reason="sold", actor=MANAGER)

    timed = await ruled(world, until=world.clock.now + HOUR)
    assert rules_in_force(world.site) == [timed]
    world.clock.now += HOUR
    assert rules_in_force(world.site) == []

    always = await ruled(world)
    await world.restart()
    assert rules_in_force(world.site) == [always]


async def test_one_plate_has_one_rule(world: World) -> None:
    """Blocked and free at once: nobody could say what the lane will do."""
    rule = await ruled(world)
    with pytest.raises(CoreError, match="vehicle_ruled") as refused:
        await ruled(world, RuleKind.BLOCKED)
    assert refused.value.placeholders == {"plate": "京****45", "rule": rule.id}
    assert len(await world.books.load(Subject)) == 1


async def test_a_rule_set_twice_under_one_reference_is_one(world: World) -> None:
    """A request that is sent again is answered with the first rule."""
    first, again = await ruled(world, reference="k1"), await ruled(world, reference="k1")
    assert first == again
    assert len(await world.books.load(Subject)) == 1
    with pytest.raises(ConflictError):
        await ruled(world, RuleKind.BLOCKED, reference="k1")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"plate": " - "}, "plate_missing"),
        ({"reason": ""}, "reason_missing"),
        ({"until": timedelta(0)}, "time_is_past"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    world: World, fields: dict[str, Any], key: str
) -> None:
    """Before anything of it is written or sealed."""
    if "until" in fields:
        fields = {"until": world.clock.now}
    with pytest.raises(CoreError) as refused:
        await ruled(world, **fields)
    assert refused.value.key == key
    assert await world.books.load(Subject) == []
