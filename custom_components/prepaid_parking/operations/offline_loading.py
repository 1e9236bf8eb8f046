"""What is paid without a connection, as the books left it."""

from ..core.card_file import CardTerminal
from ..core.token_meter import TokenMeter
from ..core.voucher import VoucherBatch
from .site import Site


async def load(site: Site) -> None:
    """Take up the batches of vouchers, and the meters and terminals that are in use."""
    books, offline = site.books, site.offline
    offline.batches = {one.id: one for one in await books.load(VoucherBatch)}
    offline.meters = {one.id: one for one in await books.load(TokenMeter, closed_at=None)}
    offline.terminals = {one.id: one for one in await books.load(CardTerminal, closed_at=None)}
