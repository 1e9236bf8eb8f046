"""The payer's page on phones as they are: inside WeChat, narrow, dark, without a mouse, and too late."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
import json
import subprocess
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import ConsoleMessage, Page
import pytest

from script.demo import ROOT
from script.demo.browser import log_in, new_page
from script.demo.running import RunningDemo
from tests.browser.phone import NARROW, phone_beside
from tests.browser.test_payments import Keep, _keep, call

pytestmark = pytest.mark.timeout(600)
__all__ = ["_keep"]
IN_WECHAT: Final = "Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile MicroMessenger/8.0.50"
BRIDGE: Final = """() => setTimeout(() => {
    window.WeixinJSBridge = {
        invoke: (name, call, done) => window.inWeChat(name, call).then(done),
    };
    document.dispatchEvent(new Event('WeixinJSBridgeReady'));
}, 200)"""
"""WeChat puts itself into a page some time after it was opened."""
OUTLINE: Final = "getComputedStyle(document.activeElement).outlineWidth"
FOCUS: Final = "document.activeElement.name || document.activeElement.innerText"
ENGLISH: Final = {
    "locale": "en-GB",
    "title": "Top up: 2-301",
    "with": "Pay with 微信支付",
    "pay": "Pay",
    "back": "Back to the merchant",
    "go": "Continue with 微信支付",
    "code": "Show a code instead",
    "scan": "Scan this code with 微信支付",
    "thanks": "Thank you. Your payment is booked.",
    "what": "Top up: 2-301",
    "redeem": "Redeem the voucher",
    "mistyped": "A digit is wrong. Please compare the number with the slip.",
    "redeemed": "Your voucher is redeemed: 30.00 CNY.",
    "gone": "This page is not there",
}
CHINESE: Final = {
    "locale": "zh-CN",
    "title": "充值：2-301",
    "with": "用微信支付付款",
    "pay": "付款",
    "back": "返回商户",
    "go": "前往微信支付",
    "code": "改用二维码支付",
    "scan": "请用微信支付扫描此二维码",
    "thanks": "谢谢，您的付款已入账。",
    "what": "充值：2-301",
    "redeem": "兑换充值券",
    "mistyped": "有一位数字不对，请与券面核对。",
    "redeemed": "充值券已兑换：30.00 CNY",
    "gone": "页面不存在",
}
LANGUAGES: Final = pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])

type Words = dict[str, str]
type Site = dict[str, Any]


@pytest.fixture(name="page", scope="module")
def page_(demo: RunningDemo) -> Iterator[Page]:
    """The manager's browser."""
    with new_page(demo.url) as page:
        log_in(page, demo.url)
        yield page


