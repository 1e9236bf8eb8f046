"""What several pay of one fee: members by their shares, tenants by their days, exact to the cent."""

from collections import defaultdict
import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
import shutil
from typing import Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import Bill, BillState
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import UnitId
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.recurring import Fixed
from custom_components.prepaid_parking.core.recurring_charge import RecurringCharge
from custom_components.prepaid_parking.core.shares import ShareBy
from custom_components.prepaid_parking.core.wallet import Purpose, WalletKind
from custom_components.prepaid_parking.operations import moving
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.bills import create_bill, issue_bill, void_bill
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.moving import HandOver, move, move_in, move_out
from custom_components.prepaid_parking.operations.occupants import occupancy_of
from custom_components.prepaid_parking.operations.setting_recurring import set_recurring
from custom_components.prepaid_parking.operations.shared_bills import parts_issued
from custom_components.prepaid_parking.operations.units import Draft, set_unit
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store import writer
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.group import Group
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.test_bills import agrees, line
from tests.operations.test_recurring import all_bills, settled, until
from tests.operations.test_shares import share, unit
from tests.operations.world import BOOKS, CURRENCY, DAY, MANAGER, SITE, World

START: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)
LATE: Final = Fixed(price_micro=100_000_000, every=Every.MONTH, day=31)
"""A hundred a month, due on its last day: who lived there is known by then."""
EARLY: Final = Fixed(price_micro=100_000_000, every=Every.MONTH, day=1)


class Killed(BaseException):
    """The hub is gone: nothing after this runs."""


async def fee(
    world: World, fixed: Fixed, category: Category = Category.UTILITY, **who: str
) -> RecurringCharge:
    """Let a wallet or a unit pay a fee from the first of June."""
    _, charge = await set_recurring(
        world.site,
        changes={"name": "Fee", "category": category, "fixed": fixed, "first": date(2026, 6, 1)}
        | who,
        actor=MANAGER,
    )
    return charge


async def lift(
    world: World, *members: tuple[str, int], purpose: Purpose = Purpose.UTILITY
) -> WalletRun:
    """Let these pay together for a lift."""
    wallet = await world.wallet(unit="Lift", kind=WalletKind.SHARED, purpose=purpose)
    await share(world, wallet, ShareBy.FIXED, *members)
    return wallet


def asked(bills: list[Bill]) -> dict[str, int]:
    """Sum up what each wallet is asked for, void bills left out."""
    sums: dict[str, int] = defaultdict(int)
    for bill in bills:
        if bill.state is not BillState.VOID:
            sums[bill.wallet] += bill.total_minor
    return dict(sums)


def days_of(bill: Bill) -> list[date]:
    """Return the days that a bill is for."""
    assert bill.from_day is not None
    assert bill.to_day is not None
    return [bill.from_day + number * DAY for number in range((bill.to_day - bill.from_day).days)]


async def test_a_shared_fee_is_a_bill_of_each_member(make_world: MakeWorld) -> None:
    """A hundred over three: no one pays the odd cent every month, and nobody's arrears are another's."""
    world = await make_world(at=START)
    rich = [await world.wallet("500") for _ in range(2)]
    poor = await world.wallet("")
    wallet = await lift(world, *((one.wallet.id, 1) for one in (*rich, poor)))
    await fee(world, EARLY, wallet=wallet.wallet.id)
    await settled(world)
    bills = await all_bills(world)
    assert sorted(bill.total_minor for bill in bills) == [3333, 3333, 3334]
    assert {bill.wallet for bill in bills} == {one.wallet.id for one in (*rich, poor)}
    states = {bill.wallet: bill.state for bill in bills}
    assert [states[one.wallet.id] for one in (*rich, poor)] == ["paid", "paid", "issued"]
    assert [bill.number for bill in bills] == ["2026-000001", "2026-000002", "2026-000003"]
    await until(world, date(2026, 8, 2))
    assert asked(await all_bills(world)) == {one.wallet.id: 100_00 for one in (*rich, poor)}
    assert wallet.others == {}
    await agrees(world)


