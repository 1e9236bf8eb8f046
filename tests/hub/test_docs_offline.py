"""The examples of vouchers, tokens and terminals' files, on a running hub: they work as printed."""

from typing import Any, Final

import pytest

from tests.hub.test_docs import OFFLINE, differences, examples
from tests.journeys.conftest import Hub

pytestmark = pytest.mark.usefixtures("noon")

OF_CHANCE: Final = frozenset({"url", "url_until", "made_at", "number"})
"""Numbers that this hub alone can make, links and times: another run has others."""


def evened(told: Any, printed: Any) -> Any:
    """Return what was told with what is printed for it where chance alone has made it."""
    if isinstance(told, dict) and isinstance(printed, dict):
        return {
            key: printed[key]
            if key in OF_CHANCE and type(printed.get(key)) is type(value)
            else evened(value, printed.get(key))
            for key, value in told.items()
        }
    if isinstance(told, list) and isinstance(printed, list) and len(told) == len(printed):
        return [evened(*pair) for pair in zip(told, printed, strict=True)]
    return told


async def a_house(hub: Hub) -> None:
    """A flat with money in its wallet, and a card."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="20.00")
    await hub.call("issue_card", wallet="w1", tags=["04-AB-12-CD"])


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await a_house(hub)
    numbers: list[dict[str, Any]] = []
    for name in OFFLINE.split():
        call, answer = printed[name]
        if name == "redeem_voucher":
            call["number"] = numbers[0]["number"]
        told = await hub.call(name, **call)
        numbers = told.get("numbers", numbers)
        assert not differences(evened(told, answer), answer), name
