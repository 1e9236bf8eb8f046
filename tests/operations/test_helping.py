"""An attendant's buttons: what cannot be done is said, and nothing opens by it."""

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.operations.gate import issue_ticket
from custom_components.prepaid_parking.operations.helping import answer_help
from tests.operations.park import Park
from tests.operations.world import MANAGER, World


@pytest.mark.parametrize("plate", ["", "  ", "-·-"])
async def test_a_plate_that_was_not_typed_is_asked_for(world: World, plate: str) -> None:
    """The attendant pressed the button with an empty field, and nothing at all happened."""
    park = await Park.open(world)
    with pytest.raises(CoreError, match="plate_missing"):
        await answer_help(
            world.site, lane=park.entry.id, reason="dirty plate", plate=plate, actor=MANAGER
        )
    assert await park.passages() == []


async def test_the_way_out_gives_no_tickets(world: World) -> None:
    """It would let a car out as if it came in: unpaid, and counted as inside from then on."""
    park = await Park.open(world)
    with pytest.raises(CoreError, match="no_ticket_at_exit"):
        await issue_ticket(world.site, lane=park.exit.id)
    assert (park.out.pulses, await park.stays()) == (0, [])
