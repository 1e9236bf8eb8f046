"""What can be believed of a meter, also while nobody pays for it and no reading is charged or doubted.

A garbled reading would else be the register from which the next tenant pays: it has to fit what the
meter showed before, or be borne out by the reading after it.
"""

from datetime import datetime

from ..core.metering import STORED, Cursor, Doubt, Limits, Sample, advance
from .meter_run import MeterRun


def limits_of(run: MeterRun) -> Limits:
    """Return what can be believed of a meter."""
    meter = run.meter
    return Limits(max_rate_per_hour=meter.max_rate, modulus=meter.modulus, jitter=meter.jitter)


def note_last(run: MeterRun, sample: Sample) -> None:
    """Take in a good reading as the meter's last one, unless it was stored before that came."""
    if sample.origin in STORED and run.last is not None and sample.at < run.last.at:
        return
    if run.binding is None:
        _note_unpaid(run, sample)
    run.last, run.good_at = sample, sample.at


def _note_unpaid(run: MeterRun, sample: Sample) -> None:
    """Tell whether what a meter shows that nobody pays for fits what it showed before."""
    register, last = sample.register, run.last
    assert register is not None
    shown = (last.register, last.at) if last is not None and last.register is not None else None
    before = [one for one in (believed(run), shown) if one is not None]
    if not before or any(_follows(run, one, sample) for one in before):
        run.believed = (register, sample.at)
    else:
        run.believed = before[0]


def believed(run: MeterRun) -> tuple[int, datetime] | None:
    """Return the last register to be believed of a meter that nobody pays for, None before any."""
    cursor, installation = run.cursor, run.installation
    if run.believed is not None or cursor is None or installation is None:
        return run.believed
    return (cursor.register, cursor.at) if cursor.installation == installation.id else None


def is_believed(run: MeterRun, sample: Sample) -> bool:
    """Tell whether a reading fits the last one to be believed."""
    known = believed(run)
    return known is None or _follows(run, known, sample)


def _follows(run: MeterRun, before: tuple[int, datetime], sample: Sample) -> bool:
    register, at = before
    assert run.installation is not None
    outcome = advance(
        Cursor(installation=run.installation.id, register=register, at=at),
        sample,
        limits_of(run),
        serial=sample.serial or "",
        ratio=sample.ratio,
    )
    return not isinstance(outcome, Doubt)
