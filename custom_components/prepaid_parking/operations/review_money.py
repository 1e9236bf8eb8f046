"""Reviews that move money: a stay that ends at what a person says, and what was paid too much."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.review import Review
from ..core.stay import Stay
from .site import Site
from .stay_charging import owe_beside
from .stay_cost import cost_of_stay
from .stay_finding import Which, stay_by_id
from .stay_refunding import refund_stay, refundable_minor


async def close_at(
    site: Site, stay: Stay, amount_minor: int, left_at: datetime, settled: Act
) -> Receipt:
    """End a stay at an amount that a person has set: what is not paid of it is owed by that car.

    In the stay's turn, and in one commit with the act that settles its review. It has no tariff from
    then on: nobody prices it anew.
    """
    if amount_minor < 0:
        raise CoreError("amount_not_positive", amount=site.currency.text(amount_minor))
    ended = replace(stay, tariff=None, version=0, amount_minor=amount_minor, left_at=left_at)
    cost = cost_of_stay(site, ended, left_at)
    _, (receipt,) = await owe_beside(
        site, ended, cost, actor=settled.actor, reason=settled.reason, beside=(settled,)
    )
    return receipt


async def refund_reviewed(
    site: Site,
    review: Review,
    *,
    stay: str,
    amount_minor: int | None,
    actor: Actor,
    reason: str,
) -> None:
    """Give back what was paid for a review's stays, all of it or an amount of one; done once."""
    named = [one for one in review.stays if not stay or one == stay.lower()]
    if not named:
        raise CoreError("unknown_stay", stay=stay)
    known = [await stay_by_id(site, one) for one in named]
    paid = [one for one in known if one.paid_minor or one.over_minor]
    if not paid:
        raise CoreError("review_nothing_paid")
    if amount_minor is not None and len(paid) > 1:
        raise CoreError("review_which_stay", stays=", ".join(one.id for one in paid))
    for one in _still(paid) if amount_minor is None else paid:
        await refund_stay(
            site,
            which=Which(stay=one.id),
            amount_minor=amount_minor,
            reason=reason,
            actor=actor,
            reference=f"{review.id}/{one.id}",
        )


def _still(stays: Sequence[Stay]) -> list[Stay]:
    """Return the stays of which something is left to be given back: a crash may lie behind us."""
    return [one for one in stays if refundable_minor(one)]
