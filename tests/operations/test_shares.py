"""What many pay together: the stairwell's light, the lift, the common water."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import owner_of
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.shares import Member, ShareBy
from custom_components.prepaid_parking.core.unit import Unit
from custom_components.prepaid_parking.core.wallet import Purpose, WalletKind
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.shares import divide, is_shared
from custom_components.prepaid_parking.operations.sharing import preview_shares, set_shares
from custom_components.prepaid_parking.operations.statement import make_statement
from custom_components.prepaid_parking.operations.units import Draft, set_unit
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.wallets import update_wallet
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, World


async def unit(world: World, name: str, **changes: Any) -> Unit:
    """Register a flat."""
    draft = Draft(changes={"name": name, **changes})
    receipt = await set_unit(world.site, draft=draft, actor=MANAGER)
    units = receipt.detail["units"]
    assert isinstance(units, list)
    return world.site.unit(units[0])


async def stairwell(
    world: World, by: ShareBy, *members: str | tuple[str, int]
) -> tuple[WalletRun, MeterRun]:
    """Let these pay for a meter together."""
    wallet = await world.wallet(unit="Stairwell", kind=WalletKind.SHARED)
    meter = await world.meter(wallet)
    await share(world, wallet, by, *members)
    return wallet, meter


async def share(
    world: World, wallet: WalletRun, by: ShareBy, *members: str | tuple[str, int]
) -> None:
    """Say who bears what."""
    pairs = [(one, 0) if isinstance(one, str) else one for one in members]
    await set_shares(
        world.site,
        wallet=wallet.wallet.id,
        by=by,
        members=[Member(member=name, weight=weight) for name, weight in pairs],
        actor=MANAGER,
    )


async def test_three_flats_pay_for_the_light_by_their_area(world: World) -> None:
    """A 50 m² flat pays half of the stairwell, and the cent that is odd is each one's in turn."""
    owners = [await world.wallet("100") for _ in range(3)]
    flats = [
        await unit(world, f"Flat {area}", area_cm2=area * 10_000, owner=owner.wallet.id)
        for area, owner in zip((50, 30, 20), owners, strict=True)
    ]
    wallet, meter = await stairwell(world, ShareBy.AREA, *(flat.id for flat in flats))
    await world.read(meter.meter.id, 10 * KWH, 5 * HOUR)
    assert [world.text(one.available_minor) for one in owners] == ["96.00", "97.60", "98.40"]
    assert (wallet.posted_minor, wallet.unposted_minor) == (0, 0)
    (entry,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert sum(leg.amount_minor for leg in entry.postings) == 800
    shares: Any = entry.detail["shares"]
    assert [(one["amount"], one["quantity"]) for one in shares] == [
        (400, 5 * KWH),
        (240, 3 * KWH),
        (160, 2 * KWH),
    ]


async def test_the_odd_cent_is_not_always_the_first_flats(world: World) -> None:
    """Thirty charges of one cent over three flats: ten each, also over restarts."""
    members = [await world.wallet("100") for _ in range(3)]
    _, meter = await stairwell(world, ShareBy.FIXED, *((one.wallet.id, 1) for one in members))
    for _ in range(30):
        await world.read(meter.meter.id, KWH // 80, 5 * HOUR)
        await world.restart()
        await world.look(meter.meter.id)
    paid = [10_000 - world.wallet_now(one).posted_minor for one in members]
    assert paid == [10, 10, 10]


async def test_a_statement_shows_what_a_member_used_also_where_another_paid_the_odd_cent(
    world: World,
) -> None:
    """Twenty charges of one cent over three flats: no kilowatt-hour is missing, nor shown to two."""
    members = [await world.wallet("100") for _ in range(3)]
    stranger = await world.wallet("100")
    weights = (5, 3, 2)
    pairs = zip((one.wallet.id for one in members), weights, strict=True)
    _, meter = await stairwell(world, ShareBy.FIXED, *pairs)
    for _ in range(20):
        await world.read(meter.meter.id, KWH // 80, 5 * HOUR)
    told = [await make_statement(world.site, wallet=one.wallet.id) for one in members]
    used = [one.meters[0].quantity for one in told]
    assert used == [20 * KWH // 80 * weight // 10 for weight in weights]
    assert sum(used) == 20 * KWH // 80
    assert [one.meters[0].cost_minor for one in told] == [10, 6, 4]
    assert [one.total.closing for one in told] == [run.posted_minor for run in members]
    for statement in told:
        lines = [line for line in statement.lines if line.meter]
        assert len(lines) == len({line.entry.id for line in lines}) == 20
        assert sum(line.amount_minor for line in lines) == -statement.meters[0].cost_minor
    assert (await make_statement(world.site, wallet=stranger.wallet.id)).meters == ()


async def test_a_shared_meter_warns_and_cuts_nobody_by_its_own_wallet(world: World) -> None:
    """Its wallet is always empty: that is no debt of the house, and the stairwell stays lit."""
    member = await world.wallet("100")
    await world.policy(grace_hours=0)
    wallet = await world.wallet(unit="Stairwell", kind=WalletKind.SHARED)
    meter = await world.meter(wallet, relay=True)
    await share(world, wallet, ShareBy.FIXED, (member.wallet.id, 1))
    assert is_shared(world.site, meter)
    for _ in range(20):
        await world.read(meter.meter.id, KWH // 10, MINUTE)
        await world.tick()
    assert world.events(wallet) == ["opened"]
    assert world.relays[meter.meter.id].written == []


async def test_a_member_is_warned_and_cut_by_what_it_bears(world: World) -> None:
    """What falls at a posting counts like any other use: the wallet is looked after at once."""
    member = await world.wallet("51")
    own = await world.meter(member, relay=True)
    _, meter = await stairwell(world, ShareBy.FIXED, (member.wallet.id, 1))
    await world.read(meter.meter.id, 10 * KWH, 5 * HOUR)
    assert world.text(member.available_minor) == "43.00"
    assert world.events(member)[-1] == "low"
    assert own.binding is not None


async def test_an_empty_house_leaves_the_lift_to_its_own_wallet(world: World) -> None:
    """By heads nobody is there to bear it: it is not put on anybody, and the wallet shows it."""
    owner = await world.wallet("100")
    flat = await unit(world, "Flat 1", persons=0, owner=owner.wallet.id)
    wallet, meter = await stairwell(world, ShareBy.PERSONS, flat.id)
    await world.read(meter.meter.id, 10 * KWH, 5 * HOUR)
    assert world.text(owner.posted_minor) == "100.00"
    assert world.text(wallet.posted_minor) == "-8.00"


async def test_the_part_of_a_flat_without_a_payer_is_not_put_on_the_others(world: World) -> None:
    """Two flats, one of which has neither tenant nor owner: the other pays its half."""
    owner = await world.wallet("100")
    flats = [
        await unit(world, "Flat 1", area_cm2=100, owner=owner.wallet.id),
        await unit(world, "Flat 2", area_cm2=100),
    ]
    wallet, meter = await stairwell(world, ShareBy.AREA, *(flat.id for flat in flats))
    await world.read(meter.meter.id, 10 * KWH, 5 * HOUR)
    assert world.text(owner.posted_minor) == "96.00"
    assert world.text(wallet.posted_minor) == "-4.00"


async def test_by_consumption_each_bears_what_it_used_of_the_whole(world: World) -> None:
    """Who uses three times as much pays three quarters of the common light."""
    members = [await world.wallet("100") for _ in range(2)]
    meters = [await world.meter(one) for one in members]
    wallet, meter = await stairwell(world, ShareBy.CONSUMPTION, *(one.wallet.id for one in members))
    await world.tick(MINUTE)  # Where each one stands today is taken down.
    for one, used in zip(meters, (3, 1), strict=True):
        await world.read(one.meter.id, used * KWH, HOUR)
    division = preview_shares(world.site, wallet=wallet.wallet.id, amount_minor=1000)
    assert [part.amount_minor for part in division.parts] == [750, 250]
    await world.read(meter.meter.id, 10 * KWH, 5 * HOUR)
    await world.tick(DAY)
    assert [world.text(one.available_minor) for one in members] == ["91.60", "97.20"]


async def test_a_corrected_reading_divides_by_the_new_weights_from_now_on(world: World) -> None:
    """Weights that are set at noon do not touch the morning."""
    members = [await world.wallet("100") for _ in range(2)]
    first, second = (one.wallet.id for one in members)
    wallet, meter = await stairwell(world, ShareBy.FIXED, (first, 1), (second, 1))
    await world.read(meter.meter.id, 5 * KWH, HOUR)
    await share(world, wallet, ShareBy.FIXED, (first, 3), (second, 1))
    await world.read(meter.meter.id, 5 * KWH, 5 * HOUR)
    assert [world.text(one.posted_minor) for one in members] == ["95.00", "97.00"]


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ((("w9", 1),), "unknown_member"),
        ((("w1", 1), ("w1", 1)), "member_twice"),
        ((("w1", 0),), "weights_not_positive"),
        ((("w2", 1),), "wallet_wrong_purpose"),
        ((("w3", 1),), "wallet_is_shared"),
        ((("w1", -1),), "weight_not_usable"),
    ],
)
async def test_shares_that_cannot_be_are_refused(
    world: World, members: tuple[tuple[str, int], ...], key: str
) -> None:
    """Parking money pays no stairwell, nobody pays twice, a shared wallet has no money to pay with."""
    await world.wallet()
    await world.wallet(purpose=Purpose.PARKING)
    wallet = await world.wallet(kind=WalletKind.SHARED)
    with pytest.raises(CoreError) as refused:
        await share(world, wallet, ShareBy.FIXED, *members)
    assert refused.value.key == key
    assert not world.site.house.shares


async def test_only_a_shared_wallet_is_shared(world: World) -> None:
    """A tenant's own wallet cannot be put on the neighbours by a slip."""
    own, other = await world.wallet(), await world.wallet()
    with pytest.raises(CoreError, match="wallet_not_shared"):
        await share(world, own, ShareBy.FIXED, (other.wallet.id, 1))


async def test_a_shared_wallet_stays_shared_while_it_has_members(world: World) -> None:
    """Else its meter could be cut, and nobody would see whose money is missing."""
    member = await world.wallet("100")
    wallet, _ = await stairwell(world, ShareBy.FIXED, (member.wallet.id, 1))
    change = {"kind": WalletKind.INDIVIDUAL}
    with pytest.raises(CoreError, match="wallet_has_members"):
        await update_wallet(world.site, wallet=wallet.wallet.id, changes=change, actor=MANAGER)
    await share(world, wallet, ShareBy.FIXED)
    await update_wallet(world.site, wallet=wallet.wallet.id, changes=change, actor=MANAGER)
    assert wallet.wallet.kind is WalletKind.INDIVIDUAL


async def test_what_was_charged_too_much_is_given_back_to_who_paid_it(world: World) -> None:
    """A correction below zero goes the same way back, by the same weights."""
    members = [await world.wallet("100") for _ in range(3)]
    wallet, _ = await stairwell(
        world, ShareBy.FIXED, *((one.wallet.id, weight + 1) for weight, one in enumerate(members))
    )
    legs = divide(world.site, wallet, -600).legs
    assert [part for _, part in legs] == [-100, -200, -300]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    weights=st.lists(st.integers(0, 1_000), min_size=2, max_size=5).filter(any),
    uses=st.lists(st.integers(0, 3 * KWH), min_size=1, max_size=6),
)
async def test_the_shares_are_the_meters_charge_exactly(
    make_world: MakeWorld, weights: list[int], uses: list[int]
) -> None:
    """Money and kilowatt-hours: what the members bear adds up to what the main meter counted."""
    world = await make_world()
    members = [await world.wallet("10000") for _ in weights]
    pairs = [(one.wallet.id, weight) for one, weight in zip(members, weights, strict=True)]
    wallet, meter = await stairwell(world, ShareBy.FIXED, *pairs)
    for used in uses:
        await world.read(meter.meter.id, used, 5 * HOUR)
    entries = await world.books.entries(kinds=(EntryKind.USAGE,))
    charged = sum(leg.amount_minor for entry in entries for leg in entry.postings)
    numbers = {one.wallet.no for one in members}
    assert {owner_of(leg.source) for entry in entries for leg in entry.postings} <= numbers
    assert sum(1_000_000 - one.posted_minor for one in members) == charged
    assert wallet.posted_minor == 0
    for entry in entries:
        detail: Any = entry.detail
        counted = detail["to_register"] - detail["from_register"]
        assert sum(one["quantity"] for one in detail["shares"]) == counted
        assert sum(one["amount"] for one in detail["shares"]) == sum(
            leg.amount_minor for leg in entry.postings
        )
    assert sum(part for _, part in divide(world.site, wallet, 12_345).legs) == 12_345
