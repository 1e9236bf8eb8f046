"""Agents and terminals: nobody sells beyond a float, and nobody who is not signed for moves anything."""

from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.agent import MILLION, Agent
from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, site_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Act, Receipt
from custom_components.prepaid_parking.core.terminal import (
    MOST_NONCES,
    Nonces,
    SignedCall,
    Terminal,
    TerminalNonce,
    signature_of,
)
from custom_components.prepaid_parking.core.top_up_fee import FeeBack
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.agents import (
    agent_top_up,
    find_agent,
    pay_in_float,
    set_agent,
    settle_agent,
)
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.cashier import open_wallet, refund, top_up
from custom_components.prepaid_parking.operations.desk_reports import desk_day, shift_report
from custom_components.prepaid_parking.operations.paying_persons import find_payer
from custom_components.prepaid_parking.operations.terminal_calls import NOBODY, proven
from custom_components.prepaid_parking.operations.terminals import answer, set_terminal
from custom_components.prepaid_parking.operations.tills import (
    close_shift,
    deliver_cash,
    find_shift,
    open_shift,
    set_till,
)
from custom_components.prepaid_parking.operations.top_up_fees import set_top_up_fee
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound
from tests.operations.test_desk import CASHIER, a_shift, pay
from tests.operations.test_unheard import lost_answers
from tests.operations.world import MANAGER, World

AGENTS = site_account(SiteAccount.AGENTS)
COMMISSION = site_account(SiteAccount.AGENT_COMMISSION)
PATH = "/api/prepaid_parking/terminal/tm1"


async def an_agent(world: World, rate_micro: int = 15_000, float_minor: int = 10_000) -> Agent:
    """Take up a shop that has paid in."""
    _, agent = await set_agent(world.site, actor=MANAGER, name="Corner shop", rate_micro=rate_micro)
    _, agent = await pay_in_float(
        world.site, agent=agent.id, amount_minor=float_minor, actor=MANAGER
    )
    return agent


async def sell(world: World, agent: Agent, wallet: str, minor: int, **fields: str) -> Agent:
    """Top up a wallet at the shop."""
    _, after = await agent_top_up(
        world.site, agent=agent.id, wallet=wallet, amount_minor=minor, actor=MANAGER, **fields
    )
    return after


async def test_an_agent_sells_what_it_paid_in(world: World) -> None:
    """The site must never lend a shop money it may not see again."""
    wallet, agent = await world.wallet(), await an_agent(world)
    agent = await sell(world, agent, wallet.wallet.id, 9_999, reference="s1")
    assert (wallet.posted_minor, agent.float_minor) == (9_999, 1)
    with pytest.raises(CoreError, match="agent_float_too_small") as told:
        await sell(world, agent, wallet.wallet.id, 2)
    assert told.value.placeholders["agent"] == agent.name
    again = await sell(world, agent, wallet.wallet.id, 9_999, reference="s1")
    assert (again.float_minor, wallet.posted_minor) == (1, 9_999)
    assert (await world.books.balances())[AGENTS] == 1


async def test_commission_is_an_expense_and_loses_no_fraction(world: World) -> None:
    """A shop that sells a hundred small top-ups is paid for all of them."""
    wallet, agent = await world.wallet(), await an_agent(world)
    for _ in range(100):
        agent = await sell(world, agent, wallet.wallet.id, 33)  # 0.495 each
    assert agent.due_minor == 49
    _, agent = await settle_agent(world.site, agent=agent.id, actor=MANAGER)
    balances = await world.books.balances()
    assert (balances[COMMISSION], agent.float_minor) == (-49, 10_000 - 3_300 + 49)
    assert balances[AGENTS] == agent.float_minor
    assert agent.earned_micro == MILLION // 2  # waits for the next time
    with pytest.raises(CoreError, match="agent_nothing_due"):
        await settle_agent(world.site, agent=agent.id, actor=MANAGER)


async def test_commission_in_cash_is_the_drawers(world: World) -> None:
    """What the cashier hands to the shopkeeper is missing in the drawer, rightly."""
    wallet, agent, shift = await world.wallet(), await an_agent(world), await a_shift(world)
    await sell(world, agent, wallet.wallet.id, 10_000)
    await settle_agent(world.site, agent=agent.id, channel=Channel.CASH, actor=CASHIER)
    assert (await find_shift(world.site, shift.id)).paid_minor == 150


