"""Journey: ten seconds of a busy morning. Nobody's car is lost, and no barrier opens twice for one."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from random import Random
from typing import Final

from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.stay import Stay, StayState
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera, PlateRead
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto

from .conftest import Hub, connected_line, subscribed
from .gateways import all_alive, opens

SECONDS: Final = 10
PER_SECOND: Final = 50
REPEATED: Final = (False, True, False, True, False)
"""Which of five messages say again what an earlier one said."""
CARDS: Final = SECONDS * PER_SECOND * REPEATED.count(False) // len(REPEATED) // 2
LANES: Final = 8
"""The even ones lead in, the odd ones lead out."""
LATELY: Final = 20


def plate(number: int) -> str:
    """A plate that differs from any other in two places: none is another's misread."""
    digits = f"{number:04d}"
    return f"B{digits}{chr(ord('A') + sum(map(int, digits)) % 26)}"


async def lanes(hub: Hub, broker: Mosquitto) -> None:
    """Set eight lanes up, and a card for each car; each passage out costs 1.00."""
    line_id = await connected_line(hub, broker)
    for number in range(LANES):
        leads_out = number % 2
        data = {
            "line_id": line_id,
            "barrier": {
                "family": "shelly_gen2",
                "topic": f"rush-{number}",
                "channel": 0,
                "pulse": 0.02,
            },
            "reader": {
                "family": "frigate",
                "line_id": line_id,
                "topic": "frigate",
                "camera": f"rush{number}",
                "least_score": 850,
            },
            "direction": "exit" if leads_out else "entry",
            "fee": "1.00" if leads_out else "0",
        }
        await hub.add("lane", f"Lane {number}", f"lane:{number}", data)
    await hub.call("open_wallet", unit="Office", purpose="parking")
    await hub.call("top_up", wallet="w1", amount="1000", channel="cash")
    for number in range(CARDS):
        await hub.call("issue_card", wallet="w1", plates=[plate(number)])
    await subscribed(hub, line_id)


async def test_in_a_rush_each_car_passes_once_and_pays_once(hub: Hub, broker: Mosquitto) -> None:
    """A lost message leaves a car standing, a doubled one lets a second car in on its ticket."""
    await lanes(hub, broker)
    cameras = [FrigateCamera(f"rush{number}", seed=number) for number in range(LANES)]
    barriers = [ShellyGen2(f"rush-{number}", on=False, inputs=0) for number in range(LANES)]
    chance, cars = Random(5), list[tuple[int, str, str]]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(all_alive(broker, *cameras, *barriers))

        async def see(lane: int, car: str, seen_as: str) -> None:
            camera, read = cameras[lane], PlateRead(plate=car, score=chance.uniform(0.9, 0.99))
            message = camera.lpr(read, object_id=seen_as)
            await camera.publish("frigate/tracked_object_update", message, qos=1)

        for number in range(SECONDS * PER_SECOND):
            if REPEATED[number % len(REPEATED)]:
                await see(*chance.choice(cars[-LATELY:]))
            else:
                leaves, which = divmod(len(cars), CARDS)
                lane = 2 * (which % (LANES // 2)) + leaves
                cars.append((lane, plate(which), cameras[lane].new_object()))
                await see(*cars[-1])
            await asyncio.sleep(1 / PER_SECOND)
        for lane in range(LANES):
            await see(lane, f"Z{lane}X9QK7", cameras[lane].new_object())
        await hub.until(lambda: strangers_told(hub))
    expected = Counter(lane for lane, _, _ in cars)
    assert {lane: sum(map(opens, one.commands)) for lane, one in enumerate(barriers)} == expected
    passages = await hub.data.site.books.load(Passage)
    assert Counter(one.kind for one in passages) == {
        "admitted": 2 * CARDS,
        "refused": LANES // 2,
        "asked": LANES // 2,
    }
    stays = await hub.data.site.books.load(Stay)
    assert Counter(one.state for one in stays) == {StayState.LEFT: CARDS}
    assert (await hub.wallet("w1"))["balance"] == f"{1000 - CARDS}.00"


async def strangers_told(hub: Hub) -> bool:
    """Tell whether each lane has answered the stranger that came last."""
    told = Counter(one.kind for one in hub.facts if isinstance(one, Passed))
    return told[PassageKind.REFUSED] + told[PassageKind.ASKED] >= LANES
