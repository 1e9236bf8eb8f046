"""Installations: a meter's counting begins, and begins anew after a swap, a reset or a rollover."""

from dataclasses import replace
from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, Actor, installation_id
from ..core.ledger import Act, Record
from ..core.metering import Consumption, Cursor, Installation, Sample
from .booking import keep
from .charging import can_close, charge, charged
from .meter_run import Closing, MeterRun, OpenWindow
from .paying_usage import drawn
from .shares import booked
from .site import Site
from .usage import charges_told, post_windows
from .window import accrue, open_window, restack


async def begin_installation(site: Site, run: MeterRun, sample: Sample) -> None:
    """Write down the first good reading of a meter; it is not charged until the meter is bound."""
    assert sample.register is not None
    installation = Installation(
        id=installation_id(run.meter.id, 1),
        meter=run.meter.id,
        number=1,
        serial=sample.serial or run.meter.serial,
        ratio=sample.ratio,
        from_register=sample.register,
        from_at=sample.at,
        reason="first_reading",
    )
    meter = replace(run.meter, installation=installation.id)
    await site.books.commit(
        Act(
            kind=EntryKind.INSTALLATION,
            event=f"installation/{installation.id}",
            occurred=sample.at,
            actor=SYSTEM,
            reason=installation.reason,
            detail={"register": sample.register, "serial": installation.serial},
            puts=(installation, meter),
        )
    )
    site.installations[installation.id] = installation
    run.installation, run.meter = installation, meter


async def learn_ratio(site: Site, run: MeterRun, sample: Sample) -> None:
    """Keep the transformer ratio when the device first tells it: it is not in every reading."""
    installation = run.installation
    if installation is None or installation.ratio is not None or sample.ratio is None:
        return
    told = replace(installation, ratio=sample.ratio)
    run.installation = site.installations[told.id] = told
    await keep(site, told)


async def begin_anew(
    site: Site,
    run: MeterRun,
    *,
    register: int,
    at: datetime,
    kind: EntryKind,
    reason: str,
    actor: Actor,
    serial: str | None = None,
    ratio: str | None = None,
    final: Consumption | None = None,
    also: tuple[Record, ...] = (),
) -> None:
    """End the meter's installation and begin the next, in one act with the charge up to its end.

    A crash between "final reading" and "new meter" would lose what lies between them; one act has
    no between. `final` is the last stretch of the old installation, given by a person.
    """
    old = run.installation
    assert old is not None
    await _nothing_waits(site, run)
    new = Installation(
        id=installation_id(run.meter.id, old.number + 1),
        meter=run.meter.id,
        number=old.number + 1,
        serial=serial or old.serial,
        ratio=ratio if ratio is not None else old.ratio,
        from_register=register,
        from_at=at,
        reason=reason,
    )
    before = run.window
    try:
        last = _final_charge(site, run, final)
        await _begin(site, run, old, new, last, kind, actor, also, _end_register(run, final))
    except CoreError, StoreError:
        _as_before(site, run, before)
        raise


async def charge_up_to(site: Site, run: MeterRun, last: Consumption, act: Act) -> None:
    """Charge a meter up to the end of a stretch that a person believes, in the act that says so.

    Killed at any instant, both are written or neither is.
    """
    await _nothing_waits(site, run)
    before = run.window
    try:
        closing = _final_charge(site, run, last)
        usage = drawn(site, [(run, closing)])[0] if closing is not None else None
        if usage is not None:
            act = replace(
                act,
                postings=usage.postings,
                moves=usage.moves,
                puts=(*usage.puts, *act.puts),
                detail={**act.detail, "usage": dict(usage.detail)},
            )
        receipt = await site.books.commit(act)
    except CoreError, StoreError:
        _as_before(site, run, before)
        raise
    if closing is None:
        return
    charged(run, closing)
    run.carries, run.rates = closing.carries, closing.rates
    move = act.moves[0]
    open_window(site, run, move.to_register, move.to_at, move.carry)
    if run.pool is not None:
        restack(site, run.pool)
    charges_told(site, run, act, receipt, closing.minor)


async def _nothing_waits(site: Site, run: MeterRun) -> None:
    """See to it that nothing of the meter, or of who counts with it, is on its way into the books."""
    if not can_close(run):
        await post_windows(site, (run,))
        if not can_close(run):
            raise StoreError(site.trouble or "failed")


def _as_before(site: Site, run: MeterRun, window: OpenWindow | None) -> None:
    """Not written, so it has not happened: the meter goes on counting where it was."""
    run.window = window
    if window is not None and run.pool is not None:
        restack(site, run.pool)


async def _begin(
    site: Site,
    run: MeterRun,
    old: Installation,
    new: Installation,
    last: Closing | None,
    kind: EntryKind,
    actor: Actor,
    also: tuple[Record, ...],
    end_register: int | None,
) -> None:
    meter = replace(run.meter, installation=new.id, serial=new.serial)
    ended = replace(old, to_register=end_register, to_at=new.from_at)
    act = drawn(site, [(run, last)])[0] if last is not None else None
    carry = act.moves[0].carry if act is not None else run.window.carry if run.window else 0
    cursor = Cursor(installation=new.id, register=new.from_register, at=new.from_at, carry=carry)
    receipt = await site.books.commit(
        Act(
            kind=kind,
            event=f"installation/{new.id}",
            occurred=site.clock(),
            actor=actor,
            reason=new.reason,
            postings=act.postings if act is not None else (),
            moves=act.moves if act is not None else (),
            puts=(
                *(act.puts if act is not None else ()),
                ended,
                new,
                meter,
                *((cursor,) if run.binding is not None else ()),
                *also,
            ),
            detail={
                "meter": run.meter.id,
                "old": old.id,
                "new": new.id,
                "final_register": end_register or 0,
                "start_register": new.from_register,
                "serial": new.serial,
                **({"usage": dict(act.detail)} if act is not None else {}),
            },
        )
    )
    run.installation, run.meter, run.believed = new, meter, None
    site.installations |= {old.id: ended, new.id: new}
    run.rates = ()
    if run.binding is None:
        run.cursor = None
        return
    if act is not None:
        booked(site, act, receipt)
    if last is not None:
        charged(run, last)
        run.carries = last.carries
    run.cursor = cursor
    open_window(site, run, cursor.register, cursor.at, cursor.carry)
    if run.pool is not None:
        restack(site, run.pool)


def _final_charge(site: Site, run: MeterRun, final: Consumption | None) -> Closing | None:
    """Make an act of the charge up to the old installation's end, of a copy of its open window."""
    if run.window is None or run.binding is None:
        return None
    run.window = replace(run.window, lines=run.window.lines.copy())
    if final is not None and final.quantity:
        pricer = site.tariffs.get(run.binding.tariff)
        if pricer is None:
            raise CoreError("no_tariff", meter=run.meter.id)
        accrue(site, run, pricer, final)
    return None if run.window.empty else charge(site, run)


def _end_register(run: MeterRun, final: Consumption | None) -> int | None:
    if final is not None:
        return final.to_register
    if run.window is not None:
        return run.window.to_register
    return run.last.register if run.last is not None else None
