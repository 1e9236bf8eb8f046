"""The hub with a stopwatch on its event loop: `python watched.py REPORT [arguments of the hub]`.

Notes what the integration's set-up took, and the longest that the loop was held meanwhile, and since, and
by what. On SIGUSR1 it writes that down. Run by its path, because the package around it puts a stand-in
in the integration's place.
"""

from asyncio import Handle
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
import gc
import json
import os
import signal
import sys
from threading import Thread, get_ident
from time import perf_counter, process_time, sleep, thread_time
from traceback import StackSummary, walk_stack
from typing import Any, Final

from homeassistant import __main__ as hub
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

DOMAIN: Final = "prepaid_parking"
WORTH_NOTING_S: Final = 0.02


@dataclass(slots=True)
class Spell:
    """The longest that the loop was held in a time, on the clock and by its thread's own work.

    Counted without Python's collector, which may come in any slice and is timed by itself.
    """

    longest_s: float = 0.0
    longest_cpu_s: float = 0.0
    collecting_s: float = 0.0
    collecting_cpu_s: float = 0.0


@dataclass(slots=True)
class Watched:
    """What was seen since the integration's set-up began; `all_cpu_s` is that of all threads."""

    setup_s: float = 0.0
    cpu_s: float = 0.0
    all_cpu_s: float = 0.0
    setting_up: Spell = field(default_factory=Spell)
    since: Spell = field(default_factory=Spell)
    slices: list[tuple[float, float, str]] = field(default_factory=list)


SEEN: Final = Watched()


class Slice:
    """What the loop runs now: since when, and what it was seen doing when that took too long."""

    spell: Spell = SEEN.since
    began: float = 0.0
    collecting: float = 0.0
    collecting_cpu: float = 0.0
    doing: str = ""


def watch_loop() -> None:
    """Time everything the loop runs."""
    watched: Any = Handle
    run = watched._run  # noqa: SLF001  the one place through which everything goes

    def timed(handle: Handle) -> None:
        Slice.doing, Slice.collecting, Slice.collecting_cpu = "", 0.0, 0.0
        Slice.began, cpu = perf_counter(), thread_time()
        run(handle)
        took, Slice.began = perf_counter() - Slice.began - Slice.collecting, 0.0
        if took < WORTH_NOTING_S:
            return
        cpu = thread_time() - cpu - Slice.collecting_cpu
        spell = Slice.spell
        spell.longest_s = max(spell.longest_s, took)
        spell.longest_cpu_s = max(spell.longest_cpu_s, cpu)
        SEEN.slices.append((took, cpu, Slice.doing))

    watched._run = timed  # noqa: SLF001
    gc.callbacks.append(_collector(get_ident()))
    Thread(target=_look, args=(get_ident(),), daemon=True).start()


def _collector(loop: int) -> Callable[[str, dict[str, int]], None]:
    """Time the collector where it runs in the loop's thread."""
    began = cpu = 0.0

    def told(phase: str, _: dict[str, int]) -> None:
        nonlocal began, cpu
        if get_ident() != loop:
            return
        if phase == "start":
            began, cpu = perf_counter(), thread_time()
            return
        took, used = perf_counter() - began, thread_time() - cpu
        Slice.collecting += took
        Slice.collecting_cpu += used
        spell = Slice.spell
        spell.collecting_s = max(spell.collecting_s, took)
        spell.collecting_cpu_s = max(spell.collecting_cpu_s, used)

    return told


def _look(loop: int) -> None:
    """From beside, see what a long slice is about."""
    while True:
        sleep(WORTH_NOTING_S)
        if Slice.began and not Slice.doing and perf_counter() - Slice.began > WORTH_NOTING_S:
            frame = sys._current_frames().get(loop)  # noqa: SLF001
            stack = StackSummary.extract(walk_stack(frame), lookup_lines=False)
            ours = [one for one in stack if f"/{DOMAIN}/" in one.filename]
            Slice.doing = " < ".join(one.name for one in [*stack[:3], *ours[:4]])


def watch_setup() -> None:
    """Time the set-up of the integration's entry; what the loop did before is no matter of ours."""
    watched: Any = ConfigEntry
    set_up = watched.async_setup

    async def timed(entry: ConfigEntry[Any], hass: HomeAssistant, **kwargs: Any) -> None:
        if entry.domain != DOMAIN:
            await set_up(entry, hass, **kwargs)
            return
        SEEN.slices.clear()
        Slice.spell = SEEN.setting_up
        began, cpu, all_cpu = perf_counter(), thread_time(), process_time()
        await set_up(entry, hass, **kwargs)
        SEEN.setup_s, SEEN.cpu_s = perf_counter() - began, thread_time() - cpu
        SEEN.all_cpu_s = process_time() - all_cpu
        SEEN.since = Slice.spell = Spell()

    watched.async_setup = timed


def report_to(path: str) -> None:
    """Write down what was seen, not through `open`: the hub watches that for blocking calls."""
    SEEN.slices.sort(reverse=True)
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(target, json.dumps(asdict(SEEN)).encode())
    os.close(target)


if __name__ == "__main__":
    place = sys.argv.pop(1)
    watch_loop()
    watch_setup()
    signal.signal(signal.SIGUSR1, lambda *_: report_to(place))
    sys.exit(hub.main())
