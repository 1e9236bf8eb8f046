"""Another one pays for a meter, from exactly the register on which the one before ended."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import TariffId
from ..core.ledger import Record
from ..core.metering import Cursor
from ..core.wallet import Binding
from .bill_book import local_day
from .ending import end_periods
from .meter_run import MeterRun
from .pools import leave_pool
from .rate_registers import say_rates
from .site import Site
from .standing import charge_days
from .usage import post_windows, unposted
from .wallet_run import WalletRun
from .window import open_window, recount


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebinding:
    """Who paid for a meter and who pays from here on; nothing has happened until it is written."""

    run: MeterRun
    register: int
    at: datetime
    ended: Binding | None = None
    begun: Binding | None = None

    @property
    def puts(self) -> tuple[Record, ...]:
        """What belongs into the act: where one binding ends, the next begins."""
        records: tuple[Record, ...] = () if self.ended is None else (self.ended,)
        if self.begun is not None:
            records += (self.begun, self.cursor)
        return records

    @property
    def cursor(self) -> Cursor:
        """Where the meter is charged up to, for whoever begins."""
        assert self.run.installation is not None
        return Cursor(installation=self.run.installation.id, register=self.register, at=self.at)

    @property
    def trace(self) -> dict[str, object]:
        """What is kept in the entry."""
        return {
            "meter": self.run.meter.id,
            "register": self.register,
            "at": self.at.isoformat(),
            "from": self.ended.wallet if self.ended is not None else "",
            "to": self.begun.wallet if self.begun is not None else "",
            "tariff": self.begun.tariff if self.begun is not None else "",
        }


async def posted_whole(site: Site, runs: Iterable[MeterRun]) -> None:
    """Post all that these meters have used, or refuse: somebody else pays from here on."""
    runs = [run for run in runs if run.window is not None]
    await post_windows(site, runs, whole=True)
    if any(run.closing is not None or (run.window and not run.window.empty) for run in runs):
        raise CoreError("books_cannot_be_written", problem=unposted(site))
    await charge_days(site, runs, local_day(site))


async def rebind(
    site: Site,
    run: MeterRun,
    payer: WalletRun | None,
    *,
    register: int,
    at: datetime,
    tariff: str = "",
) -> Rebinding | None:
    """Prepare that a wallet (None: nobody) pays for a meter whose window has been posted.

    The tariff stays: the open binding's, else the one that was last. None where nothing changes:
    nobody paid and nobody can, because no tariff is known.
    """
    old, begun = run.binding, None
    known = old.tariff if old is not None else TariffId(tariff) or await _last_tariff(site, run)
    if payer is not None and known:
        check_tariff(site, run, known)
        begun = Binding(
            id=f"{run.meter.id}/{await site.books.next_number('binding')}",
            meter=run.meter.id,
            wallet=payer.wallet.id,
            tariff=known,
            from_register=register,
            from_at=at,
        )
    if old is None:
        return None if begun is None else Rebinding(run=run, register=register, at=at, begun=begun)
    carry = run.window.carry if run.window is not None else 0
    ended = replace(old, to_register=register, to_at=at, carry=carry)
    return Rebinding(run=run, register=register, at=at, ended=ended, begun=begun)


async def end_before(site: Site, rebindings: Iterable[Rebinding]) -> None:
    """Charge who pays no longer up to today: the last thing before it is written that they do not.

    Whatever refuses it has to do so before.
    """
    await end_periods(site, [one.run for one in rebindings if one.ended is not None])


def take_effect(site: Site, rebinding: Rebinding) -> None:
    """Let it be so in memory, once it is written."""
    run, begun = rebinding.run, rebinding.begun
    if run.binding is not None:
        site.wallets[run.binding.wallet].meters.remove(run)
        run.window = None
        recount(site, run)
        leave_pool(run)
        say_rates(site, run, None)
        run.binding, run.changes = None, []
    if begun is not None:
        run.binding, run.cursor, run.carries = begun, rebinding.cursor, {}
        run.believed = None
        site.wallets[begun.wallet].meters.append(run)
        open_window(site, run, rebinding.register, rebinding.at, 0)


def check_tariff(site: Site, run: MeterRun, tariff: str) -> None:
    """Refuse a tariff that is not known, or prices something else than the meter counts."""
    pricer = site.tariffs.get(TariffId(tariff))
    if pricer is None or not pricer.versions:
        raise CoreError("unknown_tariff", tariff=tariff)
    if pricer.versions[0].quantity is not run.meter.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=tariff, quantity=run.meter.quantity)


async def _last_tariff(site: Site, run: MeterRun) -> TariffId:
    bindings = await site.books.load(Binding, meter=run.meter.id)
    last = max(bindings, key=lambda one: (one.from_at, one.id), default=None)
    return last.tariff if last is not None else TariffId("")
