"""Charge windows become entries: at boundaries, at an interval, near the mark, and when sums are due.

The entry and the cursor it charges up to are one act; what cannot be written stays and is tried
again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ..core.accrual import ChargeLine, Window
from ..core.chart import revenue_account, wallet_account
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, energy_event
from ..core.ledger import Act, CursorMove, EntryKind, Posting, Receipt, Record
from ..core.metering import Cursor
from ..core.tariff import Pricer, Usage
from ..core.wallet import TierCount
from .facts import WalletEvent, WalletFact
from .pace import near
from .site import MeterRun, OpenWindow, Site
from .turn import in_turn
from .window import count_tier, open_window, pool_of, recount

POST_EVERY: Final = timedelta(hours=4)
"""At least every four hours: with the day's price boundaries six to ten entries a meter and day."""


def due_to_close(site: Site, run: MeterRun, pricer: Pricer) -> bool:
    """Tell whether the open window is to be posted now."""
    window = run.window
    if window is None or window.empty or run.closing is not None:
        return False
    if window.to_at - window.from_at >= POST_EVERY or window.to_at >= pricer.at(window.from_at).end:
        return True
    assert run.binding is not None
    return near(site, site.wallets[run.binding.wallet])


def usage_act(site: Site, run: MeterRun, *, now: datetime) -> tuple[Act, int]:
    """Write the open window down as an act; returns it with the money it moves."""
    window, binding, installation = run.window, run.binding, run.installation
    assert window is not None
    assert binding is not None
    assert installation is not None
    amount, carry = divmod(window.carry + window.numerator, window.denominator)
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
            "wallet": binding.wallet,
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


def set_aside(site: Site, run: MeterRun) -> None:
    """Close the open window into an act that waits to be written, and open the next."""
    assert run.closing is None
    run.closing, run.closing_minor = usage_act(site, run, now=site.clock())
    move = run.closing.moves[0]
    count_tier(site, run)
    open_window(site, run, move.to_register, move.to_at, move.carry)


async def post_windows(site: Site, runs: Iterable[MeterRun], *, whole: bool = False) -> None:
    """Post these meters' open windows; what cannot be written stays and is tried again later.

    What has waited since a failure goes first, and then what was used since. Many windows close
    together at midnight: their acts go to the books in one go. A window that comes to less than the
    minor unit stays open, so that every charge on a statement has an amount; `whole` posts it all the
    same, where somebody else pays from here on.
    """
    # A burst may hold many readings of one meter, each of which asked for it.
    runs = list({run.meter.id: run for run in runs}.values())
    await _post(site, runs)
    ripe = [run for run in runs if run.closing is None and _is_ripe(run.window, whole=whole)]
    for run in ripe:
        set_aside(site, run)
    await _post(site, ripe)


def _is_ripe(window: OpenWindow | None, *, whole: bool) -> bool:
    return window is not None and not window.empty and (whole or window.minor > 0)


async def _post(site: Site, runs: list[MeterRun]) -> None:
    """Hand the acts of these meters to the books, and take over what came of them."""
    closing = [(run, run.closing) for run in runs if run.closing is not None]
    if not closing:
        return
    try:
        answers = await site.books.commit_all([act for _, act in closing])
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return
    trouble: CoreError | None = None
    for (run, act), answer in zip(closing, answers, strict=True):
        if isinstance(answer, CoreError):
            trouble = answer
        else:
            _posted(site, run, act, answer)
    if trouble is None:
        site.books_trouble("")
    else:
        site.books_trouble(trouble.key, str(trouble))


@in_turn
async def close_windows(site: Site, runs: Iterable[MeterRun]) -> None:
    """Post these meters' open windows, when whoever is at work with them has ended."""
    await post_windows(site, runs)


async def checkpoint(site: Site) -> None:
    """Make the open windows durable, so that a crash loses not even when energy was used."""
    runs = [
        run
        for run in site.meters.values()
        if not run.checkpointed and run.closing is None and run.window is not None
    ]
    if not runs:
        return
    for run in runs:
        run.checkpointed = True
    try:
        await site.books.record(*(window_record(run) for run in runs))
    except StoreError as err:
        for run in runs:
            run.checkpointed = False
        site.books_trouble(err.key, err.detail)
    else:
        site.books_written()


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
    """Begin a run where the books say the last one ended, with its checkpoint where that still fits.

    It fits where it starts at the cursor: an older one belongs to a stretch that was posted.
    """
    cursor = run.cursor
    assert cursor is not None
    open_window(site, run, cursor.register, cursor.at, cursor.carry)
    window = run.window
    assert window is not None
    start = (cursor.register, cursor.carry)
    if kept is None or (kept.from_register, kept.carry) != start or kept.from_at < cursor.at:
        return
    window.from_at = kept.from_at
    window.to_register, window.to_at = kept.to_register, kept.to_at
    window.lines = {(one.tariff, one.version, one.rate, one.tier): one for one in kept.lines}
    window.numerator = sum(one.numerator for one in kept.lines)
    window.used = Usage(kept.period, kept.tier_quantity)
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


def _posted(site: Site, run: MeterRun, act: Act, receipt: Receipt) -> None:
    assert run.binding is not None
    move, amount = act.moves[0], run.closing_minor
    run.cursor = Cursor(
        installation=move.installation,
        register=move.to_register,
        at=move.to_at,
        carry=move.carry,
    )
    run.closing, run.closing_minor = None, 0
    wallet = site.wallets[run.binding.wallet]
    wallet.booked(receipt)
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
            receipt=receipt,
        )
    )


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
