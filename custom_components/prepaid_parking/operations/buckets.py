"""What a wallet holds and owes, bucket by bucket."""

from ..core.category import Category
from ..core.chart import Bucket
from .site import Site, WalletRun


def debts(run: WalletRun) -> dict[Category, int]:
    """Return what a wallet owes of each category of debt, positive amounts."""
    owed = {category: -run.others.get(category.bucket, 0) for category in Category}
    return {category: amount for category, amount in owed.items() if amount > 0}


def owed_minor(run: WalletRun) -> int:
    """Return what a wallet owes beside its balance: debts and open bills, a positive amount."""
    return -sum(held for bucket, held in run.others.items() if bucket.owes and held < 0)


def bucket_view(site: Site, run: WalletRun) -> dict[str, object]:
    """Describe each of a wallet's moneys and counts, and what it owes of which category."""
    money, others = site.currency.text, run.others
    return {
        "cash": money(run.posted_minor),
        "bonus": money(run.bonus_minor),
        "held": money(others.get(Bucket.HELD, 0)),
        "points": others.get(Bucket.POINTS, 0),
        "uses": others.get(Bucket.USES, 0),
        "debts": {category: money(owed) for category, owed in debts(run).items()},
        "billed": money(-others.get(Bucket.BILLED, 0)),
    }
