"""Tenants change: to the last kilowatt-hour the old one's, from the next the new one's."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import owner_of
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.ledger import Act, Receipt
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.core.unit import Occupancy
from custom_components.prepaid_parking.core.wallet import Binding
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.cashier import close_wallet, deduct
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.handing_over import HandReading
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.moving import (
    HandOver,
    Settlement,
    move,
    move_in,
    move_out,
)
from custom_components.prepaid_parking.operations.occupants import occupancy_of
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.books import Books
from tests.operations.conftest import MakeWorld
from tests.operations.test_shares import stairwell
from tests.operations.test_standing import MINIMUM, START, charged
from tests.operations.test_units import TIERED, set_
from tests.operations.world import DAY, HOUR, KWH, MANAGER, World

SETTLE = Settlement()


def asked(wallet: WalletRun | None = None, **fields: Any) -> HandOver:
    """What the office asks for of the first unit."""
    name = wallet.wallet.id if wallet is not None else ""
    told: dict[str, Any] = {"unit": "u1", "wallet": name, "actor": MANAGER}
    return HandOver(**(told | fields))


async def flat(world: World, tenant: WalletRun | None, **fields: Any) -> MeterRun:
    """A flat with a meter and a tenant."""
    run = await world.meter(tenant)
    await set_(world, name="Flat 1", meters=(run.meter.id,), **fields)
    if tenant is not None:
        await move_in(world.site, asked(tenant))
    return run


def registers(bindings: list[Binding]) -> list[tuple[str, int, int | None]]:
    """Who paid from where to where, in whole kilowatt-hours."""
    return [
        (
            one.wallet,
            one.from_register // KWH,
            one.to_register // KWH if one.to_register is not None else None,
        )
        for one in sorted(bindings, key=lambda one: (one.meter, int(one.id.split("/")[1])))
    ]


async def test_the_old_tenant_pays_to_the_register_from_which_the_new_one_pays(
    world: World,
) -> None:
    """In one step and one entry: no kilowatt-hour in both bills, and none in neither."""
    old, new = await world.wallet("100"), await world.wallet("50", unit="waiting")
    run = await flat(world, old)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    moved = await move(world.site, asked(new, persons=2))
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await world.restart()
    await world.look(run.meter.id)
    assert world.text(world.wallet_now(old).available_minor) == "97.60"
    assert world.text(world.wallet_now(new).available_minor) == "48.40"
    assert registers(await world.books.load(Binding)) == [
        ("w1", 1000, 1003),
        ("w2", 1003, None),
    ]
    first, second = await world.books.load(Occupancy)
    assert first.to_at == second.from_at
    assert (second.wallet, second.to_at, second.persons) == ("w2", None, 2)
    assert world.wallet_now(new).wallet.unit == "Flat 1"
    assert moved.receipt.detail["from"] == "w1"


async def test_who_is_not_let_out_has_the_month_as_before(make_world: MakeWorld) -> None:
    """A tariff that is not known refuses the whole move: nobody's month ends for a slip of the pen."""
    world = await make_world(at=START, tariffs=(MINIMUM,))
    old, new = await world.wallet("100"), await world.wallet("50", unit="waiting")
    await flat(world, old)
    water = await world.meter()
    await update_meter_place(world.site, meter=water.meter.id, unit="u1", actor=MANAGER)
    world.clock.now += 10 * DAY
    with pytest.raises(CoreError, match="unknown_tariff"):
        await move(world.site, asked(new, tariff="hom"))
    assert await charged(world, EntryKind.MINIMUM) == 0


async def test_a_vacant_flat_bills_its_owner(world: World) -> None:
    """The landlord pays for the light the painters burn, and the next tenant does not."""
    owner, old, new = [await world.wallet("100") for _ in range(3)]
    run = await flat(world, old, owner=owner.wallet.id)
    await world.read(run.meter.id, KWH, HOUR)
    await move_out(world.site, asked())
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await move_in(world.site, asked(new))
    await world.read(run.meter.id, 2 * KWH, HOUR)
    balances = [world.text(one.available_minor) for one in (owner, old, new)]
    assert balances == ["92.00", "99.20", "98.40"]


