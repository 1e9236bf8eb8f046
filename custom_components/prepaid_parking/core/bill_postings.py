"""What bills move: asked for, taken back, given up. Tax is nobody's income, a deposit no income at all."""

from collections import Counter

from .bill import DEPOSIT, Bill
from .chart import Bucket, SiteAccount, site_account, wallet_account
from .ledger import AccountId, Posting


def issue_postings(bill: Bill, wallet_no: int) -> tuple[Posting, ...]:
    """Return what issuing moves: from the wallet's open bills to what each line earns, and its tax."""
    source = wallet_account(wallet_no, Bucket.BILLED)
    return tuple(
        Posting(source=source, target=account, amount_minor=amount)
        for account, amount in _earned(bill).items()
    )


def void_postings(bill: Bill, wallet_no: int) -> tuple[Posting, ...]:
    """Return what a credit note moves: the income taken back, and what was paid into the wallet."""
    billed = wallet_account(wallet_no, Bucket.BILLED)
    back = (
        (wallet_account(wallet_no), bill.paid_minor - bill.bonus_minor),
        (wallet_account(wallet_no, Bucket.BONUS), bill.bonus_minor),
        (site_account(SiteAccount.WRITE_OFF), bill.written_off_minor),
    )
    return (
        *(
            Posting(source=account, target=billed, amount_minor=amount)
            for account, amount in _earned(bill).items()
        ),
        *(
            Posting(source=billed, target=account, amount_minor=amount)
            for account, amount in back
            if amount
        ),
    )


def write_off_postings(bill: Bill, wallet_no: int) -> tuple[Posting, ...]:
    """Return what giving up the open rest moves: income is lost, a deposit was never paid."""
    billed = wallet_account(wallet_no, Bucket.BILLED)
    deposit = min(bill.open_minor, bill.deposit_minor)
    parts = (
        (site_account(DEPOSIT), deposit),
        (site_account(SiteAccount.WRITE_OFF), bill.open_minor - deposit),
    )
    return tuple(
        Posting(source=account, target=billed, amount_minor=amount)
        for account, amount in parts
        if amount
    )


def _earned(bill: Bill) -> Counter[AccountId]:
    """Sum up where a bill's lines are earned; tax is nobody's income."""
    earned: Counter[AccountId] = Counter()
    for line in bill.lines:
        earned[site_account(line.income)] += line.amount_minor - line.tax_minor
        earned[site_account(SiteAccount.TAX)] += line.tax_minor
    return +earned
