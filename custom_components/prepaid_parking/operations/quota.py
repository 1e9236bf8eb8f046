"""The exemption quota of a wallet: drawn as its balance falls, repaid as it rises, alarmed of."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.ledger import Record
from ..core.policy import Policy, mark
from ..core.quota import (
    QuotaPeriod,
    QuotaUse,
    covered_money,
    covered_units,
    draw_money,
    draw_units,
    in_period,
    period_of,
)
from .facts import WalletEvent
from .site import Site
from .supply_book import QuotaRun
from .wallet_run import WalletRun

KEEP_EVERY: Final = timedelta(minutes=1)
"""A minute of use lost in a crash is in the wallet's favour."""
REARM_PART: Final = 10
REARM_LEAST_MINOR: Final = 100
"""That a quota begins is said again only after the balance rose a tenth of it above the limit."""
NEARLY: Final = 20
"""A quota by quantity is nearly used up when less than a twentieth of it is left."""


def watch_quota(
    site: Site, wallet: WalletRun, policy: Policy, now: datetime
) -> tuple[list[WalletEvent], Record | None]:
    """Carry a wallet's quota on to now; returns what is to be said, and what is to be kept of it."""
    if not policy.exempts:
        return [], None
    run = wallet.quota
    if run is None:
        run = wallet.quota = QuotaRun(QuotaUse(wallet=wallet.wallet.id))
    before = run.use
    use = in_period(before, period_of(policy.exempt_period, now, site.zone))
    below = -policy.credit_limit_minor - wallet.available_minor
    if policy.exempt_units:
        use = _draw_units(wallet, policy, use, below)
    else:
        use = draw_money(use, policy.exempt_quota_minor, below)
        if policy.exempt_period is QuotaPeriod.ALWAYS:
            use = replace(use, used=use.drawn_minor)
    run.use, said = _said(policy, use, below)
    return said, _to_keep(run, before, now, urgent=bool(said))


def covered_minor(wallet: WalletRun, policy: Policy) -> int | None:
    """Return how far below the credit limit a wallet's quota carries it; None where it has none."""
    run = wallet.quota
    if run is None or not policy.exempts:
        return None
    if not policy.exempt_units:
        return covered_money(run.use, policy.exempt_quota_minor)
    covered = covered_units(run.use, policy.exempt_units)
    left = run.use.used < policy.exempt_units
    return covered + (policy.hysteresis_minor if left else 0)


def mark_of(wallet: WalletRun, policy: Policy) -> int:
    """Return the balance below which a wallet's grace begins, as its quota stands."""
    return mark(policy, covered_minor(wallet, policy))


def is_exempt(wallet: WalletRun, policy: Policy) -> bool:
    """Tell whether a wallet lives on its quota: unpaid, and not yet treated as empty."""
    return (
        policy.exempts
        and wallet.watch.crossed_at is None
        and wallet.available_minor < -policy.credit_limit_minor
    )


def has_units_left(wallet: WalletRun, policy: Policy) -> bool:
    """Tell whether a quota by quantity is far from used up: no balance then brings a cut near."""
    run = wallet.quota
    used = run.use.used if run is not None else 0
    return (policy.exempt_units - used) * NEARLY > policy.exempt_units


def _draw_units(wallet: WalletRun, policy: Policy, use: QuotaUse, below: int) -> QuotaUse:
    """Count what went through the wallet's meters of that quantity since the last look."""
    counted: dict[str, int] = {}
    moved = 0
    for run in wallet.meters:
        if run.meter.quantity is not policy.exempt_of or run.window is None:
            continue
        register, installation = run.window.to_register, str(run.meter.installation)
        moved += max(0, register - use.counted.get(installation, register))
        counted[installation] = register
    return replace(draw_units(use, policy.exempt_units, below, moved), counted=counted)


def _said(policy: Policy, use: QuotaUse, below: int) -> tuple[QuotaUse, list[WalletEvent]]:
    """Say once that a quota begins to be used, and once that it is used up."""
    said: list[WalletEvent] = []
    margin = max(policy.exempt_quota_minor // REARM_PART, REARM_LEAST_MINOR)
    if below > 0 and not use.begun:
        use = replace(use, begun=True)
        said.append(WalletEvent.QUOTA_BEGUN)
    elif use.begun and below <= -margin:
        use = replace(use, begun=False)
    whole = policy.exempt_units or policy.exempt_quota_minor
    if use.used >= whole and not use.used_up:
        use = replace(use, used_up=True)
        said.append(WalletEvent.QUOTA_USED_UP)
    elif use.used_up and use.used <= whole - whole // REARM_PART:
        use = replace(use, used_up=False)
    return use, said


def _to_keep(run: QuotaRun, before: QuotaUse, now: datetime, *, urgent: bool) -> Record | None:
    """Return the use where it is to be written: said, repaid, of a new period, or a minute old."""
    use = run.use
    if use == run.kept or (run.kept is None and not use.below_minor and not use.used):
        return None
    turned = use.below_minor < before.below_minor or use.period != before.period
    late = run.kept_at is None or abs(now - run.kept_at) >= KEEP_EVERY
    if not (urgent or turned or late):
        return None
    run.kept, run.kept_at = use, now
    return use
