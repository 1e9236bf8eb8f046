"""What people read: a wallet, a meter, a statement, as plain data with money in decimal text."""

from collections.abc import Callable, Mapping
from datetime import datetime

from ..core.chart import Bucket
from ..core.entry_kind import EntryKind
from ..core.metering import UNIT, OpenDoubt
from ..core.money import price_text, quantity_text
from ..core.policy import Policy
from ..core.tariff_format import write_tariff
from ..core.written_rates import DAYS
from .arrears import arrears_of
from .bill_views import open_bills
from .booking import frozen_now
from .buckets import bucket_view, fee_taken_view
from .meter_run import MeterRun
from .quota import mark_of
from .site import Site
from .statement import Line, MeterSum, Part, Statement, Sums, make_statement
from .wallet_run import WalletRun
from .watching import cutoff_of, policy_for, state_of

type Report = dict[str, object]
type Explain = Callable[[Line], str]


def wallet_view(site: Site, run: WalletRun) -> Report:
    """Describe a wallet."""
    wallet, money = run.wallet, site.currency.text
    policy = policy_for(site, run)
    cutoff = cutoff_of(site, run)
    return {
        "wallet": wallet.id,
        "unit": wallet.unit,
        "unit_id": wallet.unit_id or None,
        "purpose": wallet.purpose,
        "kind": wallet.kind,
        "policy": wallet.policy,
        "state": state_of(site, run),
        "frozen": (way := frozen_now(wallet, site.clock())) is not None,
        "frozen_way": way,
        "currency": site.currency.code,
        "balance": money(run.balance_minor),
        "available": money(run.available_minor),
        "buckets": bucket_view(site, run),
        "spending": wallet.spending,
        "alert": money(policy.alert_minor),
        "mark": money(mark_of(run, policy)),
        "cutoff_at": cutoff.isoformat() if cutoff is not None else None,
        "meters": [meter.meter.id for meter in run.meters],
        "arrears": money(arrears_of(run).total()),
        "bills": open_bills(site, run),
        "cards": [card.id for card in site.cards.values() if card.wallet == wallet.id],
        "opened_at": wallet.opened_at.isoformat(),
        "closed_at": wallet.closed_at.isoformat() if wallet.closed_at is not None else None,
    }


def meter_view(run: MeterRun) -> Report:
    """Describe a meter, its supply and what was last seen of it."""
    meter, last, supply, binding = run.meter, run.last, run.supply, run.binding
    register = last.register if last is not None else None
    return {
        "meter": meter.id,
        "name": meter.name,
        "profile": meter.profile,
        "serial": meter.serial,
        "commodity": meter.commodity,
        "unit": UNIT[meter.quantity],
        "unit_id": meter.unit or None,
        "main": meter.main or None,
        "reactive": meter.reactive or None,
        "register": None if register is None else quantity_text(register, meter.quantity),
        "read_at": last.at.isoformat() if last is not None else None,
        "connected": run.connected,
        "installation": meter.installation,
        "wallet": binding.wallet if binding is not None else None,
        "tariff": binding.tariff if binding is not None else None,
        "supply": run.state,
        "why": run.decision.why if run.decision is not None else None,
        "restore": supply.restore,
        "held_by": supply.hold_by or None,
        "held_reason": supply.hold_reason or None,
        "locked_out_by": supply.lockout_by or None,
        "protected": supply.protected,
        "doubt": doubt_view(run.doubt) if run.doubt is not None else None,
    }


def doubt_view(doubt: OpenDoubt) -> Report:
    """Describe a doubt with the register it stands at and the one it was shown."""
    return {
        "doubt": doubt.id,
        "kind": doubt.kind,
        "meter": doubt.meter,
        "from_register": doubt.cursor_register,
        "register": doubt.register,
        "since": doubt.at.isoformat(),
        "expected": doubt.expected or None,
        "found": doubt.found or None,
    }


async def statement(
    site: Site, *, wallet: str, since: datetime | None = None, until: datetime | None = None
) -> Report:
    """Tell a wallet's statement as plain data."""
    made = await make_statement(site, wallet=wallet, since=since, until=until)
    return statement_view(site, made)


def _unexplained(_: Line) -> str:
    return ""


def statement_view(site: Site, made: Statement, explain: Explain = _unexplained) -> Report:
    """Describe a statement; amounts are decimal strings. `explain` puts a line's trace into words."""
    total = made.total
    return {
        "wallet": made.wallet,
        "unit": made.unit,
        "currency": site.currency.code,
        "since": made.since.isoformat() if made.since is not None else None,
        "until": made.until.isoformat(),
        **_sums_view(site, total),
        "buckets": {
            bucket.name.lower(): _sums_view(site, sums) for bucket, sums in made.money.items()
        },
        "others": {
            bucket.name.lower(): held_text(site, bucket, held)
            for bucket, held in made.others.items()
        },
        "kinds": {kind: site.currency.text(amount) for kind, amount in made.kinds.items()},
        "usage": [_meter_sum_view(site, one) for one in made.meters],
        "lines": [_line_view(site, line, explain) for line in made.lines],
    }


