"""What people read is what the books hold: every statement adds up, to the last cent."""

from datetime import datetime
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.operations.cashier import deduct, refund
from custom_components.prepaid_parking.operations.office import (
    Settlement,
    import_readings,
    replace_meter,
    settle_doubt,
)
from custom_components.prepaid_parking.operations.reports import (
    doubt_view,
    meter_view,
    policy_list,
    statement,
    tariff_list,
    wallet_view,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY_AND_NIGHT, FLAT, HOUR, KWH, MANAGER, SECOND, World


async def read(world: World, wallet: WalletRun, **fields: Any) -> dict[str, Any]:
    """Ask for a statement."""
    return await statement(world.site, wallet=wallet.wallet.id, **fields)


def agrees(told: dict[str, Any]) -> None:
    """The lines, the totals and the balances of a statement must say the same."""
    amounts = [round(float(line["amount"]) * 100) for line in told["lines"]]
    opening, received, spent, closing = (
        round(float(told[name]) * 100) for name in ("opening", "received", "spent", "closing")
    )
    assert sum(amounts) == received - spent
    assert closing == opening + received - spent


async def test_a_statement_agrees_with_the_books(world: World) -> None:
    """In, out, used and owed: the tenant can add it up."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    site, name = world.site, wallet.wallet.id
    await deduct(site, wallet=name, amount_minor=550, reason="key", actor=MANAGER)
    await refund(site, wallet=name, amount_minor=1000, reason="asked", actor=MANAGER)
    await world.read(run.meter.id, KWH, HOUR)
    told = await read(world, wallet)
    agrees(told)
    assert (told["opening"], told["received"], told["spent"], told["closing"]) == (
        "0.00",
        "100.00",
        "24.30",
        "75.70",
    )
    assert told["closing"] == world.text((await world.books.balances())[wallet_account(1)])
    rate = {"rate": "flat", "tier": 0, "price": "0.80", "quantity": "11", "cost": "8.80"}
    assert told["usage"] == [
        {"meter": run.meter.id, "quantity": "11", "unit": "kWh", "cost": "8.80", "rates": [rate]}
    ]
    assert told["kinds"] == {
        "top_up": "100.00", "usage": "-8.80", "deduction": "-5.50", "refund": "-10.00",
    }  # fmt: skip
    usage = [line for line in told["lines"] if line["kind"] == "usage"]
    assert usage[0]["trace"] == [
        {
            "tariff": "home",
            "rate": "flat",
            "tier": 0,
            "price": "0.80",
            "quantity": "10",
            "unit": "kWh",
        }
    ]
    assert usage[0]["meter"] == run.meter.id
    assert datetime.fromisoformat(usage[0]["from"]) < datetime.fromisoformat(usage[0]["to"])


async def test_statements_of_two_periods_join_without_a_gap(world: World) -> None:
    """May's closing is June's opening, and no line is in both."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    whole = await read(world, wallet)
    middle = world.clock.now + SECOND
    world.clock.now = middle
    await world.pay(wallet, "20")
    await world.read(run.meter.id, 5 * KWH, HOUR)
    second = await read(world, wallet, since=middle)
    first = await read(world, wallet, until=middle)
    everything = await read(world, wallet)
    for told in (first, second, everything):
        agrees(told)
    assert first["closing"] == whole["closing"] == second["opening"] == "92.00"
    assert second["closing"] == everything["closing"] == "108.00"
    lines = [line["entry"] for line in first["lines"] + second["lines"]]
    assert lines == [line["entry"] for line in everything["lines"]]
    with pytest.raises(CoreError, match="time_is_past"):
        await read(world, wallet, since=middle, until=middle)


async def test_a_statement_after_the_clock_was_set_back_lacks_nothing(world: World) -> None:
    """What was booked at a later time by the wrong clock is still money that moved."""
    wallet = await world.wallet("100")
    world.clock.now += HOUR
    await world.pay(wallet, "20")
    world.clock.now -= 2 * HOUR
    told = await read(world, wallet)
    agrees(told)
    assert told["closing"] == world.text(wallet.posted_minor) == "120.00"


async def test_usage_counts_swaps_corrections_and_accepted_doubts(make_world: MakeWorld) -> None:
    """The sum per meter is what it cost, whatever became of it in between."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("500")
    run = await world.meter(wallet, tariff="banded")
    gap = world.clock.now
    await world.read(run.meter.id, 24 * KWH, 24 * HOUR)  # 16 h by day, 8 by night: 18.00
    await import_readings(  # all of it by night: 6.00
        world.site,
        meter=run.meter.id,
        readings=[(gap + 10 * HOUR, 1000 * KWH), (gap + 18 * HOUR, 1024 * KWH)],
        actor=MANAGER,
    )
    await replace_meter(
        world.site,
        meter=run.meter.id,
        final_register=1026 * KWH,  # 2.00
        start_register=0,
        serial="B2",
        reason="swap",
        actor=MANAGER,
    )
    world.registers[run.meter.id] = 100 * KWH
    await world.look(run.meter.id)
    (doubt,) = world.site.doubts
    await settle_doubt(world.site, doubts=[doubt], how=Settlement.ACCEPT, actor=MANAGER)  # 100.00
    told = await read(world, wallet)
    agrees(told)
    (usage,) = told["usage"]
    assert (usage["quantity"], usage["cost"]) == ("126", "108.00")
    assert told["spent"] == "120.00"  # 18.00 was charged and 12.00 came back
    assert told["closing"] == "392.00"


async def test_a_wallet_and_its_meter_describe_themselves(world: World) -> None:
    """What a manager asks first, in words and decimals, without a person's name."""
    wallet = await world.wallet("100", person={"name": "Li Wei"})
    run = await world.meter(wallet, relay=True)
    await world.read(run.meter.id, 10 * KWH, HOUR)
    told = wallet_view(world.site, wallet)
    assert (told["balance"], told["available"], told["state"]) == ("100.00", "92.00", "ok")
    assert (told["meters"], told["mark"], told["cutoff_at"]) == ([run.meter.id], "0.00", None)
    shown = meter_view(run)
    assert (shown["register"], shown["unit"], shown["supply"]) == ("1010", "kWh", "on")
    assert (shown["wallet"], shown["doubt"]) == (wallet.wallet.id, None)
    assert "Li Wei" not in str(told) + str(shown)
    await world.read(run.meter.id, 200 * KWH, HOUR)
    assert run.doubt is not None
    assert meter_view(run)["doubt"] == doubt_view(run.doubt)
    assert doubt_view(run.doubt)["kind"] == "leap"


async def test_tariffs_and_policies_are_listed_as_they_are_written(world: World) -> None:
    """What is listed can be edited and published again."""
    await world.publish(FLAT | {"price": "0.90"})
    await world.policy("strict", alert_minor=1000, alert2_minor=0, grace_hours=2)
    (tariff,) = tariff_list(world.site)
    versions: Any = tariff["versions"]
    assert [one["price"] for one in versions] == ["0.80", "0.90"]
    listed = {one["policy"]: one for one in policy_list(world.site)}
    assert (listed["standard"]["alert"], listed["strict"]["alert"]) == ("50.00", "10.00")
    assert listed["strict"]["grace_hours"] == 2