async def test_what_a_vacant_flat_without_an_owner_uses_is_said_to_be_nobodys(
    world: World,
) -> None:
    """The office hears which meters nobody pays for; the tariff is known when somebody comes."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    moved = await move_out(world.site, asked())
    assert moved.receipt.detail["unpaid"] == [run.meter.id]
    await world.read(run.meter.id, 10 * KWH, HOUR)
    await move_in(world.site, asked(new))
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert run.binding is not None
    assert run.binding.tariff == "home"
    assert [world.text(one.available_minor) for one in (old, new)] == ["100.00", "98.40"]


async def test_a_meter_that_nobody_ever_paid_for_needs_a_tariff(world: World) -> None:
    """A new house: the first tenant's move names the tariff, or the office hears what is unpaid."""
    tenant = await world.wallet("100")
    run = await flat(world, None)
    moved = await move_in(world.site, asked(tenant))
    assert (moved.receipt.detail["unpaid"], run.binding) == ([run.meter.id], None)
    await move_out(world.site, asked())
    with pytest.raises(CoreError, match="unknown_tariff"):
        await move_in(world.site, asked(tenant, tariff="none"))
    await move_in(world.site, asked(tenant, tariff="home"))
    assert run.binding is not None


async def test_tiers_follow_the_flat_and_not_the_tenant(make_world: MakeWorld) -> None:
    """Nine of the cheap ten are used: the new tenant gets the one that is left, as the law has it."""
    world = await make_world(tariffs=(TIERED,))
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, 9 * KWH, HOUR)
    await move(world.site, asked(new))
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert [world.text(one.available_minor) for one in (old, new)] == ["91.00", "97.00"]


async def test_a_reading_taken_by_hand_a_moment_ago_divides_what_came_since(world: World) -> None:
    """Read off at noon, entered at one: what was used in between is the new tenant's."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    noon = world.clock.now
    await world.read(run.meter.id, 3 * KWH, HOUR)
    reading = HandReading(meter=run.meter.id, register=1002 * KWH, photo="media/1")
    moved = await move(world.site, asked(new, at=noon, readings=(reading,)))
    await world.look(run.meter.id)
    assert [world.text(one.available_minor) for one in (old, new)] == ["98.40", "97.60"]
    assert moved.receipt.detail["readings"] == [
        {"meter": run.meter.id, "register": 1002 * KWH, "photo": "media/1"}
    ]
    assert registers(await world.books.load(Binding))[-2:] == [
        ("w1", 1000, 1002),
        ("w2", 1002, None),
    ]


async def test_a_silent_meter_is_handed_over_by_what_somebody_read_off(world: World) -> None:
    """The radio is dead since yesterday; the display is not."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, KWH, HOUR)
    world.clock.now += DAY
    reading = HandReading(meter=run.meter.id, register=1005 * KWH)
    await move(world.site, asked(new, readings=(reading,)))
    world.registers[run.meter.id] = 1006 * KWH
    await world.look(run.meter.id)
    assert [world.text(one.available_minor) for one in (old, new)] == ["96.00", "99.20"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"readings": (HandReading(meter="m1", register=1004 * KWH),)}, "register_ahead"),
        ({"readings": (HandReading(meter="m1", register=999 * KWH),)}, "hand_over_behind"),
        ({"readings": (HandReading(meter="m7", register=999 * KWH),)}, "meter_not_in_unit"),
        ({"at": "ahead"}, "moment_ahead"),
        ({"at": "behind"}, "moment_behind"),
        ({"at": "noon"}, "reading_missing"),
        ({"wallet": "w9"}, "unknown_wallet"),
        ({"wallet": "w1"}, "wallet_is_inside"),
        ({"unit": "u7"}, "unknown_unit"),
        ({"persons": -1}, "persons_not_usable"),
    ],
)
async def test_a_hand_over_that_cannot_be_changes_nothing(
    world: World, fields: dict[str, Any], key: str
) -> None:
    """Nobody is charged for what a meter does not show, nor moved into last year."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    since = world.clock.now
    await world.read(run.meter.id, 3 * KWH, HOUR)
    moments = {
        "ahead": world.clock.now + HOUR,
        "behind": since,
        "noon": world.clock.now - timedelta(minutes=1),
    }
    if "at" in fields:
        fields = {"at": moments[fields["at"]]}
    with pytest.raises(CoreError) as refused:
        await move(world.site, replace(asked(new), **fields))
    assert refused.value.key == key
    assert run.binding is not None
    assert run.binding.wallet == old.wallet.id
    await world.look(run.meter.id)
    assert world.text(old.available_minor) == "97.60"


async def test_a_doubted_meter_is_looked_at_before_it_is_handed_over(world: World) -> None:
    """What nobody knows yet must not become the new tenant's by silence."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, 500 * KWH, HOUR)
    with pytest.raises(CoreError, match="meter_is_doubted"):
        await move(world.site, asked(new))
    reading = HandReading(meter=run.meter.id, register=1001 * KWH)
    await move(world.site, asked(new, readings=(reading,)))
    assert world.text(old.posted_minor) == "99.20"


