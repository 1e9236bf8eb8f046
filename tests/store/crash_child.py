"""A process that writes acts as fast as it can and says which were acknowledged, until it is killed.

Started once, it forks for every folder it is told on its standard input: imports cost more than
a whole run.
"""

import asyncio
from itertools import count
import os
from pathlib import Path
import sys
from typing import Final

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package(always=True)

from custom_components.prepaid_parking.core.chart import wallet_account  # noqa: E402
from custom_components.prepaid_parking.core.identity import InstallationId  # noqa: E402
from custom_components.prepaid_parking.core.metering import Cursor  # noqa: E402
from custom_components.prepaid_parking.store.books import Books  # noqa: E402
from tests.store.acts import meter_at, open_books, top_up, usage  # noqa: E402

METERS: Final = 8
TILLS: Final = 8
STEP: Final = 1000
PRICE: Final = 3


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def _charge(books: Books, number: int, register: int) -> None:
    meter = InstallationId(f"m{number}.1")
    wallet = wallet_account(number + 1)
    for start in count(register, STEP):
        act = usage(PRICE, start, start + STEP, installation=meter, wallet=wallet)
        await books.commit(act)
        _say(f"ack {act.event}")


async def _sell(books: Books, till: int) -> None:
    for _ in count():
        act = top_up(5, f"{till}-{await books.next_number('receipt')}")
        await books.commit(act)
        _say(f"ack {act.event}")


async def _write_until_killed(folder: Path) -> None:
    books = await open_books(folder)
    known = {cursor.installation: cursor.register for cursor in await books.load(Cursor)}
    meters = [InstallationId(f"m{number}.1") for number in range(METERS)]
    await books.record(*(meter_at(0, meter) for meter in meters if meter not in known))
    async with asyncio.TaskGroup() as tasks:
        for number, meter in enumerate(meters):
            tasks.create_task(_charge(books, number, known.get(meter, 0)))
        for till in range(TILLS):
            tasks.create_task(_sell(books, till))


def main() -> None:
    """Fork for each folder; say the child's id first, and when it is gone."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _say(f"pid {os.getpid()}")
            asyncio.run(_write_until_killed(Path(line.strip())))
        os.waitpid(child, 0)
        _say("gone")


if __name__ == "__main__":
    main()
