"""The loss of a period is priced and passed on to those behind the main meter, once, up to its cap."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..core.accrual import ChargeLine
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, TariffId, WalletId
from ..core.ledger import AccountId, Act, Receipt, Record, Reference
from ..core.loss import Loss, LossShare, Metered
from ..core.money import MICRO, split
from ..core.shares import ShareBy
from ..core.tiers import Usage
from .booking import book
from .charging import line_detail
from .dues import Dues, dues_of, flows, levy_details, shares_of
from .facts import WalletEvent, WalletFact
from .loss_bearing import Bearer, bearers
from .losses import loss_report
from .meter_run import MeterRun
from .paying import sources
from .rebinding import check_tariff
from .repeats import answered_before
from .shares import booked, divide
from .site import Site
from .turn import in_turn

SCOPE: Final = "share_loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPeriod:
    """Which loss is meant, at whose price, and by what it is divided.

    `weights` are for fixed shares, by meter.
    """

    main: str
    since: datetime
    until: datetime
    tariff: str
    by: ShareBy = ShareBy.CONSUMPTION
    weights: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPart:
    """What one bearer gets of a loss."""

    bearer: Bearer
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPlan:
    """What a period's loss comes to, how much of it may be passed on, and who bears it.

    `shared` is what the cap allows. What nobody pays for of it is not priced: the site bears that too.
    """

    run: MeterRun
    loss: Loss
    shared: int
    cap_micro: int | None
    dues: Dues
    lines: tuple[ChargeLine, ...]
    parts: tuple[LossPart, ...]


@in_turn
async def share_loss(site: Site, *, period: LossPeriod, actor: Actor, reason: str = "") -> Receipt:
    """Pass a period's loss on; the same period again is answered with what was written first."""
    name = f"{period.main}/{period.since.isoformat()}/{period.until.isoformat()}"
    content = {"tariff": period.tariff, "by": period.by}
    act = Act(
        kind=EntryKind.LOSS_SHARED,
        event=f"loss/{name}",
        occurred=period.until,
        actor=actor,
        reason=reason,
        reference=Reference(scope=SCOPE, key=name, content=content),
    )
    known = await answered_before(site, act)
    return (
        known if known is not None else await _write(site, act, await _plan(site, period), period)
    )


@in_turn
async def plan_loss(site: Site, period: LossPeriod) -> LossPlan:
    """Say what passing a period's loss on would come to; nothing is written."""
    return await _plan(site, period)


async def _plan(site: Site, period: LossPeriod) -> LossPlan:
    run, before = site.meter(period.main), await _shared_before(site, period)
    check_tariff(site, run, period.tariff)
    if period.until > site.clock():
        raise CoreError("moment_ahead", at=period.until.isoformat())
    report = await loss_report(site, main=period.main, since=period.since, until=period.until)
    loss = report.loss
    behind_time = _unread(loss, period.until) if loss is not None else ()
    if loss is None or report.unread or behind_time:
        names = sorted({*report.unread, *behind_time})
        raise CoreError("meters_not_read", meters=", ".join(names))
    if loss.quantity <= 0:
        raise CoreError("no_loss", main=period.main)
    pricer = site.tariffs[TariffId(period.tariff)]
    cap = pricer.at(period.since).version.terms.loss_cap_micro
    most = loss.main.quantity * cap // MICRO if cap is not None else loss.quantity
    shared = min(loss.quantity, most)
    found = await bearers(site, loss.subs, period.by, period.weights or {})
    if not found:
        raise CoreError("weights_not_positive")
    quantities = split(shared, [one.weight for one in found])
    paid = [
        quantity if bearer.payer is not None else 0
        for bearer, quantity in zip(found, quantities, strict=True)
    ]
    begin, end = loss.main.begin.at, loss.main.end.at
    lines, _ = pricer.charge(sum(paid), begin, end, Usage()) if any(paid) else ([], None)
    denominator = site.currency.denominator(run.meter.quantity)
    dues = dues_of(pricer, lines, before.carry if before is not None else 0, denominator, {})
    amounts = split(dues.minor, paid) if any(paid) else paid
    parts = tuple(
        LossPart(bearer=bearer, quantity=quantity, amount_minor=amount)
        for bearer, quantity, amount in zip(found, quantities, amounts, strict=True)
    )
    return LossPlan(
        run=run,
        loss=loss,
        shared=shared,
        cap_micro=cap,
        dues=dues,
        lines=tuple(lines),
        parts=parts,
    )


