"""Tariffs and policies are versions: what was decided by one stays decided by it."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.policy import Policy, WalletState
from custom_components.prepaid_parking.core.tariff import TariffVersion
from custom_components.prepaid_parking.operations.rules import ensure_standard
from custom_components.prepaid_parking.operations.watching import state_of
from tests.operations.conftest import MakeWorld
from tests.operations.world import FLAT, HOUR, KWH, World


async def test_a_new_price_holds_from_its_instant_and_not_before(world: World) -> None:
    """Used before noon, read after noon: split where the price changed."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.publish(FLAT | {"price": "1.80"}, since=world.clock.now + HOUR)
    await world.read(run.meter.id, 2 * KWH, 2 * HOUR)
    assert world.text(wallet.available_minor) == "97.40"
    await world.restart()
    await world.look(run.meter.id)
    await world.keeper.stop()
    assert world.text(world.wallet_now(wallet).posted_minor) == "97.40"


async def test_a_price_is_not_changed_for_what_was_charged_already(world: World) -> None:
    """Nobody's bill of this morning becomes another one."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, KWH, HOUR)
    with pytest.raises(CoreError, match="tariff_starts_in_past"):
        await world.publish(FLAT | {"price": "1.80"}, since=world.clock.now - HOUR)
    await world.publish(FLAT | {"price": "1.80"})
    await world.read(run.meter.id, KWH, HOUR)
    assert world.text(wallet.available_minor) == "97.40"


async def test_a_tariff_keeps_what_it_prices(world: World) -> None:
    """Power must not be charged by the price of water."""
    with pytest.raises(CoreError, match="tariff_wrong_quantity"):
        await world.publish(FLAT | {"quantity": "volume"})


async def test_versions_are_entries_and_survive(world: World) -> None:
    """Who changed a price, and when, is in the chain."""
    await world.publish(FLAT | {"price": "1.80"})
    await world.restart()
    assert [one.version for one in await world.books.load(TariffVersion)] == [1, 2]
    entries = await world.books.entries(kinds=(EntryKind.TARIFF_PUBLISHED,))
    assert [one.event for one in entries] == ["tariff/home/1", "tariff/home/2"]
    assert entries[1].actor == "user:manager"


async def test_a_policy_takes_effect_at_once_and_keeps_what_is_not_named(world: World) -> None:
    """A manager who grants credit on the phone sees the grace end."""
    wallet = await world.wallet("1")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 2 * KWH, HOUR)
    assert state_of(world.site, wallet) is WalletState.GRACE
    await world.policy(credit_limit_minor=1000)
    await world.work()
    assert state_of(world.site, wallet) is WalletState.LOW
    newest = world.site.policies[wallet.wallet.policy][-1]
    assert (newest.version, newest.alert_minor, newest.credit_limit_minor) == (2, 5000, 1000)
    assert [one.version for one in await world.books.load(Policy)] == [1, 2]


async def test_a_policy_reaches_wallets_without_meters_too(world: World) -> None:
    """A parking wallet that is low by the new rule is low now, not at its next passage."""
    wallet = await world.wallet("60")
    await world.work()
    assert state_of(world.site, wallet) is WalletState.OK
    await world.policy(alert_minor=7000)
    await world.work()
    assert state_of(world.site, wallet) is WalletState.LOW


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"version": 7}, "unknown_field"),
        ({"colour": "red"}, "unknown_field"),
        ({"grace_hours": -1}, "policy_negative"),
        ({"credit_limit_minor": -1}, "policy_negative"),
        ({"operations_per_day": -1}, "policy_negative"),
        ({"alert2_minor": 6000}, "policy_alerts_order"),
        ({"no_cut_weekdays": tuple(range(7))}, "policy_never_cuts"),
        ({"no_cut_hours": ((time(), time()),)}, "policy_never_cuts"),
        ({"no_cut_hours": ((time(8), time(20)), (time(20), time(8)))}, "policy_never_cuts"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(
    world: World, changes: dict[str, Any], key: str
) -> None:
    """A policy under which nothing is ever cut is a protection that nobody has named."""
    with pytest.raises(CoreError) as refused:
        await world.policy(**changes)
    assert refused.value.key == key
    assert len(await world.books.load(Policy)) == 1


async def test_a_site_has_its_standard_policy_once(make_world: MakeWorld) -> None:
    """In the currency's own digits, and not anew at each start."""
    yen = await make_world(currency="JPY", tariffs=())
    await ensure_standard(yen.site)
    (policy,) = await yen.books.load(Policy)
    assert (policy.alert_minor, policy.alert2_minor) == (50, 10)
    assert policy.valid_from == datetime(2026, 7, 1, 12, tzinfo=UTC)
