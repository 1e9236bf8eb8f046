"""A site without a hub that ends a permit and is killed at one of the steps of that.

Started once, it forks for every line it is told: a folder, at which step of any task, and how many
microseconds after it, while the file may be being written. Imports cost more than a whole run.
"""

import asyncio
from collections.abc import Coroutine, Generator
import os
from pathlib import Path
import signal
import sys
import threading
import time
from typing import Any, override

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from custom_components.prepaid_parking.operations.ending_permits import end_permit  # noqa: E402
from tests.operations.world import DAY, MANAGER, NOON, World  # noqa: E402

REFERENCE = "killed"


class Steps:
    """Counts the steps of all tasks, and kills this process at one of them."""

    def __init__(self, at: int, after_us: int) -> None:
        self.left, self.after_us = at, after_us

    def task[T](
        self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any
    ) -> asyncio.Task[T]:
        """Make a task whose steps are counted; each begins where an await has ended."""
        return asyncio.Task(Counted(work, self), loop=loop, **options)

    def step(self) -> None:
        """Count one."""
        self.left -= 1
        if self.left < 0:
            return
        if not self.left:
            if self.after_us:
                threading.Thread(target=self._later).start()
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    def _later(self) -> None:
        time.sleep(self.after_us / 1e6)
        os.kill(os.getpid(), signal.SIGKILL)


class Counted[T](Coroutine[Any, Any, T]):
    """A coroutine that counts where it goes on."""

    def __init__(self, work: Coroutine[Any, Any, T], steps: Steps) -> None:
        self.work, self.steps = work, steps

    @override
    def send(self, value: Any) -> Any:
        self.steps.step()
        return self.work.send(value)

    @override
    def throw(self, *error: Any) -> Any:
        return self.work.throw(*error)

    @override
    def close(self) -> None:
        self.work.close()

    @override
    def __await__(self) -> Generator[Any, Any, T]:
        return self.work.__await__()


async def live(folder: Path, at: int, after_us: int) -> None:
    """Load the site, end its permit, and say so where that went through."""
    world = await World.reopen(folder, at=NOON + 3 * DAY)
    asyncio.get_running_loop().set_task_factory(Steps(at, after_us).task)
    await end_permit(world.site, permit="pm1", reason="moves", actor=MANAGER, reference=REFERENCE)
    os.write(1, b"through\n")
    await world.close()


def main() -> None:
    """Fork for each life, and say when it is over."""
    for line in sys.stdin:
        folder, at, after_us = line.split()
        pid = os.fork()
        if pid == 0:
            asyncio.run(live(Path(folder), int(at), int(after_us)))
            os._exit(0)
        os.waitpid(pid, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
