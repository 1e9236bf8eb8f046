"""The desk of meters: who pays from which register on, to the last unit and the last cent."""

import asyncio
from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import SYSTEM
from custom_components.prepaid_parking.core.metering import Commodity, Quantity
from custom_components.prepaid_parking.core.supply import RestoreMode
from custom_components.prepaid_parking.core.wallet import Binding, Purpose
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.office import (
    add_meter,
    bind_meter,
    replace_meter,
    unbind_meter,
    update_meter,
)
from custom_components.prepaid_parking.operations.tally import Tally
from tests.operations.conftest import MakeWorld
from tests.operations.world import FLAT, HOUR, KWH, MANAGER, World


async def bind(world: World, meter: str, wallet: str, **fields: object) -> None:
    """Bind at the flat tariff unless told otherwise."""
    told = {"tariff": "home", "actor": MANAGER} | fields
    await bind_meter(world.site, meter=meter, wallet=wallet, **told)  # type: ignore[arg-type]


async def test_a_new_tenant_pays_from_the_register_on_which_the_old_one_left(world: World) -> None:
    """Who moves out pays to the last unit, who moves in pays from the next, nobody twice."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await world.read(meter, 3 * KWH + 7, HOUR)
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    assert (old.meters, old.unposted_minor, run.window) == ([], 0, None)
    assert world.text(old.posted_minor) == "97.60"
    await bind(world, meter, new.wallet.id)
    await world.read(meter, 2 * KWH, HOUR)
    await world.restart()
    await world.look(meter)
    assert world.text(world.wallet_now(old).available_minor) == "97.60"
    assert world.text(world.wallet_now(new).available_minor) == "48.40"
    first, second = sorted(await world.books.load(Binding), key=lambda one: one.id)
    assert (first.from_register, first.to_register) == (1000 * KWH, 1003 * KWH + 7)
    assert first.carry == (3 * KWH + 7) * 800_000 % 10**10
    assert (second.from_register, second.to_register) == (1003 * KWH + 7, None)


async def test_what_an_empty_flat_used_is_nobodys_unless_somebody_takes_it(world: World) -> None:
    """The register given at the hand-over decides, as long as nobody has paid for it."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await world.read(meter, 3 * KWH, HOUR)
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    await world.read(meter, KWH, HOUR)
    with pytest.raises(CoreError, match="register_behind"):
        await bind(world, meter, new.wallet.id, from_register=1002 * KWH)
    await world.restart()
    await world.look(meter)
    with pytest.raises(CoreError, match="register_behind"):
        await bind(world, meter, new.wallet.id, from_register=1002 * KWH)
    await bind(world, meter, new.wallet.id, from_register=1003 * KWH)
    await world.look(meter)
    assert world.text(world.wallet_now(new).available_minor) == "49.20"


