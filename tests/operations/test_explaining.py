"""Why a lane answers as it does, at any time, and nothing moves for it."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.admission import Reason, Verdict, Way
from custom_components.prepaid_parking.core.lane import LaneInput
from custom_components.prepaid_parking.core.vehicle import RuleKind
from custom_components.prepaid_parking.core.wallet import CredentialKind, Purpose
from custom_components.prepaid_parking.operations.explaining import explain_access
from custom_components.prepaid_parking.operations.gate import issue_card, plate_read
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.vehicle_rules import set_vehicle_rule
from tests.operations.world import DAY, HOUR, MANAGER, World

PLATE = "京A12345"


async def lane_with_card(world: World, **fields: object) -> LaneRun:
    """A lane, and a card for its plate."""
    wallet = await world.wallet("20", purpose=Purpose.PARKING)
    await issue_card(
        world.site,
        wallet=wallet.wallet.id,
        plates=[PLATE],
        actor=MANAGER,
        **fields,  # type: ignore[arg-type]
    )
    run, _ = world.lane()
    return run


async def test_a_card_is_explained_for_yesterday_today_and_next_week(world: World) -> None:
    """A driver who complains was at the gate at noon yesterday, and asks about next week as well."""
    now = world.clock.now
    run = await lane_with_card(world, valid_from=now, valid_until=now + 2 * DAY)
    for apart, reason in (
        (-HOUR, Reason.NOT_YET_VALID),
        (timedelta(), Reason.CARD),
        (DAY, Reason.CARD),
        (7 * DAY, Reason.EXPIRED),
    ):
        decision, asked = explain_access(
            world.site, lane=run.id, kind=CredentialKind.PLATE, value=PLATE, at=now + apart
        )
        assert (decision.reason, asked.now) == (reason, now + apart)


async def test_rules_and_bans_are_those_of_the_time(world: World) -> None:
    """Tomorrow's rules do not explain why a car stood outside today."""
    run, now = await lane_with_card(world), world.clock.now
    site = world.site
    await set_parking_rules(
        site, changes={"free_plates": ("京A.*",)}, valid_from=now + DAY, actor=MANAGER
    )
    await set_vehicle_rule(
        site, plate=PLATE, kind=RuleKind.BLOCKED, reason="x", until=now + HOUR, actor=MANAGER
    )
    for apart, reason in (
        (timedelta(), Reason.BLOCKED),
        (HOUR, Reason.CARD),
        (DAY, Reason.EMERGENCY_VEHICLE),
    ):
        decision, _ = explain_access(
            site, lane=run.id, kind=CredentialKind.PLATE, value=PLATE, at=now + apart
        )
        assert decision.reason is reason


async def test_whoever_asks_stands_on_no_loop(world: World) -> None:
    """The office hears what a car would be answered, not that none is there."""
    run = await lane_with_card(world)
    run.fitted = frozenset({LaneInput.ENTRY_LOOP})
    run.inputs[LaneInput.ENTRY_LOOP] = False
    decision, _ = explain_access(world.site, lane=run.id, kind=CredentialKind.PLATE, value=PLATE)
    assert decision.admits


@pytest.mark.parametrize("way", [None, Way.ENTRY, Way.EXIT])
async def test_both_ways_of_a_lane_can_be_asked_for(world: World, way: Way | None) -> None:
    """Through a lane for both a car that is inside drives out, unless the other way is asked for."""
    run = await lane_with_card(world)
    run.direction, run.reads = "both", True
    read = PlateRead(plate=PLATE, at=world.clock.now)
    assert (await plate_read(world.site, lane=run.id, read=read)).kind == "admitted"
    before = dict(world.site.parking.stays)
    decision, asked = explain_access(
        world.site, lane=run.id, kind=CredentialKind.PLATE, value=PLATE, way=way
    )
    assert asked.way is (way or Way.EXIT)
    assert decision.verdict is Verdict.ADMIT
    assert decision.review == ("second_entry" if way is Way.ENTRY else "")
    assert world.site.parking.stays == before
