"""What holds at every provider: an order is one, a payment is told once or found, money goes back once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    Asked,
    ChannelError,
    ChannelFault,
    Notice,
    Outcome,
    RefundAsked,
    RefundOutcome,
    RefundSeen,
)
from custom_components.prepaid_parking.operations.pay_port import PayChannel
from custom_components.prepaid_parking.simulator.pay_provider import PayProvider

from . import alipay_peer, stripe_peer, wechat_peer
from .hearing_hub import HearingHub

DONE, PENDING = RefundOutcome.DONE, RefundOutcome.PENDING
NO: Final = "01JD0000000000000000000001"
SECOND: Final = timedelta(seconds=1)
"""Providers write no parts of a second."""


@dataclass
class Place:
    """Both ends: a provider, our channel, the hub that hears."""

    fake: PayProvider
    channel: PayChannel
    hub: HearingHub
    stranger: str
    """Another merchant's number."""
    answers: tuple[RefundOutcome, RefundOutcome]
    """What is answered to a refund that is asked for, and to one that was asked for before."""
    tells_failed_refunds: bool

    async def pay(self, out_no: str = NO) -> None:
        """Have an order made and paid."""
        await self.channel.create(asked(out_no))
        await self.fake.pay(out_no)

    async def notice(self) -> Notice:
        """Read the next notice that comes."""
        return await self.channel.verify(*await self.hub.heard.get())


@asynccontextmanager
async def _wechat() -> AsyncIterator[Place]:
    async with wechat_peer.shop() as one:
        yield Place(one.fake, one.pay, one.ear, "1900000000", (PENDING, DONE), True)


@asynccontextmanager
async def _alipay() -> AsyncIterator[Place]:
    async with alipay_peer.desk() as one:
        stranger = "2088000000000000"
        yield Place(one.fake, one.channel, one.hub, stranger, (DONE, PENDING), False)


@asynccontextmanager
async def _stripe() -> AsyncIterator[Place]:
    async with stripe_peer.desk() as one:
        yield Place(one.fake, one.channel, one.hub, "acct_1Stranger", (DONE, DONE), True)


OPENED: Final[Mapping[str, Callable[[], AbstractAsyncContextManager[Place]]]] = {
    "wechat": _wechat,
    "alipay": _alipay,
    "stripe": _stripe,
}


