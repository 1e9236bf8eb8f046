"""A price that was wrong is put right: every tenant gets exactly the difference, once, and sees why."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import random
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Act
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.version import TariffVersion
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations import rerating
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.months import close_month
from custom_components.prepaid_parking.operations.office import (
    bind_meter,
    import_readings,
    replace_meter,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.price_corrections import (
    Rerated,
    preview_rerate,
    rerate,
)
from custom_components.prepaid_parking.operations.usage import close_windows
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.test_levies import LEVIED, give_bonus
from tests.operations.test_pools import TIERS, flat_with_meters
from tests.operations.test_shares import share
from tests.operations.world import DAY, DAY_AND_NIGHT, FLAT, HOUR, KWH, MANAGER, NOON, World

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)


def written(world: World, document: dict[str, Any]) -> TariffVersion:
    """A tariff as a person writes its correction."""
    return read_tariff(document, version=0, valid_from=world.clock.now)


async def correct(
    world: World,
    document: dict[str, Any] | None = None,
    *,
    since: datetime = MIDNIGHT,
    until: datetime | None = None,
    tariff: str = "home",
    dry: bool = False,
) -> Rerated:
    """Correct a price, or say what that would do."""
    version = None if document is None else written(world, document)
    if dry:
        return await preview_rerate(
            world.site, tariff=tariff, since=since, until=until, version=version
        )
    return await rerate(
        world.site,
        tariff=tariff,
        since=since,
        until=until,
        version=version,
        actor=MANAGER,
        reason="typing error",
    )


def differences(rerated: Rerated) -> dict[str, int]:
    """What each wallet pays or gets."""
    return {wallet: sums.difference_minor for wallet, sums in rerated.wallets.items()}


async def used(world: World, *, steps: int = 6, money: str = "100") -> tuple[WalletRun, MeterRun]:
    """A meter that used a kilowatt-hour an hour, some of it posted."""
    wallet = await world.wallet(money)
    run = await world.meter(wallet, tariff=next(iter(world.site.tariffs)))
    for step in range(steps):
        await world.read(run.meter.id, KWH, HOUR)
        if step % 2:
            await close_windows(world.site, (run,))
    return wallet, run


async def test_the_difference_moves_by_entries_that_name_what_they_correct(world: World) -> None:
    """0.80 was published where 0.70 was agreed: 60 cents come back, and the statement says for what."""
    wallet, run = await used(world)
    assert differences(await correct(world, FLAT | {"price": "0.70"}, dry=True)) == {"w1": -60}
    assert world.text(wallet.available_minor) == "95.20"
    rerated = await correct(world, FLAT | {"price": "0.70"})
    assert differences(rerated) == {"w1": -60}
    assert [one.version for one in rerated.versions] == [2]
    assert world.text(wallet.available_minor) == "95.80"
    corrected = await world.books.entries(kinds=(EntryKind.RERATING,))
    charges = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert [one.reverses for one in corrected] == [one.id for one in charges]
    assert corrected[0].reason == "typing error"
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "95.10"
    assert (await world.books.verify()).problem == ""


async def test_doing_it_again_moves_nothing(world: World) -> None:
    """A manager who is not sure and presses twice must not pay the tenants twice."""
    wallet, _ = await used(world)
    await correct(world, FLAT | {"price": "0.70"})
    for _ in range(2):
        assert differences(await correct(world)) == {"w1": 0}
    assert differences(await correct(world, FLAT | {"price": "0.70"})) == {"w1": 0}
    assert world.text(wallet.available_minor) == "95.80"
    await correct(world, FLAT | {"price": "0.80"})
    assert world.text(wallet.available_minor) == "95.20"


async def test_a_correction_with_an_end_leaves_the_time_after_it_alone(world: World) -> None:
    """Only the afternoon was wrong: from two to four, and a stretch over four is split there."""
    wallet, run = await used(world)
    rerated = await correct(
        world, FLAT | {"price": "1.80"}, since=NOON + 2 * HOUR, until=NOON + 4 * HOUR
    )
    assert differences(rerated) == {"w1": 200}
    assert [one.valid_from for one in rerated.versions] == [NOON + 2 * HOUR, NOON + 4 * HOUR]
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "92.40"


async def test_a_correction_holds_over_versions_that_began_in_it(world: World) -> None:
    """The wrong price was published twice: one correction mends both."""
    wallet, run = await used(world, steps=2)
    await world.publish(FLAT | {"price": "0.90"})
    for _ in range(2):
        await world.read(run.meter.id, KWH, HOUR)
    now = world.clock.now
    rerated = await correct(world, FLAT | {"price": "0.50"}, since=NOON, until=now)
    assert world.text(wallet.available_minor) == "98.00"
    assert len(rerated.versions) == 3
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "97.10"


async def test_fee_and_tax_are_corrected_with_the_price(make_world: MakeWorld) -> None:
    """The tax office gets tax on what was earned in the end, to the cent."""
    world = await make_world(tariffs=(LEVIED,))
    wallet, _ = await used(world, steps=10)
    lower = LEVIED | {
        "price": "0.71",
        "levies": [
            {"name": "Service", "kind": "fee", "percent": "4"},
            {"name": "VAT", "kind": "tax", "percent": "9"},
        ],
    }
    await correct(world, lower)
    held = await world.books.balances()
    revenue = held[site_account(SiteAccount.REVENUE_ELECTRICITY)]
    service = held[site_account(SiteAccount.REVENUE_SERVICE)]
    tax = held[site_account(SiteAccount.TAX)]
    assert (revenue, service, tax) == (710, 28, 66)
    assert wallet.posted_minor == 10_000 - 710 - 28 - 66
    await correct(world, LEVIED)
    held = await world.books.balances()
    assert held[site_account(SiteAccount.TAX)] == 109
    assert wallet.posted_minor == 10_000 - 800 - 40 - 109


async def test_tiers_are_filled_anew_in_the_order_in_which_they_were(
    make_world: MakeWorld,
) -> None:
    """The cheap tier ends at five, not at ten: the sixth to tenth kilowatt-hour cost more."""
    world = await make_world(tariffs=(TIERS,))
    wallet, (light, kitchen) = await flat_with_meters(world)
    for step in range(12):
        await world.read((light, kitchen)[step % 2].meter.id, KWH, HOUR)
        if step % 3 == 0:
            await close_windows(world.site, (light, kitchen))
    assert world.text(wallet.available_minor) == "974.00"
    five = TIERS | {"tiers": [{"up_to": "5", "price": "2.00"}, {"price": "3.00"}]}
    assert differences(await correct(world, five)) == {"w1": 500}
    assert world.text(wallet.available_minor) == "969.00"
    await world.read(light.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "966.00"


async def test_months_become_quarters_and_the_count_goes_on_from_there(
    make_world: MakeWorld,
) -> None:
    """What was used since the correction's start fills one quarter's tier, also for what comes."""
    world = await make_world(tariffs=(TIERS,), at=datetime(2026, 7, 30, 12, tzinfo=UTC))
    wallet, run = await used(world, steps=6)
    world.clock.now += 2 * DAY
    await world.read(run.meter.id, 0)
    await world.read(run.meter.id, 6 * KWH, HOUR)
    assert world.text(wallet.available_minor) == "76.00"  # six cheap ones in each month
    quarter = TIERS | {"period": "quarter"}
    assert differences(await correct(world, quarter)) == {"w1": 200}
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "71.00"
    await world.restart()
    await world.read(run.meter.id, 0)
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).available_minor) == "71.00"
    assert differences(await correct(world)) == {"w1": 0}


async def test_what_was_used_up_to_a_swap_is_corrected_too(world: World) -> None:
    """The last kilowatt-hours of the old meter are inside the entry of the swap."""
    wallet, run = await used(world, steps=1)
    await replace_meter(
        world.site,
        meter=run.meter.id,
        final_register=1003 * KWH,
        start_register=0,
        serial="B1",
        reason="worn out",
        actor=MANAGER,
    )
    world.registers[run.meter.id] = 0
    await world.look(run.meter.id, serial="B1")
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "96.80"
    assert differences(await correct(world, FLAT | {"price": "1.80"})) == {"w1": 400}
    assert world.text(wallet.available_minor) == "92.80"


async def test_a_tenant_who_has_gone_gets_the_difference_of_his_time(world: World) -> None:
    """And one whose wallet is closed is named, not forgotten."""
    first, run = await used(world, steps=2)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    second = await world.wallet("100")
    await bind_meter(
        world.site, meter=run.meter.id, wallet=second.wallet.id, tariff="home", actor=MANAGER
    )
    await world.read(run.meter.id, KWH, HOUR)
    rerated = await correct(world, FLAT | {"price": "0.79"})
    assert differences(rerated) == {"w1": -2, "w2": -1}
    assert (first.posted_minor, second.posted_minor) == (10_000 - 158, 10_000 - 79)


async def test_cents_below_the_minor_unit_are_not_lost_over_many_entries(world: World) -> None:
    """A tenth of a cent on each of a hundred entries is ten cents."""
    wallet, run = await used(world, steps=0)
    for _ in range(100):
        await world.read(run.meter.id, KWH // 10, HOUR / 10)
        await close_windows(world.site, (run,))
    assert world.text(wallet.available_minor) == "92.00"
    assert differences(await correct(world, FLAT | {"price": "0.81"})) == {"w1": 10}
    assert world.text(wallet.available_minor) == "91.90"
    assert run.window is not None
    assert run.window.carry == 0


async def test_a_closed_month_stays(make_world: MakeWorld) -> None:
    """The accountant has reported July; what comes late goes to August."""
    world = await make_world(at=datetime(2026, 7, 31, 12, tzinfo=UTC))
    await used(world)
    world.clock.now += 2 * DAY
    await close_month(world.site, month="2026-07", actor=MANAGER)
    with pytest.raises(CoreError, match="month_closed"):
        await correct(world, FLAT | {"price": "0.70"})
    with pytest.raises(CoreError, match="rerate_not_past"):
        await correct(world, FLAT | {"price": "0.70"}, since=world.clock.now + HOUR)


async def test_a_correction_that_cannot_be_written_has_not_happened(world: World) -> None:
    """The disk is full: the price is as it was, and the next attempt does it all."""
    wallet, run = await used(world)
    with world.full_disk(), pytest.raises((StoreError, CoreError)):
        await correct(world, FLAT | {"price": "0.70"})
    await world.restart()
    await world.look(run.meter.id)
    assert world.site.pricing.corrections == {}
    rerated = await correct(world, FLAT | {"price": "0.70"})
    assert [one.version for one in rerated.versions] == [2]
    assert world.text(world.wallet_now(wallet).available_minor) == "95.80"


async def test_an_unfinished_correction_is_finished_after_the_start(world: World) -> None:
    """What was published and not carried through is carried through by itself."""
    wallet, run = await used(world)
    written_acts = world.books.commit_all

    async def dies(*_: object) -> list[Any]:
        raise RuntimeError("killed")

    world.books.commit_all = dies  # type: ignore[assignment,method-assign]
    with pytest.raises(RuntimeError):
        await correct(world, FLAT | {"price": "0.70"})
    world.books.commit_all = written_acts  # type: ignore[method-assign]
    await world.restart()
    assert len(world.site.pricing.corrections) == 1
    await world.look(run.meter.id)
    await world.tick(timedelta(minutes=2))
    assert world.site.pricing.corrections == {}
    assert world.text(world.wallet_now(wallet).available_minor) == "95.80"


async def test_bonus_that_paid_comes_back_as_bonus(world: World) -> None:
    """Money that was given must not become money that can be paid out, by way of a correction."""
    wallet, run = await used(world, steps=0)
    await give_bonus(world, wallet.wallet.no, 300)
    wallet.bonus_minor = 300
    await world.read(run.meter.id, 5 * KWH, HOUR)  # 3.00 of bonus, 1.00 of cash
    await correct(world, FLAT | {"price": "0.40"})
    assert (wallet.bonus_minor, world.text(wallet.posted_minor)) == (100, "100.00")
    await correct(world, FLAT | {"price": "0.20"})
    assert (wallet.bonus_minor, world.text(wallet.posted_minor)) == (200, "100.00")
    await correct(world, FLAT | {"price": "1.00"})
    assert (wallet.bonus_minor, world.text(wallet.posted_minor)) == (0, "98.00")


async def test_a_stairwells_members_each_get_their_part(make_world: MakeWorld) -> None:
    """Readings that came late, and a price that was wrong: what three flats share stays shared."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    members = [await world.wallet("100") for _ in range(3)]
    shared = await world.wallet(unit="Stairwell", kind=WalletKind.SHARED)
    run = await world.meter(shared, tariff="banded")
    await share(world, shared, ShareBy.FIXED, *((one.wallet.id, 1) for one in members))
    start = world.clock.now
    await world.read(run.meter.id, 24 * KWH, DAY)  # 18.00, six by each
    night = [(start + 10 * HOUR, 1000 * KWH), (start + 18 * HOUR, 1024 * KWH)]
    await import_readings(world.site, meter=run.meter.id, readings=night, actor=MANAGER)
    assert [world.text(one.posted_minor) for one in members] == ["98.00"] * 3
    await correct(
        world, DAY_AND_NIGHT | {"rates": {"day": "1.00", "night": "0.50"}}, tariff="banded"
    )
    assert [world.text(one.posted_minor) for one in members] == ["96.00"] * 3
    assert shared.posted_minor == 0


