"""A hub's ear in the tests of providers: it keeps the notices that come, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDictProxy


@dataclass
class HearingHub:
    """What has come, raw; `words` is answered to each, with `status`."""

    url: str = ""
    words: str = "success"
    status: int = 200
    heard: asyncio.Queue[tuple[CIMultiDictProxy[str], bytes]] = field(default_factory=asyncio.Queue)

    async def _hear(self, request: web.Request) -> web.Response:
        self.heard.put_nowait((request.headers, await request.read()))
        return web.Response(text=self.words, status=self.status)


@asynccontextmanager
async def hearing_hub() -> AsyncIterator[HearingHub]:
    """Listen on this machine."""
    hub = HearingHub()
    app = web.Application()
    app.router.add_post("/notice", hub._hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    hub.url = f"http://{host}:{port}/notice"
    try:
        yield hub
    finally:
        await runner.cleanup()
