"""A site comes back from its books as it was, whatever it was doing when it died."""

from dataclasses import replace

from custom_components.prepaid_parking.core.metering import DoubtKind, OpenDoubt
from custom_components.prepaid_parking.core.supply import (
    CommandLog,
    CommandOutcome,
    Supply,
    SupplyState,
)
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.gate import issue_card
from custom_components.prepaid_parking.operations.office import unbind_meter
from custom_components.prepaid_parking.operations.supply import cut_supply
from custom_components.prepaid_parking.operations.usage import checkpoint
from tests.operations.world import DAY, HOUR, KWH, MANAGER, World


async def test_everything_comes_back(world: World) -> None:
    """Wallets, meters, cards, rules and doubts: what was on disk is in memory, and nothing else."""
    rich, poor = await world.wallet("100"), await world.wallet("1")
    parking = await world.wallet("20", purpose=Purpose.PARKING)
    one, two = await world.meter(rich, relay=True), await world.meter(poor, relay=True)
    loose = await world.meter()
    await issue_card(world.site, wallet=parking.wallet.id, plates=["京A12345"], actor=MANAGER)
    await world.policy("strict", grace_hours=2)
    await world.read(one.meter.id, 3 * KWH, HOUR)
    await world.read(two.meter.id, 2 * KWH, HOUR)
    await world.look(two.meter.id, register=0)
    await cut_supply(world.site, meter=one.meter.id, reason="leak", actor=MANAGER)
    await world.work()
    await checkpoint(world.site)
    before = world.site
    await world.restart()
    after = world.site
    assert after is not before
    assert {key: run.wallet for key, run in after.wallets.items()} == {
        key: run.wallet for key, run in before.wallets.items()
    }
    assert {key: run.available_minor for key, run in after.wallets.items()} == {
        key: run.available_minor for key, run in before.wallets.items()
    }
    assert {key: run.watch for key, run in after.wallets.items()} == {
        key: run.watch for key, run in before.wallets.items()
    }
    for meter, run in before.meters.items():
        again = after.meters[meter]
        assert (again.meter, again.binding, again.installation) == (
            run.meter,
            run.binding,
            run.installation,
        )
        assert replace(again.supply, state=run.supply.state) == run.supply
        assert (again.window is None) == (run.window is None)
        if again.window is not None and run.window is not None:
            assert again.window.to_register == run.window.to_register
            assert again.window.numerator == run.window.numerator
    assert after.meters[loose.meter.id].window is None
    assert after.doubts == before.doubts
    assert (after.cards, after.credentials) == (before.cards, before.credentials)
    assert after.policies == before.policies
    assert after.tariffs.keys() == before.tariffs.keys()
    assert after.installations == before.installations


async def test_what_was_seen_is_not_believed_after_a_restart(world: World) -> None:
    """The relay may have been moved meanwhile: nobody has looked in this run."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet, relay=True)
    assert run.state is SupplyState.ON
    await world.restart()
    again = world.run(run.meter.id)
    assert (again.seen, again.good_at, again.connected, again.last) == (None, None, False, None)
    assert again.state is SupplyState.UNKNOWN


async def test_an_unbound_meter_keeps_what_it_was_charged_up_to(world: World) -> None:
    """The next tenant must not be given the last one's kilowatt-hours."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 3 * KWH, HOUR)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    await world.restart()
    cursor = world.run(run.meter.id).cursor
    assert cursor is not None
    assert cursor.register == 1003 * KWH


async def test_two_doubts_left_by_a_crash_are_one_on_the_desk(world: World) -> None:
    """Killed between the old doubt's end and the new one's begin: the newer question stands."""
    run = await world.meter(await world.wallet("100"))
    await world.look(run.meter.id, register=0)
    (first,) = world.site.doubts.values()
    second = replace(first, id="d10", kind=DoubtKind.LEAP)  # type: ignore[arg-type]
    await world.books.record(second)
    await world.restart()
    assert list(world.site.doubts.values()) == [second]
    assert world.run(run.meter.id).doubt == second
    assert len(await world.books.load(OpenDoubt)) == 2


async def test_writes_of_today_count_and_those_of_yesterday_do_not(world: World) -> None:
    """The relay's wear is counted over a restart."""
    run = await world.meter(await world.wallet("100"), relay=True)
    for number in range(6):
        at = world.clock.now - (number % 2) * DAY
        await world.books.record(
            CommandLog(
                id=number + 1,
                target=run.meter.id,
                action="off",
                at=at,
                outcome=CommandOutcome.VERIFIED,
                outcome_at=at,
            )
        )
    await world.restart()
    assert world.run(run.meter.id).written_today == 3


async def test_a_supply_without_a_record_is_one_that_nobody_cut(world: World) -> None:
    """A record that is missing must not look like our own cut."""
    run = await world.meter(await world.wallet("100"), relay=True)
    await world.books.forget(*await world.books.load(Supply))
    await world.restart()
    assert world.run(run.meter.id).supply == Supply(meter=run.meter.id)


async def test_of_a_long_log_only_what_matters_is_taken_up(world: World) -> None:
    """A gate that opens a hundred times a day must not make each start slower than the last."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet, relay=True)

    def line(number: int, age_h: int, outcome: CommandOutcome) -> CommandLog:
        at = world.clock.now - age_h * HOUR
        return CommandLog(
            id=number,
            target=run.meter.id,
            action="off",
            at=at,
            outcome=outcome,
            outcome_at=at,
        )

    await world.books.record(
        line(1, 60, CommandOutcome.DECIDED),
        line(2, 50, CommandOutcome.SENT),
        line(3, 40, CommandOutcome.VERIFIED),
        line(4, 2, CommandOutcome.VERIFIED),
        line(5, 30, CommandOutcome.SENT),
    )
    await world.restart()
    again = world.site.meters[run.meter.id]
    assert again.written_today == 1
    assert again.command is not None
    assert again.command.log == 5
    lines = {one.id: one.outcome for one in await world.books.load(CommandLog)}
    assert lines[1] is CommandOutcome.NOT_CONFIRMED
    assert [one.id for one in await world.books.commands(world.clock.now)] == [5]
