"""What every money act shares: its reference, who may spend, what must be left, and how it is told."""

from collections.abc import Mapping, Sequence
import contextlib
from datetime import datetime
from uuid import uuid4

from ..core.chart import wallet_account
from ..core.errors import CoreError, StoreError
from ..core.ledger import Act, Floor, Receipt, Record, Reference
from ..core.wallet import Frozen, Wallet
from .desk import write
from .desk_together import write_all
from .facts import WalletEvent, WalletFact
from .repeats import GENERATED, answered_before
from .site import Site
from .unheard import unheard
from .wallet_run import WalletRun


def referenced(
    scope: str, reference: str, content: Mapping[str, object] | None = None
) -> Reference:
    """Return the idempotency key of an act; a missing one is generated, which makes it single."""
    return Reference(scope=scope, key=reference or f"{GENERATED}{uuid4().hex}", content=content)


async def book(site: Site, act: Act, refusal: CoreError | None = None) -> Receipt:
    """Write an act down, or refuse it, unless it was written before the reason to refuse came up.

    A payment that is announced again after its wallet was closed has been credited: whoever asks must
    hear that, and not that the wallet is closed.
    """
    if refusal is None:
        try:
            answer = await write(site, act)
        except StoreError:
            unheard(site, (act,))
            raise
        if isinstance(answer, Receipt):
            site.books_written()
            return answer
        refusal = answer
    before = await answered_before(site, act)
    if before is None:
        raise refusal
    return before


async def book_all(site: Site, acts: Sequence[Act]) -> list[Receipt | CoreError]:
    """Write acts down together, each standing alone; why one is refused is returned in its place."""
    try:
        answers = await write_all(site, acts)
    except StoreError:
        unheard(site, acts)
        raise
    site.books_written()
    return [
        answer if isinstance(answer, Receipt) else await answered_before(site, act) or answer
        for act, answer in zip(acts, answers, strict=True)
    ]


async def keep(site: Site, *records: Record, patient: bool = False) -> bool:
    """Write records that are not part of the chain; trouble is said, not raised, and answered False.

    What nothing waits for is `patient`: it goes with what is written next.
    """
    try:
        await site.books.record(*records, patient=patient)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return False
    site.books_written()
    return True


async def book_sealed(
    site: Site, act: Act, subject: str, refusal: CoreError | None = None
) -> Receipt:
    """Write an act that names sealed personal data; data sealed for nothing is destroyed again."""
    written = False
    try:
        receipt = await book(site, act, refusal)
        written = not receipt.repeated
        return receipt
    finally:
        if subject and not written:
            with contextlib.suppress(StoreError):
                await site.privacy.forget_subject(subject)


def closed(run: WalletRun) -> CoreError | None:
    """Refuse a wallet that is closed."""
    return (
        None if run.wallet.closed_at is None else CoreError("wallet_closed", wallet=run.wallet.id)
    )


def unspendable(site: Site, run: WalletRun) -> CoreError | None:
    """Refuse a wallet that no money may go out of."""
    if is_frozen(run.wallet, site.clock()):
        return CoreError("wallet_frozen", wallet=run.wallet.id, reason=run.wallet.frozen_reason)
    return closed(run)


def open_run(site: Site, wallet: str) -> WalletRun:
    """Return a wallet that is not closed, or refuse in words."""
    run = site.wallet(wallet)
    refusal = closed(run)
    if refusal is not None:
        raise refusal
    return run


def no_more_in(site: Site, run: WalletRun) -> CoreError | None:
    """Refuse a wallet that nothing may come into by order; what has arrived already is booked."""
    if is_frozen(run.wallet, site.clock(), Frozen.IN):
        return CoreError("wallet_frozen_in", wallet=run.wallet.id, reason=run.wallet.frozen_reason)
    return None


def is_frozen(wallet: Wallet, now: datetime, way: Frozen = Frozen.OUT) -> bool:
    """Tell whether nothing may go out of a wallet (or in) now."""
    return frozen_now(wallet, now) in (way, Frozen.BOTH)


def frozen_now(wallet: Wallet, now: datetime) -> Frozen | None:
    """Return which way a wallet is shut now, None where it is open."""
    until = wallet.frozen_until
    if wallet.frozen_at is None or (until is not None and now >= until):
        return None
    return wallet.frozen_way


def floor(run: WalletRun) -> Floor:
    """Return the balance a spending must leave: what is used but not yet posted is spoken for."""
    return Floor(account=wallet_account(run.wallet.no), minimum_minor=run.unposted_minor)


def tell(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt | None,
    amount_minor: int | None = None,
    reference: str = "",
    *,
    level: int = 0,
    uses: int | None = None,
    uses_left: int | None = None,
) -> None:
    """Say what happened to a wallet, or is so now where nothing was booked.

    `level` is how far it has come, in days or steps; `uses` how many it was about, and how many are
    left of them.
    """
    site.tell(
        WalletFact(
            event=event,
            wallet=run.wallet.id,
            unit=run.wallet.unit,
            at=receipt.booked if receipt is not None else site.clock(),
            available_minor=run.available_minor,
            amount_minor=amount_minor,
            receipt=receipt,
            reference=reference,
            level=level,
            uses=uses,
            uses_left=uses_left,
        )
    )
