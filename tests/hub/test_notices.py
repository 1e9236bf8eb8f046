"""Providers' notices at the hub's own address: what is credited, and what is answered to whom."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl

from aiohttp import ClientResponse, ClientSession
from homeassistant.core_config import async_process_ha_core_config
import pytest
from yarl import URL

from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.rate_limit import Allowance, RateLimit
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.simulator.pay_provider import Letter, PayProvider
from tests.hub.flow_steps import Walk
from tests.hub.pay_forms import (
    add_channel,
    alipay_form,
    fake_stripe,
    fake_wechat,
    stripe_form,
    wechat_form,
)
from tests.journeys.conftest import Hub
from tests.links.pay import alipay_peer, wechat_peer

SUCCESS = {
    "wechat": '{"code":"SUCCESS","message":"OK"}',
    "alipay": "success",
    "stripe": "",
}
FAILED = '{"code":"FAIL","message":"not accepted"}'


@dataclass
class Counter:
    """A hub with a wallet, a provider that reaches it, and anybody else who does."""

    hub: Hub
    kind: str
    fake: PayProvider
    key: str
    url: str
    web: ClientSession

    async def order(self, amount: str = "12.50") -> str:
        """Ask for money for the wallet; returns its number at the provider."""
        made = await self.hub.call("create_order", wallet="w1", channel=self.key, amount=amount)
        assert made["state"] == "pending"
        (out_no,) = [one for one in self.fake.books.orders if not one.startswith("PROOF")][-1:]
        return out_no

    async def scan(self, out_no: str) -> None:
        """Let a payer scan the code, where that makes the order at the provider."""
        if self.kind == "alipay":
            self.fake.scan(out_no)  # type: ignore[attr-defined]

    async def pay(self, out_no: str) -> None:
        """Let a payer pay, and wait until the provider has said so."""
        await self.scan(out_no)
        await self.fake.pay(out_no)
        await self.fake.told()

    async def balance(self) -> str:
        """Return what is in the wallet."""
        return str((await self.hub.wallet("w1"))["balance"])

    async def credited(self, balance: str) -> None:
        """Wait until so much is in the wallet."""

        async def is_there() -> bool:
            return await self.balance() == balance

        await self.hub.until(is_there, within=20)

    def letter(self, out_no: str) -> Letter:
        """Write the notice of a payment once more."""
        return self.fake.payment_letter(self.fake.books.find(out_no))

    async def pay_unheard(self) -> str:
        """Let a payer pay, and the notice of it be lost; returns the order's number."""
        out_no = await self.order()
        await self.scan(out_no)
        self.fake.faults.notice_lost = True
        await self.fake.pay(out_no)
        return out_no

    async def unheard_letter(self) -> Letter:
        """Let a payer pay, and the notice of it be lost; returns what it would have been."""
        return self.letter(await self.pay_unheard())

    async def post(
        self, headers: Mapping[str, str], body: bytes, url: str = ""
    ) -> tuple[int, str, ClientResponse]:
        """Send whatever there is to an address."""
        async with self.web.post(url or self.url, data=body, headers=headers) as answer:
            return answer.status, await answer.text(), answer


def _fake(kind: str) -> PayProvider:
    match kind:
        case "wechat":
            return fake_wechat(public_key=True, key=wechat_peer.platform_key())
        case "alipay":
            return alipay_peer.fake()
        case _:
            return fake_stripe()


FORMS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "wechat": wechat_form,
    "alipay": alipay_form,
    "stripe": stripe_form,
}


@asynccontextmanager
async def counter_of(hub: Hub, server: str, kind: str) -> AsyncIterator[Counter]:
    """Add a provider as a person does, to a hub that it can reach."""
    await async_process_ha_core_config(hub.hass, {"external_url": server.rstrip("/")})
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    async with _fake(kind) as fake, ClientSession() as web:
        made = await add_channel(hub, kind, FORMS[kind](fake))
        url = f"{server.rstrip('/')}/api/prepaid_parking/notice/{made.data['channel']}"
        if kind == "stripe":
            fake.notify_url = url  # type: ignore[attr-defined]
        yield Counter(hub, kind, fake, made.data["channel"], url, web)


