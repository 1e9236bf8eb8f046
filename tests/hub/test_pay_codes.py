"""Codes and links to pay, on a running hub: made, drawn, printed, shown as images, and gone when revoked."""

import asyncio
from io import BytesIO
import re
from typing import Any, Final
from urllib.parse import urlsplit

from homeassistant.components.image import async_get_image
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import zxingcpp

from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.operations.pay_tokens import opened_by
from tests.journeys.conftest import Data, Hub

ADDRESS: Final = "https://pay.example.org"
PAGE: Final = f"{ADDRESS}/api/prepaid_parking/pay/"


def scanned(picture: bytes) -> str:
    """Read a QR code with eyes of its own."""
    (seen,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return seen.text


@pytest.fixture(autouse=True)
async def _address(hub: Hub) -> None:
    """The hub is known to the world."""
    await async_process_ha_core_config(hub.hass, {"external_url": ADDRESS})


async def lane(hub: Hub) -> None:
    """Set up a lane."""
    data = {
        "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
        "reader": {"family": "none"},
        "direction": "exit",
        "fee": "0",
    }
    await hub.add("lane", "Exit North", "lane::cover.gate:exit", data)


async def wallets(hub: Hub, count: int = 1) -> None:
    """Open wallets."""
    for no in range(count):
        await hub.call("open_wallet", unit=f"Flat 3-{201 + no}", purpose="utility")


async def made(hub: Hub, **fields: Any) -> Data:
    """Make codes."""
    return await hub.call("make_pay_code", **({"kind": "wallet", "targets": ["w1"]} | fields))


def opens(hub: Hub, url: str | None) -> tuple[PayFor, str] | None:
    """What a link opens."""
    assert url is not None
    assert url.startswith(PAGE)
    opened = opened_by(hub.data.site, url.removeprefix(PAGE))
    return (opened.kind, opened.target) if opened is not None else None


def entity(hub: Hub, thing: str, key: str) -> str | None:
    """Find an image."""
    unique_id = f"{hub.entry.unique_id}_{thing}_{key}"
    return er.async_get(hub.hass).async_get_entity_id("image", "prepaid_parking", unique_id)


def shown(hass: HomeAssistant, entity_id: str | None) -> str:
    """What an image says of itself."""
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def test_a_code_is_made_drawn_and_read_back(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A phone reads from the sticker what the site has signed."""
    await wallets(hub)
    await lane(hub)
    told = await made(hub, targets=["Flat 3-201"], reference="stickers")
    (code,) = told["codes"]
    assert (code["code"], code["kind"], code["target"]) == ("pc1", "wallet", "w1")
    assert (code["name"], code["used_at"], code["revoked_at"]) == ("Flat 3-201", None, None)
    assert opens(hub, code["url"]) == (PayFor.WALLET, "w1")
    assert len(code["url"]) < 90
    client = await hass_client_no_auth()
    assert scanned(await (await client.get(code["code_url"])).read()) == code["url"]
    again = await made(hub, targets=["Flat 3-201"], reference="stickers")
    assert (again["repeated"], again["codes"][0]["url"]) == (True, code["url"])
    other = await made(hub, kind="lane", targets=["Exit North"])
    assert opens(hub, other["codes"][0]["url"]) == (PayFor.LANE, "l1")
    listed = (await hub.call("list_pay_codes"))["codes"]
    assert [one["url"] for one in listed] == [code["url"], other["codes"][0]["url"]]


async def test_a_revoked_code_is_told_without_a_link(hub: Hub) -> None:
    """Nobody prints again by mistake what opens nothing."""
    await wallets(hub)
    (code,) = (await made(hub))["codes"]
    revoked = await hub.call("revoke_pay_code", code="pc1", reason="pasted over")
    assert (revoked["url"], revoked["code_url"], revoked["repeated"]) == (None, None, False)
    assert revoked["revoked_at"] is not None
    assert opens(hub, code["url"]) is None
    assert (await hub.call("revoke_pay_code", code="pc1"))["repeated"] is True
    assert (await hub.call("list_pay_codes"))["codes"] == []
    everything = await hub.call("list_pay_codes", revoked=True)
    assert [one["code"] for one in everything["codes"]] == ["pc1"]
    assert everything["sheet_url"] is None
    await hub.restart()
    assert opens(hub, code["url"]) is None


async def test_a_link_for_a_person_opens_one_wallet_for_some_days(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A tenant gets a message with a link and pays with it until next week."""
    await wallets(hub)
    link = await hub.call("pay_link", wallet="Flat 3-201", days=3)
    assert opens(hub, link["url"]) == (PayFor.WALLET, "w1")
    assert (link["kind"], link["target"], link["name"]) == ("wallet", "w1", "Flat 3-201")
    client = await hass_client_no_auth()
    assert scanned(await (await client.get(link["code_url"])).read()) == link["url"]
    for wrong, key in (
        ({}, "pay_link_which"),
        ({"wallet": "w1", "bill": "b1"}, "pay_link_which"),
        ({"stay": "st9"}, "unknown_stay"),
        ({"bill": "b9"}, "unknown_bill"),
        ({"wallet": "w9"}, "unknown_wallet"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await hub.call("pay_link", **wrong)
        assert refused.value.translation_key == key


async def test_a_screen_shows_another_code_each_time(hub: Hub) -> None:
    """A photograph of the screen is worth nothing to who was not there."""
    await lane(hub)
    one, two = [await hub.call("show_pay_code", kind="lane", target="Exit North") for _ in "ab"]
    assert one["url"] != two["url"]
    assert opens(hub, one["url"]) == opens(hub, two["url"]) == (PayFor.LANE, "l1")
    with pytest.raises(ServiceValidationError, match="l9"):
        await hub.call("show_pay_code", kind="lane", target="l9")


async def test_without_an_address_no_code_is_made(hub: Hub) -> None:
    """A hundred stickers that lead nowhere are printed once; the refusal says what to set."""
    await wallets(hub)
    await made(hub)
    await hub.hass.config.async_update(external_url=None)
    for action, fields in (
        ("make_pay_code", {"kind": "wallet", "targets": ["w1"], "anew": True}),
        ("pay_link", {"wallet": "w1"}),
        ("show_pay_code", {"kind": "wallet", "target": "w1"}),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await hub.call(action, **fields)
        assert refused.value.translation_key == "payers_address_missing"
    told = await hub.call("list_pay_codes")
    assert [(one["code"], one["url"]) for one in told["codes"]] == [("pc1", None)]
    assert told["sheet_url"] is None
    options = {**hub.entry.options, "pay_url": "https://park.example.com/"}
    hub.hass.config_entries.async_update_entry(hub.entry, options=options)
    await hub.hass.async_block_till_done()
    url = (await hub.call("list_pay_codes"))["codes"][0]["url"]
    assert url.startswith("https://park.example.com/api/prepaid_parking/pay/")


async def test_a_wallets_image_is_its_code_and_changes_with_it(hub: Hub) -> None:
    """The dashboard in the hall shows the code that works, not the one that was revoked."""
    await wallets(hub)
    await hub.hass.async_block_till_done()
    image = entity(hub, "w1", "top_up_code")
    assert image is not None
    assert shown(hub.hass, image) == "unknown"
    (code,) = (await made(hub))["codes"]
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) == code["made_at"]))
    picture = await async_get_image(hub.hass, image)
    assert (picture.content_type, scanned(picture.content)) == ("image/png", code["url"])
    (anew,) = (await made(hub, anew=True))["codes"]
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) != code["made_at"]))
    assert scanned((await async_get_image(hub.hass, image)).content) == anew["url"] != code["url"]
    await hub.call("revoke_pay_code", code=anew["code"])
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) == "unknown"))