async def test_nobody_moves_into_a_flat_that_is_occupied_nor_out_of_one_that_is_not(
    world: World,
) -> None:
    """Two tenants in one flat are a slip of the pen."""
    old, new = await world.wallet("100"), await world.wallet("100")
    await flat(world, old)
    with pytest.raises(CoreError, match="unit_is_occupied"):
        await move_in(world.site, asked(new))
    await move_out(world.site, asked())
    for leave in (move_out, move):
        with pytest.raises(CoreError, match="unit_is_vacant"):
            await leave(world.site, asked(new if leave is move else None))


async def test_who_moves_out_is_settled_if_the_office_says_so(world: World) -> None:
    """The rest is paid out, the wallet closed, and the same call again says the same."""
    old = await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    call = asked(reference="moved 1")
    moved = await move_out(world.site, call, SETTLE)
    assert moved.settled is not None
    assert moved.settled.detail["settled"] == 9760
    assert (old.posted_minor, old.wallet.closed_at) == (0, world.clock.now)
    again = await move_out(world.site, call, SETTLE)
    assert again.settled is not None
    assert (again.receipt.repeated, again.settled.repeated) == (True, True)
    assert (again.receipt.entry, again.settled.entry) == (
        moved.receipt.entry,
        moved.settled.entry,
    )


async def test_a_move_announced_twice_is_one_move_whatever_came_since(world: World) -> None:
    """The tablet sends it again in the evening, when the flat has changed hands once more."""
    first, second, third = [await world.wallet("100") for _ in range(3)]
    run = await flat(world, first)
    call = asked(second, reference="lease 2")
    moved = await move(world.site, call)
    await world.read(run.meter.id, KWH, HOUR)
    await move(world.site, asked(third, reference="lease 3"))
    again = await move(world.site, call)
    assert (again.receipt.entry, again.receipt.repeated) == (moved.receipt.entry, True)
    assert run.binding is not None
    assert run.binding.wallet == third.wallet.id
    with pytest.raises(CoreError, match="reference_reused"):
        await move(world.site, asked(first, reference="lease 2"))


