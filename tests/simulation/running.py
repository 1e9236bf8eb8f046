"""Lives are lived: step by step, each step checked; a life that fails says how to see it again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import tempfile
import traceback
from typing import Any, Final

from custom_components.prepaid_parking.store.opening import create_file
from tests.operations.world import BOOKS, CURRENCY, SITE
from tests.simulation.corrections import CorrectedLife
from tests.simulation.life import FIRST

STEPS: Final = 100
MEMORY: Final = Path("/dev/shm")
"""Where there is memory to write files in: a power cut is no part of these lives, so no disk is."""

type Happening = Callable[[CorrectedLife], Coroutine[Any, Any, None]]
HAPPENINGS: Final[dict[Happening, int]] = {
    CorrectedLife.read: 30,
    CorrectedLife.burst: 5,
    CorrectedLife.silence: 5,
    CorrectedLife.tell_late: 7,
    CorrectedLife.import_list: 3,
    CorrectedLife.swap: 3,
    CorrectedLife.tamper: 2,
    CorrectedLife.settle: 5,
    CorrectedLife.move_in: 5,
    CorrectedLife.move_out: 2,
    CorrectedLife.people_change: 2,
    CorrectedLife.publish: 3,
    CorrectedLife.assign: 4,
    CorrectedLife.tick: 6,
    CorrectedLife.post: 3,
    CorrectedLife.die_soon: 7,
    CorrectedLife.stop: 2,
    CorrectedLife.set_clock: 2,
    CorrectedLife.a_quiet_week: 1,
    CorrectedLife.pay_in: 5,
    CorrectedLife.pay_out: 2,
    CorrectedLife.hand_over: 2,
    CorrectedLife.move_house: 2,
    CorrectedLife.take: 2,
    CorrectedLife.owe: 3,
    CorrectedLife.wash: 3,
    CorrectedLife.deposit: 3,
    CorrectedLife.come_and_go: 3,
    CorrectedLife.agree: 2,
    CorrectedLife.correct_price: 2,
    CorrectedLife.write_bill: 2,
    CorrectedLife.end_bill: 3,
}


@dataclass
class Outcome:
    """How a life went: where and why it failed, or not, and how much happened in it."""

    seed: int
    steps: int = 0
    happened: str = ""
    failure: str = ""
    kills: int = 0
    statements: int = 0
    refused: int = 0
    days: float = 0
    cuts: int = 0
    entries: Counter[str] = field(default_factory=Counter)


@contextmanager
def place() -> Iterator[Path]:
    """Give a folder in memory, for as long as it is needed."""
    base = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="prepaid-life-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def blank_books() -> Iterator[Path]:
    """Give a ledger with nothing in it: to make its tables takes longer than to copy them."""
    with place() as folder:
        create_file(folder / BOOKS, site=SITE, currency=CURRENCY)
        yield folder


def live(seed: int, steps: int, blank: Path) -> Outcome:
    """Live one life from blank books on; never raises."""
    with place() as folder:
        shutil.copytree(blank, folder / FIRST)
        return asyncio.run(_live(seed, steps, folder))


async def _live(seed: int, steps: int, folder: Path) -> Outcome:
    outcome = Outcome(seed)
    life = CorrectedLife(seed, folder)
    began = life.latest
    try:
        await life.begin()
        for outcome.steps in range(1, steps + 1):
            (happening,) = life.rng.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
            outcome.happened = happening.__name__
            await happening(life)
            await life.check()
        outcome.happened = "the end"
        await life.last_check()
    except Exception:  # noqa: BLE001 - a life that ends badly is the outcome
        outcome.failure = traceback.format_exc()
    outcome.days = abs(life.now - began).total_seconds() / 86_400
    outcome.kills, outcome.statements = life.killer.kills, life.killer.statements
    outcome.refused, outcome.cuts = life.refused, life.cuts
    outcome.entries = Counter({str(kind): count for kind, count in life.audit.kinds.items()})
    await life.end()
    return outcome


def told(outcome: Outcome) -> str:
    """Say what failed, and how to see it again."""
    return (
        f"seed {outcome.seed}, step {outcome.steps} ({outcome.happened}), "
        f"after {outcome.kills} deaths:\n{outcome.failure}\n"
        f"Again: python -m tests.simulation --from {outcome.seed} --seeds 1 "
        f"--steps {outcome.steps}\n"
    )
