"""Payers at the demo: a code is scanned, a page opens on a phone, the gate and the supply come back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page
import pytest

from script.demo.browser import log_in, new_page, wait_until_shown
from script.demo.running import RunningDemo
from tests.browser.phone import looks_right, phone_beside, scanned
from tests.browser.test_demo import BALANCE, answer, balance, wallet_of

pytestmark = pytest.mark.timeout(600)
PICTURES: Final = "hui-picture-entity-card img"
WALLETS_CODE, EXITS_CODE = 0, 1
"""Which of the pictures on the page of payments is whose."""
LOOP_MS: Final = 300_000
"""Until a bakery has run empty, has had its grace, and is cut; until a car has used its free minutes."""
LOOK_MS: Final = 2_000
STATES: Final = "document.querySelector('home-assistant').hass.states"
SUPPLY: Final = f"{STATES}['sensor.bakery_0_02_electricity_supply_state'].state"
BARRIER_OPEN: Final = "cover.exit_barrier open"
UNDER_THE_ARM: Final = "binary_sensor.exit_loop_under_the_arm on"
_WATCH: Final = """async () => {
    window.seen = [];
    await document.querySelector('home-assistant').hass.connection.subscribeEvents(
        ({data}) => window.seen.push(`${data.entity_id} ${data.new_state?.state}`),
        'state_changed');
}"""
"""Keep in mind what states come: a car is through the gate before a slow phone has said its thanks."""
_SEEN: Final = "(state) => window.seen.includes(state)"
DUE: Final = f"Number({STATES}['sensor.exit_to_pay'].state)"
USED_UP: Final = """async () => {
    const hass = document.querySelector('home-assistant').hass;
    const asked = ['prepaid_parking', 'list_stays', {}, undefined, false, true];
    const {stays} = (await hass.callService(...asked)).response;
    const entered = stays.filter((one) => !one.card && !one.left_at).map((one) => one.entered_at);
    return entered.some((at) => Date.now() - Date.parse(at) > 125_000);
}"""
"""Whether a visitor is inside who has used the two free minutes up."""
_CALL: Final = """async ([domain, service, data]) => {
    await document.querySelector('home-assistant').hass.callService(domain, service, data);
}"""
ENGLISH: Final = {
    "locale": "en-GB",
    "payee": "You pay",
    "top_up": "Top up: Bakery 0-02",
    "mine": "This is my car",
    "due": "To pay",
    "with": "Pay with Card (pretended)",
    "pay": "Pay",
    "back": "Back to the merchant",
    "thanks": "Thank you. Your payment is booked.",
    "leave": "Please leave by",
    "receipt": "Receipt to keep",
}
CHINESE: Final = {
    "locale": "zh-CN",
    "payee": "收款方",
    "top_up": "充值：Bakery 0-02",
    "mine": "这是我的车",
    "due": "应缴",
    "with": "用Card (pretended)付款",
    "pay": "付款",
    "back": "返回商户",
    "thanks": "谢谢，您的付款已入账。",
    "leave": "之前离场",
    "receipt": "保存凭证",
}

type Words = dict[str, str]
type Keep = Callable[[Page, str], None]


@pytest.fixture(name="page", scope="module")
def page_(demo: RunningDemo) -> Iterator[Page]:
    """The manager's browser, on the page of payments; visitors come in and will have to pay."""
    with new_page(demo.url) as page:
        log_in(page, demo.url)
        page.goto(f"{demo.url}/payments")
        wait_until_shown(page)
        call(page, "input_boolean", "turn_off", entity_id="input_boolean.visitors_pay")
        for _ in (ENGLISH, CHINESE):
            call(page, "mqtt", "publish", topic="demo/visitor", payload="in")
        yield page


@pytest.fixture(name="keep")
def _keep(tmp_path: Path, record_property: Callable[[str, object], None]) -> Keep:
    """Keep a picture of a phone with the test's other files, named in its report."""

    def keep(phone: Page, name: str) -> None:
        looks_right(phone)
        path = tmp_path / f"{name}.png"
        phone.screenshot(path=path, full_page=True)
        record_property("screenshot", str(path))

    return keep


def call(page: Page, domain: str, service: str, **data: Any) -> None:
    """Press a button of the dashboard."""
    page.evaluate(_CALL, [domain, service, data])


def has_used_up(page: Page) -> None:
    """Wait for a visitor who has to pay; `wait_for_function` takes a promise for a yes."""
    for _ in range(0, LOOP_MS, LOOK_MS):
        if page.evaluate(USED_UP):
            return
        page.wait_for_timeout(LOOK_MS)
    pytest.fail("no visitor has stayed beyond the free minutes")


