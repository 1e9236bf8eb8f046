"""A charge is corrected: the difference moves, as an entry of its own that names the one it corrects.

What was charged stays as it is. The remainders go on where they lie: at the cursor of a meter that is
still paid for by the same one, else with the binding that has ended.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.accrual import ChargeLine
from ..core.carries import LevyCarry
from ..core.entry_kind import EntryKind
from ..core.identity import Actor, MeterId
from ..core.ledger import AccountId, Act, CursorMove, Receipt, Record
from ..core.levies import Levy, LevyPart, levy
from ..core.months import month_of
from ..core.wallet import Binding, TierCount
from .charging import line_detail
from .dues import Levied, flows, levy_details, shares_of
from .meter_run import MeterRun
from .paying_corrections import correction_legs, in_cash_of, layers_back
from .paying_usage import Take
from .shares import booked
from .site import Site
from .used import Point, Used, counted
from .window import recount, restack


@dataclass(slots=True)
class Till:
    """What a binding has below the minor unit, while corrections are worked out.

    `run` is its meter, where the binding is the open one.
    """

    binding: Binding
    run: MeterRun | None
    carry: int
    carries: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """How a charge comes out by what is known or holds now; `tiers` is where it begins in the counts."""

    used: Used
    lines: Sequence[ChargeLine]
    tiers: Mapping[str, int]
    points: Sequence[Point] = ()

    @property
    def shifted(self) -> dict[str, int]:
        """By how much the counts move that what came later begins at."""
        shifts: dict[str, int] = defaultdict(int)
        for sign, lines in ((1, self.lines), (-1, self.used.lines)):
            for period, quantity in counted(lines).items():
                shifts[period] += sign * quantity
        return {period: shift for period, shift in shifts.items() if shift}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a correction comes to, in minor units: below zero, money is given back.

    `net_minor` is the price as it then stands, `dues` are the differences by who gets them.
    """

    minor: int
    net_minor: int
    dues: tuple[tuple[AccountId, int], ...]
    levied: tuple[Levied, ...]
    carry_from: int


def till_of(site: Site, binding: Binding, carries: Mapping[str, int]) -> Till:
    """Return what a binding has below the minor unit; `carries` are those of one that has ended."""
    run = site.meters.get(binding.meter)
    if run is None or run.binding is None or run.binding.id != binding.id:
        return Till(binding, None, binding.carry, dict(carries))
    assert run.cursor is not None
    return Till(binding, run, run.cursor.carry, dict(run.carries))


def worth_of(
    site: Site,
    till: Till,
    correction: Correction,
    levies: Mapping[int, Sequence[Levy]] | None = None,
) -> Worth:
    """Turn a correction into money; its remainders are in the till then.

    What the levies brought is taken back exactly, and taken anew of what the price is now. `levies`
    are those of versions that are not published.
    """
    used, lines, carry = correction.used, correction.lines, till.carry
    denominator = site.currency.denominator(used.quantity)
    changed = sum(line.numerator for line in lines) - used.numerator
    net, till.carry = divmod(carry + changed, denominator)
    published = site.pricing.published[used.tariff]
    levies = {one.version: one.terms.levies for one in published} | dict(levies or {})
    parts: list[LevyPart] = []
    for version, part_minor in used.levied.items():
        parts += _levy(till, -part_minor, levies[version])
    levied: list[Levied] = []
    for version, part_minor in _by_version(lines, used.net_minor + net).items():
        if levies[version]:
            taken = _levy(till, part_minor, levies[version])
            levied.append(Levied(version, part_minor, tuple(levies[version]), tuple(taken)))
            parts += taken
    commodity = site.meters[MeterId(used.meter)].meter.commodity
    return Worth(
        minor=net + sum(part.minor for part in parts if not part.included),
        net_minor=used.net_minor + net,
        dues=shares_of(net, parts, commodity),
        levied=tuple(levied),
        carry_from=carry,
    )


