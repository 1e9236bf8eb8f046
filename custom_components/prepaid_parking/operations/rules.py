"""Policies are set as new versions; the old ones stay: decisions were made by them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.cut_calendar import next_cut
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, PolicyId
from ..core.ledger import Act, Receipt
from ..core.policy import LONGEST_GRACE_S, Policy
from ..core.quota import QuotaPeriod
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act

STANDARD: Final = PolicyId("standard")


async def ensure_standard(site: Site) -> None:
    """Give a new site its standard policy: warn at 50 and 10, cut after a day's grace."""
    if STANDARD not in site.policies:
        major = 10**site.currency.digits
        await set_policy(
            site,
            policy=STANDARD,
            changes={"alert_minor": 50 * major, "alert2_minor": 10 * major},
            actor=SYSTEM,
        )


@in_turn
async def set_policy(
    site: Site, *, policy: str, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Write the next version of a policy; what is not named stays as it was."""
    now = site.clock()
    versions = site.policies.get(PolicyId(policy), [])
    base = versions[-1] if versions else _new(site, PolicyId(policy), now)
    written = next_version(base, changes, now)
    if written.no_cut_calendar:
        await site.learn_calendar(written.no_cut_calendar)
    _check(site, written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.POLICY_SET,
            f"policy/{policy}",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
            of={"policy": policy},
        )
    )
    site.policies[written.id] = [*versions, written]
    for wallet in site.wallets.values():
        if wallet.wallet.policy == written.id:
            site.wake_wallet(wallet)
    return receipt


def _new(site: Site, policy: PolicyId, now: datetime) -> Policy:
    """Return what a new policy begins with: the standard one's rules, under its own name."""
    standard = site.policies.get(STANDARD)
    if standard is None:
        return Policy(id=policy, version=0, valid_from=now)
    return replace(standard[-1], id=policy, version=0, name="")


async def change_settings(site: Site, changed: Mapping[str, str], actor: Actor) -> None:
    """Write down that the site's own settings were changed: what decides about money is audited."""
    if not site.books.writable:
        return
    await site.books.commit(
        Act(
            kind=EntryKind.SETTING_CHANGED,
            event="site/settings",
            occurred=site.clock(),
            actor=actor,
            detail={"changes": dict(changed)},
        )
    )


def _check(site: Site, policy: Policy) -> None:
    amounts = (
        policy.credit_limit_minor,
        policy.exempt_quota_minor,
        policy.overdraft_limit_minor or 0,
        policy.hysteresis_minor,
        policy.grace_hours,
        policy.operations_per_day,
        policy.remind_hours,
        policy.grace_minutes,
        policy.alert_days,
        policy.promise_days,
        policy.promise_every_days,
        policy.exempt_units,
    )
    if min(amounts) < 0:
        raise CoreError("policy_negative")
    if policy.grace_s > LONGEST_GRACE_S:
        raise CoreError("policy_grace_too_long", days=LONGEST_GRACE_S // 86_400)
    if policy.exempt_units and policy.exempt_quota_minor:
        raise CoreError("policy_two_quotas")
    if policy.exempt_units and policy.exempt_period is QuotaPeriod.ALWAYS:
        raise CoreError("policy_quota_without_period")
    if policy.schedule and policy.schedule not in site.supplying.schedules:
        raise CoreError("unknown_schedule", schedule=policy.schedule)
    if policy.alert2_minor > policy.alert_minor:
        raise CoreError("policy_alerts_order")
    if next_cut(policy, policy.valid_from, site.zone, site.holidays) is None:
        raise CoreError("policy_never_cuts")
