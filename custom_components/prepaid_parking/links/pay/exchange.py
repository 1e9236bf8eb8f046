"""One request to a provider and its whole answer, with what its failure means for money."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout
from multidict import CIMultiDictProxy

from ...core.pay_channel import ChannelError, ChannelFault

PATIENCE: Final = ClientTimeout(total=15, connect=5)
"""Providers answer within seconds; who waits stands before a barrier."""
LARGEST: Final = 32 * 1024 * 1024
"""Of a settlement file; everything else is a few kB."""


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
) -> Answer:
    """Send a request and return the answer, of whatever status; redirects are not followed.

    An error says whether the provider may have heard the request: after that only it knows what
    happened.
    """
    try:
        async with session.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=PATIENCE,
            allow_redirects=False,
        ) as response:
            content = await response.content.read(LARGEST + 1)
            while len(content) <= LARGEST and (more := await response.content.read(LARGEST)):
                content += more
            if len(content) > LARGEST:
                raise ChannelError(ChannelFault.UNKNOWN, "too_large")
            return Answer(response.status, response.headers, content)
    except ClientConnectorError as err:
        raise ChannelError(ChannelFault.UNREACHABLE, detail=str(err)) from err
    except (ClientError, TimeoutError) as err:
        raise ChannelError(ChannelFault.UNKNOWN, detail=str(err) or type(err).__name__) from err
