"""A site without a hub: store, operations and keeper, fed through a socket until it is killed.

Started once, it forks for every line it is told (a folder and a socket): imports cost more than a
whole run.
"""

import asyncio
import os
from pathlib import Path
import sys

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from custom_components.prepaid_parking.core.identity import SYSTEM  # noqa: E402
from custom_components.prepaid_parking.operations import keeper as keeping  # noqa: E402
from custom_components.prepaid_parking.operations.cashier import top_up  # noqa: E402
from custom_components.prepaid_parking.operations.site import Site  # noqa: E402
from tests.journeys.kill_world import METERS, load, meter_id, sample, time_of  # noqa: E402

keeping.TICK_S = 0.01  # type: ignore[misc]  # an hour of the site's time passes in a moment


class Child:
    """One life of the site."""

    def __init__(self) -> None:
        """Begin at the beginning; the first line says when it is."""
        self.step = 0

    async def live(self, folder: Path, door: str) -> None:
        """Load the site, then do as told."""
        reader, writer = await asyncio.open_unix_connection(door)
        self.step = int((await reader.readline()).split()[1])
        site, books = await load(folder, lambda: time_of(self.step))
        keeper = keeping.Keeper(site)
        keeping_up = asyncio.create_task(keeper.run())
        writer.write(b"ready\n")
        sales: set[asyncio.Task[None]] = set()
        while line := (await reader.readline()).decode().split():
            match line:
                case ["step", number]:
                    self.step = int(number)
                    for meter in range(METERS):
                        keeper.offer(meter_id(meter), sample(meter, self.step))
                case ["sell", reference]:
                    sale = asyncio.create_task(self.sell(site, writer, reference))
                    sales.add(sale)
                    sale.add_done_callback(sales.discard)
                case ["end"]:
                    await asyncio.gather(*sales)
                    await keeper.stop()
                    keeping_up.cancel()
                    await books.close()
                    writer.write(b"bye\n")
                    await writer.drain()
                    return

    async def sell(self, site: Site, writer: asyncio.StreamWriter, reference: str) -> None:
        """Take money, and say so when it is in the books."""
        wallet = f"w{int(reference) % METERS + 1}"
        await top_up(site, wallet=wallet, amount_minor=1234, reference=reference, actor=SYSTEM)
        writer.write(f"sold {reference}\n".encode())


def main() -> None:
    """Fork for each life; say its process id first, and when it is over."""
    for line in sys.stdin:
        folder, door = line.split()
        pid = os.fork()
        if pid == 0:
            asyncio.run(Child().live(Path(folder), door))
            os._exit(0)
        os.write(1, f"pid {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
