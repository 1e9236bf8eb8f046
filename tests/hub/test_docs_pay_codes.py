"""The examples of codes and links to pay, on a running hub: they work as they are printed."""

from typing import Any, Final

from homeassistant.core_config import async_process_ha_core_config
import pytest

from tests.hub.test_docs import PAY_CODES, differences, examples
from tests.journeys.conftest import Hub

pytestmark = pytest.mark.usefixtures("noon")

OF_CHANCE: Final = frozenset(
    {"url", "code_url", "sheet_url", "sheet_url_until", "made_at", "revoked_at"}
)
"""Proofs and times: another run has others."""


def evened(told: Any, printed: Any) -> Any:
    """Return what was told with the printed links, where both begin alike."""
    if isinstance(told, dict) and isinstance(printed, dict):
        return {
            key: printed[key]
            if key in OF_CHANCE and key in printed and begun(value) == begun(printed[key])
            else evened(value, printed.get(key))
            for key, value in told.items()
        }
    if isinstance(told, list) and isinstance(printed, list):
        return [evened(*pair) for pair in zip(told, printed, strict=True)]
    return told


def begun(link: object) -> object:
    """Return the part of a link, or of a time, that is the same in each run."""
    if not isinstance(link, str):
        return link
    if link.startswith("20"):
        return len(link.partition(".")[0].partition("+")[0])
    page = "/".join(link.split("/")[: 6 if link.startswith("https:") else 4])
    return page, "/pay/v1." in link


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await async_process_ha_core_config(hub.hass, {"external_url": "https://pay.example.org"})
    for unit in ("Flat 3-201", "Flat 3-202"):
        await hub.call("open_wallet", unit=unit, purpose="utility")
    for name in PAY_CODES.split():
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(evened(told, answer), answer), name
