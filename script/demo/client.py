"""The hub as a browser talks to it: log in, REST, websocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import aiohttp

from .places import PASSWORD, USER
from .trouble import DemoError

_LANGUAGE: Final = "en"

type Data = dict[str, Any]


class Hub:
    """A hub, logged in as the demo's user."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        token: str,
    ) -> None:
        """Take an open connection."""
        self.url = url
        self.site = ""
        """The config entry that actions are about; the only one as long as nobody has said which."""
        self._session = session
        self._socket = socket
        self._token = token
        self._last = 0

    @classmethod
    @asynccontextmanager
    async def logged_in(cls, url: str) -> AsyncIterator[Self]:
        """Log in, creating the user at a hub that has none yet."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
            code = await _onboard(session, url) or await _log_in(session, url)
            tokens = await _tokens(session, url, code)
            try:
                async with session.ws_connect(f"{url}/api/websocket", max_msg_size=0) as socket:
                    await socket.receive_json()
                    await socket.send_json({"type": "auth", "access_token": tokens["access_token"]})
                    answer = await socket.receive_json()
                    if answer["type"] != "auth_ok":
                        message = f"The hub refuses its own token: {answer}"
                        raise DemoError(message)
                    yield cls(url, session, socket, tokens["access_token"])
            finally:
                # Else every start would leave one more session in the user's profile.
                await session.post(
                    f"{url}/auth/revoke", data={"token": tokens["refresh_token"]}, timeout=_SHORT
                )

    async def ask(self, kind: str, **fields: Any) -> Any:
        """Send a websocket command and return its result."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "type": kind, **fields})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") != self._last or answer["type"] != "result":
                continue
            if not answer["success"]:
                message = f"The hub refuses {kind}: {answer['error']['message']}"
                raise DemoError(message)
            return answer["result"]

    async def act(self, action: str, **fields: Any) -> Data:
        """Call one of the integration's actions on the demo's site and return its answer."""
        meant = {"config_entry_id": self.site} if self.site else {}
        result = await self.ask(
            "call_service",
            domain="prepaid_parking",
            service=action,
            service_data=meant | fields,
            return_response=True,
        )
        response: Data = result["response"]
        return response

    async def rest(self, method: str, path: str, body: Data | None = None) -> Data:
        """Send a request to the hub's REST API and return its answer."""
        async with self._session.request(
            method,
            f"{self.url}/api/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
        ) as answer:
            if answer.status >= 300:
                message = f"The hub refuses {path}: {answer.status} {await answer.text()}"
                raise DemoError(message)
            said: Data = await answer.json()
            return said

    async def elsewhere(self, url: str, *, key: str, fields: Data) -> None:
        """Send a form to another program of the demo, which knows this key."""
        headers = {"Authorization": f"Bearer {key}"}
        async with self._session.post(url, data=fields, headers=headers) as answer:
            await _good(answer)


_SHORT: Final = aiohttp.ClientTimeout(total=5)


async def _onboard(session: aiohttp.ClientSession, url: str) -> str | None:
    """Create the first user of a new hub; None where there is one already."""
    async with session.get(f"{url}/api/onboarding") as answer:
        # Once everything is done the hub serves this no more.
        steps = await answer.json() if answer.status == 200 else []
    if all(step["done"] for step in steps if step["step"] == "user"):
        return None
    async with session.post(
        f"{url}/api/onboarding/users",
        json={
            "name": "Demo",
            "username": USER,
            "password": PASSWORD,
            "client_id": f"{url}/",
            "language": _LANGUAGE,
        },
    ) as answer:
        return str((await _good(answer))["auth_code"])


async def _log_in(session: aiohttp.ClientSession, url: str) -> str:
    client = f"{url}/"
    async with session.post(
        f"{url}/auth/login_flow",
        json={"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client},
    ) as answer:
        flow = await _good(answer)
    async with session.post(
        f"{url}/auth/login_flow/{flow['flow_id']}",
        json={"client_id": client, "username": USER, "password": PASSWORD},
    ) as answer:
        result = await _good(answer)
    if result["type"] != "create_entry":
        message = (
            f"The hub does not know the user {USER!r} with the demo's password any more.\n"
            "Start over with --fresh."
        )
        raise DemoError(message)
    return str(result["result"])


async def _tokens(session: aiohttp.ClientSession, url: str, code: str) -> Data:
    async with session.post(
        f"{url}/auth/token",
        data={"grant_type": "authorization_code", "code": code, "client_id": f"{url}/"},
    ) as answer:
        return await _good(answer)


async def _good(answer: aiohttp.ClientResponse) -> Data:
    if answer.status >= 300:
        message = f"The hub refuses {answer.url.path}: {answer.status} {await answer.text()}"
        raise DemoError(message)
    said: Data = await answer.json()
    return said
