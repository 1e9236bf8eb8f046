"""Service fees on top-ups at work: taken in the top-up's own entry, told line by line, given back by rule."""

import contextlib
from typing import Any, Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.batch import read_rows
from custom_components.prepaid_parking.core.chart import Bucket, Channel, SiteAccount
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.top_up_fee import FeeBack
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.batch import Batch, batch_top_up
from custom_components.prepaid_parking.operations.buckets import credit_view
from custom_components.prepaid_parking.operations.cashier import close_wallet, deduct, refund
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.tally import Tally
from custom_components.prepaid_parking.operations.top_up_fees import fee_list, set_top_up_fee
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import holds, is_sound, of_site, promise
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, paid_order
from tests.operations.test_agents import an_agent, sell
from tests.operations.test_vouchers import batch_of, numbers, redeem
from tests.operations.world import DAY, HOUR, MANAGER, World

TAXED: Final[dict[str, Any]] = {"tax_bp": 600, "tax_name": "VAT"}


async def asks(world: World, name: str = "card", **changes: Any) -> None:
    """Set a fee of ten per cent, or as given."""
    await set_top_up_fee(world.site, fee=name, changes={"share_bp": 1_000} | changes, actor=MANAGER)


async def give_back(world: World, wallet: WalletRun, minor: int) -> Any:
    """Pay money out."""
    return await refund(
        world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="moves", actor=MANAGER
    )


async def take(world: World, wallet: WalletRun, minor: int) -> None:
    """Take money by hand."""
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=minor, reason="key", actor=MANAGER
    )


async def earned(world: World) -> tuple[int, int]:
    """What the site has earned by fees, and the tax of them."""
    return (
        await of_site(world, SiteAccount.REVENUE_SERVICE),
        await of_site(world, SiteAccount.TAX),
    )


async def test_a_hundred_with_ten_per_cent_credits_what_remains(world: World) -> None:
    """Row P9: 100.00 paid, 10.00 of service and its tax out of it, all in one entry."""
    await asks(world, **TAXED)
    wallet = await world.wallet()
    receipt = await world.pay(wallet, "100", reference="r1")
    assert await holds(world, wallet) == {Bucket.CASH: 8_940}
    assert await earned(world) == (1_000, 60)
    assert await of_site(world, SiteAccount.CASH) == -10_000
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    assert (entry.id, len(entry.postings)) == (receipt.entry, 3)
    fee: Any = receipt.detail["fee"]
    assert fee["lines"] == [{"rule": "fee_share", "share": 100_000, "of": 10_000, "amount": 1_000}]
    assert fee["levies"] == [{"name": "VAT", "share": 60_000, "amount": 60, "included": False}]
    view: Any = credit_view(world.site, receipt)["fee"]
    assert (view["net"], view["tax"], view["total"]) == ("10.00", "0.60", "10.60")
    await world.restart()
    await is_sound(world)


async def test_on_top_the_payer_brings_it_beside_the_top_up(world: World) -> None:
    """The wallet gets its whole hundred, and the till has 110.60."""
    await asks(world, on_top=True, **TAXED)
    wallet = await world.wallet("100")
    assert await holds(world, wallet) == {Bucket.CASH: 10_000}
    assert await earned(world) == (1_000, 60)
    assert await of_site(world, SiteAccount.CASH) == -11_060
    await is_sound(world)


async def test_nothing_is_earned_beside_what_a_provider_a_slip_or_an_agent_holds(
    world: World,
) -> None:
    """Who scanned a code for a hundred paid a hundred: a fee on top of it would be money from nowhere."""
    await asks(world, on_top=True, **TAXED)
    wallet, provider, agent = await world.wallet(), RefundingProvider(), await an_agent(world)
    connect(world.site, provider)
    await paid_order(world, provider, wallet, 10_000)
    assert await of_site(world, SiteAccount.CLEARING_WECHAT) == -10_000
    assert await holds(world, wallet) == {Bucket.CASH: 8_940}
    slip = (await numbers(world, await batch_of(world)))[0]
    await redeem(world, wallet, slip)
    assert await of_site(world, SiteAccount.VOUCHERS) == 20_000
    agent = await sell(world, agent, wallet.wallet.id, 5_000)
    assert await of_site(world, SiteAccount.AGENTS) == agent.float_minor == 5_000
    assert await holds(world, wallet) == {Bucket.CASH: 8_940 + 2 * 4_470}
    assert await earned(world) == (2_000, 120)
    await is_sound(world)


async def test_where_no_fee_was_set_none_is_taken(world: World) -> None:
    """Nobody pays for what was never announced; nor once it has ended."""
    wallet = await world.wallet("100")
    await asks(world, "terminal", channels=("terminal",))
    await asks(world, "ended", until_at=world.clock.now + HOUR)
    world.clock.now += DAY
    await world.pay(wallet, "100")
    assert await holds(world, wallet) == {Bucket.CASH: 20_000}
    await world.pay(wallet, "100", channel=Channel.TERMINAL)
    assert await holds(world, wallet) == {Bucket.CASH: 29_000}