async def test_the_odd_cents_of_a_shared_fee_outlive_a_restart(make_world: MakeWorld) -> None:
    """Who was given a cent too much is known afterwards as well, and no bill comes twice."""
    world = await make_world(at=START)
    members = [await world.wallet("500") for _ in range(3)]
    wallet = await lift(world, *((one.wallet.id, 1) for one in members))
    await fee(world, EARLY, wallet=wallet.wallet.id)
    for month in (6, 7, 8):
        await until(world, date(2026, month, 2))
        await world.restart()
    await settled(world)
    assert asked(await all_bills(world)) == {one.wallet.id: 100_00 for one in members}
    assert len(await all_bills(world)) == 9


async def test_a_shared_property_fee_is_paid_by_property_wallets(make_world: MakeWorld) -> None:
    """The wall: the members are flats, and what they owe for the house is not taken from their light."""
    world = await make_world(at=START - DAY)
    names: list[str] = []
    for name in ("Flat 1", "Flat 2"):
        light = await world.wallet("500", unit=name)
        flat = await unit(world, name, area_cm2=500_000)
        await world.wallet("500", unit=name, purpose=Purpose.PROPERTY)
        hand = HandOver(unit=flat.id, wallet=light.wallet.id, actor=MANAGER)
        await move_in(world.site, hand)
        names.append(flat.id)
    wallet = await lift(world, *((name, 1) for name in names), purpose=Purpose.PROPERTY)
    await fee(world, EARLY, Category.PROPERTY, wallet=wallet.wallet.id)
    await until(world, date(2026, 6, 2))
    bills = await all_bills(world)
    assert [bill.total_minor for bill in bills if bill.wallet != wallet.wallet.id] == [5000, 5000]
    purposes = {world.site.wallets[bill.wallet].wallet.purpose for bill in bills}
    assert purposes == {Purpose.PROPERTY}
    await agrees(world)


async def test_a_bill_by_hand_is_shared_as_well(make_world: MakeWorld) -> None:
    """The lift's repair, with its tax: parts and taxes add up, and said twice it is billed once."""
    world = await make_world(at=START)
    members = [await world.wallet("500") for _ in range(3)]
    wallet = await lift(
        world, *((one.wallet.id, weight) for one, weight in zip(members, (1, 2, 4), strict=True))
    )
    for _ in range(2):
        receipt, bill = await create_bill(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            lines=(line(100_00, 19_00, Category.UTILITY),),
            actor=MANAGER,
            reference="lift-7",
        )
    parts = await parts_issued(world.site, bill)
    assert receipt.repeated
    assert parts == await all_bills(world)
    assert [part.total_minor for part in parts] == [1428, 2857, 5715]
    assert sum(part.lines[0].tax_minor for part in parts) == 1900
    assert {part.state for part in parts} == {BillState.PAID}
    await agrees(world)


async def test_a_draft_of_a_shared_wallet_is_shared_when_it_is_issued(
    make_world: MakeWorld,
) -> None:
    """A draft asks nobody; issued, its parts are the members' and nothing of it stays behind."""
    world = await make_world(at=START)
    members = [await world.wallet("500") for _ in range(2)]
    wallet = await lift(world, *((one.wallet.id, 1) for one in members))
    _, draft = await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.UTILITY,
        lines=(line(100_01, 0, Category.UTILITY),),
        actor=MANAGER,
        draft=True,
    )
    _, bill = await issue_bill(world.site, bill=draft.id, actor=MANAGER)
    assert sorted(part.total_minor for part in await parts_issued(world.site, bill)) == [5000, 5001]
    assert not world.wallet_now(wallet).bills
    await world.restart()
    assert not world.wallet_now(wallet).bills
    await agrees(world)


