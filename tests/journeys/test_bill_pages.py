"""A bill on paper: what a tenant is handed, in the language that the tenant reads."""

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .conftest import Hub
from .test_bills import has_bills, tenant, turn_to


async def of_a_flat(hub: Hub, money: str) -> str:
    """Bill a house fee for nine days of November; returns the number of the bill."""
    turn_to(hub, 2026, 11, 22)
    await tenant(hub, money)
    await hub.call(
        "publish_tariff",
        tariff="house",
        name="House fee",
        kind="fixed",
        fixed={"price": "60.00", "every": "month"},
        levies=[{"name": "VAT", "kind": "tax", "percent": "20"}],
    )
    await hub.call(
        "set_recurring", name="House fee <b>", category="property", wallet="w1", tariff="house"
    )
    await hub.call("run_billing")
    (bill,) = await has_bills(hub, 1)
    return str(bill["number"])


async def page(hub: Hub, opener: ClientSessionGenerator, language: str, bill: str) -> str:
    """Open a bill's page by its link, as somebody without a login."""
    answer = await hub.call("get_bill", bill=bill, form="page", language=language)
    client = await opener()
    response = await client.get(answer["url"])
    assert response.status == 200
    return await response.text()


@pytest.mark.parametrize(
    ("language", "why", "still"),
    [
        ("en", "60.00 per month; 9 of 30 days; VAT: 3.60", "Please pay"),
        ("zh-Hans", "每月 60.00；按 9/30 天计；VAT：3.60", "请于"),
    ],
)
async def test_a_bill_says_how_it_was_made_up_and_what_to_do(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator, language: str, why: str, still: str
) -> None:
    """Who is handed a sum without a reason comes to the office to ask for one."""
    number = await of_a_flat(hub, "")
    text = await page(hub, hass_client_no_auth, language, number)
    assert number in text
    assert why in text
    assert "21.60" in text
    assert still in text
    assert "House fee &lt;b&gt;" in text
    assert "<script" not in text


async def test_a_paid_and_a_void_bill_ask_for_nothing(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Somebody who pays the paper in the drawer a second time was not told that it is done."""
    number = await of_a_flat(hub, "100")
    await hub.call("set_billing", category="property", automatic=False)
    assert "Paid in full" in await page(hub, hass_client_no_auth, "en", number)
    bill = await hub.call(
        "create_bill",
        wallet="w1",
        category="service",
        lines=[{"text": "Window pane", "amount": "1000.00"}],
    )
    note = (await hub.call("void_bill", bill=bill["number"], reason="not broken"))["credit_note"]
    text = await page(hub, hass_client_no_auth, "zh-Hans", bill["number"])
    assert f"已由红字账单 {note} 作废" in text


async def test_a_bill_is_opened_by_its_link_and_by_nobody_else(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """What somebody owes is nobody else's business: the next bill's number is easily guessed."""
    number = await of_a_flat(hub, "")
    url: str = (await hub.call("get_bill", bill=number, form="page"))["url"]
    client = await hass_client_no_auth()
    assert (await client.get(url.partition("?")[0])).status == 401
    assert (await client.get(url.replace("/b1", "/b2"))).status == 401
