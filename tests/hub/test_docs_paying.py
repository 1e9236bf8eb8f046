"""The examples of orders, on a running hub: they work as they are printed."""

from typing import Any, Final

import pytest

from tests.hub.test_docs import PAYING, differences, examples
from tests.journeys.conftest import Hub
from tests.operations.provider import Provider, connect

pytestmark = pytest.mark.usefixtures("noon")

OF_CHANCE: Final = frozenset(
    {"out_no", "qr", "code_url", "created_at", "expires_at", "paid_at", "provider_ref", "at"}
    | {"entry", "settled_at"}
)
"""Numbers that are never given twice, and times: another run has others."""


def evened(told: Any, printed: Any, of_chance: frozenset[str] = OF_CHANCE) -> Any:
    """Return what was told with what is printed of chance, where both say something or nothing."""
    if isinstance(told, dict) and isinstance(printed, dict):
        return {
            key: printed[key]
            if key in of_chance and key in printed and bool(value) is bool(printed[key])
            else evened(value, printed.get(key), of_chance)
            for key, value in told.items()
        }
    if isinstance(told, list) and isinstance(printed, list):
        return [evened(*pair, of_chance) for pair in zip(told, printed, strict=True)]
    return told


async def in_the_meantime(hub: Hub, provider: Provider, name: str) -> None:
    """What payers do between two examples."""
    paying = hub.data.site.paying
    if name == "get_order":
        provider.pay(provider.asked[0].out_no, 5000)
    if name == "list_orders":
        await hub.call("create_order", wallet="w1", channel="ch1", amount="20.00")
        await hub.call("create_order", wallet="w2", channel="ch1", amount="30.00")
        provider.pay(provider.asked[2].out_no, 2900)
        await hub.call("get_order", order="po3", look=True)
        assert list(paying.unmatched) == ["pu1"]


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed, provider = examples(), Provider()
    site = hub.data.site
    provider.currency = site.currency.code
    connect(site, provider)
    for unit in ("Flat 3-201", "Flat 3-202"):
        await hub.call("open_wallet", unit=unit, purpose="utility")
    for name in PAYING.split():
        await in_the_meantime(hub, provider, name)
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(evened(told, answer), answer), name
