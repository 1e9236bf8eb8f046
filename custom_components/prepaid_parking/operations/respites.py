"""What a named person may say about a cut to come: a veto, a promise to pay, a hold of the whole site."""

from datetime import datetime, timedelta

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt, Record
from ..core.respite import HELD_SITE, Respite, RespiteKind, SiteHold, in_force
from .booking import open_run, tell
from .facts import WalletEvent
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun
from .watching import policy_for


@in_turn
async def veto_cut(
    site: Site, *, wallet: str, reason: str, actor: Actor, until: datetime | None = None
) -> Receipt:
    """Let a wallet not be cut for money until then; without a time, until the veto is lifted."""
    run, now = open_run(site, wallet), site.clock()
    _not_past(until, now)
    veto = Respite(
        wallet=run.wallet.id,
        kind=RespiteKind.VETO,
        at=now,
        until=until,
        reason=reason,
        by=str(actor),
    )
    return await _give(site, run, veto, EntryKind.CUT_VETOED, WalletEvent.CUT_VETOED, actor)


@in_turn
async def lift_veto(site: Site, *, wallet: str, reason: str, actor: Actor) -> Receipt:
    """Let a wallet be cut again as its policy says."""
    run = site.wallet(wallet)
    given = site.supplying.respites.get(run.wallet.id, {})
    veto = given.get(RespiteKind.VETO)
    if veto is None or not in_force(veto, site.clock()):
        raise CoreError("no_veto", wallet=wallet)
    receipt = await _write(
        site, EntryKind.VETO_LIFTED, f"respite/{wallet}/lifted", actor, reason, wallet, drop=veto
    )
    del given[RespiteKind.VETO]
    site.wake_wallet(run)
    return receipt


@in_turn
async def promise_to_pay(
    site: Site, *, wallet: str, reason: str, actor: Actor, until: datetime
) -> Receipt:
    """Take a customer's promise: no cut for money till then, and no other promise for a while."""
    run, now = open_run(site, wallet), site.clock()
    policy = policy_for(site, run)
    _not_past(until, now)
    latest = now + timedelta(days=policy.promise_days)
    if until > latest:
        raise CoreError("promise_too_long", wallet=wallet, days=policy.promise_days)
    last = site.supplying.respites.get(run.wallet.id, {}).get(RespiteKind.PROMISE)
    if last is not None:
        again = last.at + timedelta(days=policy.promise_every_days)
        if now < again:
            raise CoreError("promise_too_soon", wallet=wallet, at=again.isoformat())
    promise = Respite(
        wallet=run.wallet.id,
        kind=RespiteKind.PROMISE,
        at=now,
        until=until,
        reason=reason,
        by=str(actor),
    )
    return await _give(site, run, promise, EntryKind.PROMISE_MADE, WalletEvent.PROMISED, actor)


@in_turn
async def hold_site(
    site: Site, *, reason: str, actor: Actor, until: datetime | None = None
) -> Receipt:
    """Let no supply of the site be cut, whatever for; restores go on."""
    now = site.clock()
    _not_past(until, now)
    held = SiteHold(id=HELD_SITE, at=now, until=until, reason=reason, by=str(actor))
    receipt = await _write(
        site, EntryKind.SITE_HELD, "site/held", actor, reason, "", until=until, put=held
    )
    site.supplying.held = held
    return receipt


@in_turn
async def release_site(site: Site, *, reason: str, actor: Actor) -> Receipt:
    """Let supplies be cut again; what was due meanwhile is cut as its calendar allows."""
    held = site.supplying.held
    if held is None or not in_force(held, site.clock()):
        raise CoreError("site_not_held")
    receipt = await _write(
        site, EntryKind.SITE_RELEASED, "site/released", actor, reason, "", drop=held
    )
    site.supplying.held = None
    return receipt


async def _give(
    site: Site,
    run: WalletRun,
    respite: Respite,
    kind: EntryKind,
    event: WalletEvent,
    actor: Actor,
) -> Receipt:
    wallet = run.wallet.id
    receipt = await _write(
        site,
        kind,
        f"respite/{wallet}/{respite.kind}",
        actor,
        respite.reason,
        wallet,
        until=respite.until,
        put=respite,
    )
    site.supplying.respites.setdefault(wallet, {})[respite.kind] = respite
    site.wake_wallet(run)
    tell(site, run, event, receipt)
    return receipt


async def _write(
    site: Site,
    kind: EntryKind,
    event: str,
    actor: Actor,
    reason: str,
    wallet: str,
    *,
    until: datetime | None = None,
    put: Record | None = None,
    drop: Record | None = None,
) -> Receipt:
    if not reason.strip():
        raise CoreError("reason_missing")
    detail = {"wallet": wallet} if wallet else {}
    return await site.books.commit(
        Act(
            kind=kind,
            event=event,
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail=detail | {"until": until.isoformat() if until is not None else ""},
            puts=() if put is None else (put,),
            drops=() if drop is None else (drop,),
        )
    )


def _not_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise CoreError("time_is_past", at=until.isoformat())
