"""What the desk asks for is judged before it is booked; what was booked before is only answered."""

from collections.abc import Mapping
from typing import Final

from ..core.chart import Channel
from ..core.ledger import Act
from .repeats import answered_before
from .risk import Asked, Asking, guard
from .site import Site
from .topping_up import Payment, credit
from .wallet_run import WalletRun

CLOSING: Final = "close_wallet"
REFUND: Final = "refund"
TOP_UP: Final = "top_up"


async def guard_top_up(site: Site, run: WalletRun, paid: Payment) -> None:
    """Hold or refuse a top-up by hand that a rule is for; whoever calls has the site's turn."""
    new = credit(site, run, paid)
    if await answered_before(site, new.act) is not None:
        return
    asking = Asking(
        what=Asked.TOP_UP,
        actor=paid.actor,
        amount_minor=paid.amount_minor,
        wallet=run.wallet.id,
        channel=paid.channel,
    )
    data = _data(run, paid.amount_minor, paid.channel, paid.reason)
    await guard(site, asking, kind=TOP_UP, data=data, reference=paid.reference)


async def guard_refund(
    site: Site, run: WalletRun, act: Act, *, amount_minor: int, channel: Channel
) -> None:
    """Hold or refuse a refund that a rule is for; whoever calls has the site's turn."""
    if await answered_before(site, act) is not None:
        return
    data = _data(run, amount_minor, channel, act.reason)
    await _guard_out(site, run, act, REFUND, amount_minor, channel, data)


async def guard_closing(
    site: Site, run: WalletRun, act: Act, *, amount_minor: int, channel: Channel
) -> None:
    """Hold or refuse to pay out what is left in a wallet; whoever calls has the site's turn."""
    data = {"wallet": run.wallet.id, "channel": channel.value, "reason": act.reason}
    await _guard_out(site, run, act, CLOSING, amount_minor, channel, data)


async def _guard_out(
    site: Site,
    run: WalletRun,
    act: Act,
    kind: str,
    amount_minor: int,
    channel: Channel,
    data: Mapping[str, str],
) -> None:
    asking = Asking(
        what=Asked.REFUND,
        actor=act.actor,
        amount_minor=amount_minor,
        wallet=run.wallet.id,
        channel=channel,
    )
    assert act.reference is not None
    await guard(site, asking, kind=kind, data=data, reference=act.reference.key)


def _data(run: WalletRun, amount_minor: int, channel: Channel, reason: str) -> dict[str, str]:
    """Return what is needed to do it later."""
    return {
        "wallet": run.wallet.id,
        "amount_minor": str(amount_minor),
        "channel": channel.value,
        "reason": reason,
    }
