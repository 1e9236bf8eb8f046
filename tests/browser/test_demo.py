"""The demo as whoever tries this out meets it: one command, one address, one login."""

from collections.abc import Iterator
from pathlib import Path
import subprocess
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page
import pytest

from script.demo.browser import log_in, new_page, page_link
from script.demo.running import COMMAND, RunningDemo

BALANCE: Final = (
    "Number(document.querySelector('home-assistant').hass"
    ".states['sensor.bakery_0_02_wallet_available'].state)"
)
_ANSWER: Final = """async ([action, asked]) => (
    await document.querySelector('home-assistant').hass.callService(
        'prepaid_parking', action, asked, undefined, false, true)).response"""
PHONE: Final = 390
"""Pixels; nothing of a page may hang over its edge."""
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(name="page")
def page_(demo: RunningDemo) -> Iterator[Page]:
    """The dashboard, after the login that the command prints."""
    with new_page(demo.url) as page:
        log_in(page, demo.url)
        yield page


def wallet_of(page: Page, unit: str = "Bakery 0-02", purpose: str = "utility") -> str:
    """Return a unit's wallet: it has one for parking as well."""
    wallets = answer(page, "list_wallets", limit=1000)["wallets"]
    return next(
        str(one["wallet"]) for one in wallets if (one["unit"], one["purpose"]) == (unit, purpose)
    )


def house_fee(page: Page) -> str:
    """Return a bill of the house fee."""
    bills = answer(page, "list_bills", closed=True, category="property")["bills"]
    return next(str(one["bill"]) for one in bills if "House fee" in one["lines"][0]["text"])


def answer(page: Page, action: str, **asked: object) -> dict[str, Any]:
    """Call an action as the page's user, and return what it answers."""
    told: dict[str, Any] = page.evaluate(_ANSWER, [action, asked])
    return told


def balance(page: Page) -> float:
    """What the bakery has left, as the page knows it."""
    return float(page.evaluate(f"() => {BALANCE}"))


def test_the_dashboard_shows_a_wallet_that_falls_and_a_top_up_that_counts(
    demo: RunningDemo, page: Page
) -> None:
    """A manager who decides by this demo must see money move, not a picture of it."""
    for name in ("Bakery 0-02", "Flat 3-101", "Laundry 0-03", "Whole site", "What happened"):
        page.get_by_text(name).first.wait_for()
    before = balance(page)
    assert before <= 0.30
    page.wait_for_function(f"(before) => {BALANCE} < before", arg=before)
    page.get_by_text("Top up 2.00 EUR").click()
    page.wait_for_function(f"() => {BALANCE} > 1.5")
    page.get_by_text(f"€{balance(page):.2f}").first.wait_for()


def test_no_entity_of_the_demo_is_without_a_state_or_a_name(demo: RunningDemo, page: Page) -> None:
    """An unavailable tile or a raw key would be the first thing a newcomer sees."""
    states: dict[str, str] = page.evaluate(
        """() => Object.fromEntries(
            Object.values(document.querySelector('home-assistant').hass.states)
                .map((one) => [one.entity_id, one.state]))"""
    )
    broken = [
        name
        for name, state in states.items()
        if state == "unavailable" and not name.startswith(("update.", "tts.", "todo."))
    ]
    assert not broken
    for view in ("prices", "house", "meters", "parking", "lanes", "payments"):
        page.goto(f"{demo.url}/{view}")
        page.locator("hui-tile-card").first.wait_for()
        text = page.locator("hui-sections-view").inner_text()
        assert "Entity not found" not in text
        assert "translation" not in text


def test_the_tables_of_the_dashboard_are_filled(demo: RunningDemo, page: Page) -> None:
    """An empty table says that a house has no prices, no bills, and nobody in it."""
    for view, said in {
        "supply": ("Cut by the end of tomorrow", "Flat 3-301", "OK"),
        "prices": ("22:00–06:00", "up to 150 kWh", "10 uses for 25.00", "90.00 for each t"),
        "house": ("‑000001", "House fee", "64.5"),
        "parking": ("Garage", "own space", "ten_visits", "To look at"),
        "lanes": ("Correct the plate", "Take what is due", "Emergency: open all"),
        "payments": ("payer's window", "Laundry 0-03", "Print them all as stickers"),
    }.items():
        page.goto(f"{demo.url}/{view}")
        for text in said:
            page.get_by_text(text).first.wait_for()


