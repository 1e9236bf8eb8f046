"""One request to a provider and its whole answer, with what its failure means for money."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from multidict import CIMultiDictProxy
from yarl import URL

from ...core.pay_channel import ChannelError, ChannelFault

PATIENCE: Final = ClientTimeout(total=15, connect=5)
"""Providers answer within seconds; who waits stands before a barrier."""
LARGEST: Final = 1024 * 1024
"""Of an answer: most are a few kB, a page of a hundred movements has some 300 kB."""
LARGEST_FILE: Final = 32 * 1024 * 1024
"""Of a settlement file."""
THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is as it was sent: signatures are over its bytes."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def fine(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


async def exchange(
    session: ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    largest: int = LARGEST,
) -> Answer:
    """Send a request and return the answer, of whatever status; redirects are not followed.

    The address is sent as it is written: what has been signed must not be quoted anew. An error
    says whether the provider may have heard the request: after that only it knows what happened.
    """
    if session.closed:
        raise ChannelError(ChannelFault.UNREACHABLE, detail="session closed")
    try:
        async with session.request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=body,
            timeout=PATIENCE,
            allow_redirects=False,
        ) as response:
            content = bytearray()
            async for part in response.content.iter_any():
                content += part
                if len(content) > largest:
                    raise ChannelError(ChannelFault.UNKNOWN, "too_large")
            return Answer(response.status, response.headers, bytes(content))
    except (ClientConnectorError, ConnectionTimeoutError) as err:
        raise ChannelError(ChannelFault.UNREACHABLE, detail=str(err)) from err
    except (ClientError, TimeoutError) as err:
        raise ChannelError(ChannelFault.UNKNOWN, detail=str(err) or type(err).__name__) from err


def sendable(text: str, longest: int) -> str:
    """Return the beginning of what people have typed, as it can be sent.

    Half a sign, as a text cut elsewhere may end in, has no bytes: a question mark stands for it.
    """
    return text[:longest].encode(errors="replace").decode()


def origin(address: str) -> str:
    """Return a base address without its last slash, if secrets may go there.

    Only a provider on this machine, which is a pretended one, is spoken to without TLS.
    """
    url = URL(address)
    if url.scheme == "https" or (url.scheme == "http" and url.host in THIS_MACHINE):
        return address.rstrip("/")
    raise ValueError("a provider is spoken to by https only")