async def test_a_lane_has_an_image_once_a_code_was_made_for_it(hub: Hub) -> None:
    """A lane without codes to pay gets no empty picture; one that had a code keeps its place."""
    await lane(hub)
    assert entity(hub, "l1", "pay_code") is None
    (code,) = (await made(hub, kind="lane", targets=["l1"]))["codes"]

    async def there() -> bool:
        image = entity(hub, "l1", "pay_code")
        return image is not None and hub.hass.states.get(image) is not None

    await hub.until(there)
    image = entity(hub, "l1", "pay_code")
    assert image is not None
    assert scanned((await async_get_image(hub.hass, image)).content) == code["url"]
    await hub.call("revoke_pay_code", code="pc1")
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) == "unknown"))
    await hub.restart()
    assert shown(hub.hass, image) == "unknown"


async def test_the_image_follows_the_payers_address(hub: Hub) -> None:
    """The page moved to another address: a code on the wall screen must not lead to the old one."""
    await wallets(hub)
    await made(hub)
    image = entity(hub, "w1", "top_up_code")
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) != "unknown"))
    before = shown(hub.hass, image)
    options = {**hub.entry.options, "pay_url": "https://park.example.com"}
    hub.hass.config_entries.async_update_entry(hub.entry, options=options)
    await hub.until(lambda: asyncio.sleep(0, shown(hub.hass, image) not in (before, "unknown")))
    assert image is not None
    picture = await async_get_image(hub.hass, image)
    assert urlsplit(scanned(picture.content)).netloc == "park.example.com"


async def test_images_of_many_wallets_are_off_at_first(hub: Hub) -> None:
    """A tower with two hundred flats does not renew two hundred pictures for nobody."""
    await wallets(hub, 21)
    await hub.restart()
    await wallets(hub)
    await hub.hass.async_block_till_done()
    registry = er.async_get(hub.hass)
    found = registry.async_get(entity(hub, "w22", "top_up_code") or "")
    assert found is not None
    assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Scan to top up"), ("zh-CN", "扫码充值"), ("", "Scan to top up")]
)
async def test_the_sheet_prints_every_code_with_what_to_look_at(
    hub: Hub, hass_client_no_auth: ClientSessionGenerator, language: str, says: str
) -> None:
    """Who pays sees on the sticker whose name the page must show, before somebody pastes over it."""
    await wallets(hub, 3)
    told = await made(hub, targets=["w1", "w2", "w3"], language=language)
    await hub.call("revoke_pay_code", code="pc2")
    client = await hass_client_no_auth()
    answer = await client.get(told["sheet_url"])
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = await answer.text()
    assert page.count("<article>") == page.count(says) == 2
    assert page.count("<h2>Demo house</h2>") == 2
    assert page.count("pay.example.org") == 2
    assert "Flat 3-201" in page
    assert "Flat 3-202" not in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)


async def test_the_sheet_is_for_who_has_its_link(
    hub: Hub,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Whoever could print all codes of a house could paste them where they do not belong."""
    await wallets(hub)
    await lane(hub)
    path = (await made(hub))["sheet_url"].partition("?")[0]
    await made(hub, kind="lane", targets=["l1"])
    admin, guest = await hass_client(), await hass_client(hass_read_only_access_token)
    assert (await (await hass_client_no_auth()).get(path)).status == 401
    assert (await guest.get(path)).status == 403
    assert (await (await admin.get(path)).text()).count("<article>") == 2
    assert (await (await admin.get(f"{path}?kind=lane")).text()).count("<article>") == 1
    assert (await (await admin.get(f"{path}?codes=pc9")).text()).count("<article>") == 0
    assert (await admin.get(f"{path}?kind=roof")).status == 400
