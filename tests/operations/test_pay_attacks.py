"""What somebody with bad intentions tries at the page and at the desk, under the web server."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    RefundOutcome,
)
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.pay_notice import HeardNotice, Made
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind
from custom_components.prepaid_parking.core.pay_refund import RefundState, RefundWay, allowed, named
from custom_components.prepaid_parking.core.risk import RiskAction, RiskKind
from custom_components.prepaid_parking.core.terminal import SignedCall, signature_of
from custom_components.prepaid_parking.core.wallet import Frozen
from custom_components.prepaid_parking.operations.cashier import refund
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.lifting import lift
from custom_components.prepaid_parking.operations.pay_book import MOST_HINTS
from custom_components.prepaid_parking.operations.pay_codes import make_pay_codes
from custom_components.prepaid_parking.operations.pay_finding import is_our_number, new_out_no
from custom_components.prepaid_parking.operations.pay_inside import come_back, send_out
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_refund_steps import (
    find_refund,
    refund_heard,
)
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_tokens import (
    lasting_token,
    opened_by,
    person_token,
    screen_token,
)
from custom_components.prepaid_parking.operations.pay_visit_book import PayVisit
from custom_components.prepaid_parking.operations.pay_visits import Typed, tell_car, tell_phone
from custom_components.prepaid_parking.operations.risk_freezing import freeze_by_rule
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from custom_components.prepaid_parking.operations.terminal_calls import proven
from custom_components.prepaid_parking.operations.terminals import set_terminal
from custom_components.prepaid_parking.operations.tills import set_till
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.core.test_pay_refund import refund as refund_of
from tests.operations.conftest import MakeWorld
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.refunding import RefundingProvider, paid_order
from tests.operations.staying import PLATE
from tests.operations.test_desk import CASHIER, OTHER, a_shift, pay
from tests.operations.test_pay_visits import inside
from tests.operations.world import DAY, HOUR, MANAGER, SECOND, World

AUTOMATION = Actor(kind=ActorKind.AUTOMATION)


def elsewhere(no: int) -> str:
    """An address in a network of its own."""
    return f"10.{no // 250}.{no % 250}.7"


def visit_of(world: World, kind: PayFor, target: str) -> PayVisit:
    """A new visit, as each scan begins one."""
    return world.site.pay_visits.begin(kind, target, world.clock(), personal=False)[1]


@pytest.mark.parametrize("is_inside", [True, False])
async def test_a_plate_is_not_tried_out_from_ever_other_networks(
    world: World, is_inside: bool
) -> None:
    """A phone has a new address after each flight mode: whoever follows a car must not try every hour.

    The car that is not there is shut after as many tries: that it is, is no answer.
    """
    stay = await inside(world)
    plate = PLATE if is_inside else "沪A99999"
    wrong = Typed(plate=plate, since="2020-01-01")
    for no in range(6):
        visit = visit_of(world, PayFor.SPACE, "sp1")
        assert not await tell_car(world.site, visit, wrong, elsewhere(no))
    since = f"{stay.entered_at.astimezone(world.site.zone):%Y-%m-%dT%H}"
    visit = visit_of(world, PayFor.SPACE, "sp1")
    with pytest.raises(CoreError, match="pay_too_often"):
        await tell_car(world.site, visit, Typed(plate=plate, since=since), elsewhere(99))
    visit = visit_of(world, PayFor.SPACE, "sp1")
    assert not await tell_car(world.site, visit, Typed(plate="粤B00000"), elsewhere(100))
    world.clock.now += HOUR
    visit = visit_of(world, PayFor.SPACE, "sp1")
    assert await tell_car(world.site, visit, Typed(plate=plate, since=since), elsewhere(101)) is (
        is_inside
    )


async def test_a_balance_is_not_tried_out_by_ten_thousand_digits(world: World) -> None:
    """A code sticks on the meter in the hall: each neighbour has years, and as many networks."""
    wallet = await world.wallet()
    tried = 0
    for no in range(24 * 4):
        visit = visit_of(world, PayFor.WALLET, wallet.wallet.id)
        visit.aim = Aim(kind=AimKind.WALLET, id=wallet.wallet.id)
        world.clock.now += timedelta(minutes=15)
        try:
            assert not await tell_phone(world.site, visit, f"{no:04}", elsewhere(no))
        except CoreError:
            continue
        tried += 1
    assert tried <= 6 + 24


async def test_what_one_site_has_made_opens_nothing_at_another(make_world: MakeWorld) -> None:
    """Two houses in one hub have two owners: a link, a sticker, a voucher, a number of one is chance to the other."""
    one, other = await make_world(), await make_world()
    for world in (one, other):
        await world.wallet()
    site, foreign = one.site, other.site
    await make_pay_codes(site, kind=PayFor.WALLET, targets=["w1"], actor=MANAGER)
    links = [
        lasting_token(site, site.codes.targets[PayFor.WALLET, "w1"]),
        screen_token(site, PayFor.WALLET, "w1")[0],
        person_token(site, PayFor.WALLET, "w1", DAY)[0],
        person_token(site, PayFor.ORDER, "po1", DAY)[0],
    ]
    for text in links:
        assert opened_by(site, text) is not None
        assert opened_by(foreign, text) is None
    name, _ = site.pay_visits.begin(PayFor.WALLET, "w1", one.clock(), personal=True)
    assert foreign.pay_visits.find(name, other.clock()) is None
    out_no = new_out_no(site)
    assert is_our_number(site, out_no)
    assert not is_our_number(foreign, out_no)
    await set_terminal(foreign, name="Kiosk", actor=MANAGER)
    _, known, key = await set_terminal(site, name="Kiosk", actor=MANAGER)
    unsigned = SignedCall(
        method="POST",
        path="/x",
        timestamp=str(int(one.clock().timestamp())),
        nonce="n" * 16,
        signature="",
        body=b"{}",
    )
    call = replace(unsigned, signature=signature_of(key, unsigned))
    assert await proven(foreign, known.id, call) is None
    assert await proven(site, known.id, call) is not None


async def test_a_terminal_that_gets_another_name_takes_no_call_twice(world: World) -> None:
    """Who has listened to the wire waits for the day when somebody tidies up the names."""
    _, known, key = await set_terminal(world.site, name="Kiosk", actor=MANAGER)
    unsigned = SignedCall(
        method="POST",
        path="/x",
        timestamp=str(int(world.clock().timestamp())),
        nonce="n" * 16,
        signature="",
        body=b"{}",
    )
    call = replace(unsigned, signature=signature_of(key, unsigned))
    assert await proven(world.site, known.id, call) is not None
    await set_terminal(world.site, terminal=known.id, name="Lobby", actor=MANAGER)
    assert await proven(world.site, known.id, call) is None
    _, _, new = await set_terminal(world.site, terminal=known.id, renew_key=True, actor=MANAGER)
    assert await proven(world.site, known.id, call) is None
    call = replace(unsigned, signature=signature_of(new, unsigned))
    assert await proven(world.site, known.id, call) is not None


async def test_nobody_is_the_second_person_of_an_own_automation(world: World) -> None:
    """A cashier who writes an automation that asks, and then agrees to it, is one person, not two."""
    wallet = (await world.wallet()).wallet.id
    await world.pay(world.site.wallet(wallet), "100")
    await set_risk_rule(
        world.site,
        rule=RiskKind.REFUND_LARGE,
        changes={"most": 1000, "shadow": False, "action": RiskAction.REVIEW},
        actor=MANAGER,
    )
    asked: dict[str, Any] = {"wallet": wallet, "amount_minor": 5000, "reason": "moved out"}
    with pytest.raises(CoreError, match="asked_by_nobody"):
        await refund(world.site, actor=AUTOMATION, **asked)
    with pytest.raises(CoreError, match="review_required"):
        await refund(world.site, actor=MANAGER, **asked)
    await freeze_by_rule(world.site, wallet, Frozen.OUT, "chargeback")
    with pytest.raises(CoreError, match="asked_by_nobody"):
        await lift(world.site, wallet=wallet, reason="fine", actor=AUTOMATION)
    assert world.site.wallet(wallet).posted_minor == 10_000


def test_an_account_that_an_automation_has_named_is_named_again_by_a_person() -> None:
    """Else whoever wrote the automation sends a stuck refund home, with a second yes of their own."""
    known = refund_of(way=RefundWay.BANK, stuck=True)
    alone = named(known, "subject", AUTOMATION)
    with pytest.raises(CoreError, match="asked_by_nobody"):
        allowed(alone, MANAGER)
    again = named(alone, "subject", OTHER)
    with pytest.raises(CoreError, match="refund_same_person"):
        allowed(again, OTHER)
    assert allowed(again, MANAGER).allowed_by == str(MANAGER)


async def test_a_yes_to_one_receipt_voids_no_other(world: World) -> None:
    """The colleague looked at the slip of the flat on the left; the one of the right has the same amount."""
    wallet = await world.wallet()
    shift = await a_shift(world)
    for _ in range(2):
        await pay(world, wallet, 5_000)
    await set_till(world.site, till=shift.till, actor=MANAGER, changes={"second_minor": 1_000})
    told: dict[str, Any] = {"reason": "wrong flat", "actor": CASHIER}
    with pytest.raises(CoreError, match="cash_second_person") as refused:
        await void_payment(world.site, receipt=1, **told)
    operation = refused.value.placeholders["operation"]
    await confirm_operation(world.site, KINDS, operation=operation, actor=OTHER)
    with pytest.raises(CoreError, match="cash_second_person"):
        await void_payment(world.site, receipt=2, **told)
    _, voided = await void_payment(world.site, receipt=1, **told)
    assert voided.voided_at is not None
    assert wallet.posted_minor == 5_000


class Payers:
    """A provider that is asked who a payer is, and counts how often."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def address(self, back_url: str, state: str) -> str:
        """Send a payer out."""
        return f"https://provider.example/{state}?{back_url}"

    async def payer(self, code: str) -> str:
        """Know nobody."""
        self.codes.append(code)
        raise ChannelError(ChannelFault.REFUSED, "code")

    async def prove(self) -> None:
        """Know the secret."""


