"""Charge windows: what a meter used since its last entry grows in memory and is posted at boundaries.

The available balance falls with every reading; the books get an entry when the price changes, at an
interval, near the cut mark and whenever somebody needs exact sums. The entry and the cursor it
charges up to are one act.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.accrual import ChargeLine, Window
from ..core.chart import revenue_account, wallet_account
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, energy_event
from ..core.ledger import Act, CursorMove, EntryKind, Posting, Record
from ..core.metering import Consumption, Cursor
from ..core.policy import effective, mark
from ..core.tariff import Pricer, Usage
from ..core.wallet import TierCount
from .facts import WalletEvent, WalletFact
from .site import MeterRun, OpenWindow, Site, WalletRun

POST_EVERY: Final = timedelta(hours=4)
"""At least every four hours: with the day's price boundaries six to ten entries a meter and day."""
NEAR: Final = timedelta(minutes=2)
"""A wallet is near its mark when the rate of the last minutes would cross it within this time."""
RATE_OVER: Final = timedelta(minutes=5)


def denominator(site: Site, run: MeterRun) -> int:
    """Return what a charge's numerator is divided by to give minor units."""
    return site.currency.denominator(run.meter.quantity)


def pool_of(run: MeterRun) -> str:
    """Name what a meter's tiers are counted in."""
    return f"meter/{run.meter.id}"


def used_by(site: Site, run: MeterRun) -> Usage:
    """Return how much the meter's pool has used in its month."""
    assert run.binding is not None
    return site.pools.get((pool_of(run), run.binding.tariff), Usage())


def open_window(site: Site, run: MeterRun, register: int, at: datetime, carry: int) -> None:
    """Begin a new window where the last one ended."""
    used = used_by(site, run)
    run.window = OpenWindow(register, at, register, at, carry, {}, 0, used, used)


def accrue(site: Site, run: MeterRun, pricer: Pricer, moved: Consumption) -> None:
    """Let the open window grow by a stretch of consumption; the available balance falls at once."""
    window = run.window
    assert window is not None
    lines, window.used = pricer.charge(moved.quantity, moved.from_at, moved.to_at, window.used)
    for line in lines:
        key = (line.tariff, line.version, line.rate, line.tier)
        known = window.lines.get(key)
        window.lines[key] = line if known is None else _add(known, line)
        window.numerator += line.numerator
    assert run.binding is not None
    site.pools[pool_of(run), run.binding.tariff] = window.used
    window.to_register, window.to_at = moved.to_register, moved.to_at
    run.checkpointed = False
    recount(site, run)


def recount(site: Site, run: MeterRun) -> None:
    """Set what the meter has used but not posted, and its wallet's sum with it."""
    before = run.unposted_minor
    window = run.window
    run.unposted_minor = run.closing_minor
    if window is not None and run.binding is not None:
        run.unposted_minor += (window.carry + window.numerator) // denominator(site, run)
    if run.binding is not None:
        site.wallets[run.binding.wallet].unposted_minor += run.unposted_minor - before


def due_to_close(site: Site, run: MeterRun, pricer: Pricer) -> bool:
    """Tell whether the open window is to be posted now."""
    window = run.window
    if window is None or window.empty or run.closing is not None:
        return False
    if window.to_at - window.from_at >= POST_EVERY or window.to_at >= pricer.at(window.from_at).end:
        return True
    assert run.binding is not None
    return near(site, site.wallets[run.binding.wallet])


def near(site: Site, wallet: WalletRun) -> bool:
    """Tell whether a wallet is above its mark and would cross it in a moment."""
    limit = mark(effective(site.policy_of(wallet.wallet), wallet.wallet))
    left = wallet.available_minor - limit
    pace = sum(run.pace_minor_per_h for run in wallet.meters)
    return left >= 0 and left * 3600 < pace * int(NEAR.total_seconds())


def note_pace(site: Site, run: MeterRun, at: datetime) -> None:
    """Keep the meter's pace in money per hour, measured over the last minutes."""
    window = run.window
    assert window is not None
    if run.pace_at is None or at - run.pace_at > RATE_OVER or window.numerator < run.pace_numerator:
        run.pace_at, run.pace_numerator = at, window.numerator
        return
    seconds = int((at - run.pace_at).total_seconds())
    if seconds:
        grown = window.numerator - run.pace_numerator
        run.pace_minor_per_h = grown * 3600 // (seconds * denominator(site, run))


def usage_act(site: Site, run: MeterRun, *, now: datetime) -> tuple[Act, int]:
    """Write the open window down as an act; returns it with the money it moves."""
    window, binding, installation = run.window, run.binding, run.installation
    assert window is not None
    assert binding is not None
    assert installation is not None
    amount, carry = divmod(window.carry + window.numerator, denominator(site, run))
    wallet = site.wallets[binding.wallet]
    act = Act(
        kind=EntryKind.USAGE,
        event=energy_event(installation.id, window.from_register, window.to_register),
        occurred=min(window.to_at, now),
        actor=SYSTEM,
        postings=_postings(site, run, amount),
        moves=(
            CursorMove(
                installation=installation.id,
                from_register=window.from_register,
                to_register=window.to_register,
                to_at=window.to_at,
                carry=carry,
            ),
        ),
        puts=_tier_puts(run, window),
        detail={
            "meter": run.meter.id,
            "wallet": wallet.wallet.id,
            "quantity": str(run.meter.quantity),
            "from": window.from_at.isoformat(),
            "to": window.to_at.isoformat(),
            "from_register": window.from_register,
            "to_register": window.to_register,
            "carry_from": window.carry,
            "carry_to": carry,
            "tier_from": [window.tier_from.period, window.tier_from.quantity],
            "lines": [line_detail(line) for line in window.lines.values()],
        },
    )
    return act, amount