def pay_at_the_provider(phone: Page, words: Words) -> None:
    """Go to the provider's page, pay there, and come back."""
    phone.get_by_role("button", name=words["with"], exact=True).click()
    phone.get_by_role("button", name=words["pay"], exact=True).click()
    phone.get_by_role("link", name=words["back"]).click()
    phone.get_by_text(words["thanks"]).wait_for()


def keeps_a_receipt(phone: Page, words: Words) -> str:
    """Open what a payer keeps for his books; returns its code."""
    phone.get_by_role("link", name=words["receipt"]).click()
    phone.get_by_role("link", name=words["receipt"]).wait_for(state="detached")
    phone.get_by_text(words["thanks"]).wait_for()
    code: str = phone.locator("dd b").inner_text()
    return code


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_codes_are_read_by_a_camera_and_open_the_payees_page(
    demo: RunningDemo, page: Page, keep: Keep, dark: bool
) -> None:
    """A code that is drawn but not read is a sticker for nothing; each language has its page."""
    for words in (ENGLISH, CHINESE):
        with phone_beside(page, locale=words["locale"], dark=dark) as phone:
            for at in (WALLETS_CODE, EXITS_CODE):
                phone.goto(scanned(phone, page.locator(PICTURES).nth(at)))
                phone.get_by_text(words["payee"]).wait_for()
                phone.get_by_text("Linden Court").first.wait_for()
                keep(phone, f"{words['locale']}-{at}")


def test_a_tenant_whose_supply_is_cut_pays_and_has_it_back(
    demo: RunningDemo, page: Page, keep: Keep
) -> None:
    """From a code to light in the bakery, without a login, as a newcomer tries it."""
    page.wait_for_function(f"() => {SUPPLY} === 'off'", timeout=LOOP_MS)
    before = balance(page)
    with phone_beside(page) as phone:
        phone.goto(scanned(phone, page.locator(PICTURES).nth(WALLETS_CODE)))
        phone.get_by_text(ENGLISH["top_up"]).wait_for()
        phone.get_by_text("20.00").first.click()
        pay_at_the_provider(phone, ENGLISH)
        page.wait_for_function(f"(before) => {BALANCE} > before + 15", arg=before)
        page.wait_for_function(f"() => {SUPPLY} === 'on'")
        keep(phone, "paid")
        code = keeps_a_receipt(phone, ENGLISH)
        keep(phone, "receipt")
    orders = answer(page, "list_orders", wallet=wallet_of(page))["orders"]
    assert [one["state"] for one in orders if one["out_no"] == code] == ["credited"]


def test_a_page_that_is_not_on_a_phone_shows_a_code_and_follows_by_itself(
    demo: RunningDemo, page: Page, keep: Keep
) -> None:
    """Who pays from a screen scans again; the page runs no script, and must not be left behind."""
    before = balance(page)
    with phone_beside(page, agent=None) as screen, phone_beside(page) as phone:
        screen.goto(scanned(phone, page.locator(PICTURES).nth(WALLETS_CODE)))
        screen.get_by_text("50.00").first.click()
        screen.get_by_role("button", name=ENGLISH["with"], exact=True).click()
        screen.get_by_text("Waiting for your payment").wait_for()
        keep(screen, "waiting")
        phone.goto(scanned(phone, screen.locator("img")))
        phone.get_by_role("button", name=ENGLISH["pay"], exact=True).click()
        screen.get_by_text(ENGLISH["thanks"]).wait_for()
    page.wait_for_function(f"(before) => {BALANCE} > before + 45", arg=before)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_a_driver_at_the_exit_pays_and_the_gate_opens(
    demo: RunningDemo, page: Page, keep: Keep, words: Words
) -> None:
    """Whoever stands before a barrier with a phone must get out, in a language of theirs."""
    has_used_up(page)
    call(page, "mqtt", "publish", topic="demo/visitor", payload="out")
    page.wait_for_function(f"() => {DUE} > 0")
    with phone_beside(page, locale=words["locale"]) as phone:
        phone.goto(scanned(phone, page.locator(PICTURES).nth(EXITS_CODE)))
        keep(phone, "who")
        phone.get_by_role("button", name=words["mine"]).click()
        phone.get_by_text(words["due"], exact=True).wait_for()
        keep(phone, "due")
        page.evaluate(_WATCH)
        pay_at_the_provider(phone, words)
        page.wait_for_function(_SEEN, arg=BARRIER_OPEN)
        page.wait_for_function(_SEEN, arg=UNDER_THE_ARM)
        phone.get_by_text(words["leave"]).wait_for()
        keep(phone, "paid")
        code = keeps_a_receipt(phone, words)
        keep(phone, "receipt")
    orders = answer(page, "list_orders", state="credited")["orders"]
    assert code in [one["out_no"] for one in orders]
