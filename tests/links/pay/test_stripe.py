"""Stripe over real sockets: what a payer, a bad line and a bad day do to an order."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, override

import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    RefundAsked,
    RefundOutcome,
    RowKind,
    Way,
)
from custom_components.prepaid_parking.links.pay.stripe import StripePay
from custom_components.prepaid_parking.links.pay.told import Told
from custom_components.prepaid_parking.simulator.pay_books import (
    Order,
    OrderState,
    Refund,
    RefusedError,
)
from custom_components.prepaid_parking.simulator.pay_stripe import FakeStripe

from .stripe_peer import ACCOUNT, KEY, SECRET, Desk, asked, desk, fake, fake_of, merchant

NO = asked().out_no


@pytest.fixture(name="at")
async def _at() -> AsyncIterator[Desk]:
    """Both ends."""
    async with desk() as both:
        yield both


async def _paid(at: Desk) -> Order:
    await at.channel.create(asked())
    return await at.fake.pay(NO)


def _back(**changes: Any) -> RefundAsked:
    known: dict[str, Any] = {
        "refund_no": "R1", "out_no": NO, "amount_minor": 500, "total_minor": 1250, "reason": "Left",
    }  # fmt: skip
    return RefundAsked(**(known | changes))


async def test_a_page_is_opened_and_paid(at: Desk) -> None:
    """The payer at the barrier: what was paid must be what is credited."""
    offered = await at.channel.create(asked(way=Way.PAGE))
    assert offered.url.endswith(f"/window/{NO}")
    assert (await at.channel.query(NO)).outcome is Outcome.WAITING
    order = await at.fake.pay(NO)
    seen = await at.channel.query(NO)
    assert (seen.outcome, seen.amount_minor, seen.currency) == (Outcome.PAID, 1250, "EUR")
    assert (seen.merchant, seen.provider_ref) == (ACCOUNT, f"pi_{order.reference}")
    assert seen.paid_at is not None
    assert order.paid_at is not None
    assert abs(seen.paid_at - order.paid_at) < timedelta(seconds=1)


async def test_a_code_is_the_address_of_the_page(at: Desk) -> None:
    """It is scanned by any camera: there is no application of the provider's."""
    code = await at.channel.create(asked())
    assert (code.qr, code.url) == ((await at.channel.create(asked(way=Way.PAGE))).url, "")
    assert code.provider_ref.startswith("cs_test_")


async def test_an_endpoint_that_is_made_hears_of_the_next_payment(at: Desk) -> None:
    """The demo learns where its notices go only when its channel is there."""
    at.fake.notify_url = ""
    made = f"{at.fake.base_url}/v1/webhook_endpoints"
    async with at.web.post(made, data={"url": at.hub.url}) as answer:
        assert answer.status == 401
    assert not at.fake.notify_url
    headers = {"Authorization": f"Bearer {KEY}"}
    async with at.web.post(made, data={"url": at.hub.url}, headers=headers) as answer:
        assert (await answer.json())["secret"] == SECRET
    await _paid(at)
    assert (await at.channel.verify(*await at.hub.heard.get())).payment is not None


async def test_an_order_whose_answer_was_lost_is_found_by_our_number(at: Desk) -> None:
    """The hub died before it knew the session's number: the payer has paid all the same."""
    at.fake.faults.fail_after_booking = 1
    with pytest.raises(ChannelError) as err:
        await at.channel.create(asked())
    assert err.value.fault is ChannelFault.UNKNOWN
    await at.fake.pay(NO)
    assert (await at.anew().query(NO)).outcome is Outcome.PAID
    assert (await at.channel.query("OTHER")).outcome is Outcome.MISSING


async def test_an_order_asked_for_again_is_the_same_order(at: Desk) -> None:
    """A payer whose first answer was lost must not find two orders."""
    order = asked()
    at.fake.faults.fail_after_booking = 1
    with pytest.raises(ChannelError):
        await at.channel.create(order)
    first = await at.channel.create(order)
    assert await at.anew().create(order) == first
    assert list(at.fake.books.orders) == [NO]


