"""Uses are begun and ended: a machine, a bicycle, a room, for as long as somebody uses it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from ..core.deposit import Deposit
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, CardId, UseId, WalletId
from ..core.ledger import Act, Receipt, Reference
from ..core.metering import BASE_PER_UNIT, Quantity
from ..core.use import Use, UseEnd, UseState, believed
from ..core.use_point import Basis, PointKind, UsePoint
from .booking import book, referenced, unspendable
from .credentials import card_refusal, payer_of
from .facts import UseEvent
from .following import attach, command, follow, step
from .holding import changed, drawn_up, holding
from .paying import cash_floor
from .site import Site
from .sold import duration_at
from .turn import in_turn
from .use_points import busy_with, known_point
from .use_prices import cost_of
from .use_run import UseRun
from .use_telling import tell_use
from .wallet_run import WalletRun

FIRST: Final = timedelta(minutes=1)
"""A use that would end before this is over is refused rather than begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A use as whoever began or ended it is told of it."""

    use: Use
    receipt: Receipt | None = None
    repeated: bool = False


async def start_use(
    site: Site,
    *,
    actor: Actor,
    point: str,
    wallet: str = "",
    card: str = "",
    deposit_minor: int | None = None,
    most_minor: int | None = None,
    reference: str = "",
) -> Began:
    """Begin a use at a metered point; its deposit is held, its switch goes on."""
    content = {
        "point": point,
        "wallet": wallet,
        "card": card,
        "deposit": deposit_minor,
        "most": most_minor,
    }
    at = known_point(site, point)
    if deposit_minor is not None:
        at = replace(at, deposit_minor=deposit_minor)
    if most_minor is not None:
        at = replace(at, most_minor=most_minor)
    key = referenced("start_use", reference, content)
    return await switched_on(site, await _begin(site, at, wallet, card, actor, key))


async def end_use(
    site: Site,
    *,
    use: str,
    actor: Actor,
    counted: int | None = None,
    reference: str = "",
) -> Began:
    """End a use and settle it; one that has ended is told as it ended.

    Where its counter is doubted a person says what it counted (`counted` base units): nothing is
    guessed.
    """
    return await _end(site, use, actor, counted, reference)


async def find_use(site: Site, use: str) -> Use:
    """Return a use, also one that has ended, or refuse in words."""
    run = site.using.uses.get(UseId(use))
    if run is not None:
        return run.use
    found = await site.books.load(Use, id=use)
    if not found:
        raise CoreError("unknown_use", use=use)
    return found[0]


async def uses_of(site: Site, wallet: WalletId | None = None, *, ended: bool = False) -> list[Use]:
    """Return the uses that run, of a wallet or of all; or also those that ended."""
    found = [run.use for run in site.using.uses.values()]
    if ended:
        like = {} if wallet is None else {"wallet": wallet}
        there = {one.id for one in found}
        found += [one for one in await site.books.load(Use, **like) if one.id not in there]
    return sorted((one for one in found if wallet in (None, one.wallet)), key=lambda one: one.no)


async def switched_on(site: Site, began: Began) -> Began:
    """Switch a use's thing on, outside of any turn; it is as it showed itself by then."""
    run = site.using.uses.get(began.use.id)
    if began.repeated or run is None or not run.use.switch:
        return began
    await asyncio.shield(_switch_on(site, run))
    return replace(began, use=run.use)


