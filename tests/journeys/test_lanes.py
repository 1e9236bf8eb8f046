"""Journey 9: a known plate opens once, everything else is told why not."""

import asyncio
from collections.abc import AsyncIterator
from time import time
from typing import Any

import pytest

from custom_components.prepaid_parking.operations.lane_facts import Passed
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera, PlateRead
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto

from .conftest import Hub, connected_line, subscribed


@pytest.fixture
async def camera(broker: Mosquitto) -> AsyncIterator[FrigateCamera]:
    """A camera at the gate."""
    camera = FrigateCamera("gate")
    await camera.start(Broker.from_url(broker.url))
    await camera.connected.wait()
    yield camera
    await camera.stop()


@pytest.fixture
async def barrier(broker: Mosquitto) -> AsyncIterator[ShellyGen2]:
    """A relay wired to the barrier's OPEN input."""
    barrier = ShellyGen2("shelly-gate", on=False)
    await barrier.start(Broker.from_url(broker.url))
    await barrier.connected.wait()
    yield barrier
    await barrier.stop()


async def lane(hub: Hub, broker: Mosquitto, fee: str = "5.00", **reader: Any) -> str:
    """Set up a lane with a card for the plate B-AB 1234 and 12.00 on its wallet; return its line."""
    line_id = await connected_line(hub, broker)
    data = {
        "line_id": line_id,
        "barrier": {"family": "shelly_gen2", "topic": "shelly-gate", "channel": 0, "pulse": 1.0},
        "reader": {
            "family": "frigate",
            "line_id": line_id,
            "topic": "frigate",
            "camera": "gate",
            "least_score": 850,
            **reader,
        },
        "direction": "both",
        "fee": fee,
    }
    await hub.add("lane", "Gate", "lane:gate", data)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("top_up", wallet="w1", amount="12", channel="cash")
    await hub.call("issue_card", wallet="w1", plates=["B-AB 1234"])
    await subscribed(hub, line_id)
    return line_id


def pulses(barrier: ShellyGen2) -> int:
    """Count how often the barrier was asked to open."""
    calls = [one.json for one in barrier.commands if one.topic.endswith("/rpc")]
    return sum(
        call.get("method") == "Switch.Set" and dict(call["params"])["on"] is True  # type: ignore[call-overload]
        for call in calls
    )


def answers(hub: Hub) -> list[tuple[str, str]]:
    """Return what the lane answered so far."""
    return [(str(fact.kind), fact.reason) for fact in hub.facts if isinstance(fact, Passed)]


async def answered(hub: Hub, count: int) -> None:
    """Wait for so many answers."""

    async def enough() -> bool:
        return len(answers(hub)) >= count

    await hub.until(enough)


async def test_five_reads_with_one_misread_are_one_pulse_and_one_charge(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """The driver pays once and the barrier opens once, whatever the camera mutters."""
    await lane(hub, broker)
    reads = [PlateRead(plate=plate) for plate in ("BAB1234", "BAB1234", "8AB1234", "BAB1234")]
    await camera.see([*reads, PlateRead(plate="BAB1234", score=0.99)])
    await answered(hub, 1)
    await asyncio.sleep(1.5)
    assert answers(hub) == [("admitted", "card")]
    assert pulses(barrier) == 1
    assert (await hub.wallet("w1"))["balance"] == "7.00"


async def test_a_misread_before_the_right_plate_does_not_keep_the_car_out(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """The first look from afar is often wrong; the second one counts."""
    await lane(hub, broker)
    await camera.see([PlateRead(plate="8AB1234"), PlateRead(plate="BAB1234")])
    await answered(hub, 2)
    assert answers(hub) == [("refused", "unknown"), ("admitted", "card")]
    assert pulses(barrier) == 1


async def test_an_unknown_plate_and_an_empty_wallet_are_refused_with_the_reason(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """Whoever stands before a closed barrier is told why."""
    await lane(hub, broker, fee="20.00")
    await camera.see([PlateRead(plate="XYZ999")])
    await answered(hub, 1)
    await camera.see([PlateRead(plate="BAB1234")])
    await answered(hub, 2)
    assert answers(hub) == [("refused", "unknown"), ("refused", "not_enough_money")]
    assert not pulses(barrier)
    assert (await hub.wallet("w1"))["balance"] == "12.00"


async def test_a_low_score_an_old_read_and_a_retained_one_open_nothing(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """A car that drove off ten seconds ago must not let in the one behind it."""
    await camera.see([PlateRead(plate="BAB1234")], retain=True)
    await lane(hub, broker)
    long_ago = f"{time() - 30:.6f}-abc123"
    await camera.see([PlateRead(plate="BAB1234", late_s=30)], object_id=long_ago)
    await camera.see([PlateRead(plate="BAB1234", score=0.3)])

    async def judged() -> bool:
        return {"too_old", "low_score"} <= {reason for _, reason in answers(hub)}

    await hub.until(judged)
    assert not pulses(barrier)
    assert (await hub.wallet("w1"))["balance"] == "12.00"


async def test_plates_queued_while_the_hub_was_down_open_nothing(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """Nobody may drive in on what a camera said while nobody listened."""
    line_id = await lane(hub, broker)
    await hub.stop()
    await camera.see([PlateRead(plate="BAB1234")], qos=1)
    await hub.start()
    await subscribed(hub, line_id)
    await answered(hub, 1)
    assert set(answers(hub)) == {("recorded", "replayed")}
    assert not pulses(barrier)
    assert (await hub.wallet("w1"))["balance"] == "12.00"


async def test_a_barrier_that_does_not_answer_is_not_confirmed_and_not_asked_again(
    hub: Hub, broker: Mosquitto, camera: FrigateCamera, barrier: ShellyGen2
) -> None:
    """A second pulse could close on a car."""
    await lane(hub, broker)
    barrier.obeys = False
    await camera.see([PlateRead(plate="BAB1234")])
    await answered(hub, 1)
    assert answers(hub) == [("not_confirmed", "card")]
    await hub.restart()
    await asyncio.sleep(1.5)
    assert pulses(barrier) == 1


async def test_a_manual_release_names_who_and_why(
    hub: Hub, broker: Mosquitto, barrier: ShellyGen2
) -> None:
    """An attendant opens for the fire brigade; the auditor reads it later."""
    await lane(hub, broker)
    answer = await hub.call("release_barrier", lane="l1", reason="fire brigade")
    assert answer["kind"] == "released"
    assert pulses(barrier) == 1
