"""Journey: cameras of other makers at a lane, over a real broker."""

from collections.abc import AsyncIterator

import pytest

from custom_components.prepaid_parking.simulator.alpr_agent import AlprAgent
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.plate_reader import JsonPlateReader
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto

from .conftest import Hub
from .test_lanes import answered, answers, barrier, lane, pulses

__all__ = ["barrier"]


@pytest.fixture
async def agent(broker: Mosquitto) -> AsyncIterator[AlprAgent]:
    """An agent with one camera at the gate."""
    agent = AlprAgent("alpr/gate")
    await agent.start(Broker.from_url(broker.url))
    await agent.connected.wait()
    yield agent
    await agent.stop()


async def test_an_alpr_agents_frames_open_once_and_a_kept_one_never(
    hub: Hub, broker: Mosquitto, agent: AlprAgent, barrier: ShellyGen2
) -> None:
    """An agent sends a frame for each look; the broker may hold one of last week."""
    await agent.see("BAB1234", retain=True)
    await lane(hub, broker, family="openalpr", topic="alpr/gate", camera="1")
    await answered(hub, 1)
    assert answers(hub) == [("recorded", "replayed")]
    for confidence in (70.0, 92.0, 95.0):
        await agent.see("BAB1234", confidence=confidence, times=2)
    await answered(hub, 3)
    assert [kind for kind, _ in answers(hub)][-1] == "admitted"
    assert pulses(barrier) == 1


async def test_a_lane_takes_only_what_looks_like_a_plate(
    hub: Hub, broker: Mosquitto, barrier: ShellyGen2
) -> None:
    """The word on a lorry's side is nobody's plate, and no refused passage either."""
    camera = JsonPlateReader("cam/gate")
    await camera.start(Broker.from_url(broker.url))
    await camera.connected.wait()
    paths = {"plate_path": "plate", "score_path": "confidence", "time_path": "time"}
    await lane(
        hub, broker, family="generic_mqtt", topic="cam/gate", camera="", pattern="european", **paths
    )
    await camera.see("TRANSPORT")
    await camera.see("沪A12345")
    await camera.see("b-ab 1234")
    await answered(hub, 1)
    assert [kind for kind, _ in answers(hub)] == ["admitted"]
    assert pulses(barrier) == 1
    await camera.stop()
