"""What is told of uses: to whoever looks after the points, and to the wallet that pays."""

from typing import Final

from ..core.identity import CardId
from ..core.ledger import Receipt
from ..core.use import Use
from ..core.use_point import UsePoint
from .facts import UseEvent, UseFact, WalletEvent, WalletFact
from .lots import uses_left
from .site import Site
from .wallet_run import WalletRun

WALLET_EVENTS: Final = {
    UseEvent.STARTED: WalletEvent.USE_STARTED,
    UseEvent.ENDED: WalletEvent.USE_ENDED,
    UseEvent.REFUNDED: WalletEvent.USE_REFUNDED,
}


def tell_use(
    site: Site, event: UseEvent, use: Use, *, reason: str = "", receipt: Receipt | None = None
) -> None:
    """Say what happened to a use that runs."""
    run = site.wallets[use.wallet]
    point = site.using.points.get(use.point) if use.point is not None else None
    amount = use.amount_minor if use.end is not None and not use.timed else None
    site.tell(
        UseFact(
            event=event,
            at=site.clock(),
            point=use.point,
            name=point.name if point is not None else "",
            use=use.id,
            wallet=use.wallet,
            unit=run.wallet.unit,
            card=use.card,
            reason=reason,
            amount_minor=amount,
            uses_left=uses_left(run),
            available_minor=run.available_minor,
        )
    )
    if event in WALLET_EVENTS:
        site.tell(
            WalletFact(
                event=WALLET_EVENTS[event],
                wallet=use.wallet,
                unit=run.wallet.unit,
                at=site.clock(),
                available_minor=run.available_minor,
                amount_minor=amount,
                receipt=receipt,
                reference=use.id,
            )
        )


def tell_tap(
    site: Site,
    event: UseEvent,
    point: UsePoint,
    *,
    run: WalletRun | None = None,
    card: CardId | None = None,
    reason: str = "",
    uses: int | None = None,
    amount_minor: int | None = None,
) -> None:
    """Say what a tap did that leaves nothing running, or why it did nothing.

    Of who tapped it carries the card and the wallet, never what was shown to the reader.
    """
    site.tell(
        UseFact(
            event=event,
            at=site.clock(),
            point=point.id,
            name=point.name,
            wallet=run.wallet.id if run is not None else None,
            unit=run.wallet.unit if run is not None else "",
            card=card,
            reason=reason,
            amount_minor=amount_minor,
            uses=uses,
            uses_left=uses_left(run) if run is not None else None,
            available_minor=run.available_minor if run is not None else None,
        )
    )
