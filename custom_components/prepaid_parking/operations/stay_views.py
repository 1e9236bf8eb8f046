"""Stays as the desk sees them: who came when, what it costs and why, what was paid and by whom."""

from datetime import datetime

from ..core.identity import LaneId
from ..core.passage import Passage
from ..core.stay import Stay, StayState, Validation
from .merchants import MerchantView
from .site import Site
from .stay_cost import StayCost, cost_of_past
from .unpaid_exits import UnpaidExit

type View = dict[str, object]


def stay_view(site: Site, stay: Stay) -> View:
    """Describe a stay in a list; the plate is masked."""
    money = site.currency.text
    return {
        "stay": stay.id,
        "state": stay.state,
        "kind": stay.kind,
        "plate": stay.masked or None,
        "card": stay.card,
        "wallet": stay.wallet,
        "zone": stay.zone or None,
        "entered_at": stay.entered_at.isoformat(),
        "entry_lane": _lane(site, stay.entry_lane),
        "left_at": _instant(stay.left_at),
        "exit_lane": _lane(site, stay.exit_lane),
        "paid": money(stay.paid_minor),
        "owed": money(stay.owed_minor),
    }


async def bill_of(site: Site, stay: Stay) -> tuple[View, StayCost]:
    """Describe what a stay costs until now, or cost until its end, and who pays what of it."""
    money = site.currency.text
    cost = await cost_of_past(site, stay)
    is_over = stay.state.over or stay.state is StayState.UNPAID
    bill: View = {
        "tariff": stay.tariff,
        "version": stay.version or None,
        "amount": money(cost.amount_minor),
        "validated": money(stay.validated_minor if is_over else cost.validated_minor),
        "paid": money(stay.paid_minor),
        "paid_at": _instant(stay.paid_at),
        "due": money(0 if is_over else cost.due_minor),
        "owed": money(stay.owed_minor),
        "written_off": money(stay.written_off_minor),
        "refunded": money(stay.refunded_minor),
        "held": money(stay.over_minor),
        "validations": [
            _validation(site, one, one.worth_minor if is_over else worth)
            for one, worth in zip(stay.validations, cost.worths, strict=True)
        ],
        "lines": [
            {"rule": line["rule"], "amount": money(_whole(line["amount"]))} for line in cost.trace
        ],
    }
    return bill, cost


def pictured_view(site: Site, passage: Passage) -> View:
    """Describe a passage of a stay of which a picture was kept."""
    return {
        "lane": _lane(site, LaneId(passage.lane)),
        "at": passage.at.isoformat(),
        "kind": passage.kind,
        "picture": passage.picture,
    }


def unpaid_view(site: Site, one: UnpaidExit) -> View:
    """Describe what a car left behind."""
    return {
        "stay": one.stay.id,
        "plate": one.stay.masked or None,
        "owed": site.currency.text(one.owed_minor),
        "left_at": _instant(one.stay.left_at),
        "days": one.age.days,
        "seen_at": one.seen_at.isoformat(),
    }


def merchant_data(site: Site, one: MerchantView) -> View:
    """Describe a merchant with its month."""
    merchant, money = one.merchant, site.currency.text
    budget = merchant.budget_minor
    return {
        "merchant": merchant.id,
        "name": merchant.name,
        "wallet": merchant.wallet,
        "budget": None if budget is None else money(budget),
        "spent": money(one.spent_minor),
        "left": None if one.left_minor is None else money(one.left_minor),
        "most_minutes": merchant.most_minutes,
        "closed": merchant.closed_at is not None,
    }


def _validation(site: Site, one: Validation, worth_minor: int) -> View:
    merchant = site.parking.merchants.get(one.merchant)
    return {
        "merchant": one.merchant,
        "name": one.merchant if merchant is None else merchant.name,
        "kind": one.kind,
        "minutes": one.minutes or None,
        "amount": site.currency.text(one.amount_minor) if one.amount_minor else None,
        "worth": site.currency.text(worth_minor),
    }


def _lane(site: Site, lane: LaneId | None) -> str | None:
    """Return a lane's name; its id where it was removed."""
    run = site.lanes.get(lane) if lane is not None else None
    return lane if run is None else run.name


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
