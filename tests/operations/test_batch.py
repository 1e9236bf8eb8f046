"""Batch top-ups: an enterprise pays for many, the bad rows are found before, and nothing is doubled."""

import asyncio
from collections.abc import Sequence
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from custom_components.prepaid_parking.core.batch import read_csv
from custom_components.prepaid_parking.core.chart import (
    Bucket,
    Channel,
    SiteAccount,
    site_account,
)
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Act, Floor, Receipt
from custom_components.prepaid_parking.core.money import MOST_MINOR
from custom_components.prepaid_parking.core.texts import LONGEST_NAME
from custom_components.prepaid_parking.operations.batch import Batch, Batched, batch_top_up
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.desk_reports import desk_day, shift_report
from custom_components.prepaid_parking.operations.voiding import void_payment
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.money import holds, is_sound, promise
from tests.operations.test_desk import CASHIER, a_shift, pay
from tests.operations.turns import stretches
from tests.operations.world import MANAGER, World


def batch(lines: list[str], reference: str = "b1", channel: Channel = Channel.TRANSFER) -> Batch:
    """A table as the enterprise sends it."""
    rows = read_csv("\n".join(["wallet,amount", *lines]))
    return Batch(rows=rows, channel=channel, reference=reference, actor=MANAGER)


async def tops(world: World) -> int:
    """How many top-ups are in the books."""
    return len(await world.books.entries(kinds=[EntryKind.TOP_UP], limit=100_000))


async def flats(world: World, count: int) -> list[WalletRun]:
    """Open wallets."""
    return [await world.wallet() for _ in range(count)]


async def test_of_a_hundred_rows_the_two_bad_ones_are_listed_and_nothing_is_booked(
    world: World,
) -> None:
    """The clerk mends two lines instead of hunting for them in a hundred."""
    wallets = await flats(world, 100)
    lines = [f"{one.wallet.id},10.00" for one in wallets]
    lines[17], lines[63] = "w999,10.00", f"{wallets[63].wallet.id},ten"
    dry = await batch_top_up(world.site, batch(lines), dry_run=True)
    assert [(one.number, one.refusal.key) for one in dry.bad] == [
        (18, "unknown_wallet"),
        (64, "not_a_number"),
    ]
    assert (dry.total_minor, dry.booked) == (98_000, 0)
    answer = await batch_top_up(world.site, batch(lines))
    assert (len(answer.bad), answer.booked, answer.entry) == (2, 0, None)
    assert await tops(world) == 0
    assert not await world.books.entries(kinds=[EntryKind.BATCH])


async def test_a_dry_run_of_a_batch_without_a_fault_books_nothing(world: World) -> None:
    """The clerk wants the sum before the boss signs: asking must not be paying."""
    wallets = await flats(world, 3)
    lines = [f"{one.wallet.id},10.00" for one in wallets]
    for whole in (True, False):
        dry = await batch_top_up(world.site, batch(lines), whole=whole, dry_run=True)
        assert (dry.total_minor, dry.booked, dry.bad) == (3_000, 0, [])
    assert await tops(world) == 0
    assert (await batch_top_up(world.site, batch(lines))).booked == 3


async def test_a_text_that_is_too_long_costs_its_row_and_no_other(world: World) -> None:
    """A clipboard's page in one cell: the clerk is told which, and forty-nine others are paid."""
    wallets = await flats(world, 3)
    lines = [f"{one.wallet.id},10.00,November" for one in wallets]
    lines[1] = f"{wallets[1].wallet.id},10.00,{'x' * 1_001}"
    lines.append(f"{'w' * 10_000},10.00,November")
    asked = batch([f"{wallets[0].wallet.id},1"])
    rows = read_csv("\n".join(["wallet,amount,reason", *lines]))
    whole = await batch_top_up(world.site, replace(asked, rows=rows))
    assert [(one.number, one.refusal.key) for one in whole.bad] == [
        (2, "text_too_long"),
        (4, "text_too_long"),
    ]
    assert whole.bad[0].refusal.placeholders["field"] == "reason"
    assert len(whole.bad[1].wallet) == LONGEST_NAME
    assert (whole.booked, await tops(world)) == (0, 0)
    each = await batch_top_up(world.site, replace(asked, rows=rows), whole=False)
    assert (each.booked, len(each.bad), each.total_minor) == (2, 2, 2_000)
    assert await holds(world, wallets[1]) == {}


async def test_row_by_row_books_the_good_ones_and_the_mended_ones_later(world: World) -> None:
    """Each row by itself: the bad one is opened meanwhile, and the same batch is sent again."""
    wallets = await flats(world, 3)
    lines = [f"{one.wallet.id},10.00" for one in wallets] + ["Flat 9,5.00"]

    async def send() -> Batched:
        return await batch_top_up(world.site, batch(lines), whole=False)

    answers = [await send(), await send()]
    assert [(one.booked, one.repeated, len(one.bad)) for one in answers] == [(3, 0, 1), (0, 3, 1)]
    late = await world.wallet(unit="Flat 9")
    third = await send()
    assert (third.booked, third.repeated, third.total_minor) == (1, 3, 3_500)
    assert await holds(world, late) == {Bucket.CASH: 500}
    assert await tops(world) == 4
    await is_sound(world)