async def test_a_sale_that_is_reversed_is_the_agents_again(world: World) -> None:
    """A shop that typed the wrong flat must not pay for it."""
    wallet, agent = await world.wallet(), await an_agent(world)
    receipt, _ = await agent_top_up(
        world.site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=4_000, actor=MANAGER
    )
    await reverse_entry(world.site, entry=receipt.entry, reason="wrong flat", actor=MANAGER)
    after = find_agent(world.site, agent.id)
    assert (after.float_minor, after.earned_micro, after.sold_all_minor) == (10_000, 0, 0)
    assert (await world.books.balances())[AGENTS] == 10_000
    await world.restart()
    assert find_agent(world.site, agent.id) == after


async def test_a_fee_that_stays_is_not_the_agents_again(world: World) -> None:
    """Else the site would hold less for its agents than they are told."""
    await set_top_up_fee(
        world.site, fee="desk", changes={"share_bp": 200, "back": FeeBack.NEVER}, actor=MANAGER
    )
    wallet, agent = await world.wallet(), await an_agent(world)
    receipt, _ = await agent_top_up(
        world.site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=5_000, actor=MANAGER
    )
    await reverse_entry(world.site, entry=receipt.entry, reason="wrong flat", actor=MANAGER)
    after = find_agent(world.site, agent.id)
    assert (await world.books.balances())[AGENTS] == after.float_minor == 9_900
    assert after.earned_micro == 0


async def test_an_agent_ends_with_nothing_open(world: World) -> None:
    """Its money is given back before it is forgotten."""
    agent = await an_agent(world)
    with pytest.raises(CoreError, match="agent_not_settled"):
        await set_agent(world.site, agent=agent.id, closed=True, actor=MANAGER)
    await pay_in_float(world.site, agent=agent.id, amount_minor=-10_000, actor=MANAGER)
    await set_agent(world.site, agent=agent.id, closed=True, actor=MANAGER)
    with pytest.raises(CoreError, match="agent_closed"):
        await pay_in_float(world.site, agent=agent.id, amount_minor=1, actor=MANAGER)


async def test_a_sale_of_which_nobody_heard_is_taken_back_once(world: World) -> None:
    """Memory has not seen it: taken back on that, the shop would have its float twice."""
    wallet, agent = await world.wallet(), await an_agent(world)
    with lost_answers(world):
        await sell(world, agent, wallet.wallet.id, 9_000)
    (sold,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    await reverse_entry(world.site, entry=sold.id, reason="wrong flat", actor=MANAGER)
    assert find_agent(world.site, agent.id).float_minor == 10_000
    assert ((await world.books.balances())[AGENTS], wallet.posted_minor) == (10_000, 0)
    await is_sound(world)


async def test_a_sale_of_an_agent_that_has_ended_is_not_taken_back(world: World) -> None:
    """Its money would lie in a float that nobody is paid: what was wrong is moved between the wallets."""
    wallet, agent = await world.wallet(), await an_agent(world, rate_micro=0, float_minor=5_000)
    sold, _ = await agent_top_up(
        world.site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=4_000, actor=MANAGER
    )
    told: Any = {"actor": MANAGER, "reason": "wrong flat", "reference": "r1"}
    back = await reverse_entry(world.site, entry=sold.entry, **told)
    wrong, _ = await agent_top_up(
        world.site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=5_000, actor=MANAGER
    )
    await set_agent(world.site, agent=agent.id, closed=True, actor=MANAGER)
    with pytest.raises(CoreError, match="agent_closed"):
        await reverse_entry(world.site, entry=wrong.entry, **told | {"reference": "r2"})
    again = await reverse_entry(world.site, entry=sold.entry, **told)
    assert (again.entry, again.repeated) == (back.entry, True)
    assert (await world.books.balances()).get(AGENTS, 0) == 0
    assert wallet.posted_minor == 5_000
    await is_sound(world)


async def test_a_sale_of_which_nobody_heard_is_not_forgotten(world: World) -> None:
    """Else the shop could sell the same float twice, at the site's cost."""
    wallet, agent = await world.wallet(), await an_agent(world)
    commit = world.books.commit

    async def losing(act: Act) -> Receipt:
        await commit(act)
        raise StoreError("failed", "nobody heard")

    with patch.object(world.books, "commit", losing), pytest.raises(StoreError):
        await sell(world, agent, wallet.wallet.id, 9_000, reference="s1")
    with pytest.raises(CoreError, match="agent_float_too_small"):
        await sell(world, agent, wallet.wallet.id, 1_001)
    after = await sell(world, agent, wallet.wallet.id, 9_000, reference="s1")
    assert after.float_minor == (await world.books.balances())[AGENTS] == 1_000


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["sell", "pay", "settle"]), st.integers(-3_000, 3_000)),
        max_size=12,
    )
)
async def test_what_agents_paid_in_is_what_the_books_hold_for_them(
    make_world: MakeWorld, steps: list[tuple[str, int]]
) -> None:
    """Whatever they do, no float falls below nothing, and the account is the sum of them."""
    world = await make_world()
    wallet, agent = await world.wallet(), await an_agent(world, 12_345, 1_000)
    for what, minor in steps:
        try:
            if what == "sell":
                await sell(world, agent, wallet.wallet.id, minor)
            elif what == "pay":
                await pay_in_float(world.site, agent=agent.id, amount_minor=minor, actor=MANAGER)
            else:
                await settle_agent(world.site, agent=agent.id, actor=MANAGER)
        except CoreError:
            pass
    after = find_agent(world.site, agent.id)
    balances = await world.books.balances()
    assert after.float_minor >= 0
    assert balances.get(AGENTS, 0) == after.float_minor
    assert -balances.get(COMMISSION, 0) == after.settled_minor
    earned = after.settled_minor * MILLION + after.earned_micro
    assert earned == after.sold_all_minor * 12_345
    assert wallet.posted_minor == after.sold_all_minor


