"""The desk of meters: added, bound to a wallet, swapped, each in one act.

What else the desk does with readings and prices has files of its own and is given out from here.
"""

from dataclasses import replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, MeterId, TariffId
from ..core.ledger import Act, Receipt
from ..core.metering import Commodity, Consumption, Cursor, Quantity
from ..core.supply import RestoreMode, Supply
from ..core.wallet import Binding, Meter, Purpose
from .backfill import import_readings
from .baseline import baseline
from .doubts import end_doubt, settled
from .ending import end_periods
from .going_over import go_over
from .in_use import refuse_used
from .installing import begin_anew
from .meter_run import MeterRun
from .rate_registers import say_rates
from .settling import Settlement, settle_doubt
from .site import Site
from .tariff_book import publish_tariff
from .turn import in_turn
from .usage import post_windows, unposted
from .window import open_window, recount

__all__ = [
    "Settlement",
    "add_meter",
    "bind_meter",
    "import_readings",
    "publish_tariff",
    "replace_meter",
    "settle_doubt",
    "unbind_meter",
    "update_meter",
]


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


@in_turn
async def update_meter(
    site: Site, run: MeterRun, meter: Meter, restore: RestoreMode, actor: Actor
) -> None:
    """Write down that a meter's settings were changed; its cursor and supply stay as they are."""
    # A rollover, a swap or another place may have come in between.
    here = run.meter
    meter = replace(
        meter,
        installation=here.installation,
        serial=here.serial,
        unit=here.unit,
        main=here.main,
        reactive=here.reactive,
    )
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


@in_turn
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
    if payer.wallet.closed_at is not None:
        raise CoreError("wallet_closed", wallet=wallet)
    if payer.wallet.purpose is not Purpose.UTILITY:
        raise CoreError("wallet_wrong_purpose", wallet=wallet, purpose=payer.wallet.purpose)
    refuse_used(site, run)
    register, at = baseline(site, run, tariff, from_register)
    assert run.installation is not None
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
    run.binding, run.cursor, run.carries, run.believed = binding, cursor, {}, None
    payer.meters.append(run)
    open_window(site, run, register, at, 0)
    site.wake((run,))
    return receipt


@in_turn
async def unbind_meter(site: Site, *, meter: str, actor: Actor, reason: str = "") -> Receipt:
    """Charge a meter up to its last good reading and let nobody pay for it from there on."""
    run = site.meter(meter)
    binding = run.binding
    if binding is None:
        raise CoreError("meter_not_bound", meter=meter)
    await post_windows(site, (run,), whole=True)
    if run.closing is not None:
        raise CoreError("books_cannot_be_written", problem=unposted(site))
    await end_periods(site, (run,))
    window = run.window
    assert window is not None
    ended = replace(binding, to_register=window.to_register, to_at=window.to_at, carry=window.carry)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.METER_UNBOUND,
            event=f"binding/{binding.id}/end",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"meter": meter, "wallet": binding.wallet, "register": window.to_register},
            puts=(ended,),
        )
    )
    payer = site.wallets[binding.wallet]
    payer.meters.remove(run)
    run.window = None
    recount(site, run)
    say_rates(site, run, None)
    run.binding, run.changes = None, []
    site.wake((run,))
    return receipt


@in_turn
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
    now = site.clock()
    from_register, from_at = final_register, now
    if run.window is not None:
        from_register, from_at = run.window.to_register, run.window.to_at
    if final_register < from_register:
        raise CoreError("register_behind", meter=meter)
    final = Consumption(
        from_register=from_register,
        to_register=final_register,
        from_at=from_at,
        to_at=max(now, from_at),
    )
    if run.changes:
        final = await go_over(site, run, final)
    doubt = run.doubt
    await begin_anew(
        site,
        run,
        register=start_register,
        at=final.to_at,
        kind=EntryKind.METER_REPLACED,
        reason=reason or "replaced",
        actor=actor,
        serial=serial or None,
        ratio=ratio,
        final=final,
        also=(settled(doubt, "replaced", actor, now),) if doubt is not None else (),
    )
    if run.doubt is not None:
        await end_doubt(site, run, "replaced", actor)
    run.last = None
    site.wake((run,))
