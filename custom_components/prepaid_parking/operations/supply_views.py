"""What people read about supplies beside their state: quotas, respites, schedules, limits, the list."""

from datetime import datetime

from ..core.load_limit import LoadLimit
from ..core.money import quantity_text
from ..core.quota import covered_money
from ..core.respite import Respite, SiteHold
from ..core.written_schedule import write_hours
from .cut_list import CutLine, cut_list
from .load_limits import limit_of, load_stand
from .meter_run import MeterRun
from .schedules import phase_now, schedule_of
from .site import Site
from .sparing import sparing
from .wallet_run import WalletRun
from .watching import policy_for

type Report = dict[str, object]


def quota_view(site: Site, run: WalletRun) -> Report | None:
    """Describe how much of its exemption quota a wallet has left, None where it has none."""
    policy = policy_for(site, run)
    if not policy.exempts:
        return None
    use = run.quota.use if run.quota is not None else None
    used = use.used if use is not None else 0
    told: Report = {"period": policy.exempt_period}
    if policy.exempt_units:
        quantity = policy.exempt_of
        return told | {
            "quantity": quantity,
            "quota": quantity_text(policy.exempt_units, quantity),
            "used": quantity_text(used, quantity),
            "owed": site.currency.text(use.drawn_minor if use is not None else 0),
        }
    quota, money = policy.exempt_quota_minor, site.currency.text
    covered = covered_money(use, quota) if use is not None else quota
    return told | {
        "quota": money(quota),
        "used": money(used),
        "owed": money(use.drawn_minor if use is not None else 0),
        "covered": money(covered),
    }


def spared_view(site: Site, run: WalletRun) -> list[Report]:
    """Describe what keeps a wallet from being cut now."""
    return [respite_view(one) for one in sparing(site, run, site.clock())]


def respite_view(one: Respite | SiteHold) -> Report:
    """Describe a veto, a promise or the site's hold."""
    return {
        "kind": one.kind if isinstance(one, Respite) else "site_hold",
        "since": one.at.isoformat(),
        "until": one.until.isoformat() if one.until is not None else None,
        "reason": one.reason,
        "by": one.by,
    }


def rules_view(site: Site, run: MeterRun) -> Report:
    """Describe by which rules a supply is cut."""
    supply, now = run.supply, site.clock()
    wallet = site.wallets[run.binding.wallet] if run.binding is not None else None
    schedule = schedule_of(run, policy_for(site, wallet) if wallet is not None else None)
    limit = limit_of(site, run)
    trips = run.load.trips if run.load is not None else None
    return {
        "cut": supply.cut,
        "cut_order": supply.cut_order,
        "cut_delay_minutes": supply.cut_delay_s // 60,
        "schedule": schedule or None,
        "load_limit": limit.scope if limit is not None and limit.watches else None,
        "load_limit_watts": limit.limit_w if limit is not None and limit.limit_w else None,
        "load": load_stand(site, run, now),
        "load_trips": trips.trips if trips is not None else 0,
        "load_power": trips.power_w if trips is not None and trips.trips else None,
    }


def schedule_list(site: Site) -> list[Report]:
    """Describe the newest version of every schedule, and how it stands."""
    now = site.clock()
    told: list[Report] = []
    for name, versions in sorted(site.supplying.schedules.items()):
        newest, stands = versions[-1], phase_now(site, name, now)
        told.append(
            {
                "schedule": name,
                "version": newest.version,
                "name": newest.name,
                "valid_from": newest.valid_from.isoformat(),
                "hours": write_hours(newest.off),
                "calendar": newest.calendar,
                "except_dates": [day.isoformat() for day in newest.except_dates],
                "exempt": list(newest.exempt),
                "off_now": stands.off,
            }
        )
    return told


def limit_view(limit: LoadLimit) -> Report:
    """Describe a load limit."""
    return {
        "scope": limit.scope,
        "limit": limit.limit_w,
        "jump": limit.jump_w,
        "delay": limit.delay_s,
        "retries": limit.retries,
        "wait_minutes": limit.wait_s // 60,
        "reset_hours": limit.reset_s // 3600,
    }


def cut_list_view(site: Site, until: datetime) -> list[Report]:
    """Describe the cut list: who, which supplies and when, how much is missing, what keeps it back."""
    return [_line(site, line) for line in cut_list(site, until)]


def _line(site: Site, line: CutLine) -> Report:
    wallet = line.wallet
    return {
        "wallet": wallet.wallet.id,
        "unit": wallet.wallet.unit,
        "available": site.currency.text(wallet.available_minor),
        "missing": site.currency.text(line.missing_minor),
        "cuts": [
            {"meter": one.meter, "name": one.name, "at": one.at.isoformat(), "why": one.why}
            for one in line.cuts
        ],
        "spared": [respite_view(one) for one in line.spared],
    }
