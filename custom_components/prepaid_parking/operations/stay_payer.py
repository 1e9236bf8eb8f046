"""Whose wallet may pay for a stay at the desk: the one the exit would take it from, and no other."""

from ..core.chart import Channel
from ..core.errors import CoreError
from ..core.stay import Stay
from ..core.wallet import Purpose
from .booking import closed, unspendable
from .site import Site
from .stay_money import wallet_of
from .wallet_run import WalletRun


def payer_at_desk(
    site: Site, stay: Stay, wallet: str, channel: Channel
) -> tuple[WalletRun | None, CoreError | None]:
    """Return the wallet that was named, and why it may not pay; without a name there is none.

    It is that of the stay: of its card, or of the host who invited it. Where the stay has none that
    is open, it is that of the card which has the car's plate or ticket now: a stranger may have become
    a customer while the car was inside.
    """
    if not wallet:
        return None, None
    if channel is not Channel.CASH:
        return None, CoreError("stay_wallet_or_channel", channel=channel)
    run = site.wallet(wallet)
    if run.wallet.purpose is not Purpose.PARKING or wallet not in _payers(site, stay):
        return None, CoreError("stay_other_wallet", wallet=wallet, stay=stay.id)
    return run, unspendable(site, run)


def _payers(site: Site, stay: Stay) -> set[str]:
    own = wallet_of(site, stay)
    if own is not None and closed(own) is None:
        return {own.wallet.id}
    shown = (site.credentials.get(digest) for digest in (stay.plate, stay.ticket) if digest)
    cards = (site.cards.get(one.card) for one in shown if one is not None)
    return {card.wallet for card in cards if card is not None}
