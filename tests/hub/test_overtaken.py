"""A disk that fails in the moment of a COMMIT and lies: the site is read anew from what is so."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.journeys.conftest import Hub
from tests.store.failing import fails_once


async def limit_of(hub: Hub) -> str:
    """Return what is still allowed by a rule, as the office sees it."""
    rules = (await hub.call("list_risk_rules"))["rules"]
    (limit,) = [one["limit"] for one in rules if one["rule"] == "refund_large"]
    return str(limit)


async def test_a_site_that_was_told_a_falsehood_is_loaded_anew(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that is in the books and in nobody's mind lets a refund out, and cannot be set again."""
    before, limit = hub.data, await limit_of(hub)
    fails_once(monkeypatch, written=True, readable=False)
    with pytest.raises(HomeAssistantError) as said:
        await hub.call("set_risk_rule", rule="refund_large", limit="123.00")
    assert said.value.translation_key == "store_failed"
    assert await limit_of(hub) == limit != "123.00"
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")

    async def anew() -> bool:
        return hub.entry.state is ConfigEntryState.LOADED and hub.data is not before

    await hub.until(anew)
    assert await limit_of(hub) == "123.00"
    assert [one["wallet"] for one in (await hub.call("list_wallets"))["wallets"]] == ["w1"]
    again = await hub.call("set_risk_rule", rule="refund_large", limit="124.00")
    assert again["version"] == 2