# --- terminals -----------------------------------------------------------------------------------

type Sign = Callable[..., SignedCall]


async def a_terminal(world: World) -> tuple[Terminal, Sign]:
    """Take up a kiosk, and what signs its calls."""
    _, terminal, key = await set_terminal(world.site, actor=MANAGER, name="Lobby kiosk")
    made = 0

    def sign(asked: object, **other: object) -> SignedCall:
        nonlocal made
        made += 1
        told: dict[str, object] = {
            "method": "POST",
            "path": PATH,
            "timestamp": str(int(world.clock.now.timestamp())),
            "nonce": f"nonce-{made:012}",
            "signature": "",
            "body": json.dumps(asked).encode(),
        }
        call = SignedCall(**(told | {n: v for n, v in other.items() if n != "key"}))  # type: ignore[arg-type]
        if call.signature:
            return call
        signature = signature_of(str(other.get("key", key)), call)
        return SignedCall(**({n: getattr(call, n) for n in told} | {"signature": signature}))

    return terminal, sign


async def test_a_signed_call_is_taken_once(world: World) -> None:
    """A call that somebody recorded on the wire must not be good a second time."""
    _, sign = await a_terminal(world)
    call = sign({"do": "find", "plate": "B12345"})
    assert await proven(world.site, "tm1", call) is not None
    assert await proven(world.site, "tm1", call) is None


async def test_what_is_not_signed_so_is_nobody(world: World) -> None:
    """Each part of a call is under its signature: changing any of them is forging it."""
    _, sign = await a_terminal(world)
    good = sign({"do": "pay"})
    now = int(world.clock.now.timestamp())
    forged = [
        sign({}, key="another"),
        sign({}, signature="0" * 64),
        sign({}, signature="ü"),
        sign({}, timestamp=str(now - 301)),
        sign({}, timestamp=str(now + 301)),
        sign({}, timestamp="soon"),
        sign({}, timestamp="٣"),
        sign({}, nonce="short"),
        sign({}, nonce=""),
        sign({}, body=b"{}", path="/other", signature=good.signature),
        sign({}, method="GET", signature=good.signature),
        sign({}, body=b'{"do": "pay", "amount": "9"}', signature=good.signature),
    ]
    for call in forged:
        assert await proven(world.site, "tm1", call) is None, call
    assert await proven(world.site, "tm2", sign({})) is None
    assert await proven(world.site, "tm1", good) is not None


async def test_a_call_is_taken_once_also_by_a_hub_that_restarts_in_between(world: World) -> None:
    """Whoever recorded a call on the wire waits for the power to fail; memory forgets, the books do not."""
    _, sign = await a_terminal(world)
    calls = [sign({"do": "find", "plate": "B12345"}) for _ in range(3)]
    for call in calls[:2]:
        assert await proven(world.site, "tm1", call) is not None
    world.clock.now += timedelta(minutes=4)
    await world.restart()
    taken = [await proven(world.site, "tm1", call) is not None for call in calls]
    assert taken == [False, False, True]


async def test_nonces_stay_in_the_books_for_as_long_as_their_calls_are_good(world: World) -> None:
    """A kiosk that asks each second for ten years must not fill the disk with what is worth nothing."""
    _, sign = await a_terminal(world)
    for _ in range(3):
        assert await proven(world.site, "tm1", sign({})) is not None
    world.clock.now += timedelta(minutes=11)
    await world.restart()
    call = sign({})
    assert await proven(world.site, "tm1", call) is not None
    (left,) = await world.books.load(TerminalNonce)
    assert left.nonce == call.nonce
    # A nonce that comes again long after is a new one.
    world.clock.now += timedelta(minutes=11)
    assert await proven(world.site, "tm1", sign({}, nonce=call.nonce)) is not None
    assert len(await world.books.load(TerminalNonce)) == 1


