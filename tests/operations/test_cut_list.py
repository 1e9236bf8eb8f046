"""Tomorrow's cut list is what then happens; a named person strikes a wallet off, or everything."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time
from random import Random
from typing import Any

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.supply import CutMode
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations.cut_list import cut_list
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.respites import (
    hold_site,
    lift_veto,
    promise_to_pay,
    release_site,
    veto_cut,
)
from custom_components.prepaid_parking.operations.supply import (
    cut_supply,
    restore_supply,
    set_protection,
    set_supply_rules,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.operations.watching import cutoff_of
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, World

OFFICE: dict[str, Any] = {"cut_hours": ((time(9), time(16)),)}


async def empty(world: World, meters: int = 1, **fields: Any) -> tuple[WalletRun, list[MeterRun]]:
    """A tenant who has used up more than there was, in grace from now on."""
    wallet = await world.wallet("1", **fields)
    runs = [await world.meter(wallet, relay=True) for _ in range(meters)]
    world.registers[runs[0].meter.id] += 5 * KWH
    await world.read(runs[0].meter.id, 0, HOUR)
    return wallet, runs


def listed(world: World, until: datetime) -> dict[MeterId, datetime]:
    """Which supplies will be cut until then, and when."""
    return {one.meter: one.at for line in cut_list(world.site, until) for one in line.cuts}


def cuts(world: World) -> dict[MeterId, datetime]:
    """When each relay was switched off first."""
    return {
        meter: next(at for at, on in relay.written if not on)
        for meter, relay in world.relays.items()
        if any(not on for _, on in relay.written)
    }


def why(run: MeterRun) -> Why | None:
    """Why a supply stands as it does."""
    return run.decision.why if run.decision is not None else None


async def test_the_list_says_who_when_and_how_much_is_missing(world: World) -> None:
    """What the manager reads on Thursday is what the tenant is told."""
    await world.policy(grace_hours=24, hysteresis_minor=200, **OFFICE)
    wallet, (run,) = await empty(world)
    (line,) = cut_list(world.site, world.clock.now + 3 * DAY)
    assert line.wallet is wallet
    assert world.text(wallet.available_minor) == "-3.00"
    assert world.text(line.missing_minor) == "5.00"
    (cut,) = line.cuts
    assert cut.meter == run.meter.id
    assert cut.at == cutoff_of(world.site, wallet)
    assert cut_list(world.site, world.clock.now + HOUR) == []
    await world.pay(wallet, world.text(line.missing_minor))
    await world.work()
    assert cut_list(world.site, world.clock.now + 3 * DAY) == []


async def test_zero_on_friday_evening_is_cut_on_monday_at_nine(world: World) -> None:
    """Row 34: grace a day, cuts on working days from nine to four; a top-up cancels."""
    await world.policy(grace_hours=24, **OFFICE)
    friday = datetime(2026, 7, 3, 19, tzinfo=world.clock.now.tzinfo)
    world.clock.now = friday
    wallet, (run,) = await empty(world)
    payer, (other,) = await empty(world)
    monday = datetime(2026, 7, 6, 9, tzinfo=friday.tzinfo)
    assert cutoff_of(world.site, wallet) == monday
    await world.wait(monday - 2 * MINUTE - world.clock.now, 4 * MINUTE)
    await world.pay(payer, "50")
    await world.wait(MINUTE, 10 * SECOND)
    assert cuts(world) == {}
    await world.wait(2 * MINUTE, SECOND)
    assert cuts(world) == {run.meter.id: monday}
    assert world.relays[other.meter.id].on


async def test_supplies_of_a_wallet_are_cut_in_their_order(world: World) -> None:
    """The charger at once, the power an hour later, the fridge not by rules; a payment ends it."""
    await world.policy(grace_hours=0)
    wallet = await world.wallet("1")
    charger, power, water, fridge = [await world.meter(wallet, relay=True) for _ in range(4)]
    for run, order, delay in ((charger, 1, 0), (power, 2, 3600), (water, 3, 3600)):
        await set_supply_rules(
            world.site, meter=run.meter.id, cut_order=order, cut_delay_s=delay, actor=MANAGER
        )
    await set_supply_rules(world.site, meter=fridge.meter.id, cut=CutMode.NEVER, actor=MANAGER)
    world.registers[charger.meter.id] += 5 * KWH
    await world.read(charger.meter.id, 0, HOUR)
    began = world.clock.now
    await world.wait(HOUR + MINUTE, 10 * SECOND)
    assert cuts(world) == {charger.meter.id: began, power.meter.id: began + HOUR}
    assert (why(water), why(fridge)) == (Why.IN_TURN, Why.NEVER_CUT)
    await world.restart()
    await world.pay(world.wallet_now(wallet), "50")
    await world.wait(3 * HOUR, MINUTE)
    assert set(cuts(world)) == {charger.meter.id, power.meter.id}


async def test_the_order_is_kept_through_a_restart(world: World) -> None:
    """Killed between the first and the second: the second has its hour all the same."""
    await world.policy(grace_hours=0)
    _, (first, second) = await empty_in_order(world, 3600)
    began = world.clock.now
    await world.wait(20 * MINUTE, MINUTE)
    await world.restart()
    await world.wait(HOUR, 10 * SECOND)
    at = cuts(world)
    assert at[first.meter.id] == began
    assert HOUR <= at[second.meter.id] - began <= HOUR + 20 * SECOND


async def empty_in_order(world: World, delay_s: int) -> tuple[WalletRun, list[MeterRun]]:
    """Two supplies of a tenant, one after the other, just used up."""
    wallet = await world.wallet("1")
    runs = [await world.meter(wallet, relay=True) for _ in range(2)]
    await set_supply_rules(
        world.site, meter=runs[1].meter.id, cut_order=1, cut_delay_s=delay_s, actor=MANAGER
    )
    world.registers[runs[0].meter.id] += 5 * KWH
    await world.read(runs[0].meter.id, 0, HOUR)
    return wallet, runs


async def test_a_shared_wallets_meters_are_never_cut_by_rules(world: World) -> None:
    """The stairs are everybody's: the debt of one must not put the others in the dark."""
    await world.policy(grace_hours=0)
    wallet, (run,) = await empty(world, kind=WalletKind.SHARED)
    await world.wait(HOUR, MINUTE)
    assert cuts(world) == {}
    assert why(run) is Why.SHARED
    assert cutoff_of(world.site, wallet) is None
    assert cut_list(world.site, world.clock.now + DAY) == []


