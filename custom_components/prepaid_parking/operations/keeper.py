"""The one who looks after a site: takes readings as they come, and every second what time brings.

One task does it all in order, so that nothing in a site needs a lock. What could wait for a device
runs beside it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
import contextlib
from datetime import datetime, timedelta
import logging
from typing import Final

from ..core.errors import CoreError, DeviceError, StoreError
from ..core.identity import SYSTEM, MeterId
from ..core.metering import Sample
from .backfill import rerate
from .booking import keep
from .chores import FOLLOW_UPS, Chores
from .load_limits import is_tripped, limit_of
from .meter_run import MeterRun
from .metering import take_sample
from .pace import near
from .reconciling import reconcile
from .site import Site
from .stagger import wake_next
from .usage import checkpoint, post_windows
from .wallet_run import WalletRun
from .watching import watch_wallet

_LOGGER: Final = logging.getLogger(__name__)
TICK_S: Final = 1.0
CHECKPOINT_EVERY: Final = timedelta(seconds=60)
RETRY_POSTING: Final = timedelta(seconds=5)
CLOCK_STEP: Final = timedelta(minutes=1)
"""A clock set back by more is not believed: no supply is cut until it shows the time it showed."""
TAKING: Final = take_sample.__name__
RECONCILING: Final = reconcile.__name__
MOST_AT_ONCE: Final = 500
"""Readings taken before anything else gets a turn: a burst must not hold up a cut."""


class Keeper:
    """Takes what the lines deliver and keeps the site true to it."""

    def __init__(self, site: Site, *, checkpoint_every: timedelta = CHECKPOINT_EVERY) -> None:
        """Make the site wake this keeper."""
        self._site = site
        self._incoming: deque[tuple[MeterId, Sample | DeviceError]] = deque()
        self._something = asyncio.Event()
        self.checkpoint_every = checkpoint_every
        self._checkpointed: datetime | None = None
        self._posted: datetime | None = None
        self._latest = site.clock()
        self._chores = Chores()
        self._passed_over: set[tuple[str, str]] = set()
        self._stopping = False
        self._ended: asyncio.Event | None = None
        site.wake_up = self._something.set

    def offer(self, meter: MeterId, heard: Sample | DeviceError) -> None:
        """Put down what a meter said, or that it said nothing."""
        self._incoming.append((meter, heard))
        self._something.set()

    async def run(self) -> None:
        """Work until stopped."""
        self._ended = asyncio.Event()
        try:
            await self._run()
        finally:
            self._ended.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_tick = loop.time() + TICK_S
        while not self._stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_tick):
                    await self._something.wait()
            self._something.clear()
            if loop.time() >= next_tick:
                next_tick = loop.time() + TICK_S
                await self.tick()
            await self.work()

    async def work(self) -> None:
        """Take what has come in, then decide the supplies it concerns."""
        async with self._site.turn:
            await self._work()
        await asyncio.sleep(0)  # Others get the loop, also while readings pour in.

    async def tick(self) -> None:
        """Do what time brings: grace runs, commands come due, windows are checkpointed and posted."""
        async with self._site.turn:
            await self._tick()

    async def stop(self) -> None:
        """End the work under way, then post every open window: the books are exact when the hub stops."""
        site, self._stopping = self._site, True
        self._something.set()
        if self._ended is not None:
            await self._ended.wait()
        await self.work()
        while self._incoming:
            await self.work()
        async with site.turn:
            await post_windows(site, site.meters.values())
            await checkpoint(site)

    async def _work(self) -> None:
        site, concerned = self._site, set(self._site.woken)
        wallets = [site.wallets[wallet] for wallet in site.woken_wallets]
        site.woken.clear()
        site.woken_wallets.clear()
        for wallet in wallets:
            for follow in FOLLOW_UPS:
                await self._safely(follow.__name__, wallet.wallet.id, follow(site, wallet))
        ripe: list[MeterRun] = []
        for _ in range(min(len(self._incoming), MOST_AT_ONCE)):
            meter, heard = self._incoming.popleft()
            run = site.meters.get(meter)
            if run is None:
                continue
            if isinstance(heard, DeviceError):
                run.connected = False
                continue
            if await self._safely(TAKING, meter, take_sample(site, run, heard)):
                ripe.append(run)
            concerned.add(meter)
        if self._incoming:
            self._something.set()
        await post_windows(site, ripe)
        concerned.update(run.meter.id for wallet in wallets for run in wallet.meters)
        await self._watch(wallet for wallet in wallets if not wallet.meters)
        await self._look_after([site.meters[one] for one in concerned if one in site.meters])

    async def _tick(self) -> None:
        site, now = self._site, self._site.clock()
        self._latest = max(self._latest, now)
        site.clock_ok = now >= max(site.not_before, self._latest - CLOCK_STEP)
        waiting = [run for run in site.meters.values() if run.closing is not None]
        if waiting and (self._posted is None or abs(now - self._posted) >= RETRY_POSTING):
            self._posted = now
            await post_windows(site, waiting)
        if self._checkpointed is None:
            self._checkpointed = now
        if abs(now - self._checkpointed) >= self.checkpoint_every:
            self._checkpointed = now
            await checkpoint(site)
        await self._refine()
        for chore in self._chores.due(now):
            await self._safely(chore.__name__, "", chore(site, now))
        site.woken_wallets.update(
            key
            for key, wallet in site.wallets.items()
            if wallet.watch.low_level or wallet.watch.crossed_at is not None
        )
        site.woken.update(
            key
            for key, run in site.meters.items()
            if run.command is not None
            or run.supply.hold_on is not None
            or (run.load is not None and is_tripped(run))
        )
        wake_next(site, now)

    async def _refine(self) -> None:
        """Let stored readings that came late say when it was that energy was used."""
        for run in [run for run in self._site.meters.values() if run.late]:
            late, run.late = run.late, []
            try:
                await rerate(self._site, run, late, SYSTEM)
            except StoreError as err:
                run.late = late
                self._site.books_trouble(err.key, err.detail)

    async def _look_after(self, runs: Sequence[MeterRun]) -> None:
        wallets = {
            run.binding.wallet: self._site.wallets[run.binding.wallet]
            for run in runs
            if run.binding is not None
        }
        crossed = {key: wallet.watch.crossed_at for key, wallet in wallets.items()}
        await self._watch(wallets.values())
        passed = [
            run
            for key, wallet in wallets.items()
            if wallet.watch.crossed_at != crossed[key]
            for run in wallet.meters
        ]
        await post_windows(self._site, passed)  # What takes a wallet over its mark is in the books.
        concerned = {run.meter.id: run for run in [*runs, *passed]}.values()
        # Together: what many supplies have to write down costs one flush of the disk.
        await asyncio.gather(
            *(
                self._safely(RECONCILING, run.meter.id, reconcile(self._site, run))
                for run in concerned
            )
        )
        for run in concerned:
            self._pace(run)

    async def _safely[R](self, step: str, what: str, work: Awaitable[R]) -> R | None:
        """Do one meter's step, or a chore; its trouble is said and keeps nobody else waiting."""
        site = self._site
        try:
            done = await work
        except StoreError as err:
            site.books_trouble(err.key, err.detail)
        except CoreError as err:
            site.refused(step, what, err)
        except Exception:  # one meter's surprise must not end the billing of a building
            if (step, what) not in self._passed_over:
                self._passed_over.add((step, what))
                _LOGGER.exception("%s of %s was passed over", f"{step} {what}".strip(), site.name)
        else:
            if self._passed_over:
                self._passed_over.discard((step, what))
            if site.refusals:
                site.refused(step, what, None)
            return done
        return None

    def _pace(self, run: MeterRun) -> None:
        """Read faster near the cut mark and while a command is out: a cut leaves within two seconds.

        Where the load is limited, every reading has to tell the power.
        """
        fast = run.command is not None or (
            run.relay is not None
            and run.binding is not None
            and near(self._site, self._site.wallets[run.binding.wallet])
        )
        limit = limit_of(self._site, run) if run.relay is not None else None
        limited = limit is not None and limit.watches
        if fast is not run.fast or limited is not run.load_limited:
            run.fast, run.load_limited = fast, limited
            self._site.hurry(run)

    async def _watch(self, wallets: Iterable[WalletRun]) -> None:
        records = [record for wallet in wallets for record in watch_wallet(self._site, wallet)]
        if records:
            await keep(self._site, *records)