async def test_a_payment_announced_again_costs_no_second_fee(world: World) -> None:
    """Also when the fee has changed meanwhile: the answer is that of the first time."""
    await asks(world, on_top=True)
    wallet = await world.wallet()
    first = await world.pay(wallet, "100", reference="r1")
    await asks(world, share_bp=2_000, on_top=False)
    await world.restart()
    again = await world.pay(world.wallet_now(wallet), "100", reference="r1")
    assert (again.entry, again.repeated, again.detail) == (first.entry, True, first.detail)
    assert await earned(world) == (1_000, 0)
    await world.pay(world.wallet_now(wallet), "100", reference="r2")
    assert await earned(world) == (3_000, 0)
    (view,) = fee_list(world.site)
    assert (view["version"], view["percent"], view["on_top"]) == (2, "20", False)


async def test_each_row_of_a_batch_costs_its_own_fee(world: World) -> None:
    """An enterprise that tops up two wallets is charged as two tenants are."""
    await asks(world, fixed_minor=100, share_bp=0)
    runs = [await world.wallet(), await world.wallet()]
    rows = read_rows([{"wallet": one.wallet.id, "amount": "50"} for one in runs])
    await batch_top_up(
        world.site, Batch(rows=rows, channel=Channel.TRANSFER, reference="b", actor=MANAGER)
    )
    assert [await holds(world, one) for one in runs] == [{Bucket.CASH: 4_900}] * 2


@pytest.mark.parametrize("on_top", [False, True])
@pytest.mark.parametrize(
    ("back", "undone", "refunded"),
    [
        (FeeBack.NEVER, False, False),
        (FeeBack.REVERSED, True, False),
        (FeeBack.REFUNDED, True, True),
    ],
)
async def test_a_fee_goes_back_as_its_rule_says(
    world: World, back: FeeBack, *, undone: bool, refunded: bool, on_top: bool
) -> None:
    """Who made the top-up by mistake, and who moves out: each gets back what was announced."""
    await asks(world, back=back, on_top=on_top, **TAXED)
    wallet, other = await world.wallet(), await world.wallet()
    paid = 11_060 if on_top else 10_000
    wrong = await world.pay(wallet, "100")
    await reverse_entry(world.site, entry=wrong.entry, reason="wrong flat", actor=MANAGER)
    assert await holds(world, wallet) == {}
    kept = 0 if undone else 1_060
    assert await earned(world) == ((0, 0) if undone else (1_000, 60))
    assert await of_site(world, SiteAccount.CASH) == -kept
    await world.pay(other, "100")
    receipt = await give_back(world, other, refundable_minor(other))
    assert await holds(world, other) == {}
    assert ("fees_back" in receipt.detail) is refunded
    kept += 0 if refunded else 1_060
    assert await of_site(world, SiteAccount.CASH) == -kept
    assert sum(await earned(world)) == kept
    assert kept <= 2 * paid
    await world.restart()
    await is_sound(world)


async def test_what_was_spent_of_a_top_up_has_cost_its_fee(world: World) -> None:
    """Half of it was used: half of the fee was for that, in one refund or in many."""
    await asks(world, back=FeeBack.REFUNDED)
    wallet = await world.wallet("100")
    await take(world, wallet, 4_500)
    assert refundable_minor(wallet) == 4_500
    await give_back(world, wallet, 1_500)
    with pytest.raises(CoreError, match="more_than_refundable"):
        await give_back(world, wallet, 3_001)
    await give_back(world, wallet, 3_000)
    assert await earned(world) == (500, 0)
    assert await of_site(world, SiteAccount.CASH) == -5_000
    await is_sound(world)


async def test_a_fee_is_not_given_back_twice(world: World) -> None:
    """Refunded, then the top-up is taken back as well: the refund has to go first, and both are gone."""
    await asks(world, back=FeeBack.REFUNDED)
    wallet = await world.wallet()
    topped_up = await world.pay(wallet, "100")
    refunded = await give_back(world, wallet, 9_000)
    assert await earned(world) == (0, 0)
    with pytest.raises(CoreError, match="top_up_fee_given_back"):
        await reverse_entry(world.site, entry=topped_up.entry, reason="wrong", actor=MANAGER)
    await reverse_entry(world.site, entry=refunded.entry, reason="was not paid", actor=MANAGER)
    assert await earned(world) == (1_000, 0)
    await reverse_entry(world.site, entry=topped_up.entry, reason="wrong", actor=MANAGER)
    assert await earned(world) == (0, 0)
    assert await holds(world, wallet) == {}
    assert await of_site(world, SiteAccount.CASH) == 0


