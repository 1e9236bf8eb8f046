"""A wallet that the desk cannot settle now stays as it was: who stays pays nothing that who leaves would."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.risk import RiskKind
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound
from tests.operations.test_bill_parts import EARLY, START as RENTED, asked, fee, flat
from tests.operations.test_demand import AUGUST, DEMAND, JULY, QUARTER, minutes, read, shop
from tests.operations.test_desk import CASHIER, OTHER, a_shift
from tests.operations.test_recurring import all_bills, until
from tests.operations.test_risk import only
from tests.operations.test_standing import MINIMUM, START, charged, metered
from tests.operations.world import DAY, MINUTE, World

TAXED: Final = MINIMUM | {"levies": [{"name": "VAT", "kind": "tax", "percent": "10"}]}
TENTH: Final = datetime(2026, 7, 10, 6, tzinfo=UTC)


async def close(world: World, wallet: WalletRun) -> Receipt:
    """Ask to settle a wallet over the counter."""
    return await close_wallet(world.site, wallet=wallet.wallet.id, actor=CASHIER)


async def tenant(make_world: MakeWorld, money: str = "500", **limits: Any) -> tuple[World, Any]:
    """Somebody who has used nothing until the tenth of a month that costs 15.00 at least, and a drawer."""
    world = await make_world(at=START, tariffs=(TAXED,))
    wallet, meter = await metered(world, money)
    await read(world, meter, JULY)
    await read(world, meter, TENTH)
    await a_shift(world, **limits)
    return world, wallet


@pytest.mark.parametrize(
    ("money", "till", "refusal"),
    [
        ("500", {"minor": 10_000}, "till_too_little"),
        ("500", {"minor": 90_000, "second_minor": 100}, "cash_second_person"),
        ("1", {"minor": 1_000, "most_minor": 1_100}, "till_full"),
    ],
)
async def test_who_is_not_settled_is_not_asked_for_the_minimum_of_who_leaves(
    make_world: MakeWorld, money: str, till: dict[str, int], refusal: str
) -> None:
    """They stay, and use more than the minimum by the end of the month: nothing is added to it."""
    world, wallet = await tenant(make_world, money, **till)
    for _ in range(2):
        with pytest.raises(CoreError, match=refusal):
            await close(world, wallet)
    assert await charged(world, EntryKind.MINIMUM) == 0
    (meter,) = wallet.meters
    await read(world, meter, AUGUST - DAY, 20)
    await read(world, meter, AUGUST + MINUTE)
    await until(world, date(2026, 8, 3))
    assert await charged(world, EntryKind.MINIMUM) == 0
    await is_sound(world)


async def test_the_drawer_needs_no_more_than_what_is_left_at_the_end(make_world: MakeWorld) -> None:
    """Of 500.00 a third of 15.00 and its tax go off: 494.68 in the drawer are enough, a cent less is not."""
    world, wallet = await tenant(make_world, minor=494_67)
    with pytest.raises(CoreError, match="till_too_little"):
        await close(world, wallet)
    world, wallet = await tenant(make_world, minor=494_68)
    receipt = await close(world, wallet)
    assert receipt.detail["settled"] == 494_68
    assert await holds(world, wallet) == {}
    await is_sound(world)


async def test_a_second_person_confirms_the_very_amount_that_is_paid_out(
    make_world: MakeWorld,
) -> None:
    """What they agree to is what is left after the last charges, and it is settled when asked again."""
    world, wallet = await tenant(make_world, minor=90_000, second_minor=100)
    with pytest.raises(CoreError, match="cash_second_person") as told:
        await close(world, wallet)
    held = told.value.placeholders["operation"]
    assert told.value.placeholders["amount"] == "494.68"
    await confirm_operation(world.site, operation=held, actor=OTHER, kinds=KINDS)
    assert (await close(world, wallet)).detail["settled"] == 494_68


async def test_what_a_rule_holds_back_is_not_charged_to_who_stays(make_world: MakeWorld) -> None:
    """A code is asked for and nobody says it: the wallet is open, and the month goes on."""
    world, wallet = await tenant(make_world, minor=90_000)
    await only(world, RiskKind.REFUND_LARGE, most=1)
    with pytest.raises(CoreError, match="challenge_required"):
        await close(world, wallet)
    assert await charged(world, EntryKind.MINIMUM) == 0


async def test_who_is_not_settled_has_one_highest_quarter_in_the_month(
    make_world: MakeWorld,
) -> None:
    """The month's demand is charged once, at its end, and as if nobody had asked to leave."""
    world = await make_world(at=START, tariffs=(DEMAND,))
    wallet, meter = await shop(world)
    await read(world, meter, JULY)
    await read(world, meter, JULY + QUARTER, 5)
    await a_shift(world)
    with pytest.raises(CoreError, match="till_too_little"):
        await close(world, wallet)
    assert await charged(world, EntryKind.DEMAND) == 0
    await read(world, meter, AUGUST + MINUTE)
    await minutes(world)
    assert await charged(world, EntryKind.DEMAND) == 800_00


async def test_who_is_not_settled_pays_the_fee_of_their_own_days(make_world: MakeWorld) -> None:
    """The tenant is still there: the owner is not billed for days on which they are."""
    world = await make_world(at=RENTED - DAY)
    unit, _, old, _ = await flat(world)
    await fee(world, EARLY, unit=unit)
    await until(world, date(2026, 6, 10))
    await a_shift(world)
    with pytest.raises(CoreError, match="till_too_little"):
        await close(world, old)
    assert asked(await all_bills(world)) == {old.wallet.id: 100_00}
    await is_sound(world)
