"""The desk of meters: added, bound to a wallet, swapped, and their doubts settled, each in one act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ..core.errors import CoreError
from ..core.identity import Actor, MeterId, TariffId
from ..core.ledger import Act, EntryKind, Receipt
from ..core.metering import (
    Commodity,
    Consumption,
    Cursor,
    DoubtKind,
    OpenDoubt,
    Origin,
    Quantity,
    Sample,
)
from ..core.money import quantity_text
from ..core.supply import RestoreMode, Supply
from ..core.tariff import Pricer, TariffVersion
from ..core.wallet import Binding, Meter, Purpose
from .backfill import rerate
from .metering import begin_anew, end_doubt, settled, take_sample
from .site import MeterRun, Site
from .usage import accrue, close_windows, open_window, recount


class Settlement(StrEnum):
    """What a person may say of a doubt."""

    ACCEPT = "accept"
    DISCARD = "discard"
    NEW_START = "new_start"


async def add_meter(
    site: Site,
    *,
    profile: str,
    serial: str,
    name: str,
    commodity: Commodity,
    quantity: Quantity,
    max_rate: int,
    modulus: int | None,
    jitter: int,
    restore: RestoreMode,
    actor: Actor,
) -> MeterRun:
    """Enter a meter into the books; it is read from now on and charged once it is bound."""
    number = await site.books.next_number("meter")
    meter = Meter(
        id=MeterId(f"m{number}"),
        no=number,
        profile=profile,
        serial=serial,
        name=name,
        commodity=commodity,
        quantity=quantity,
        max_rate=max_rate,
        modulus=modulus,
        jitter=jitter,
    )
    supply = Supply(meter=meter.id, restore=restore)
    await site.books.commit(
        Act(
            kind=EntryKind.METER_ADDED,
            event=f"meter/{meter.id}/added",
            occurred=site.clock(),
            actor=actor,
            detail={"profile": profile, "serial": serial, "name": name, "commodity": commodity},
            puts=(meter, supply),
        )
    )
    run = site.meters[meter.id] = MeterRun(meter=meter, supply=supply)
    return run


async def update_meter(
    site: Site, run: MeterRun, meter: Meter, restore: RestoreMode, actor: Actor
) -> None:
    """Write down that a meter's settings were changed; its cursor and supply stay as they are."""
    if meter == run.meter and restore is run.supply.restore:
        return
    supply = replace(run.supply, restore=restore)
    await site.books.commit(
        Act(
            kind=EntryKind.SETTING_CHANGED,
            event=f"meter/{meter.id}/settings",
            occurred=site.clock(),
            actor=actor,
            detail={
                "name": meter.name,
                "max_rate": meter.max_rate,
                "restore": restore,
                "restore_before": run.supply.restore,
            },
            puts=(meter, supply),
        )
    )
    run.meter, run.supply = meter, supply


async def bind_meter(
    site: Site,
    *,
    meter: str,
    wallet: str,
    tariff: str,
    from_register: int | None = None,
    actor: Actor,
    reason: str = "",
) -> Receipt:
    """Let a wallet pay for a meter from its last good reading on (or from a register given)."""
    run, payer = site.meter(meter), site.wallet(wallet)
    if run.binding is not None:
        raise CoreError("meter_is_bound", meter=meter, wallet=run.binding.wallet)
    if payer.wallet.closed_at is not None:
        raise CoreError("wallet_closed", wallet=wallet)
    if payer.wallet.purpose is not Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=payer.wallet.purpose)
    pricer = site.tariffs.get(TariffId(tariff))
    if pricer is None or not pricer.versions:
        raise CoreError("unknown_tariff", tariff=tariff)
    if pricer.versions[0].quantity is not run.meter.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=tariff, quantity=run.meter.quantity)
    if run.installation is None or run.last is None or run.last.register is None:
        raise CoreError("meter_not_read", meter=meter)
    register = run.last.register if from_register is None else from_register
    if register > run.last.register:
        raise CoreError("register_ahead", meter=meter)
    if run.last.serial not in (None, run.installation.serial):
        raise CoreError("meter_was_swapped", meter=meter, serial=str(run.last.serial))
    at = run.last.at
    binding = Binding(
        id=f"{run.meter.id}/{await site.books.next_number('binding')}",
        meter=run.meter.id,
        wallet=payer.wallet.id,
        tariff=TariffId(tariff),
        from_register=register,
        from_at=at,
    )
    cursor = Cursor(installation=run.installation.id, register=register, at=at)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.METER_BOUND,
            event=f"binding/{binding.id}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"meter": meter, "wallet": wallet, "tariff": tariff, "register": register},
            puts=(binding, cursor),
        )
    )
    run.binding, run.cursor = binding, cursor
    payer.meters.append(run)
    open_window(site, run, register, at, 0)
    recount(site, run)
    site.wake((run,))
    return receipt


