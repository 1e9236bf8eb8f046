"""The hub is killed at each single step of ending a permit: nothing was done by then, or all of it."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
import shutil
import sys
from typing import Final

import pytest

from custom_components.prepaid_parking.core.bill import BillState
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.identity import PermitId
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.permits import find_permit
from tests.operations.garage import Garage
from tests.operations.money import is_sound, of_site
from tests.operations.permit_child import REFERENCE
from tests.operations.world import DAY, MANAGER, NOON, World

ROOT: Final = Path(__file__).parents[2]
MOST: Final = 60
"""More steps than it takes."""
AFTER_US: Final = (0, 300)
"""At the step, and while the file is being written."""


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    """What forks a site for each kill."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.operations.permit_child", stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


async def went_through(process: Process, folder: Path, at: int, after_us: int) -> bool:
    """Let a site end its permit and be killed; tell whether it said that it was done."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{folder} {at} {after_us}\n".encode())
    await process.stdin.drain()
    said = await process.stdout.readline()
    if said == b"through\n":
        assert await process.stdout.readline() == b"gone\n"
        return True
    assert said == b"gone\n"
    return False


@pytest.mark.parametrize("money", ["310", "320", "20"])
async def test_a_permit_ends_whole_or_not_at_all_and_the_second_call_finishes_it(
    tmp_path: Path, process: Process, money: str
) -> None:
    """A bill taken back without its used part is lost money; one that is only half back is asked twice."""
    founded = tmp_path / "founded"
    founded.mkdir()
    world = await World.open(founded)
    garage = Garage(world)
    await garage.package()
    await garage.sell(await garage.customer(money))
    await world.close()
    paid = min(int(money) * 100, 310_00)
    whole, seen = int(money) * 100 - 30_00, set[bool]()
    for after_us in AFTER_US:
        for at in range(1, MOST):
            folder = tmp_path / f"{after_us}-{at}"
            shutil.copytree(founded, folder)
            through = await went_through(process, folder, at, after_us)
            world = await World.reopen(folder, at=NOON + 3 * DAY)
            try:
                seen.add(await _is_whole_or_nothing(world, paid, through=through))
                receipt, ended = await end_permit(
                    world.site, permit="pm1", reason="moves", actor=MANAGER, reference=REFERENCE
                )
                assert receipt.repeated or not through
                await _is_ended(world, whole)
                assert ended.refunded_minor == max(0, paid - 30_00)
                await world.restart()
                await _is_ended(world, whole)
            finally:
                await world.close()
            shutil.rmtree(folder)
            if through:
                break
        else:
            pytest.fail("It was killed at every step: none of them was the last")
    assert seen == {True, False}


async def _is_whole_or_nothing(world: World, paid_minor: int, *, through: bool) -> bool:
    """Tell whether it is done; in between there is nothing."""
    assert not (await world.books.verify()).problem
    await is_sound(world)
    garage, permit = Garage(world), await find_permit(world.site, PermitId("pm1"))
    bill = await garage.bill(permit)
    if permit.ended_on is None:
        assert not through
        assert bill.state is not BillState.VOID
        assert bill.paid_minor == paid_minor
        assert await of_site(world, SiteAccount.REVENUE_PARKING) == 310_00
        return False
    assert bill.source == "permit/pm1/used"
    assert bill.total_minor == 30_00
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 30_00
    return True


async def _is_ended(world: World, whole_minor: int) -> None:
    """The used part is billed and paid as far as there is money, once; the rest is with its payer."""
    await is_sound(world)
    garage, permit = Garage(world), await find_permit(world.site, PermitId("pm1"))
    bill = await garage.bill(permit)
    run = world.site.wallets[permit.wallet]
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 30_00
    assert bill.open_minor == max(0, -whole_minor)
    assert run.posted_minor == max(0, whole_minor)
    assert set(run.bills) == ({bill.id} if bill.open_minor else set())