async def _shared_before(site: Site, period: LossPeriod) -> LossShare | None:
    """Return the last loss of this meter that was passed on; refuse a period that touches one."""
    run = site.meter(period.main)
    done = await site.books.load(LossShare, main=run.meter.id)
    for one in done:
        if one.from_at < period.until and period.since < one.to_at:
            raise CoreError(
                "loss_shared_before",
                main=period.main,
                since=one.from_at.isoformat(),
                until=one.to_at.isoformat(),
            )
    return max(done, key=lambda one: one.to_at, default=None)


def _unread(loss: Loss, until: datetime) -> tuple[str, ...]:
    """Return the meters that have not been read since the period ended: their part is not known yet."""
    every: tuple[Metered, ...] = (loss.main, *loss.subs)
    return tuple(one.meter for one in every if one.end.at < until)


async def _write(site: Site, act: Act, plan: LossPlan, period: LossPeriod) -> Receipt:
    legs, counts = _legs(site, plan)
    done = LossShare(
        main=plan.run.meter.id,
        from_at=period.since,
        to_at=period.until,
        quantity=plan.loss.quantity,
        shared=plan.shared,
        amount_minor=plan.dues.minor,
        carry=plan.dues.carry,
    )
    written = Act(
        kind=act.kind,
        event=act.event,
        occurred=act.occurred,
        actor=act.actor,
        reason=act.reason,
        reference=act.reference,
        postings=flows(
            legs, shares_of(plan.dues.net_minor, plan.dues.parts, plan.run.meter.commodity)
        ),
        detail=trace_of(plan, period),
        puts=(done, *counts),
    )
    receipt = await book(site, written)
    for wallet, amount in booked(site, written, receipt):
        site.tell(
            WalletFact(
                event=WalletEvent.CHARGED,
                wallet=wallet.wallet.id,
                unit=wallet.wallet.unit,
                at=act.occurred,
                available_minor=wallet.available_minor,
                amount_minor=amount,
                meter=plan.run.meter.id,
                receipt=receipt,
            )
        )
        site.wake_wallet(wallet)
    return receipt


def _legs(site: Site, plan: LossPlan) -> tuple[list[tuple[AccountId, int]], list[Record]]:
    """Return out of which accounts it is paid; what a shared wallet bears, its members do."""
    sums: dict[WalletId, int] = defaultdict(int)
    counts: list[Record] = []
    for part in plan.parts:
        payer = part.bearer.payer
        if payer is None:
            continue
        division = divide(site, payer, part.amount_minor, commodity=plan.run.meter.commodity)
        for member in division.parts:
            sums[(member.payer or payer).wallet.id] += member.amount_minor
        if not division.parts:
            sums[payer.wallet.id] += part.amount_minor
        counts += division.puts
    legs = [leg for wallet, amount in sums.items() for leg in sources(site.wallets[wallet], amount)]
    return legs, counts


def trace_of(plan: LossPlan, period: LossPeriod) -> dict[str, object]:
    """Return what is kept in the entry: the readings, the price, and who bears how much."""
    loss, run = plan.loss, plan.run
    return {
        "main": run.meter.id,
        "meter": run.meter.id,
        "tariff": period.tariff,
        "by": period.by,
        "quantity": str(run.meter.quantity),
        "counted": loss.main.quantity,
        "behind": sum(one.quantity for one in loss.subs),
        "loss": loss.quantity,
        "cap": -1 if plan.cap_micro is None else plan.cap_micro,
        "shared": plan.shared,
        "carry_to": plan.dues.carry,
        "readings": [
            [
                one.meter,
                one.begin.at.isoformat(),
                one.begin.register,
                one.end.at.isoformat(),
                one.end.register,
            ]
            for one in (loss.main, *loss.subs)
        ],
        "lines": [line_detail(line) for line in plan.lines],
        "levies": levy_details(plan.dues.levied),
        "parts": [
            {
                "meter": part.bearer.meter,
                "wallet": part.bearer.payer.wallet.id if part.bearer.payer is not None else "",
                "weight": part.bearer.weight,
                "quantity": part.quantity,
                "amount": part.amount_minor,
            }
            for part in plan.parts
        ],
    }
