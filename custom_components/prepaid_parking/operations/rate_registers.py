"""Time of use by the meter's own rate registers, where a tariff says so.

The billed register says how much, the rate registers only how it divides. Between two looks at them
our clock divides; the next look puts that right, because what is charged of each rate is kept. A
register that was reset, stopped or is missing leads to no guess: that stretch stays as our clock saw
it, and counting begins anew from what the registers show.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from ..core.accrual import ChargeLine
from ..core.errors import CoreError
from ..core.metering import HOUR
from ..core.tariff import Pricer
from ..core.tiers import Usage
from .meter_run import MeterRun
from .site import Site
from .window import put_lines, restack

APART: Final = timedelta(minutes=2)
"""The rate registers may differ from the billed one by what the meter can count in this time: they are
read a moment later, and each is cut off at its own last digit. What differs is put right later."""
HUNDREDTH: Final = 100
"""And by this part of what was counted: a register through a transformer has a coarser last digit."""


def rates_between(pricer: Pricer, run: MeterRun) -> tuple[str, ...]:
    """Return the rates that a meter's registers count, in their order; none where our clock divides.

    They hold for the open window if the same ones hold at its end.
    """
    window = run.window
    assert window is not None
    names = pricer.at(window.from_at).version.terms.registers
    return names if names == pricer.at(window.to_at).version.terms.registers else ()


def take_rates(site: Site, run: MeterRun, pricer: Pricer, shown: Sequence[int]) -> bool:
    """Divide the open window as the meter's rate registers say. False: they do not fit what is charged.

    Then the window stays as our clock divided it, and has to end here for them to count from here.
    """
    window, pool = run.window, run.pool
    assert window is not None
    assert pool is not None
    names = rates_between(pricer, run)
    fit = not names or len(names) == len(shown)
    if not fit or site.refusals:
        say_rates(site, run, None if fit else _too_many(run, names, shown))
    if not names or not fit:
        return True
    # Of a version that named others, what is charged of each says nothing.
    known = len(run.rates) == len(names)
    if window.empty and not known:
        run.rates = tuple(shown)
        return True
    current = pricer.at(window.to_at).rate.name
    parts = _parts(run, names, shown, current) if known else None
    if parts is None:
        return False
    period = pricer.at(window.from_at).period
    used = Usage(period, pool.ahead.get(period, 0))
    lines, _ = pricer.charge_rates(parts, window.from_at, window.to_at, used, run.scope)
    put_lines(site, run, lines)
    window.rated_to = window.to_register
    restack(site, pool)
    return True


def say_rates(site: Site, run: MeterRun, why: CoreError | None) -> None:
    """Say that a meter's rate registers are not those its tariff names, or that this is over."""
    site.refused(take_rates.__name__, run.meter.id, why)


def _too_many(run: MeterRun, names: Sequence[str], shown: Sequence[int]) -> CoreError:
    assert run.binding is not None
    return CoreError(
        "rate_registers_differ",
        meter=run.meter.name,
        shown=len(shown),
        tariff=run.binding.tariff,
        named=len(names),
    )


def charged_rates(site: Site, run: MeterRun, lines: Iterable[ChargeLine]) -> tuple[int, ...]:
    """Return how much of each rate register is charged once the open window is, where that is known."""
    binding = run.binding
    assert binding is not None
    pricer = site.tariffs.get(binding.tariff)
    names = rates_between(pricer, run) if pricer is not None else ()
    if not run.rates or len(names) != len(run.rates):
        return ()
    charged = list(run.rates)
    for line in lines:
        charged[names.index(line.rate)] += line.quantity
    return tuple(charged)


def _parts(
    run: MeterRun, names: Sequence[str], shown: Sequence[int], current: str
) -> list[tuple[str, int]] | None:
    """Divide what the window's register counted by what each rate's registers counted meanwhile.

    What they do not account for went through just now, at the present rate. None: they do not fit.
    """
    window, modulus = run.window, run.meter.modulus
    assert window is not None
    counted: dict[str, int] = defaultdict(int)
    total = window.to_register - window.from_register
    apart = run.meter.max_rate * (APART // timedelta(seconds=1)) // (HOUR // timedelta(seconds=1))
    apart += total // HUNDREDTH
    for name, before, now in zip(names, run.rates, shown, strict=True):
        started_over = modulus is not None and now - before <= -(modulus // 2)
        counted[name] += now - before + (modulus or 0 if started_over else 0)
    if abs(total - sum(counted.values())) > apart or min(counted.values()) < -apart:
        return None
    counted[current] += total - sum(counted.values())
    over = -sum(part for part in counted.values() if part < 0)
    parts = {name: max(0, part) for name, part in counted.items()}
    for name in sorted(parts, key=lambda one: -parts[one]):
        taken = min(over, parts[name])
        parts[name], over = parts[name] - taken, over - taken
    return list(parts.items())
