"""Auto-charge: once for each fall, never beyond what was agreed, and over at a word."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.agreement import Agreement, AgreementCharge
from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import AgreementId
from custom_components.prepaid_parking.core.pay_channel import (
    Asked,
    ChannelError,
    ChannelFault,
    Outcome,
    Seen,
)
from custom_components.prepaid_parking.core.pay_order import OrderState, PayOrder
from custom_components.prepaid_parking.core.wallet import Frozen, Purpose
from custom_components.prepaid_parking.operations.agreements import (
    agreement_view,
    end_agreement,
    make_agreement,
)
from custom_components.prepaid_parking.operations.cashier import deduct, freeze
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.closing_wallet import close_wallet
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.risk_facts import OperationFact
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.provider import Provider
from tests.operations.test_bills import bill_for
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World

KEY = "ch1"
CARD = "cus_Tenant/pm_Card"


class Fetching(Provider):
    """A provider that fetches by a token; `says` is what it does with the next ones."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[Asked] = []
        self.tokens: set[str] = set()
        self.says: ChannelFault | None = None

    async def charge(self, asked: Asked, token: str) -> Seen:
        """Fetch it; under one number it is one payment."""
        await self._answer()
        self.tokens.add(token)
        if (known := self.orders.get(asked.out_no)) is not None:
            return known
        if self.says in {ChannelFault.REFUSED, ChannelFault.UNREACHABLE}:
            raise ChannelError(self.says, "card_declined")
        self.fetched.append(asked)
        seen = Seen(
            out_no=asked.out_no,
            outcome=Outcome.PAID,
            provider_ref=f"pi_{len(self.fetched)}",
            amount_minor=asked.amount_minor,
            currency=self.currency,
            merchant=self.merchant,
        )
        self.orders[asked.out_no] = seen
        if self.says is not None:
            raise ChannelError(self.says)
        return seen


def put_up(world: World, port: Provider, name: str = "Card") -> None:
    """Have a channel."""
    run = ChannelRun(key=KEY, name=name, kind=Channel.STRIPE, port=port)
    world.site.paying.channels[KEY] = run


async def agreed(world: World, wallet: WalletRun, **changes: Any) -> AgreementId:
    """Agree: below 10.00 fetch 50.00, at most 60.00 at once and 100.00 in a day."""
    told: dict[str, Any] = {
        "channel": KEY,
        "token": CARD,
        "below_minor": 1000,
        "amount_minor": 5000,
        "most_minor": 6000,
        "day_minor": 10_000,
        "actor": MANAGER,
    }
    receipt = await make_agreement(world.site, wallet=wallet.wallet.id, **(told | changes))
    return AgreementId(str(receipt.detail["agreement"]))


async def spend(world: World, wallet: WalletRun, minor: int) -> None:
    """Take money by hand."""
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="used", actor=MANAGER
    )


async def test_a_fall_below_the_mark_is_filled_up_once(world: World) -> None:
    """The tenant is away: the balance is filled, and no second time while the first is on its way."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    await world.tick()
    assert port.fetched == []
    await spend(world, wallet, 1500)
    for _ in range(5):
        await world.tick()
    assert [one.amount_minor for one in port.fetched] == [5000]
    assert wallet.posted_minor == 5500
    assert port.tokens == {CARD}
    (order,) = await world.books.load(PayOrder)
    assert order.state is OrderState.CREDITED
    await spend(world, wallet, 5000)
    await world.tick()
    assert len(port.fetched) == 2
    assert world.site.risking.agreements[name].fall == 2


async def test_a_provider_that_thinks_about_a_charge_holds_nobody_up(world: World) -> None:
    """One that takes half a minute must not keep a meter from being cut, nor another payer waiting."""
    port, wallet, other = (
        Fetching(),
        await world.wallet("20"),
        await world.wallet("20", unit="Next"),
    )
    put_up(world, port)
    await agreed(world, wallet)
    port.answers = asyncio.Event()
    await spend(world, wallet, 1500)
    async with asyncio.timeout(60):
        while not port.waiting:
            await world.keeper.tick()
            await asyncio.sleep(0)
        for _ in range(20):
            world.clock.now += SECOND
            await world.keeper.tick()
            await world.keeper.work()
        await spend(world, other, 100)
        await world.pay(wallet, "1")
    port.answers.set()
    await world.work()
    assert (wallet.posted_minor, other.posted_minor) == (5_600, 1_900)


async def test_a_restart_after_a_fetch_fetches_nothing_again(world: World) -> None:
    """The hub dies between the provider's yes and the books: the money is found, not fetched anew."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    port.says = ChannelFault.UNKNOWN
    await spend(world, wallet, 1500)
    await world.tick()
    assert wallet.posted_minor == 500
    await world.restart()
    put_up(world, port)
    for _ in range(10):
        await world.tick(5 * SECOND)
    assert len(port.fetched) == 1
    assert world.site.wallet(wallet.wallet.id).posted_minor == 5500