async def close_windows(site: Site, runs: Iterable[MeterRun]) -> None:
    """Post these meters' open windows; what cannot be written stays and is tried again later.

    Many windows close together at midnight: their acts go to the books in one go.
    """
    closing: list[MeterRun] = []
    for run in runs:
        if run.closing is None:
            if run.window is None or run.binding is None or run.window.empty:
                continue
            _set_aside(site, run)
        closing.append(run)
    if not closing:
        return
    acts = [run.closing for run in closing if run.closing is not None]
    try:
        answers = await site.books.commit_all(acts)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return
    for run, answer in zip(closing, answers, strict=True):
        if isinstance(answer, CoreError):
            site.books_trouble(answer.key, str(answer))
            continue
        act, amount = run.closing, run.closing_minor
        assert act is not None
        assert run.binding is not None
        move = act.moves[0]
        run.cursor = Cursor(
            installation=move.installation,
            register=move.to_register,
            at=move.to_at,
            carry=move.carry,
        )
        run.closing, run.closing_minor = None, 0
        wallet = site.wallets[run.binding.wallet]
        wallet.posted_minor -= amount
        recount(site, run)
        site.tell(
            WalletFact(
                event=WalletEvent.CHARGED,
                wallet=wallet.wallet.id,
                unit=wallet.wallet.unit,
                at=act.occurred,
                available_minor=wallet.available_minor,
                amount_minor=amount,
                meter=run.meter.id,
                receipt=answer,
            )
        )
    site.books_trouble("")


async def checkpoint(site: Site) -> None:
    """Make the open windows durable, so that a crash loses not even when energy was used."""
    runs = [run for run in site.meters.values() if not run.checkpointed and run.closing is None]
    records = [window_record(run) for run in runs if run.window is not None]
    if not records:
        return
    for run in runs:
        run.checkpointed = True
    try:
        await site.books.record(*records)
    except StoreError as err:
        for run in runs:
            run.checkpointed = False
        site.books_trouble(err.key, err.detail)


def window_record(run: MeterRun) -> Record:
    """Return the open window as it is kept in a checkpoint."""
    window, installation = run.window, run.installation
    assert window is not None
    assert installation is not None
    return Window(
        installation=installation.id,
        from_register=window.from_register,
        from_at=window.from_at,
        to_register=window.to_register,
        to_at=window.to_at,
        carry=window.carry,
        lines=tuple(window.lines.values()),
        period=window.used.period,
        tier_quantity=window.used.quantity,
    )


def take_up(site: Site, run: MeterRun, kept: Window | None) -> None:
    """Begin a run where the books say the last one ended, with its checkpoint where that still fits."""
    cursor = run.cursor
    if cursor is None or run.binding is None:
        return
    open_window(site, run, cursor.register, cursor.at, cursor.carry)
    window = run.window
    assert window is not None
    if kept is not None and kept.from_register == cursor.register and kept.carry == cursor.carry:
        window.to_register, window.to_at = kept.to_register, kept.to_at
        window.from_at = kept.from_at
        window.lines = {(one.tariff, one.version, one.rate, one.tier): one for one in kept.lines}
        window.numerator = sum(one.numerator for one in kept.lines)
        window.used = Usage(kept.period, kept.tier_quantity)
        site.pools[pool_of(run), run.binding.tariff] = window.used
    recount(site, run)


def line_detail(line: ChargeLine) -> dict[str, object]:
    """Return a charge line as it is kept in an entry's trace."""
    return {
        "tariff": line.tariff,
        "version": line.version,
        "rate": line.rate,
        "tier": line.tier,
        "price": line.price_micro,
        "quantity": line.quantity,
    }


def _set_aside(site: Site, run: MeterRun) -> None:
    """Close the open window into an act that waits to be written, and open the next."""
    run.closing, run.closing_minor = usage_act(site, run, now=site.clock())
    move = run.closing.moves[0]
    open_window(site, run, move.to_register, move.to_at, move.carry)
    run.pace_at = None
    recount(site, run)


def _postings(site: Site, run: MeterRun, amount: int) -> tuple[Posting, ...]:
    assert run.binding is not None
    if amount <= 0:
        return ()
    source = wallet_account(site.wallets[run.binding.wallet].wallet.no)
    target = revenue_account(run.meter.commodity)
    return (Posting(source=source, target=target, amount_minor=amount),)


def _tier_puts(run: MeterRun, window: OpenWindow) -> tuple[Record, ...]:
    assert run.binding is not None
    if window.used == window.tier_from:
        return ()
    return (
        TierCount(
            pool=pool_of(run),
            tariff=run.binding.tariff,
            period=window.used.period,
            quantity=window.used.quantity,
        ),
    )


def _add(known: ChargeLine, line: ChargeLine) -> ChargeLine:
    return replace(
        known,
        quantity=known.quantity + line.quantity,
        numerator=known.numerator + line.numerator,
    )
