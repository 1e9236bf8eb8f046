"""A payer's phone: it reads codes with its camera, and its browser has never been at this hub."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Locator, Page
import zxingcpp

WIDTH: Final = 390
"""Pixels; nothing of a page may hang over its edge."""
NARROW: Final = 320
"""The least that a page has to be read on (WCAG 2.2, reflow)."""
TALL: Final = 844
"""Of a phone that is held upright."""
AGENT: Final = "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 Chrome/140.0 Mobile"
PATIENCE_MS: Final = 30_000
LEAST_PX: Final = 44
"""WCAG 2.2, target size: what a thumb hits."""
LEAST_CONTRAST: Final = 4.5
_BRIGHTNESS: Final = """async (png) => {
    const blob = new Blob([Uint8Array.fromBase64(png)], {type: 'image/png'});
    const picture = await createImageBitmap(blob);
    const {width, height} = picture;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const {data} = canvas.getImageData(0, 0, width, height);
    const grey = new Uint8Array(width * height).map((_, at) => data[4 * at + 1]);
    return [width, height, grey.toBase64()];
}"""
"""How bright each point of a picture is, by its green; Chromium has what reads a PNG."""
_CONTRASTS: Final = """() => {
    const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
            .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (one) => {
        for (; one; one = one.parentElement) {
            const back = getComputedStyle(one).backgroundColor;
            if (!/, 0\\)|transparent/.test(back)) return back;
        }
        return 'rgb(255, 255, 255)';
    };
    return [...document.querySelectorAll('body *')]
        .filter((one) => [...one.childNodes].some((text) => text.nodeType === 3 && text.data.trim()))
        .filter((one) => one.offsetParent && one.tagName !== 'OPTION')
        .map((one) => {
            const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)];
        });
}"""


@contextmanager
def phone_beside(
    page: Page,
    *,
    locale: str = "en-GB",
    dark: bool = False,
    agent: str | None = AGENT,
    width: int = WIDTH,
) -> Iterator[Page]:
    """Open another person's browser; without an `agent` it says that it is on no phone."""
    browser = page.context.browser
    assert isinstance(browser, Browser)
    context = browser.new_context(
        viewport={"width": width, "height": TALL},
        locale=locale,
        user_agent=agent,
        color_scheme="dark" if dark else "light",
        has_touch=True,
        is_mobile=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def scanned(phone: Page, picture: Locator) -> str:
    """Hold the phone's camera before a picture on a screen; returns what the code in it says."""
    png = picture.screenshot()
    width, height, grey = phone.evaluate(_BRIGHTNESS, b64encode(png).decode())
    points = memoryview(b64decode(grey)).cast("B", (height, width))
    (code,) = zxingcpp.read_barcodes(points)
    return code.text


def looks_right(phone: Page) -> None:
    """Nothing hangs over the edge, everything can be hit with a thumb and read by weak eyes."""
    assert phone.viewport_size is not None
    assert phone.evaluate("document.documentElement.scrollWidth") <= phone.viewport_size["width"]
    for one in phone.locator("button, a, input:not([type=hidden]), select").all():
        hit = one.locator("xpath=..") if one.get_attribute("type") == "radio" else one
        box = hit.bounding_box()
        assert box is not None
        assert box["height"] >= LEAST_PX, one.evaluate("one => one.outerHTML")
    for contrast, what in phone.evaluate(_CONTRASTS):
        assert contrast >= LEAST_CONTRAST, what
    for one in phone.locator("input:not([type=hidden]), select").all():
        assert one.evaluate("one => one.labels.length"), "a field without a label"
