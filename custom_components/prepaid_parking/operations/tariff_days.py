"""By which tariff a meter was charged on a day that is past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from ..core.assigned import TariffChange
from ..core.identity import TariffId
from ..core.local_day import day_start
from ..core.version import TariffVersion
from .meter_run import MeterRun
from .site import Site


@dataclass(frozen=True, slots=True)
class Tariffs:
    """The tariffs of a meter's binding: the present one, and when it went over to another."""

    site: Site
    now: TariffId
    changes: Sequence[TariffChange]

    @classmethod
    async def of(cls, site: Site, run: MeterRun, since: date) -> Self:
        """Look up what a bound meter was charged by since a local day.

        What is done of its changes lies in the books: they are asked for days that are past only.
        """
        binding = run.binding
        assert binding is not None
        changes = list(run.changes)
        if day_start(since, site.zone) < site.clock():
            done = await site.books.load(TariffChange, meter=run.meter.id, binding=binding.id)
            changes += [one for one in done if one.done_at is not None]
        return cls(site, binding.tariff, sorted(changes, key=lambda one: one.at))

    def at(self, moment: datetime) -> TariffId:
        """Return the tariff at an instant."""
        begun = [one for one in self.changes if one.at <= moment]
        if begun:
            return begun[-1].tariff
        later = next((one for one in self.changes if one.done_at is not None), None)
        return self.now if later is None else later.before

    def version_on(self, day: date) -> TariffVersion | None:
        """Return the version that holds at the start of a local day; None: it has no price then."""
        moment = day_start(day, self.site.zone)
        pricer = self.site.tariffs.get(self.at(moment))
        if pricer is None:
            return None
        begun = [one for one in pricer.versions if one.valid_from <= moment]
        return begun[-1] if begun else None