async def test_an_old_checkpoint_is_not_charged_to_the_next_tenant(world: World) -> None:
    """What the old tenant's open window held must not come up in the new one's after a crash."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await world.tick()  # from here on a minute to the next checkpoint
    await world.read(meter, 0, HOUR)
    await world.tick()
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    world.clock.now += HOUR
    await world.look(meter)
    await bind(world, meter, new.wallet.id)
    began = world.run(meter).window
    await world.restart()
    window = world.run(meter).window
    assert window is not None
    assert began is not None
    assert (window.from_register, window.from_at) == (began.from_register, began.from_at)


async def test_a_meter_is_bound_once_however_often_it_is_clicked(world: World) -> None:
    """Two tenants must not both pay for one meter."""
    one, two = await world.wallet("100"), await world.wallet("100")
    run = await world.meter()
    answers = await asyncio.gather(
        bind(world, run.meter.id, one.wallet.id),
        bind(world, run.meter.id, two.wallet.id),
        return_exceptions=True,
    )
    assert [isinstance(answer, CoreError) for answer in answers] == [False, True]
    assert [one.to_at for one in await world.books.load(Binding)] == [None]
    assert (one.meters, two.meters) == ([run], [])


@pytest.mark.parametrize(
    ("purpose", "fields", "key"),
    [
        (Purpose.PARKING, {}, "wallet_wrong_purpose"),
        (Purpose.PROPERTY, {}, "wallet_wrong_purpose"),
        (Purpose.UTILITY, {"tariff": "none"}, "unknown_tariff"),
        (Purpose.UTILITY, {"tariff": "water"}, "tariff_wrong_quantity"),
        (Purpose.UTILITY, {"from_register": 1001 * KWH}, "register_ahead"),
    ],
)
async def test_a_binding_that_makes_no_sense_is_refused(
    make_world: MakeWorld, purpose: Purpose, fields: dict[str, object], key: str
) -> None:
    """Parking money pays no power, water prices no current, nobody pays for what is not there yet."""
    world = await make_world(
        tariffs=(FLAT, {"tariff": "water", "quantity": "volume", "price": "3.00"})
    )
    wallet, run = await world.wallet(purpose=purpose), await world.meter()
    with pytest.raises(CoreError) as refused:
        await bind(world, run.meter.id, wallet.wallet.id, **fields)
    assert refused.value.key == key
    assert run.binding is None


async def test_nothing_is_bound_to_a_closed_wallet(world: World) -> None:
    """Who has left pays for nothing any more."""
    wallet, run = await world.wallet(), await world.meter()
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_closed"):
        await bind(world, run.meter.id, wallet.wallet.id)


async def test_a_swapped_meter_is_not_bound_before_somebody_says_so(world: World) -> None:
    """The register of another meter is no start for anybody's bill."""
    wallet, run = await world.wallet(), await world.meter()
    await world.look(run.meter.id, serial="B2")
    with pytest.raises(CoreError, match="meter_was_swapped"):
        await bind(world, run.meter.id, wallet.wallet.id)


async def test_a_meter_that_was_never_read_cannot_be_bound(world: World) -> None:
    """A bill begins at a register that somebody has seen."""
    wallet = await world.wallet()
    run = await add_meter(
        world.site,
        profile="acrel",
        serial="9",
        name="New",
        commodity=Commodity.ELECTRICITY,
        quantity=Quantity.ENERGY,
        max_rate=KWH,
        modulus=None,
        jitter=0,
        restore=RestoreMode.ARMED,
        actor=MANAGER,
    )
    with pytest.raises(CoreError, match="meter_not_read"):
        await bind(world, run.meter.id, wallet.wallet.id)
    with pytest.raises(CoreError, match="meter_not_bound"):
        await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_meter"):
        await bind(world, "m77", wallet.wallet.id)


async def test_nobody_moves_out_while_the_books_cannot_be_written(world: World) -> None:
    """The last day's use would be lost; it is charged, and then the tenant leaves."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    with world.full_disk(), pytest.raises(CoreError, match="books_cannot_be_written"):
        await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    assert world.text(wallet.available_minor) == "97.60"
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    assert world.text(wallet.posted_minor) == "97.60"
    assert run.binding is None


async def test_what_waited_for_the_disk_and_what_came_after_are_both_charged(world: World) -> None:
    """An entry that could not be written, then more use, then the tenant leaves: nothing is dropped."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    with world.full_disk():
        await world.read(run.meter.id, 3 * KWH, 5 * HOUR)
        assert run.closing is not None
    await world.read(run.meter.id, 2 * KWH, HOUR)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    assert world.text(wallet.posted_minor) == "96.00"
    (binding,) = await world.books.load(Binding)
    assert (binding.to_register, binding.carry) == (1005 * KWH, 0)


