"""Out of which of a wallet's moneys something is paid, and what must be left."""

from dataclasses import replace

from ..core.chart import Bucket, wallet_account
from ..core.errors import CoreError
from ..core.ledger import AccountId, Act, Floor, Posting, Receipt
from ..core.wallet import Spending
from .booking import book
from .site import Site
from .wallet_run import WalletRun


async def pay(
    site: Site,
    run: WalletRun,
    act: Act,
    amount_minor: int,
    target: AccountId,
    refusal: CoreError | None = None,
) -> Receipt:
    """Write an act that spends by choice, out of the wallet's moneys in their order.

    A lane takes no turn: where another passage has spent the bonus meanwhile, it is split anew.
    """
    cash = wallet_account(run.wallet.no)
    asked = (Posting(source=cash, target=target, amount_minor=amount_minor),)
    assert act.reference is not None
    act = replace(act, reference=replace(act.reference, asked=asked))
    while True:
        parts = postings(run, amount_minor, target)
        drawn = replace(act, postings=parts, floors=floors(run, amount_minor))
        try:
            return await book(site, drawn, refusal)
        except CoreError as err:
            if err.key != "not_enough_money" or parts == postings(run, amount_minor, target):
                raise


def sources(run: WalletRun, amount_minor: int) -> list[tuple[AccountId, int]]:
    """Split an amount over a wallet's bonus and cash in its declared order.

    Bonus goes down to zero and no further; what it does not cover is the cash's, also below zero:
    metered usage is never refused.
    """
    bonus = max(0, run.bonus_minor)
    if run.wallet.spending is Spending.CASH_FIRST:
        bonus = min(bonus, amount_minor - min(amount_minor, max(0, run.posted_minor)))
    from_bonus = min(bonus, amount_minor)
    parts = (
        (wallet_account(run.wallet.no, Bucket.BONUS), from_bonus),
        (wallet_account(run.wallet.no), amount_minor - from_bonus),
    )
    return [(account, part) for account, part in parts if part]


def postings(run: WalletRun, amount_minor: int, target: AccountId) -> tuple[Posting, ...]:
    """Return the movements that pay an amount out of a wallet in its declared order."""
    return tuple(
        Posting(source=account, target=target, amount_minor=part)
        for account, part in sources(run, amount_minor)
    )


def floors(run: WalletRun, amount_minor: int) -> tuple[Floor, ...]:
    """Return the balances that a spending by choice must leave: used but unposted is spoken for."""
    left = dict(sources(run, amount_minor))
    bonus = wallet_account(run.wallet.no, Bucket.BONUS)
    rest = max(0, run.bonus_minor - left.get(bonus, 0))
    return (
        Floor(account=bonus, minimum_minor=0),
        Floor(
            account=wallet_account(run.wallet.no), minimum_minor=max(0, run.unposted_minor - rest)
        ),
    )


def cash_floor(run: WalletRun) -> Floor:
    """Return the cash that must be left by what is paid from cash alone."""
    least = max(0, run.unposted_minor - max(0, run.bonus_minor))
    return Floor(account=wallet_account(run.wallet.no), minimum_minor=least)
