"""The body of a request from outside, read up to a size and within a time."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp.client_exceptions import ClientError
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import Request, RequestPayloadError

CHUNK: Final = 65_536


class UnreadError(Exception):
    """A body that nobody has read to its end; `status` says to who sent it why."""

    def __init__(self, status: HTTPStatus) -> None:
        """Keep why."""
        super().__init__(status.phrase)
        self.status = status


async def read_body(request: Request, *, most: int, within: float) -> bytes:
    """Return a request's body; an `UnreadError` where it is larger, takes longer or breaks off."""
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            while chunk := await request.content.read(min(CHUNK, most + 1)):
                body += chunk
                if len(body) > most:
                    raise UnreadError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except TimeoutError as err:
        raise UnreadError(HTTPStatus.REQUEST_TIMEOUT) from err
    except (ClientError, HttpProcessingError, RequestPayloadError, ConnectionError) as err:
        raise UnreadError(HTTPStatus.BAD_REQUEST) from err
    return bytes(body)