async def unbind_meter(site: Site, *, meter: str, actor: Actor, reason: str = "") -> Receipt:
    """Charge a meter up to its last good reading and let nobody pay for it from there on."""
    run = site.meter(meter)
    binding = run.binding
    if binding is None:
        raise CoreError("meter_not_bound", meter=meter)
    await _post(site, run)
    cursor = run.cursor
    assert cursor is not None
    ended = replace(binding, to_register=cursor.register, to_at=cursor.at, carry=cursor.carry)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.METER_UNBOUND,
            event=f"binding/{binding.id}/end",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"meter": meter, "wallet": binding.wallet, "register": cursor.register},
            puts=(ended,),
        )
    )
    payer = site.wallets[binding.wallet]
    payer.meters.remove(run)
    run.window = None
    recount(site, run)
    run.binding = run.cursor = None
    site.wake((run,))
    return receipt


async def replace_meter(
    site: Site,
    *,
    meter: str,
    final_register: int,
    start_register: int,
    serial: str,
    reason: str,
    actor: Actor,
    ratio: str | None = None,
) -> None:
    """Swap a meter in one act: the last register of the old one, the first of the new one."""
    run = site.meter(meter)
    if run.installation is None:
        raise CoreError("meter_not_read", meter=meter)
    final = None
    if run.window is not None:
        if final_register < run.window.to_register:
            raise CoreError("register_behind", meter=meter)
        final = Consumption(
            from_register=run.window.to_register,
            to_register=final_register,
            from_at=run.window.to_at,
            to_at=max(site.clock(), run.window.to_at),
        )
    also: tuple[OpenDoubt, ...] = ()
    if run.doubt is not None:
        also = (settled(run.doubt, "replaced", actor, site.clock()),)
    await begin_anew(
        site,
        run,
        register=start_register,
        at=site.clock(),
        kind=EntryKind.METER_REPLACED,
        reason=reason or "replaced",
        actor=actor,
        serial=serial or None,
        ratio=ratio,
        final=final,
        also=also,
    )
    if run.doubt is not None:
        await end_doubt(site, run, "replaced", actor)
    run.last = None
    site.wake((run,))


async def settle_doubt(
    site: Site, *, doubts: Sequence[str], how: Settlement, actor: Actor, reason: str = ""
) -> list[str]:
    """Settle doubts: charge the difference, drop the reading, or start anew from what is shown now."""
    done: list[str] = []
    for doubt_id in doubts:
        doubt = site.doubts.get(doubt_id)
        if doubt is None:
            raise CoreError("unknown_doubt", doubt=doubt_id)
        run = site.meter(doubt.meter)
        if how is Settlement.ACCEPT:
            await _accept(site, run, actor, reason)
        elif how is Settlement.NEW_START:
            await _start_over(site, run, actor, reason)
        else:
            await _settle_entry(site, run, how, actor, reason)
        if run.doubt is not None:
            await end_doubt(site, run, how, actor)
        site.wake((run,))
        done.append(doubt_id)
    return done


async def import_readings(
    site: Site, *, meter: str, readings: Sequence[tuple[datetime, int]], actor: Actor
) -> dict[str, int]:
    """Take stored readings in the order of their time.

    Newer ones are charged, older ones only say when what was charged had been used.
    """
    run = site.meter(meter)
    if run.binding is None or run.window is None:
        raise CoreError("meter_not_bound", meter=meter)
    ordered = sorted(set(readings))
    if ordered and ordered[-1][0] > site.clock():
        raise CoreError("reading_from_future", at=ordered[-1][0].isoformat())
    window_end = run.window.to_at
    older = [(at, register) for at, register in ordered if at < window_end]
    moved = await rerate(site, run, older, actor) if older else 0
    taken = 0
    for at, register in ordered:
        if at >= window_end:
            sample = Sample(at=at, origin=Origin.BACKFILL, register=register)
            before = run.window.to_register
            if await take_sample(site, run, sample):
                await close_windows(site, (run,))
            taken += run.window.to_register != before
    site.wake((run,))
    return {"charged": taken, "older": len(older), "rerated_minor": moved}


