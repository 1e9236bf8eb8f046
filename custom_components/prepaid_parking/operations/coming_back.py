"""Money that was spent comes back: what was bonus is bonus again, and never cash to be paid out."""

from collections.abc import Iterable

from ..core.chart import Bucket, code_of, owner_of
from ..core.layers import Layer, worth
from ..core.ledger import Posting
from .layering import Layered, lean, total_minor
from .wallet_run import WalletRun


def came_back(run: WalletRun, postings: Iterable[Posting]) -> Layered:
    """Return a wallet's layers after what these movements bring back into it.

    It fills the layers up again that it was spent of. What is more than they ever held has none, and
    would count as plain cash: so bonus gets one of its own, as far as no rule of a top-up says that it
    is still there.
    """
    moved = tuple(postings)
    cash, bonus = _into(run, moved, Bucket.CASH), _into(run, moved, Bucket.BONUS)
    held = sum(layer.left_minor for layer in run.layers)
    more = total_minor(run) + cash + bonus - held
    if not run.layers or min(bonus, more) <= 0:
        return Layered(layers=run.layers, lots=run.lots)
    there = sum(worth(layer, run.wallet.spending).bonus_minor for layer in run.layers)
    as_bonus = max(0, min(bonus, more, run.bonus_minor + bonus - there))
    new = (Layer(bonus_minor=as_bonus), Layer(cash_minor=more - as_bonus))
    layers = (*run.layers, *(one for one in new if one.left_minor))
    return Layered(layers=lean(layers, run.bonus_minor + bonus), lots=run.lots)


def _into(run: WalletRun, postings: Iterable[Posting], bucket: Bucket) -> int:
    """Return by how much movements raise one of a wallet's moneys."""
    return sum(
        sign * one.amount_minor
        for one in postings
        for account, sign in ((one.target, 1), (one.source, -1))
        if owner_of(account) == run.wallet.no and code_of(account) == bucket
    )
