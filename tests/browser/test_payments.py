"""A tenant pays at the demo: a code is scanned, a page opens on a phone, the wallet has the money."""

import re
from typing import Final
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page
import pytest

from script.demo.browser import log_in, new_page
from script.demo.running import RunningDemo
from tests.browser.test_demo import BALANCE, PHONE, answer, balance

pytestmark = pytest.mark.timeout(300)
TALL: Final = 844
"""Pixels, of a phone that is held upright."""
WIDER: Final = "() => document.documentElement.scrollWidth - window.innerWidth"


def phone_of(page: Page) -> BrowserContext:
    """Another person's browser, which has never been at this hub."""
    browser = page.context.browser
    assert isinstance(browser, Browser)
    context = browser.new_context(viewport={"width": PHONE, "height": TALL}, locale="en-GB")
    context.set_default_timeout(20_000)
    return context


def code_of(page: Page, name: str) -> str:
    """What a phone reads from a code."""
    codes = answer(page, "list_pay_codes")["codes"]
    return next(str(one["url"]) for one in codes if one["name"] == name)


def pay_at_the_provider(address: str) -> None:
    """Press the button in the payer's window."""
    with urlopen(Request(f"{address}/pay", method="POST")) as done:
        assert done.status == 200


def test_a_tenant_opens_a_codes_page_on_a_phone_and_pays(demo: RunningDemo) -> None:
    """From a code to the credited cent, without a login, as a newcomer tries it."""
    with new_page(demo.url) as page:
        log_in(page, demo.url)
        page.goto(f"{demo.url}/payments")
        shown = page.locator("hui-picture-entity-card img").first
        shown.wait_for()
        page.wait_for_function(
            "(one) => one.complete && one.naturalWidth > 0", arg=shown.element_handle()
        )
        before = balance(page)
        phone = phone_of(page).new_page()
        phone.goto(code_of(page, "Bakery 0-02"))
        phone.get_by_text("Linden Court").first.wait_for()
        assert phone.evaluate(WIDER) <= 0
        phone.get_by_text("20.00").first.click()
        phone.get_by_role("button", name=re.compile("^Pay with")).first.click()
        phone.get_by_text("Waiting for your payment").wait_for()
        (order,) = answer(page, "list_pay_orders")["orders"]
        pay_at_the_provider(order["url"] or order["qr"])
        phone.get_by_text("Thank you").wait_for()
        assert phone.evaluate(WIDER) <= 0
        page.wait_for_function(f"(before) => {BALANCE} > before + 15", arg=before)
