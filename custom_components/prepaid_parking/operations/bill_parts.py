"""Who pays what of a fee: members of a shared wallet by their shares, tenants of a period by their days.

Each has a bill of their own, with its own number, reminders and arrears: what one cannot pay is never
the others'.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.bill import BillLine
from ..core.bill_parts import Days, by_days, cut_line
from ..core.category import Category
from ..core.identity import WalletId
from ..core.shares import ShareCount, apportion
from .payers import Payers
from .recurring import Due
from .shares import weights_of
from .site import Site
from .wallet_run import WalletRun

type Counts = dict[tuple[WalletId, str], int]
"""What members were given too little so far, as far as divisions that are not booked have changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one wallet is asked for, and for which days."""

    run: WalletRun
    lines: tuple[BillLine, ...]
    days: Days


def parts_of(site: Site, due: Due, payers: Payers, counts: Counts) -> list[Part]:
    """Return the bills that a period which is due comes to."""
    found: list[Part] = []
    if not due.lines:
        return found
    pieces = [due.lines]
    if len(due.stretches) > 1:
        pieces = by_days(due.lines, [one.days for one in due.stretches])
    for stretch, lines in zip(due.stretches, pieces, strict=True):
        if stretch.run is None or not lines:
            continue
        days = stretch.days
        found += shared_out(site, stretch.run, due.charge.category, lines, payers, counts, days)
    return found


def shared_out(
    site: Site,
    run: WalletRun,
    category: Category,
    lines: Sequence[BillLine],
    payers: Payers,
    counts: Counts,
    days: Days,
) -> list[Part]:
    """Divide what a shared wallet owes among its members; what nobody pays for stays its own.

    The odd cents go on where its consumption and its last bills left them. Of any other wallet it is
    the one part.
    """
    shares = site.house.shares.get(run.wallet.id)
    weights = weights_of(site, shares) if shares is not None else []
    if shares is None or not any(weights):
        return [Part(run=run, lines=tuple(lines), days=days)]
    paying = [payers.of_member(one.member, category, days.first) or run for one in shares.members]
    keys = [(run.wallet.id, one.member) for one in shares.members]
    found: dict[WalletId, list[BillLine]] = defaultdict(list)
    for line in lines:
        owed = [counts.get(key, site.house.share_counts.get(key, 0)) for key in keys]
        amounts, left = apportion(line.amount_minor, weights, owed)
        counts.update(zip(keys, left, strict=True))
        notes: list[Mapping[str, object]] = [
            {
                "share": {
                    "wallet": run.wallet.id,
                    "member": one.member,
                    "weight": weight,
                    "of_weights": sum(weights),
                    "of": line.amount_minor,
                }
            }
            for one, weight in zip(shares.members, weights, strict=True)
        ]
        for payer, part in zip(paying, cut_line(line, amounts, notes), strict=True):
            if part is not None:
                found[payer.wallet.id].append(part)
    return [
        Part(run=site.wallets[wallet], lines=tuple(parts), days=days)
        for wallet, parts in found.items()
    ]


def told(due: Due, part: Part) -> Due:
    """Return a period as it is told to one of those who pay for it."""
    period = replace(due.period, first=part.days.first, last=part.days.last)
    return replace(due, run=part.run, lines=part.lines, period=period)


def counted(run: WalletRun, counts: Counts) -> tuple[ShareCount, ...]:
    """Return what is to be remembered of a shared wallet's members, with the last of its bills."""
    return tuple(
        ShareCount(wallet=wallet, member=member, owed=owed)
        for (wallet, member), owed in counts.items()
        if wallet == run.wallet.id
    )