@pytest.fixture(name="yuan", scope="module")
def yuan_(demo: RunningDemo, page: Page) -> Iterator[Site]:
    """A site beside the demo's that takes yuan by WeChat Pay."""
    hub = "{0.scheme}://{0.netloc}".format(urlsplit(demo.url))
    with subprocess.Popen(
        [ROOT / ".venv-demo/bin/python", "-m", "tests.browser.wechat_site", hub],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        told: Site = json.loads(process.stdout.readline())
        try:
            yield told
        finally:
            process.communicate()


@contextmanager
def in_wechat(page: Page, yuan: Site, words: Words, *, agrees: bool = True) -> Iterator[Page]:
    """Open the page as WeChat's own browser does, whose user agrees to what it asks, or does not."""

    def hears(name: str, told: dict[str, str]) -> dict[str, str]:
        assert name == "getBrandWCPayRequest"
        if not agrees:
            return {"err_msg": "get_brand_wcpay_request:cancel"}
        asked = Request(f"{yuan['wechat']}/app", json.dumps(told).encode())
        with urlopen(asked) as answer:
            heard: dict[str, str] = json.load(answer)
        assert heard == {"err_msg": "get_brand_wcpay_request:ok"}
        return heard

    with phone_beside(page, locale=words["locale"], agent=IN_WECHAT) as phone:
        phone.expose_function("inWeChat", hears)
        phone.add_init_script(f"({BRIDGE})()")
        with says_nothing_wrong(phone):
            yield phone


@contextmanager
def says_nothing_wrong(phone: Page) -> Iterator[None]:
    """See that the browser complains of nothing: no policy is broken, nothing is asked for in vain."""
    heard = list[str]()

    def hear(message: ConsoleMessage) -> None:
        # A page that runs nothing refuses what Playwright listens with, and says so.
        is_tools = message.text.endswith("the 'allow-scripts' permission is not set.")
        is_ours = "/api/prepaid_parking/" in message.location.get("url", "")
        if message.type in {"error", "warning"} and is_ours and not is_tools:
            heard.append(message.text)

    phone.on("console", hear)
    phone.on("pageerror", lambda error: heard.append(str(error)))
    yield
    assert not heard


@LANGUAGES
def test_inside_wechat_one_tap_pays(page: Page, yuan: Site, keep: Keep, words: Words) -> None:
    """The driver at the barrier holds the phone that would have to scan: WeChat itself must open."""
    with in_wechat(page, yuan, words) as phone:
        phone.goto(yuan["page"])
        phone.get_by_text(words["title"]).wait_for()
        keep(phone, "wallet")
        phone.get_by_role("button", name=words["with"]).click()
        phone.get_by_text(words["thanks"]).wait_for()
        phone.get_by_text(words["what"]).wait_for()
        keep(phone, "paid")


@LANGUAGES
def test_whoever_says_no_inside_wechat_is_shown_a_code(
    page: Page, yuan: Site, keep: Keep, words: Words
) -> None:
    """A pocket that is empty, another's phone: there has to be another way than the one that failed."""
    with in_wechat(page, yuan, words, agrees=False) as phone:
        phone.goto(yuan["page"])
        phone.get_by_role("button", name=words["with"]).click()
        phone.get_by_role("link", name=words["go"]).wait_for()
        keep(phone, "waits")
        phone.get_by_role("button", name=words["code"]).click()
        phone.get_by_text(words["scan"]).wait_for()
        keep(phone, "code")


@LANGUAGES
def test_a_phones_browser_says_where_it_comes_from_and_wechat_opens(
    page: Page, yuan: Site, keep: Keep, words: Words
) -> None:
    """WeChat turns away whoever does not come from its merchant's address: the browser has to say so."""
    with phone_beside(page, locale=words["locale"]) as phone, says_nothing_wrong(phone):
        phone.goto(yuan["page"])
        with phone.expect_response(lambda told: told.status == HTTPStatus.SEE_OTHER) as sent:
            phone.get_by_role("button", name=words["with"]).click()
        phone.get_by_role("button", name=words["pay"], exact=True).wait_for()
        phone.goto(sent.value.url)
        phone.get_by_role("link", name=words["go"]).wait_for()
        keep(phone, "waits")
        phone.get_by_role("link", name=words["go"]).click()
        phone.get_by_role("button", name=words["pay"], exact=True).click()
        phone.get_by_role("link", name=words["back"]).click()
        phone.get_by_text(words["thanks"]).wait_for()
        keep(phone, "paid")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@LANGUAGES
def test_a_wrong_number_of_a_slip_is_said_and_the_right_one_counts(
    page: Page, yuan: Site, keep: Keep, words: Words, dark: bool
) -> None:
    """Twenty digits are typed wrongly, on the narrowest phone there is, at night."""
    slip: str = yuan["slip"]
    wrong = f"{slip[:-1]}{(int(slip[-1]) + 1) % 10}"
    locale = words["locale"]
    with (
        phone_beside(page, locale=locale, width=NARROW, dark=dark) as phone,
        says_nothing_wrong(phone),
    ):
        phone.goto(yuan["page"])
        keep(phone, "wallet")
        phone.locator("input[name=number]").fill(wrong)
        phone.get_by_role("button", name=words["redeem"]).click()
        phone.get_by_text(words["mistyped"]).wait_for()
        keep(phone, "mistyped")


def test_a_slip_is_redeemed_once(page: Page, yuan: Site, keep: Keep) -> None:
    """Whoever taps twice, or comes back tomorrow with the same slip, is told that it was redeemed."""
    with phone_beside(page, width=NARROW) as phone, says_nothing_wrong(phone):
        once, again = ENGLISH["redeemed"], "This voucher was redeemed before."
        for name, said in {"redeemed": once, "again": again}.items():
            phone.goto(yuan["page"])
            phone.locator("input[name=number]").fill(yuan["slip"])
            phone.keyboard.press("Enter")
            phone.get_by_text(said).wait_for()
            keep(phone, name)


def test_a_keyboard_is_enough(page: Page, yuan: Site, keep: Keep) -> None:
    """Who cannot use a touch screen tabs through: each step is reached, and seen where one is."""
    with phone_beside(page, width=NARROW) as phone, says_nothing_wrong(phone):
        phone.goto(yuan["page"])
        for wanted in ("中文", "amount"):
            phone.keyboard.press("Tab")
            assert phone.evaluate(FOCUS) == wanted
            assert phone.evaluate(OUTLINE) == "3px"
        phone.keyboard.press("ArrowDown")
        phone.keyboard.press("Tab")
        assert phone.evaluate(FOCUS) == "own"
        phone.keyboard.type("12.50")
        keep(phone, "typed")
        phone.keyboard.press("Tab")
        phone.keyboard.press("Enter")
        phone.get_by_text("12.50 CNY").wait_for()


@LANGUAGES
def test_a_page_that_lay_open_too_long_says_what_to_do(
    page: Page, yuan: Site, keep: Keep, words: Words
) -> None:
    """The phone comes out of the pocket an hour later: nothing is paid by an old page, and it says so."""
    with phone_beside(page, locale=words["locale"], width=NARROW) as phone:
        phone.goto(yuan["page"])
        call(page, "homeassistant", "reload_config_entry", entry_id=yuan["entry"])
        phone.get_by_role("button", name=words["with"]).click()
        phone.get_by_text(words["gone"]).wait_for()
        keep(phone, "gone")