async def test_killed_between_the_charge_and_the_move_the_same_call_finishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power fails in the middle: the old tenant is charged once, and then the new one is in."""
    old, new = await world.wallet("100"), await world.wallet("100")
    run = await flat(world, old)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    commit = Books.commit

    async def dying(books: Books, act: Act) -> Receipt:
        if act.kind is EntryKind.MOVED_IN and not act.floors:
            raise StoreError("failed")
        return await commit(books, act)

    call = asked(new, reference="lease 2")
    with monkeypatch.context() as dead:
        dead.setattr(Books, "commit", dying)
        with pytest.raises(StoreError):
            await move(world.site, call)
    await world.restart()
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(world.wallet_now(old).available_minor) == "96.80"
    moved = await move(world.site, call, SETTLE)
    assert moved.receipt.repeated is False
    await world.read(run.meter.id, KWH, HOUR)
    old, new = world.wallet_now(old), world.wallet_now(new)
    assert (old.wallet.closed_at is not None, world.text(new.available_minor)) == (True, "99.20")


async def test_killed_between_the_move_and_the_settlement_the_same_call_finishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tenant has left and wants the rest; the call is made again and pays it out once."""
    old = await world.wallet("100")
    await flat(world, old)
    commit = Books.commit

    async def dying(books: Books, act: Act) -> Receipt:
        if act.kind is EntryKind.WALLET_CLOSED:
            raise StoreError("failed")
        return await commit(books, act)

    call = asked(reference="out 1")
    with monkeypatch.context() as dead:
        dead.setattr(Books, "commit", dying)
        with pytest.raises(StoreError):
            await move_out(world.site, call, SETTLE)
    await world.restart()
    assert world.wallet_now(old).wallet.closed_at is None
    moved = await move_out(world.site, call, SETTLE)
    assert moved.settled is not None
    assert (moved.receipt.repeated, moved.settled.repeated) == (True, False)
    assert world.wallet_now(old).posted_minor == 0


async def test_what_was_used_in_common_before_the_move_is_the_old_tenants(world: World) -> None:
    """The stairwell's light of the old tenant's last hours is not on the new tenant's bill."""
    old, new = await world.wallet("100"), await world.wallet("100")
    await flat(world, old, area_cm2=1)
    _, light = await stairwell(world, ShareBy.AREA, "u1")
    await world.read(light.meter.id, 5 * KWH, HOUR)
    await move(world.site, asked(new))
    await world.read(light.meter.id, 5 * KWH, 5 * HOUR)
    assert [world.text(one.posted_minor) for one in (old, new)] == ["96.00", "96.00"]


async def test_a_neighbours_meter_in_the_flat_stays_the_neighbours(world: World) -> None:
    """The fridge of the shop stands in the flat's cellar and has its own payer."""
    old, new, shop = [await world.wallet("100") for _ in range(3)]
    run, fridge = await world.meter(old), await world.meter(shop)
    await set_(world, name="Flat 1", meters=(run.meter.id, fridge.meter.id))
    await move_in(world.site, asked(old))
    await move(world.site, asked(new))
    assert [one.binding.wallet for one in (run, fridge) if one.binding] == ["w2", "w3"]


async def test_moving_is_told(world: World) -> None:
    """An automation greets who moves in, and asks who moves out for the key."""
    old, new = await world.wallet("100"), await world.wallet("100")
    await flat(world, old)
    await move(world.site, asked(new))
    assert world.events(old)[-1] is WalletEvent.MOVED_OUT
    assert world.events(new)[-1] is WalletEvent.MOVED_IN


