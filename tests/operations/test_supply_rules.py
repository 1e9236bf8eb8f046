"""No sequence of acts, faults, hands and restarts switches a supply outside the rules (N1).

A building lives through some hundred random events; somebody looks over the shoulder of every relay
and judges each command at the moment it leaves. A failure names its seed and what had happened.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.load_limit import LoadLimit
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.policy import ManualOn
from custom_components.prepaid_parking.core.respite import in_force
from custom_components.prepaid_parking.core.supply import (
    AUTOMATIC,
    CutBy,
    CutMode,
    RestoreMode,
    SupplyState,
)
from custom_components.prepaid_parking.core.supply_rules import Why, hold_in_force, protected
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.core.written_schedule import read_hours
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.load_limits import set_load_limit
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.respites import (
    hold_site,
    lift_veto,
    promise_to_pay,
    release_site,
    veto_cut,
)
from custom_components.prepaid_parking.operations.schedules import set_schedule
from custom_components.prepaid_parking.operations.supply import (
    confirm_restore,
    cut_supply,
    release_lockout,
    restore_supply,
    set_lockout,
    set_protection,
    set_supply_rules,
)
from custom_components.prepaid_parking.operations.watching import FRESH_INTERVALS
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, RelayDevice, World

STEPS = 250
LIMIT_W = 1500
TRIPS = 1
WAIT = 5 * MINUTE
SPACING = 2 * SECOND
COMMODITIES = (Commodity.ELECTRICITY, Commodity.WATER, Commodity.GAS)
RESTORE = (RestoreMode.AUTO, RestoreMode.ARMED, RestoreMode.AUTO)

type Event = Callable[[MeterRun, RelayDevice], Awaitable[None]]


class Building:
    """Three flats with relays, a car park, and whatever may happen to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.history: list[str] = []
        self.commands: Counter[str] = Counter()
        self.wallets: dict[MeterId, WalletId] = {}
        self.theirs: set[MeterId] = set()
        self.came_on: datetime | None = None
        self.weights: dict[Event, int] = {
            self.use: 30,
            self.pay: 24,
            self.wait: 12,
            self.silence: 2,
            self.trouble: 4,
            self.hand: 3,
            self.hold_off: 4,
            self.hold_on: 12,
            self.lock: 3,
            self.unlock: 6,
            self.guard: 2,
            self.unguard: 6,
            self.confirm: 8,
            self.fire: 1,
            self.all_clear: 6,
            self.new_policy: 4,
            self.electrician: 4,
            self.heater: 6,
            self.evening: 3,
            self.rule: 2,
            self.veto: 1,
            self.lift: 4,
            self.promise: 1,
            self.truce: 1,
            self.end_truce: 8,
            self.park: 1,
            self.die: 6,
        }

    async def begin(self) -> None:
        """Let tenants move in with a little money."""
        await set_schedule(
            self.world.site,
            schedule="dorm",
            off=read_hours([{"from": "23:00", "to": "06:00"}]),
            actor=MANAGER,
        )
        await self.world.policy(
            grace_hours=0, alert_minor=100, alert2_minor=10, schedule="dorm", promise_every_days=1
        )
        self.parking = (await self.world.wallet("5", purpose=Purpose.PARKING)).wallet.id
        for commodity, restore in zip(COMMODITIES, RESTORE, strict=True):
            wallet = await self.world.wallet("1")
            run = await self.world.meter(
                wallet, relay=True, restore=restore, commodity=commodity, max_rate=100 * KWH
            )
            self.wallets[run.meter.id] = wallet.wallet.id
            self.guard_relay(run.meter.id)
            limit = LoadLimit(
                scope=f"meter/{run.meter.id}",
                limit_w=LIMIT_W,
                delay_s=20,
                retries=TRIPS,
                wait_s=300,
                reset_s=7200,
            )
            await set_load_limit(self.world.site, limit=limit, actor=MANAGER)

    async def live(self) -> None:
        """Let something happen, again and again."""
        events, weights = list(self.weights), list(self.weights.values())
        for _ in range(STEPS):
            (event,) = self.random.choices(events, weights)
            meter = self.random.choice(list(self.wallets))
            self.history.append(f"{event.__name__} {meter}")
            await event(self.world.run(meter), self.world.relays[meter])
            for run in self.world.site.meters.values():
                assert run.state is not SupplyState.OFF or run.seen is False

    def guard_relay(self, meter: MeterId) -> None:
        """Look over the relay's shoulder."""
        relay = self.world.relays[meter]
        switch = relay.switch

        async def watched(on: bool) -> None:
            run = self.world.run(meter)
            why = run.decision.why if run.decision is not None else ""
            self.commands[f"{'on' if on else 'off'} {why}"] += 1
            self.judge(run, on)
            try:
                await switch(on)
            except DeviceError as err:
                if err.fault is not DeviceFault.NO_ANSWER:
                    raise
                self.note(on)
                raise
            self.note(on)

        relay.switch = watched  # type: ignore[method-assign]

    def note(self, on: bool) -> None:
        """Remember when a supply came on last."""
        if on:
            self.came_on = self.world.clock.now

    def dark(self, run: MeterRun) -> bool:
        """Whether the schedule has lights out for a meter, worked out in another way."""
        alone = run.supply.restore is RestoreMode.AUTO and run.supply.cut is CutMode.AUTO
        return alone and not 6 <= self.world.clock.now.hour < 23

    def judge(self, run: MeterRun, on: bool) -> None:
        """What must hold at the moment a command leaves."""
        site, supply, now = self.world.site, run.supply, self.world.clock.now
        assert run.binding is not None
        assert not site.emergency
        assert run.seen is (not on)
        if on:
            self.judge_on(run)
            return
        assert run.good_at is not None
        assert now - run.good_at <= FRESH_INTERVALS * run.interval_s * SECOND
        assert not protected(supply, now)
        assert not in_force(site.supplying.held, now)
        if hold_in_force(supply, now):
            assert supply.hold_on is False
            return
        assert supply.cut is CutMode.AUTO
        match supply.cut_by:
            case CutBy.BALANCE:
                watch = site.wallets[run.binding.wallet].watch
                assert watch.crossed_at is not None
                assert watch.grace_ended_at is not None
                given = site.supplying.respites.get(run.binding.wallet, {})
                assert not any(in_force(one, now) for one in given.values())
            case CutBy.SCHEDULE:
                assert self.dark(run)
                assert run.meter.commodity is not Commodity.GAS
            case _:
                assert supply.cut_by is CutBy.LOAD
                assert run.load is not None
                assert run.load.trips is not None
                assert run.load.trips.power_w > LIMIT_W

    def judge_on(self, run: MeterRun) -> None:
        """What must hold at the moment a supply is switched on."""
        site, supply, now = self.world.site, run.supply, self.world.clock.now
        assert not supply.lockout_by
        assert run.meter.commodity is not Commodity.GAS
        assert self.came_on is None or now - self.came_on >= SPACING
        if supply.hold_on:
            return
        assert supply.cut_by in AUTOMATIC
        assert run.binding is not None
        if supply.confirmed_at is None:
            assert run.meter.id not in self.theirs
            assert supply.verified is False
            assert supply.restore is RestoreMode.AUTO
        assert not self.dark(run)
        if run.load is not None and run.load.trips is not None:
            trips = run.load.trips
            assert trips.tripped_at is None or now - trips.tripped_at >= WAIT
            assert trips.tripped_at is None or trips.trips <= TRIPS
        if supply.cut_by is CutBy.BALANCE:
            assert site.wallets[run.binding.wallet].watch.crossed_at is None

    # --- what happens --------------------------------------------------------------------------

    async def use(self, run: MeterRun, relay: RelayDevice) -> None:
        """Something is used, where the relay lets it through, and read."""
        used = self.random.choice([0, KWH // 4, KWH, 3 * KWH])
        after = self.random.choice([1, 60, 3600]) * SECOND
        await self.world.read(run.meter.id, used if relay.on else 0, after)

    async def pay(self, run: MeterRun, relay: RelayDevice) -> None:
        """Some coins, or all that is owed and some coins."""
        wallet = self.world.site.wallets[self.wallets[run.meter.id]]
        owed = max(0, -wallet.available_minor) if self.random.random() < 0.9 else 0
        await self.world.pay(wallet, self.world.text(owed + self.random.choice([1, 50, 100])))
        await self.world.work()

    async def wait(self, run: MeterRun, relay: RelayDevice) -> None:
        """Time goes by, meters are read."""
        times, every = self.random.choice([(6, SECOND), (10, 5 * SECOND), (15, 4 * MINUTE)])
        await self.world.wait(times * every, every)

    async def silence(self, run: MeterRun, relay: RelayDevice) -> None:
        """Nothing is read; the keeper goes on."""
        self.world.clock.now += self.random.choice([MINUTE, DAY])
        await self.world.tick()

    async def trouble(self, run: MeterRun, relay: RelayDevice) -> None:
        """A relay behaves otherwise from here on, mostly well."""
        relay.moves, relay.answers = self.random.random() < 0.8, self.random.random() < 0.8
        bad = self.random.choice([DeviceFault.BUSY, DeviceFault.OFFLINE])
        relay.refuses = bad if self.random.random() < 0.2 else None

    async def hand(self, run: MeterRun, relay: RelayDevice) -> None:
        """Somebody stands at the box; what they switch off, seen on before, is theirs."""
        if run.command is not None:
            return
        seen_on, relay.on = run.seen is True and relay.on, not relay.on
        if relay.on:
            self.theirs.discard(run.meter.id)
        elif seen_on:
            self.theirs.add(run.meter.id)
        await self.world.look(run.meter.id)
        if relay.on:
            self.theirs.discard(run.meter.id)

    async def electrician(self, run: MeterRun, relay: RelayDevice) -> None:
        """On by hand, off by hand again for some work inside; and then somebody pays."""
        if run.state is SupplyState.OFF:
            await self.hand(run, relay)
        if relay.on:
            await self.hand(run, relay)
            await self.pay(run, relay)
            await self.world.wait(6 * SECOND, SECOND)

    async def hold_off(self, run: MeterRun, relay: RelayDevice) -> None:
        """A named person shuts it off for a while."""
        until = self.world.clock.now + 20 * MINUTE
        await self.say(cut_supply, run, until=until)

    async def hold_on(self, run: MeterRun, relay: RelayDevice) -> None:
        """A named person switches it on."""
        until = self.world.clock.now + 20 * MINUTE if self.random.random() < 0.8 else None
        await self.say(restore_supply, run, until=until)

    async def lock(self, run: MeterRun, relay: RelayDevice) -> None:
        """A padlock."""
        await self.say(set_lockout, run)

    async def unlock(self, run: MeterRun, relay: RelayDevice) -> None:
        """The padlock comes off."""
        await self.say(release_lockout, run)

    async def guard(self, run: MeterRun, relay: RelayDevice) -> None:
        """Somebody's breath hangs on it."""
        await self.say(set_protection, run, protected=True)

    async def unguard(self, run: MeterRun, relay: RelayDevice) -> None:
        """Nobody's does any more."""
        await self.say(set_protection, run, protected=False)

    async def confirm(self, run: MeterRun, relay: RelayDevice) -> None:
        """Somebody has looked at the stove."""
        if run.state is SupplyState.ARMED:
            unsure = run.decision is not None and run.decision.why is Why.NOT_CONFIRMED
            try:
                await confirm_restore(self.world.site, meter=run.meter.id, actor=MANAGER)
            except CoreError as err:
                self.history.append(f"refused: {err.key}")
            if unsure:
                self.theirs.discard(run.meter.id)
            await self.world.work()

    async def heater(self, run: MeterRun, relay: RelayDevice) -> None:
        """Something hot is plugged in for a while, perhaps too hot."""
        power = self.random.choice([300.0, 1400.0, 2200.0])
        for _ in range(self.random.choice([2, 4, 8])):
            self.world.clock.now += 10 * SECOND
            drawn = power if relay.on else 0.0
            await self.world.look(run.meter.id, values={"power": drawn})
            await self.world.keeper.tick()
        await self.wait(run, relay)

    async def evening(self, run: MeterRun, relay: RelayDevice) -> None:
        """It gets late, and late again."""
        hour = self.random.choice([5, 22])
        now = self.world.clock.now
        until = now.replace(hour=hour, minute=58, second=0, microsecond=0)
        self.world.clock.now = until if until > now else until + DAY
        await self.world.wait(5 * MINUTE, 10 * SECOND)

    async def rule(self, run: MeterRun, relay: RelayDevice) -> None:
        """A supply is left to persons, or to the rules again."""
        cut = self.random.choice([CutMode.AUTO, CutMode.AUTO, CutMode.NEVER])
        await set_supply_rules(self.world.site, meter=run.meter.id, cut=cut, actor=MANAGER)
        await self.world.work()

    async def veto(self, run: MeterRun, relay: RelayDevice) -> None:
        """The manager strikes a wallet off the list."""
        await self.spare(veto_cut, wallet=self.wallets[run.meter.id])

    async def lift(self, run: MeterRun, relay: RelayDevice) -> None:
        """And puts it on again."""
        await self.spare(lift_veto, wallet=self.wallets[run.meter.id])

    async def promise(self, run: MeterRun, relay: RelayDevice) -> None:
        """Somebody has wages coming."""
        until = self.world.clock.now + 3 * HOUR
        await self.spare(promise_to_pay, wallet=self.wallets[run.meter.id], until=until)

    async def truce(self, run: MeterRun, relay: RelayDevice) -> None:
        """A heat wave: nobody is cut."""
        await self.spare(hold_site)

    async def end_truce(self, run: MeterRun, relay: RelayDevice) -> None:
        """It has rained."""
        await self.spare(release_site)

    async def spare(self, word: Callable[..., Awaitable[object]], **more: object) -> None:
        """Say something of a cut to come; what may not be said is refused."""
        try:
            await word(self.world.site, reason="r", actor=MANAGER, **more)
        except CoreError as err:
            self.history.append(f"refused: {err.key}")
        await self.world.work()

    async def say(
        self, word: Callable[..., Awaitable[object]], run: MeterRun, **more: object
    ) -> None:
        """Say something of a supply; what may not be said is refused."""
        try:
            await word(self.world.site, meter=run.meter.id, reason="r", actor=MANAGER, **more)
        except CoreError as err:
            self.history.append(f"refused: {err.key}")
        if run.supply.hold_on:
            self.theirs.discard(run.meter.id)
        await self.world.work()

    async def fire(self, run: MeterRun, relay: RelayDevice) -> None:
        """An emergency."""
        self.world.site.emergency = True
        await self.world.tick()

    async def all_clear(self, run: MeterRun, relay: RelayDevice) -> None:
        """It is over."""
        self.world.site.emergency = False
        await self.world.tick()

    async def new_policy(self, run: MeterRun, relay: RelayDevice) -> None:
        """The manager changes his mind."""
        await self.world.policy(manual_on=self.random.choice(list(ManualOn)))

    async def park(self, run: MeterRun, relay: RelayDevice) -> None:
        """A parking fee is taken, down to the last cent."""
        parking = self.world.site.wallets[self.parking]
        if parking.posted_minor:
            await deduct(
                self.world.site,
                wallet=self.parking,
                amount_minor=parking.posted_minor,
                reason="fee",
                actor=MANAGER,
            )

    async def die(self, run: MeterRun, relay: RelayDevice) -> None:
        """Killed and started again; a fire goes on burning."""
        emergency = self.world.site.emergency
        self.came_on = None
        await self.world.restart()
        self.world.site.emergency = emergency
        await self.world.tick()


async def live_through(make_world: MakeWorld, seed: int) -> Building:
    """Let a building live; a failure says what had happened."""
    building = Building(await make_world(), seed)
    await building.begin()
    try:
        await building.live()
    except AssertionError as err:
        last = ", ".join(building.history[-30:])
        raise AssertionError(f"seed {seed} after {len(building.history)} events: {last}") from err
    return building


async def test_no_life_of_a_building_switches_a_supply_outside_the_rules(
    make_world: MakeWorld,
) -> None:
    """Nobody is cut, and nobody electrocuted, by any order of events."""
    commands: Counter[str] = Counter()
    for seed in range(8):
        commands += (await live_through(make_world, seed)).commands
    # The lives are worth looking at: every kind of command was given.
    assert commands["off balance"] > 20, commands
    for kind in ("on paid", "off hold", "on hold", "off schedule", "on schedule_over"):
        assert commands[kind] > 1, commands
    for kind in ("off overload", "on overload_over"):
        assert commands[kind], commands


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_no_long_life_does_either(make_world: MakeWorld) -> None:
    """The rare orders of events need many lives."""
    for seed in range(100, 300):
        await live_through(make_world, seed)