async def test_another_request_under_the_same_number_is_asked_about(at: Desk) -> None:
    """The key is taken: something is there under it, so nothing is called refused."""
    await at.channel.create(asked())
    with pytest.raises(ChannelError) as err:
        await at.channel.create(asked(amount_minor=1))
    assert err.value.fault is ChannelFault.UNKNOWN


async def test_an_order_is_found_among_many(at: Desk) -> None:
    """A list comes in pages: an order of the morning is on the third one in the evening."""
    now = datetime.now(UTC)
    for number in range(250):
        at.fake.books.place(_made(f"N{number}", now - timedelta(minutes=250 - number)))
    channel = at.anew()
    assert (await channel.query("N3")).outcome is Outcome.WAITING
    pages = [path for _, path in at.fake.requests if "limit=100" in path]
    assert len(pages) == 3
    assert (await channel.query("N200")).outcome is Outcome.WAITING
    assert len([path for _, path in at.fake.requests if "limit=100" in path]) == 3


async def test_what_is_too_old_to_be_paid_is_not_searched_for(at: Desk) -> None:
    """Each search would go through all the payments there ever were."""
    now = datetime.now(UTC)
    for number in range(250):
        at.fake.books.place(_made(f"N{number}", now - timedelta(days=250 - number)))
    assert (await at.channel.query("N3")).outcome is Outcome.MISSING
    pages = [path.split("?")[0] for _, path in at.fake.requests if "limit=100" in path]
    assert pages == ["/v1/checkout/sessions", "/v1/payment_intents"]


async def test_a_session_lives_as_long_as_it_may(at: Desk) -> None:
    """Shorter than half an hour is refused there: a short order must be possible all the same."""
    for minutes in (1, 15, 120):
        await at.channel.create(
            asked(f"M{minutes}", expires_at=datetime.now(UTC) + timedelta(minutes=minutes))
        )
    assert len(at.fake.books.orders) == 3


async def test_closing(at: Desk) -> None:
    """What is closed cannot be paid; what is paid, or not there, is not called closed."""
    with pytest.raises(ChannelError) as err:
        await at.channel.close(NO)
    assert err.value.fault is ChannelFault.REFUSED
    await at.channel.create(asked())
    await at.channel.close(NO)
    await at.anew().close(NO)
    assert (await at.channel.query(NO)).outcome is Outcome.CLOSED
    with pytest.raises(RefusedError):
        await at.fake.pay(NO)
    at.fake.faults.paid_after_close = True
    await at.fake.pay(NO)
    assert (await at.channel.query(NO)).outcome is Outcome.PAID
    with pytest.raises(ChannelError) as err:
        await at.anew().close(NO)
    assert err.value.fault is ChannelFault.REFUSED


async def test_a_refund_asked_for_again_on_another_day_is_the_same(at: Desk) -> None:
    """The provider has forgotten the request by then: the money would go a second time."""
    await _paid(at)
    first = await at.channel.refund(_back())
    at.fake.forget_keys()
    assert await at.anew().refund(_back()) == first
    assert at.fake.books.refunded(NO) == 500
    with pytest.raises(ChannelError) as err:
        await at.channel.refund(_back(amount_minor=400))
    assert err.value.fault is ChannelFault.UNTRUSTED


async def test_what_was_not_paid_is_not_given_back(at: Desk) -> None:
    """Nor is a refund found that nobody heard of: it may be asked for again."""
    await at.channel.create(asked())
    with pytest.raises(ChannelError) as err:
        await at.channel.refund(_back())
    assert err.value.fault is ChannelFault.REFUSED
    assert (await at.channel.query_refund("R1", NO)).outcome is RefundOutcome.MISSING
    await at.fake.pay(NO)
    assert (await at.channel.query_refund("R1", NO)).outcome is RefundOutcome.MISSING