async def test_a_call_that_cannot_be_kept_is_not_answered(world: World) -> None:
    """What is done and not written down could be done again after a restart."""
    _, sign = await a_terminal(world)
    call = sign({})
    with world.full_disk(), pytest.raises(StoreError):
        await proven(world.site, "tm1", call)


async def test_a_lost_terminal_is_shut_out(world: World) -> None:
    """A stolen kiosk must not go on taking payments."""
    terminal, sign = await a_terminal(world)
    _, _, key = await set_terminal(world.site, actor=MANAGER, terminal=terminal.id, renew_key=True)
    assert await proven(world.site, "tm1", sign({})) is None
    assert await proven(world.site, "tm1", sign({}, key=key)) is not None
    await set_terminal(world.site, actor=MANAGER, terminal=terminal.id, closed=True)
    assert await proven(world.site, "tm1", sign({}, key=key)) is None


async def test_who_signs_with_the_key_that_no_terminal_has_is_nobody(world: World) -> None:
    """It stands in the code for all to read: what is closed or unknown must not open by it."""
    terminal, sign = await a_terminal(world)
    assert await proven(world.site, "tm2", sign({}, key=NOBODY)) is None
    await set_terminal(world.site, actor=MANAGER, terminal=terminal.id, closed=True)
    assert await proven(world.site, "tm1", sign({}, key=NOBODY)) is None


async def test_after_a_restart_the_oldest_nonce_still_goes_first(world: World) -> None:
    """In another order one that is good stands before those that are over, and they fill the books."""
    _, sign = await a_terminal(world)
    for nonce in ("zzzzzzzzzzzzzzzz", "aaaaaaaaaaaaaaaa"):
        assert await proven(world.site, "tm1", sign({}, nonce=nonce)) is not None
        world.clock.now += timedelta(minutes=5)
    world.clock.now += timedelta(minutes=1)
    await world.restart()
    assert await proven(world.site, "tm1", sign({})) is not None
    assert len(await world.books.load(TerminalNonce)) == 2


def test_the_memory_of_nonces_is_bounded_and_refuses_when_full(world: World) -> None:
    """Forgetting a nonce that is still good would let its call be repeated."""
    nonces, now = Nonces(), world.clock.now
    for number in range(MOST_NONCES):
        assert nonces.take(str(number), now)
    assert not nonces.take("one more", now)
    assert nonces.take("one more", now + timedelta(minutes=11))
    assert len(nonces.seen) == 1


async def test_a_terminals_payment_told_twice_is_one(world: World) -> None:
    """A kiosk that heard no answer asks again; the payer paid once."""
    wallet = await world.wallet()
    terminal, _ = await a_terminal(world)
    told = {
        "do": "pay",
        "wallet": wallet.wallet.id,
        "amount": "12.50",
        "channel": "terminal",
        "reference": "slip 7",
    }
    first = await answer(world.site, terminal, told)
    assert (first["receipt"], first["repeated"], first["amount"]) == (1, False, "12.50")
    assert await answer(world.site, terminal, told) == first | {"repeated": True}
    assert wallet.posted_minor == 1_250
    _, other, _ = await set_terminal(world.site, actor=MANAGER, name="Gate kiosk")
    await answer(world.site, other, told)  # its own slip 7
    assert wallet.posted_minor == 2_500


