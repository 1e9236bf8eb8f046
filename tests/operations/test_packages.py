"""Packages of uses in the books: what is sold is owed until it is used, and used up exactly."""

from typing import Any, Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    SiteAccount,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.package import Package
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cards import block_card, issue_card
from custom_components.prepaid_parking.operations.cashier import deduct, freeze, unfreeze
from custom_components.prepaid_parking.operations.counting import use_package
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.giving_back import (
    expire_packages,
    give_back_use,
)
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.packages import (
    end_package,
    packages_of,
    sell_package,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, promise
from tests.operations.world import DAY, MANAGER, World

DEFERRED: Final = site_account(SiteAccount.DEFERRED)
REVENUE: Final = site_account(SiteAccount.REVENUE_PACKAGES)


def washes(after: str = "refuse", **fields: Any) -> dict[str, Any]:
    """A tariff of "100 for 50 uses"."""
    counted: dict[str, Any] = {"uses": 50, "price": "100"}
    if after == "money":
        counted["use_price"] = "2.50"
    terms = counted | {"after": after} | fields
    levies = terms.pop("levies", None)
    return {"tariff": "washes", "kind": "counted", "counted": terms} | (
        {"levies": levies} if levies else {}
    )


async def laundry(world: World, money: str = "150", **terms: Any) -> WalletRun:
    """Publish the tariff and open a wallet that can pay for a package."""
    await world.publish(washes(**terms))
    return await world.wallet(money, purpose=Purpose.PROPERTY)


async def sell(world: World, run: WalletRun, **fields: Any) -> str:
    """Sell a package; return its id."""
    told: dict[str, Any] = {"tariff": "washes", "actor": MANAGER} | fields
    receipt = await sell_package(world.site, wallet=run.wallet.id, **told)
    return str(receipt.detail["package"])


async def use(world: World, run: WalletRun | None = None, **fields: Any) -> Receipt:
    """Take a use."""
    told: dict[str, Any] = {"actor": MANAGER, "wallet": run.wallet.id if run else ""} | fields
    return await use_package(world.site, **told)


async def books(world: World, run: WalletRun) -> tuple[int, int, int, int]:
    """What the books say: cash, uses, what is still owed, what was earned."""
    balances = await world.books.balances()
    no = run.wallet.no
    accounts = (wallet_account(no), wallet_account(no, Bucket.USES), DEFERRED, REVENUE)
    return tuple(balances.get(one, 0) for one in accounts)  # type: ignore[return-value]


async def test_100_buys_50_and_the_51st_is_refused(world: World) -> None:
    """The customer gets fifty washes for a hundred, and the laundry earns two with each."""
    run = await laundry(world)
    await sell(world, run)
    assert await books(world, run) == (5_000, 50, 10_000, 0)
    await use(world, run)
    assert await books(world, run) == (5_000, 49, 9_800, 200)
    await use(world, run, uses=49)
    assert await books(world, run) == (5_000, 0, 0, 10_000)
    with pytest.raises(CoreError, match="no_uses_left"):
        await use(world, run)
    assert await packages_of(world.site) == []
    facts = [fact for fact in world.heard(WalletFact) if fact.event is WalletEvent.USES_TAKEN]
    assert [(fact.uses, fact.uses_left) for fact in facts] == [(1, 49), (49, 0)]


async def test_beyond_the_last_one_money_pays_where_the_tariff_says_so(world: World) -> None:
    """Nobody stands before a locked door for want of a package."""
    run = await laundry(world, "106", after="money", uses=2)
    await sell(world, run)
    await use(world, run)
    receipt = await use(world, run, uses=3, reference="a")  # one of the package, two in money
    assert receipt.detail["amount"] == 500
    assert await books(world, run) == (100, 0, 0, 10_500)
    with pytest.raises(CoreError, match="not_enough_money"):
        await use(world, run)
    back = await give_back_use(
        world.site, entry=int(receipt.entry), reason="no water", actor=MANAGER
    )
    assert back.detail["amount"] == 500
    assert await books(world, run) == (600, 1, 5_000, 5_000)


async def test_a_new_package_is_sold_where_the_tariff_renews(world: World) -> None:
    """The regular's tap works on the day the package ends, and pays once."""
    run = await laundry(world, "250", after="renew", uses=3)
    with pytest.raises(CoreError, match="no_uses_left"):
        await use(world, run, tariff="washes")  # nobody is sold a first package by a tap
    await sell(world, run)
    await use(world, run, uses=2)
    for _ in range(2):
        await use(world, run, uses=3, reference="tap 9")
    assert await books(world, run) == (5_000, 1, 3_333, 16_667)
    assert len(await world.books.load(Package)) == 2
    with pytest.raises(CoreError, match="not_enough_money"):
        await use(world, run, uses=2)
    assert await books(world, run) == (5_000, 1, 3_333, 16_667)


async def test_each_act_repeated_is_one(world: World) -> None:
    """A terminal that does not know whether its call arrived simply calls again."""
    run = await laundry(world, "400", uses=3)
    first, second = [await sell(world, run, reference="sale") for _ in range(2)]
    assert first == second
    entries = {(await use(world, run, reference=str(tap % 3))).entry for tap in range(9)}
    assert len(entries) == 3
    assert (await use(world, run, reference="0")).repeated
    with pytest.raises(ConflictError):
        await use(world, run, uses=2, reference="0")
    assert (await books(world, run))[1:] == (0, 0, 10_000)
    for _ in range(2):
        await give_back_use(
            world.site, entry=min(entries), reason="broken", actor=MANAGER, reference="b"
        )
    assert (await books(world, run))[1:] == (1, 3_333, 6_667)
    with pytest.raises(ConflictError):
        await give_back_use(world.site, entry=min(entries), reason="again", actor=MANAGER)


async def test_three_uses_of_100_earn_100_whatever_is_given_back(world: World) -> None:
    """A third of a hundred is no number of cents; the sum must be a hundred all the same."""
    run = await laundry(world, uses=3)
    await sell(world, run)
    first = await use(world, run)
    await use(world, run)
    await give_back_use(world.site, entry=int(first.entry), reason="broken", actor=MANAGER)
    await use(world, run)
    await use(world, run)
    assert (await books(world, run))[1:] == (0, 0, 10_000)


async def test_tax_and_fee_are_earned_with_each_use(world: World) -> None:
    """The tax office is owed its part when the service is given, to the cent in the end."""
    levies = [
        {"name": "vat", "kind": "tax", "percent": "6"},
        {"name": "card", "kind": "fee", "percent": "1"},
    ]
    run = await laundry(world, "150", uses=7, levies=levies)
    await sell(world, run)
    assert (await books(world, run))[0] == 15_000 - 10_706
    for _ in range(7):
        await use(world, run)
    balances = await world.books.balances()
    assert balances[site_account(SiteAccount.TAX)] == 606
    assert balances[site_account(SiteAccount.REVENUE_FEES)] == 100
    assert (balances[REVENUE], balances[DEFERRED]) == (10_000, 0)


async def test_a_package_expires_at_the_end_of_its_day(world: World) -> None:
    """What is left is income then, with an entry that says so; an hour before, it still washes."""
    run = await laundry(world, valid_days=30)
    await sell(world, run)
    await use(world, run)
    await world.tick(30 * DAY + 11 * (DAY / 24))
    await use(world, run)
    await world.tick(DAY / 24)
    assert (await books(world, run))[1:] == (0, 0, 10_000)
    (entry,) = await world.books.entries(kinds=(EntryKind.USES_EXPIRED,))
    assert (entry.detail["uses"], entry.detail["amount"]) == (48, 9_600)
    assert world.events(run).count(WalletEvent.USES_EXPIRED) == 1
    with pytest.raises(CoreError, match="no_uses_left"):
        await use(world, run)
    await expire_packages(world.site, world.clock())
    await world.restart()
    await world.tick(DAY)
    assert len(await world.books.entries(kinds=(EntryKind.USES_EXPIRED,))) == 1


async def test_the_package_that_expires_first_is_used_first(world: World) -> None:
    """Nobody loses a use that another package could have spared."""
    run = await laundry(world, "200")
    await sell(world, run)
    await world.publish(washes(valid_days=1) | {"tariff": "weekend"})
    soon = await sell(world, run, tariff="weekend")
    receipt = await use(world, run)
    assert receipt.detail["takes"] == [{"package": soon, "uses": 1, "worth": 200}]


async def test_a_family_shares_and_strangers_do_not(world: World) -> None:
    """The daughter swims on her father's package; the neighbour buys their own."""
    run = await laundry(world, shared=True)
    daughter = await world.wallet(purpose=Purpose.PROPERTY)
    neighbour = await world.wallet(purpose=Purpose.PROPERTY)
    meters = await world.wallet()
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await sell(world, run, guests=[meters.wallet.id])
    await sell(world, run, guests=[daughter.wallet.id])
    await use(world, daughter)
    assert (await books(world, run))[1] == 49
    for stranger in (neighbour, meters):
        with pytest.raises(CoreError, match="no_uses_left"):
            await use(world, stranger)
    await freeze(world.site, wallet=run.wallet.id, reason="bank", actor=MANAGER)
    with pytest.raises(CoreError, match="no_uses_left"):
        await use(world, daughter)
    with pytest.raises(CoreError, match="wallet_frozen"):
        await use(world, run)
    await unfreeze(world.site, wallet=run.wallet.id, reason="over", actor=MANAGER)
    await use(world, run)


async def test_a_package_for_one_card_is_for_that_card(world: World) -> None:
    """The club's ten lessons are this child's, not the sister's who pays from the same wallet."""
    run = await laundry(world, "200")
    cards = [
        str(
            (
                await issue_card(
                    world.site, wallet=run.wallet.id, tags=[f"t{which}"], actor=MANAGER
                )
            ).detail["card"]
        )
        for which in range(2)
    ]
    await sell(world, run, card=cards[0])
    await use(world, card=cards[0])
    for other in ({"card": cards[1]}, {"wallet": run.wallet.id}):
        with pytest.raises(CoreError, match="no_uses_left"):
            await use(world, **other)
    await block_card(world.site, card=cards[0], reason="lost", actor=MANAGER)
    with pytest.raises(CoreError, match="card_blocked"):
        await use(world, card=cards[0])


async def test_ended_before_its_time_the_rest_is_paid_back_or_kept(world: World) -> None:
    """Who moves away gets the worth of what is left, where the house agrees to it."""
    run = await laundry(world, "200", uses=3)
    first, second = await sell(world, run), await sell(world, run)
    await use(world, run)
    receipt = await use(world, run)
    for _ in range(2):
        ended = await end_package(
            world.site, package=first, refund=True, reason="moves", actor=MANAGER, reference="e"
        )
        assert ended.detail["amount"] == 3_333
    assert await books(world, run) == (3_333, 3, 10_000, 6_667)
    await end_package(world.site, package=second, refund=False, reason="moves", actor=MANAGER)
    assert await books(world, run) == (3_333, 0, 0, 16_667)
    with pytest.raises(CoreError, match="package_ended"):
        await end_package(world.site, package=second, refund=True, reason="x", actor=MANAGER)
    with pytest.raises(CoreError, match="package_ended"):
        await give_back_use(world.site, entry=int(receipt.entry), reason="x", actor=MANAGER)


async def test_what_cannot_be_sold_is_refused_in_words(world: World) -> None:
    """A cashier reads why, and nothing has moved."""
    run = await laundry(world, "99.99")
    for key, fields in (
        ("not_enough_money", {}),
        ("unknown_tariff", {"tariff": "lessons"}),
        ("tariff_wrong_kind", {"tariff": "home"}),
        ("unknown_card", {"card": "c9"}),
        ("package_not_shared", {"guests": [run.wallet.id]}),
    ):
        with pytest.raises(CoreError, match=key):
            await sell(world, run, **fields)
    with pytest.raises(CoreError, match="uses_negative"):
        await use(world, run, uses=0)
    with pytest.raises(CoreError, match="entry_took_no_uses"):
        await give_back_use(world.site, entry=1, reason="x", actor=MANAGER)
    assert await books(world, run) == (9_999, 0, 0, 0)
    light = await world.wallet("100")
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await sell(world, light)
    with pytest.raises(CoreError, match="payer_missing"):
        await use(world)


STEP = st.tuples(
    st.sampled_from(("sell", "use", "use", "back", "end", "wait", "restart")),
    st.integers(0, 5),
    st.integers(1, 4),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(STEP, max_size=25), st.sampled_from(("refuse", "money", "renew")), st.integers(1, 5)
)
async def test_no_sequence_makes_or_loses_money_or_uses(
    make_world: MakeWorld, steps: list[tuple[str, int, int]], after: str, uses: int
) -> None:
    """Whatever is sold, used, given back and ended: what is owed is the worth of what is left."""
    world = await make_world()
    run = await laundry(world, "500", after=after, uses=uses, valid_days=3)
    packages, entries = ["k99"], [1]
    for kind, which, count in steps:
        try:
            match kind:
                case "sell":
                    packages.append(await sell(world, run))
                case "use":
                    entries.append(int((await use(world, run, uses=count)).entry))
                case "back":
                    entry = entries[which % len(entries)]
                    await give_back_use(world.site, entry=entry, reason="x", actor=MANAGER)
                case "end":
                    await end_package(
                        world.site,
                        package=packages[which % len(packages)],
                        refund=bool(count % 2),
                        reason="x",
                        actor=MANAGER,
                    )
                case "wait":
                    await world.tick(DAY)
                case _:
                    await world.restart()
                    run = world.wallet_now(run)
        except CoreError:
            pass
        cash, left, owed, _ = await books(world, run)
        there = await packages_of(world.site)
        assert cash >= 0
        assert left == sum(one.left for one in there) >= 0
        assert owed == sum(
            one.price_minor - round_half_up(one.price_minor * (one.uses - one.left), one.uses)
            for one in there
        )
        assert sum((await world.books.balances()).values()) == 0
        assert there == sorted(
            await world.books.load(Package, ended_at=None), key=lambda one: one.no
        )
    assert not (await world.books.verify()).problem


def round_half_up(numerator: int, denominator: int) -> int:
    """The rule of the worth of uses, said once more."""
    return (2 * numerator + denominator) // (2 * denominator)


@pytest.mark.parametrize("way", ["ended", "given back", "reversed"])
async def test_bonus_that_comes_back_is_bonus_again_and_never_paid_out(
    world: World, way: str
) -> None:
    """A gift that went into washes is a gift when they are given back, also after another top-up."""
    await world.publish(washes(uses=1, after="money", use_price="100"))
    await promise(world, back=Back.BONUS_FIRST)
    run = await world.wallet(purpose=Purpose.PROPERTY)
    await world.pay(run, "500")
    if way == "ended":
        package = await sell(world, run)
    elif way == "given back":
        took = await use(world, run, tariff="washes")
    else:
        took = await deduct(
            world.site,
            wallet=run.wallet.id,
            amount_minor=10_000,
            reason="key",
            actor=MANAGER,
        )
    assert run.bonus_minor == 0
    await world.pay(run, "500")
    if way == "ended":
        await end_package(world.site, package=package, refund=True, reason="", actor=MANAGER)
    elif way == "given back":
        await give_back_use(world.site, entry=int(took.entry), reason="", actor=MANAGER)
    else:
        await reverse_entry(world.site, entry=int(took.entry), reason="", actor=MANAGER)
    assert (run.posted_minor, run.bonus_minor) == (100_000, 20_000)
    assert refundable_minor(run) == 100_000
    await world.restart()
    again = world.wallet_now(run)
    assert refundable_minor(again) == 100_000
    await world.pay(again, "1")
    assert refundable_minor(again) == 100_100
    await is_sound(world)
