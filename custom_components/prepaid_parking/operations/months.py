"""Closing a month: what is dated back into it is refused from then on."""

from datetime import date

from ..core.entry_kind import EntryKind
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.months import MonthClose, check_closable, check_open
from .site import Site
from .turn import in_turn
from .usage import post_windows


async def load(site: Site) -> None:
    """Take up how far the months are closed."""
    site.billing.closed_month = max(
        (one.month for one in await site.books.load(MonthClose)), default=""
    )


def check_day(site: Site, day: date) -> None:
    """Refuse to date something back into a closed month; whoever takes a date from a person asks this."""
    check_open(day, site.billing.closed_month)


@in_turn
async def close_month(site: Site, *, month: str, actor: Actor, reason: str = "") -> Receipt:
    """Close a month that is over, and those before it; what was used until now is posted first."""
    now = site.clock()
    check_closable(month, site.billing.closed_month, now.astimezone(site.zone).date())
    await post_windows(site, site.meters.values())
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.MONTH_CLOSED,
            event=f"month/{month}",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={"month": month},
            puts=(MonthClose(month=month, closed_at=now, closed_by=str(actor)),),
        )
    )
    site.billing.closed_month = month
    return receipt
