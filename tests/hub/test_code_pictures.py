"""Codes as pictures: a visitor holds a phone before the reader, and the lane opens."""

from io import BytesIO

from PIL import Image
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import zxingcpp

from tests.hub.test_park_blueprints import customer
from tests.journeys.conftest import Hub


def scanned(picture: bytes) -> str:
    """Read a QR code with eyes of its own."""
    (seen,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return seen.text


async def test_a_visitor_shows_the_picture_and_is_let_in(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The host sends a picture; nobody types eight digits in the rain, nor needs a login."""
    await customer(hub, "")
    invited = await hub.call("invite_visitor", to="2096-05-04 18:00:00")
    client = await hass_client_no_auth()
    answer = await client.get(invited["code_url"])
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    code = scanned(await answer.read())
    assert code == invited["code"]
    opened = await hub.call("present_credential", lane="l1", code=code)
    assert (opened["kind"], opened["reason"]) == ("admitted", "invited")


@pytest.mark.parametrize("code", ["A/B?c=1#2 %41", "停车卡 7", "0" * 300])
async def test_a_card_is_read_as_it_was_issued(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator, code: str
) -> None:
    """A sign that means something in a link would make another code of it: a card that opens nothing."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    issued = await hub.call("issue_card", wallet="w1", codes=[code, "7"])
    client = await hass_client_no_auth()
    for url, wanted in zip(issued["code_urls"], (code, "7"), strict=True):
        assert scanned(await (await client.get(url)).read()) == wanted


async def test_without_its_link_a_code_is_drawn_for_nobody(
    hub: Hub,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """The page is no drawing machine for who passes by, and a broken link is no error of the hub."""
    await customer(hub, "")
    ticket = await hub.call("issue_ticket", lane="l1")
    path = ticket["code_url"].partition("?")[0]
    guest, admin = await hass_client(hass_read_only_access_token), await hass_client()
    assert (await (await hass_client_no_auth()).get(path)).status == 401
    assert (await guest.get(path)).status == 403
    assert scanned(await (await admin.get(path)).read()) == ticket["code"]
    start = path.rpartition("/")[0]
    for broken in ("nothing", "ff", "61" * 3000):
        assert (await admin.get(f"{start}/{broken}")).status == 404