def held_text(site: Site, bucket: Bucket, held: int) -> str:
    """Write what a bucket holds: money as a decimal, points and uses as whole numbers."""
    counted = bucket in (Bucket.POINTS, Bucket.USES)
    return str(held) if counted else site.currency.text(held)


def _sums_view(site: Site, sums: Sums) -> Report:
    money = site.currency.text
    return {
        "opening": money(sums.opening),
        "received": money(sums.received),
        "spent": money(sums.spent),
        "closing": money(sums.closing),
    }


def _meter_sum_view(site: Site, one: MeterSum) -> Report:
    return {
        "meter": one.meter,
        "quantity": quantity_text(one.quantity, one.measure),
        "unit": UNIT[one.measure],
        "cost": site.currency.text(one.cost_minor),
        "rates": [
            {
                "rate": rate.rate,
                "tier": rate.tier,
                "price": price_text(rate.price_micro),
                "quantity": quantity_text(rate.quantity, one.measure),
                "cost": site.currency.text(rate.cost_minor),
            }
            for rate in one.rates
        ],
    }


def _line_view(site: Site, line: Line, explain: Explain) -> Report:
    entry, money = line.entry, site.currency.text
    view: Report = {
        "entry": entry.id,
        "kind": entry.kind,
        "at": entry.occurred.isoformat(),
        "booked": entry.booked.isoformat(),
        "amount": money(line.amount_minor),
        "reason": entry.reason or None,
        "event": entry.event,
        "by": entry.actor,
    }
    if line.bonus_minor:
        view["bonus"] = money(line.bonus_minor)
    if line.meter:
        view["meter"] = line.meter
    if line.parts:
        usage = entry.detail if entry.kind is EntryKind.USAGE else entry.detail["usage"]
        assert isinstance(usage, Mapping)
        view["from"], view["to"] = usage["from"], usage["to"]
        view["trace"] = [part_view(part) for part in line.parts]
    if (fee := fee_taken_view(site, entry.detail)) is not None:
        view["fee"] = fee
    if said := explain(line):
        view["explained"] = said
    return view


def part_view(part: Part) -> Report:
    """Describe a priced part as a person would say it: this much, at this price, by this rule."""
    return {
        "tariff": part.tariff,
        "rate": part.rate,
        "tier": part.tier,
        "price": price_text(part.price_micro),
        "quantity": quantity_text(part.quantity, part.measure),
        "unit": UNIT[part.measure],
    }


def tariff_list(site: Site) -> list[Report]:
    """List every tariff with its versions in their written form."""
    return [
        {
            "tariff": tariff,
            "versions": [
                write_tariff(version)
                | {"version": version.version, "valid_from": version.valid_from.isoformat()}
                for version in pricer.versions
            ],
        }
        for tariff, pricer in sorted(site.tariffs.items())
    ]


def policy_view(site: Site, policy: Policy) -> Report:
    """Describe one version of a policy."""
    money = site.currency.text
    overdraft = policy.overdraft_limit_minor
    return {
        "policy": policy.id,
        "version": policy.version,
        "name": policy.name,
        "valid_from": policy.valid_from.isoformat(),
        "alert": money(policy.alert_minor),
        "alert2": money(policy.alert2_minor),
        "credit_limit": money(policy.credit_limit_minor),
        "exempt_quota": money(policy.exempt_quota_minor),
        "overdraft_limit": None if overdraft is None else money(overdraft),
        "hysteresis": money(policy.hysteresis_minor),
        "alert_days": policy.alert_days,
        "exempt_period": policy.exempt_period,
        "exempt_units": quantity_text(policy.exempt_units, policy.exempt_of),
        "exempt_of": policy.exempt_of,
        "grace_hours": policy.grace_hours,
        "grace_minutes": policy.grace_minutes,
        "no_cut_hours": [f"{start:%H:%M}-{end:%H:%M}" for start, end in policy.no_cut_hours],
        "no_cut_weekdays": [DAYS[day] for day in policy.no_cut_weekdays],
        "no_cut_dates": [day.isoformat() for day in policy.no_cut_dates],
        "no_cut_calendar": policy.no_cut_calendar,
        "cut_hours": [f"{start:%H:%M}-{end:%H:%M}" for start, end in policy.cut_hours],
        "reconnect": policy.reconnect,
        "promise_days": policy.promise_days,
        "promise_every_days": policy.promise_every_days,
        "schedule": policy.schedule,
        "manual_on": policy.manual_on,
        "operations_per_day": policy.operations_per_day,
        "remind_hours": policy.remind_hours,
        "invoices": policy.invoices,
    }


def policy_list(site: Site) -> list[Report]:
    """List the newest version of every policy."""
    return [policy_view(site, versions[-1]) for _, versions in sorted(site.policies.items())]
