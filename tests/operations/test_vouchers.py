"""Vouchers: what is on the slips is what the wallets get, each slip once, in any order, without a line."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.core.ledger import Act, Receipt
from custom_components.prepaid_parking.core.voucher import (
    PaidBy,
    Voucher,
    VoucherBatch,
    VoucherState,
    number_of_voucher,
    serial_of,
)
from custom_components.prepaid_parking.core.wallet import Frozen, Purpose
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.agents import pay_in_float, set_agent
from custom_components.prepaid_parking.operations.cancelling_vouchers import (
    cancel_expired,
    cancel_vouchers,
    expired_batches,
)
from custom_components.prepaid_parking.operations.cashier import close_wallet, freeze
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.redeeming_vouchers import redeem_voucher
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    numbers_of,
    sell_vouchers,
    states_of,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site
from tests.operations.world import DAY, MANAGER, MINUTE, World

AUTOMATION = Actor(kind=ActorKind.AUTOMATION)


async def batch_of(
    world: World, count: int = 5, *, sold: int | None = -1, **wanted: object
) -> VoucherBatch:
    """Make a batch of 50.00 each, and sell some of it (all, unless told)."""
    asked = Wanted(**{"count": count, "amount_minor": 5000} | wanted)  # type: ignore[arg-type]
    _, batch = await make_vouchers(world.site, asked, actor=MANAGER)
    if sold:
        many = None if sold == -1 else sold
        _, batch = await sell_vouchers(world.site, batch=batch.id, count=many, actor=MANAGER)
    return batch


async def numbers(world: World, batch: VoucherBatch) -> list[str]:
    """What is printed on the slips that are not over."""
    known = world.site.offline.batches[batch.id]
    return [number for _, number in await numbers_of(world.site, known)]


async def redeem(world: World, wallet: WalletRun, number: str, **fields: object) -> Receipt:
    """Redeem a slip."""
    told = {"actor": MANAGER} | fields
    receipt, _ = await redeem_voucher(
        world.site,
        number=number,
        wallet=wallet.wallet.id,
        **told,  # type: ignore[arg-type]
    )
    return receipt


async def owed(world: World) -> int:
    """What the books say is still to be redeemed."""
    return (await world.books.balances()).get(site_account(SiteAccount.VOUCHERS), 0)


async def test_a_voucher_fills_a_wallet_once(world: World) -> None:
    """The slip is worth what is printed on it, and nothing the second time, for whomever."""
    wallet, other = await world.wallet(), await world.wallet()
    batch = await batch_of(world)
    slips = await numbers(world, batch)
    receipt = await redeem(world, wallet, slips[0])
    assert (wallet.posted_minor, await owed(world), receipt.repeated) == (5000, 20_000, False)
    assert world.events(wallet).count(WalletEvent.TOPPED_UP) == 1
    for again in (wallet, other):
        with pytest.raises(CoreError, match="voucher_used"):
            await redeem(world, again, slips[0])
    assert (wallet.posted_minor, other.posted_minor, await owed(world)) == (5000, 0, 20_000)


async def test_a_redeeming_that_is_repeated_is_answered_as_the_first_time(world: World) -> None:
    """An automation that lost the answer asks again under its reference, and must not hear "used"."""
    wallet, other = await world.wallet(), await world.wallet()
    batch = await batch_of(world)
    slip = (await numbers(world, batch))[2]
    first = await redeem(world, wallet, slip, reference="kiosk 1")
    await world.restart()
    wallet, other = world.site.wallet(wallet.wallet.id), world.site.wallet(other.wallet.id)
    again = await redeem(world, wallet, slip, reference="kiosk 1")
    assert (again.entry, again.repeated, wallet.posted_minor) == (first.entry, True, 5000)
    with pytest.raises(ConflictError):
        await redeem(world, other, slip, reference="kiosk 1")
    assert world.site.offline.batches[batch.id].redeemed == 1


async def test_two_who_redeem_one_slip_at_once_get_it_once(world: World) -> None:
    """A code that was photographed must not pay two wallets, however close they come."""
    wallets = [await world.wallet() for _ in range(4)]
    slip = (await numbers(world, await batch_of(world)))[0]
    answers = await asyncio.gather(
        *(redeem(world, one, slip) for one in wallets), return_exceptions=True
    )
    assert sum(isinstance(one, Receipt) for one in answers) == 1
    assert sum(one.posted_minor for one in wallets) == 5000
    assert await owed(world) == 20_000


async def test_what_nobody_paid_for_is_worth_nothing(world: World) -> None:
    """Slips that were stolen from the drawer before they were sold must not be money."""
    wallet = await world.wallet()
    batch = await batch_of(world, sold=2)
    slips = await numbers(world, batch)
    assert await owed(world) == 10_000
    await redeem(world, wallet, slips[1])
    with pytest.raises(CoreError, match="voucher_not_sold"):
        await redeem(world, wallet, slips[2])
    await sell_vouchers(world.site, batch=batch.id, count=1, actor=MANAGER)
    await redeem(world, wallet, slips[2])
    assert (wallet.posted_minor, await owed(world)) == (10_000, 5_000)


async def test_a_sale_is_booked_once_and_to_the_drawer_it_went_to(world: World) -> None:
    """A sale clicked twice must not make six slips out of three, nor fill the wrong drawer."""
    batch = await batch_of(world, sold=0)
    fields = {"batch": batch.id, "count": 3, "reference": "receipt 7", "actor": MANAGER}
    for _ in range(2):
        receipt, after = await sell_vouchers(world.site, **fields)  # type: ignore[arg-type]
    assert (receipt.repeated, after.sold, await owed(world)) == (True, 3, 15_000)
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.CASH)] == -15_000
    with pytest.raises(CoreError, match="vouchers_not_so_many"):
        await sell_vouchers(world.site, batch=batch.id, count=3, actor=MANAGER)
    with pytest.raises(CoreError, match="vouchers_of_no_agent"):
        await sell_vouchers(world.site, batch=batch.id, paid_by=PaidBy.AGENT, actor=MANAGER)


@pytest.mark.parametrize("whole", [False, True])
async def test_a_cancelled_voucher_takes_back_the_commission_it_earned(
    world: World, whole: bool
) -> None:
    """A shop whose rate was doubled since must not lose twice what it got for a slip, nor gain."""
    _, agent = await set_agent(world.site, name="Kiosk", rate_micro=20_000, actor=MANAGER)
    await pay_in_float(world.site, agent=agent.id, amount_minor=20_000, actor=MANAGER)
    batch = await batch_of(world, agent="Kiosk", sold=2)
    await set_agent(world.site, agent=agent.id, rate_micro=40_000, actor=MANAGER)
    await sell_vouchers(world.site, batch=batch.id, count=1, actor=MANAGER)
    await sell_vouchers(world.site, batch=batch.id, count=1, paid_by=PaidBy.CASH, actor=MANAGER)
    await world.restart()
    assert world.site.desk.agents[agent.id].due_minor == 2 * 100 + 200
    serials = [None] if whole else [serial for serial, _, _ in await states_of(world.site, batch)]
    left: list[tuple[int, int, int]] = []
    for serial in serials[:4]:
        await cancel_vouchers(
            world.site,
            batch=batch.id,
            serial=serial,
            back=PaidBy.AGENT,
            reason="wet",
            actor=MANAGER,
        )
        known = world.site.desk.agents[agent.id]
        left.append((known.due_minor, known.sold_minor, known.float_minor))
    steps = [(300, 10_000, 10_000), (200, 5_000, 15_000), (0, 0, 20_000), (0, 0, 25_000)]
    assert left == (steps[-1:] if whole else steps)
    assert await owed(world) == 0


async def test_an_agents_vouchers_are_paid_out_of_its_float_and_earn_its_commission(
    world: World,
) -> None:
    """A shop must not carry away more slips than it paid for, nor earn on slips that came back."""
    _, agent = await set_agent(world.site, name="Kiosk", rate_micro=20_000, actor=MANAGER)
    await pay_in_float(world.site, agent=agent.id, amount_minor=20_000, actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_agent"):
        await batch_of(world, agent="nobody", sold=0)
    batch = await batch_of(world, agent="Kiosk", sold=3)
    assert (batch.agent, await owed(world)) == (agent.id, 15_000)
    known = world.site.desk.agents[agent.id]
    assert (known.float_minor, known.due_minor) == (5_000, 300)
    with pytest.raises(CoreError, match="agent_float_too_small"):
        await sell_vouchers(world.site, batch=batch.id, count=2, actor=MANAGER)
    await world.restart()
    await cancel_vouchers(
        world.site, batch=batch.id, back=PaidBy.AGENT, reason="given back", actor=MANAGER
    )
    known = world.site.desk.agents[agent.id]
    assert (known.float_minor, known.due_minor, await owed(world)) == (20_000, 0, 0)


async def test_a_redeemed_voucher_is_not_taken_back_like_a_slip_of_the_desk(world: World) -> None:
    """Its slip stays used: a wrong wallet is put right by a transfer, not by money owed to nobody."""
    wallet = await world.wallet()
    receipt = await redeem(world, wallet, (await numbers(world, await batch_of(world)))[0])
    with pytest.raises(CoreError, match="voucher_not_reversible"):
        await reverse_entry(world.site, entry=receipt.entry, reason="wrong flat", actor=MANAGER)
    assert (wallet.posted_minor, await owed(world)) == (5000, 20_000)


async def test_a_batch_that_is_made_twice_under_one_reference_is_one(world: World) -> None:
    """A print job that is started again must not leave a second stack of the same slips."""
    asked = Wanted(count=3, amount_minor=2000)
    made = [
        await make_vouchers(world.site, asked, actor=MANAGER, reference="print 1") for _ in range(2)
    ]
    assert (made[0][1].id, made[1][0].repeated) == (made[1][1].id, True)
    assert len(world.site.offline.batches) == 1
    with pytest.raises(ConflictError):
        await make_vouchers(
            world.site, Wanted(count=4, amount_minor=2000), actor=MANAGER, reference="print 1"
        )


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"count": 0}, "vouchers_too_many"),
        ({"count": 1001}, "vouchers_too_many"),
        ({"amount_minor": 0}, "amount_not_positive"),
        ({"amount_minor": -1}, "amount_not_positive"),
    ],
)
async def test_a_batch_that_nobody_means_is_refused(
    world: World, wanted: dict[str, int], refusal: str
) -> None:
    """A slip in the form must not become a stack of slips."""
    with pytest.raises(CoreError, match=refusal):
        await batch_of(world, **wanted)
    assert not world.site.offline.batches


async def test_after_its_last_day_a_voucher_is_not_redeemed_and_its_money_is_kept_by_a_person(
    world: World,
) -> None:
    """The last day counts whole; afterwards nobody's money vanishes without somebody's name to it."""
    wallet = await world.wallet()
    until = world.clock().date() + DAY
    batch = await batch_of(world, valid_until=until)
    slips = await numbers(world, batch)
    world.clock.now += DAY + timedelta(hours=11)
    await redeem(world, wallet, slips[0])
    with pytest.raises(CoreError, match="vouchers_still_valid"):
        await cancel_vouchers(world.site, batch=batch.id, reason="over", actor=MANAGER)
    world.clock.now += DAY
    with pytest.raises(CoreError, match="voucher_expired"):
        await redeem(world, wallet, slips[1])
    with pytest.raises(CoreError, match="vouchers_expired"):
        await sell_vouchers(world.site, batch=batch.id, actor=MANAGER)
    await cancel_vouchers(world.site, batch=batch.id, reason="over", actor=MANAGER)
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.REVENUE_FEES)] == 20_000
    assert (await owed(world), wallet.posted_minor) == (0, 5000)


async def test_a_lost_slip_is_cancelled_and_paid_back_once(world: World) -> None:
    """The finder of a slip that was reported lost gets nothing; its buyer gets the money once."""
    wallet = await world.wallet()
    batch = await batch_of(world)
    slips = await numbers(world, batch)
    fields = {
        "batch": batch.id,
        "serial": serial_of(batch.no, 1),
        "back": PaidBy.CASH,
        "reason": "lost",
        "reference": "lost 1",
        "actor": MANAGER,
    }
    for _ in range(2):
        receipt, after = await cancel_vouchers(world.site, **fields)  # type: ignore[arg-type]
    assert (receipt.repeated, after.cancelled, await owed(world)) == (True, 1, 20_000)
    with pytest.raises(CoreError, match="voucher_cancelled"):
        await cancel_vouchers(world.site, **fields | {"reference": "lost 2"})  # type: ignore[arg-type]
    with pytest.raises(CoreError, match="voucher_cancelled"):
        await redeem(world, wallet, slips[1])
    with pytest.raises(CoreError, match="voucher_not_in_batch"):
        await cancel_vouchers(world.site, **fields | {"serial": 1, "reference": ""})  # type: ignore[arg-type]
    await redeem(world, wallet, slips[0])
    await cancel_vouchers(
        world.site, batch=batch.id, back=PaidBy.TRANSFER, reason="agent left", actor=MANAGER
    )
    assert await owed(world) == 0
    for slip in slips[2:]:
        with pytest.raises(CoreError, match="voucher_cancelled"):
            await redeem(world, wallet, slip)
    states = [state for _, state, _ in await states_of(world.site, _batch(world, batch))]
    assert states[:2] == [VoucherState.REDEEMED, VoucherState.CANCELLED]
    assert set(states[2:]) == {VoucherState.CANCELLED}
    assert not await numbers(world, batch)


def _batch(world: World, batch: VoucherBatch) -> VoucherBatch:
    return world.site.offline.batches[batch.id]


async def test_who_makes_numbers_up_has_to_wait_and_who_mistypes_has_not(world: World) -> None:
    """A guesser at the keypad is stopped after five; a slip of the finger is no guess."""
    wallet, other = await world.wallet(), await world.wallet()
    batch = await batch_of(world)
    slip = (await numbers(world, batch))[0]
    slipped = slip[:-1] + str((int(slip[-1]) + 1) % 10)
    for _ in range(20):
        with pytest.raises(CoreError, match="voucher_mistyped"):
            await redeem(world, wallet, slipped)
    wrong = number_of_voucher(bytes(32), serial_of(batch.no, 0))
    for _ in range(5):
        with pytest.raises(CoreError, match="voucher_wrong"):
            await redeem(world, wallet, wrong, actor=AUTOMATION)
    for target, caller in ((wallet, MANAGER), (other, AUTOMATION)):
        with pytest.raises(CoreError, match="voucher_too_many_tries") as refused:
            await redeem(world, target, slip, actor=caller)
        assert refused.value.placeholders["minutes"] == "30"
    await redeem(world, other, slip)  # Another's tries cost nobody else anything.
    world.clock.now += 30 * MINUTE
    await redeem(world, wallet, (await numbers(world, batch))[0])


async def test_money_for_one_purpose_does_not_fill_another_wallet(world: World) -> None:
    """Parking slips that a shop gives away must not pay for its electricity."""
    car, flat = await world.wallet(purpose=Purpose.PARKING), await world.wallet()
    slip = (await numbers(world, await batch_of(world, purpose=Purpose.PARKING)))[0]
    with pytest.raises(CoreError, match="voucher_other_purpose"):
        await redeem(world, flat, slip)
    await redeem(world, car, slip)


async def test_a_closed_wallet_leaves_the_voucher_good_and_a_frozen_one_takes_it(
    world: World,
) -> None:
    """What was paid must not go to nobody; and a freeze must not keep paid money from a cut flat."""
    gone, frozen = await world.wallet(), await world.wallet()
    slip = (await numbers(world, await batch_of(world)))[0]
    await close_wallet(world.site, wallet=gone.wallet.id, reason="moved", actor=MANAGER)
    with pytest.raises(CoreError, match="wallet_closed"):
        await redeem(world, gone, slip)
    await freeze(world.site, wallet=frozen.wallet.id, reason="x", actor=MANAGER, way=Frozen.BOTH)
    await redeem(world, frozen, slip)
    assert frozen.posted_minor == 5000


async def test_a_voucher_brings_a_cut_supply_back(world: World) -> None:
    """The payment that needs no internet must do what every payment does: the light goes on."""
    wallet = await world.wallet()
    world.site.woken_wallets.clear()
    slip = (await numbers(world, await batch_of(world)))[0]
    await redeem(world, wallet, slip)
    assert wallet.wallet.id in world.site.woken_wallets


async def test_a_full_disk_leaves_the_voucher_good(world: World) -> None:
    """What was not written was not redeemed: the payer comes again and is credited."""
    wallet = await world.wallet()
    slip = (await numbers(world, await batch_of(world)))[0]
    with world.full_disk(), pytest.raises(StoreError):
        await redeem(world, wallet, slip)
    await redeem(world, wallet, slip)
    assert (wallet.posted_minor, await owed(world)) == (5000, 20_000)


async def test_a_sale_whose_answer_was_lost_is_not_sold_a_second_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on disk counts, heard of or not: the next buyer gets the next slips, and all are owed."""
    wallet = await world.wallet()
    batch = await batch_of(world, 6, sold=0)
    slips = await numbers(world, batch)
    plain = world.books.commit

    async def lost(act: Act) -> Receipt:
        await plain(act)
        raise StoreError("closed")

    with monkeypatch.context() as broken:
        broken.setattr(world.books, "commit", lost)
        with pytest.raises(StoreError):
            await sell_vouchers(world.site, batch=batch.id, count=2, actor=MANAGER)
    receipt, after = await sell_vouchers(world.site, batch=batch.id, count=2, actor=MANAGER)
    assert (receipt.detail["first"], after.sold) == (serial_of(batch.no, 2), 4)
    assert await owed(world) == after.open_minor == 20_000
    with monkeypatch.context() as broken:
        broken.setattr(world.books, "commit", lost)
        with pytest.raises(StoreError):
            await redeem(world, wallet, slips[0])
    with pytest.raises(CoreError, match="voucher_used"):
        await redeem(world, wallet, slips[0])
    await redeem(world, wallet, slips[1])
    assert await owed(world) == _batch(world, batch).open_minor == 10_000