@pytest.mark.parametrize("bonus", [False, True])
async def test_a_refund_that_is_taken_back_may_be_made_again_with_its_fee(
    world: World, *, bonus: bool
) -> None:
    """The cashier pressed the wrong line; the tenant does not lose the fee by that."""
    await asks(world, back=FeeBack.REFUNDED)
    if bonus:
        await promise(world, top_up=10_000, bonus=1_000)
    wallet = await world.wallet("100")
    refunded = await give_back(world, wallet, 4_500)
    assert await earned(world) == (500, 0)
    await reverse_entry(world.site, entry=refunded.entry, reason="not yet", actor=MANAGER)
    assert await earned(world) == (1_000, 0)
    await is_sound(world)
    again = await give_back(world, wallet, refundable_minor(wallet))
    assert "fees_back" in again.detail
    assert await earned(world) == (0, 0)
    assert Bucket.CASH not in await holds(world, wallet)
    assert await of_site(world, SiteAccount.CASH) == 0
    await is_sound(world)


async def test_closing_gives_back_what_a_refund_would(world: World) -> None:
    """Who closes the wallet is not worse off than who asks for a refund."""
    await asks(world, back=FeeBack.REFUNDED)
    wallet = await world.wallet("100")
    await take(world, wallet, 1_800)
    receipt = await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    assert receipt.detail["settled"] == 7_200
    assert await earned(world) == (200, 0)
    assert await of_site(world, SiteAccount.CASH) == -2_000
    await is_sound(world)


async def test_a_fee_is_the_days_revenue_and_no_habit_of_using(world: World) -> None:
    """A tenant whose fee counted as use would be warned days too early; given back, it is no revenue."""
    tally = Tally(world.zone)
    await tally.begin(world.books, world.clock())
    await asks(world, back=FeeBack.REFUNDED, **TAXED)
    wallet = await world.wallet("100")
    await tally.follow(world.books, world.clock())
    assert tally.site_today(world.clock()) == 1_000
    assert tally.daily_minor(wallet.wallet.no, world.clock() + DAY) is None
    await close_wallet(world.site, wallet=wallet.wallet.id, actor=MANAGER)
    await tally.follow(world.books, world.clock())
    assert tally.site_today(world.clock()) == 0


async def test_a_fee_beside_a_bonus_leaves_both_right(world: World) -> None:
    """500 brings 100 also where a fee is taken: the poster speaks of what was paid."""
    await asks(world, share_bp=100)
    await promise(world)
    wallet = await world.wallet("500", kind=WalletKind.ENTERPRISE)
    assert await holds(world, wallet) == {Bucket.CASH: 49_500, Bucket.BONUS: 10_000}
    assert refundable_minor(wallet) == 49_500
    await is_sound(world)


async def test_a_fee_that_makes_no_sense_is_refused(world: World) -> None:
    """Nothing is written of it."""
    for name, changes, key in (
        (" ", {}, "top_up_fee_missing"),
        ("x", {"share_bp": 20_000}, "top_up_fee_too_high"),
        ("x", {"version": 7}, "unknown_field"),
    ):
        with pytest.raises(CoreError, match=key):
            await set_top_up_fee(world.site, fee=name, changes=changes, actor=MANAGER)
    assert world.site.extras.fees == {}


moves = st.lists(
    st.tuples(
        st.sampled_from(["pay", "take", "refund", "undo"]),
        st.integers(1, 3_000),
        st.sampled_from(FeeBack),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
async def test_nobody_gets_more_than_was_brought(
    make_world: MakeWorld, moves: list[tuple[str, int, FeeBack, bool]]
) -> None:
    """Whatever is paid, spent, refunded and taken back: no fee becomes the customer's gain."""
    world = await make_world()
    wallet = await world.wallet()
    for what, minor, back, on_top in moves:
        if what == "pay":
            await asks(world, back=back, on_top=on_top, least_minor=7, tax_bp=1_300)
            await world.pay(wallet, world.text(minor))
        elif what == "take" and minor <= wallet.available_minor:
            await take(world, wallet, minor)
        elif what == "refund" and refundable_minor(wallet) > 0:
            most = refundable_minor(wallet)
            await give_back(world, wallet, min(minor, most))
            assert refundable_minor(wallet) == most - min(minor, most)
        elif what == "undo":
            kinds = [EntryKind.TOP_UP, EntryKind.REFUND]
            found = await world.books.entries(kinds=kinds, limit=1_000)
            undone = {one.reverses for one in await world.books.entries(limit=1_000)}
            left = [one for one in found if one.id not in undone]
            if left:
                entry = left[minor % len(left)]
                with contextlib.suppress(CoreError):
                    await reverse_entry(world.site, entry=entry.id, reason="wrong", actor=MANAGER)
        assert min(await earned(world)) >= 0
        await is_sound(world)
    await world.restart()
    await is_sound(world)