async def test_who_only_says_to_come_back_from_an_app_asks_the_provider_seldom(
    world: World,
) -> None:
    """A new visit for each made-up code: the provider would shut out the site, not whoever it was."""
    wallet, payers = await world.wallet(), Payers()
    channel = connect(world.site, Provider())
    channel.payers = payers
    for no in range(200):
        visit = visit_of(world, PayFor.WALLET, wallet.wallet.id)
        visit.aim = Aim(kind=AimKind.WALLET, id=wallet.wallet.id)
        await send_out(world.site, visit, channel, amount_minor=100, back_url="https://x")
        assert visit.errand is not None
        with suppress(CoreError):
            await come_back(
                world.site,
                visit,
                state=visit.errand.state,
                code=f"made-up-{no}",
                address=elsewhere(0),
                back_url="https://x",
            )
        assert not visit.by_app
    assert len(payers.codes) <= 30


async def test_a_refunds_message_that_comes_again_and_again_postpones_no_look(
    world: World,
) -> None:
    """Who has kept one "it is on its way" must not keep the hub from hearing that it has arrived."""
    provider = RefundingProvider()
    connect(world.site, provider)
    order = await paid_order(world, provider, await world.wallet())
    asked = await refund_order(
        world.site, order=order.id, amount_minor=4000, reason="moved out", actor=MANAGER
    )
    kept = provider.refunds[asked.refund_no]
    provider.end(asked.refund_no, RefundOutcome.DONE)
    for _ in range(12):
        await refund_heard(world.site, "ch1", kept)
        await world.tick(5 * SECOND)
        await world.work()
    assert (await find_refund(world.site, asked.id)).state is RefundState.DONE


