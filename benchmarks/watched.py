"""The hub with a stopwatch on its event loop: `python watched.py REPORT [arguments of the hub]`.

Notes how long the integration's set-up took, and the longest that the loop was held meanwhile and
since. On SIGUSR1 it writes that down. Run by its path, because the package around it puts a stand-in
in the integration's place.
"""

from asyncio import Handle
from dataclasses import asdict, dataclass, field
import json
import os
import signal
import sys
from time import perf_counter, thread_time
from typing import Any, Final

from homeassistant import __main__ as hub
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

DOMAIN: Final = "prepaid_parking"
WORTH_NOTING_S: Final = 0.02


@dataclass(slots=True)
class Watched:
    """What was seen since the integration's set-up began."""

    setup_s: float = 0.0
    setup_cpu_s: float = 0.0
    longest_s: float = 0.0
    longest_cpu_s: float = 0.0
    slices: list[tuple[float, float, str]] = field(default_factory=list)


SEEN: Final = Watched()


def watch_loop() -> None:
    """Time everything the loop runs."""
    watched: Any = Handle
    run = watched._run  # noqa: SLF001  the one place through which everything goes

    def timed(handle: Handle) -> None:
        began, cpu = perf_counter(), thread_time()
        run(handle)
        took = perf_counter() - began
        if took < WORTH_NOTING_S:
            return
        cpu = thread_time() - cpu
        SEEN.longest_s = max(SEEN.longest_s, took)
        SEEN.longest_cpu_s = max(SEEN.longest_cpu_s, cpu)
        SEEN.slices.append((took, cpu, repr(handle)[:300]))

    watched._run = timed  # noqa: SLF001


def watch_setup() -> None:
    """Time the set-up of the integration's entry; what the loop did before is no matter of ours."""
    watched: Any = ConfigEntry
    set_up = watched.async_setup

    async def timed(entry: ConfigEntry[Any], hass: HomeAssistant, **kwargs: Any) -> None:
        if entry.domain != DOMAIN:
            await set_up(entry, hass, **kwargs)
            return
        SEEN.longest_s = SEEN.longest_cpu_s = 0.0
        SEEN.slices.clear()
        began, cpu = perf_counter(), thread_time()
        await set_up(entry, hass, **kwargs)
        SEEN.setup_s, SEEN.setup_cpu_s = perf_counter() - began, thread_time() - cpu

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
