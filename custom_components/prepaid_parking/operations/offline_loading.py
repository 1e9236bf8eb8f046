"""What is paid without a connection, as the books left it."""

from collections.abc import Awaitable, Callable, Coroutine
import functools
from typing import Any, Concatenate

from ..core.card_file import CardTerminal
from ..core.token_meter import TokenMeter
from ..core.voucher import VoucherBatch
from .agents import trusted_agents
from .site import Site


async def load(site: Site) -> None:
    """Take up the batches of vouchers, and the meters and terminals that are in use."""
    books, offline = site.books, site.offline
    offline.batches = {one.id: one for one in await books.load(VoucherBatch)}
    offline.meters = {one.id: one for one in await books.load(TokenMeter, closed_at=None)}
    offline.terminals = {one.id: one for one in await books.load(CardTerminal, closed_at=None)}
    offline.doubtful = False


def on_what_is_written[**P, R](
    work: Callable[Concatenate[Site, P], Awaitable[R]],
) -> Callable[Concatenate[Site, P], Coroutine[Any, Any, R]]:
    """Let an operation that has the turn begin on what is in the books, also after a write failed.

    A failed write may be on disk all the same. On a count from before it the next vouchers would be sold
    a second time, and the next token would be one that somebody else has.
    """

    @functools.wraps(work)
    async def doing(site: Site, /, *args: P.args, **kwargs: P.kwargs) -> R:
        await trusted_agents(site)
        if site.offline.doubtful:
            await load(site)
        return await work(site, *args, **kwargs)

    return doing