def correcting_act(
    site: Site,
    till: Till,
    correction: Correction,
    worth: Worth,
    *,
    actor: Actor,
    reason: str,
    take: Take,
    counts: Mapping[str, int],
) -> Act:
    """Write a correction down as an act; `take` lets the next one see what it does to the wallets.

    `counts` is where the counts of its pool stand after it.
    """
    used = correction.used
    legs, puts, trace = correction_legs(site, used, worth.minor)
    postings = flows(legs, worth.dues)
    puts = (*puts, *layers_back(site, legs, postings))
    take(legs, puts)
    return Act(
        kind=EntryKind.RERATING,
        event=f"rerating/{used.standing}",
        occurred=_occurred(site, used),
        actor=actor,
        reason=reason,
        reverses=used.standing,
        postings=postings,
        moves=_moves(till),
        puts=(*puts, *_till_puts(till), *_count_puts(correction, counts)),
        detail={
            "meter": used.meter,
            "wallet": used.wallet,
            "binding": till.binding.id,
            "entry": used.entry.id,
            "tariff": used.tariff,
            "pool": used.pool,
            "tiers": dict(correction.tiers),
            "lines": [line_detail(line) for line in correction.lines],
            "numerator_before": used.numerator,
            "numerator": sum(line.numerator for line in correction.lines),
            "net": worth.net_minor,
            "cash": used.cash_minor + in_cash_of(legs),
            "carry_from": worth.carry_from,
            "carry_to": till.carry,
            "readings": [[at.isoformat(), register] for at, register in correction.points],
            "levies": levy_details(worth.levied),
            "shifted": correction.shifted,
            **trace,
        },
    )


def corrected(site: Site, till: Till, correction: Correction, act: Act, receipt: Receipt) -> None:
    """Take over what a correction has changed, once it is written."""
    for wallet, _ in booked(site, act, receipt):
        site.wake_wallet(wallet)
    used, run = correction.used, till.run
    pool = site.pools.get((used.pool, used.tariff))
    if pool is not None and correction.shifted:
        pool.posted = counts_after(pool.posted, correction)
        pool.ahead = pool.posted
        restack(site, pool)
    if run is None:
        till.binding = replace(till.binding, carry=till.carry)
        return
    assert run.cursor is not None
    assert run.window is not None
    run.cursor = replace(run.cursor, carry=act.moves[0].carry)
    run.window.carry, run.carries = run.cursor.carry, dict(till.carries)
    run.window.levied_minor = -1
    recount(site, run)


def _levy(till: Till, part_minor: int, levies: Sequence[Levy]) -> list[LevyPart]:
    _, parts, till.carries = levy(part_minor, levies, till.carries)
    return parts


def _by_version(lines: Sequence[ChargeLine], net_minor: int) -> dict[int, int]:
    """Divide a price among the versions it was made by, so that the parts add up to it."""
    numerators: dict[int, int] = defaultdict(int)
    for line in lines:
        numerators[line.version] += line.numerator
    whole, passed, done, parts = sum(numerators.values()), 0, 0, dict[int, int]()
    for number, version in enumerate(sorted(numerators), 1):
        passed += numerators[version]
        upto = net_minor * passed // whole if whole else 0
        upto = net_minor if number == len(numerators) else upto
        parts[version], done = upto - done, upto
    return parts


def _moves(till: Till) -> tuple[CursorMove, ...]:
    """Let the remainder go on at the cursor, which stays where it is."""
    if till.run is None:
        return ()
    cursor = till.run.cursor
    assert cursor is not None
    return (
        CursorMove(
            installation=cursor.installation,
            from_register=cursor.register,
            to_register=cursor.register,
            to_at=cursor.at,
            carry=till.carry,
        ),
    )


def _till_puts(till: Till) -> tuple[Record, ...]:
    carries = (
        LevyCarry(binding=till.binding.id, name=name, carry=carry)
        for name, carry in till.carries.items()
    )
    ended = (replace(till.binding, carry=till.carry),) if till.run is None else ()
    return (*carries, *ended)


def counts_after(posted: Mapping[str, int], correction: Correction) -> dict[str, int]:
    """Return where the counts of a pool stand after a correction."""
    after = dict(posted)
    for period, shift in correction.shifted.items():
        after[period] = max(0, after.get(period, 0) + shift)
    return dict(sorted(after.items()))


def _count_puts(correction: Correction, counts: Mapping[str, int]) -> tuple[Record, ...]:
    used = correction.used
    return tuple(
        TierCount(pool=used.pool, tariff=used.tariff, period=period, quantity=counts[period])
        for period in correction.shifted
    )


def _occurred(site: Site, used: Used) -> datetime:
    """Return when a correction is said to have happened: with what it corrects, while that is open."""
    day = used.entry.occurred.astimezone(site.zone).date()
    closed = site.billing.closed_month
    return site.clock() if closed and month_of(day) <= closed else used.entry.occurred
