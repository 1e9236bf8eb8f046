"""What the page shows a wallet's own holder beside its money: supplies, what is shut, what is fetched."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from .core.metering import Commodity
from .core.supply import SupplyState
from .core.supply_rules import Why
from .operations.booking import frozen_now
from .operations.meter_run import MeterRun
from .operations.pay_holder import (
    agreement_of,
    held_wallet,
    shown_wallet,
    supplies_of,
    waiting_of,
    waits_for_word,
)
from .pay_writing import Known, PageMaker
from .wording import Words

FOLLOWED: Final = timedelta(minutes=2)
"""So long after a payment a supply that is still off may be about to come on."""
LOOK_AT: Final = {Commodity.WATER: "water", Commodity.HEAT: "water"}
"""What is looked at before something comes on: what flows may run out of an open tap."""


def supplies_in(made: PageMaker) -> Callable[[Words], Sequence[Known]]:
    """Return how the supplies stand that a visit may see; which of them waits for the visitor's word."""
    run = shown_wallet(made.site, made.visit)
    may_say = held_wallet(made.site, made.visit) is not None
    known = [_supply(one, may_say=may_say) for one in (supplies_of(run) if run is not None else ())]

    def told(words: Words) -> Sequence[Known]:
        return [
            one
            | {
                "says": words(f"pay.supply.{one['says']}"),
                "look_at": words(f"pay.supply.check.{one['look_at']}"),
            }
            for one in known
        ]

    return told


def comes_back(made: PageMaker, paid_at: datetime | None) -> bool:
    """Tell whether a supply is on its way back, so that the page follows it."""
    run = shown_wallet(made.site, made.visit)
    states = {one.state for one in supplies_of(run)} if run is not None else set()
    since = made.site.clock() - paid_at if paid_at is not None else FOLLOWED
    return SupplyState.RESTORING in states or (SupplyState.OFF in states and since < FOLLOWED)


def held_of(made: PageMaker) -> Known:
    """Return what the page of a wallet says to who may know it."""
    run = shown_wallet(made.site, made.visit)
    shut = frozen_now(run.wallet, made.site.clock()) if run is not None else None
    money = made.site.currency.text
    waiting = [
        {"amount": money(one.amount_minor or 0), "until": made.at(one.expires_at)}
        for one in (waiting_of(made.site, run) if run is not None else ())
    ]
    return {
        "supplies": supplies_in(made),
        "shut": shut or "",
        "shut_until": made.at(run.wallet.frozen_until) if run is not None else "",
        "waiting": waiting,
        "agreement": _agreement(made),
    }


def _supply(run: MeterRun, *, may_say: bool) -> Known:
    says = str(run.state)
    is_armed = run.state is SupplyState.ARMED
    waits = waits_for_word(run)
    if is_armed and run.decision is not None and run.decision.why is Why.BY_HAND:
        says = "by_hand"
    elif is_armed and not waits:
        # Its word is said, and it is a moment until it is decided.
        says = str(SupplyState.RESTORING)
    return {
        "id": run.meter.id,
        "name": run.meter.name,
        "says": says,
        "is_on": run.state is SupplyState.ON,
        "waits": waits and may_say,
        "look_at": LOOK_AT.get(run.meter.commodity, "electricity"),
    }


def _agreement(made: PageMaker) -> Known | None:
    known, site = agreement_of(made.site, made.visit), made.site
    if known is None:
        return None
    channel = site.paying.channels.get(known.channel)
    money = site.currency.text
    return {
        "id": known.id,
        "channel": channel.name if channel is not None else known.channel,
        "below": money(known.below_minor),
        "amount": money(known.amount_minor),
        "most": money(known.most_minor),
        "day": money(known.day_minor),
        "failed": bool(known.trouble),
    }
