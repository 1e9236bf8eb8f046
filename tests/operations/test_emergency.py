"""Fire, lanes held open by choice, and books that cannot be written: who passes then, and what is kept."""

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import SYSTEM
from custom_components.prepaid_parking.core.lane import FailPolicy
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.core.vehicle import RuleKind
from custom_components.prepaid_parking.operations.emergency import (
    begin_emergency,
    end_emergency,
    set_free_flow,
)
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.operations.vehicle_rules import set_vehicle_rule
from tests.operations.park import LOOPS, OTHER, PLATE, HolderDevice, Park
from tests.operations.world import MANAGER, World

FIRE = ("fire_alarm", *LOOPS)


async def burning(world: World) -> tuple[Park, HolderDevice]:
    """A car park whose exit can be held open, with a car inside, on fire."""
    park = await Park.open(world, fitted=FIRE)
    await park.customer()
    await park.come()
    park.exit.holder = holder = HolderDevice()
    await park.feel(park.entry, fire_alarm=True)
    return park, holder


async def test_fire_opens_every_lane_and_holds_what_can_be_held(world: World) -> None:
    """One contact anywhere: all barriers, at once; the one without a level output gets a pulse."""
    park, holder = await burning(world)
    assert world.site.emergency
    assert (holder.levels, park.into.pulses, park.out.pulses) == ([True], 2, 0)
    (entry,) = await world.books.entries(kinds=(EntryKind.EMERGENCY_BEGUN,))
    assert (entry.reason, entry.detail["lane"]) == ("fire_alarm", park.entry.id)
    await park.feel(park.exit, fire_alarm=True)
    assert len(await world.books.entries(kinds=(EntryKind.EMERGENCY_BEGUN,))) == 1


async def test_who_leaves_a_fire_pays_nothing_and_is_written_down(world: World) -> None:
    """Nobody searches for coins; who was inside and who went is known afterwards."""
    park, _ = await burning(world)
    answer = await park.read(park.exit, after=3600)
    assert (answer.kind, answer.fee_minor) == (PassageKind.EMERGENCY, 0)
    await park.drive(park.exit)
    (stay,) = await park.stays()
    assert (stay.state, stay.note, stay.amount_minor) == (StayState.LEFT, "emergency", 0)
    assert world.site.wallet("w1").posted_minor == 100_00
    await park.drive(park.exit)  # One that no camera saw.
    assert (await park.passages())[-1] == (PassageKind.EMERGENCY, "emergency")
    assert park.suspicions() == []


async def test_an_emergency_survives_a_restart(world: World) -> None:
    """The hub comes back in the middle of it: barriers are held open again, cuts stay frozen."""
    await burning(world)
    await world.restart()
    assert world.site.emergency
    lane, _ = world.lane()
    lane.holder = holder = HolderDevice()
    await world.tick()
    assert holder.levels == [True]


async def test_only_a_named_person_ends_it_and_not_while_it_burns(world: World) -> None:
    """An automation that clears alarms must not shut barriers before a fire brigade."""
    park, holder = await burning(world)
    with pytest.raises(CoreError, match="person_needed"):
        await end_emergency(world.site, reason="over", actor=SYSTEM)
    with pytest.raises(CoreError, match="fire_alarm_on"):
        await end_emergency(world.site, reason="over", actor=MANAGER)
    await park.feel(park.entry, fire_alarm=False)
    assert world.site.emergency
    with pytest.raises(CoreError, match="reason_missing"):
        await end_emergency(world.site, reason="", actor=MANAGER)
    await end_emergency(world.site, reason="false alarm", actor=MANAGER)
    assert (world.site.emergency, holder.levels) == (False, [True, False])
    with pytest.raises(CoreError, match="no_emergency"):
        await end_emergency(world.site, reason="again", actor=MANAGER)
    assert (await park.go(after=3000)).fee_minor == 5_00
    await world.restart()
    assert not world.site.emergency


async def test_fire_opens_also_while_nothing_can_be_written(world: World) -> None:
    """A full disk is no reason to keep a barrier shut."""
    park = await Park.open(world, fitted=FIRE)
    with world.full_disk():
        await begin_emergency(world.site, reason="reported", actor=MANAGER)
        assert (park.into.pulses, park.out.pulses) == (1, 1)
    assert world.site.emergency


