"""The pictures in the docs: a demo from nothing, watched until its bakery was cut and paid again.

Takes about six minutes, because the loop does.
"""

from pathlib import Path
import sys
import tempfile
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page

from . import ROOT, show
from .browser import log_in, new_page, page_link, wait_until_shown
from .places import CHANNEL, shown
from .running import running_demo
from .trouble import DemoError

IMAGES: Final = ROOT / "docs" / "images"
_LOOP_MS: Final = 300_000
_SETTLED_MS: Final = 2_500
"""Cards draw their graphs a moment after the page is there."""
_AFTERWARDS_MS: Final = 40_000
"""So that the graph shows how the balance falls again."""
_ENTERPRISE: Final = "Laundry 0-03"
_SUPPLY: Final = (
    "document.querySelector('home-assistant').hass"
    ".states['sensor.bakery_0_02_electricity_supply_state'].state"
)
_DEVICE: Final = """async (name) => {
    const hass = document.querySelector('home-assistant').hass;
    return Object.values(hass.devices).find((one) => one.name === name).id;
}"""
_ACT: Final = """
    const hass = document.querySelector('home-assistant').hass;
    const act = async (action, asked) => (
        await hass.callService('prepaid_parking', action, asked, undefined, false, true)).response;
    const {wallets} = await act('list_wallets', {limit: 1000});
    const {wallet} = wallets.find((one) => one.unit === unit && one.purpose === 'utility');"""
_WALLET: Final = f"async (unit) => {{ {_ACT} return wallet; }}"
"""A unit may have one for parking as well."""
_ORDER: Final = f"async ([unit, asked]) => {{ {_ACT} return (await act('create_order', {{...asked, wallet}})).qr; }}"
_FORGET_METER: Final = """async (name) => {
    const hass = document.querySelector('home-assistant').hass;
    const [entry] = await hass.callWS({type: 'config_entries/get', domain: 'prepaid_parking'});
    const entry_id = entry.entry_id;
    const all = await hass.callWS({type: 'config_entries/subentries/list', entry_id});
    const {subentry_id} = all.find((one) => one.title === name);
    await hass.callWS({type: 'config_entries/subentries/delete', entry_id, subentry_id});
}"""


def main() -> int:
    """Take every picture."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            show.step("Starting a demo of its own")
            with running_demo(Path(folder)) as demo, new_page(demo.url) as page:
                log_in(page, demo.url)
                _take_all(page, demo.url)
    except DemoError as err:
        show.warn(str(err))
        return 1
    return 0


def _take_all(page: Page, url: str) -> None:
    hub = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    show.step("Waiting until the bakery is cut")
    page.wait_for_function(f"() => {_SUPPLY} === 'off'", timeout=_LOOP_MS)
    page.wait_for_timeout(_AFTERWARDS_MS)
    page.get_by_text("Top up 2.00 EUR").click()
    page.wait_for_function(f"() => {_SUPPLY} === 'on'")
    page.wait_for_timeout(_AFTERWARDS_MS)
    _take(page, "dashboard", 980)
    for view, height in (("prices", 1080), ("house", 760), ("parking", 1140), ("lanes", 980)):
        _open(page, f"{url}/{view}")
        _take(page, view, height)
    _pay(page)
    _open(page, f"{url}/payments")
    _take(page, "payments", 1080)
    device = page.evaluate(_DEVICE, "Bakery 0-02 electricity")
    _open(page, f"{hub}/config/devices/device/{device}")
    _take(page, "meter", 1040)
    wallet = page.evaluate(_WALLET, _ENTERPRISE)
    _paper(page, hub, "statement", 900, "get_statement", wallet=wallet)
    _paper(page, hub, "bill", 620, "get_bill", bill="b1")
    _open(page, url)
    _probe(page, hub, "Flat 3-102 electricity", unit="2")
    _take(page, "probe", 960)


def _pay(page: Page) -> None:
    """Let a payer pay, so that something has come in."""
    asked = {"channel": CHANNEL, "amount": "50.00"}
    offered = page.evaluate(_ORDER, [_ENTERPRISE, asked])
    page.context.request.post(f"{offered}/pay")


def _paper(page: Page, hub: str, name: str, height: int, action: str, **asked: str) -> None:
    """Open a page to print by the link that its action gives out."""
    page.goto(hub + page_link(page, action, **asked))
    _take(page, name, height)
    page.go_back()
    wait_until_shown(page)


def _probe(page: Page, hub: str, meter: str, *, unit: str) -> None:
    """Add a meter by hand, up to the page that shows what was read."""
    page.evaluate(_FORGET_METER, meter)
    _open(page, f"{hub}/config/integrations/integration/prepaid_parking")
    page.get_by_text("Add a meter").first.click()
    dialogue = page.locator("dialog-data-entry-flow")
    dialogue.get_by_text("Modbus", exact=True).click()
    dialogue.locator("ha-picker-field").last.click()
    dialogue.locator("ha-dropdown-item").filter(has_text="DDSY1352").click()
    dialogue.locator("input").last.fill(unit)
    dialogue.get_by_text("Submit").click()
    dialogue.get_by_text("Serial number").first.wait_for()
    page.wait_for_timeout(_SETTLED_MS)
    dialogue.locator("input").first.fill(meter)


def _open(page: Page, url: str) -> None:
    page.goto(url)
    wait_until_shown(page)


def _take(page: Page, name: str, height: int) -> None:
    assert page.viewport_size is not None
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.wait_for_timeout(_SETTLED_MS)
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    show.step(f"{shown(path)}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
