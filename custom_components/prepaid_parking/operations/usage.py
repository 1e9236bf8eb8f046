"""Charge windows become entries: at boundaries, at an interval, near the mark, and when sums are due.

The entry and the cursor it charges up to are one act; what cannot be written stays and is tried
again.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from ..core.accrual import Window
from ..core.errors import CoreError, StoreError
from ..core.ledger import Act, Receipt, Record
from ..core.tariff import Pricer
from ..core.tiers import Usage
from .charging import can_close, charged, set_aside
from .facts import WalletEvent, WalletFact
from .meter_run import Closing, MeterRun, OpenWindow
from .pace import near
from .paying_usage import drawn
from .saying import said
from .shares import booked
from .site import Site
from .turn import in_turn
from .window import open_window, recount, restack

POST_EVERY: Final = timedelta(hours=4)
"""At least every four hours: with the day's price boundaries six to ten entries a meter and day."""
AT_ONCE: Final = 200
"""Windows closed before others get the loop: an act takes some forty microseconds to make."""


def due_to_close(site: Site, run: MeterRun, pricer: Pricer) -> bool:
    """Tell whether the open window is to be posted now."""
    window = run.window
    if window is None or window.empty or run.closing is not None:
        return False
    if window.to_at - window.from_at >= POST_EVERY or window.to_at >= pricer.at(window.from_at).end:
        return True
    assert run.binding is not None
    return near(site, site.wallets[run.binding.wallet])


async def post_windows(site: Site, runs: Iterable[MeterRun], *, whole: bool = False) -> None:
    """Post these meters' open windows; what cannot be written stays and is tried again later.

    What has waited since a failure goes first, and then what was used since. Many windows close
    together at midnight: their acts go to the books in one go, those of one pool one after another. A
    window that comes to less than the minor unit stays open, so that every charge on a statement has
    an amount; `whole` posts it all the same, where somebody else pays from here on.
    """
    # A burst may hold many readings of one meter, each of which asked for it.
    runs = list({run.meter.id: run for run in runs}.values())
    await _post(site, _waiting(runs))
    ripe = [run for run in runs if run.closing is None and _is_ripe(run.window, whole=whole)]
    while ripe:
        aside: list[MeterRun] = []
        for run in ripe:
            if can_close(run):
                set_aside(site, run)
                aside.append(run)
                if len(aside) == AT_ONCE:
                    break
        if not aside or not await _post(site, aside):
            return
        done = set(map(id, aside))
        ripe = [run for run in ripe if id(run) not in done]


def _waiting(runs: Iterable[MeterRun]) -> list[MeterRun]:
    """Return whose acts wait to be written: of these meters, and of those that count with them."""
    waiting: dict[str, MeterRun] = {}
    for run in runs:
        first = run if run.closing is not None else run.pool.closing if run.pool else None
        if first is not None:
            waiting[first.meter.id] = first
    return list(waiting.values())


def _is_ripe(window: OpenWindow | None, *, whole: bool) -> bool:
    return window is not None and not window.empty and (whole or window.minor > 0)


async def _post(site: Site, runs: Sequence[MeterRun]) -> bool:
    """Hand the acts of these meters to the books, and take over what came of them. True: all is in."""
    closing = [(run, run.closing) for run in runs if run.closing is not None]
    if not closing:
        return True
    acts = drawn(site, closing)
    try:
        answers = await site.books.commit_all(acts)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return False
    site.books_trouble("")
    for (run, one), act, answer in zip(closing, acts, answers, strict=True):
        with said(site, post_windows.__name__, run.meter.id):
            if isinstance(answer, CoreError):
                raise answer
            _posted(site, run, one, act, answer)
    return not any(isinstance(answer, CoreError) for answer in answers)


def unposted(site: Site) -> str:
    """Return why charges wait: what ails the books, or what the rules refused."""
    refused = (why.key for (step, _), why in site.refusals.items() if step == post_windows.__name__)
    return site.trouble or next(refused, "failed")


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
    window, installation, pool = run.window, run.installation, run.pool
    assert window is not None
    assert installation is not None
    assert pool is not None
    return Window(
        installation=installation.id,
        from_register=window.from_register,
        from_at=window.from_at,
        to_register=window.to_register,
        to_at=window.to_at,
        carry=window.carry,
        lines=tuple(window.lines),
        period=pool.live.period,
        tier_quantity=pool.live.quantity,
        points=window.points,
    )


def take_up(site: Site, run: MeterRun, kept: Window | None) -> None:
    """Begin a run where the books say the last one ended, with its checkpoint where that still fits.

    It fits where it starts at the cursor: an older one belongs to a stretch that was posted. The carry
    is the cursor's: a correction may have moved it since. Its tiers are counted anew from what is
    posted: another meter of the unit may have been since.
    """
    cursor, binding = run.cursor, run.binding
    assert cursor is not None
    assert binding is not None
    open_window(site, run, cursor.register, cursor.at, cursor.carry)
    window, pool = run.window, run.pool
    assert window is not None
    assert pool is not None
    if kept is None or kept.from_register != cursor.register or kept.from_at < cursor.at:
        return
    if any(line.tariff != binding.tariff for line in kept.lines):
        return
    window.from_at = kept.from_at
    window.to_register, window.to_at = kept.to_register, kept.to_at
    window.points = kept.points
    window.lines = list(kept.lines)
    window.numerator = sum(one.numerator for one in kept.lines)
    recount(site, run)
    if kept.lines:
        pool.live = Usage(kept.lines[-1].period, pool.live.quantity)
        restack(site, pool)


def _posted(site: Site, run: MeterRun, closing: Closing, act: Act, receipt: Receipt) -> None:
    charged(run, closing)
    charges_told(site, run, act, receipt, closing.minor)


def charges_told(site: Site, run: MeterRun, act: Act, receipt: Receipt, minor: int) -> None:
    """Take over what a charge of a meter did to the wallets that paid it, and say it."""
    assert run.binding is not None
    paid = booked(site, act, receipt) or [(site.wallets[run.binding.wallet], minor)]
    recount(site, run)
    for wallet, amount in paid:
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
        if wallet.wallet.id != run.binding.wallet:
            site.wake_wallet(wallet)  # No reading of a meter of its own has looked after it.