async def flat(world: World, *, owned: bool = True) -> tuple[str, WalletRun, WalletRun, WalletRun]:
    """A flat with its owner, a tenant in it since yesterday, and the one who comes next."""
    owner, old, new = [await world.wallet("500") for _ in range(3)]
    one = await unit(world, "Flat 9", **({"owner": owner.wallet.id} if owned else {}))
    await move_in(world.site, HandOver(unit=one.id, wallet=old.wallet.id, actor=MANAGER))
    return one.id, owner, old, new


async def leaves(world: World, unit_id: str) -> None:
    await move_out(world.site, HandOver(unit=unit_id, actor=MANAGER))


async def comes(world: World, unit_id: str, wallet: WalletRun) -> None:
    await move_in(world.site, HandOver(unit=unit_id, wallet=wallet.wallet.id, actor=MANAGER))


@pytest.mark.parametrize("fixed", [EARLY, LATE])
async def test_a_month_in_which_the_tenant_changes_is_divided_by_days(
    make_world: MakeWorld, fixed: Fixed
) -> None:
    """Gone on the 10th at noon, the next on the 20th: ten days, the owner's ten, and the last ten.

    Billed ahead on the first or afterwards on the last, each pays the same.
    """
    world = await make_world(at=START - DAY)
    one, owner, old, new = await flat(world)
    await fee(world, fixed, unit=one)
    await until(world, date(2026, 6, 10))
    await leaves(world, one)
    assert asked(await all_bills(world))[old.wallet.id] == 33_33
    await until(world, date(2026, 6, 20))
    await comes(world, one, new)
    await until(world, date(2026, 7, 1))
    june = [bill for bill in await all_bills(world) if days_of(bill)[0] < date(2026, 7, 1)]
    sums = asked(june)
    assert sums == {old.wallet.id: 33_33, owner.wallet.id: 33_34, new.wallet.id: 33_33}
    assert {bill.open_minor for bill in june} == {0}
    assert world.text(world.wallet_now(old).posted_minor) == "466.67"
    await agrees(world)


async def test_a_fee_that_is_not_cut_by_days_is_the_first_days_tenants(
    make_world: MakeWorld,
) -> None:
    """The rule says which: a fee for the month as such stays with who was there as it began."""
    world = await make_world(at=START - DAY)
    one, _, old, new = await flat(world)
    whole = replace(EARLY, prorate_first=False, prorate_last=False)
    await fee(world, whole, unit=one)
    await until(world, date(2026, 6, 10))
    await move(world.site, HandOver(unit=one, wallet=new.wallet.id, actor=MANAGER))
    await until(world, date(2026, 6, 30))
    assert asked(await all_bills(world)) == {old.wallet.id: 100_00}


async def test_days_that_nobody_pays_for_stay_with_who_was_billed(make_world: MakeWorld) -> None:
    """Without an owner there is nobody to ask for the empty days; the next tenant pays theirs."""
    world = await make_world(at=START - DAY)
    one, _, old, new = await flat(world, owned=False)
    await fee(world, EARLY, unit=one)
    await until(world, date(2026, 6, 10))
    await leaves(world, one)
    assert asked(await all_bills(world)) == {old.wallet.id: 100_00}
    await until(world, date(2026, 6, 20))
    await comes(world, one, new)
    sums = asked(await all_bills(world))
    assert sums == {old.wallet.id: 66_67, new.wallet.id: 33_33}
    await agrees(world)


async def test_days_that_nobody_pays_for_wait_where_they_are_billed_later(
    make_world: MakeWorld,
) -> None:
    """Who leaves is billed for their days; the empty ones wait for an owner and are then asked for."""
    world = await make_world(at=START - DAY)
    one, owner, old, _ = await flat(world, owned=False)
    await fee(world, LATE, unit=one)
    await until(world, date(2026, 6, 10))
    await leaves(world, one)
    await until(world, date(2026, 7, 2))
    assert asked(await all_bills(world)) == {old.wallet.id: 33_33}
    assert (await run_billing(world.site, dry_run=True)).nobody_pays
    draft = Draft(unit=UnitId(one), changes={"owner": owner.wallet.id})
    await set_unit(world.site, draft=draft, actor=MANAGER)
    await run_billing(world.site)
    assert asked(await all_bills(world))[owner.wallet.id] == 66_67


