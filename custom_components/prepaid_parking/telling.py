"""A fact as plain data for events and triggers: ids, unit names and amounts, never a person."""

from typing import Any

from .core.identity import LaneId, MeterId
from .operations.facts import Hinted, OrderFact, SupplyChanged, UseFact, WalletFact
from .operations.lane_facts import Passed, ReviewOpened, StayFact
from .operations.loss_views import hint_view
from .operations.review_views import plates_of
from .operations.risk_facts import OperationFact, RiskFact
from .operations.risk_rules import event_view
from .operations.site import Site


def wallet_story(site: Site, fact: WalletFact) -> dict[str, Any]:
    """Tell what happened to a wallet; amounts are decimal strings in the site's currency."""
    story: dict[str, Any] = {
        "wallet": fact.wallet,
        "unit": fact.unit,
        "at": fact.at.isoformat(),
        "available": site.currency.text(fact.available_minor),
        "currency": site.currency.code,
    }
    if fact.amount_minor is not None:
        story["amount"] = site.currency.text(fact.amount_minor)
    if fact.meter is not None:
        story |= _meter(site, fact.meter)
    if fact.level:
        story["level"] = fact.level
    if fact.days_left is not None:
        story["days_left"] = str(fact.days_left)
    if fact.cutoff_at is not None:
        story["cutoff_at"] = fact.cutoff_at.isoformat()
    if fact.receipt is not None:
        story["entry"] = fact.receipt.entry
    if fact.reference:
        story["reference"] = fact.reference
    if fact.uses_left is not None:
        story |= {"uses": fact.uses, "uses_left": fact.uses_left}
    return story


def supply_story(site: Site, fact: SupplyChanged) -> dict[str, Any]:
    """Tell how a supply changed and why."""
    return {
        **_meter(site, fact.meter),
        "wallet": fact.wallet,
        "unit": fact.unit,
        "at": fact.at.isoformat(),
        "before": str(fact.before),
        "state": str(fact.state),
        "reason": str(fact.why),
    }


def use_story(site: Site, fact: UseFact) -> dict[str, Any]:
    """Tell what happened at a point of use; of who it was only the card and the wallet."""
    money = site.currency.text
    story: dict[str, Any] = {
        "point": fact.point,
        "name": fact.name,
        "use": fact.use,
        "wallet": fact.wallet,
        "unit": fact.unit,
        "card": fact.card,
        "at": fact.at.isoformat(),
        "reason": fact.reason,
    }
    if fact.amount_minor is not None:
        story["amount"] = money(fact.amount_minor)
    if fact.uses is not None:
        story["uses"] = fact.uses
    if fact.uses_left is not None:
        story["uses_left"] = fact.uses_left
    if fact.available_minor is not None:
        story["available"] = money(fact.available_minor)
    return story


def passage_story(site: Site, fact: Passed) -> dict[str, Any]:
    """Tell what happened at a lane; the plate is masked."""
    lane = site.lanes.get(LaneId(fact.lane))
    return {
        "lane": fact.lane,
        "name": lane.name if lane is not None else fact.lane,
        "at": fact.at.isoformat(),
        "reason": fact.reason,
        "plate": fact.masked,
        "card": fact.card,
        "wallet": fact.wallet,
        "fee": site.currency.text(fact.fee_minor),
        "due": site.currency.text(fact.due_minor),
        "stay": fact.stay,
        "picture": fact.picture or None,
    }


def stay_story(site: Site, fact: StayFact) -> dict[str, Any]:
    """Tell what became of a stay; the plate is masked."""
    story: dict[str, Any] = {
        "stay": fact.stay,
        "kind": str(fact.kind),
        "lane": fact.lane,
        "at": fact.at.isoformat(),
        "plate": fact.masked,
        "card": fact.card,
        "wallet": fact.wallet,
        "reason": fact.reason,
    }
    if fact.amount_minor is not None:
        story["amount"] = site.currency.text(fact.amount_minor)
    return story


def order_story(site: Site, fact: OrderFact) -> dict[str, Any]:
    """Tell of money that came for an order, or without one, and has no place."""
    return {
        "payment": fact.unmatched,
        "order": fact.order,
        "channel": fact.channel,
        "amount": site.currency.text(fact.amount_minor),
        "currency": site.currency.code,
        "why": fact.reason,
        "at": fact.at.isoformat(),
    }


def review_story(site: Site, fact: ReviewOpened) -> dict[str, Any]:
    """Tell what cannot be right about a stay; plates are masked."""
    review = fact.review
    seen = review.reads[-1] if review.reads else None
    return {
        "review": review.id,
        "why": str(review.why),
        "stays": list(review.stays),
        "plate": ", ".join(plates_of(site, review)),
        "lane": seen.lane if seen is not None else None,
        "picture": (seen.picture or None) if seen is not None else None,
        "at": review.opened_at.isoformat(),
    }


def operation_story(site: Site, fact: OperationFact) -> dict[str, Any]:
    """Tell what became of an operation that waits; its code is said where it has just begun to."""
    held = fact.operation
    story: dict[str, Any] = {
        "event": str(fact.event),
        "operation": held.id,
        "kind": held.kind,
        "why": held.why,
        "needs": [str(need) for need in held.needs],
        "wallet": held.wallet or None,
        "unit": fact.unit,
        "asked_by": held.asked_by,
        "at": fact.at.isoformat(),
        "expires_at": held.expires_at.isoformat(),
        "currency": site.currency.code,
    }
    if held.amount_minor is not None:
        story["amount"] = site.currency.text(held.amount_minor)
    if fact.code:
        story["code"] = fact.code
    return story


def risk_story(site: Site, fact: RiskFact) -> dict[str, Any]:
    """Tell what a rule against misuse said."""
    return event_view(site, fact.event) | {"currency": site.currency.code}


def hint_story(site: Site, fact: Hinted) -> dict[str, Any]:
    """Tell what does not fit about a meter, with the numbers."""
    view = hint_view(site, fact.hint)
    return {**view, "unit": view["name"], "measure": view["unit"], "at": view["since"]}


def _meter(site: Site, meter: MeterId) -> dict[str, Any]:
    run = site.meters.get(meter)
    return {"meter": meter, "name": run.meter.name if run is not None else meter}
