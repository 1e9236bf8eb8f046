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
from tests.simulation.life import FIRST
from tests.simulation.phones import PhoneLife

STEPS: Final = 100
MEMORY: Final = Path("/dev/shm")
"""Where there is memory to write files in: a power cut is no part of these lives, so no disk is."""

type Happening = Callable[[PhoneLife], Coroutine[Any, Any, None]]
HAPPENINGS: Final[dict[Happening, int]] = {
    PhoneLife.read: 30,
    PhoneLife.burst: 5,
    PhoneLife.silence: 5,
    PhoneLife.tell_late: 7,
    PhoneLife.import_list: 3,
    PhoneLife.swap: 3,
    PhoneLife.tamper: 2,
    PhoneLife.settle: 5,
    PhoneLife.move_in: 5,
    PhoneLife.move_out: 2,
    PhoneLife.people_change: 2,
    PhoneLife.publish: 3,
    PhoneLife.assign: 4,
    PhoneLife.tick: 6,
    PhoneLife.post: 3,
    PhoneLife.die_soon: 7,
    PhoneLife.stop: 2,
    PhoneLife.set_clock: 2,
    PhoneLife.a_quiet_week: 1,
    PhoneLife.pay_in: 5,
    PhoneLife.pay_out: 2,
    PhoneLife.hand_over: 2,
    PhoneLife.move_house: 2,
    PhoneLife.take: 2,
    PhoneLife.owe: 3,
    PhoneLife.wash: 3,
    PhoneLife.deposit: 3,
    PhoneLife.come_and_go: 3,
    PhoneLife.agree: 2,
    PhoneLife.correct_price: 2,
    PhoneLife.set_fee: 2,
    PhoneLife.write_bill: 2,
    PhoneLife.end_bill: 3,
    PhoneLife.ask_by_phone: 9,
    PhoneLife.look_by_phone: 4,
    PhoneLife.give_back_by_phone: 5,
    PhoneLife.match: 4,
    PhoneLife.slips: 4,
    PhoneLife.change_shift: 2,
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
    life = PhoneLife(seed, folder)
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
