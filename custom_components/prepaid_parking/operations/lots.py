"""The packages a wallet may use, in memory: who may, what must stay, and what becomes income."""

from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.counted import Take
from ..core.identity import CardId
from ..core.ledger import Floor, Posting, Receipt
from ..core.package import Package, earned, may_use
from .booking import tell, unspendable
from .facts import WalletEvent
from .site import Site
from .wallet_run import WalletRun


def usable_packages(
    site: Site, run: WalletRun, *, tariff: str = "", card: CardId | None = None
) -> list[Package]:
    """Return the packages that whoever pays from a wallet may use, in the order of their sale."""
    return [
        one
        for one in site.using.packages.values()
        if tariff in ("", one.tariff)
        and may_use(one, site.wallets[one.wallet].wallet, run.wallet, card)
        and unspendable(site, site.wallets[one.wallet]) is None
    ]


def earnings(package: Package, take: Take) -> tuple[Posting, ...]:
    """Return the movements of money when uses are taken; when they are put back, the other way."""
    parts = earned(package, take)
    deferred = site_account(SiteAccount.DEFERRED)
    return tuple(
        Posting(source=deferred, target=target, amount_minor=part)
        if part > 0
        else Posting(source=target, target=deferred, amount_minor=-part)
        for target, part in (
            (site_account(SiteAccount.REVENUE_PACKAGES), parts.revenue_minor),
            (site_account(SiteAccount.REVENUE_FEES), parts.fee_minor),
            (site_account(SiteAccount.TAX), parts.tax_minor),
        )
        if part
    )


def uses_moved(site: Site, package: Package, uses: int) -> Posting:
    """Return the movement of uses out of a package, or (below zero) back into it."""
    held = wallet_account(site.wallets[package.wallet].wallet.no, Bucket.USES)
    ours = site_account(SiteAccount.USES)
    source, target = (held, ours) if uses > 0 else (ours, held)
    return Posting(source=source, target=target, amount_minor=abs(uses))


def movements(site: Site, package: Package, part: Take) -> tuple[Posting, ...]:
    """Return the movements of uses taken out of a package, or put back, with what they are worth."""
    return (*earnings(package, part), uses_moved(site, package, part.uses))


def never_below_zero(site: Site, package: Package) -> Floor:
    """Return the floor of a wallet's uses: no act takes more than are there."""
    account = wallet_account(site.wallets[package.wallet].wallet.no, Bucket.USES)
    return Floor(account=account, minimum_minor=0)


def keep_package(site: Site, package: Package) -> None:
    """Take over a package as it was written."""
    if package.ended_at is None:
        site.using.packages[package.id] = package
    else:
        site.using.packages.pop(package.id, None)


def uses_left(run: WalletRun) -> int:
    """Return how many uses a wallet's own packages have left."""
    return run.others.get(Bucket.USES, 0)


def tell_uses(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt,
    *,
    uses: int,
    amount_minor: int | None = None,
    reference: str = "",
) -> None:
    """Say what happened to a wallet's uses, how many they were, and how many are left."""
    left = uses_left(run)
    tell(site, run, event, receipt, amount_minor, reference, uses=uses, uses_left=left)