BEYOND_THEIR_CARD: Final = """cells => cells.filter((cell) => {
  let card = cell;
  while (card.localName !== "ha-card") card = card.parentNode || card.host;
  return cell.getBoundingClientRect().right > card.getBoundingClientRect().right;
}).map((cell) => cell.textContent)"""
"""The cells of tables that lie beyond the edge of the card they are on."""


def test_no_table_of_the_dashboard_is_cut_off(demo: RunningDemo, page: Page) -> None:
    """The last column is the one that people look for: what it costs."""
    for view in ("supply", "prices", "house", "parking", "payments"):
        page.goto(f"{demo.url}/{view}")
        page.locator("hui-markdown-card table").first.wait_for()
        cells = page.locator("hui-markdown-card th, hui-markdown-card td")
        beyond = cells.evaluate_all(BEYOND_THEIR_CARD)
        assert not beyond, view


@pytest.mark.parametrize(
    ("language", "statement", "bill"),
    [
        ("en", ("Statement", "Top-up", "Every movement"), ("Bill", "House fee", "64.5 m² at 1.20")),
        ("zh-Hans", ("对账单", "充值", "逐笔明细"), ("账单", "House fee", "64.5 m² × 每月 1.20")),
    ],
)
def test_a_statement_and_a_bill_are_pages_that_anybody_with_the_link_can_print(
    demo: RunningDemo,
    page: Page,
    language: str,
    statement: tuple[str, ...],
    bill: tuple[str, ...],
) -> None:
    """A tenant has no login: the link, a phone and a language of their own are all there is."""
    hub = "{0.scheme}://{0.netloc}".format(urlsplit(demo.url))
    links = {
        page_link(page, "get_statement", wallet=wallet_of(page), language=language): statement,
        page_link(page, "get_bill", bill=house_fee(page), language=language): bill,
    }
    assert page.context.browser is not None
    theirs = page.context.browser.new_page(viewport={"width": PHONE, "height": 844})
    for link, said in links.items():
        theirs.goto(hub + link)
        for text in said:
            theirs.get_by_text(text).first.wait_for()
        assert theirs.locator("html").get_attribute("lang") == language
        assert theirs.evaluate("document.documentElement.scrollWidth") <= PHONE
    theirs.close()


def test_the_set_up_takes_spaces_from_a_file_and_ends_with_a_barrier_that_opens(
    demo: RunningDemo, page: Page
) -> None:
    """Issued cards and prices are worth nothing before somebody has seen the arm go up."""
    hub = "{0.scheme}://{0.netloc}".format(urlsplit(demo.url))
    page.goto(f"{hub}/config/integrations/integration/prepaid_parking")
    page.locator("ha-config-entry-row").first.locator("ha-icon-button").nth(1).click()
    dialogue = page.locator("dialog-data-entry-flow")

    def choose(*options: str) -> None:
        for option in options:
            dialogue.get_by_text(option, exact=True).first.click()

    choose("Set up the car park", "1. Spaces", "A list: a CSV file or a table")
    rows = "车位;位置;产权\nZ-1;地下;租赁\n".encode("gb18030")
    with page.expect_response("**/api/file_upload"):
        dialogue.locator("input[type=file]").set_input_files(
            {"name": "spaces.csv", "mimeType": "text/csv", "buffer": rows}
        )
    dialogue.locator("ha-file-upload ha-icon-button").wait_for()
    choose("Submit", "Do it", "Back to the steps", "6. Test a lane")
    assert "Z-1" in {one["name"] for one in answer(page, "list_spaces", limit=1000)["spaces"]}
    dialogue.locator("input").last.fill("KR 7TT05")
    choose("Submit")
    dialogue.get_by_text("Entry would").first.wait_for()
    choose("Open the barrier once now", "Submit")
    dialogue.get_by_text("the relay has confirmed the order to open").wait_for()


def test_a_second_start_says_what_is_in_the_way(demo: RunningDemo) -> None:
    """Two demos on one ledger would be two hands in one till."""
    second = subprocess.run(
        [COMMAND, "--folder", str(demo.folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert "running already" in second.stdout
    assert demo.process.poll() is None


def test_ctrl_c_stops_everything_it_started(demo: RunningDemo) -> None:
    """A hub that stays behind holds the port, the bus and the books. (The last test here.)"""
    parts = demo.parts
    assert set(parts) >= {"hub", "building"}
    assert demo.stop() == 0
    assert not [name for name, pid in parts.items() if Path("/proc", str(pid)).exists()]
