"""Lives are lived: step by step, each step checked; a life that fails says how to see it again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
import os
from pathlib import Path
import random
import shutil
import tempfile
import traceback
from typing import Any, Final

from custom_components.prepaid_parking.store.opening import create_file
from tests.operations.world import BOOKS, CURRENCY, SITE
from tests.simulation.fees import FeeLife
from tests.simulation.life import FIRST
from tests.simulation.phones import PhoneLife

STEPS: Final = 100
MEMORY: Final = Path("/dev/shm")
"""Where there is memory to write files in: a power cut is no part of these lives, so no disk is."""

type Happening = Callable[[Any], Coroutine[Any, Any, None]]
HAPPENINGS: Final[dict[Happening, int]] = {
    FeeLife.read: 30,
    FeeLife.burst: 5,
    FeeLife.silence: 5,
    FeeLife.tell_late: 7,
    FeeLife.import_list: 3,
    FeeLife.swap: 3,
    FeeLife.tamper: 2,
    FeeLife.settle: 5,
    FeeLife.move_in: 5,
    FeeLife.move_out: 2,
    FeeLife.people_change: 2,
    FeeLife.publish: 3,
    FeeLife.assign: 4,
    FeeLife.tick: 6,
    FeeLife.post: 3,
    FeeLife.die_soon: 7,
    FeeLife.stop: 2,
    FeeLife.set_clock: 2,
    FeeLife.a_quiet_week: 1,
    FeeLife.pay_in: 5,
    FeeLife.pay_out: 2,
    FeeLife.hand_over: 2,
    FeeLife.move_house: 2,
    FeeLife.take: 2,
    FeeLife.owe: 3,
    FeeLife.wash: 3,
    FeeLife.deposit: 3,
    FeeLife.come_and_go: 3,
    FeeLife.agree: 2,
    FeeLife.correct_price: 2,
    FeeLife.set_fee: 2,
    FeeLife.write_bill: 2,
    FeeLife.end_bill: 3,
}
BY_PHONE: Final[dict[Happening, int]] = {
    **HAPPENINGS,
    PhoneLife.ask_by_phone: 9,
    PhoneLife.look_by_phone: 4,
    PhoneLife.give_back_by_phone: 5,
    PhoneLife.match: 4,
    PhoneLife.slips: 4,
    PhoneLife.change_shift: 2,
}
MORE_OR_LESS: Final = (0, 1, 1, 2, 6)
"""By how much more often something happens in a life of its own mix."""


@dataclass
class Outcome:
    """How a life went: where and why it failed, or not, and how much happened in it."""

    seed: int
    steps: int = 0
    phones: bool = False
    mixed: bool = False
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


def live(
    seed: int, steps: int, blank: Path, *, phones: bool = False, mixed: bool = False
) -> Outcome:
    """Live one life from blank books on, also with `phones`, slips and drawers; never raises.

    In a `mixed` one some things happen often and others never, as its seed has it.
    """
    happenings = BY_PHONE if phones else HAPPENINGS
    if mixed:
        happenings = own_mix(happenings, seed)
    with place() as folder:
        shutil.copytree(blank, folder / FIRST)
        life = (PhoneLife if phones else FeeLife)(seed, folder)
        return asyncio.run(
            _live(life, happenings, Outcome(seed, phones=phones, mixed=mixed), steps)
        )


def own_mix(happenings: Mapping[Happening, int], seed: int) -> dict[Happening, int]:
    """Return how often what happens does in the life of a seed; meters are read in every one."""
    rng = random.Random(f"mix {seed}")
    mix = {one: often * rng.choice(MORE_OR_LESS) for one, often in happenings.items()}
    return mix | {FeeLife.read: happenings[FeeLife.read]}


async def _live(
    life: FeeLife, happenings: Mapping[Happening, int], outcome: Outcome, steps: int
) -> Outcome:
    began = life.latest
    try:
        await life.begin()
        for outcome.steps in range(1, steps + 1):
            (happening,) = life.rng.choices(list(happenings), list(happenings.values()))
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
    flags = f"{' --phones' if outcome.phones else ''}{' --mixed' if outcome.mixed else ''}"
    return (
        f"seed {outcome.seed}, step {outcome.steps} ({outcome.happened}), "
        f"after {outcome.kills} deaths:\n{outcome.failure}\n"
        f"Again: python -m tests.simulation --from {outcome.seed} --seeds 1 "
        f"--steps {outcome.steps}{flags}\n"
    )
