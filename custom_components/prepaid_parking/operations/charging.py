"""An open window becomes an act: what was used, what it costs by which rule, and what follows from it.

The act holds everything that must not come apart: the money, the cursor, the count of the tiers, the
remainders of fees and taxes, and how much of each rate register is charged.
"""

from collections.abc import Mapping, Sequence

from ..core.accrual import ChargeLine
from ..core.carries import LevyCarry, RateCursor
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM, energy_event
from ..core.ledger import Act, CursorMove
from ..core.metering import Cursor
from ..core.wallet import TierCount
from .dues import Dues, dues_of, levy_details, shares_of
from .meter_run import Closing, MeterRun, OpenWindow, Pool
from .rate_registers import charged_rates
from .site import Site
from .window import merged, open_window, points_within, repriced, restack


def can_close(run: MeterRun) -> bool:
    """Tell whether nothing of this meter's pool is on its way into the books.

    An act is priced from where the count stands when all before it is written: one at a time.
    """
    return run.closing is None and (run.pool is None or run.pool.closing is None)


def set_aside(site: Site, run: MeterRun, *, rates: tuple[int, ...] = ()) -> None:
    """Close the open window into an act that waits to be written, and open the next."""
    assert can_close(run)
    run.closing = charge(site, run, rates=rates)
    move, pool = run.closing.act.moves[0], run.pool
    assert pool is not None
    pool.closing, pool.ahead = run, run.closing.counts
    run.carries, run.rates = run.closing.carries, run.closing.rates
    open_window(site, run, move.to_register, move.to_at, move.carry)
    if len(pool.runs) > 1:
        restack(site, pool)


def charged(run: MeterRun, closing: Closing) -> None:
    """Take over what an act has written: it is in the books."""
    move, pool = closing.act.moves[0], run.pool
    assert pool is not None
    run.cursor = Cursor(
        installation=move.installation,
        register=move.to_register,
        at=move.to_at,
        carry=move.carry,
    )
    run.closing, pool.closing = None, None
    pool.posted, pool.ahead = closing.counts, closing.counts


def charge(site: Site, run: MeterRun, *, rates: tuple[int, ...] = ()) -> Closing:
    """Make an act of the open window; nothing has happened before the books have it.

    `rates` are the meter's rate registers at the window's end, where a new start is made from them.
    """
    window, binding, installation, pool = run.window, run.binding, run.installation, run.pool
    assert window is not None
    assert binding is not None
    assert installation is not None
    assert pool is not None
    pricer = site.tariffs.get(binding.tariff)
    lines, counts = window.lines, pool.posted
    if lines:
        assert pricer is not None
        fresh, counts = repriced(pricer, lines, pool.posted, run.scope)
        lines = merged(fresh)
    dues = dues_of(pricer, lines, window.carry, window.denominator, run.carries)
    rates = rates or charged_rates(site, run, lines)
    act = Act(
        kind=EntryKind.USAGE,
        event=energy_event(installation.id, window.from_register, window.to_register),
        occurred=min(window.to_at, site.clock()),
        actor=SYSTEM,
        moves=(
            CursorMove(
                installation=installation.id,
                from_register=window.from_register,
                to_register=window.to_register,
                to_at=window.to_at,
                carry=dues.carry,
            ),
        ),
        puts=(
            *_count_puts(pool, counts),
            *_carry_puts(binding.id, run.carries, dues.carries),
            *((RateCursor(installation=installation.id, registers=rates),) if rates else ()),
        ),
        detail=_trace(run, window, lines, dues),
    )
    shares = shares_of(dues.net_minor, dues.parts, run.meter.commodity)
    return Closing(act, shares, dues.minor, counts, dues.carries, rates)


def line_detail(line: ChargeLine) -> dict[str, object]:
    """Return a charge line as it is kept in an entry's trace."""
    detail: dict[str, object] = {
        "tariff": line.tariff,
        "version": line.version,
        "rate": line.rate,
        "tier": line.tier,
        "price": line.price_micro,
        "quantity": line.quantity,
        "period": line.period,
    }
    if line.season:
        detail["season"] = line.season
    return detail


def _trace(
    run: MeterRun, window: OpenWindow, lines: Sequence[ChargeLine], dues: Dues
) -> dict[str, object]:
    binding, pool, scope = run.binding, run.pool, run.scope
    assert binding is not None
    assert pool is not None
    trace: dict[str, object] = {
        "meter": run.meter.id,
        "wallet": binding.wallet,
        "binding": binding.id,
        "quantity": str(run.meter.quantity),
        "from": window.from_at.isoformat(),
        "to": window.to_at.isoformat(),
        "from_register": window.from_register,
        "to_register": window.to_register,
        "carry_from": window.carry,
        "carry_to": dues.carry,
        "net": dues.net_minor,
        "pool": pool.name,
        "tiers": {line.period: pool.posted.get(line.period, 0) for line in lines},
        "lines": [line_detail(line) for line in lines],
    }
    if scope.persons:
        trace["persons"] = scope.persons
    if scope.first_from is not None:
        trace["first_from"] = scope.first_from.isoformat()
    if dues.levied:
        trace["levies"] = levy_details(dues.levied)
    if points := points_within(window):
        trace["readings"] = [[at.isoformat(), register] for at, register in points]
    if window.rated_to is not None:
        trace["rated_to"] = window.rated_to
    return trace


def _count_puts(pool: Pool, counts: Mapping[str, int]) -> tuple[TierCount, ...]:
    return tuple(
        TierCount(pool=pool.name, tariff=pool.tariff, period=period, quantity=quantity)
        for period, quantity in counts.items()
        if pool.posted.get(period) != quantity
    )


def _carry_puts(
    binding: str, before: Mapping[str, int], after: Mapping[str, int]
) -> tuple[LevyCarry, ...]:
    return tuple(
        LevyCarry(binding=binding, name=name, carry=carry)
        for name, carry in after.items()
        if before.get(name) != carry
    )
