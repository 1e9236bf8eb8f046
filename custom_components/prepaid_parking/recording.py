"""What meters used and cost per hour, for the hub's energy dashboard and its history.

Written into the recorder's long-term statistics with the hour in which it was used, which a state
that is written later cannot say. For charts only: the books are the truth.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER, get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    EnergyConverter,
    ReactiveEnergyConverter,
    VolumeConverter,
)

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.identity import MeterId
from .core.metering import BASE_PER_UNIT, UNIT, Quantity
from .core.money import Currency
from .operations.facts import Fact, Hour, HoursNoted
from .operations.site import Site
from .wording import Words, async_words

MOST: Final = 200
"""Meters of a site that get statistics of their own: each is two jobs of the recorder an hour."""
UNIT_CLASSES: Final = {
    Quantity.ENERGY: EnergyConverter.UNIT_CLASS,
    Quantity.REACTIVE: ReactiveEnergyConverter.UNIT_CLASS,
    Quantity.VOLUME: VolumeConverter.UNIT_CLASS,
}
"""Mass is not among them: the recorder knows no tonnes, and refuses a class that cannot be converted."""


@dataclass(slots=True)
class Series:
    """How far a statistic has come: its last hour, what that amounts to, and the sum."""

    start: datetime
    state: float = 0.0
    sum: float = 0.0


@dataclass(slots=True)
class HourRecorder:
    """Writes the hours of a site's meters into the recorder, one after the other."""

    hass: HomeAssistant
    site: Site
    prefix: str
    _heard: asyncio.Queue[HoursNoted] = field(default_factory=asyncio.Queue)
    _series: dict[str, Series] = field(default_factory=dict)

    def hear(self, fact: Fact) -> None:
        """Take down hours that have ended."""
        if isinstance(fact, HoursNoted) and len(self.site.meters) <= MOST:
            self._heard.put_nowait(fact)

    async def run(self) -> None:
        """Write until cancelled."""
        words = await async_words(self.hass)
        while True:
            noted = await self._heard.get()
            await self._used(noted, words)
            await self._cost(noted, words)

    async def _used(self, noted: HoursNoted, words: Words) -> None:
        per_unit = BASE_PER_UNIT[noted.quantity]
        await self._write(
            f"{noted.meter}_used",
            words("statistics.used", meter=self._name(noted.meter)),
            UNIT[noted.quantity],
            UNIT_CLASSES.get(noted.quantity),
            ((hour.start, hour.quantity / per_unit) for hour in noted.hours),
        )

    async def _cost(self, noted: HoursNoted, words: Words) -> None:
        currency = self.site.currency
        await self._write(
            f"{noted.meter}_cost",
            words("statistics.cost", meter=self._name(noted.meter)),
            currency.code,
            None,
            ((hour.start, _major(hour, noted.denominator, currency)) for hour in noted.hours),
        )

    async def _write(
        self,
        key: str,
        name: str,
        unit: str,
        unit_class: str | None,
        hours: Iterable[tuple[datetime, float]],
    ) -> None:
        statistic = f"{DOMAIN}:{self.prefix}_{key}"
        series = self._series.get(statistic)
        if series is None:
            series = self._series[statistic] = await self._last(statistic)
        rows = []
        for start, amount in hours:
            hour = max(series.start, dt_util.as_utc(start).replace(minute=0))
            series.state = amount + (series.state if hour == series.start else 0.0)
            series.start, series.sum = hour, series.sum + amount
            rows.append(StatisticData(start=hour, state=series.state, sum=series.sum))
        metadata = StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=name,
            source=DOMAIN,
            statistic_id=statistic,
            unit_class=unit_class,
            unit_of_measurement=unit,
        )
        async_add_external_statistics(self.hass, metadata, rows)

    async def _last(self, statistic: str) -> Series:
        """Ask the recorder how far it was written in an earlier run."""
        found = await get_instance(self.hass).async_add_executor_job(
            get_last_statistics, self.hass, 1, statistic, False, {"state", "sum"}
        )
        for row in found.get(statistic, ()):
            start = dt_util.utc_from_timestamp(row["start"])
            return Series(start, row["state"] or 0.0, row["sum"] or 0.0)
        return Series(datetime.min.replace(tzinfo=dt_util.UTC))

    def _name(self, meter: MeterId) -> str:
        run = self.site.meters.get(meter)
        return run.meter.name if run is not None else meter


def async_record_hours(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Write the hours of a site's meters into the recorder, where the hub has one."""
    if RECORDER not in hass.config.components:
        return
    data = entry.runtime_data
    assert entry.unique_id
    recorder = HourRecorder(hass, data.site, entry.unique_id[:8])
    entry.async_on_unload(data.coordinator.listen(recorder.hear))
    entry.async_create_background_task(hass, recorder.run(), f"{DOMAIN} statistics")


def _major(hour: Hour, denominator: int, currency: Currency) -> float:
    return hour.cost_numerator / (denominator * int(10**currency.digits))