@pytest.mark.parametrize("written", [False, True], ids=["before the write", "after it"])
@pytest.mark.parametrize("place", range(3))
async def test_killed_at_any_correction_each_is_made_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, place: int, *, written: bool
) -> None:
    """With fees and taxes, at each of them: nobody is left out, and nobody gets it twice."""
    monkeypatch.setattr(rerating, "AT_ONCE", 1)
    world = await make_world(tariffs=(LEVIED,))
    wallet, run = await used(world, steps=6)
    commit_all, left = world.books.commit_all, [place]

    async def dies(acts: Sequence[Act]) -> Any:
        if acts[0].kind is EntryKind.RERATING:
            left[0] -= 1
            if left[0] < 0:
                if written:
                    await commit_all(acts)
                raise RuntimeError("killed")
        return await commit_all(acts)

    world.books.commit_all = dies  # type: ignore[assignment,method-assign]
    with pytest.raises(RuntimeError):
        await correct(world, LEVIED | {"price": "0.71"})
    world.books.commit_all = commit_all  # type: ignore[method-assign]
    await world.restart()
    await world.look(run.meter.id)
    await world.tick(timedelta(minutes=2))
    assert world.site.pricing.corrections == {}
    held = await world.books.balances()
    assert held[site_account(SiteAccount.REVENUE_ELECTRICITY)] == 426
    assert held[site_account(SiteAccount.REVENUE_SERVICE)] == 21
    assert held[site_account(SiteAccount.TAX)] == (426 + 21) * 13 // 100
    assert len(await world.books.entries(kinds=(EntryKind.RERATING,))) == 3
    assert world.wallet_now(wallet).posted_minor == 10_000 - 426 - 21 - 58


