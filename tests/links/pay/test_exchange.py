"""One request to a provider: what its failure means decides whether money may be asked for again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from unittest.mock import Mock

from aiohttp import ClientSession, ClientTimeout, ConnectionTimeoutError, web
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault
from custom_components.prepaid_parking.links.pay import exchange as module
from custom_components.prepaid_parking.links.pay.exchange import exchange, origin

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def provider(handler: Handler) -> AsyncIterator[tuple[ClientSession, str]]:
    """Answer everything by one function; returns a session and the address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with ClientSession() as session:
            yield session, f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def failed(session: ClientSession, url: str, largest: int = 1000) -> ChannelError:
    """Return what asking comes to."""
    with pytest.raises(ChannelError) as caught:
        await exchange(session, "POST", url, body=b"money", largest=largest)
    return caught.value


async def test_an_address_is_asked_for_as_it_was_written() -> None:
    """It is signed: whoever quotes it anew asks for something that nobody signed."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.Response(text="x", status=418)

    path = "/a%2Fb/%7E?token=a%2Fb%7E%2B%3D+c&x=%E7%B2%A4"
    async with provider(answer) as (session, base):
        found = await exchange(session, "GET", f"{base}{path}")
    assert seen == [path]
    assert (found.status, found.body, found.fine) == (418, b"x", False)


async def test_a_redirect_is_not_followed() -> None:
    """A signed request, keys in its headers, goes to nobody else."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with provider(answer) as (session, base):
        assert (await exchange(session, "POST", f"{base}/here", body=b"x")).status == 307
    assert seen == ["/here"]


async def test_an_answer_without_end_is_cut_where_it_becomes_too_large() -> None:
    """It is never held whole: the hub that runs out of memory cuts the supply."""
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        stream = web.StreamResponse()
        await stream.prepare(request)
        while True:
            await stream.write(b"x" * 65_536)
            sent += 65_536

    async with provider(answer) as (session, base):
        err = await failed(session, base, 100_000)
    assert (err.fault, err.code) == (ChannelFault.UNKNOWN, "too_large")
    assert sent < 32 * 1024 * 1024


async def test_what_just_fits_is_read_whole() -> None:
    """In as many parts as it comes."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1000)

    async with provider(answer) as (session, base):
        assert len((await exchange(session, "GET", base, largest=1000)).body) == 1000
        assert (await failed(session, base, 999)).code == "too_large"


async def test_a_line_that_breaks_behind_the_request_leaves_it_unknown() -> None:
    """The provider has heard it: asked for once more elsewhere, the payer pays twice."""

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with provider(answer) as (session, base):
        assert (await failed(session, base)).fault is ChannelFault.UNKNOWN


async def test_half_an_answer_is_none() -> None:
    """The rest may have said no."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Length": "100"})
        await stream.prepare(request)
        await stream.write(b'{"paid":')
        assert request.transport is not None
        request.transport.close()
        return stream

    async with provider(answer) as (session, base):
        assert (await failed(session, base)).fault is ChannelFault.UNKNOWN


async def test_a_provider_that_thinks_too_long_leaves_it_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who waits stands before a barrier."""
    monkeypatch.setattr(module, "PATIENCE", ClientTimeout(total=0.2))
    done = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    async with provider(answer) as (session, base):
        assert (await failed(session, base)).fault is ChannelFault.UNKNOWN
        done.set()


async def test_a_provider_that_cannot_be_reached_has_heard_nothing() -> None:
    """Nobody listens there: the same may be tried at once by another way."""
    async with ClientSession() as session:
        for url in ("http://127.0.0.1:1/", "https://127.0.0.1:1/"):
            assert (await failed(session, url)).fault is ChannelFault.UNREACHABLE


async def test_a_hub_that_shuts_down_sends_nothing_any_more() -> None:
    """Its session is closed before its last task is: that is no error of the program."""
    async with ClientSession() as session:
        pass
    assert (await failed(session, "https://api.example/")).fault is ChannelFault.UNREACHABLE


async def test_a_connection_that_never_came_about_has_carried_nothing() -> None:
    """A firewall that swallows everything: that is time lost, and nothing else."""
    session = Mock(spec=ClientSession, closed=False)
    session.request.side_effect = ConnectionTimeoutError()
    assert (await failed(session, "https://api.example/")).fault is ChannelFault.UNREACHABLE


async def test_a_server_with_a_certificate_of_its_own_making_is_told_nothing() -> None:
    """Plain text on the other end of TLS: the secrets stay here."""

    async def answer(request: web.Request) -> web.Response:
        raise AssertionError

    async with provider(answer) as (session, base):
        err = await failed(session, base.replace("http:", "https:"))
    assert err.fault is ChannelFault.UNREACHABLE


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://api.example/", "https://api.example"),
        ("https://api.example/gateway.do", "https://api.example/gateway.do"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_secrets_go_to_encrypted_addresses_and_to_this_machine(address: str, base: str) -> None:
    """A pretended provider runs beside the hub."""
    assert origin(address) == base


@pytest.mark.parametrize(
    "address",
    ["http://api.example", "http://127.0.0.1.example", "http://127.0.0.1@api.example", "ws://x"],
)
def test_secrets_go_nowhere_else(address: str) -> None:
    """Names that look like this machine are not."""
    with pytest.raises(ValueError, match="https"):
        origin(address)