async def test_the_same_batch_again_doubles_nothing_and_another_one_is_refused(
    world: World,
) -> None:
    """The line broke, the clerk sends it again; a changed amount under the same number is a mistake."""
    wallets = await flats(world, 5)
    lines = [f"{one.wallet.id},10.00" for one in wallets]
    first = await batch_top_up(world.site, batch(lines))
    await world.restart()
    again = await batch_top_up(world.site, batch(lines))
    assert (first.booked, again.booked, again.repeated, again.entry) == (5, 0, 5, first.entry)
    assert await tops(world) == 5
    changed = [lines[0].replace("10.00", "11.00"), *lines[1:]]
    for other in (changed, lines[::-1], lines[:-1]):
        with pytest.raises(ConflictError, match="reference_reused"):
            await batch_top_up(world.site, batch(other))
    with pytest.raises(ConflictError, match="reference_reused"):
        await batch_top_up(world.site, batch(lines, channel=Channel.CASH))
    with pytest.raises(CoreError, match="reference_missing"):
        await batch_top_up(world.site, batch(lines, reference=""))
    assert await tops(world) == 5
    await is_sound(world)


async def test_a_batch_that_broke_off_is_finished_by_sending_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full after the first rows: sent again, each is booked once."""
    wallets = await flats(world, 250)
    lines = [f"{one.wallet.id},1.00" for one in wallets]
    await batch_top_up(world.site, batch(lines[:100]))
    written, commit_all = 0, world.books.commit_all

    async def then_full(acts: Sequence[Act]) -> list[Receipt | CoreError]:
        nonlocal written
        written += 1
        with world.full_disk() if written > 1 else contextlib.nullcontext():
            return await commit_all(acts)

    with monkeypatch.context() as patched:
        patched.setattr(world.books, "commit_all", then_full)
        with pytest.raises(StoreError):
            await batch_top_up(world.site, batch(lines, reference="b2"))
    part = await tops(world) - 100
    assert 0 < part < 250
    again = await batch_top_up(world.site, batch(lines, reference="b2"))
    assert (again.repeated, again.booked) == (part, 250 - part)
    assert await tops(world) == 350
    await is_sound(world)


async def test_a_wallet_may_stand_in_several_rows(world: World) -> None:
    """Two rows are two payments; the promotion's cap counts both."""
    await promise(world, top_up=1_000, bonus=300, wallet_cap_minor=500, total_cap_minor=900)
    one, other = await flats(world, 2)
    lines = [f"{one.wallet.id},10.00"] * 3 + [f"{other.wallet.unit},10.00"] * 2
    answer = await batch_top_up(world.site, batch(lines))
    assert answer.booked == 5
    assert await holds(world, one) == {Bucket.CASH: 3_000, Bucket.BONUS: 500}
    assert await holds(world, other) == {Bucket.CASH: 2_000, Bucket.BONUS: 400}
    await is_sound(world)


async def test_a_closed_wallet_and_an_ambiguous_name_are_bad_rows(world: World) -> None:
    """Money for somebody who has left, or for one of two, is not guessed."""
    gone, kept = await flats(world, 2)
    await close_wallet(world.site, wallet=gone.wallet.id, actor=MANAGER)
    for _ in range(2):
        await world.wallet(unit="Shop")
    lines = [f"{gone.wallet.id},1", "Shop,1", f"{kept.wallet.unit},1", f"{kept.wallet.id},0"]
    dry = await batch_top_up(world.site, batch(lines), dry_run=True)
    assert [one.refusal.key for one in dry.bad] == [
        "wallet_closed",
        "several_wallets",
        "amount_not_positive",
    ]


async def test_thousands_of_rows_leave_the_loop_to_others(world: World) -> None:
    """A building goes on being charged while the enterprise's table is booked."""
    wallets = await flats(world, 40)
    lines = [f"{wallets[number % 40].wallet.id},1.00" for number in range(4_000)]
    with stretches() as taken:
        answer: Any = await batch_top_up(world.site, batch(lines))
    assert answer.booked == 4_000
    assert taken.longest < taken.total / 5
    await is_sound(world)


