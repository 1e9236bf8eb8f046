"""A write that fails may be in the books all the same: nobody has heard what became of it.

Whatever is in memory of it is looked at again before anything is built on it: wallets and open things by
whoever takes the turn next (`recalling.py`), the rest where it is used. A write says so here, once for all.
"""

from collections.abc import Iterable

from ..core.chart import owner_of
from ..core.ledger import Act
from ..core.stay import Stay
from ..core.wallet import Wallet
from .site import Site


def unheard(site: Site, acts: Iterable[Act]) -> None:
    """Doubt what is in memory of what these acts move and write."""
    site.unheard.add(0)
    for act in acts:
        for leg in act.postings:
            site.unheard |= {owner_of(leg.source), owner_of(leg.target)}
        site.unheard |= {one.no for one in act.puts if isinstance(one, Wallet)}
        site.parking.unheard |= {one.id for one in act.puts if isinstance(one, Stay)}
    site.desk.agents_doubtful = site.offline.doubtful = site.billing.doubtful = True
    site.settling.doubtful = True
