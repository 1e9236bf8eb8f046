"""Out of which money what was used is paid, said as it is written.

Bonus that was there when a window closed may be spent when it is posted, and of many windows that
are posted together each leaves less for the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.chart import Bucket, code_of, owner_of
from ..core.identity import WalletId
from ..core.ledger import AccountId, Act
from .dues import flows
from .shares import count, divide
from .site import Closing, MeterRun, Site, WalletRun


def drawn(site: Site, closing: Sequence[tuple[MeterRun, Closing]]) -> list[Act]:
    """Return the acts of closed windows with their movements, as they follow each other."""
    before: dict[int, tuple[WalletRun, int, int]] = {}
    counts, acts = site.share_counts.copy(), list[Act]()
    try:
        for run, one in closing:
            assert run.binding is not None
            payer, (move,) = site.wallets[run.binding.wallet], one.act.moves
            division = divide(
                site,
                payer,
                one.minor,
                quantity=move.to_register - move.from_register,
                commodity=run.meter.commodity,
            )
            _take(site, division.legs, before)
            count(site, division.puts)
            acts.append(
                replace(
                    one.act,
                    postings=flows(division.legs, one.dues),
                    puts=(*one.act.puts, *division.puts),
                    detail={**one.act.detail, **division.detail},
                )
            )
    finally:
        site.share_counts = counts
        for wallet, cash, bonus in before.values():
            wallet.posted_minor, wallet.bonus_minor = cash, bonus
    return acts


def _take(
    site: Site,
    legs: Iterable[tuple[AccountId, int]],
    before: dict[int, tuple[WalletRun, int, int]],
) -> None:
    """Let the next act see what this one takes; `before` keeps what it was."""
    for account, part in legs:
        number = owner_of(account)
        wallet = site.wallets[WalletId(f"w{number}")]
        before.setdefault(number, (wallet, wallet.posted_minor, wallet.bonus_minor))
        if code_of(account) == Bucket.BONUS:
            wallet.bonus_minor -= part
        else:
            wallet.posted_minor -= part