@pytest.fixture(params=["wechat", "alipay", "stripe"])
async def counter(hub: Hub, server: str, request: pytest.FixtureRequest) -> AsyncIterator[Counter]:
    """Each of the providers."""
    async with counter_of(hub, server, request.param) as counter:
        yield counter


@pytest.fixture
async def alipay(hub: Hub, server: str) -> AsyncIterator[Counter]:
    """One provider, where all are treated alike."""
    async with counter_of(hub, server, "alipay") as counter:
        yield counter


async def test_a_payment_announced_twice_is_credited_once(counter: Counter) -> None:
    """The payer has paid once; each notice is answered so that the provider stops."""
    out_no = await counter.order()
    counter.fake.faults.notice_duplicate = 2
    await counter.pay(out_no)
    answers = [(one.status, one.text) for one in counter.fake.answers]
    assert answers == [(200, SUCCESS[counter.kind])] * 3
    assert await counter.balance() == "12.50"


async def test_the_hubs_history_keeps_of_a_payment_what_the_books_do_not_have_better(
    alipay: Counter,
) -> None:
    """Hundreds pay in a second: what each of them wrote into the history kept the hub from answering."""
    await alipay.pay(await alipay.order())
    states = alipay.hub.hass.states.async_all("event")
    heard = [one for one in states if one.attributes["event_type"] == "topped_up"]
    assert heard
    for state in heard:
        assert state.attributes["available"] == "12.50"
        assert state.state_info is not None
        unkept = state.state_info["unrecorded_attributes"]
        assert {"at", "available", "entry", "reference"} <= unkept
        assert not {"event_type", "wallet", "unit", "amount", "currency"} & unkept


async def test_a_provider_that_met_a_busy_hub_is_heard_afterwards(alipay: Counter) -> None:
    """Hundreds came at once and were told to come again: that must not shut out those that do."""
    letter = await alipay.unheard_letter()
    take, limit = RateLimit.take, 3

    def few(self: RateLimit, asker: str, now: datetime) -> bool:
        self.allowance = Allowance(most=limit, every=timedelta(minutes=1))
        return take(self, asker, now)

    with patch.object(RateLimit, "take", few):
        with patch("custom_components.prepaid_parking.notice_view.MOST_AT_ONCE", 0):
            for _ in range(limit + 1):
                assert (await alipay.post(letter.headers, letter.body))[0] == 503
        status, text, _ = await alipay.post(letter.headers, letter.body)
    assert (status, text) == (200, SUCCESS["alipay"])
    assert await alipay.balance() == "12.50"


async def test_a_probe_is_refused_and_the_true_notice_behind_it_taken(counter: Counter) -> None:
    """A provider that sends a wrong signature on purpose takes merchants off who accept it."""
    out_no = await counter.order()
    counter.fake.faults.signature_probe = 1
    await counter.pay(out_no)
    assert sorted((one.status, one.text) for one in counter.fake.answers) == sorted(
        [(400, FAILED), (200, SUCCESS[counter.kind])]
    )
    assert await counter.balance() == "12.50"


async def test_what_was_changed_on_the_way_books_nothing(counter: Counter) -> None:
    """Whoever can reach the hub must not be able to fill a wallet."""
    letter = await counter.unheard_letter()
    middle = len(letter.body) // 2
    forged = [
        letter.body[:middle],
        letter.body[:middle] + bytes([letter.body[middle] ^ 1]) + letter.body[middle + 1 :],
        letter.body + b" ",
        b"",
        b"\xff" * 100,
        b"{}",
    ]
    for body in forged:
        status, text, _ = await counter.post(letter.headers, body)
        assert (status, text) == (400, FAILED), body
    for headers in ({}, {"Content-Type": "text/xml"}):
        if counter.kind != "alipay":
            status, text, _ = await counter.post(headers, letter.body)
            assert (status, text) == (400, FAILED)
    assert await counter.balance() == "0.00"
    status, text, _ = await counter.post(letter.headers, letter.body)
    assert (status, text) == (200, SUCCESS[counter.kind])
    # After so many forgeries the provider itself is asked before anything is credited.
    await counter.credited("12.50")


