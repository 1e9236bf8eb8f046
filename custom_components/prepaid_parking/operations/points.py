"""Points: how they are earned and what they buy, their spending, and their end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..core.chart import Bucket, SiteAccount, site_account, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor
from ..core.layers import Layer
from ..core.ledger import Act, Floor, Posting, Receipt
from ..core.points import Lots, PointsRule, check_rule, expired, spend, usable, worth
from .booking import book, referenced, tell, unspendable
from .facts import WalletEvent
from .gently import gently
from .layering import Layered, layered, total_minor
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act
from .wallet_run import WalletRun


@in_turn
async def set_points(
    site: Site, *, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Write the next version of the rule of points; what is not named stays as it was.

    Points that were earned keep the end they were earned with; what they buy is by the newest rule.
    """
    now, rules = site.clock(), site.extras.points_rules
    base = rules[-1] if rules else PointsRule(version=0, valid_from=now)
    written = next_version(base, changes, now)
    check_rule(written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.PROMOTION_SET,
            "points",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
        )
    )
    site.extras.points_rules = [*rules, written]
    return receipt


@in_turn
async def spend_points(
    site: Site, *, wallet: str, points: int, actor: Actor, reason: str = "", reference: str = ""
) -> Receipt:
    """Turn points into bonus money of the same wallet, those that expire first."""
    run = site.wallet(wallet)
    key = referenced("spend_points", reference, {"wallet": wallet, "points": points})
    act = Act(
        kind=EntryKind.POINTS_SPENT,
        event=f"points/{wallet}/spent/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={"wallet": wallet, "points": points},
    )
    refusal = unspendable(site, run)
    if refusal is not None:
        return await book(site, act, refusal)
    try:
        bonus, follows = _bought(site, run, points)
    except CoreError as err:
        return await book(site, act, err)
    money, counted = SiteAccount.PROMOTION, SiteAccount.POINTS
    legs = (
        (wallet_account(run.wallet.no, Bucket.POINTS), site_account(counted), points),
        (site_account(money), wallet_account(run.wallet.no, Bucket.BONUS), bonus),
    )
    act = replace(
        act,
        postings=tuple(
            Posting(source=source, target=target, amount_minor=part)
            for source, target, part in legs
        ),
        floors=(Floor(account=legs[0][0], minimum_minor=0),),
        puts=follows.puts(run),
    )
    receipt = await book(site, act)
    if not receipt.repeated:
        follows.taken_over(run)
        run.booked(receipt)
        tell(site, run, WalletEvent.POINTS_SPENT, receipt, bonus, key.key)
        site.wake_wallet(run)
    return receipt


async def expire_points(site: Site, now: datetime) -> None:
    """Let points end whose time has come. What was taken from a wallet is no longer in its lots."""
    holders = [run for run in site.wallets.values() if run.lots]
    async for run in gently(holders):
        gone, lots = expired(run.lots, now)
        if not gone:
            continue
        account = wallet_account(run.wallet.no, Bucket.POINTS)
        receipt = await site.books.commit(
            Act(
                kind=EntryKind.POINTS_EXPIRED,
                event=f"points/{run.wallet.id}/expired/{now.isoformat()}",
                occurred=now,
                actor=SYSTEM,
                postings=(
                    Posting(
                        source=account, target=site_account(SiteAccount.POINTS), amount_minor=gone
                    ),
                ),
                detail={"wallet": run.wallet.id, "points": gone},
                puts=(Lots(wallet=run.wallet.id, lots=lots),),
            )
        )
        run.lots = lots
        run.booked(receipt)


def points_view(site: Site) -> dict[str, object] | None:
    """Describe the rule of points; None where there is none."""
    if not site.extras.points_rules:
        return None
    rule, money = site.extras.points_rules[-1], site.currency.text
    return {
        "version": rule.version,
        "valid_from": rule.valid_from.isoformat(),
        "points": rule.points,
        "per": money(rule.per_minor),
        "expires_days": rule.expires_days,
        "spend_points": rule.spend_points,
        "worth": money(rule.worth_minor),
        "purposes": list(rule.purposes),
    }


def points_of(site: Site, run: WalletRun) -> dict[str, object]:
    """Describe a wallet's points: how many can be spent, and which end when."""
    return {
        "usable": usable(run.lots, site.clock()),
        "lots": [
            {
                "points": one.points,
                "earned_at": one.earned_at.isoformat(),
                "expires_at": one.expires_at.isoformat() if one.expires_at is not None else None,
            }
            for one in run.lots
        ],
    }


def _bought(site: Site, run: WalletRun, points: int) -> tuple[int, Layered]:
    """Return the bonus that points buy, and what it changes; refused where they buy none."""
    if points <= 0:
        raise CoreError("amount_not_positive", amount=points)
    if not site.extras.points_rules:
        raise CoreError("points_buy_nothing")
    bonus = worth(site.extras.points_rules[-1], points)
    lots, layers = spend(run.lots, points, site.clock()), run.layers
    if layers:
        layers = layered(run, Layer(bonus_minor=bonus), total_minor(run) + bonus)
    return bonus, Layered(layers=layers, lots=lots)
