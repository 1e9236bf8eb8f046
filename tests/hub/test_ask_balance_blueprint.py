"""Row 35: "what is my balance" to the hub's own assistant is the number, to whom the money belongs."""

from collections.abc import AsyncIterator
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.conversation import async_converse
from homeassistant.core import Context
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest

from tests.journeys.conftest import Hub
from tests.repository.tree import ROOT

FILE: Final = "prepaid_parking/ask_balance.yaml"
PATH: Final = ROOT / "blueprints" / "automation" / FILE
SATELLITE: Final = "a" * 32
TENANTS: Final = ("Anna", "Bo")
MONEY: Final = ("100.00", "7.25")


def copy_into(blueprints: str) -> None:
    """Put the blueprint where an import puts it."""
    folder = Path(blueprints, "automation", "prepaid_parking")
    folder.mkdir(parents=True)
    shutil.copy(PATH, folder)


def automation(number: int, name: str) -> dict[str, Any]:
    """Return a tenant's automation; the satellite hangs in the first one's room."""
    inputs = {
        "balance": f"sensor.flat_{number}_wallet_available",
        "people": [f"person.{name.lower()}"],
        "satellites": [SATELLITE] if number == 1 else [],
    }
    return {
        "id": name,
        "alias": f"Balance of {name}",
        "use_blueprint": {"path": FILE, "input": inputs},
    }


@pytest.fixture
async def tenants(hub: Hub) -> AsyncIterator[list[User]]:
    """Two tenants with a user, a wallet and an automation each."""
    hass = hub.hass
    await hass.async_add_executor_job(copy_into, hass.config.path("blueprints"))
    users = [await hass.auth.async_create_user(name) for name in TENANTS]
    people = [
        {"id": name.lower(), "name": name, "user_id": user.id}
        for name, user in zip(TENANTS, users, strict=True)
    ]
    for number, amount in enumerate(MONEY, 1):
        opened = await hub.call("open_wallet", unit=f"Flat {number}")
        await hub.call("top_up", wallet=opened["wallet"], amount=amount)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "person", {"person": people})
    automations = [automation(number, name) for number, name in enumerate(TENANTS, 1)]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()

    async def shown() -> bool:
        states = [hass.states.get(f"sensor.flat_{number}_wallet_available") for number in (1, 2)]
        return [one.state if one else "" for one in states] == list(MONEY)

    await hub.until(shown)
    yield users
    names = [f"automation.balance_of_{name.lower()}" for name in TENANTS]
    await hass.services.async_call("automation", "turn_off", {"entity_id": names}, blocking=True)


async def answer(hub: Hub, text: str, user: User | None = None, language: str = "en") -> str:
    """Ask the hub's assistant; return what it says."""
    told = await hub.hass.services.async_call(
        "conversation",
        "process",
        {"text": text, "language": language},
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id if user else None),
    )
    response: Any = told
    return str(response["response"]["speech"]["plain"]["speech"])


def test_the_blueprint_can_be_imported_by_the_oldest_hub_we_support() -> None:
    """A field that only the next hub knows would make the import fail with a riddle."""
    blueprint = Blueprint(
        yaml.load_yaml_dict(str(PATH)),
        expected_domain="automation",
        path=FILE,
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    assert blueprint.metadata["homeassistant"]["min_version"] == "2026.10.0"


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("What is my balance?", "en", "Your balance is {} CNY."),
        ("what's my balance", "en-GB", "Your balance is {} CNY."),
        ("How much money do I have left?", "en", "Your balance is {} CNY."),
        ("我的余额是多少？", "zh-CN", "您的余额是 {} CNY。"),
        ("查一下我的余额", "zh-CN", "您的余额是 {} CNY。"),
        ("我还剩多少钱", "zh-CN", "您的余额是 {} CNY。"),
    ],
)
async def test_each_tenant_hears_their_own_number(
    hub: Hub, tenants: list[User], text: str, language: str, said: str
) -> None:
    """The same words of two tenants, one after the other: each hears what is theirs."""
    for user, amount in zip(tenants, MONEY, strict=True):
        assert await answer(hub, text, user, language) == said.format(amount)
    await hub.call("top_up", wallet="w2", amount="10")

    async def new() -> bool:
        return await answer(hub, text, tenants[1], language) == said.format("17.25")

    await hub.until(new)


async def test_nobody_else_hears_a_number(hub: Hub, tenants: list[User]) -> None:
    """A neighbour's guest with a login, and a voice that nobody knows, hear of no money."""
    guest = await hub.hass.auth.async_create_user("Guest")
    for user in (guest, None):
        for text, language in (("what is my balance", "en"), ("我的余额是多少", "zh-CN")):
            heard = await answer(hub, text, user, language)
            assert not any(character.isdigit() for character in heard), heard


async def test_a_satellite_in_the_room_answers_whoever_speaks_there(
    hub: Hub, tenants: list[User]
) -> None:
    """It does not know voices, only its room; who writes its name under a text is still known."""

    async def heard(context: Context, device: str) -> str:
        told = await async_converse(
            hub.hass, "what is my balance", None, context, language="en", device_id=device
        )
        return str(told.response.speech["plain"]["speech"])

    assert await heard(Context(), SATELLITE) == "Your balance is 100.00 CNY."
    assert "100.00" not in await heard(Context(), "b" * 32)
    assert await heard(Context(user_id=tenants[1].id), SATELLITE) == "Your balance is 7.25 CNY."


async def test_a_balance_that_is_not_there_is_no_number(hub: Hub, tenants: list[User]) -> None:
    """While the site is down a number would be an old one."""
    await hub.stop()
    assert await answer(hub, "what is my balance", tenants[0]) == (
        "Your balance is not known at the moment."
    )
    assert await answer(hub, "我的余额", tenants[0], "zh-CN") == "目前无法得知您的余额。"
    await hub.start()