@pytest.mark.parametrize(
    "fault", [{"wrong_merchant": "2088000000000000"}, {"wrong_currency": "USD"}]
)
async def test_money_of_somebody_else_is_neither_taken_nor_acknowledged(
    alipay: Counter, fault: dict[str, str]
) -> None:
    """What a provider says of another merchant is right, and none of this site's business."""
    out_no = await alipay.pay_unheard()
    for name, value in fault.items():
        setattr(alipay.fake.faults, name, value)
    letter = alipay.letter(out_no)
    assert (await alipay.post(letter.headers, letter.body))[:2] == (400, FAILED)
    assert await alipay.balance() == "0.00"
    assert (await alipay.hub.call("list_orders"))["unmatched"] == []


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_notice_of_another_hour_is_a_hint(alipay: Counter, minutes: int) -> None:
    """Somebody may have kept it to send it again: the provider is asked before anything is credited."""
    out_no = await alipay.order()
    await alipay.scan(out_no)
    alipay.fake.faults.clock_skew = timedelta(minutes=minutes)
    before = len(alipay.fake.requests)
    await alipay.fake.pay(out_no)
    await alipay.fake.told()
    assert [one.text for one in alipay.fake.answers] == ["success"]
    await alipay.credited("12.50")
    assert len(alipay.fake.requests) > before


async def test_who_pays_an_order_that_was_taken_back_has_paid(counter: Counter) -> None:
    """The payer's phone was quicker than the message that nobody should pay any more."""
    out_no = await counter.order()
    await counter.scan(out_no)
    (order,) = (await counter.hub.call("list_orders"))["orders"]
    closed = await counter.hub.call("close_order", order=order["order"])
    assert closed["state"] == "closed"
    counter.fake.faults.paid_after_close = True
    await counter.pay(out_no)
    assert [one.status for one in counter.fake.answers] == [200]
    assert await counter.balance() == "12.50"