async def test_a_notice_that_comes_a_thousand_times_is_written_down_a_few_times(
    world: World,
) -> None:
    """Each writing is a block of the memory card: who has one notice of a shop must not wear it out."""
    provider = Provider()
    connect(world.site, provider)
    notice = provider.notice(provider.pay("SHOP-0001", 4200), world.clock.now)
    books = world.site.books
    with patch.object(books, "record", wraps=books.record) as record:
        for _ in range(100):
            await hear(world.site, "ch1", SIGNED, notice)
    assert 1 <= record.call_count <= MOST_HINTS
    assert [one.made for one in await books.load(HeardNotice)] == [Made.NOTED]


async def test_a_notice_that_could_not_be_written_down_is_not_counted(world: World) -> None:
    """While the disk is full it comes again and again, and is still to be kept afterwards."""
    provider = Provider()
    connect(world.site, provider)
    notice = provider.notice(provider.pay("SHOP-0001", 4200), world.clock.now)
    with patch.object(world.site.books, "record", side_effect=StoreError("disk_full", "")):
        for _ in range(20):
            with pytest.raises(StoreError):
                await hear(world.site, "ch1", SIGNED, notice)
    await hear(world.site, "ch1", SIGNED, notice)
    assert [one.made for one in await world.books.load(HeardNotice)] == [Made.NOTED]