@pytest.mark.parametrize("fault", [ChannelFault.REFUSED, ChannelFault.UNREACHABLE])
async def test_a_card_that_says_no_is_not_tried_again_for_the_same_fall(
    world: World, fault: ChannelFault
) -> None:
    """A bank that hears the same card ten times blocks it; the manager reads why instead."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    port.says = fault
    await spend(world, wallet, 1500)
    for _ in range(5):
        await world.tick()
    known = world.site.risking.agreements[name]
    assert agreement_view(world.site, known)["trouble"] == "card_declined"
    charges = await world.books.load(AgreementCharge)
    assert [one.failed for one in charges] == ["card_declined"]
    port.says = None
    await world.tick()
    assert port.fetched == []
    await world.pay(wallet, "50")
    await world.tick()
    await spend(world, wallet, 5000)
    await world.tick()
    assert len(port.fetched) == 1
    assert world.site.risking.agreements[name].trouble == ""


async def test_beyond_a_limit_a_person_is_asked_and_then_it_is_fetched_once(world: World) -> None:
    """A leak empties the wallet ten times a day: the card is not emptied after it unasked."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    for _ in range(3):
        await spend(world, wallet, wallet.posted_minor - 500)
        for _ in range(3):
            await world.tick()
    assert len(port.fetched) == 2
    (fact,) = [one for one in world.facts if isinstance(one, OperationFact)]
    assert (fact.operation.kind, fact.operation.amount_minor) == ("agreement_charge", 5000)
    for _ in range(2):
        await confirm_operation(
            world.site, KINDS, operation=fact.operation.id, actor=MANAGER, code=fact.code
        )
        await world.tick()
    assert len(port.fetched) == 3
    assert wallet.posted_minor == 5500


async def test_what_a_waiting_bill_takes_at_once_is_another_fall(world: World) -> None:
    """The rent takes what was just fetched: the next evening the tenant is not left in the dark for it."""
    port, wallet = Fetching(), await world.wallet("20", purpose=Purpose.PROPERTY)
    put_up(world, port)
    name = await agreed(world, wallet)
    await bill_for(world, wallet, 6500)
    for _ in range(5):
        await world.tick()
    assert [one.amount_minor for one in port.fetched] == [5000, 5000]
    assert wallet.posted_minor == 5500
    assert world.site.risking.agreements[name].fall == 2


async def test_a_deep_fall_asks_for_what_reaches_the_mark_and_no_more_than_agreed(
    world: World,
) -> None:
    """What would be gone at once fills nothing; what is beyond the limit is asked about."""
    port = Fetching()
    put_up(world, port)
    deep, deeper = await world.wallet(), await world.wallet()
    await agreed(world, deep, below_minor=5500)
    await agreed(world, deeper, below_minor=6500)
    await world.tick()
    assert [one.amount_minor for one in port.fetched] == [5500]
    assert [one.wallet for one in world.site.risking.held.values()] == [deeper.wallet.id]