async def begun(
    site: Site, run: WalletRun, point: UsePoint, card: CardId | None, actor: Actor, key: Reference
) -> Began:
    """Begin a metered use, in the turn of whoever asks for it."""
    assert point.tariff is not None
    now = site.clock()
    version, terms = duration_at(site, point.tariff, now)
    refusal = card_refusal(site, card) or unspendable(site, run) or busy_with(site, point)
    number = await site.books.next_number("use")
    use = Use(
        id=UseId(f"s{number}"),
        no=number,
        wallet=run.wallet.id,
        started_at=now,
        looked_at=now,
        state=UseState.STARTING if point.switch else UseState.RUNNING,
        point=point.id,
        card=card,
        tariff=version.tariff,
        version=version.version,
        basis=point.basis,
        quantity=terms.quantity,
        switch=point.switch,
        outage=point.outage,
        proof=point.proof,
        held_minor=point.deposit_minor,
        most_minor=point.most_minor,
        ends_at=now + timedelta(minutes=point.minutes) if point.minutes else None,
    )
    deposit: Deposit | None = None
    if refusal is None:
        try:
            use = _with_counter(site, use, point)
        except CoreError as err:
            refusal = err
    if refusal is None and point.deposit_minor:
        deposit = await drawn_up(site, run, point.deposit_minor, point.name, use.id)
        use = replace(use, deposit=deposit.id)
    act = Act(
        kind=EntryKind.SESSION_STARTED,
        event=f"use/{use.id}/started",
        occurred=now,
        actor=actor,
        reference=key,
        postings=(holding(run, point.deposit_minor),) if deposit is not None else (),
        floors=(cash_floor(run),) if deposit is not None else (),
        detail={
            "wallet": run.wallet.id,
            "use": use.id,
            "point": point.id,
            "tariff": version.tariff,
            "card": card or "",
            "deposit": deposit.id if deposit is not None else "",
        },
        puts=(use, *((deposit,) if deposit is not None else ())),
    )
    started = UseRun(use=use, kept=use)
    if refusal is None and not _affordable(site, started):
        refusal = CoreError("not_enough_money")
    receipt = await book(site, act, refusal)
    if receipt.repeated:
        return Began(
            use=await find_use(site, str(receipt.detail["use"])), receipt=receipt, repeated=True
        )
    run.booked(receipt)
    if deposit is not None:
        changed(site, deposit)
    site.using.uses[use.id] = started
    attach(site, started)
    if use.state is UseState.RUNNING:
        tell_use(site, UseEvent.STARTED, use, receipt=receipt)
    site.wake_wallet(run)
    return Began(use=use, receipt=receipt)


@in_turn
async def _begin(
    site: Site, point: UsePoint, wallet: str, card: str, actor: Actor, key: Reference
) -> Began:
    if point.kind is not PointKind.METERED:
        raise CoreError("point_not_metered", point=point.name)
    run, known = payer_of(site, wallet, card)
    if run.wallet.purpose is not point.purpose:
        raise CoreError("wallet_wrong_purpose", wallet=run.wallet.id, purpose=run.wallet.purpose)
    return await begun(site, run, point, known, actor, key)


@in_turn
async def _end(site: Site, use: str, actor: Actor, counted: int | None, reference: str) -> Began:
    known = await find_use(site, use)
    run = site.using.uses.get(known.id)
    if run is None or run.use.state is UseState.ENDING:
        return Began(use=known, repeated=True)
    return await ended(site, run, actor, counted=counted, reference=reference)


async def ended(
    site: Site, run: UseRun, actor: Actor, *, counted: int | None = None, reference: str = ""
) -> Began:
    """End a use by hand, in the turn of whoever asks for it."""
    now = site.clock()
    if not site.books.writable:
        raise CoreError("ledger_closed")
    await step(site, run, now)
    if counted is not None and run.use.basis is Basis.COUNTER:
        run.use = believed(run.use, counted)
    if run.use.doubt is not None:
        raise CoreError("use_in_doubt", use=run.use.id, doubt=run.use.doubt)
    run.use = replace(run.use, end_reference=reference)
    if run.ending is None:
        run.ending, run.ending_by = UseEnd.BY_HAND, actor
    await step(site, run, now)
    return Began(use=run.use)


async def _switch_on(site: Site, run: UseRun) -> None:
    taken = await command(site, run, on=True)
    async with site.turn:
        if run.use.state is UseState.STARTING:
            if not taken:
                run.ending = UseEnd.NOT_STARTED
            await follow(site, run, site.clock())


def _with_counter(site: Site, use: Use, point: UsePoint) -> Use:
    """Take the counter's stand at the start; a use that cannot be measured does not begin."""
    if point.basis is not Basis.COUNTER:
        if use.quantity is not Quantity.DURATION:
            raise CoreError("tariff_wrong_quantity", tariff=use.tariff, quantity=Quantity.DURATION)
        return use
    quantity, unit = site.using.things.check_counter(point.counter)
    if quantity is not use.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=use.tariff, quantity=quantity)
    count = site.using.things.count(point.counter, unit)
    if count is None:
        raise CoreError("entity_unavailable", entity=point.counter)
    return replace(
        use,
        counter=point.counter,
        counter_unit=unit,
        from_count=count,
        count=count,
        counted_at=use.started_at,
    )


def _affordable(site: Site, run: UseRun) -> bool:
    """Tell whether there is money for the first minute, kilowatt-hour, kilometre or piece."""
    wallet = site.wallets[run.use.wallet]
    if run.use.held_minor > wallet.available_minor:
        return False
    there = wallet.available_minor
    most = there if run.use.most_minor is None else min(there, run.use.most_minor)
    unit = BASE_PER_UNIT[run.use.quantity]
    cost = cost_of(site, run.use, run.use.started_at, FIRST, more=unit)
    return cost.asked.total_minor <= most
