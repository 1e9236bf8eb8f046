"""What stands between the purposes: who may pay for what, said as a table, and held against the books."""

from collections.abc import Iterable
from typing import Final

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount, code_of, owner_of
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.ledger import AccountId, Entry, Posting
from custom_components.prepaid_parking.core.wallet import Purpose
from tests.operations.world import World

METERED: Final = frozenset(
    SiteAccount[f"REVENUE_{name}"]
    for name in ("ELECTRICITY", "WATER", "GAS", "HEAT", "STEAM", "CHARGING")
)
OWN: Final = {
    Purpose.UTILITY: METERED,
    Purpose.PROPERTY: frozenset({SiteAccount.REVENUE_RENT, SiteAccount.REVENUE_PROPERTY}),
    Purpose.PARKING: frozenset({SiteAccount.REVENUE_PARKING}),
}
"""What only one purpose's money may be earned as. Fees, service and tax are earned with all of them."""
OF_CATEGORY: Final = {
    category.bucket: category.purpose for category in Category if category is not Category.SERVICE
}


def holds(world: World, entries: Iterable[Entry]) -> None:
    """No entry moves money between purposes, or pays with one purpose's money for another's."""
    for entry in entries:
        wallets = {owner_of(account) for leg in entry.postings for account in _both(leg)} - {0}
        purposes = {world.site.wallets[WalletId(f"w{no}")].wallet.purpose for no in wallets}
        assert len(purposes) <= 1, entry
        for purpose in purposes:
            others = {code for one, codes in OWN.items() if one is not purpose for code in codes}
            touched = {
                code_of(account)
                for leg in entry.postings
                for account in _both(leg)
                if not owner_of(account)
            }
            assert not touched & others, entry


def owes_its_own(world: World) -> None:
    """No wallet owes anything of a category that is not its purpose's."""
    for run in world.site.wallets.values():
        for bucket, held in run.others.items():
            if held and bucket in OF_CATEGORY:
                assert OF_CATEGORY[bucket] is run.wallet.purpose
            if held and bucket is Bucket.DEBT_SERVICE:
                assert run.wallet.purpose is Purpose.PROPERTY


def _both(leg: Posting) -> tuple[AccountId, AccountId]:
    return leg.source, leg.target
