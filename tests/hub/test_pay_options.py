"""How payers and providers reach a site is chosen on one page, and checked before it is stored."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core_config import async_process_ha_core_config
import pytest

from custom_components.prepaid_parking.core.fiscal import REGISTERS
from tests.hub.flow_words import check_words
from tests.hub.test_pay_listener import free_port
from tests.journeys.conftest import Hub


async def asked(hub: Hub) -> ConfigFlowResult:
    """Open the page about payments."""
    options = hub.hass.config_entries.options
    shown = await options.async_init(hub.entry.entry_id)
    check_words(shown, "options")
    assert "payments" in (shown["menu_options"] or ())
    shown = await options.async_configure(shown["flow_id"], {"next_step_id": "payments"})
    check_words(shown, "options")
    return shown


async def answered(hub: Hub, shown: ConfigFlowResult, **given: Any) -> ConfigFlowResult:
    """Fill it in."""
    form = {"pay_page": False, "pay_port": 0} | given
    answer = await hub.hass.config_entries.options.async_configure(shown["flow_id"], form)
    check_words(answer, "options")
    return answer


def address(shown: ConfigFlowResult) -> str:
    """Return the address that the page says is used."""
    return (shown["description_placeholders"] or {})["url"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"pay_url": "pay.example.com"}, "pay_url_malformed"),
        ({"pay_url": "ftp://pay.example.com"}, "pay_url_malformed"),
        ({"pay_url": "https://pay.example.com/here"}, "pay_url_malformed"),
        ({"pay_url": "https://pay.example.com?a=1"}, "pay_url_malformed"),
        ({"pay_url": "https://me:secret@pay.example.com"}, "pay_url_malformed"),
        ({"pay_url": "https://[::1"}, "pay_url_malformed"),
        ({"pay_port": 80}, "pay_port_low"),
        ({"pay_bind": "localhost"}, "pay_bind_malformed"),
        ({"pay_proxies": "10.0.0.1, proxy"}, "pay_proxies_malformed"),
    ],
)
async def test_what_cannot_be_meant_so_is_not_stored(
    hub: Hub, wrong: dict[str, Any], error: str
) -> None:
    """A mistyped address would be printed on every sticker of the car park."""
    before = dict(hub.entry.options)
    shown = await answered(hub, await asked(hub), **wrong)
    assert shown["errors"] == {next(iter(wrong)): error}
    assert dict(hub.entry.options) == before


async def test_what_is_chosen_holds_at_once_and_leaves_the_other_settings(hub: Hub) -> None:
    """Whoever opens a port must not close the desk by it, nor have to reload the site."""
    port = free_port()
    chosen = {
        "pay_page": True,
        "pay_url": "https://pay.example.com/",
        "pay_port": port,
        "pay_bind": "127.0.0.1",
        "pay_proxies": "127.0.0.1, 10.0.0.0/8",
    }
    before = dict(hub.entry.options)
    await answered(hub, await asked(hub), **chosen)
    await hub.hass.async_block_till_done()
    assert dict(hub.entry.options) == before | chosen
    assert hub.data.site.pay_visits.is_open

    async def is_open() -> bool:
        return hub.data.pay.port == port

    await hub.until(is_open)
    shown = await asked(hub)
    assert address(shown) == "https://pay.example.com"


async def test_the_address_that_holds_is_shown(hub: Hub) -> None:
    """Whoever leaves the field empty has to see what is used then, or that nothing is."""
    shown = await asked(hub)
    assert address(shown) == "–"
    await async_process_ha_core_config(hub.hass, {"external_url": "https://park.example.com"})
    shown = await asked(hub)
    assert address(shown) == "https://park.example.com"


GERMANY: Final = {
    "en": "In Germany, where this hub is, the law asks for a certified register where cash is taken: TSE, § 146a",
    "zh-Hans": "本系统所在地德国的法律规定，收取现金须使用经认证的收银设备或软件（TSE, § 146a",
}


@pytest.mark.parametrize("language", GERMANY)
async def test_the_settings_say_which_register_the_hubs_own_country_asks_for(
    hub: Hub, language: str
) -> None:
    """Whoever is refused cash has to know whether it is their law, and what to ask their accountant for."""

    async def said() -> str:
        flow = await hub.hass.config_entries.options.async_init(hub.entry.entry_id)
        shown = await hub.hass.config_entries.options.async_configure(
            flow["flow_id"], {"next_step_id": "settings"}
        )
        check_words(shown, "options")
        hub.hass.config_entries.options.async_abort(flow["flow_id"])
        return str((shown["description_placeholders"] or {})["register"])

    await hub.hass.config.async_update(language=language, country="CN")
    elsewhere = await said()
    seen = set()
    for country in REGISTERS:
        await hub.hass.config.async_update(country=country)
        told = await said()
        assert REGISTERS[country] in told
        seen.add(told.replace(REGISTERS[country], ""))
    assert len(seen) == len(REGISTERS)
    assert not any(register in elsewhere for register in REGISTERS.values())
    await hub.hass.config.async_update(country="DE")
    assert (await said()).startswith(GERMANY[language])