async def publish_tariff(
    site: Site, *, version: TariffVersion, actor: Actor, reason: str = ""
) -> Receipt:
    """Add a version to a tariff; running windows are closed before it takes effect."""
    known = site.tariffs.get(version.tariff)
    earlier = known.versions if known is not None else ()
    if earlier and earlier[0].quantity is not version.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=version.tariff, quantity=version.quantity)
    bound = [
        run
        for run in site.meters.values()
        if run.binding is not None and run.binding.tariff == version.tariff
    ]
    if any(run.window is not None and run.window.to_at > version.valid_from for run in bound):
        raise CoreError("tariff_starts_in_past", valid_from=version.valid_from.isoformat())
    await close_windows(site, bound)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_PUBLISHED,
            event=f"tariff/{version.tariff}/{version.version}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"tariff": version.tariff, "valid_from": version.valid_from.isoformat()},
            puts=(version,),
        )
    )
    site.tariffs[version.tariff] = Pricer((*earlier, version), site.zone)
    return receipt


async def _accept(site: Site, run: MeterRun, actor: Actor, reason: str) -> None:
    """Charge what the doubted reading shows, because a person believes it."""
    doubt, last, window = run.doubt, run.last, run.window
    assert doubt is not None
    if run.binding is None or window is None:
        raise CoreError("meter_not_bound", meter=run.meter.id)
    pricer = site.tariffs.get(run.binding.tariff)
    if pricer is None or not pricer.versions:
        raise CoreError("no_tariff", meter=run.meter.id)
    register = last.register if last is not None and last.register is not None else doubt.register
    if register < window.to_register:
        raise CoreError("doubt_backwards", doubt=doubt.id)
    if doubt.kind in (DoubtKind.OTHER_SERIAL, DoubtKind.OTHER_RATIO, DoubtKind.OTHER_UNIT):
        raise CoreError("doubt_needs_new_start", doubt=doubt.id)
    await _settle_entry(site, run, Settlement.ACCEPT, actor, reason)
    accrue(
        site,
        run,
        pricer,
        Consumption(
            from_register=window.to_register,
            to_register=register,
            from_at=window.to_at,
            to_at=max(last.at if last is not None else doubt.at, window.to_at),
        ),
    )
    await close_windows(site, (run,))


async def _start_over(site: Site, run: MeterRun, actor: Actor, reason: str) -> None:
    """Begin a new installation at what the meter shows now; nothing is charged for the difference."""
    doubt, last = run.doubt, run.last
    assert doubt is not None
    register = last.register if last is not None and last.register is not None else doubt.register
    await begin_anew(
        site,
        run,
        register=register,
        at=max(last.at if last is not None else doubt.at, doubt.cursor_at),
        kind=EntryKind.DOUBT_SETTLED,
        reason=reason or Settlement.NEW_START,
        actor=actor,
        serial=last.serial if last is not None else None,
        ratio=last.ratio if last is not None else None,
        also=(settled(doubt, Settlement.NEW_START, actor, site.clock()),),
    )


async def _settle_entry(
    site: Site, run: MeterRun, how: Settlement, actor: Actor, reason: str
) -> None:
    doubt = run.doubt
    assert doubt is not None
    await site.books.commit(
        Act(
            kind=EntryKind.DOUBT_SETTLED,
            event=f"doubt/{doubt.id}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={
                "doubt": doubt.kind,
                "how": how,
                "meter": run.meter.id,
                "difference": quantity_text(
                    doubt.register - doubt.cursor_register, run.meter.quantity
                ),
            },
            puts=(settled(doubt, how, actor, site.clock()),),
        )
    )


async def _post(site: Site, run: MeterRun) -> None:
    """Post a meter's window or say that the books cannot be written."""
    await close_windows(site, (run,))
    if run.closing is not None:
        raise CoreError("books_cannot_be_written", problem=site.trouble)