async def test_a_secret_is_replaced_without_a_gap(at: Desk) -> None:
    """While both are in use each side may know either; afterwards the old one is worth nothing."""
    at.fake.rotate_key()
    await _paid(at)
    headers, body = await at.hub.heard.get()
    new, old = at.fake.secrets
    for known in ((old,), (new,), (new, old), ("whsec_other", old)):
        assert (await at.anew(secrets=known).verify(headers, body)).payment is not None
    at.fake.secrets = [new]
    letter = at.fake.payment_letter(at.fake.books.find(NO))
    assert (await at.anew(secrets=(new, old)).verify(letter.headers, letter.body)).payment
    with pytest.raises(ChannelError) as err:
        await at.channel.verify(letter.headers, letter.body)
    assert err.value.fault is ChannelFault.UNTRUSTED


async def test_play_money_is_no_money(at: Desk) -> None:
    """The test mode signs as rightly as the real one."""
    await _paid(at)
    live = at.anew(key="sk_live_garage")
    headers, body = await at.hub.heard.get()
    with pytest.raises(ChannelError, match="livemode"):
        await live.verify(headers, body)
    at.fake.key = "sk_live_garage"
    with pytest.raises(ChannelError, match="livemode"):
        await live.query(NO)


async def test_a_wrong_key_is_said(at: Desk) -> None:
    """Who sets the channel up must read why."""
    with pytest.raises(ChannelError) as err:
        await at.anew(key="sk_test_typo").create(asked())
    assert (err.value.fault, err.value.code) == (ChannelFault.REFUSED, "invalid_request_error")


async def test_the_day_is_settled(at: Desk) -> None:
    """Each row with its number, its fee and its sign; what belongs to no order is named."""
    now = datetime.now(UTC)
    today = now.date()
    assert not await at.channel.settlement(today)
    order = await _paid(at)
    await at.channel.refund(_back())
    at.fake.faults.row_without_order = 1
    at.fake.movements_more = [
        _more("txn_p", "payout", -700, now),
        _more("txn_d", "adjustment", -1250, now, fee=1500),
        _more("txn_y", "payout", -1, now - timedelta(days=1)),
    ]
    rows = {row.provider_ref: row for row in await at.channel.settlement(today)}
    assert len(rows) == 5
    paid = rows[f"pi_{order.reference}"]
    assert (paid.kind, paid.out_no) == (RowKind.PAYMENT, NO)
    assert (paid.amount_minor, paid.fee_minor) == (1250, 8)
    (back,) = (row for row in rows.values() if row.kind is RowKind.REFUND)
    assert (back.out_no, back.refund_no, back.amount_minor) == (NO, "R1", 500)
    assert back.provider_ref == (await at.channel.query_refund("R1", NO)).provider_ref
    assert (rows["txn_p"].kind, rows["txn_p"].amount_minor) == (RowKind.PAYOUT, 700)
    dispute = rows["txn_d"]
    assert (dispute.kind, dispute.word) == (RowKind.OTHER, "adjustment")
    assert (dispute.amount_minor, dispute.fee_minor) == (-1250, 1500)
    at.fake.faults.order_without_row = 1
    assert len(await at.channel.settlement(today)) == 4


async def test_what_a_bank_took_back_is_told_by_its_payment(at: Desk) -> None:
    """Known by the dispute alone it would be nobody's, and the wallet would keep the money."""
    now = datetime.now(UTC)
    order = await _paid(at)
    at.fake.dispute(NO)
    days = [await at.channel.settlement(now.date() + timedelta(days=ahead)) for ahead in (0, 1)]
    (taken,) = (row for rows in days for row in rows if row.kind is RowKind.DISPUTE)
    assert (taken.provider_ref, taken.word) == (f"pi_{order.reference}", "adjustment")
    assert (taken.amount_minor, taken.fee_minor) == (-1250, 1500)


async def test_a_day_of_many_payments_comes_in_pages(at: Desk) -> None:
    """The hundred and first payment is money too."""
    now = datetime.now(UTC)
    at.fake.movements_more = [_more(f"txn_{number}", "topup", 1, now) for number in range(250)]
    assert len(await at.channel.settlement(now.date())) == 250


async def test_a_list_that_never_ends_is_given_up(at: Desk) -> None:
    """A list that begins again would keep the hub for ever, and count everything twice."""
    now = datetime.now(UTC)
    at.fake.movements_more = [_more("txn_same", "topup", 1, now) for _ in range(250)]
    with pytest.raises(ChannelError, match="not_understood") as err:
        await at.channel.settlement(now.date())
    assert err.value.fault is ChannelFault.UNKNOWN
    assert len(at.fake.requests) == 1