async def test_a_veto_keeps_a_wallet_from_being_cut_until_it_ends(world: World) -> None:
    """The manager knows what the books do not; it is written down with his name."""
    await world.policy(grace_hours=1)
    wallet, (run,) = await empty(world)
    until = world.clock.now + 5 * HOUR
    await veto_cut(
        world.site, wallet=wallet.wallet.id, reason="in hospital", until=until, actor=MANAGER
    )
    entry = (await world.books.entries())[-1]
    assert (entry.kind, entry.reason, entry.actor) == (
        EntryKind.CUT_VETOED,
        "in hospital",
        "user:manager",
    )
    assert WalletEvent.CUT_VETOED in world.events(wallet)
    assert cutoff_of(world.site, wallet) == until
    await world.wait(2 * HOUR, MINUTE)
    await world.restart()
    await world.wait(2 * HOUR, MINUTE)
    assert cuts(world) == {}
    assert why(world.run(run.meter.id)) is Why.VETOED
    await world.wait(until - world.clock.now + 5 * SECOND, SECOND)
    assert cuts(world) == {run.meter.id: until}


async def test_a_veto_without_an_end_is_lifted_by_name(world: World) -> None:
    """On the list it stands all the same, so that nobody is forgotten."""
    await world.policy(grace_hours=0)
    wallet = await world.wallet("1")
    await veto_cut(world.site, wallet=wallet.wallet.id, reason="court", actor=MANAGER)
    run = await world.meter(wallet, relay=True)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await world.wait(DAY, 10 * MINUTE)
    assert cuts(world) == {}
    (line,) = cut_list(world.site, world.clock.now + DAY)
    assert line.cuts == ()
    assert [one.reason for one in line.spared] == ["court"]
    assert cutoff_of(world.site, wallet) is None
    await lift_veto(world.site, wallet=wallet.wallet.id, reason="over", actor=MANAGER)
    await world.wait(5 * SECOND, SECOND)
    assert set(cuts(world)) == {run.meter.id}
    with pytest.raises(CoreError, match="no_veto"):
        await lift_veto(world.site, wallet=wallet.wallet.id, reason="again", actor=MANAGER)


