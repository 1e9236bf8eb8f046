"""Who pays a correction, or gets it back: a gift comes back as a gift, and cash as cash."""

from collections.abc import Sequence

from ..core.chart import Bucket, code_of, owner_of, wallet_account
from ..core.identity import MeterId, WalletId
from ..core.ledger import AccountId, Posting, Record
from .coming_back import came_back
from .shares import bears_nothing, divide
from .site import Site
from .used import Used, paid_by


def correction_legs(
    site: Site, used: Used, minor: int
) -> tuple[Sequence[tuple[AccountId, int]], tuple[Record, ...], dict[str, object]]:
    """Say who pays a difference, or gets it back: bonus never comes back as cash."""
    wallet = site.wallets[WalletId(used.wallet)]
    if minor < 0 and not bears_nothing(site, wallet):
        in_cash = min(-minor, max(0, used.cash_minor))
        if used.cash_minor >= used.net_minor + used.levies_minor:
            in_cash = -minor  # All of it was paid in cash, a rounding included.
        cash, bonus = wallet.wallet.no, wallet_account(wallet.wallet.no, Bucket.BONUS)
        back = ((wallet_account(cash), -in_cash), (bonus, minor + in_cash))
        return [(account, part) for account, part in back if part], (), {}
    commodity = site.meters[MeterId(used.meter)].meter.commodity
    division = divide(site, wallet, minor, commodity=commodity)
    if not bears_nothing(site, wallet):
        return division.legs, division.puts, division.detail
    legs = [part for leg in division.legs for part in _as_paid(used, *leg)]
    paid = {name: list(sums) for name, sums in _paid_then(used, legs).items()}
    return legs, division.puts, {**division.detail, "paid": paid}


def _as_paid(used: Used, account: AccountId, minor: int) -> list[tuple[AccountId, int]]:
    """Give a member back what it paid of a charge: its cash first, and as bonus what was bonus."""
    cash, bonus = used.paid.get(f"w{owner_of(account)}", (0, 0))
    if minor >= 0 or bonus <= 0:
        return [(account, minor)]
    in_bonus = min(bonus, max(0, -minor - max(0, cash)))
    parts = (
        (account, minor + in_bonus),
        (wallet_account(owner_of(account), Bucket.BONUS), -in_bonus),
    )
    return [(one, part) for one, part in parts if part]


def _paid_then(used: Used, legs: Sequence[tuple[AccountId, int]]) -> dict[str, tuple[int, int]]:
    """Return what each member has paid of a charge after a correction of it."""
    sums = dict(used.paid)
    for name, (cash, bonus) in paid_by(legs).items():
        before = sums.get(name, (0, 0))
        sums[name] = (before[0] + cash, before[1] + bonus)
    return sums


def layers_back(
    site: Site, legs: Sequence[tuple[AccountId, int]], postings: Sequence[Posting]
) -> list[Record]:
    """Return the layers of those who get something back: bonus that comes back is no cash to be refunded."""
    back = {f"w{owner_of(account)}" for account, minor in legs if minor < 0}
    runs = [site.wallets[WalletId(name)] for name in sorted(back)]
    return [record for run in runs for record in came_back(run, postings).puts(run)]


def in_cash_of(legs: Sequence[tuple[AccountId, int]]) -> int:
    """Return how much of what is paid is cash, in minor units."""
    return sum(part for account, part in legs if code_of(account) == Bucket.CASH)