async def test_a_holder_that_does_not_answer_is_told_again(world: World) -> None:
    """A level is a level: it is told until it is heard."""
    park, _ = await burning(world)

    class Deaf(HolderDevice):
        async def hold(self, is_open: bool) -> None:
            await super().hold(is_open)
            if len(self.levels) < 3:
                raise DeviceError(DeviceFault.NO_ANSWER)

    park.entry.holder = deaf = Deaf()
    for _ in range(5):
        await world.tick()
    assert deaf.levels == [True, True, True]


async def test_a_lane_held_open_by_choice_counts_without_crying_wolf(world: World) -> None:
    """Moving day: the arm stays up over a restart, and nobody who drives through is a tailgater."""
    park = await Park.open(world, fitted=LOOPS)
    with pytest.raises(CoreError, match="lane_cannot_hold"):
        await set_free_flow(
            world.site, lane=park.entry.id, on=True, reason="moving day", actor=MANAGER
        )
    park.entry.holder = holder = HolderDevice()
    await set_free_flow(world.site, lane=park.entry.id, on=True, reason="moving day", actor=MANAGER)
    assert holder.levels == [True]
    await park.drive(park.entry)
    assert (await park.passages())[-1] == (PassageKind.RECORDED, "free_flow")
    assert park.suspicions() == []
    await park.restart()
    park.entry.holder = holder
    await world.tick()
    assert holder.levels == [True, True]
    await set_free_flow(world.site, lane=park.entry.id, on=False, reason="over", actor=MANAGER)
    assert holder.levels == [True, True, False]


# --- books that cannot be written ----------------------------------------------------------------


async def free_car(world: World, **fields: object) -> Park:
    """A car park with a plate that parks free."""
    park = await Park.open(world, **fields)  # type: ignore[arg-type]
    await set_vehicle_rule(
        world.site, plate=PLATE, kind=RuleKind.FREE, reason="director", actor=MANAGER
    )
    return park


async def test_who_has_a_right_passes_while_the_books_are_shut_and_is_written_up_later(
    world: World,
) -> None:
    """A full disk shuts out nobody who owes nothing; the strangers wait."""
    park = await free_car(world)
    with world.full_disk():
        assert (await park.come()).kind is PassageKind.ADMITTED
        assert (await park.come(OTHER)).reason == "ledger_closed"
    assert (park.into.pulses, await park.states()) == (1, [])
    await world.tick()
    assert await park.states() == [StayState.INSIDE]
    assert (PassageKind.ADMITTED, "free") in await park.passages()
    assert world.site.trouble == ""
    with world.full_disk():
        assert (await park.go()).kind is PassageKind.ADMITTED
    await world.tick()
    assert await park.states() == [StayState.LEFT]
    assert world.site.parking.unwritten == []


async def test_who_came_in_unwritten_is_not_kept_inside_unwritten(world: World) -> None:
    """The disk was full already at the entry: a resident is not shut in by what nobody wrote down."""
    park = await free_car(world)
    with world.full_disk():
        assert (await park.come()).kind is PassageKind.ADMITTED
        (rule,) = world.site.parking.vehicle_rules.values()
        world.site.parking.vehicle_rules.clear()
        assert (await park.go(OTHER)).kind is not PassageKind.ADMITTED
        world.site.parking.vehicle_rules[rule.id] = rule
        assert (await park.go()).kind is PassageKind.ADMITTED
    await world.tick()
    assert await park.states() == [StayState.LEFT]
    assert park.out.pulses == 1


@pytest.mark.parametrize(
    ("fail", "pulses"), [(FailPolicy.CLOSED, 0), (FailPolicy.HOLD_LAST, 1), (FailPolicy.OPEN, 2)]
)
async def test_a_lane_fails_as_it_was_set_up_to(
    world: World, fail: FailPolicy, pulses: int
) -> None:
    """A bank keeps shut, a hospital opens: while nothing can be written, the site's own choice rules."""
    park = await free_car(world)
    park.entry.fail = fail
    with world.full_disk():
        await park.come()
        await park.come(OTHER)
    assert park.into.pulses == pulses


async def test_a_car_with_money_due_stays_while_nothing_can_be_charged(world: World) -> None:
    """What cannot be written is not paid: the attendant is called, and opens if he must."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    with world.full_disk():
        assert (await park.go()).reason == "ledger_closed"
    assert (park.out.pulses, wallet.posted_minor) == (0, 100_00)
    assert (await park.go(after=1)).fee_minor == 5_00