async def test_a_batch_that_the_books_have_lost_is_told_apart_from_a_forgery(world: World) -> None:
    """After a restore of an old backup, who holds a genuine slip must not be called a thief."""
    wallet = await world.wallet()
    key = world.site.privacy.index_key("voucher")
    for _ in range(6):
        with pytest.raises(CoreError, match="voucher_not_in_books"):
            await redeem(world, wallet, number_of_voucher(key, serial_of(77, 3)))


moves = st.lists(
    st.tuples(
        st.sampled_from(("redeem", "redeem", "redeem", "restart", "cancel")), st.integers(0, 9)
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sold=st.integers(1, 8), moves=moves)
async def test_in_any_order_and_after_any_restart_each_slip_is_worth_its_money_once(
    make_world: MakeWorld, sold: int, moves: list[tuple[str, int]]
) -> None:
    """Wallets hold what the distinct good slips were worth, and the site owes all others."""
    world = await make_world()
    first = await world.wallet()
    batch = await batch_of(world, 8, sold=sold)
    slips = await numbers(world, batch)
    used, cancelled = set[int](), set[int]()
    for what, at in moves:
        wallet = world.site.wallet(first.wallet.id)
        place = at % 8
        good = place < sold and place not in used | cancelled
        if what == "restart":
            await world.restart()
        elif what == "redeem":
            await _done(redeem(world, wallet, slips[place]), good)
            used |= {place} if good else set()
        else:
            serial = serial_of(batch.no, place)
            await _done(
                cancel_vouchers(
                    world.site,
                    batch=batch.id,
                    serial=serial,
                    back=PaidBy.CASH,
                    reason="lost",
                    actor=MANAGER,
                ),
                good,
            )
            cancelled |= {place} if good else set()
    wallet = world.site.wallet(first.wallet.id)
    left = sold - len(used) - len(cancelled)
    assert wallet.posted_minor == 5000 * len(used)
    assert await owed(world) == 5000 * left == _batch(world, batch).open_minor
    assert len(await world.books.load(Voucher)) == len(used | cancelled)


async def _done(work: object, good: bool) -> None:
    """See that something is done, or refused."""
    if good:
        await work  # type: ignore[misc]
        return
    with pytest.raises(CoreError):
        await work  # type: ignore[misc]


async def test_what_is_over_of_all_batches_is_taken_back_in_one_entry(world: World) -> None:
    """An accountant closes the year: one line with all that lapsed, and nothing of what is still good."""
    day = world.clock.now.date()
    wallet = await world.wallet()
    used = await batch_of(world, 2, valid_until=day)
    half = await batch_of(world, 4, sold=3, valid_until=day)
    unsold = await batch_of(world, 2, sold=None, valid_until=day)
    good = await batch_of(world, 2, valid_until=day + 9 * DAY)
    for number in await numbers(world, used):
        await redeem(world, wallet, number)
    with pytest.raises(CoreError, match="vouchers_none_expired"):
        await cancel_expired(world.site, actor=MANAGER, reason="year's end")
    world.clock.now += DAY
    assert [one.id for one in expired_batches(world.site)] == [half.id]
    told = {"actor": MANAGER, "reason": "year's end", "reference": "2026"}
    receipt, gone = await cancel_expired(world.site, **told)  # type: ignore[arg-type]
    assert [one.id for one in gone] == [half.id]
    assert (receipt.detail["count"], receipt.detail["amount"]) == (3, 15_000)
    for _ in range(2):
        again, same = await cancel_expired(world.site, **told)  # type: ignore[arg-type]
        assert (again.entry, again.repeated, [one.id for one in same]) == (
            receipt.entry,
            True,
            [half.id],
        )
        assert await of_site(world, SiteAccount.VOUCHERS) == good.count * 5000
        assert await of_site(world, SiteAccount.REVENUE_FEES) == 15_000
        assert expired_batches(world.site) == []
        batches = world.site.offline.batches
        assert batches[half.id].open == 0
        assert (batches[good.id].open, batches[unsold.id].closed_at) == (2, None)
        await world.restart()
    await is_sound(world)