@pytest.mark.parametrize(("kwh", "left"), [(2, "98.60"), (0, "100.00")])
async def test_a_charge_that_a_person_has_corrected_stays_at_that_quantity(
    make_world: MakeWorld, kwh: int, left: str
) -> None:
    """Water of a burst pipe was let off: the right price is for what is left of it."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet, tariff="banded")
    start = world.clock.now
    await world.read(run.meter.id, 24 * KWH, DAY)
    await import_readings(
        world.site, meter=run.meter.id, readings=[(start + HOUR, 1024 * KWH)], actor=MANAGER
    )
    (charge,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    await adjust_usage(
        world.site, entry=charge.id, quantity=kwh * KWH, reason="burst pipe", actor=MANAGER
    )
    await correct(
        world, DAY_AND_NIGHT | {"rates": {"day": "0.70", "night": "0.10"}}, tariff="banded"
    )
    assert world.text(wallet.available_minor) == left
    await correct(world, tariff="banded")
    assert world.text(wallet.available_minor) == left


readings = st.lists(st.integers(0, 4 * KWH), min_size=11, max_size=11)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=readings, price=st.integers(1, 300), seed=st.randoms())
async def test_in_whatever_order_readings_and_the_right_price_come_the_end_is_one(
    make_world: MakeWorld, hours: list[int], price: int, seed: random.Random
) -> None:
    """Energy and money are what they would have been, had all been known at once."""
    right = DAY_AND_NIGHT | {"rates": {"day": "1.37", "night": f"0.{price:03}"}}
    ends = set()
    for turn in range(2):
        world = await make_world(tariffs=(DAY_AND_NIGHT,))
        wallet = await world.wallet("1000")
        run = await world.meter(wallet, tariff="banded")
        start, total = world.clock.now, sum(hours) + KWH
        await world.read(run.meter.id, total, DAY)
        shown, points = 1000 * KWH, []
        for place, count in enumerate(hours, 1):
            shown += count
            points.append((start + place * 2 * HOUR, shown))
        steps: list[Any] = [*points, None]
        if turn:
            seed.shuffle(steps)
        for step in steps:
            if step is None:
                await correct(world, right, tariff="banded")
            else:
                await import_readings(
                    world.site, meter=run.meter.id, readings=[step], actor=MANAGER
                )
        await correct(world, tariff="banded")
        assert run.window is not None
        assert (run.window.to_register, run.cursor) == (1000 * KWH + total, run.cursor)
        ends.add((wallet.posted_minor, run.window.carry))
    assert len(ends) == 1
