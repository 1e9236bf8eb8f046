"""A voucher is redeemed on the payer's page: nobody outside is asked, so it works without the internet.

What somebody made up and what the books do not know get the same answer after the same time. Strangers
who try numbers out at a code on a wall lock neither the desk nor the holder of a personal link.
"""

from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.pay_order import AimKind
from .pay_visit_book import PayVisit
from .pay_visits import PAYER, count_miss, was_no_miss
from .redeeming_vouchers import redeem_voucher
from .risk_signs import network_digest
from .site import Site
from .vouchers import known_batch

NO_VOUCHER: Final = frozenset({"voucher_wrong", "voucher_not_in_books"})


def takes_vouchers(site: Site) -> bool:
    """Tell whether anybody can hold a voucher of this site; also one that is over gets an answer."""
    return any(batch.sold for batch in site.offline.batches.values())


async def put_voucher(site: Site, visit: PayVisit, number: str, address: str | None) -> bool:
    """Put a voucher into the wallet of a visit; False for a number that is none of this site's."""
    if visit.aim is None or visit.aim.kind is not AimKind.WALLET:
        return False
    whose = f"{'link' if visit.by_link else 'code'}/{visit.aim.id}"
    about = f"voucher/{whose}"
    count_miss(site, visit, address, about)
    network = network_digest(site, address or "")
    try:
        _, ended = await redeem_voucher(
            site,
            number=number,
            wallet=visit.aim.id,
            actor=PAYER,
            reference=visit.mark,
            callers=(whose, f"network/{network}"),
            network=network,
        )
    except CoreError as err:
        if err.key in NO_VOUCHER:
            return False
        was_no_miss(site, visit, address, about)
        raise
    except StoreError:
        was_no_miss(site, visit, address, about)
        raise
    was_no_miss(site, visit, address, about)
    visit.put_in_minor = known_batch(site, ended.batch).amount_minor
    return True
