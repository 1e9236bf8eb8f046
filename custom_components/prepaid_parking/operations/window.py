"""The open charge window of a meter: it grows with every reading, and the available balance falls."""

from datetime import datetime

from ..core.accrual import ChargeLine
from ..core.metering import Consumption
from ..core.tariff import Pricer, Usage
from .site import MeterRun, OpenWindow, Site


def pool_of(run: MeterRun) -> str:
    """Name what a meter's tiers are counted in."""
    return f"meter/{run.meter.id}"


def open_window(site: Site, run: MeterRun, register: int, at: datetime, carry: int) -> None:
    """Begin a new window where the last one ended."""
    assert run.binding is not None
    used = site.pools.get((pool_of(run), run.binding.tariff), Usage())
    denominator = site.currency.denominator(run.meter.quantity)
    run.window = OpenWindow(register, at, register, at, carry, {}, 0, used, used, denominator)
    recount(site, run)


def accrue(site: Site, run: MeterRun, pricer: Pricer, moved: Consumption) -> None:
    """Let the open window grow by a stretch of consumption; the available balance falls at once.

    While nothing was used yet, a reading that shows the same register moves the window's start: an
    idle night is not a part of the morning's entry.
    """
    window = run.window
    assert window is not None
    if window.empty and not moved.quantity:
        window.from_at = moved.to_at
    lines, window.used = pricer.charge(moved.quantity, moved.from_at, moved.to_at, window.used)
    for line in lines:
        key = (line.tariff, line.version, line.rate, line.tier)
        known = window.lines.get(key)
        window.lines[key] = line if known is None else _add(known, line)
        window.numerator += line.numerator
        run.pace.counted += line.numerator
    window.to_register, window.to_at = moved.to_register, moved.to_at
    run.checkpointed = False
    recount(site, run)


def recount(site: Site, run: MeterRun) -> None:
    """Set what the meter has used but not posted, and its wallet's sum with it."""
    before, window = run.unposted_minor, run.window
    run.unposted_minor = run.closing_minor
    if window is not None:
        run.unposted_minor += (window.carry + window.numerator) // window.denominator
    if run.binding is not None and run.unposted_minor != before:
        site.wallets[run.binding.wallet].unposted_minor += run.unposted_minor - before


def count_tier(site: Site, run: MeterRun) -> None:
    """Let the next window go on where this one's tier count has come to."""
    assert run.window is not None
    assert run.binding is not None
    site.pools[pool_of(run), run.binding.tariff] = run.window.used


def _add(known: ChargeLine, line: ChargeLine) -> ChargeLine:
    """Return both as one line; spelled out, because `replace` costs three times as much per reading."""
    return ChargeLine(
        tariff=known.tariff,
        version=known.version,
        rate=known.rate,
        tier=known.tier,
        price_micro=known.price_micro,
        quantity=known.quantity + line.quantity,
        numerator=known.numerator + line.numerator,
    )
