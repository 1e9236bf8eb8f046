"""A port that serves payments alone: what is there, what is not, and who is believed to have asked."""

from collections.abc import AsyncIterator
from datetime import timedelta
import socket
from typing import Any
from unittest.mock import patch

from aiohttp import ClientConnectorError, ClientSession
import pytest

from custom_components.prepaid_parking.core.rate_limit import Allowance
from tests.hub.test_notices import Counter, counter_of
from tests.journeys.conftest import Hub

FEW = Allowance(most=5, every=timedelta(hours=1))
WRONG_ONES = "custom_components.prepaid_parking.notice_view.WRONG_ONES"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def set_options(hub: Hub, **more: Any) -> None:
    """Change options of the running site."""
    hub.hass.config_entries.async_update_entry(hub.entry, options={**hub.entry.options, **more})
    await hub.hass.async_block_till_done()


async def open_port(hub: Hub, **more: Any) -> str:
    """Open the port on this machine; returns its address."""
    port = free_port()
    await set_options(hub, pay_port=port, pay_bind="127.0.0.1", **more)

    async def is_open() -> bool:
        return hub.data.pay.port == port

    await hub.until(is_open)
    return f"http://127.0.0.1:{port}"


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    """Anybody's browser."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def alipay(hub: Hub, server: str) -> AsyncIterator[Counter]:
    """A provider whose notices come to a hub."""
    async with counter_of(hub, server, "alipay") as counter:
        yield counter


async def test_it_is_closed_unless_somebody_opens_it_and_closes_with_the_site(
    hub: Hub, web: ClientSession
) -> None:
    """Nothing of a house listens anywhere that nobody has asked for."""
    assert hub.data.pay.port == 0
    base = await open_port(hub)
    async with web.post(f"{base}/api/prepaid_parking/notice/nobody") as answer:
        assert answer.status == 400
    await set_options(hub, pay_port=0)
    with pytest.raises(ClientConnectorError):
        await web.post(f"{base}/api/prepaid_parking/notice/nobody")
    base = await open_port(hub)
    await hub.stop()
    with pytest.raises(ClientConnectorError):
        await web.post(f"{base}/api/prepaid_parking/notice/nobody")
    await hub.start()


async def test_nothing_of_the_hub_is_behind_it(hub: Hub, web: ClientSession) -> None:
    """That is what it is for: whoever finds it finds no login and no other page."""
    base = await open_port(hub)
    for path in (
        "",
        "api/",
        "api/states",
        "auth/token",
        "lovelace",
        "api/prepaid_parking/bill/x/y",
    ):
        async with web.get(f"{base}/{path}") as answer:
            assert answer.status == 404
            assert answer.headers.get("Server", "") == ""


async def test_a_notice_is_taken_as_at_the_hub_itself(alipay: Counter) -> None:
    """A provider that reaches the port alone must be heard."""
    base = await open_port(alipay.hub)
    out_no = await alipay.order()
    await alipay.scan(out_no)
    alipay.fake.faults.notice_lost = True
    await alipay.fake.pay(out_no)
    letter = alipay.letter(out_no)
    url = f"{base}/api/prepaid_parking/notice/{alipay.key}"
    for _ in range(2):
        assert (await alipay.post(letter.headers, letter.body, url))[:2] == (200, "success")
    assert await alipay.balance() == "12.50"


async def test_a_network_that_sends_nonsense_is_put_off_a_provider_never(alipay: Counter) -> None:
    """A forger costs no more signatures; hundreds of true notices of one network are all heard."""
    with patch(WRONG_ONES, FEW):
        base = await open_port(alipay.hub)
    out_no = await alipay.order()
    await alipay.scan(out_no)
    alipay.fake.faults.notice_lost = True
    await alipay.fake.pay(out_no)
    letter = alipay.letter(out_no)
    url = f"{base}/api/prepaid_parking/notice/{alipay.key}"
    for _ in range(3 * FEW.most):
        assert (await alipay.post(letter.headers, letter.body, url))[0] == 200
    for _ in range(FEW.most):
        assert (await alipay.post({}, b"sign=x", url))[0] == 400
    status, _, answer = await alipay.post({}, b"sign=x", url)
    assert status == 429
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("proxies", "told", "status"),
    [
        # Behind a proxy that was named each asker counts for itself.
        ("127.0.0.1", "203.0.113.{}, 127.0.0.1", 429),
        ("127.0.0.0/8", "198.51.{}.9", 400),
        # Who was not named is not believed: all of it is one asker.
        ("", "198.51.{}.9", 429),
        ("10.0.0.0/8", "198.51.{}.9", 429),
        # What a forger writes before the proxy's own word does not count.
        ("127.0.0.1", "198.51.{}.9, 203.0.113.7", 429),
    ],
)
async def test_who_asked_is_what_a_named_proxy_says(
    hub: Hub, web: ClientSession, proxies: str, told: str, status: int
) -> None:
    """Whoever could choose an address would have as many tries as there are addresses."""
    with patch(WRONG_ONES, FEW):
        base = await open_port(hub, pay_proxies=proxies)
    last = 0
    for number in range(FEW.most + 1):
        headers = {"X-Forwarded-For": told.format(number)}
        async with web.post(f"{base}/api/prepaid_parking/notice/nobody", headers=headers) as answer:
            last = answer.status
    assert last == status


async def test_a_port_that_is_taken_is_said_and_the_site_runs(hub: Hub) -> None:
    """A mistake in one option must not stop meters from being read."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        await set_options(hub, pay_port=other.getsockname()[1], pay_bind="127.0.0.1")

        async def said() -> bool:
            return hub.data.pay.trouble != ""

        await hub.until(said)
    assert hub.data.pay.port == 0
