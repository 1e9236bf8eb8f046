"""Vouchers on a running hub: printed, covered, sold, read by a phone's eye, and good once."""

from datetime import timedelta
from io import BytesIO
import re
from typing import Any

from homeassistant.exceptions import HomeAssistantError, Unauthorized
from PIL import Image
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import segno
import zxingcpp

from custom_components.prepaid_parking import standing_repairs
from tests.hub.test_repairs import asked, gone
from tests.journeys.conftest import Hub

DIGITS = re.compile(r"</small>((?:\d{4} ){4}\d{4})<")
DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)


async def batch(hub: Hub, **fields: Any) -> str:
    """Make a batch and sell it."""
    made = await hub.call("make_vouchers", **{"count": 3, "amount": "50.00"} | fields)
    await hub.call("sell_vouchers", batch=made["batch"])
    return str(made["batch"])


async def sheet(
    hub: Hub, client_of: ClientSessionGenerator, name: str, language: str = "en"
) -> str:
    """Open the page to print, as somebody with the link does."""
    printed = await hub.call("print_vouchers", batch=name, language=language)
    assert "numbers" not in printed
    answer = await (await client_of()).get(printed["url"])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return await answer.text()


async def test_what_is_printed_is_what_is_redeemed(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Whoever scratches a slip at the kitchen table and types it in gets its money, with no line out."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    name = await batch(hub, valid_until="2099-12-31")
    page = await sheet(hub, hass_client_no_auth, name)
    numbers = DIGITS.findall(page)
    assert len(numbers) == len(set(numbers)) == len(DRAWING.findall(page)) == 3
    assert "50.00" in page
    assert "2099-12-31" in page
    told = await hub.call("redeem_voucher", number=numbers[1], wallet="Flat 3-201")
    assert (told["amount"], told["balance"]) == ("50.00", "50.00")
    with pytest.raises(HomeAssistantError, match="was redeemed before"):
        await hub.call("redeem_voucher", number=numbers[1], wallet="w1")
    listed = await hub.call("list_vouchers", batch=name)
    assert [one["state"] for one in listed["vouchers"]] == ["open", "redeemed", "open"]
    assert (listed["owed"], listed["redeemed"]) == ("100.00", 1)
    again = await sheet(hub, hass_client_no_auth, name)
    assert DIGITS.findall(again) == [numbers[0], numbers[2]]


async def test_the_code_on_the_slip_is_read_by_a_scanner(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A reader at the desk types for the cashier: what it reads must be the number, and nothing else."""
    page = await sheet(hub, hass_client_no_auth, await batch(hub))
    for number, drawing in zip(DIGITS.findall(page), DRAWING.findall(page), strict=True):
        digits = number.replace(" ", "")
        picture = BytesIO()
        segno.make_qr(digits, error="q").save(picture, kind="png", scale=8, border=2)
        (seen,) = zxingcpp.read_barcodes(Image.open(picture))
        assert seen.text == digits
        assert segno.make_qr(digits, error="q").svg_inline(border=2, omitsize=True) == drawing


async def test_a_page_of_slips_is_for_who_has_its_link(
    hub: Hub,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Each slip is money: neither a passer-by nor a tenant's login may see a number."""
    printed = await hub.call("print_vouchers", batch=await batch(hub))
    path = printed["url"].partition("?")[0]
    guest = await hass_client(hass_read_only_access_token)
    assert (await (await hass_client_no_auth()).get(path)).status == 401
    assert (await guest.get(path)).status == 403
    other = printed["url"].replace("/vb1?", "/vb2?")
    assert (await (await hass_client_no_auth()).get(other)).status == 401


async def test_the_page_speaks_chinese_and_says_what_is_not_paid_for(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A manager must see which slips are worth nothing yet; a tenant reads the paper without help."""
    made = await hub.call("make_vouchers", count=2, amount="20.00", purpose="parking")
    page = await sheet(hub, hass_client_no_auth, made["batch"], "zh-Hans")
    assert "其中 2 张尚未收款" in page
    assert "用途：停车" in page
    await hub.call("open_wallet", unit="P1", purpose="parking")
    with pytest.raises(HomeAssistantError, match="never sold"):
        await hub.call("redeem_voucher", number=DIGITS.findall(page)[0], wallet="w1")


async def test_no_list_and_no_log_holds_a_number(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    """What is under the scratch label must not stand in a trace, a log or the books."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    name = await batch(hub)
    numbers = DIGITS.findall(await sheet(hub, hass_client_no_auth, name))
    await hub.call("redeem_voucher", number=numbers[0], wallet="w1")
    with pytest.raises(HomeAssistantError):
        await hub.call("redeem_voucher", number=numbers[0], wallet="w1")
    listed = [
        await hub.call("list_vouchers"),
        await hub.call("list_vouchers", batch=name),
        await hub.call("get_statement", wallet="w1"),
    ]
    entries = await hub.data.site.books.entries(limit=100)
    said = f"{listed}{[(one.event, one.reason, one.detail) for one in entries]}{caplog.text}"
    for number in numbers:
        proof = number.replace(" ", "")[8:18]
        assert proof not in said.replace(" ", "")


async def test_nobody_books_a_voucher_by_hand(hub: Hub) -> None:
    """Money out of vouchers that nobody sold would be missing when the last real one is redeemed."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    with pytest.raises(vol.Invalid):
        await hub.call("top_up", wallet="w1", amount="50.00", channel="voucher")


async def test_only_a_manager_makes_money_out_of_paper(hub: Hub) -> None:
    """A tenant's login must not print itself vouchers."""
    user = MockUser(is_owner=False).add_to_hass(hub.hass)
    for action, fields in (
        ("make_vouchers", {"count": 1, "amount": "1.00"}),
        ("print_vouchers", {"batch": "vb1"}),
        ("sell_vouchers", {"batch": "vb1"}),
        ("redeem_voucher", {"number": "1" * 20, "wallet": "w1"}),
        ("cancel_vouchers", {"batch": "vb1", "reason": "x"}),
        ("list_vouchers", {}),
    ):
        with pytest.raises(Unauthorized):
            await hub.call_as(user, action, **fields)


async def test_vouchers_that_are_over_are_said_until_somebody_decides(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was paid for and is redeemed no more is owed for ever, and nobody would ever look there."""
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(milliseconds=100))
    await hub.restart()
    site, begun = hub.data.site, hub.data.site.clock()
    day = site.clock().astimezone(site.zone).date()
    name = await batch(hub, valid_until=day.isoformat())
    await batch(hub, valid_until="2099-12-31")
    with pytest.raises(HomeAssistantError, match="No voucher that was paid for is over"):
        await hub.call("cancel_vouchers", expired=True, reason="year's end")
    site.clock = lambda: begun + timedelta(days=1)
    issue = await asked(hub, "vouchers_expired")
    assert issue.translation_placeholders == {
        "count": "3",
        "amount": "150.00",
        "batches": "1",
        "since": day.isoformat(),
    }
    listed = await hub.call("list_vouchers")
    assert (listed["expired_count"], listed["expired_owed"], listed["owed"]) == (
        3,
        "150.00",
        "300.00",
    )
    for wrong in (
        {},
        {"expired": True, "batch": name},
        {"expired": True, "serial": 1000},
        {"expired": True, "back": "cash"},
    ):
        with pytest.raises(HomeAssistantError, match="one batch"):
            await hub.call("cancel_vouchers", reason="year's end", **wrong)
    told = await hub.call("cancel_vouchers", expired=True, reason="year's end")
    assert (told["cancelled_now"], told["amount_kept"]) == (3, "150.00")
    assert [(one["batch"], one["open"]) for one in told["batches"]] == [(name, 0)]
    await gone(hub, "vouchers_expired")
    assert (await hub.call("list_vouchers"))["owed"] == "150.00"