async def test_a_hub_that_died_after_a_move_divides_when_it_is_asked_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the move and the bills: the same call finishes, and a third changes nothing."""
    world = await make_world(at=START - DAY)
    one, _, old, new = await flat(world)
    await fee(world, EARLY, unit=one)
    await until(world, date(2026, 6, 10))
    asking = HandOver(unit=one, wallet=new.wallet.id, actor=MANAGER, reference="hand-1")

    async def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(moving, "divide_by_days", killed)
        with pytest.raises(Killed):
            await move(world.site, asking)
    await world.restart()
    assert asked(await all_bills(world)) == {old.wallet.id: 100_00}
    for _ in range(2):
        await move(world.site, asking)
        sums = asked(await all_bills(world))
        assert sums == {old.wallet.id: 33_33, new.wallet.id: 66_67}
    assert len(await all_bills(world)) == 3
    await agrees(world)


async def test_a_hub_that_died_after_a_move_divides_when_it_is_back(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody makes the call again: who left would go on paying for days on which others live there."""
    world = await make_world(at=START - DAY)
    one, _, old, new = await flat(world)
    await fee(world, EARLY, unit=one)
    await until(world, date(2026, 6, 10))

    async def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(moving, "divide_by_days", killed)
        with pytest.raises(Killed):
            await move(world.site, HandOver(unit=one, wallet=new.wallet.id, actor=MANAGER))
    await world.restart()
    assert asked(await all_bills(world)) == {old.wallet.id: 100_00}
    for _ in range(2):
        await world.tick()
        sums = asked(await all_bills(world))
        assert sums == {old.wallet.id: 33_33, new.wallet.id: 66_67}
        await world.restart()
    assert len(await all_bills(world)) == 3
    await agrees(world)


@pytest.mark.parametrize("at", range(6))
async def test_a_hub_that_dies_at_any_write_of_a_move_has_divided_it_in_the_end(
    make_world: MakeWorld, at: int
) -> None:
    """Before the move nothing has changed; after it both pay their days, whoever asks again."""
    world = await make_world(at=START - DAY)
    one, _, old, new = await flat(world)
    await fee(world, EARLY, unit=one)
    await until(world, date(2026, 6, 10))
    Dying(world, at)
    with contextlib.suppress(CoreError, StoreError):
        await move(world.site, HandOver(unit=one, wallet=new.wallet.id, actor=MANAGER))
    await world.restart()
    moved = occupancy_of(world.site, one)
    assert moved is not None
    await world.tick()
    both = {old.wallet.id: 33_33, new.wallet.id: 66_67}
    whole = {old.wallet.id: 100_00}
    assert asked(await all_bills(world)) == (both if moved.wallet == new.wallet.id else whole)
    await agrees(world)