async def test_a_batch_in_cash_is_in_the_drawer_and_its_payers_have_receipts(world: World) -> None:
    """A foreman pays for six flats with one bundle: the cashier's drawer must expect it, once."""
    shift, wallets = await a_shift(world, 1_000, most_minor=6_000), await flats(world, 6)
    lines = [f"{one.wallet.id},10.00" for one in wallets]
    paid = replace(batch(lines, channel=Channel.CASH), actor=CASHIER)
    for _ in range(2):
        answer = await batch_top_up(world.site, paid, whole=False)
        assert [one.refusal.key for one in answer.bad] == ["till_full"]
        assert answer.booked + answer.repeated == 5
    now = world.site.desk.shifts[shift.id]
    assert (now.expected_minor, now.receipts) == (6_000, 5)
    receipts = await world.books.load(DeskReceipt)
    assert [(one.no, one.shift) for one in receipts] == [(no, shift.id) for no in range(1, 6)]
    table = (await shift_report(world.site, now))["by_kind"]
    assert table == [
        {
            "kind": EntryKind.TOP_UP,
            "count": 5,
            "cash": "50.00",
            "terminal": "0.00",
            "transfer": "0.00",
        }
    ]
    await batch_top_up(world.site, replace(batch(lines, "b2"), actor=CASHIER))
    then = world.site.desk.shifts[shift.id]
    assert then.expected_minor == 6_000  # A transfer lies in no drawer.
    assert (then.transfers_minor, then.receipts) == (6_000, 11)
    await is_sound(world)


@pytest.mark.parametrize("channel", [Channel.TRANSFER, Channel.TERMINAL])
async def test_each_row_of_a_transfer_has_a_receipt_and_stands_in_the_day(
    world: World, channel: Channel
) -> None:
    """An enterprise pays for its flats: each tenant can ask for a slip, and the day adds up by them."""
    wallets = await flats(world, 130)
    lines = [f"{one.wallet.id},10.00" for one in wallets] + [f"{wallets[0].wallet.id},5.00"]
    for _ in range(2):
        await batch_top_up(world.site, batch(lines, channel=channel))
        await world.restart()
    receipts = await world.books.load(DeskReceipt)
    assert [one.no for one in receipts] == list(range(1, 132))
    assert [one.amount_minor for one in receipts if one.wallet == wallets[0].wallet.id] == [
        1_000,
        500,
    ]
    told = await desk_day(world.site, world.clock.now.date())
    assert told["taken"][channel] == told["total"] == "1305.00"  # type: ignore[index]  # sums
    assert told["receipts_given"] == 131
    voided = await void_payment(world.site, receipt=7, reason="moved out", actor=MANAGER)
    assert voided[1].voided_at is not None
    await is_sound(world)


async def test_a_row_that_is_refused_takes_no_number_and_those_behind_it_have_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap in the numbers would be a payment that somebody has hidden."""
    wallets, commit_all = await flats(world, 6), world.books.commit_all

    async def full(acts: Sequence[Act]) -> list[Receipt | CoreError]:
        """Have the third one refused."""
        never = Floor(account=site_account(SiteAccount.ROUNDING), minimum_minor=MOST_MINOR)
        return await commit_all(
            [replace(one, floors=(never,)) if at == 2 else one for at, one in enumerate(acts)]
        )

    monkeypatch.setattr(world.books, "commit_all", full)
    lines = [f"{one.wallet.id},10.00" for one in wallets]
    answer = await batch_top_up(world.site, batch(lines))
    assert [(one.number, one.refusal.key) for one in answer.bad] == [(3, "not_enough_money")]
    receipts = await world.books.load(DeskReceipt)
    assert [(one.no, one.wallet) for one in receipts] == [
        (no, one.wallet.id) for no, one in enumerate(wallets[:2] + wallets[3:], 1)
    ]
    await is_sound(world)


async def test_a_batch_whose_answer_was_lost_has_each_receipt_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written, and nobody heard: the next payer at the counter gets the next number."""
    wallets, commit_all = await flats(world, 4), world.books.commit_all
    lines = [f"{one.wallet.id},10.00" for one in wallets]

    async def unheard(acts: Sequence[Act]) -> list[Receipt | CoreError]:
        await commit_all(acts)
        raise StoreError("failed", "nobody heard")

    with monkeypatch.context() as patched:
        patched.setattr(world.books, "commit_all", unheard)
        with pytest.raises(StoreError):
            await batch_top_up(world.site, batch(lines))
    late = await pay(world, wallets[0], 700)
    again = await batch_top_up(world.site, batch(lines))
    assert (late.detail["receipt"], again.booked, again.repeated) == (5, 0, 4)
    assert [one.no for one in await world.books.load(DeskReceipt)] == [1, 2, 3, 4, 5]
    assert [one.posted_minor for one in wallets] == [1_700, 1_000, 1_000, 1_000]
    await is_sound(world)


async def test_the_same_batch_from_two_windows_has_each_receipt_once(world: World) -> None:
    """Two clerks send the file that came to both of them."""
    wallets = await flats(world, 210)
    lines = [f"{one.wallet.id},1.00" for one in wallets]
    answers = await asyncio.gather(*(batch_top_up(world.site, batch(lines)) for _ in range(2)))
    assert sum(one.booked for one in answers) == 210
    assert [one.bad for one in answers] == [[], []]
    assert [one.no for one in await world.books.load(DeskReceipt)] == list(range(1, 211))
    await is_sound(world)
