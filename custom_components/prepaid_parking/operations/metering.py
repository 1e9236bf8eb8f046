"""Readings: each is charged, doubted or known already; nothing in between."""

from dataclasses import replace
from datetime import datetime

from ..core.errors import CoreError, StoreError
from ..core.identity import (
    SYSTEM,
    Actor,
    DoubtId,
    MeterId,
    installation_id,
)
from ..core.ledger import Act, EntryKind, Record
from ..core.metering import (
    Consumption,
    Cursor,
    Doubt,
    DoubtKind,
    Installation,
    Limits,
    OpenDoubt,
    Origin,
    Sample,
    advance,
)
from ..core.tariff import Pricer
from .facts import Doubted, DoubtEnded
from .site import MeterRun, Site
from .usage import (
    accrue,
    close_windows,
    due_to_close,
    note_pace,
    open_window,
    recount,
    usage_act,
)

GOOD: frozenset[Origin] = frozenset({Origin.POLLED, Origin.PUSHED, Origin.BACKFILL, Origin.BY_HAND})
"""A good reading is polled or time-stamped in this run; a retained one may be from last year."""


def limits_of(run: MeterRun) -> Limits:
    """Return what can be believed of a meter."""
    meter = run.meter
    return Limits(max_rate_per_hour=meter.max_rate, modulus=meter.modulus, jitter=meter.jitter)


async def take_sample(site: Site, run: MeterRun, sample: Sample) -> bool:
    """Take what a device said: its relay is seen, its register charged. True: its window is to be posted."""
    if sample.origin not in GOOD:
        return False
    run.connected = True
    if sample.supplied is not None:
        run.seen, run.seen_at = sample.supplied, sample.at
    run.values.update(sample.values)
    if sample.register is None:
        return False
    if run.last is None or sample.at >= run.last.at or sample.origin is not Origin.BACKFILL:
        run.last, run.good_at = sample, sample.at
    if run.installation is None:
        await begin_installation(site, run, sample)
    if run.binding is None or run.window is None:
        return False
    return await _charge(site, run, sample)


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
    try:
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
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return
    run.installation, run.meter = installation, meter


async def _charge(site: Site, run: MeterRun, sample: Sample) -> bool:
    """Charge, doubt or skip one reading of a bound meter."""
    window, installation, binding = run.window, run.installation, run.binding
    assert window is not None
    assert installation is not None
    assert binding is not None
    outcome = advance(
        Cursor(installation=installation.id, register=window.to_register, at=window.to_at),
        sample,
        limits_of(run),
        serial=installation.serial,
        ratio=installation.ratio,
        doubted_at=run.doubt.at if run.doubt and run.doubt.kind is DoubtKind.LEAP else None,
    )
    if outcome is None:
        if sample.origin is Origin.BACKFILL and sample.register is not None:
            run.late.append((sample.at, sample.register))
        return False
    if isinstance(outcome, Doubt):
        await _open_doubt(site, run, outcome)
        return False
    pricer = site.tariffs.get(binding.tariff)
    if pricer is None or not pricer.versions or outcome.from_at < pricer.versions[0].valid_from:
        cursor = Cursor(installation=installation.id, register=window.to_register, at=window.to_at)
        await _open_doubt(
            site,
            run,
            Doubt(
                kind=DoubtKind.NO_TARIFF,
                cursor=cursor,
                register=outcome.to_register,
                at=outcome.to_at,
            ),
        )
        return False
    if run.doubt is not None:
        await end_doubt(site, run, "next_reading", SYSTEM)
    if outcome.rolled_over:
        await _roll_over(site, run, outcome)
    _grow(site, run, pricer, outcome)
    return due_to_close(site, run, pricer)


def _grow(site: Site, run: MeterRun, pricer: Pricer, moved: Consumption) -> None:
    accrue(site, run, pricer, moved)
    note_pace(site, run, moved.to_at)


