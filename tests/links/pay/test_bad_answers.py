"""Answers that are none: half of one, far too much, a page of a hotel's router."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import ClientSession, web
import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    RefundAsked,
)
from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.stripe import StripePay
from custom_components.prepaid_parking.operations.pay_port import PayChannel

from . import alipay_peer, stripe_peer

BODIES: dict[str, tuple[int, bytes]] = {
    "empty": (200, b""),
    "page": (200, b"<html><title>Welcome to the hotel</title></html>"),
    "null": (200, b"null"),
    "list": (200, b"[]"),
    "object": (200, b"{}"),
    "odd object": (200, b'{"code":"10000","sign":7,"error_response":3,"data":{},"has_more":1}'),
    "other code": (200, b"\xff\xfe{}"),
    "deep": (200, b'{"alipay_trade_query_response":' + b"[" * 200_000),
    "huge": (200, b'{"x":"' + b"x" * 2_000_000 + b'"}'),
    "huge number": (200, b'{"x":' + b"9" * 10_000 + b"}"),
    "redirect": (302, b""),
    "not found": (404, b"<html>"),
    "not found, odd": (404, b'{"error":{"type":3}}'),
    "too many": (429, b'{"error":{"type":"invalid_request_error","code":"rate_limit"}}'),
    "at the same time": (409, b'{"error":{"type":"invalid_request_error"}}'),
    "gateway": (502, b"<html>"),
}
ACTS: dict[str, Callable[[PayChannel], Awaitable[object]]] = {
    "create": lambda channel: channel.create(alipay_peer.asked()),
    "query": lambda channel: channel.query("N1"),
    "close": lambda channel: channel.close("N1"),
    "refund": lambda channel: channel.refund(
        RefundAsked(refund_no="R1", out_no="N1", amount_minor=1, total_minor=1, provider_ref="pi_1")
    ),
    "query_refund": lambda channel: channel.query_refund("R1", "N1"),
    "settlement": lambda channel: channel.settlement(datetime.now(UTC).date()),
}


@asynccontextmanager
async def _channels(answer: web.StreamResponse | bytes) -> AsyncIterator[list[PayChannel]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        if isinstance(answer, bytes):
            assert request.transport is not None
            request.transport.write(answer)
            request.transport.close()
            return web.Response()
        return web.Response(body=answer.body, status=answer.status)  # type: ignore[attr-defined]

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    url = f"http://{host}:{port}"
    async with ClientSession() as session:
        yield [
            Alipay(session, alipay_peer.merchant(), f"{url}/gateway.do", url),
            StripePay(session, stripe_peer.merchant(), url),
        ]
    await runner.cleanup()


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", BODIES)
async def test_what_is_no_answer_leaves_the_outcome_open(name: str, act: str) -> None:
    """Called refused, the order would be given up while the payer pays it."""
    status, body = BODIES[name]
    async with _channels(web.Response(status=status, body=body)) as channels:
        for channel in channels:
            with pytest.raises(ChannelError) as err:
                await ACTS[act](channel)
            assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"SSH-2.0-x\r\n\r\n"]
)
async def test_an_answer_that_breaks_off_leaves_the_outcome_open(sent: bytes, act: str) -> None:
    """The line died after the provider had heard: it may well have booked."""
    async with _channels(sent) as channels:
        for channel in channels:
            with pytest.raises(ChannelError) as err:
                await ACTS[act](channel)
            assert err.value.fault is ChannelFault.UNKNOWN