async def test_another_currency_is_not_settled_as_ours(at: Desk) -> None:
    """A hundred yen are no hundred cents."""
    now = datetime.now(UTC)
    at.fake.movements_more = [_more("txn_1", "topup", 100, now) | {"currency": "jpy"}]
    with pytest.raises(ChannelError, match="currency"):
        await at.channel.settlement(now.date())


@pytest.mark.parametrize(
    ("currency", "minor", "at_stripe"),
    [("JPY", 500, 500), ("ISK", 500, 50_000), ("KWD", 1230, 1230), ("UGX", 1000, 100_000)],
)
async def test_currencies_without_two_digits(currency: str, minor: int, at_stripe: int) -> None:
    """A hundredfold fee for a car park in Japan, or a hundredth of it in Iceland."""
    provider = fake(currency=currency)
    async with desk(provider, currency=currency) as at:
        await at.channel.create(asked(amount_minor=minor))
        assert at.fake.books.find(NO).amount_minor == at_stripe
        await at.fake.pay(NO)
        seen = await at.channel.query(NO)
        assert (seen.amount_minor, seen.currency) == (minor, currency)
        back = await at.channel.refund(_back(amount_minor=minor))
        assert back.amount_minor == minor
        rows = await at.channel.settlement(datetime.now(UTC).date())
        assert [row.amount_minor for row in rows] == [minor, minor]


@pytest.mark.parametrize(("currency", "minor"), [("KWD", 1234), ("MGA", 150)])
async def test_an_amount_it_has_no_word_for_is_refused(currency: str, minor: int) -> None:
    """Rounded, the payer would pay another amount than the screen says."""
    async with desk(currency=currency) as at:
        with pytest.raises(ChannelError) as err:
            await at.channel.create(asked(amount_minor=minor))
        assert err.value.fault is ChannelFault.REFUSED
        assert not at.fake.requests


class OddStripe(FakeStripe):
    """It says rightly what nobody understands."""

    odd: Mapping[str, object] = {}
    odd_refund: Mapping[str, object] = {}
    drop = ""

    @override
    def refund(self, refund: Refund) -> dict[str, object]:
        return super().refund(refund) | dict(self.odd_refund)

    @override
    def session(self, order: Order, expand: str = "") -> dict[str, object]:
        told = super().session(order, expand) | dict(self.odd)
        return {name: value for name, value in told.items() if name != self.drop}


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "dreamt"},
        {"payment_status": "no_payment_required"},
        {"status": "open"},
        {"status": "expired"},
        {"amount_total": "1250"},
        {"amount_total": 12.5},
        {"amount_total": True},
        {"amount_total": 0},
        {"amount_total": -1250},
        {"amount_total": 10**30},
        {"currency": None},
        {"currency": 978},
        {"client_reference_id": "A2"},
        {"client_reference_id": None},
        {"payment_intent": None},
        {"payment_intent": {}},
        {"payment_intent": {"id": "pi_1", "status": "succeeded", "latest_charge": {"created": -1}}},
        {"livemode": "false"},
        {"livemode": True},
    ],
)
async def test_what_is_not_understood_is_no_answer(odd: Mapping[str, object]) -> None:
    """An interface changes: the order stays open and is asked about, nothing is guessed."""
    provider = fake_of(OddStripe)
    async with desk(provider) as at:
        await _paid(at)
        provider.odd = odd
        with pytest.raises(ChannelError) as err:
            await at.channel.query(NO)
    assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


@pytest.mark.parametrize(
    "name",
    [
        "status",
        "payment_status",
        "amount_total",
        "currency",
        "client_reference_id",
        "payment_intent",
        "livemode",
    ],
)
async def test_what_is_missing_is_not_made_up(name: str) -> None:
    """An order without an amount is not one of nothing."""
    provider = fake_of(OddStripe)
    async with desk(provider) as at:
        await _paid(at)
        provider.drop = name
        with pytest.raises(ChannelError) as err:
            await at.channel.query(NO)
    assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


