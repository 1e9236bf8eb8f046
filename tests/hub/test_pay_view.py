"""The payer's page, over the hub's own web server: off until it is wanted, closed to the curious."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from aiohttp import ClientSession, CookieJar
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.pay_order import OrderState
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.pay_tokens import person_token
from custom_components.prepaid_parking.operations.site import Site
from tests.hub.pay_page import Phone
from tests.journeys.conftest import Hub
from tests.links.pay.alipay_peer import Desk, desk

DAY: Final = timedelta(days=1)


@pytest.fixture
async def provider() -> AsyncIterator[Desk]:
    """Alipay, as a server on this machine, and our channel to it."""
    async with desk() as both:
        yield both


@pytest.fixture
async def site(hub: Hub, provider: Desk) -> Site:
    """A site whose page is open and that is paid by Alipay."""
    switch(hub, on=True)
    site = hub.data.site
    site.paying.channels["ch1"] = ChannelRun(
        key="ch1", name="Alipay", kind=Channel.ALIPAY, port=provider.channel
    )
    return site


def switch(hub: Hub, *, on: bool) -> None:
    """Switch the page on or off, as the dialogue does."""
    hub.hass.config_entries.async_update_entry(
        hub.entry,
        options={**hub.entry.options, "pay_page": on, "pay_url": "https://pay.example"},
    )


@pytest.fixture
async def phone(server: str) -> AsyncIterator[Phone]:
    """A browser on a phone."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield Phone(session, server)


async def wallet(hub: Hub, **more: Any) -> str:
    """Open a wallet with 10.00 in it."""
    opened = await hub.call("open_wallet", unit="Flat 3-201", purpose="utility", **more)
    await hub.call("top_up", wallet=opened["wallet"], amount="10.00")
    return str(opened["wallet"])


async def code(hub: Hub, kind: str, target: str) -> str:
    """Make a code that hangs somewhere, and return what stands in its link."""
    made = await hub.call("make_pay_code", kind=kind, targets=[target])
    url: str = made["codes"][0]["url"]
    return url.rpartition("/")[2]


def link(site: Site, kind: PayFor, target: str) -> str:
    """Return what stands in a link that was sent to a person."""
    return person_token(site, kind, target, DAY)[0]


