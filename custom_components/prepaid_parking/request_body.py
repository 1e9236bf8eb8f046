"""The body of a request from outside, read up to a size and within a time."""

import asyncio
from typing import Final

from aiohttp.web import Request

CHUNK: Final = 65_536


async def read_body(request: Request, *, most: int, within: float) -> bytes | None:
    """Return a request's body; None where it is larger, a TimeoutError where it takes longer."""
    body = bytearray()
    async with asyncio.timeout(within):
        while chunk := await request.content.read(min(CHUNK, most + 1)):
            body += chunk
            if len(body) > most:
                return None
    return bytes(body)