async def test_a_refund_that_waits_for_the_payer_is_stuck() -> None:
    """It has left the merchant and nobody has it: somebody must be told."""
    provider = fake_of(OddStripe)
    async with desk(provider) as at:
        await _paid(at)
        provider.odd_refund = {"status": "requires_action"}
        found = await at.channel.refund(_back())
        assert (found.outcome, found.stuck) == (RefundOutcome.PENDING, True)
        provider.odd_refund = {}
        assert not (await at.channel.query_refund("R1", NO)).stuck


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "dreamt"},
        {"amount": "500"},
        {"amount": 501},
        {"currency": "usd"},
        {"metadata": {"refund_no": "R1", "out_no": "A2"}},
        {"metadata": {"refund_no": "R1"}},
    ],
    ids=str,
)
async def test_an_answer_about_another_refund_is_no_answer(odd: Mapping[str, object]) -> None:
    """Somebody else's money, or another sum: the books would say that it is back."""
    provider = fake_of(OddStripe)
    async with desk(provider) as at:
        await _paid(at)
        provider.odd_refund = odd
        with pytest.raises(ChannelError) as err:
            await at.channel.refund(_back())
    assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


async def test_a_payment_by_bank_that_comes_to_nothing() -> None:
    """The session is over and nothing came: until the bank has said so, it may still come."""
    provider = fake_of(OddStripe)
    async with desk(provider) as at:
        await at.channel.create(asked())
        at.fake.books.find(NO).state = OrderState.PAID
        for status, outcome in (
            ("processing", Outcome.WAITING),
            ("requires_payment_method", Outcome.CLOSED),
        ):
            intent = {"id": "pi_1", "status": status}
            provider.odd = {"payment_status": "unpaid", "payment_intent": intent}
            assert (await at.channel.query(NO)).outcome is outcome


async def test_our_number_on_somebody_elses_session_is_not_our_order(at: Desk) -> None:
    """Whoever opens a payment link of the account writes the number into its address himself."""
    await at.channel.create(asked())
    at.fake.books.find(NO).told["metadata"] = ""
    with pytest.raises(ChannelError) as err:
        await at.channel.query(NO)
    assert err.value.fault is ChannelFault.UNTRUSTED
    assert (await at.anew().query(NO)).outcome is Outcome.MISSING


async def test_the_payer_is_asked_in_the_currency_of_the_site(at: Desk) -> None:
    """The provider would ask a foreign card in its own currency, and tell us that amount."""
    await at.channel.create(asked())
    assert at.fake.books.find(NO).told["adaptive"] == "false"


async def test_a_strange_number_does_not_come_into_an_address(at: Desk) -> None:
    """A number that is an address of its own would ask for something else, with our key."""
    for number in ("../refunds", "cs_1?x=1", "cs 1", "cs_é"):
        with pytest.raises(ChannelError):
            await at.channel.query(NO, number)
    assert not at.fake.requests


async def test_the_real_provider_gives_safe_addresses_only(at: Desk) -> None:
    """The payer's phone opens what is shown."""
    secure = StripePay(at.web, merchant())

    async def answer(*_: object, **__: object) -> Told:
        ours = {"client_reference_id": NO, "metadata": {"out_no": NO}}
        return Told(ours | {"livemode": False, "id": "cs_1", "url": "http://x/"})

    secure._line.post = answer  # type: ignore[method-assign]  # the network is not there
    with pytest.raises(ChannelError, match="url"):
        await secure.create(asked())


def _made(out_no: str, at: datetime) -> Order:
    order = Order(out_no=out_no, amount_minor=100, currency="EUR", subject="", expires_at=at)
    order.told.update(
        session=f"cs_test_{out_no}", created=str(int(at.timestamp())), metadata=out_no
    )
    return order


def _more(number: str, word: str, amount: int, at: datetime, fee: int = 0) -> dict[str, object]:
    return {
        "id": number,
        "type": word,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "eur",
        "created": int(at.timestamp()),
        "source": None,
    }
