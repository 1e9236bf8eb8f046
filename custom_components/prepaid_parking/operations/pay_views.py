"""Orders and payments without a place, as plain data: for answers, never with a payer's name."""

from datetime import datetime

from ..core.pay_notice import Unmatched
from ..core.pay_order import PayOrder
from .site import Site


def order_view(site: Site, order: PayOrder) -> dict[str, object]:
    """Describe an order: what it is for, where it stands, and what the payer is shown."""
    run, offered = site.paying.channels.get(order.channel), order.offered
    open_offer = offered if order.state.open else None
    return {
        "order": order.id,
        "out_no": order.out_no,
        "state": order.state,
        "channel": order.channel,
        "channel_name": order.channel if run is None else run.name,
        "kind": order.kind,
        str(order.aim.kind): order.aim.id,
        "amount": site.currency.text(order.amount_minor),
        "paid": site.currency.text(order.paid_minor),
        "created_at": _text(order.created_at),
        "expires_at": _text(order.expires_at),
        "paid_at": _text(order.paid_at),
        "provider_ref": order.provider_ref,
        "entry": order.entry,
        "fault": order.fault,
        "qr": open_offer.qr if open_offer is not None else "",
        "url": open_offer.url if open_offer is not None else "",
    }


def unmatched_view(site: Site, held: Unmatched) -> dict[str, object]:
    """Describe a payment that had no place: where it came from, why, and what is left of it."""
    return {
        "payment": held.id,
        "channel": held.channel,
        "kind": held.kind,
        "provider_ref": held.provider_ref,
        "out_no": held.out_no,
        "order": held.order,
        "amount": site.currency.text(held.amount_minor),
        "left": site.currency.text(held.left_minor),
        "why": held.why,
        "at": _text(held.at),
        "settled_at": _text(held.settled_at),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