async def test_an_agreement_is_over_at_once_and_its_token_is_gone(world: World) -> None:
    """The tenant says stop: not one more cent, and nothing is left to fetch it with."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name = await agreed(world, wallet)
    subject = world.site.risking.agreements[name].subject
    await end_agreement(world.site, agreement=name, actor=MANAGER, reason="moved")
    await spend(world, wallet, 1500)
    await world.tick()
    await world.restart()
    put_up(world, port)
    await world.tick()
    assert port.fetched == []
    with pytest.raises(CoreError):
        await world.site.privacy.get_subject(subject)
    with pytest.raises(CoreError, match="unknown_agreement"):
        await end_agreement(world.site, agreement=name, actor=MANAGER)


async def test_a_closed_wallet_ends_its_agreement_and_a_frozen_one_fetches_nothing(
    world: World,
) -> None:
    """Nobody is charged for a flat they have left, nor into a wallet that takes nothing."""
    port, wallet, other = Fetching(), await world.wallet("20"), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    name = await agreed(world, other)
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    await freeze(world.site, wallet=other.wallet.id, reason="bank", actor=MANAGER, way=Frozen.IN)
    await spend(world, other, 1500)
    await world.tick()
    assert port.fetched == []
    assert list(world.site.risking.agreements) == [name]
    assert world.site.risking.agreements[name].trouble == "wallet_frozen_in"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"amount_minor": 0}, "agreement_amount"),
        ({"below_minor": -1}, "agreement_amount"),
        ({"most_minor": 4999}, "agreement_limits"),
        ({"day_minor": 5999}, "agreement_limits"),
        ({"channel": "ch9"}, "unknown_channel"),
    ],
)
async def test_what_cannot_be_agreed_is_refused(
    world: World, changes: dict[str, object], key: str
) -> None:
    """An agreement that allows nothing, or more than it says, is none."""
    put_up(world, Fetching())
    wallet = await world.wallet()
    with pytest.raises(CoreError, match=key):
        await agreed(world, wallet, **changes)
    assert await world.books.load(Agreement) == []


async def test_a_channel_that_cannot_fetch_says_so(world: World) -> None:
    """WeChat Pay and Alipay fetch by contracts of their own: better to hear it now than never be charged."""
    put_up(world, Provider(), "WeChat Pay")
    with pytest.raises(CoreError, match="agreement_channel"):
        await agreed(world, await world.wallet())


async def test_one_wallet_has_one_agreement(world: World) -> None:
    """Two agreements would both fetch for one fall."""
    put_up(world, Fetching())
    wallet = await world.wallet("20")
    await agreed(world, wallet, reference="a1")
    await agreed(world, wallet, reference="a1")
    with pytest.raises(CoreError, match="agreement_exists"):
        await agreed(world, wallet)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7000),
            st.sampled_from([None, *ChannelFault]),
            st.sampled_from([SECOND, 5 * MINUTE, HOUR, DAY]),
        ),
        max_size=10,
    ),
    st.none() | st.integers(0, 9),
)
async def test_no_sequence_fetches_twice_for_a_fall_or_more_than_was_agreed(
    world: World, steps: list[tuple[int, ChannelFault | None, Any]], restarts_at: int | None
) -> None:
    """Whatever is spent, lost, refused or restarted, the card's owner pays no more than they signed.

    Each example is another tenant of one house: to make books for each takes longer than the rule.
    """
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    name, days = wallet.wallet.id, dict[object, int]()
    agreement = await agreed(world, wallet)
    for step, (minor, fault, pause) in enumerate(steps):
        port.says = fault
        run = world.site.wallet(name)
        if 0 < minor <= run.posted_minor:
            await spend(world, run, minor)
        if step == restarts_at:
            await world.forget()
            put_up(world, port)
        before = len(port.fetched)
        await world.tick(pause)
        for one in port.fetched[before:]:
            day = world.clock().date()
            days[day] = days.get(day, 0) + one.amount_minor
            assert one.amount_minor <= 6000
    assert all(sum_minor <= 10_000 for sum_minor in days.values())
    charges = await world.books.load(AgreementCharge, agreement=agreement)
    assert len({one.fall for one in charges}) == len(charges)
    assert len(port.fetched) <= world.site.risking.agreements[agreement].fall
    await end_agreement(world.site, agreement=agreement, actor=MANAGER)