async def test_a_wallet_is_topped_up_from_a_link_without_a_login(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """The tenant at midnight: the link, an amount, the provider's app, and the light is on again."""
    w1 = await wallet(hub)
    page = await phone.open(link(site, PayFor.WALLET, w1))
    assert page.status == 200
    assert "Demo house" in page.text
    assert "10.00 CNY" in page.text
    assert "· Cash" in page.text
    assert ("amount", "50.00") in page.choices
    page = await phone.send("pay", amount="50.00", channel="ch1")
    assert "Waiting for your payment" in page.text
    assert "data:image/png;base64," in page.text
    assert page.headers["Refresh"].startswith("3; url=/api/prepaid_parking/pay/")
    (order,) = provider.fake.books.orders.values()
    assert order.amount_minor == 5000
    await provider.fake.pay(order.out_no)

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    assert phone.now is not None
    assert "Refresh" not in phone.now.headers
    assert order.out_no in phone.now.text
    assert "60.00 CNY" in phone.now.text
    assert (await hub.wallet(w1))["balance"] == "60.00"
    page = await phone.open(phone.now.links[-1].rpartition("/")[2])
    assert order.out_no in page.text
    assert "50.00 CNY" in page.text
    # Whoever has three flats keeps a receipt of each.
    assert "Top up: Flat 3-201" in page.text
    assert "at the desk" not in page.text
    assert "60.00" not in page.text
    assert not page.forms


async def test_a_page_that_is_off_is_the_same_as_one_that_never_was(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """Nobody learns from outside that there is a site, let alone which links are right."""
    w1 = await wallet(hub)
    token = link(site, PayFor.WALLET, w1)
    assert (await phone.open(token)).status == 200
    visit = phone.now
    assert visit is not None
    guessed = await phone.open("0" * 32)
    switch(hub, on=False)
    await hub.hass.async_block_till_done()
    name = visit.actions[0].rpartition("/")[2]
    for one in (token, name, "0" * 32, "x", "v1.a.b", "a" * 400):
        page = await phone.open(one)
        assert (page.status, page.text) == (404, guessed.text)
    phone.now = visit
    assert (await phone.send("pay", amount="50.00", channel="ch1")).status == 404
    assert not site.paying.orders


async def test_the_page_runs_nothing_and_asks_nobody(hub: Hub, site: Site, phone: Phone) -> None:
    """It stands on the hub's own address: whatever got into it could reach the hub's login."""
    page = await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-forms allow-top-navigation-by-user-activation; ")
    for part in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert part in policy
    for no in ("allow-scripts", "allow-same-origin", "unsafe-inline", "http"):
        assert no not in policy
    for no in ("<script", " on", "javascript:", "http://", "https://", "style="):
        assert no not in page.text.replace(" on ", "").replace(" online", "")
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert len(page.text.encode()) < 50_000


async def test_who_scans_a_sticker_may_pay_in_and_sees_no_balance(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """The sticker hangs in the corridor: the neighbours must not read the balance there."""
    w1 = await wallet(hub, person={"name": "Li Lei", "phone": "+86 138 0013 8000"})
    page = await phone.open(await code(hub, "wallet", w1))
    assert page.status == 200
    assert "10.00" not in page.text.replace("100.00", "")
    assert "Li Lei" not in page.text
    page = await phone.send("phone", digits="8001")
    assert page.alert == "Nothing fits what you typed. Please check it."
    page = await phone.send("phone", digits="8000")
    assert "10.00 CNY" in page.text
    assert "Top-up" in page.text


async def test_the_page_speaks_the_browsers_language_and_the_one_that_is_chosen(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """A visitor from abroad, and one whose phone is set to a language that is not theirs."""
    token = link(site, PayFor.WALLET, await wallet(hub))
    phone.headers["Accept-Language"] = "fr;q=0.9, zh-CN;q=0.8, en;q=0.5"
    page = await phone.open(token)
    assert '<html lang="zh-Hans">' in page.text
    assert "余额" in page.text
    name = page.actions[0].rpartition("/")[2]
    page = await phone.open(name, language="en")
    assert '<html lang="en">' in page.text
    assert "Balance" in page.text
    assert '<html lang="en">' in (await phone.open(name)).text


async def test_a_form_is_taken_once(hub: Hub, site: Site, phone: Phone, provider: Desk) -> None:
    """Two taps with a thumb, and a page that was sent again by going back."""
    page = await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    await phone.send("pay", amount="50.00", channel="ch1")
    for _ in range(3):
        phone.now = page
        again = await phone.send("pay", amount="50.00", channel="ch1")
        assert "Waiting for your payment" in again.text
    assert len(provider.fake.books.orders) == 1


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "Please choose an amount above zero."),
        ("-5", "Please choose an amount above zero."),
        ("1.234", "The amount has too many digits after the point."),
        ("much", "Please type the amount in digits, such as 50 or 12.50."),
        ("", "Please type the amount in digits, such as 50 or 12.50."),
        ("9" * 30, "The amount is too large."),
    ],
)
async def test_an_amount_that_cannot_be_is_said_in_words(
    hub: Hub, site: Site, phone: Phone, provider: Desk, amount: str, said: str
) -> None:
    """A payer is not left alone with an error, and the provider is not asked."""
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    page = await phone.send("pay", own=amount, amount="", channel="ch1")
    assert page.alert == said
    assert page.status == 200
    assert not provider.fake.books.orders


async def test_who_changes_the_mind_pays_in_another_way(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """The first order is taken back, so that nobody pays both."""
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    await phone.send("pay", amount="50.00", channel="ch1")
    page = await phone.send("again")
    assert ("amount", "50.00") in page.choices
    await phone.send("pay", amount="20.00", channel="ch1")
    states = {one.amount_minor: one.state for one in site.paying.orders.values()}
    assert states == {5000: OrderState.CLOSED, 2000: OrderState.PENDING}


async def test_a_code_that_is_revoked_opens_nothing(hub: Hub, site: Site, phone: Phone) -> None:
    """The sticker that was torn off hangs somewhere else now."""
    w1 = await wallet(hub)
    token = await code(hub, "wallet", w1)
    assert (await phone.open(token)).status == 200
    (made,) = site.codes.codes
    await hub.call("revoke_pay_code", code=made)
    assert (await phone.open(token)).status == 404


async def test_a_visit_ends_after_a_quarter_of_an_hour(hub: Hub, site: Site, phone: Phone) -> None:
    """The browser's history of a borrowed phone shows nobody's balance the next day."""
    page = await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    name = page.actions[0].rpartition("/")[2]
    assert (await phone.open(name)).status == 200
    visit = site.pay_visits.find(name, site.clock())
    assert visit is not None
    visit.until = site.clock()
    assert (await phone.open(name)).status == 404


async def test_who_asks_all_the_time_is_told_to_wait(hub: Hub, site: Site, phone: Phone) -> None:
    """And nobody is banned: behind one address of a phone company are thousands."""
    token = link(site, PayFor.WALLET, await wallet(hub))
    now = site.clock()
    # However long a busy machine takes for them: one more is let in every five seconds.
    site.clock = lambda: now
    pages = [(await phone.open(token)).status for _ in range(125)]
    assert set(pages) == {200, 429}
    assert pages.index(429) == 120


async def test_what_is_no_form_of_the_page_moves_nothing(
    hub: Hub, site: Site, phone: Phone, server: str
) -> None:
    """Whoever posts something else is answered with a page, and with nothing else."""
    page = await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    address = f"{server}{page.actions[0].lstrip('/')}"
    form = "application/x-www-form-urlencoded"
    bodies: list[tuple[str, bytes]] = [
        ("application/json", b"{}"),
        (form, b"a" * 5000),
        (form, b"form=%ff%fe"),
        (form, b"\xff\xfe"),
        (form, b"&".join(b"a%d=1" % no for no in range(50))),
        ("multipart/form-data; boundary=x", b"--x"),
        ("", b""),
    ]
    for kind, body in bodies:
        async with phone.session.post(address, data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status == 400, (kind, body[:20])
            assert "<h1>" in await answer.text()


async def test_a_bill_is_paid_line_by_line_understood(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """Who pays the rent on the way to work sees what it is made of, and what is open."""
    w1 = (await hub.call("open_wallet", unit="Shop 2", purpose="property"))["wallet"]
    made = await hub.call(
        "create_bill",
        wallet=w1,
        category="rent",
        lines=[{"text": "Rent <July>", "amount": "80.00"}, {"text": "Lift", "amount": "20.00"}],
    )
    page = await phone.open(link(site, PayFor.BILL, str(made["bill"])))
    assert "Rent &lt;July&gt;" in page.text
    assert "100.00 CNY" in page.text
    await phone.send("pay", channel="ch1", amount="0.01")
    (order,) = provider.fake.books.orders.values()
    assert order.amount_minor == 10_000
    await provider.fake.pay(order.out_no)

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    assert phone.now is not None
    assert f"Bill {made['number']}" in phone.now.text
    page = await phone.send("again")
    assert "There is nothing open on this bill." in page.text


async def test_a_provider_that_does_not_answer_is_said_and_never_asked_twice(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """Whoever taps again would pay twice if there were two orders."""
    provider.fake.faults.fail_after_booking = 1
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    page = await phone.send("pay", amount="50.00", channel="ch1")
    assert "Alipay has not answered yet" in page.text
    assert page.headers["Refresh"].startswith("3; ")
    assert len(provider.fake.books.orders) == 1


async def test_on_a_phone_the_payer_is_led_to_the_providers_page_once(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """Nobody can scan the phone they hold; and the way back must not lead there again."""
    phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile Safari"
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    page = await phone.send("pay", amount="50.00", channel="ch1")
    assert page.headers["Refresh"].startswith(f"0; url={provider.fake.base_url}")
    page = await phone.again()
    assert page.headers["Refresh"].startswith("3; url=/api/prepaid_parking/pay/")
    assert f'href="{provider.fake.base_url}' in page.text


async def test_a_visit_asks_a_provider_for_ten_orders_and_no_more(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """Whoever plays with the button must not use up what the merchant may ask for."""
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    for _ in range(10):
        page = await phone.send("pay", amount="20.00", channel="ch1")
        assert "Waiting for your payment" in page.text
        await phone.send("again")
    page = await phone.send("pay", amount="20.00", channel="ch1")
    assert page.alert == "That cannot be paid here now. Please ask at the desk."
    assert len(provider.fake.books.orders) == 10


async def test_inside_a_foreign_app_a_code_is_shown_and_how_to_get_on(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """WeChat opens the page inside itself, where no provider's link works: nobody is left there."""
    phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"
    await phone.open(link(site, PayFor.WALLET, await wallet(hub)))
    page = await phone.send("pay", amount="50.00", channel="ch1")
    assert "data:image/png;base64," in page.text
    assert "Open this page in its browser" in page.text
    phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile Safari"
    await phone.send("again")
    page = await phone.send("pay", amount="50.00", channel="ch1")
    assert page.headers["Refresh"].startswith(f"0; url={provider.fake.base_url}")
