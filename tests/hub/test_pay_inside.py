"""Who opens a code's page inside WeChat pays there: found out who they are once, and told to nobody."""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from html import unescape
import json
import logging
import re
from typing import Any

from aiohttp import ClientSession
from homeassistant.config_entries import ConfigSubentry
import pytest
from yarl import URL

from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.diagnostics import async_get_config_entry_diagnostics
from custom_components.prepaid_parking.pay_writing import script
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_inside import OK
from tests.hub.pay_forms import add_channel, fake_wechat, wechat_form
from tests.hub.pay_page import PATH, Phone, Seen
from tests.hub.test_pay_view import link, wallet
from tests.journeys.conftest import Hub
from tests.links.pay import wechat_peer

IN_WECHAT = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0.50"


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    """A WeChat, with its payments."""
    async with fake_wechat(key=wechat_peer.platform_key()) as fake:
        yield fake


@pytest.fixture
async def channel(hub: Hub, wechat: FakeWeChat, server: str) -> ConfigSubentry:
    """The merchant's account at the hub, with the app's secret, and the page switched on."""
    hub.hass.config_entries.async_update_entry(
        hub.entry,
        options={**hub.entry.options, "pay_page": True, "pay_url": server.rstrip("/")},
    )
    form = wechat_form(wechat, app_secret=wechat.account.app_secret)
    return await add_channel(hub, "wechat", form)


@pytest.fixture
async def phone(server: str) -> AsyncIterator[Phone]:
    """WeChat's own browser."""
    async with ClientSession() as session:
        yield Phone(session, server, {"Accept-Language": "en", "User-Agent": IN_WECHAT})


async def chosen(hub: Hub, phone: Phone, channel: ConfigSubentry) -> Seen:
    """Open a wallet's page and choose to pay 50.00 with WeChat."""
    await phone.open(link(hub.data.site, PayFor.WALLET, await wallet(hub)))
    return await phone.send("pay", amount="50.00", channel=channel.data["channel"])


def gate_of(page: Seen) -> str:
    """Return where a page leads its payer by itself."""
    assert page.headers["Refresh"].startswith("0; url=")
    return page.headers["Refresh"].removeprefix("0; url=")


async def sent_back(phone: Phone, address: str) -> URL:
    """Go over WeChat's page; returns where it sends the payer back to."""
    headers = {"User-Agent": phone.headers["User-Agent"]}
    async with phone.session.get(
        URL(address, encoded=True), headers=headers, allow_redirects=False
    ) as sent:
        assert sent.status == 302, await sent.text()
        return URL(sent.headers["Location"], encoded=True)


async def arrive(phone: Phone, back: URL, **other: str) -> Seen:
    """Come back to the visit, perhaps with something else than WeChat has given."""
    query = dict(back.query) | other
    return await phone.open(back.path.rpartition("/")[2], **query)


def call_of(page: Seen) -> dict[str, Any]:
    """Return what a page hands to the app."""
    (found,) = re.findall(r'data-call="([^"]*)"', page.text)
    call: dict[str, Any] = json.loads(unescape(found))
    return call


