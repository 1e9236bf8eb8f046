"""Invoices of top-ups as an office meets them: on paper, beside the receipt, and by an automation."""

from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.hub.test_trigger import automation, ran
from tests.journeys.conftest import Hub

NUMBER = "26312000000123456789"
LINK = f"https://invoice.example.org/{NUMBER}"


async def a_top_up(hub: Hub, **rules: Any) -> dict[str, Any]:
    """Have a tenant with a company top up 100.00 at the desk, of which 6 % are tax."""
    await hub.call("open_wallet", unit="Flat <1>", purpose="utility")
    await hub.call("set_buyer", wallet="w1", name="Li & Sons", tax_id="91310000X")
    await hub.call("set_billing", category="utility", top_up_tax="6", **rules)
    return await hub.call("top_up", wallet="w1", amount="100.00", reference="r1")


async def read(opener: ClientSessionGenerator, url: str) -> str:
    """Open a page by its link, as somebody without a login."""
    client = await opener()
    response = await client.get(url)
    assert response.status == 200
    assert "script-src" not in response.headers["Content-Security-Policy"]
    return await response.text()


@pytest.mark.parametrize(
    ("language", "title", "contains"),
    [("en", "Invoice", "contains 6 % tax"), ("zh-Hans", "发票", "含税 6 %")],
)
async def test_a_receipt_leads_to_its_invoice(
    hub: Hub,
    hass_client_no_auth: ClientSessionGenerator,
    language: str,
    title: str,
    contains: str,
) -> None:
    """The payer at the counter asks for the paper that the company's accountant wants."""
    paid = await a_top_up(hub)
    receipt = await hub.call("get_receipt", receipt=paid["receipt"], language=language)
    assert "/invoice/" not in await read(hass_client_no_auth, receipt["url"])
    invoice = await hub.call("request_invoice", receipt=paid["receipt"])
    text = await read(hass_client_no_auth, receipt["url"])
    link = text.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    shown = await read(hass_client_no_auth, link)
    for said in (title, contains, invoice["number"], "Li &amp; Sons", "91310000X", "94.34", "5.66"):
        assert said in shown, said
    assert "Flat &lt;1&gt;" in shown
    assert "<script" not in shown


async def test_a_page_says_what_has_become_of_an_invoice(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """An invoice that is void, or no invoice yet, must not be taken for one that is good."""

    async def page(invoice: str) -> str:
        answer = await hub.call("get_invoice", invoice=invoice, form="page", language="en")
        return await read(hass_client_no_auth, answer["url"])

    await a_top_up(hub)
    number = (await hub.call("request_invoice", wallet="w1"))["number"]
    assert "This was paid" in await page(number)
    await hub.call("refund", wallet="w1", amount="40.00", reason="moved out")
    assert "60.00 CNY of it is left" in await page(number)
    (view,) = (await hub.call("list_invoices", due=True))["invoices"]
    assert (view["due"], view["left"]) == ("credit_note", "60.00")
    note = (await hub.call("void_invoice", invoice=number, reason="part refunded"))["credit_note"]
    assert f"Void by credit note {note}: part refunded" in await page(number)
    assert (await hub.call("request_invoice", wallet="w1"))["amount"] == "60.00"
    assert (await hub.call("list_invoices", due=True))["count"] == 0
    await hub.call("set_billing", category="utility", invoices="service")
    await hub.call("top_up", wallet="w1", amount="1.00")
    waiting = await hub.call("request_invoice", wallet="w1")
    assert "It is no invoice" in await page(waiting["invoice"])
    await hub.call("void_invoice", invoice=waiting["invoice"], reason="not wanted")
    assert "withdrawn" in await page(waiting["invoice"])


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Credit note: "), ("zh-Hans", "红字发票：")]
)
async def test_the_credit_note_of_an_invoice_is_one_of_an_invoice(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator, language: str, label: str
) -> None:
    """Named as a bill's above and as an invoice's below, the accountant would look for two papers."""
    await a_top_up(hub)
    number = (await hub.call("request_invoice", wallet="w1"))["number"]
    note = (await hub.call("void_invoice", invoice=number, reason="wrong"))["credit_note"]
    answer = await hub.call("get_invoice", invoice=number, form="page", language=language)
    assert f"{label}{note}" in await read(hass_client_no_auth, answer["url"])


async def test_an_invoice_is_opened_by_its_link_and_by_nobody_else(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Who buys from whom, and for how much, is nobody else's business; numbers are easily guessed."""
    await a_top_up(hub)
    number = (await hub.call("request_invoice", wallet="w1"))["number"]
    url: str = (await hub.call("get_invoice", invoice=number, form="page"))["url"]
    client = await hass_client_no_auth()
    assert (await client.get(url.partition("?")[0])).status == 401
    there = url.partition("/invoice/")[2].partition("?")[0].rpartition("/")[2]
    assert (await client.get(url.replace(there, "I2026-000001"))).status == 401


async def test_an_automation_has_a_service_make_what_a_policy_asks_for(hub: Hub) -> None:
    """Nobody types: the top-up asks, the automation hears it, and the number comes back."""
    runs = await automation(hub.hass, "invoice_requested", {})
    await hub.call("set_policy", policy="standard", invoices=True)
    await a_top_up(hub, invoices="service")
    await hub.call("top_up", wallet="w1", amount="100.00", reference="r1")
    given = await ran(hub, runs)
    assert len(runs) == 1
    assert (given["wallet"], given["amount"]) == ("w1", "100.00")
    view = await hub.call("get_invoice", invoice=given["reference"])
    said = view["state"], view["due"], view["buyer"]["name"]
    assert said == ("requested", "issue", "Li & Sons")
    made = {"invoice": given["reference"], "number": NUMBER, "link": LINK}
    assert (await hub.call("issue_invoice", **made))["state"] == "issued"
    assert (await hub.call("issue_invoice", **made))["repeated"] is True
    assert (await hub.call("get_invoice", invoice=NUMBER))["link"] == LINK


@pytest.mark.parametrize(
    "asked", [{}, {"wallet": "w1", "receipt": 1}, {"entry": 1}, {"receipt": 99}, {"order": "po1"}]
)
async def test_what_names_no_top_up_is_refused_in_words(hub: Hub, asked: dict[str, Any]) -> None:
    """Whoever mixes numbers up is told which one is meant, and no invoice is made."""
    await a_top_up(hub)
    with pytest.raises(HomeAssistantError) as err:
        await hub.call("request_invoice", **asked)
    assert "{" not in str(err.value)
    assert (await hub.call("list_invoices"))["count"] == 0
