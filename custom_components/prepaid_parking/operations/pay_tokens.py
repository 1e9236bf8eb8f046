"""What the links to the payer's page open: signed here, and told from what was guessed before any look-up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import secrets
from typing import Final

from ..core.errors import CoreError
from ..core.identity import PayCodeId
from ..core.pay_code import LASTING, PayCode, PayFor, code_token, mark_in
from ..core.pay_token import PayToken, Purpose, token_in, token_text
from .booking import open_run
from .credentials import in_use
from .site import Site
from .spaces import open_space

CODE_KEY: Final = "pay_code"
LINK_KEY: Final = "pay_link"
SCREEN_LASTS: Final = timedelta(seconds=60)
"""A screen's code is scanned within seconds; a photograph of it is worth nothing a minute later."""
SERIAL_BYTES: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a link opens. `code` is the lasting code it is of; `once` and `until` are of one that ends."""

    kind: PayFor
    target: str
    code: PayCodeId | None = None
    once: str = ""
    until: datetime | None = None


def lasting_token(site: Site, code: PayCode) -> str:
    """Return what stands in the link of a code that sticks somewhere."""
    return code_token(site.privacy.index_key(CODE_KEY), code.mark)


def screen_token(site: Site, kind: PayFor, target: str) -> tuple[str, datetime]:
    """Return a link's text for a screen, which opens once within a minute, and when it ends."""
    return _signed(site, Purpose.SCREEN, kind, target, SCREEN_LASTS)


def person_token(site: Site, kind: PayFor, target: str, lasts: timedelta) -> tuple[str, datetime]:
    """Return a link's text to send to a person, and when it ends."""
    return _signed(site, Purpose.PERSON, kind, target, lasts)


def opened_by(site: Site, text: str) -> Opened | None:
    """Return what a link opens; None for one that is guessed, foreign, revoked, over or used up.

    Its proof comes first: what was not made here costs a hash and finds nothing.
    """
    mark = mark_in(site.privacy.index_key(CODE_KEY), text)
    if mark is not None:
        code = site.codes.marks.get(mark)
        if code is None or not is_there(site, code.kind, code.target):
            return None
        return Opened(kind=code.kind, target=code.target, code=code.id)
    token = token_in(site.privacy.index_key(LINK_KEY), text, site.clock())
    if token is None or token.serial in site.codes.taken:
        return None
    if not is_there(site, token.kind, token.target):
        return None
    once = token.serial if token.purpose is Purpose.SCREEN else ""
    return Opened(kind=token.kind, target=token.target, once=once, until=token.until)


def take(site: Site, opened: Opened) -> bool:
    """Note that a link was used; False where it opens only once and somebody was faster.

    Only what was signed here is remembered, and only until it ends: nobody fills the memory.
    """
    book, now = site.codes, site.clock()
    if opened.code is not None:
        book.used[opened.code] = now
    if not opened.once or opened.until is None:
        return True
    for serial in [serial for serial, until in book.taken.items() if until <= now]:
        del book.taken[serial]
    if opened.once in book.taken:
        return False
    book.taken[opened.once] = opened.until
    return True


def is_there(site: Site, kind: PayFor, target: str) -> bool:
    """Say whether what a link is for is still there; stays and bills are looked up by their page."""
    if kind not in LASTING:
        return True
    try:
        checked(site, kind, target)
    except CoreError:
        return False
    return True


def checked(site: Site, kind: PayFor, target: str) -> str:
    """Return what people call the thing a code is for; refuse what is not there."""
    return NAMES[kind](site, target)


def name_of(site: Site, kind: PayFor, target: str) -> str:
    """Return what people call something; its id where it has no name, or is no more."""
    return (
        checked(site, kind, target) if kind in LASTING and is_there(site, kind, target) else target
    )


def _signed(
    site: Site, purpose: Purpose, kind: PayFor, target: str, lasts: timedelta
) -> tuple[str, datetime]:
    until = (site.clock() + lasts).astimezone(UTC).replace(microsecond=0)
    token = PayToken(
        purpose=purpose,
        kind=kind,
        target=target,
        until=until,
        serial=secrets.token_urlsafe(SERIAL_BYTES),
    )
    return token_text(site.privacy.index_key(LINK_KEY), token), until


def _lane(site: Site, lane: str) -> str:
    return site.lane(lane).name


def _space(site: Site, space: str) -> str:
    return open_space(site, space).name


def _meter(site: Site, meter: str) -> str:
    return site.meter(meter).meter.name


def _card(site: Site, card: str) -> str:
    """Return a card's own number: what is printed on it names nobody."""
    return in_use(site, card).id


def _wallet(site: Site, wallet: str) -> str:
    return open_run(site, wallet).wallet.unit


NAMES: Final[dict[PayFor, Callable[[Site, str], str]]] = {
    PayFor.LANE: _lane,
    PayFor.SPACE: _space,
    PayFor.METER: _meter,
    PayFor.CARD: _card,
    PayFor.WALLET: _wallet,
}
"""What a lasting thing is called, or why it is not there."""