STEPS = st.lists(
    st.tuples(st.sampled_from(["read", "move", "out", "in", "crash"]), st.integers(0, 5 * KWH)),
    min_size=1,
    max_size=15,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
async def test_whoever_moves_and_whenever_each_kilowatt_hour_is_one_persons(
    make_world: MakeWorld, steps: list[tuple[str, int]]
) -> None:
    """A year of tenants, vacancies and power cuts: the bills add up to what the meter counted."""
    world = await make_world()
    wallets = [(await world.wallet("1000")).wallet.id for _ in range(4)]
    owner, first, *_ = wallets
    run = await flat(world, world.site.wallet(first), owner=owner)
    meter, inside = run.meter.id, True
    for number, (step, used) in enumerate(steps):
        tenant = world.site.wallet(wallets[1 + number % 3])
        await world.read(meter, used, HOUR)
        match step:
            case "move" if inside and tenant.wallet.id != run.binding.wallet:  # type: ignore[union-attr]
                await move(world.site, asked(tenant))
            case "out" if inside:
                await move_out(world.site, asked())
                inside = False
            case "in" if not inside:
                await move_in(world.site, asked(tenant))
                inside = True
            case "crash":
                await world.restart()
                await world.look(meter)
        run = world.run(meter)
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    bindings = registers_exact(await world.books.load(Binding))
    assert bindings[0][1] == 1000 * KWH
    assert [one[1] for one in bindings[1:]] == [one[2] for one in bindings[:-1]]
    charged = dict.fromkeys(wallets, 0)
    for entry in await world.books.entries(kinds=(EntryKind.USAGE,), limit=10_000):
        detail: Any = entry.detail
        charged[WalletId(detail["wallet"])] += sum(one["quantity"] for one in detail["lines"])
        numbers = {owner_of(leg.source) for leg in entry.postings}
        assert numbers <= {world.site.wallet(detail["wallet"]).wallet.no}
    for wallet in wallets:
        ended = [to - begin for who, begin, to in bindings if who == wallet and to is not None]
        assert charged[wallet] == sum(ended)
    assert sum(charged.values()) == world.registers[meter] - 1000 * KWH


def registers_exact(bindings: list[Binding]) -> list[tuple[str, int, int | None]]:
    """Who paid from where to where, in the order of time."""
    ordered = sorted(bindings, key=lambda one: int(one.id.split("/")[1]))
    return [(one.wallet, one.from_register, one.to_register) for one in ordered]


async def test_a_flat_whose_tenants_wallet_is_closed_is_vacant(make_world: MakeWorld) -> None:
    """Settled and closed, they have gone: the owner pays from there, and the next one can move in."""
    world = await make_world()
    owner, old, new = [await world.wallet("100") for _ in range(3)]
    run = await flat(world, old, owner=owner.wallet.id)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    receipt = await close_wallet(world.site, wallet=old.wallet.id, actor=MANAGER)
    assert receipt.detail["vacated"] == ["u1"]
    assert occupancy_of(world.site, "u1") is None
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(owner.available_minor) == "99.20"
    await world.restart()
    assert occupancy_of(world.site, "u1") is None
    (ended,) = await world.books.load(Occupancy)
    assert ended.to_at == receipt.booked
    with pytest.raises(CoreError, match="unit_is_vacant"):
        await move_out(world.site, asked())
    await world.look(run.meter.id)
    await move_in(world.site, asked(world.wallet_now(new)))
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(world.wallet_now(new).available_minor) == "99.20"


async def test_who_closes_their_wallet_bears_the_stairwell_until_then(
    make_world: MakeWorld,
) -> None:
    """What was used in common is paid by those who were there, also by who settles today."""
    world = await make_world()
    wallet = await world.wallet("100")
    await flat(world, wallet)
    _, meter = await stairwell(world, ShareBy.FIXED, ("u1", 1))
    await world.read(meter.meter.id, 10 * KWH, HOUR)
    receipt = await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    assert receipt.detail["settled"] == 9_200


async def test_a_reading_from_before_the_last_charge_is_put_right_as_the_refusal_says(
    world: World,
) -> None:
    """The keys were handed over in the morning, and the office hears of it in the evening."""
    old, new = await world.wallet("100"), await world.wallet("50", unit="waiting")
    run = await flat(world, old)
    await world.read(run.meter.id, 10 * KWH, 5 * HOUR)
    (entry,) = await world.books.entries(kinds=[EntryKind.USAGE])
    reading = HandReading(meter=run.meter.id, register=1006 * KWH)
    with pytest.raises(CoreError, match="hand_over_behind") as refused:
        await move(world.site, asked(new, readings=(reading,)))
    told = refused.value.placeholders
    assert (told["charged_to"], told["register"], told["difference"]) == ("1010", "1006", "4")
    await move(world.site, asked(new))
    await adjust_usage(
        world.site, entry=int(entry.id), quantity=6 * KWH, reason="moved at 1006", actor=MANAGER
    )
    await deduct(
        world.site, wallet=new.wallet.id, amount_minor=3_20, reason="from 1006 on", actor=MANAGER
    )
    assert world.text(old.available_minor) == "95.20"
    assert world.text(new.available_minor) == "46.80"