async def test_a_crash_never_cuts_the_parts_of_a_shared_bill_in_two(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the books had to write a bill's parts one after another, half the house would be asked."""
    world = await make_world(at=START)
    members = [await world.wallet("500") for _ in range(3)]
    wallet = await lift(world, *((one.wallet.id, 1) for one in members))
    killed: list[Path] = []
    settle = Group.settle

    def settled_and_copied(group: Group, series: dict[str, int]) -> None:
        settle(group, series)
        killed.append(world.folder / f"killed{len(killed)}")
        killed[-1].mkdir()
        for path in world.folder.glob(f"{BOOKS}*"):
            if path.is_file():
                shutil.copy(path, killed[-1])

    with monkeypatch.context() as patched:
        patched.setattr(Group, "settle", settled_and_copied)
        patched.setattr(writer, "MOST_AT_ONCE", 2)
        await create_bill(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.UTILITY,
            lines=(line(90_00, category=Category.UTILITY),),
            actor=MANAGER,
        )
    counts: list[int] = []
    for folder in killed:
        books = await Books.open(folder / BOOKS, site=SITE, currency=CURRENCY, clock=world.clock)
        counts.append(len(await books.load(Bill)))
        await books.close()
    assert set(counts) == {0, 3}


@pytest.mark.parametrize("fixed", [EARLY, LATE])
async def test_who_closes_their_wallet_pays_for_their_days_and_no_more(
    make_world: MakeWorld, fixed: Fixed
) -> None:
    """The last settlement has the fee up to today in it; what was billed ahead is the owner's."""
    world = await make_world(at=START - DAY)
    one, owner, old, _ = await flat(world)
    await fee(world, fixed, unit=one)
    await until(world, date(2026, 6, 10))
    receipt = await close_wallet(world.site, wallet=old.wallet.id, actor=MANAGER)
    assert receipt.detail["settled"] == 466_67
    await until(world, date(2026, 7, 1))
    june = [bill for bill in await all_bills(world) if days_of(bill)[0] < date(2026, 7, 1)]
    assert asked(june) == {old.wallet.id: 33_33, owner.wallet.id: 66_67}
    await agrees(world)


async def test_a_wallet_that_cannot_pay_its_last_fee_stays_and_gives_nothing_away(
    make_world: MakeWorld,
) -> None:
    """Refused to close: the tenant is still there, and their month is still theirs."""
    world = await make_world(at=START - DAY)
    one, _, old, _ = await flat(world)
    await fee(world, replace(EARLY, price_micro=900_000_000), unit=one)
    await until(world, date(2026, 6, 10))
    with pytest.raises(CoreError, match="wallet_has_bills"):
        await close_wallet(world.site, wallet=old.wallet.id, actor=MANAGER)
    assert asked(await all_bills(world)) == {old.wallet.id: 900_00}


async def test_what_a_manager_took_back_is_not_asked_for_again(make_world: MakeWorld) -> None:
    """A fee that was waived stays waived when the tenant changes."""
    world = await make_world(at=START - DAY)
    one, _, _, new = await flat(world)
    await fee(world, EARLY, unit=one)
    await until(world, date(2026, 6, 5))
    (bill,) = await all_bills(world)
    await void_bill(world.site, bill=bill.id, reason="waived", actor=MANAGER)
    await move(world.site, HandOver(unit=one, wallet=new.wallet.id, actor=MANAGER))
    await until(world, date(2026, 6, 20))
    assert asked(await all_bills(world)) == {}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12
)
@given(
    price=st.integers(1, 9999),
    late=st.booleans(),
    steps=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=5),
)
async def test_whoever_comes_and_goes_the_parts_are_the_fee(
    make_world: MakeWorld, price: int, late: bool, steps: list[tuple[int, bool]]
) -> None:
    """However often a flat changes hands in a month, what all pay for it is the fee to the cent."""
    world = await make_world(at=START - DAY)
    one, _, _, new = await flat(world)
    fixed = replace(LATE if late else EARLY, price_micro=price * 10_000)
    await fee(world, fixed, unit=one)
    await until(world, date(2026, 6, 1))
    inside = True
    for wait, leave in steps:
        await until(world, min(date(2026, 6, 29), world.clock.now.date() + wait * DAY), 30 * DAY)
        if inside and leave:
            await leaves(world, one)
        elif not inside:
            await comes(world, one, new)
        inside = not (inside and leave)
    await until(world, date(2026, 7, 1), 30 * DAY)
    june = [
        bill
        for bill in await all_bills(world)
        if days_of(bill)[0] < date(2026, 7, 1) and bill.state is not BillState.VOID
    ]
    assert sum(bill.total_minor for bill in june) == price
    days = [day for bill in june for day in days_of(bill)]
    assert len(days) == len(set(days))
    await agrees(world)
