"""The terminals' address over real HTTP: who is not signed for is nobody, and nothing moves."""

from collections.abc import Callable
from hashlib import sha256
import hmac
import json
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.terminal import MOST_BYTES
from tests.journeys.conftest import Hub

type Client = TestClient[Any, Any]
PATH = "/api/prepaid_parking/terminal/tm1"
PAY = {"do": "pay", "wallet": "w1", "amount": "12.50", "channel": "terminal", "reference": "7"}


class Kiosk:
    """A machine in the lobby that signs what it asks."""

    def __init__(self, hub: Hub, client: Client, key: str) -> None:
        self.hub, self.client, self.key, self.made = hub, client, key, 0

    def signed(self, body: bytes, *, ago: int = 0, path: str = PATH) -> dict[str, str]:
        """The headers of a call made some seconds ago."""
        self.made += 1
        at = str(int(self.hub.data.site.clock().timestamp()) - ago)
        nonce = f"a-nonce-{self.made:012}"
        text = f"POST\n{path}\n{at}\n{nonce}\n".encode() + body
        signature = hmac.new(self.key.encode(), text, sha256).hexdigest()
        return {"X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature}

    async def ask(
        self, asked: object, headers: dict[str, str] | None = None, path: str = PATH
    ) -> tuple[int, dict[str, Any]]:
        """Ask the site, signed or with the headers that are given."""
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        sent = self.signed(body) if headers is None else headers
        answer = await self.client.post(path, data=body, headers=sent)
        return answer.status, await answer.json()


@pytest.fixture
async def kiosk(hub: Hub, hass_client_no_auth: Callable[..., Any]) -> Kiosk:
    """A kiosk with its key, before a wallet."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    made = await hub.call("set_terminal", name="Lobby kiosk")
    return Kiosk(hub, await hass_client_no_auth(), made["key"])


async def balance(hub: Hub) -> str:
    """What the wallet holds."""
    return str((await hub.wallet("w1"))["balance"])


async def test_a_kiosk_finds_and_is_paid_at(hub: Hub, kiosk: Kiosk) -> None:
    """The old man with cash stands before it, and the light is on again."""
    status, told = await kiosk.ask(PAY)
    assert (status, told["receipt"], told["repeated"]) == (200, 1, False)
    status, again = await kiosk.ask(PAY)
    assert (status, again) == (200, told | {"repeated": True})
    assert await balance(hub) == "12.50"
    entry = (await hub.data.site.books.entries(newest_first=True, limit=1))[0]
    assert entry.actor == "automation:terminal:tm1"
    status, found = await kiosk.ask({"do": "find", "code": "nobody's"})
    assert (status, found) == (200, {"wallets": [], "stays": []})


async def test_an_unsigned_a_replayed_and_an_old_call_are_refused(hub: Hub, kiosk: Kiosk) -> None:
    """Whoever listens to the wire must not be able to credit a wallet."""
    body = json.dumps(PAY).encode()
    headers = kiosk.signed(body)
    for wrong in (
        {},
        headers | {"X-Signature": "0" * 64},
        headers | {"X-Nonce": "another-nonce-000"},
        kiosk.signed(body, ago=600),
        kiosk.signed(body, ago=-600),
        kiosk.signed(body, path="/api/prepaid_parking/terminal/tm2"),
        kiosk.signed(b"{}"),
    ):
        assert await kiosk.ask(body, wrong) == (401, {"error": "not signed"})
    assert await kiosk.ask(body, kiosk.signed(body, path=PATH[:-1] + "9"), PATH[:-1] + "9") == (
        401,
        {"error": "not signed"},
    )
    assert await balance(hub) == "0.00"
    assert (await kiosk.ask(body, headers))[0] == 200
    assert (await kiosk.ask(body, headers))[0] == 401
    assert await balance(hub) == "12.50"


async def test_a_call_is_made_once_also_by_a_hub_that_restarts_in_between(
    hub: Hub, kiosk: Kiosk
) -> None:
    """Whoever recorded a call on the wire waits for the lights to go out, not only for the terminal."""
    body = json.dumps(PAY).encode()
    paid, other = kiosk.signed(body), kiosk.signed(body)
    assert (await kiosk.ask(body, paid))[0] == 200
    await hub.restart()
    before = hub.data.books.head().n
    assert await kiosk.ask(body, paid) == (401, {"error": "not signed"})
    assert (await balance(hub), hub.data.books.head().n) == ("12.50", before)
    status, told = await kiosk.ask(body, other)
    assert (status, told["repeated"]) == (200, True)
    assert await balance(hub) == "12.50"


async def test_what_cannot_be_kept_is_not_done(hub: Hub, kiosk: Kiosk) -> None:
    """A call that nobody could know after a restart is refused while it is known."""
    with patch.object(hub.data.site.books, "exchange", side_effect=StoreError("disk_full", "")):
        assert (await kiosk.ask(PAY))[0] == 503
    assert await balance(hub) == "0.00"
    assert (await kiosk.ask(PAY))[0] == 200


async def test_what_a_kiosk_asks_wrongly_is_said_and_moves_nothing(hub: Hub, kiosk: Kiosk) -> None:
    """A kiosk with a fault shows a sentence, not a traceback."""
    deep = b"[" * 30_000
    for asked in (b"", b"\xff", b"[]", b"7", deep, {"do": "pay"}, PAY | {"wallet": "w9"}):
        status, told = await kiosk.ask(asked)
        assert status == 409, asked
        assert told["message"]
    status, told = await kiosk.ask(PAY | {"amount": "1" * 400})
    assert status == 409
    assert await balance(hub) == "0.00"


async def test_a_body_is_bounded(hub: Hub, kiosk: Kiosk) -> None:
    """A terminal that has gone mad must not fill the hub's memory."""
    assert (await kiosk.ask(b"x" * (MOST_BYTES + 1)))[0] == 413
    assert (await kiosk.ask(b" " * (MOST_BYTES - 2) + b"{}"))[0] == 409
    assert await balance(hub) == "0.00"


async def test_a_body_that_breaks_off_is_answered(hub: Hub, kiosk: Kiosk) -> None:
    """A kiosk whose line fails finds an answer in its log, the hub's manager no traceback in theirs."""
    body = json.dumps(PAY).encode()
    status, _ = await kiosk.ask(body, kiosk.signed(body) | {"Content-Encoding": "gzip"})
    assert status == 400
    assert await balance(hub) == "0.00"


async def test_what_could_not_be_written_is_not_acknowledged(hub: Hub, kiosk: Kiosk) -> None:
    """The kiosk keeps the slip and asks again: nobody is told that it is paid before it is."""
    with patch.object(hub.data.site.books, "commit", side_effect=StoreError("disk_full", "")):
        assert (await kiosk.ask(PAY))[0] == 503
    assert await balance(hub) == "0.00"
    assert (await kiosk.ask(PAY))[0] == 200
    assert await balance(hub) == "12.50"


async def test_terminals_are_asked_in_the_local_network_only(hub: Hub, kiosk: Kiosk) -> None:
    """A key that was lost is worth nothing from the other end of the world."""
    with patch("custom_components.prepaid_parking.terminal_view.is_local", return_value=False):
        assert (await kiosk.ask(PAY))[0] == 403
    assert await balance(hub) == "0.00"


async def test_a_receipt_is_a_page_and_then_a_copy(
    hub: Hub, kiosk: Kiosk, hass_client_no_auth: Callable[..., Any]
) -> None:
    """The payer who lost the paper gets another that is no second payment."""
    await kiosk.ask(PAY)
    client = await hass_client_no_auth()
    pages = []
    for language in ("en", "en", "zh-Hans"):
        told = await hub.call("get_receipt", receipt=1, language=language)
        answer = await client.get(told["url"])
        assert answer.status == 200
        pages.append(await answer.text())
        changed = told["url"].replace("copy=1", "copy=0").replace("receipt/", "receipt/x")
        assert (await client.get(changed)).status == 401
    assert ("12.50" in pages[0], "Copy" in pages[0]) == (True, False)
    assert "Copy" in pages[1]
    assert "副本" in pages[2]
    await hub.call("void_payment", receipt=1, reason="<b>typo</b>")
    told = await hub.call("get_receipt", receipt=1)
    page = await (await client.get(told["url"])).text()
    assert "Void" in page
    assert "&lt;b&gt;typo" in page
    assert "<script" not in page


async def test_a_payment_at_the_desk_comes_with_its_receipt(
    hub: Hub, hass_client_no_auth: Callable[..., Any]
) -> None:
    """A cashier with a queue prints from the answer; the same link again is no second original."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    told = await hub.call("top_up", wallet="w1", amount="5", reference="t1")
    again = await hub.call("top_up", wallet="w1", amount="5", reference="t1")
    assert (told["receipt"], again["receipt"]) == (1, 1)
    client = await hass_client_no_auth()
    forged = told["receipt_url"].replace("given=1", "given=0").replace("receipt/", "receipt/x")
    assert (await client.get(forged)).status == 401
    pages = [await (await client.get(one["receipt_url"])).text() for one in (told, told, again)]
    assert "5.00" in pages[0]
    assert ["Copy" in one for one in pages] == [False, True, True]
    assert (await hub.call("get_receipt", receipt=1))["copy"] is True
    batch = await hub.call("make_vouchers", count=2, amount="5")
    sold = await hub.call("sell_vouchers", batch=batch["batch"])
    assert (sold["receipt"], "receipt" in batch) == (2, False)
    taken = await hub.call("top_up", wallet="w1", amount="5", channel="other")
    assert "receipt_url" not in taken


async def test_the_desk_goes_by_the_hubs_country(hub: Hub, hass: HomeAssistant) -> None:
    """Where a fine waits for cash without a register, the desk says so before it takes any."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="5")
    await hass.config.async_update(country="DE")
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError, match="certified cash register"):
        await hub.call("top_up", wallet="w1", amount="5")
    await hub.call("top_up", wallet="w1", amount="5", channel="terminal")
    hass.config_entries.async_update_entry(
        hub.entry, options={**hub.entry.options, "register_beside": True}
    )
    await hass.async_block_till_done()
    await hub.call("top_up", wallet="w1", amount="5")
    assert await balance(hub) == "15.00"


async def test_a_cashier_prints_what_they_just_took(hub: Hub, kiosk: Kiosk) -> None:
    """Nobody looks up a number while the payer waits; another's receipt is not handed out."""
    with pytest.raises(HomeAssistantError, match="no receipt today"):
        await hub.call("get_receipt")
    await hub.call("top_up", wallet="w1", amount="5")
    await kiosk.ask(PAY)
    assert (await hub.call("get_receipt"))["receipt"] == 1


async def test_a_receipt_that_is_none_is_said_so(hub: Hub, hass_client: Callable[..., Any]) -> None:
    """An admin who types an address by hand gets a sentence, not an error of the server."""
    client = await hass_client()
    for name in ("1", "x", "9" * 40, "0"):
        answer = await client.get(f"/api/prepaid_parking/receipt/{hub.entry.entry_id}/{name}")
        assert answer.status == 400, name
