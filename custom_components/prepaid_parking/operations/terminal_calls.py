"""Which terminal made a call: its key proves it, and what was called once is never done again.

The nonces of calls that may still be repeated are in the books, each before its call is answered: a
hub that restarts within the minutes for which a call is good knows what it has done.
"""

from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.identity import TerminalId
from ..core.terminal import KEY_FIELD, Nonces, SignedCall, Terminal, TerminalNonce, check_call
from .site import Site

NOBODY: Final = "0" * 43
"""A key that no terminal has: what is unknown takes as long to refuse as what is known."""


async def load(site: Site) -> None:
    """Take up the nonces that are still good; what is over is taken up as well, and goes with the next."""
    site.desk.nonces = {}
    for one in sorted(await site.books.load(TerminalNonce), key=lambda one: one.at):
        site.desk.nonces.setdefault(one.terminal, Nonces()).seen[one.nonce] = one.at


async def proven(site: Site, terminal: str, call: SignedCall) -> Terminal | None:
    """Return the terminal that made a call, None where nobody of this site can have made it.

    A StoreError where it cannot be kept that it was made: then nothing is answered.
    """
    known = site.desk.terminals.get(TerminalId(terminal))
    key = NOBODY
    if known is not None and known.closed_at is None and known.subject:
        try:
            key = (await site.privacy.get_subject(known.subject)).get(KEY_FIELD, NOBODY)
        except CoreError, StoreError:
            known = None
    nonces = Nonces() if known is None else site.desk.nonces.setdefault(known.id, Nonces())
    now = site.clock()
    try:
        check_call(key, call, nonces, now)
    except CoreError:
        return None
    if known is None or key == NOBODY:
        return None
    made = TerminalNonce(terminal=known.id, nonce=call.nonce, at=now)
    over, nonces.over = nonces.over, []
    gone = [TerminalNonce(terminal=known.id, nonce=one, at=now) for one in over]
    await site.books.exchange(drops=[one for one in gone if one != made], puts=[made])
    return known