async def test_an_address_that_nobody_has_answers_like_a_wrong_signature(counter: Counter) -> None:
    """Nobody learns by asking which merchants a hub has."""
    letter = await counter.unheard_letter()
    unknown = await counter.post(letter.headers, letter.body, f"{counter.url[:-1]}x")
    wrong = await counter.post(letter.headers, letter.body + b"x")
    assert unknown[:2] == wrong[:2] == (400, FAILED)
    kept = {"Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options"}
    assert [{one: answer[2].headers[one] for one in kept} for answer in (unknown, wrong)] == [
        {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(FAILED)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    ] * 2


async def test_what_is_larger_than_any_notice_is_not_read(alipay: Counter) -> None:
    """A hub of 1 GB must not be filled by whoever finds its address."""
    large = b"a" * (64 * 1024 + 1)
    assert (await alipay.post({}, large))[:2] == (413, FAILED)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a" * 4096

    async with alipay.web.post(alipay.url, data=endless()) as answer:
        assert answer.status == 413
    assert (await alipay.post({}, large[1:]))[:2] == (400, FAILED)


async def test_the_books_that_cannot_be_written_ask_for_it_again(alipay: Counter) -> None:
    """A full disk must not turn a paid order into a lost one: what is not written is not answered."""
    letter = await alipay.unheard_letter()
    full = StoreError("disk_full")
    with patch("custom_components.prepaid_parking.notice_view.hear", side_effect=full):
        status, _, answer = await alipay.post(letter.headers, letter.body)
    assert status == 503
    assert int(answer.headers["Retry-After"]) > 0
    await alipay.hub.stop()
    status, _, answer = await alipay.post(letter.headers, letter.body)
    assert status == 503
    assert int(answer.headers["Retry-After"]) > 0
    await alipay.hub.start()
    assert (await alipay.post(letter.headers, letter.body))[0] == 200
    assert await alipay.balance() == "12.50"


async def test_a_provider_that_hangs_up_stops_no_booking(alipay: Counter) -> None:
    """It waits for some seconds only; what it told is booked all the same, and once."""
    letter = await alipay.unheard_letter()
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> None:
        begun.set()
        await go_on.wait()
        await hear(*given)

    with patch("custom_components.prepaid_parking.notice_view.hear", slowly):
        sending = asyncio.create_task(alipay.post(letter.headers, letter.body))
        await begun.wait()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        with patch("custom_components.prepaid_parking.notice_view.PATIENCE_S", 0.05):
            status, _, answer = await alipay.post(letter.headers, letter.body)
        assert status == 503
        assert int(answer.headers["Retry-After"]) > 0
        with patch("custom_components.prepaid_parking.notice_view.MOST_AT_ONCE", 2):
            assert (await alipay.post(letter.headers, letter.body))[0] == 503
        go_on.set()
        await alipay.credited("12.50")
    assert (await alipay.post(letter.headers, letter.body))[:2] == (200, "success")
    assert await alipay.balance() == "12.50"


async def test_a_forger_is_never_banned_from_the_hub(
    alipay: Counter, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind a forger's address there may be the managers of the site, who must be able to log in."""
    for _ in range(20):
        assert (await alipay.post({}, b"sign=x"))[0] == 400
    assert [one for one in caplog.records if one.name == "homeassistant.components.http.ban"] == []
    async with alipay.web.get(alipay.url) as answer:
        assert answer.status == 405


async def test_the_log_says_once_why_and_names_nobody(
    alipay: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reads the log at night needs the cause, not a payer's account."""
    out_no = await alipay.pay_unheard()
    letter = alipay.letter(out_no)
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="custom_components.prepaid_parking"):
        for _ in range(3):
            await alipay.post(letter.headers, letter.body[:-1])
    ours = [one for one in caplog.records if one.name.startswith("custom_components.prepaid")]
    assert len([one for one in ours if one.levelno >= logging.WARNING]) == 1
    told = " ".join(one.getMessage() for one in ours)
    for secret in (out_no, "2088102116773037", letter.body.decode(errors="replace")[:40]):
        assert secret not in told


async def test_a_rotated_key_is_followed_or_asked_for(counter: Counter) -> None:
    """A provider that renews its key must not stop payments from being credited."""
    out_no = await counter.order()
    counter.fake.rotate_key()
    await counter.pay(out_no)
    if counter.kind == "stripe":
        # It signs with both while one replaces the other.
        assert await counter.balance() == "12.50"
        return
    assert {one.status for one in counter.fake.answers} == {400}
    assert await counter.balance() == "0.00"
    (channel,) = counter.hub.entry.get_subentries_of_type("channel")
    form = FORMS[counter.kind](counter.fake)
    del form["merchant"]
    walk = Walk(counter.hub.hass, counter.hub.entry, "channel")
    await walk.begin(changing=channel)
    await walk.answer(form)
    walk.at("proven_trial")
    await walk.answer({"name": "Anew"})
    walk.changed()
    await counter.hub.hass.async_block_till_done()
    letter = counter.letter(out_no)
    assert (await counter.post(letter.headers, letter.body))[0] == 200
    assert await counter.balance() == "12.50"


async def test_a_hub_that_nobody_reaches_asks_by_itself(hub: Hub) -> None:
    """Most hubs are behind a router: the payer's money must come all the same."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    async with alipay_peer.fake() as fake, ClientSession() as web:
        made = await add_channel(hub, "alipay", alipay_form(fake))
        counter = Counter(hub, "alipay", fake, made.data["channel"], "", web)
        out_no = await counter.order()
        assert fake.books.find(out_no).notify_url == ""
        await counter.scan(out_no)
        await fake.pay(out_no)
        await counter.credited("12.50")


async def test_a_channel_that_is_removed_is_forgotten_with_its_keys(alipay: Counter) -> None:
    """Whoever takes a merchant off wants the keys gone, not kept in the next backup."""
    hub = alipay.hub
    (channel,) = hub.entry.get_subentries_of_type("channel")
    privacy = hub.data.privacy
    assert await privacy.find("purpose", "channel") == [channel.data["subject"]]
    hub.hass.config_entries.async_remove_subentry(hub.entry, channel.subentry_id)
    await hub.hass.async_block_till_done()

    async def gone() -> bool:
        return await privacy.find("purpose", "channel") == []

    await hub.until(gone)
    assert (await alipay.post({}, b"sign=x"))[:2] == (400, FAILED)
    assert hub.data.site.paying.channels == {}


async def test_keys_of_a_channel_that_was_removed_meanwhile_are_destroyed(alipay: Counter) -> None:
    """A site that did not run while the channel was taken off must not keep its keys for ever."""
    hub = alipay.hub
    (channel,) = hub.entry.get_subentries_of_type("channel")
    await hub.stop()
    hub.hass.config_entries.async_remove_subentry(hub.entry, channel.subentry_id)
    await hub.start()

    async def gone() -> bool:
        return await hub.data.privacy.find("purpose", "channel") == []

    await hub.until(gone)


async def test_notices_keep_their_order_of_magnitude(alipay: Counter) -> None:
    """Many notices at once, a third of them doubled, are each booked once."""
    numbers = [await alipay.order("1.00") for _ in range(20)]
    alipay.fake.faults.notice_duplicate = 1
    await asyncio.gather(*(alipay.pay(one) for one in numbers))
    assert await alipay.balance() == "20.00"


def _form(body: bytes) -> list[tuple[str, str]]:
    """Return what a body says as a form."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True)


async def test_no_message_of_any_shape_moves_money_or_breaks_the_hub(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sends nonsense for a week must leave neither money nor a traceback behind."""
    letter, chance = await counter.unheard_letter(), Random(5)
    # What the hub finds out by asking is not what is looked for here.
    counter.fake.faults.fail_before_booking = 1_000_000
    for _ in range(150):
        headers = dict(letter.headers)
        spoiled = chance.choice(sorted(headers))
        headers[spoiled] = _spoiled_text(chance, headers[spoiled])
        body = _spoiled(chance, letter.body)
        if _form(body) == _form(letter.body):
            continue  # `%2b` for `%2B`: the same message in other letters, and still the provider's.
        status, text, _ = await counter.post(headers, body)
        assert (status, text) == (400, FAILED), (headers, body)
    base = counter.url.rpartition("/")[0]
    for path in (
        "",
        "/",
        "/%00",
        "/..%2f..%2fapi",
        "/" + "a" * 4000,
        "/%c3%a9",
        "/x/y",
        "/%ff",
        "/{}",
    ):
        async with counter.web.post(URL(f"{base}{path}", encoded=True), data=b"x") as answer:
            assert answer.status in {400, 404}, path
    assert await counter.balance() == "0.00"
    assert not [one for one in caplog.records if one.exc_info and one.levelno >= logging.ERROR]


def _spoiled(chance: Random, body: bytes) -> bytes:
    """Change bytes, leave some out, put some in, or send something else altogether."""
    at = chance.randrange(len(body))
    match chance.randrange(5):
        case 0:
            return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]
        case 1:
            return body[:at]
        case 2:
            return body[:at] + chance.randbytes(chance.randrange(1, 40)) + body[at:]
        case 3:
            return chance.randbytes(chance.randrange(2000))
        case _:
            return b"[" * chance.randrange(1, 20_000)


def _spoiled_text(chance: Random, text: str) -> str:
    """Change a header, by signs that can be sent."""
    at = chance.randrange(len(text))
    signs = "".join(chr(chance.randrange(33, 127)) for _ in range(chance.randrange(60)))
    return chance.choice((text[:at] + signs, signs, text[:at], "t=1,v1=" + "0" * 64, "9" * 400))


async def test_the_next_order_names_the_address_where_the_hub_is_now(alipay: Counter) -> None:
    """A hub that has moved must not wait for notices at its old address."""
    before = await alipay.order()
    await alipay.hub.hass.config.async_update(external_url="https://elsewhere.example.com")
    await alipay.hub.hass.async_block_till_done()
    after = await alipay.order()
    path = f"/api/prepaid_parking/notice/{alipay.key}"
    assert alipay.fake.books.find(before).notify_url == alipay.url
    assert alipay.fake.books.find(after).notify_url == f"https://elsewhere.example.com{path}"
