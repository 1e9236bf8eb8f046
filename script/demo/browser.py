"""A real browser on the demo's dashboard, for its test and for the pictures in the docs."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import shutil
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, sync_playwright

from .places import PASSWORD, USER
from .trouble import DemoError

WIDTH: Final = 1400
HEIGHT: Final = 1000
_READY_MS: Final = 60_000
_READY: Final = """() => {
    const app = document.querySelector('home-assistant');
    return !document.querySelector('#ha-launch-screen')
        && app && app.hass && Object.keys(app.hass.states).length > 0;
}"""
_LINK: Final = """async ([service, service_data]) => {
    const hass = document.querySelector('home-assistant').hass;
    const answer = await hass.callWS({
        type: 'call_service', domain: 'prepaid_parking', service, service_data, return_response: true
    });
    return answer.response.url;
}"""


@contextmanager
def new_page(url: str) -> Iterator[Page]:
    """Open a page in a Chromium that has never been anywhere and goes nowhere but to the demo."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        message = "There is no Chromium here: script/setup --browser installs it on Debian."
        raise DemoError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            # In a container and as root there is neither a sandbox nor much shared memory.
            args=["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else [])],
        )
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            locale="en-GB",
            device_scale_factor=1,
        )
        context.set_default_timeout(_READY_MS)
        host = urlsplit(url).netloc

        def stay_here(route: Route) -> None:
            if urlsplit(route.request.url).netloc in ("", host):
                route.continue_()
            else:
                route.abort()

        context.route("**/*", stay_here)
        try:
            yield context.new_page()
        finally:
            context.close()
            browser.close()


def log_in(page: Page, url: str) -> None:
    """Log in with what the demo prints, as its user does."""
    page.goto(url)
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    wait_until_shown(page)


def wait_until_shown(page: Page) -> None:
    """Wait until the hub's page has left its launch screen and knows every state."""
    page.wait_for_function(_READY)


def page_link(page: Page, action: str, **asked: str) -> str:
    """Ask the integration for a page to print, as an action's button does; returns its signed link."""
    link: str = page.evaluate(_LINK, [action, {**asked, "form": "page"}])
    return link
