"""From which register on a wallet may begin to pay for a meter."""

from dataclasses import replace
from datetime import datetime

from ..core.errors import CoreError
from ..core.identity import TariffId
from ..core.money import quantity_text
from ..core.terms import Kind
from .believing import believed, is_believed
from .meter_run import MeterRun
from .site import Site
from .tariff_book import is_usage


def baseline(
    site: Site, run: MeterRun, tariff: str, from_register: int | None
) -> tuple[int, datetime]:
    """Return the register to begin at, and when it was read; refuse what would charge a guess.

    The last good reading, or a register given: not ahead of the meter, and not behind what was
    charged already. While the last reading fits nothing before it, a given one has to.
    """
    meter, last, pricer = run.meter.id, run.last, site.tariffs.get(TariffId(tariff))
    if run.binding is not None:
        raise CoreError("meter_is_bound", meter=meter, wallet=run.binding.wallet)
    if pricer is None or not pricer.versions:
        raise CoreError("unknown_tariff", tariff=tariff)
    if pricer.versions[0].quantity is not run.meter.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=tariff, quantity=run.meter.quantity)
    if not is_usage(site, tariff):
        raise CoreError("tariff_wrong_kind", tariff=tariff, kind=Kind.USAGE)
    if run.installation is None or last is None or last.register is None:
        raise CoreError("meter_not_read", meter=meter)
    register = last.register if from_register is None else from_register
    fits = is_believed(run, last)
    if not fits and not is_believed(run, replace(last, register=register)):
        raise not_believed(run)
    if fits and register > last.register:
        raise CoreError("register_ahead", meter=meter)
    if run.cursor is not None and register < run.cursor.register:
        raise CoreError("register_behind", meter=meter)
    if last.serial not in (None, run.installation.serial):
        raise CoreError("meter_was_swapped", meter=meter, serial=str(last.serial))
    return register, last.at


def not_believed(run: MeterRun) -> CoreError:
    """Refuse a reading that fits nothing the meter showed before."""
    known, last = believed(run), run.last
    assert known is not None
    assert last is not None
    assert last.register is not None
    return CoreError(
        "reading_not_believed",
        meter=run.meter.id,
        shown=quantity_text(last.register, run.meter.quantity),
        before=quantity_text(known[0], run.meter.quantity),
    )