async def test_changed_settings_leave_the_bill_where_it_is(world: World) -> None:
    """A new name and a new limit are no new start; a rollover in between is not undone."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet, register=1_000_000 * KWH - KWH)
    written = replace(run.meter, name="Kitchen", max_rate=20 * KWH)
    world.registers[run.meter.id] = KWH
    world.clock.now += HOUR
    await world.look(run.meter.id)
    await update_meter(world.site, run, written, RestoreMode.ARMED, SYSTEM)
    await world.restart()
    again = world.run(run.meter.id)
    assert (again.meter.name, again.meter.max_rate) == ("Kitchen", 20 * KWH)
    assert again.supply.restore is RestoreMode.ARMED
    assert again.meter.installation == f"{run.meter.id}.2"
    await world.look(run.meter.id)
    assert world.text(world.wallet_now(wallet).available_minor) == "98.40"


async def test_settings_that_did_not_change_are_no_entry(world: World) -> None:
    """Each start of the hub must not add a line to the books of every meter."""
    run = await world.meter()
    before = len(await world.books.entries())
    await update_meter(world.site, run, run.meter, run.supply.restore, SYSTEM)
    assert len(await world.books.entries()) == before


async def test_a_binding_that_was_not_written_binds_nobody(world: World) -> None:
    """The tenant is told that it failed, and it has failed."""
    wallet, run = await world.wallet("100"), await world.meter()
    with world.full_disk(), pytest.raises(StoreError):
        await bind(world, run.meter.id, wallet.wallet.id)
    await world.read(run.meter.id, KWH, HOUR)
    assert (run.binding, wallet.available_minor) == (None, 10_000)
    await bind(world, run.meter.id, wallet.wallet.id)
    assert run.window is not None
    assert run.window.from_register == 1001 * KWH


async def test_the_last_use_of_a_swapped_meter_is_among_the_days_costs(world: World) -> None:
    """The day's cost and the site's revenue must not lack what the old meter counted last."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    tally = Tally(world.site.zone)
    await tally.begin(world.books, world.clock.now)
    await world.read(run.meter.id, KWH, HOUR)
    await replace_meter(
        world.site,
        meter=run.meter.id,
        final_register=1003 * KWH,
        start_register=0,
        serial="B1",
        reason="worn out",
        actor=MANAGER,
    )
    await tally.follow(world.books, world.clock.now)
    assert tally.meter_today(run.meter.id, world.clock.now) == 240
    assert tally.site_today(world.clock.now) == 240


@pytest.mark.parametrize("garbled", [5, 900_000])
async def test_nobody_begins_to_pay_from_a_garbled_reading(world: World, garbled: int) -> None:
    """A byte lost on the line at the hand-over: the next tenant would pay for all since the flood."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    await world.read(meter, KWH, HOUR)
    await world.look(meter, register=garbled * KWH)
    with pytest.raises(CoreError, match="reading_not_believed"):
        await bind(world, meter, new.wallet.id)
    with pytest.raises(CoreError, match="reading_not_believed"):
        await bind(world, meter, new.wallet.id, from_register=garbled * KWH)
    await world.read(meter, KWH, HOUR)
    await bind(world, meter, new.wallet.id)
    await world.read(meter, KWH, HOUR)
    assert not world.site.doubts
    assert world.text(new.available_minor) == "49.20"


async def test_what_somebody_read_off_the_meter_is_taken_where_it_fits(world: World) -> None:
    """Who stands before the meter need not wait for the line."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    await world.look(meter, register=5 * KWH)
    await bind(world, meter, new.wallet.id, from_register=1000 * KWH)
    await world.read(meter, KWH, HOUR)
    assert not world.site.doubts
    assert world.text(new.available_minor) == "49.20"


async def test_a_meter_that_was_reset_while_nobody_paid_counts_from_what_it_shows(
    world: World,
) -> None:
    """Two readings say the same: then it is the meter, and not the line."""
    new = await world.wallet("50")
    run = await world.meter()
    meter = run.meter.id
    world.registers[meter] = 0
    await world.look(meter)
    with pytest.raises(CoreError, match="reading_not_believed"):
        await bind(world, meter, new.wallet.id)
    await world.read(meter, 0)
    await bind(world, meter, new.wallet.id)
    await world.read(meter, KWH, HOUR)
    assert world.text(new.available_minor) == "49.20"


async def test_a_doubt_that_is_open_when_a_meter_is_unbound_is_not_the_next_tenants(
    world: World,
) -> None:
    """What nobody believed of the old tenant is not where the new one begins."""
    old, new = await world.wallet("100"), await world.wallet("50")
    run = await world.meter(old)
    meter = run.meter.id
    await world.look(meter, register=900_000 * KWH)
    assert world.site.doubts
    await unbind_meter(world.site, meter=meter, actor=MANAGER)
    with pytest.raises(CoreError, match="reading_not_believed"):
        await bind(world, meter, new.wallet.id)
