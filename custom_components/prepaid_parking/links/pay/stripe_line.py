"""The way to Stripe: requests under the account's key, lists page by page, refusals in its own words.

Answers have no signature: they are believed for the sake of the connection. Source:
docs.stripe.com/api (errors, idempotent_requests, pagination).
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import ClientSession

from ...core.pay_channel import ChannelError, ChannelFault
from .exchange import Answer, exchange, origin
from .told import Told

HOST: Final = "https://api.stripe.com"
VERSION: Final = "2024-06-20"
"""Of the interface: answers keep this shape, whatever the account is set to."""
MOST_PAGES: Final = 100
"""Of a list, a hundred rows each."""
UNCLEAR: Final = frozenset({409, 429})
"""Another request with the same key is under way, or too many are: asked again, it will be clear."""

type Form = Iterable[tuple[str, str]]


class StripeLine:
    """Requests of one account."""

    def __init__(self, session: ClientSession, key: str, base_url: str = HOST) -> None:
        """Talk to the provider by a session of the hub."""
        self._session = session
        self._key = key
        self._base = origin(base_url)

    @property
    def is_secure(self) -> bool:
        """Whether it is the real one, which nobody listens in to."""
        return self._base.startswith("https:")

    async def pages(self, path: str, query: Form) -> AsyncIterator[Told]:
        """Go through a list; the last row of a page says where the next one begins."""
        after: Form = ()
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = await self.get(path, [*query, ("limit", "100"), *after])
            last = ""
            for one in page.rows("data"):
                last = one.text("id")
                if last in seen:
                    raise page.odd("data")
                seen.add(last)
                yield one
            if not page.yes("has_more"):
                return
            if not last:
                raise page.odd("has_more")
            after = [("starting_after", last)]
        raise ChannelError(ChannelFault.UNKNOWN, "too_many")

    async def get(self, path: str, query: Form) -> Told:
        """Ask for an object."""
        return _told(await self._send("GET", f"{path}?{urlencode(list(query))}"))

    async def post(self, path: str, form: Form, key: str = "") -> Told:
        """Ask for something to be done; under a `key` it is done once, for a day."""
        extra = {"Content-Type": "application/x-www-form-urlencoded"}
        if key:
            extra["Idempotency-Key"] = key
        body = urlencode([(name, value) for name, value in form if value]).encode()
        return _told(await self._send("POST", path, extra, body))

    async def _send(
        self,
        method: str,
        path: str,
        extra: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Stripe-Version": VERSION,
            **(extra or {}),
        }
        return await exchange(
            self._session, method, f"{self._base}{path}", headers=headers, body=body
        )


def _told(answer: Answer) -> Told:
    """Return what was answered; an answer is no refusal unless it says so in the provider's words."""
    if answer.fine:
        return Told.read(answer.body)
    if not 400 <= answer.status < 500 or answer.status in UNCLEAR:
        raise ChannelError(ChannelFault.UNKNOWN, str(answer.status))
    error = Told.read(answer.body).part("error")
    kind = error.text("type")
    fault = ChannelFault.UNKNOWN if kind == "idempotency_error" else ChannelFault.REFUSED
    raise ChannelError(fault, error.text_or("code", kind), error.text_or("message"))


def plain(number: str) -> str:
    """Return a number that goes into a path; nothing else may come in with it."""
    if not (number.isascii() and number.replace("_", "").isalnum()):
        raise ChannelError(ChannelFault.UNTRUSTED, "id")
    return number
