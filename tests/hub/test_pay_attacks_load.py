"""Somebody has the time and the line: what the pages take from the hub is bounded, whatever is asked of them."""

import asyncio
from typing import Final

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.operations.pay_tokens import screen_token
from custom_components.prepaid_parking.operations.pay_visit_book import MOST
from custom_components.prepaid_parking.operations.site import Site
from tests.hub.pay_page import PATH, Phone
from tests.hub.test_pay_view import code, link, phone, provider, site, wallet
from tests.journeys.conftest import Hub
from tests.links.pay.alipay_peer import Desk

__all__ = ["phone", "provider", "site"]

METHODS: Final = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")


async def test_a_screens_code_is_opened_by_one_of_a_crowd(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """A photograph of the screen goes round a group: who scans first pays, nobody else has a page."""
    token, _ = screen_token(site, PayFor.WALLET, await wallet(hub))
    others = [Phone(phone.session, phone.server) for _ in range(25)]
    found = await asyncio.gather(*(one.open(token) for one in others))
    assert sorted(one.status for one in found) == [200] + [404] * 24
    assert len(site.pay_visits) == 1


async def test_one_form_sent_by_many_at_once_asks_for_one_order(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """A button that is hit by a script a hundred times."""
    page = await phone.open(await code(hub, "wallet", await wallet(hub)))
    others = [Phone(phone.session, phone.server, now=page) for _ in range(25)]
    found = await asyncio.gather(
        *(one.send("pay", amount="50.00", channel="ch1") for one in others)
    )
    assert {one.status for one in found} == {200}
    assert len(site.paying.orders) == len(provider.fake.books.orders) == 1


async def test_no_other_method_does_anything(hub: Hub, site: Site, phone: Phone) -> None:
    """What a scanner of the internet tries first."""
    token = link(site, PayFor.WALLET, await wallet(hub))
    for path in (f"{PATH}{token}", "api/prepaid_parking/notice/ch1"):
        for method in METHODS:
            async with phone.session.request(method, f"{phone.server}{path}") as answer:
                assert answer.status in {403, 404, 405}, method
                assert "Access-Control-Allow-Origin" not in answer.headers
    assert len(site.pay_visits) == 0


async def test_what_is_too_long_or_never_ends_is_let_go(
    hub: Hub, site: Site, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head of a megabyte, a path of a megabyte, a body that comes a byte at a time: none of it is waited for."""
    monkeypatch.setattr("custom_components.prepaid_parking.pay_view.LONGEST_S", 0.2)
    monkeypatch.setattr("custom_components.prepaid_parking.notice_view.LONGEST_S", 0.2)
    long = "a" * 1_000_000
    for url, headers in (
        (URL(f"{phone.server}{PATH}{long}", encoded=True), {}),
        (URL(f"{phone.server}{PATH}x"), {"Accept-Language": long}),
        (URL(f"{phone.server}{PATH}x"), {f"X-{no}": "a" * 1000 for no in range(500)}),
    ):
        async with ClientSession() as fresh:
            try:
                async with fresh.get(url, headers=headers) as answer:
                    assert answer.status in {400, 414, 431}
            except OSError:
                continue  # It hung up in the middle of it, which is as good.
    for path in (f"{PATH}x", "api/prepaid_parking/notice/ch1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(phone.server).port)
        writer.write(
            f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\na".encode()
        )
        await writer.drain()
        line = await reader.readline()
        assert line.split()[1] in {b"400", b"408"}, line
        writer.close()


async def test_visits_of_a_thousand_networks_push_out_nobody_who_is_paying(
    hub: Hub, site: Site, phone: Phone, provider: Desk
) -> None:
    """A sticker that was published: who stands at the barrier with the code on the screen goes on."""
    sticker = await code(hub, "wallet", await wallet(hub))
    await phone.open(sticker)
    await phone.send("pay", amount="50.00", channel="ch1")
    for _ in range(MOST + 50):
        site.pay_visits.begin(PayFor.WALLET, "w1", site.clock(), personal=False)
    assert len(site.pay_visits) == MOST
    assert "Waiting for your payment" in (await phone.again()).text
