"""Out of which money what was used is paid, said as it is written.

Bonus that was there when a window closed may be spent when it is posted, and of many windows that
are posted together each leaves less for the next.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ..core.chart import Bucket, code_of, owner_of
from ..core.identity import WalletId
from ..core.layers import Layer
from ..core.ledger import AccountId, Act, Record
from .dues import flows
from .meter_run import Closing, MeterRun
from .shares import Division, count, divide
from .site import Site
from .wallet_run import WalletRun

type Take = Callable[[Iterable[tuple[AccountId, int]], Iterable[Record]], None]
"""Told what an act takes out of wallets, and what it remembers of their members."""


def drawn(site: Site, closing: Sequence[tuple[MeterRun, Closing]]) -> list[Act]:
    """Return the acts of closed windows with their movements, as they follow each other."""
    with one_after_another(site) as take:
        return [_drawn(site, run, one, take) for run, one in closing]


def _drawn(site: Site, run: MeterRun, closing: Closing, take: Take) -> Act:
    assert run.binding is not None
    act, (move,) = closing.act, closing.act.moves
    division: Division = divide(
        site,
        site.wallets[run.binding.wallet],
        closing.minor,
        quantity=move.to_register - move.from_register,
        commodity=run.meter.commodity,
    )
    take(division.legs, division.puts)
    return replace(
        act,
        postings=flows(division.legs, closing.dues),
        puts=(*act.puts, *division.puts),
        detail={**act.detail, **division.detail},
    )


@contextmanager
def one_after_another(site: Site) -> Iterator[Take]:
    """Let each act that is prepared see what those before it take; afterwards all is as it was."""
    before: dict[int, tuple[WalletRun, int, int, tuple[Layer, ...]]] = {}
    counts = site.house.share_counts.copy()

    def take(legs: Iterable[tuple[AccountId, int]], puts: Iterable[Record]) -> None:
        for account, part in legs:
            number = owner_of(account)
            wallet = site.wallets[WalletId(f"w{number}")]
            now = (wallet, wallet.posted_minor, wallet.bonus_minor, wallet.layers)
            before.setdefault(number, now)
            if code_of(account) == Bucket.BONUS:
                wallet.bonus_minor -= part
            else:
                wallet.posted_minor -= part
        count(site, puts)

    try:
        yield take
    finally:
        site.house.share_counts = counts
        for wallet, cash, bonus, layers in before.values():
            wallet.posted_minor, wallet.bonus_minor, wallet.layers = cash, bonus, layers
