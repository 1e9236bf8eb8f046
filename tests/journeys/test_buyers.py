"""To whom a bill is made out: on the screen, on paper, in the accountant's table, and when it is erased."""

import csv
import io
from typing import Any

from homeassistant.components.diagnostics import DOMAIN as DIAGNOSTICS
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.operations.facts import WalletFact

from .accounts import is_sound
from .conftest import Hub
from .test_bills import tenant, turn_to

LI = {"name": "=Li Wei & Sons", "tax_id": "91310000MA1FL0001X", "address": "8 Garden Road"}


async def billed(hub: Hub) -> str:
    """Bill a window pane; returns the bill's number."""
    bill = await hub.call(
        "create_bill",
        wallet="w1",
        category="service",
        lines=[{"text": "Window pane", "amount": "113.00", "tax": "13.00"}],
    )
    return str(bill["number"])


async def table(hub: Hub, bill: str, language: str = "en") -> list[dict[str, str]]:
    """A bill as the accountant's program reads it."""
    answer = await hub.call("get_bill", bill=bill, form="csv", language=language)
    return list(csv.DictReader(io.StringIO(answer["csv"])))


async def page(hub: Hub, opener: ClientSessionGenerator, bill: str, language: str) -> str:
    """A bill as it is printed."""
    answer = await hub.call("get_bill", bill=bill, form="page", language=language)
    response = await (await opener()).get(answer["url"])
    assert response.status == 200
    return await response.text()


async def test_a_bill_is_made_out_to_its_buyer_for_good(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Row 42: changed later, the buyer on the old invoice and its credit note is the old one."""
    turn_to(hub, 2026, 11, 22)
    await tenant(hub, "")
    plain = await billed(hub)
    assert (await hub.call("set_buyer", wallet="w1", **LI))["buyer"] == LI | {"erased": False}
    number = await billed(hub)
    await hub.call("set_buyer", wallet="w1", name="Wang Fang")
    await hub.restart()
    turn_to(hub, 2026, 11, 23)
    assert (await hub.call("get_buyer", wallet="w1"))["buyer"]["name"] == "Wang Fang"
    assert (await hub.call("get_bill", bill=plain))["buyer"] is None
    note = (await hub.call("void_bill", bill=number, reason="not broken"))["credit_note"]
    bill = await hub.call("get_bill", bill=number)
    assert (bill["buyer"], bill["credit_note"]) == (LI | {"erased": False}, note)
    (row,) = await table(hub, number)
    assert (row["Number"], row["Credit note"], row["Amount"]) == (number, note, "113.00")
    assert (row["Made out to"], row["Tax id"]) == ("'=Li Wei & Sons", LI["tax_id"])
    assert (row["Address"], row["Tax in it"]) == ("8 Garden Road", "13.00")
    (row,) = await table(hub, number, "zh-Hans")
    assert row["购买方"] == "'=Li Wei & Sons"
    for language, words, colon in (("en", "Made out to", ": "), ("zh-Hans", "购买方", "：")):
        text = await page(hub, hass_client_no_auth, number, language)
        assert f"{words}{colon}<b>=Li Wei &amp; Sons</b>" in text
        assert LI["tax_id"] in text
        assert note in text
        assert words not in await page(hub, hass_client_no_auth, plain, language)
    await is_sound(hub.data.books)


async def test_a_buyer_is_told_nowhere_else_and_is_gone_when_erased(
    hub: Hub,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who asks to be forgotten is: the sums stay, the chain is whole, and no name lies around."""
    turn_to(hub, 2026, 11, 22)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="property", person={"name": "Li Wei"})
    await hub.call("set_buyer", wallet="w1", **LI)
    number = await billed(hub)
    assert await async_setup_component(hub.hass, DIAGNOSTICS, {})
    told: Any = [
        await get_diagnostics_for_config_entry(hub.hass, hass_client, hub.entry),
        [state.as_dict() for state in hub.hass.states.async_all()],
        [fact for fact in hub.facts if isinstance(fact, WalletFact)],
        await hub.call("get_wallet", wallet="w1"),
        await hub.call("list_bills"),
        await hub.call("get_statement", wallet="w1"),
        await hub.data.books.entries(limit=1_000),
        caplog.text,
    ]
    assert LI["tax_id"] not in str(told)
    gone = await hub.call("erase_person", wallet="w1", reason="asked in writing")
    assert (gone["wallets"], gone["buyer"]) == (["w1"], None)
    for _ in range(2):
        bill = await hub.call("get_bill", bill=number)
        assert bill["buyer"] == {"name": None, "tax_id": None, "address": None, "erased": True}
        assert (bill["total"], bill["number"]) == ("113.00", number)
        assert "erased on request" in await page(hub, hass_client_no_auth, number, "en")
        assert (await table(hub, number))[0]["Made out to"] == ""
        await is_sound(hub.data.books)
        await hub.restart()
        turn_to(hub, 2026, 11, 23)
    assert (await hub.call("get_bill", bill=await billed(hub)))["buyer"] is None


async def test_a_buyer_without_a_name_is_asked_for_one(hub: Hub) -> None:
    """A bill made out to a tax id alone is refused by the tax office, months later."""
    await tenant(hub)
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("set_buyer", wallet="w1", tax_id="91310000MA1FL0001X")
    assert refused.value.translation_key == "buyer_without_name"
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("set_buyer", wallet="w1", name="x" * 10_000)
    assert refused.value.translation_key == "text_too_long"
    assert (await hub.call("get_buyer", wallet="w1"))["buyer"] is None