async def test_a_promise_postpones_the_cut_once(world: World) -> None:
    """Wages on Friday; on Saturday it is cut, and the next promise is taken in a month."""
    await world.policy(grace_hours=0, promise_days=3, promise_every_days=30)
    wallet = await world.wallet("1")
    run = await world.meter(wallet, relay=True)
    until = world.clock.now + 2 * DAY
    say: dict[str, Any] = {"wallet": wallet.wallet.id, "reason": "wages", "actor": MANAGER}
    with pytest.raises(CoreError, match="promise_too_long"):
        await promise_to_pay(world.site, until=world.clock.now + 4 * DAY, **say)
    await promise_to_pay(world.site, until=until, **say)
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await world.wait(until - world.clock.now - SECOND, 5 * MINUTE)
    assert (cuts(world), why(run)) == ({}, Why.PROMISED)
    await world.wait(10 * SECOND, SECOND)
    assert set(cuts(world)) == {run.meter.id}
    await world.restart()
    with pytest.raises(CoreError, match="promise_too_soon"):
        await promise_to_pay(world.site, until=world.clock.now + DAY, **say)
    world.clock.now += 30 * DAY
    await promise_to_pay(world.site, until=world.clock.now + DAY, **say)


async def test_a_held_site_cuts_nobody_and_restores_everybody(world: World) -> None:
    """A heat wave, a funeral, a bank that is down: no cut anywhere until it is released."""
    await world.policy(grace_hours=0)
    wallet, (dark,) = await empty(world)
    await world.wait(5 * SECOND, SECOND)
    assert set(cuts(world)) == {dark.meter.id}
    await hold_site(world.site, reason="heat wave", actor=MANAGER)
    other, (run,) = await empty(world)
    await world.pay(wallet, "50")
    await world.wait(HOUR, MINUTE)
    assert world.relays[dark.meter.id].on
    assert world.relays[run.meter.id].on
    assert why(run) is Why.SITE_HELD
    assert cutoff_of(world.site, other) is None
    with pytest.raises(CoreError, match="site_is_held"):
        await cut_supply(world.site, meter=run.meter.id, reason="leak", actor=MANAGER)
    await world.restart()
    await world.wait(10 * MINUTE, MINUTE)
    assert world.relays[run.meter.id].on
    await release_site(world.site, reason="rain", actor=MANAGER)
    await world.wait(10 * SECOND, SECOND)
    assert not world.relays[run.meter.id].on
    with pytest.raises(CoreError, match="site_not_held"):
        await release_site(world.site, reason="again", actor=MANAGER)
    kinds = [one.kind for one in await world.books.entries()]
    assert [kind for kind in kinds if kind in (EntryKind.SITE_HELD, EntryKind.SITE_RELEASED)] == [
        EntryKind.SITE_HELD,
        EntryKind.SITE_RELEASED,
    ]


async def test_a_hold_of_the_site_may_end_by_itself(world: World) -> None:
    """Until Monday means until Monday."""
    await world.policy(grace_hours=0)
    until = world.clock.now + 3 * HOUR
    await hold_site(world.site, reason="holiday", until=until, actor=MANAGER)
    wallet, (run,) = await empty(world)
    assert cutoff_of(world.site, wallet) == until
    await world.wait(3 * HOUR, MINUTE)
    assert set(cuts(world)) == {run.meter.id}
    assert cuts(world)[run.meter.id] >= until


type Say = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(
    ("say", "fields", "key"),
    [
        (veto_cut, {"wallet": "w9", "reason": "r"}, "unknown_wallet"),
        (veto_cut, {"wallet": "w1", "reason": " "}, "reason_missing"),
        (hold_site, {"reason": ""}, "reason_missing"),
        (hold_site, {"reason": "r", "until": datetime(2020, 1, 1)}, "time_is_past"),  # noqa: DTZ001
        (veto_cut, {"wallet": "w1", "reason": "r", "until": datetime(2020, 1, 1)}, "time_is_past"),  # noqa: DTZ001
    ],
)
async def test_what_keeps_somebody_from_being_cut_needs_a_reason_and_a_future(
    world: World, say: Say, fields: dict[str, Any], key: str
) -> None:
    """A favour without a reason is asked about a year later."""
    await world.wallet("1")
    if "until" in fields:
        fields = fields | {"until": fields["until"].replace(tzinfo=world.clock.now.tzinfo)}
    with pytest.raises(CoreError, match=key):
        await say(world.site, actor=MANAGER, **fields)


