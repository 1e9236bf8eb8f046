"""The demo's cars: one that was just at a lane is not at the other one at once."""

import asyncio

from custom_components.prepaid_parking.simulator.demo import DemoCar
from custom_components.prepaid_parking.simulator.traffic import Lane, Traffic


class OpenGate:
    """A barrier that is up."""

    async def loops(self, *, arrival: bool, safety: bool, behind: bool = False) -> None:
        """Feel nothing."""

    async def opened(self, patience_s: float) -> bool:
        """Open at once."""
        return patience_s >= 0

    async def arm(self, *, up: bool | None) -> None:
        """Stand still."""


class Blind:
    """A camera that looks away."""

    async def look(self, plate: str, pace: float) -> None:
        """Read nothing."""


def traffic(cars: int) -> Traffic:
    """Return the traffic of some cars, in no time at all."""
    lane = Lane(gate=OpenGate(), eye=Blind())
    named = [DemoCar(plate=f"CAR{number}", wallet="", inside=False) for number in range(cars)]
    return Traffic(entry=lane, exit_lane=lane, cars=named, seed=1, pace=0)


async def driven(cars: Traffic, passages: int) -> list[str]:
    """Let them drive; returns who was at a lane, in order."""
    driving = asyncio.create_task(cars.run())
    async with asyncio.timeout(10):
        while len(cars.passages) < passages:  # Nothing of them is told but this.
            await asyncio.sleep(0)
    driving.cancel()
    return [plate for plate, _, _ in cars.passages]


async def test_a_car_is_back_only_after_others() -> None:
    """The demo's list of doubts filled with plates that were "at two lanes at nearly the same time"."""
    seen = await driven(traffic(20), 400)
    assert all(plate not in seen[max(0, at - 3) : at] for at, plate in enumerate(seen))


async def test_a_visitor_who_is_called_comes_and_leaves_next() -> None:
    """Whoever wants to see a payment at the exit would wait for a quarter of an hour."""
    cars = traffic(20)
    for direction in ("in", "in", "in", "out"):
        cars.call(direction)
    first, second, third, left = (await driven(cars, 4))[:4]
    assert len({first, second, third}) == 3
    assert left == first


async def test_visitors_wait_for_their_call_while_one_was_called_in() -> None:
    """Whoever sends a visitor to the exit would find another one there."""
    lane = Lane(gate=OpenGate(), eye=Blind())
    named = [
        DemoCar(plate=f"CAR{no}", wallet="" if no < 5 else "w", inside=no < 4) for no in range(20)
    ]
    cars = Traffic(entry=lane, exit_lane=lane, cars=named, seed=1, pace=0)
    cars.early = []
    cars.call("in")
    came, *others = await driven(cars, 200)
    assert came == "CAR4"
    assert not {f"CAR{no}" for no in range(5)} & set(others)


async def test_a_call_that_fits_nobody_stops_nobody() -> None:
    """The traffic would end with an empty car park."""
    cars = traffic(2)
    cars.call("out")
    assert await driven(cars, 3)


async def test_a_building_with_two_cars_has_traffic_too() -> None:
    """Nobody would be left to drive."""
    assert set(await driven(traffic(2), 40)) == {"CAR0", "CAR1"}
