"""What the desk asks for is judged before it is booked; what was booked before is only answered."""

from typing import Final

from ..core.chart import Channel
from ..core.identity import Actor
from ..core.ledger import Act
from .repeats import answered_before
from .risk import Asked, Asking, guard
from .site import Site
from .topping_up import Payment, credit
from .wallet_run import WalletRun

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
    site: Site, run: WalletRun, act: Act, *, amount_minor: int, channel: Channel, actor: Actor
) -> None:
    """Hold or refuse a refund that a rule is for; whoever calls has the site's turn."""
    if await answered_before(site, act) is not None:
        return
    asking = Asking(
        what=Asked.REFUND,
        actor=actor,
        amount_minor=amount_minor,
        wallet=run.wallet.id,
        channel=channel,
    )
    assert act.reference is not None
    data = _data(run, amount_minor, channel, act.reason)
    await guard(site, asking, kind=REFUND, data=data, reference=act.reference.key)


def _data(run: WalletRun, amount_minor: int, channel: Channel, reason: str) -> dict[str, str]:
    """Return what is needed to do it later."""
    return {
        "wallet": run.wallet.id,
        "amount_minor": str(amount_minor),
        "channel": channel.value,
        "reason": reason,
    }