async def test_a_kiosks_cash_lies_in_its_till(world: World) -> None:
    """Who empties the kiosk must know what is in it."""
    wallet = await world.wallet()
    terminal, _ = await a_terminal(world)
    told = {"do": "pay", "wallet": "w1", "amount": "10", "channel": "cash", "reference": "c1"}
    with pytest.raises(CoreError, match="terminal_takes_no_cash"):
        await answer(world.site, terminal, told)
    _, till = await set_till(world.site, actor=MANAGER, changes={"name": "Kiosk"})
    _, terminal, _ = await set_terminal(
        world.site, actor=MANAGER, terminal=terminal.id, till=till.id
    )
    with pytest.raises(CoreError, match="till_without_shift"):
        await answer(world.site, terminal, told)
    _, shift = await open_shift(world.site, till=till.id, counted_minor=0, actor=CASHIER)
    await answer(world.site, terminal, told)
    assert (await find_shift(world.site, shift.id)).expected_minor == 1_000
    assert wallet.posted_minor == 1_000


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"do": "erase"}, "terminal_asks_unknown"),
        ({"do": 7}, "terminal_asks_unknown"),
        ({"wallet": "", "stay": ""}, "terminal_pays_one"),
        ({"bill": "b1"}, "terminal_pays_one"),
        ({"reference": ""}, "reference_missing"),
        ({"reference": "x" * 65}, "reference_missing"),
        ({"channel": "voucher"}, "terminal_channel_unknown"),
        ({"amount": "-1"}, "amount_not_positive"),
        ({"amount": 5}, "not_a_number"),
        ({"wallet": "w9"}, "unknown_wallet"),
    ],
)
async def test_a_terminal_that_asks_wrongly_moves_nothing(
    world: World, change: dict[str, object], key: str
) -> None:
    """A kiosk with a fault is told what is wrong, and nobody's money moves."""
    await world.wallet()
    terminal, _ = await a_terminal(world)
    told = {"do": "pay", "wallet": "w1", "amount": "1", "channel": "terminal", "reference": "r"}
    before = await world.books.balances()
    with pytest.raises(CoreError, match=key):
        await answer(world.site, terminal, told | change)
    assert await world.books.balances() == before


# --- who stands there, and what a shift came to ------------------------------------------------------


async def test_a_payer_is_found_by_what_they_say(world: World) -> None:
    """An old man with cash knows his flat, his number or his car, not his wallet's id."""
    for unit, phone in (("Flat 3-201", "+86 138 0000 0001"), ("Flat 3-202", "13800000002")):
        await open_wallet(
            world.site,
            unit=unit,
            purpose=Purpose.PARKING,
            person={"name": "Wang", "phone": phone},
            actor=MANAGER,
        )
    await issue_card(
        world.site,
        wallet="w2",
        plates=["京B12345"],
        tags=["04 A2 5C"],
        pins=["4711"],
        actor=MANAGER,
    )
    await issue_card(world.site, wallet="w1", codes=["7781"], actor=MANAGER)

    async def names(**asked: str) -> list[str]:
        return [run.wallet.id for run in (await find_payer(world.site, **asked)).wallets]

    assert await names(unit="3-20") == ["w1", "w2"]
    assert await names(unit="flat 3-201") == ["w1"]
    assert await names(phone="138-0000-0002") == ["w2"]
    assert await names(phone="86 13800000001") == ["w1"]
    assert await names(plate="京B·12345") == ["w2"]
    assert await names(code="04 a2 5c ") == ["w2"]
    assert await names(code="7781") == ["w1"]
    assert await names(code="4711") == []
    assert await names(phone="1") == []
    with pytest.raises(CoreError, match="payer_which"):
        await names()


async def test_a_shift_and_a_day_add_up_from_the_books(world: World) -> None:
    """Cash and cards are the sum of the receipts, whoever adds them up."""
    wallet, shift = await world.wallet(), await a_shift(world)
    await pay(world, wallet, 5_000)
    await pay(world, wallet, 700)
    await pay(world, wallet, 2_000, channel=Channel.TERMINAL)
    await top_up(world.site, wallet=wallet.wallet.id, amount_minor=400, actor=MANAGER)
    await void_payment(world.site, receipt=2, reason="typo", actor=MANAGER)
    await refund(world.site, wallet=wallet.wallet.id, amount_minor=100, reason="x", actor=CASHIER)
    await deliver_cash(world.site, shift=shift.id, amount_minor=1_000, actor=CASHIER)
    await close_shift(
        world.site, shift=shift.id, counted_minor=13_890, reason="change", actor=CASHIER
    )
    report = await shift_report(world.site, await find_shift(world.site, shift.id))
    assert (report["expected"], report["difference"]) == ("139.00", "-0.10")
    assert report["by_kind"] == [
        {"kind": "cash_delivered", "count": 1, "cash": "-10.00", "terminal": "0.00", "transfer": "0.00"},
        {"kind": "refund", "count": 1, "cash": "-1.00", "terminal": "0.00", "transfer": "0.00"},
        {"kind": "reversal", "count": 1, "cash": "-7.00", "terminal": "0.00", "transfer": "0.00"},
        {"kind": "shift_closed", "count": 1, "cash": "-0.10", "terminal": "0.00", "transfer": "0.00"},
        {"kind": "top_up", "count": 3, "cash": "57.00", "terminal": "20.00", "transfer": "0.00"},
    ]  # fmt: skip
    day = await desk_day(world.site, world.clock.now.date())
    assert day["taken"] == {"cash": "54.00", "terminal": "20.00", "transfer": "0.00"}
    assert (day["total"], day["receipts_given"], day["receipts_void"]) == ("74.00", 4, 1)
