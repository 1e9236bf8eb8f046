"""Long walks let others have the loop."""

import asyncio
from time import sleep

from custom_components.prepaid_parking.operations.gently import STEP_S, gently


async def test_others_get_their_turn_during_a_long_walk() -> None:
    """A barrier's pulse must not wait until five thousand meters are looked at."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    seen = []
    async for thing in gently(range(60)):
        sleep(STEP_S / 10)  # noqa: ASYNC251  work that holds the loop
        seen.append(thing)
    beside.cancel()
    assert seen == list(range(60))
    assert turns >= 60 / 10 - 1


async def test_walks_that_begin_in_one_breath_take_turns() -> None:
    """Eight platforms begin at once: their first steps must not add up."""
    order: list[str] = []

    async def walk(name: str) -> None:
        order.append(f"begin {name}")
        order.extend([name async for _ in gently((1, 2))])

    eager = [asyncio.Task(walk(name), eager_start=True) for name in "ab"]
    assert order == ["begin a", "begin b"]
    await asyncio.gather(*eager)
    assert order == ["begin a", "begin b", "a", "a", "b", "b"]
