"""Out of which money what was used is paid, said as it is written.

Bonus that was there when a window closed may be spent when it is posted, and of many windows that
are posted together each leaves less for the next.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..core.chart import Bucket, code_of
from ..core.ledger import Act
from .dues import flows
from .paying import sources
from .site import Closing, MeterRun, Site, WalletRun


def drawn(site: Site, closing: Sequence[tuple[MeterRun, Closing]]) -> list[Act]:
    """Return the acts of closed windows with their movements, as they follow each other."""
    before: dict[int, tuple[WalletRun, int, int]] = {}
    acts: list[Act] = []
    try:
        for run, one in closing:
            assert run.binding is not None
            payer = site.wallets[run.binding.wallet]
            before.setdefault(id(payer), (payer, payer.posted_minor, payer.bonus_minor))
            taken = sources(payer, one.minor)
            for account, part in taken:
                if code_of(account) == Bucket.BONUS:
                    payer.bonus_minor -= part
                else:
                    payer.posted_minor -= part
            acts.append(replace(one.act, postings=flows(taken, one.dues)))
    finally:
        for payer, cash, bonus in before.values():
            payer.posted_minor, payer.bonus_minor = cash, bonus
    return acts