# --- the list is what then happens ---------------------------------------------------------------


async def some_street(world: World, random: Random) -> None:
    """Tenants of all sorts, some empty, with all that may keep a supply on."""
    window = random.choice([(), ((time(9), time(16)),), ((time(7), time(8)), (time(20), time(22)))])
    await world.policy(
        grace_hours=random.choice([0, 1, 5, 24, 30]),
        cut_hours=window,
        no_cut_hours=random.choice([(), ((time(12), time(13)),)]),
        no_cut_weekdays=random.choice([(), (4,), (5, 6)]),
        credit_limit_minor=random.choice([0, 100]),
    )
    now = world.clock.now
    for _ in range(6):
        kind = random.choice([WalletKind.INDIVIDUAL] * 5 + [WalletKind.SHARED])
        wallet = await world.wallet("1", kind=kind)
        runs = [await world.meter(wallet, relay=True) for _ in range(random.choice([1, 1, 2, 3]))]
        for run in runs:
            await set_supply_rules(
                world.site,
                meter=run.meter.id,
                cut=random.choice([CutMode.AUTO] * 5 + [CutMode.NEVER]),
                cut_order=random.choice([0, 1, 2]),
                cut_delay_s=random.choice([0, 1800, 7200]),
                actor=MANAGER,
            )
            if random.random() < 0.1:
                until = random.choice([None, now + 7 * HOUR])
                await set_protection(
                    world.site,
                    meter=run.meter.id,
                    protected=True,
                    reason="r",
                    until=until,
                    actor=MANAGER,
                )
            elif random.random() < 0.1:
                until = random.choice([None, now + 9 * HOUR])
                await restore_supply(
                    world.site, meter=run.meter.id, reason="r", until=until, actor=MANAGER
                )
        if random.random() < 0.8:
            world.registers[runs[0].meter.id] += 5 * KWH
        if random.random() < 0.2:
            until = random.choice([None, now + 6 * HOUR, now + 30 * HOUR])
            await veto_cut(
                world.site, wallet=wallet.wallet.id, reason="r", until=until, actor=MANAGER
            )
        elif random.random() < 0.2:
            await promise_to_pay(
                world.site,
                wallet=wallet.wallet.id,
                reason="r",
                until=now + random.choice([3, 26]) * HOUR,
                actor=MANAGER,
            )
    if random.random() < 0.2:
        until = random.choice([None, now + 11 * HOUR])
        await hold_site(world.site, reason="r", until=until, actor=MANAGER)


async def live_on(world: World, seed: int) -> int:
    """Let a street live on for a while without a payment; returns how many supplies were listed."""
    random = Random(seed)
    await some_street(world, random)
    world.clock.now += HOUR
    for meter in world.registers:
        world.offer(meter)
    await world.work()
    await world.tick()
    await world.wait(random.choice([1, 90, 600]) * MINUTE, 5 * MINUTE)
    done, length = cuts(world), 32 * HOUR
    # A cut that was sent a moment ago and is not read back yet stands on the list still.
    planned = {
        meter: at
        for meter, at in listed(world, world.clock.now + length).items()
        if meter not in done
    }
    await world.wait(length, 5 * MINUTE)
    happened = {meter: at for meter, at in cuts(world).items() if meter not in done}
    assert happened.keys() == planned.keys(), seed
    for meter, at in planned.items():
        assert -MINUTE <= happened[meter] - at <= 6 * MINUTE, (seed, meter, at, happened[meter])
    return len(planned)


@pytest.mark.timeout(300)
async def test_the_list_is_what_then_happens(make_world: MakeWorld) -> None:
    """P35: whoever is on it is cut at that time if nothing is paid, and nobody else is."""
    listed_in_all = [await live_on(await make_world(), seed) for seed in range(4)]
    assert sum(count > 0 for count in listed_in_all) > 1, listed_in_all


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_many_lists_are_what_then_happens(make_world: MakeWorld) -> None:
    """The rare streets need many."""
    for seed in range(100, 140):
        await live_on(await make_world(), seed)
