"""Live many lives: `python -m tests.simulation --seeds 1000 --from 1`."""

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package(always=True)

import argparse  # noqa: E402
from collections import Counter  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from functools import partial  # noqa: E402
from multiprocessing import get_context  # noqa: E402
import sys  # noqa: E402
from time import perf_counter  # noqa: E402

from tests.simulation.running import STEPS, Outcome, blank_books, live, told  # noqa: E402


def main() -> int:
    """Run the lives that were asked for; 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of a life")
    parser.add_argument("--jobs", type=int, default=2, help="lives at the same time")
    parser.add_argument("--failures", type=int, default=3, help="end after so many failures")
    parser.add_argument("--phones", action="store_true", help="with orders, slips and drawers")
    parser.add_argument("--mixed", action="store_true", help="each life with a mix of its own")
    asked = parser.parse_args()
    began, seeds = perf_counter(), range(asked.first, asked.first + asked.seeds)
    outcomes, failed = list[Outcome](), 0
    forked = get_context("fork")
    with blank_books() as blank, ProcessPoolExecutor(asked.jobs, mp_context=forked) as pool:
        work = partial(live, steps=asked.steps, blank=blank, phones=asked.phones, mixed=asked.mixed)
        for outcome in pool.map(work, seeds, chunksize=1):
            outcomes.append(outcome)
            if outcome.failure:
                failed += 1
                sys.stdout.write(told(outcome) + "\n")
                if failed == asked.failures:
                    pool.shutdown(cancel_futures=True)
                    break
    kinds: Counter[str] = sum((one.entries for one in outcomes), Counter())
    sys.stdout.write(
        f"{len(outcomes)} lives, {failed} failed, "
        f"{sum(one.days for one in outcomes):.0f} days, "
        f"{sum(one.steps for one in outcomes)} steps, "
        f"{sum(one.statements for one in outcomes)} statements, "
        f"{sum(one.kills for one in outcomes)} deaths, "
        f"{sum(one.cuts for one in outcomes)} cuts, "
        f"{sum(one.refused for one in outcomes)} refusals, "
        f"{kinds.total()} entries in {perf_counter() - began:.0f} s\n"
        f"{', '.join(f'{kind} {count}' for kind, count in kinds.most_common())}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