async def test_a_code_scanned_with_wechat_is_paid_inside_it(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """The driver at the barrier: one tap, WeChat's own payment, and the page says that it is booked."""
    page = await chosen(hub, phone, channel)
    assert "On to Our wechat" in page.text
    back = await sent_back(phone, gate_of(page))
    assert back.path.startswith(f"/{PATH}")
    page = await arrive(phone, back)
    assert "code=" not in page.at
    assert "state=" not in page.at
    assert "Refresh" not in page.headers
    assert await wechat.inside.call(call_of(page)) == {"err_msg": OK}

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    assert phone.now is not None
    assert "60.00 CNY" in phone.now.text
    assert "<script" not in phone.now.text


async def test_only_the_page_that_calls_wechat_runs_a_script(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """Its one script by its hash, never as the hub: all other pages run nothing, as ever."""
    others = [await chosen(hub, phone, channel)]
    page = await arrive(phone, await sent_back(phone, gate_of(others[0])))
    others.append(await phone.again())
    for other in others:
        assert "<script" not in other.text
        assert "script" not in other.headers["Content-Security-Policy"]
    (body,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert body == script()
    digest = b64encode(sha256(body.encode()).digest()).decode()
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("sandbox allow-forms allow-scripts allow-top-navigation-by-user")
    assert "allow-same-origin" not in policy
    assert "unsafe" not in policy
    # A payment that was broken off is taken up again by a tap; by itself only the first time.
    assert others[1].headers["Refresh"].startswith("3; url=")
    again = await phone.open(others[1].at.rpartition("/")[2], call="")
    assert call_of(again) == call_of(page)


async def test_wechat_is_told_where_its_payers_come_from(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """In a phone's browser it opens its page only to who comes from its merchant's address.

    No browser names an address (`Referer`) for a page with an origin of its own, so this one page has
    the hub's; it runs nothing. Of where it is only the address is told, not the visit.
    """
    phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile Safari"
    others = [await phone.open(link(hub.data.site, PayFor.WALLET, await wallet(hub)))]
    page = await phone.send("pay", amount="50.00", channel=channel.data["channel"])
    assert gate_of(page).startswith(f"{wechat.base_url}/window/")
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-forms allow-same-origin allow-top-navigation-by-user")
    assert "script" not in policy
    asks = '<meta name="referrer" content="origin">'
    assert asks in page.text
    assert "noreferrer" not in page.text
    assert asks in (await phone.again()).text
    others.append(await phone.send("again"))
    phone.headers["User-Agent"] = IN_WECHAT
    others.append(await phone.send("pay", amount="50.00", channel=channel.data["channel"]))
    others.append(await arrive(phone, await sent_back(phone, gate_of(others[-1]))))
    for other in others:
        assert other.headers["Referrer-Policy"] == "no-referrer"
        assert asks not in other.text
        assert "allow-same-origin" not in other.headers["Content-Security-Policy"]


async def test_who_comes_back_is_who_was_sent_and_once(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """Whoever sends somebody else's way back to a payer must not have them pay as somebody else."""
    back = await sent_back(phone, gate_of(await chosen(hub, phone, channel)))
    asked = len(wechat.requests)
    for state in ("", "0" * 32, back.query["state"][:-1], "💰"):
        page = await arrive(phone, back, state=state)
        assert "On to Our wechat" in page.text
    first = back.path.rpartition("/")[2]
    page = await chosen(hub, phone, channel)
    other = await sent_back(phone, gate_of(page))
    await arrive(phone, other, state=back.query["state"], code=back.query["code"])
    exchanged = [one for _, one in wechat.requests[asked:] if "/sns/" in one or "jsapi" in one]
    assert not exchanged
    page = await phone.open(first, **back.query)
    call = call_of(page)
    page = await phone.open(first, **back.query)
    exchanged = [one for _, one in wechat.requests[asked:] if "/sns/" in one or "jsapi" in one]
    assert len(exchanged) == 2
    assert f"prepay_id={_open_orders(wechat)[0].told['prepay']}" == call["package"]
    assert len(_open_orders(wechat)) == 1


def _open_orders(wechat: FakeWeChat) -> list[Any]:
    return [one for one in wechat.books.orders.values() if one.state == "waiting"]


@pytest.mark.parametrize("code", ["", "f" * 32])
async def test_where_wechat_does_not_say_who_pays_a_code_is_shown(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone, code: str
) -> None:
    """A refused code is no dead end: what was to be paid is shown to scan, as without the app's secret."""
    back = await sent_back(phone, gate_of(await chosen(hub, phone, channel)))
    page = await arrive(phone, back, code=code)
    assert "data:image/png;base64," in page.text
    assert "Open this page in its browser" in page.text
    (order,) = _open_orders(wechat)
    assert (order.amount_minor, order.told["trade_type"]) == (5000, "NATIVE")


async def test_whoever_does_not_get_on_takes_a_code_instead(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """Before WeChat's page as behind it; what was asked for there can be paid no more.

    What they pay and how much they have said before: the code is there at once.
    """
    page = await chosen(hub, phone, channel)
    page = await phone.send("without_app")
    assert "data:image/png;base64," in page.text
    page = await chosen(hub, phone, channel)
    await arrive(phone, await sent_back(phone, gate_of(page)))
    page = await phone.send("without_app")
    assert "data:image/png;base64," in page.text
    asked = [(one.told["trade_type"], one.amount_minor) for one in _open_orders(wechat)]
    assert asked == [("NATIVE", 5000), ("NATIVE", 5000)]


async def test_who_has_paid_inside_wechat_is_shown_no_code_any_more(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """The payment came while they looked for the button: a code now would be paid a second time."""
    page = await arrive(phone, await sent_back(phone, gate_of(await chosen(hub, phone, channel))))
    assert await wechat.inside.call(call_of(page)) == {"err_msg": OK}
    await wechat.told()
    page = await phone.send("without_app")
    assert "Your payment is booked" in page.text
    assert not _open_orders(wechat)


async def test_an_order_that_wechat_refuses_is_asked_for_by_a_code_the_next_time(
    hub: Hub, wechat: FakeWeChat, channel: ConfigSubentry, phone: Phone
) -> None:
    """A merchant who has not signed up for it: the payer is not sent round in circles."""
    back = await sent_back(phone, gate_of(await chosen(hub, phone, channel)))
    wechat.inside.knows = lambda openid: False  # type: ignore[method-assign]
    page = await arrive(phone, back)
    assert "Not paid" in page.text
    await phone.send("again")
    page = await phone.send("pay", amount="50.00", channel=channel.data["channel"])
    assert "data:image/png;base64," in page.text


async def test_what_cannot_be_paid_is_said_before_anybody_is_sent_away(
    hub: Hub, channel: ConfigSubentry, phone: Phone
) -> None:
    """Who has mistyped the amount sees it at once, and not after two pages."""
    await phone.open(link(hub.data.site, PayFor.WALLET, await wallet(hub)))
    key = channel.data["channel"]
    page = await phone.send("pay", own="-5", channel=key)
    assert page.alert
    page = await phone.send("pay", own="5", channel=key)
    assert gate_of(page)


async def test_without_the_apps_secret_a_code_is_shown_as_ever(
    hub: Hub, wechat: FakeWeChat, phone: Phone, server: str
) -> None:
    """A merchant with no account at WeChat's other platform loses nothing."""
    hub.hass.config_entries.async_update_entry(
        hub.entry,
        options={**hub.entry.options, "pay_page": True, "pay_url": server.rstrip("/")},
    )
    made = await add_channel(hub, "wechat", wechat_form(wechat))
    page = await chosen(hub, phone, made)
    assert "data:image/png;base64," in page.text


async def test_an_order_by_an_action_names_no_payer_and_is_not_made(
    hub: Hub, channel: ConfigSubentry
) -> None:
    """Nobody could pay it."""
    held = await wallet(hub)
    with pytest.raises(Exception, match="way"):
        await hub.call(
            "create_order",
            wallet=held,
            channel=channel.data["channel"],
            amount="5.00",
            way="app",
        )


async def test_who_pays_is_written_down_nowhere(
    hub: Hub,
    wechat: FakeWeChat,
    channel: ConfigSubentry,
    phone: Phone,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Any,
) -> None:
    """The number by which WeChat knows a person is theirs: not in a log, a state, a file or a list."""
    caplog.set_level(logging.DEBUG)
    back = await sent_back(phone, gate_of(await chosen(hub, phone, channel)))
    page = await arrive(phone, back)
    await wechat.inside.call(call_of(page))
    await wechat.told()

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    # The pretended WeChat runs in this process too, and logs what it was asked.
    told = [
        *(one.getMessage() for one in caplog.records if one.name != "aiohttp.access"),
        page.text,
        json.dumps(await async_get_config_entry_diagnostics(hub.hass, hub.entry), default=str),
        json.dumps(await hub.call("list_orders", state="credited"), default=str),
        repr(hub.data.site.pay_visits),
        str(hub.hass.states.async_all()),
    ]
    files = await hub.hass.async_add_executor_job(
        lambda: [one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()]
    )
    for hidden in (wechat.inside.openid, wechat.account.app_secret):
        assert not [one for one in told if hidden in one]
        assert not [one for one in files if hidden.encode() in one]
