"""The switch that shuts a wallet: what goes out of it, never its supply; what a rule has shut stays so."""

from homeassistant.core import Context, State
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations.risk_freezing import freeze_by_rule
from tests.journeys.conftest import Hub


async def shown(hub: Hub) -> str:
    """Open a wallet with 10.00 and switch its switch on in the registry; returns its entity."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="10.00")
    await hub.hass.async_block_till_done()
    registry = er.async_get(hub.hass)
    found = registry.async_get_entity_id(
        "switch", "prepaid_parking", f"{hub.entry.unique_id}_w1_frozen"
    )
    assert found is not None
    entry = registry.async_get(found)
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.entity_category == "config"
    registry.async_update_entity(found, disabled_by=None)
    await hub.restart()
    assert found == "switch.flat_3_201_wallet_frozen"
    return found


async def state(hub: Hub, entity: str, wanted: str) -> State:
    """Wait until the switch shows something."""

    async def is_so() -> bool:
        now = hub.hass.states.get(entity)
        return now is not None and now.state == wanted

    await hub.until(is_so)
    found = hub.hass.states.get(entity)
    assert found is not None
    return found


async def turn(hub: Hub, entity: str, way: str, context: Context | None = None) -> None:
    """Switch it."""
    await hub.hass.services.async_call(
        "switch", f"turn_{way}", {"entity_id": entity}, blocking=True, context=context
    )


async def test_a_wallet_is_shut_and_opened_by_its_switch(hub: Hub) -> None:
    """While somebody asks who paid, nothing is paid out; the tenant tops up as ever."""
    entity = await shown(hub)
    await state(hub, entity, "off")
    await turn(hub, entity, "on")
    told = (await state(hub, entity, "on")).attributes
    assert (told["reason"], told["way"], told["until"]) == ("switch", "out", None)
    with pytest.raises(HomeAssistantError, match="is frozen"):
        await hub.call("refund", wallet="w1", amount="1.00", reason="moving out")
    assert (await hub.call("top_up", wallet="w1", amount="5.00"))["balance"] == "15.00"
    await turn(hub, entity, "off")
    assert "reason" not in (await state(hub, entity, "off")).attributes
    await hub.call("refund", wallet="w1", amount="1.00", reason="moving out")


async def test_what_is_shut_more_is_not_shut_less_by_the_switch(hub: Hub) -> None:
    """A manager shut both ways until a day; a tap on what is on already must not weaken that."""
    entity = await shown(hub)
    until = "2099-01-01T00:00:00+00:00"
    await hub.call("freeze", wallet="w1", reason="court", way="both", until=until)
    await state(hub, entity, "on")
    await turn(hub, entity, "on")
    told = (await state(hub, entity, "on")).attributes
    assert (told["reason"], told["way"], told["until"]) == ("court", "both", until)
    await turn(hub, entity, "off")
    await state(hub, entity, "off")


async def test_what_a_rule_has_shut_two_persons_open(hub: Hub) -> None:
    """After a chargeback one person at a dashboard does not let the money go."""
    entity = await shown(hub)
    await freeze_by_rule(hub.data.site, "w1", Frozen.OUT, "chargeback")
    told = (await state(hub, entity, "on")).attributes
    assert told["reason"] == "risk: chargeback"
    with pytest.raises(HomeAssistantError, match="a second person then confirms it"):
        await turn(hub, entity, "off")
    await state(hub, entity, "on")


async def test_only_administrators_shut_and_open_a_wallet(
    hub: Hub, hass_read_only_user: MockUser
) -> None:
    """A tablet in the lobby must not stop somebody's refund, nor let one through."""
    entity = await shown(hub)
    lobby = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await turn(hub, entity, "on", lobby)
    await turn(hub, entity, "on")
    with pytest.raises(Unauthorized):
        await turn(hub, entity, "off", lobby)
    await state(hub, entity, "on")


async def test_who_meets_a_rules_freeze_reads_its_name_and_what_to_do(hub: Hub) -> None:
    """The cashier with a tenant before them knows neither our keys nor who may open it again."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="10.00")
    await freeze_by_rule(hub.data.site, "w1", Frozen.BOTH, "wrong_codes")
    with pytest.raises(HomeAssistantError, match=r"rule wrong_codes.*another user confirm"):
        await hub.call("refund", wallet="w1", amount="1.00", reason="asked for")
    await hub.call("open_wallet", unit="Flat 3-202", purpose="utility")
    await hub.call("freeze", wallet="w2", reason="bank asks back")
    with pytest.raises(HomeAssistantError, match="frozen: bank asks back"):
        await hub.call("refund", wallet="w2", amount="1.00", reason="asked for")