async def _open_doubt(site: Site, run: MeterRun, doubt: Doubt) -> None:
    """Lay a doubt on the desk once; the same trouble again only shows its newest value."""
    if run.doubt is not None and run.doubt.kind is doubt.kind:
        return
    if run.doubt is not None:
        await end_doubt(site, run, "other_doubt", SYSTEM)
    number = await site.books.next_number("doubt")
    opened = OpenDoubt(
        id=DoubtId(f"d{number}"),
        meter=run.meter.id,
        installation=doubt.cursor.installation,
        kind=doubt.kind,
        cursor_register=doubt.cursor.register,
        cursor_at=doubt.cursor.at,
        register=doubt.register,
        at=doubt.at,
        expected=doubt.expected,
        found=doubt.found,
    )
    run.doubt = site.doubts[opened.id] = opened
    site.tell(Doubted(doubt=opened))
    await _record(site, opened)


async def end_doubt(site: Site, run: MeterRun, how: str, actor: Actor) -> None:
    """Close a meter's doubt because the next reading, or a person, said what it was."""
    doubt = run.doubt
    assert doubt is not None
    ended = settled(doubt, how, actor, site.clock())
    run.doubt = None
    site.doubts.pop(doubt.id, None)
    site.tell(DoubtEnded(doubt=ended))
    await _record(site, ended)


def settled(doubt: OpenDoubt, how: str, actor: Actor, now: datetime) -> OpenDoubt:
    """Return a doubt as settled."""
    return replace(doubt, settled_at=now, settled_how=how, settled_by=str(actor))


async def _roll_over(site: Site, run: MeterRun, moved: Consumption) -> None:
    """Begin a new installation where the register started over; the energy across it is one stretch."""
    await begin_anew(
        site,
        run,
        register=moved.from_register,
        at=moved.from_at,
        kind=EntryKind.INSTALLATION,
        reason="rolled_over",
        actor=SYSTEM,
    )


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
    if run.closing is not None:
        await close_windows(site, (run,))
        if run.closing is not None:
            raise StoreError(site.trouble or "failed")
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
    ended = replace(old, to_register=_end_register(run, final), to_at=at)
    meter = replace(run.meter, installation=new.id, serial=new.serial)
    charged = _final_act(site, run, final)
    act, amount = charged if charged is not None else (None, 0)
    carry = act.moves[0].carry if act is not None else _carry(run)
    cursor = Cursor(installation=new.id, register=register, at=at, carry=carry)
    await site.books.commit(
        Act(
            kind=kind,
            event=f"installation/{new.id}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
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
                "final_register": ended.to_register or 0,
                "start_register": register,
                "serial": new.serial,
                **({"usage": dict(act.detail)} if act is not None else {}),
            },
        )
    )
    run.installation, run.meter = new, meter
    site.installations[new.id] = new
    if run.binding is not None:
        site.wallets[run.binding.wallet].posted_minor -= amount
        run.cursor = cursor
        open_window(site, run, register, at, carry)
        run.pace_at = None
        run.checkpointed = False
        recount(site, run)


def _final_act(site: Site, run: MeterRun, final: Consumption | None) -> tuple[Act, int] | None:
    if run.window is None or run.binding is None:
        return None
    if final is not None and final.quantity:
        pricer = site.tariffs.get(run.binding.tariff)
        if pricer is None:
            raise CoreError("no_tariff", meter=run.meter.id)
        accrue(site, run, pricer, final)
    return None if run.window.empty else usage_act(site, run, now=site.clock())


def _end_register(run: MeterRun, final: Consumption | None) -> int | None:
    if final is not None:
        return final.to_register
    return run.window.to_register if run.window is not None else None


def _carry(run: MeterRun) -> int:
    return run.window.carry if run.window is not None else 0


async def _record(site: Site, *records: Record) -> None:
    try:
        await site.books.record(*records)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)


def meter_key(profile: str, serial: str) -> str:
    """Return what a meter is recognised by when its configuration comes back."""
    return f"{profile}:{serial}"


def find_meter(site: Site, profile: str, serial: str) -> MeterId | None:
    """Return the ledger's id of a meter known by profile and serial number."""
    key = meter_key(profile, serial)
    return next(
        (
            run.meter.id
            for run in site.meters.values()
            if meter_key(run.meter.profile, run.meter.serial) == key
        ),
        None,
    )