@pytest.fixture(name="at", params=OPENED)
async def _at(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """One after the other."""
    async with OPENED[request.param]() as place:
        yield place


def asked(out_no: str = NO, **changes: Any) -> Asked:
    """Return an order of 12.50."""
    known: dict[str, Any] = {
        "out_no": out_no,
        "amount_minor": 1250,
        "subject": "Parking",
        "expires_at": datetime.now(UTC) + timedelta(minutes=15),
    }
    return Asked(**(known | changes))


def back(refund_no: str = "REFUND1") -> RefundAsked:
    """Return a refund of 5.00."""
    return RefundAsked(
        refund_no=refund_no, out_no=NO, amount_minor=500, total_minor=1250, reason="Left"
    )


async def fault_of(asking: Awaitable[object]) -> ChannelFault:
    """Return why a provider does not do what it is asked."""
    with pytest.raises(ChannelError) as err:
        await asking
    return err.value.fault


async def test_a_notice_says_what_a_query_says(at: Place) -> None:
    """The books must not depend on which of the two comes first."""
    began = datetime.now(UTC) - SECOND
    await at.pay()
    notice = await at.notice()
    assert notice.payment == await at.channel.query(NO)
    assert notice.refund is None
    assert notice.event_id
    assert notice.sent_at is not None
    assert began <= notice.sent_at <= datetime.now(UTC)


async def test_an_order_asked_for_twice_is_one_order(at: Place) -> None:
    """A payer whose first answer was lost must not find two orders."""
    at.fake.faults.fail_after_booking = 1
    order = asked()
    assert await fault_of(at.channel.create(order)) is ChannelFault.UNKNOWN
    assert await at.channel.create(order) == await at.channel.create(order)
    assert list(at.fake.books.orders) == [NO]


async def test_money_goes_back_once(at: Place) -> None:
    """A refund whose answer was lost and is asked for again must not be paid out twice."""
    await at.pay()
    at.fake.faults.fail_after_booking = 1
    assert await fault_of(at.channel.refund(back())) is ChannelFault.UNKNOWN
    first, second = at.answers
    again = await at.channel.refund(back())
    assert (again.outcome, again.amount_minor) == (second, 500)
    seen = await at.channel.query_refund("REFUND1", NO)
    assert (seen.outcome, seen.amount_minor) == (RefundOutcome.DONE, 500)
    assert at.fake.books.refunded(NO) == 500
    assert (await at.channel.refund(back("REFUND2"))).outcome is first
    assert await fault_of(at.channel.refund(back("REFUND3"))) is ChannelFault.REFUSED
    assert at.fake.books.refunded(NO) == 1000


@pytest.mark.parametrize(
    ("fault", "state"),
    [("refund_fails", RefundOutcome.FAILED), ("refund_pending", RefundOutcome.PENDING)],
)
async def test_an_accepted_refund_is_not_a_done_one(
    at: Place, fault: str, state: RefundOutcome
) -> None:
    """Books that call it done would owe the payer the money."""
    await at.pay()
    await at.notice()
    setattr(at.fake.faults, fault, True)
    assert (await at.channel.refund(back())).outcome is RefundOutcome.PENDING
    await at.fake.told()
    found: RefundSeen = await at.channel.query_refund("REFUND1", NO)
    assert found.outcome is state
    tells = at.tells_failed_refunds and state is RefundOutcome.FAILED
    assert at.hub.heard.empty() is not tells
    if tells:
        assert (await at.notice()).refund == found


async def test_a_doubled_notice_is_one_event(at: Place) -> None:
    """The same number each time: by it the second credit is refused."""
    at.fake.faults.notice_duplicate = 1
    at.fake.faults.notice_late_s = 0.02
    await at.pay()
    first, second = [await at.notice() for _ in range(2)]
    assert first.event_id == second.event_id
    assert first.payment == second.payment


async def test_reordered_notices_are_believed_each_for_itself(at: Place) -> None:
    """Whoever paid second is told first, and both are credited."""
    at.fake.faults.notice_reordered = True
    for number in ("FIRST1", "SECOND2"):
        await at.pay(number)
    notices = [await at.notice() for _ in range(2)]
    assert [one.payment.out_no for one in notices if one.payment] == ["SECOND2", "FIRST1"]


async def test_a_lost_notice_does_not_lose_the_payment(at: Place) -> None:
    """The query is what everybody behind a router relies on."""
    at.fake.faults.notice_lost = True
    await at.pay()
    await at.fake.told()
    assert at.hub.heard.empty()
    assert (await at.channel.query(NO)).outcome is Outcome.PAID


async def test_a_notice_with_a_wrong_signature_is_refused_and_the_right_one_heard(
    at: Place,
) -> None:
    """Whoever does not look credits what anybody says."""
    at.fake.faults.signature_probe = 1
    await at.pay()
    believed, faults = list[Notice](), list[ChannelFault]()
    for _ in range(2):
        try:
            believed.append(await at.notice())
        except ChannelError as err:
            faults.append(err.fault)
    assert faults == [ChannelFault.UNTRUSTED]
    assert believed[0].payment is not None


@pytest.mark.parametrize("skew", [timedelta(hours=-30), timedelta(hours=30)])
async def test_the_providers_clock_is_told_whichever_way_it_is_wrong(
    at: Place, skew: timedelta
) -> None:
    """A message from long ago, or from the future, is a hint: the caller must be able to see it."""
    await at.channel.create(asked())
    at.fake.faults.clock_skew = skew
    at.fake.faults.paid_after_close = True
    began = datetime.now(UTC) - SECOND
    await at.fake.pay(NO)
    notice = await at.notice()
    assert notice.sent_at is not None
    assert began <= notice.sent_at - skew <= datetime.now(UTC)


async def test_wrong_amounts_merchants_and_currencies_are_told_as_they_are(at: Place) -> None:
    """The caller compares: a link that smoothed them over would credit a stranger's payment."""
    at.fake.faults.wrong_amount = -1249
    at.fake.faults.wrong_merchant = at.stranger
    at.fake.faults.wrong_currency = "USD"
    await at.pay()
    seen = (await at.notice()).payment
    assert seen is not None
    assert (seen.amount_minor, seen.merchant, seen.currency) == (1, at.stranger, "USD")


async def test_a_provider_that_is_not_there_was_never_asked(at: Place) -> None:
    """Then, and only then, may the order be asked for anew elsewhere."""
    await at.fake.stop()
    assert await fault_of(at.channel.create(asked())) is ChannelFault.UNREACHABLE


async def test_a_provider_in_trouble_leaves_the_outcome_open(at: Place) -> None:
    """It may have booked before it fell over."""
    at.fake.faults.fail_before_booking = 1
    assert await fault_of(at.channel.query(NO)) is ChannelFault.UNKNOWN
