"""The payer's page as a phone sees it: over the hub's own web server, without a login."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, override
from unittest.mock import patch

from aiohttp import ClientSession
import pytest

from custom_components.prepaid_parking import pay_view

PATH: Final = "api/prepaid_parking/pay/"


@pytest.fixture
def at_once() -> Iterator[None]:
    """Answer without the pause that hides what is known: how long it takes is another test's affair."""
    with patch.object(pay_view, "ANSWER_S", 0.0):
        yield


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.choices: list[tuple[str, str]] = []
        self.actions: list[str] = []
        self.links: list[str] = []
        self.alert = ""
        self._in_alert = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self.actions.append(known["action"])
        if tag == "a":
            self.links.append(known["href"])
        if tag == "input" and known.get("type") == "hidden":
            self.forms[-1][known["name"]] = known["value"]
        if tag in ("input", "button") and "value" in known and known.get("type") != "hidden":
            self.choices.append((known["name"], known["value"]))
        self._in_alert = known.get("role") == "alert"

    @override
    def handle_endtag(self, tag: str) -> None:
        self._in_alert = False

    @override
    def handle_data(self, data: str) -> None:
        if self._in_alert:
            self.alert += data


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page as it came."""

    status: int
    text: str
    headers: dict[str, str]
    at: str
    forms: list[dict[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    alert: str = ""

    def form(self, do: str) -> dict[str, str]:
        """The form that does this."""
        return next(one for one in self.forms if one["do"] == do)


@dataclass
class Phone:
    """A browser without a script and without a cookie."""

    session: ClientSession
    server: str
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})
    now: Seen | None = None

    async def open(self, token: str, **query: str) -> Seen:
        """Open a link."""
        return await self._seen("GET", f"{self.server}{PATH}{token}", params=query)

    async def send(self, do: str, **fields: str) -> Seen:
        """Fill in a form of the page that is open, and follow where it leads."""
        assert self.now is not None
        form = self.now.form(do)
        action = self.now.actions[self.now.forms.index(form)]
        return await self._seen("POST", f"{self.server}{action.lstrip('/')}", data=form | fields)

    async def again(self) -> Seen:
        """Load the page again, as its refresh does."""
        assert self.now is not None
        return await self._seen("GET", self.now.at)

    async def _seen(self, method: str, url: str, **more: object) -> Seen:
        async with self.session.request(method, url, headers=self.headers, **more) as answer:  # type: ignore[arg-type]  # as aiohttp takes it
            text = await answer.text()
            reader = _Reader()
            reader.feed(text)
            assert not answer.cookies
            self.now = Seen(
                status=answer.status,
                text=text,
                headers=dict(answer.headers),
                at=str(answer.url),
                forms=reader.forms,
                choices=reader.choices,
                actions=reader.actions,
                links=reader.links,
                alert=reader.alert,
            )
        return self.now
