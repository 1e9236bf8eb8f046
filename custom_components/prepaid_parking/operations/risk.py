"""What is asked for is judged before it is done; what has arrived, a supply and a car never are.

A rule that strikes is written down as an event, once in a while of the same, and does what it says:
refuses, holds the operation for a code or a second person, freezes. In shadow it is only written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ..core.chart import Channel
from ..core.errors import CoreError
from ..core.held_operation import REVIEWED, WAITS, Need
from ..core.identity import Actor, WalletId
from ..core.pay_order import AimKind
from ..core.risk import RiskAction, RiskKind, Struck, struck
from .held_operations import check_person, hold_operation, waiting_for
from .pay_book import Asking as OrderAsking
from .risk_measures import Came, asked_for, measure_in, measure_out
from .risk_saying import WAYS, count, counted, freeze_soon, in_earnest, rules_of, say
from .risk_signs import check_cool, payers_network
from .site import Site


class Asked(StrEnum):
    """What is asked for."""

    TOP_UP = "top_up"
    """By hand, at the desk."""
    REFUND = "refund"
    WRITE_OFF = "write_off"
    """Of what does not fit between a provider's file and the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Something that is asked for."""

    what: Asked
    actor: Actor
    amount_minor: int
    wallet: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What an operation has to wait for; nothing, and it may be done."""

    needs: tuple[Need, ...] = ()
    why: str = ""

    @property
    def waits(self) -> timedelta:
        """How long somebody has to confirm it."""
        return WAITS if Need.CODE in self.needs else REVIEWED


async def guard(
    site: Site, asking: Asking, *, kind: str, data: Mapping[str, str], reference: str = ""
) -> None:
    """Judge what is asked for; what has to wait is held, and whoever asked hears what for.

    Returns where it may be done at once. It may be called in a turn or outside of one.
    """
    judged = await judge(site, asking)
    if not judged.needs:
        return
    if asking.what is not Asked.TOP_UP and Need.PERSON in judged.needs:
        check_person(asking.actor)
    held = await hold_operation(
        site,
        kind=kind,
        actor=asking.actor,
        data=data,
        needs=judged.needs,
        why=judged.why,
        wallet=asking.wallet,
        amount_minor=asking.amount_minor,
        reference=reference,
        waits=judged.waits,
    )
    raise waiting_for(site, held)


async def judge(site: Site, asking: Asking) -> Judged:
    """Return what an operation has to wait for, or refuse it."""
    rules = rules_of(site)
    measured: dict[RiskKind, int] = {}
    recent: tuple[Came, ...] = ()
    run = site.wallet(asking.wallet) if asking.wallet else None
    if asking.what is Asked.TOP_UP and run is not None:
        measured = await measure_in(site, run, rules.values(), asking.amount_minor, asking.channel)
        if asking.channel == Channel.CASH:
            measured[RiskKind.CASH_SINGLE] = asking.amount_minor
            measured[RiskKind.CASH_SHIFT] = _in_shift(site, asking.actor) + asking.amount_minor
    elif asking.what is Asked.REFUND and run is not None:
        measured, came = await measure_out(site, run, rules.values(), asking.amount_minor)
        recent = tuple(came)
    elif asking.what is Asked.REFUND:
        measured = {RiskKind.REFUND_LARGE: asking.amount_minor}
    elif asking.what is Asked.WRITE_OFF:
        measured = {RiskKind.WRITE_OFF_LARGE: asking.amount_minor}
    hits = struck(rules, measured)
    await say(
        site,
        hits,
        wallet=asking.wallet,
        actor=asking.actor,
        channel=asking.channel,
        amount_minor=asking.amount_minor,
    )
    live = in_earnest(hits)
    _refuse_other_channel(live, asking, recent)
    return _judged(site, live, asking.wallet)


async def judge_order(site: Site, wanted: OrderAsking) -> None:
    """Refuse an order that goes beyond what may be asked for online; nobody is there to say a code.

    What was allowed counts from then on. Nothing is waited for between counting and allowing, so that
    of many at once no more are allowed than of many one by one.
    """
    rules, now, order = rules_of(site), site.clock(), wanted.order
    run = site.wallet(order.aim.id) if order.aim.kind is AimKind.WALLET else None
    wallet = run.wallet.id if run is not None else WalletId("")
    network = payers_network(site, wanted.payer_ip)
    keys = {RiskKind.ORDERS_OF_SITE: "site"}
    if network:
        keys[RiskKind.ORDERS_OF_NETWORK] = f"network/{network}"
    measured: dict[RiskKind, int] = {}
    if run is not None:
        check_cool(site, f"wallet/{wallet}")
        asked = asked_for(site, wallet)
        measured = await measure_in(site, run, rules.values(), order.amount_minor, order.kind)
        asked |= asked_for(site, wallet)
        beside = sum(minor for known, minor in asked.items() if known != order.id)
        for kind in {RiskKind.TOP_UP_DAY, RiskKind.TOP_UP_MONTH} & measured.keys():
            measured[kind] += beside
    hits = struck(rules, measured | counted(site, keys, rules, now))
    live = in_earnest(hits)
    if not live:
        count(site, keys, rules, now)
        if run is not None:
            site.risking.asked[order.id] = (wallet, order.amount_minor, now)
    await say(
        site,
        hits,
        wallet=wallet,
        actor=wanted.actor,
        channel=str(order.kind),
        network=network,
        amount_minor=order.amount_minor,
        about=order.id,
    )
    if live:
        freeze_soon(site, live, wallet)
        raise CoreError("risk_refused", rule=live[0].rule.id)


async def judge_visit(site: Site, orders: int) -> None:
    """Refuse a payer's visit that has asked for so many orders already."""
    hits = struck(rules_of(site), {RiskKind.ORDERS_OF_VISIT: orders + 1})
    await say(site, hits)
    if live := in_earnest(hits):
        raise CoreError("risk_refused", rule=live[0].rule.id)


def _judged(site: Site, live: list[Struck], wallet: str) -> Judged:
    if not live:
        return Judged()
    heaviest = live[0].rule
    if wallet and heaviest.action in WAYS:
        freeze_soon(site, live, wallet)
        raise CoreError("risk_frozen", wallet=wallet, rule=heaviest.id)
    if heaviest.action is RiskAction.REFUSE or heaviest.action in WAYS:
        raise CoreError("risk_refused", rule=heaviest.id)
    actions = {one.rule.action for one in live}
    needs = (
        *((Need.CODE,) if RiskAction.CHALLENGE in actions else ()),
        *((Need.PERSON,) if RiskAction.REVIEW in actions else ()),
    )
    return Judged(needs=needs, why=heaviest.id)


def _refuse_other_channel(live: list[Struck], asking: Asking, recent: tuple[Came, ...]) -> None:
    """Refuse to pay out by another channel what has just come in: that is how money is washed."""
    if not any(one.rule.id is RiskKind.REFUND_AFTER_TOP_UP for one in live):
        return
    channels = {one.channel for one in recent}
    if asking.channel not in channels:
        raise CoreError("risk_other_channel", channels=", ".join(sorted(channels)))


def _in_shift(site: Site, actor: Actor) -> int:
    """Return the cash that an operator has taken in the shift that is open; 0 without one."""
    return sum(
        one.taken_minor
        for one in site.desk.shifts.values()
        if one.cashier == str(actor) and one.closed_at is None
    )
