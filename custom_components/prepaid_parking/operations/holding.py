"""What is held of a wallet's money: the movements, and what must stay held."""

from collections.abc import Iterable

from ..core.chart import Bucket, wallet_account
from ..core.deposit import Deposit
from ..core.identity import DepositId
from ..core.ledger import AccountId, Floor, Posting
from .site import Site
from .wallet_run import WalletRun


async def drawn_up(
    site: Site, run: WalletRun, amount_minor: int, reason: str, use: str = ""
) -> Deposit:
    """Return a deposit as it is written down together with its movement."""
    number = await site.books.next_number("deposit")
    return Deposit(
        id=DepositId(f"h{number}"),
        no=number,
        wallet=run.wallet.id,
        reason=reason,
        amount_minor=amount_minor,
        held_at=site.clock(),
        use=use,
    )


def holding(run: WalletRun, amount_minor: int) -> Posting:
    """Return the movement that holds money."""
    no = run.wallet.no
    return Posting(
        source=wallet_account(no), target=wallet_account(no, Bucket.HELD), amount_minor=amount_minor
    )


def ending(
    run: WalletRun, claims: Iterable[tuple[AccountId, int]] = (), *, release: int = 0
) -> tuple[Posting, ...]:
    """Return the movements that end a held amount: what is claimed, to where, and what goes back."""
    no = run.wallet.no
    return tuple(
        Posting(source=wallet_account(no, Bucket.HELD), target=target, amount_minor=part)
        for target, part in (*claims, (wallet_account(no), release))
        if part
    )


def others_held(site: Site, run: WalletRun, deposit: Deposit) -> Floor:
    """Return what must stay held: what other deposits of the wallet hold."""
    others = sum(
        one.held_minor
        for one in site.using.deposits.values()
        if one.wallet == run.wallet.id and one.id != deposit.id
    )
    return Floor(account=wallet_account(run.wallet.no, Bucket.HELD), minimum_minor=others)


def changed(site: Site, deposit: Deposit) -> None:
    """Take over a deposit as it was written."""
    if deposit.held_minor:
        site.using.deposits[deposit.id] = deposit
    else:
        site.using.deposits.pop(deposit.id, None)
