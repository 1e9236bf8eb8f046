"""A week before the demo began, for its graphs: what its meters would have used, made up.

Only the hub's long-term statistics know of it. The books begin with the demo.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from custom_components.prepaid_parking.simulator.day_curve import load
from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter

from .client import Data, Hub

POWER: Final = [one for one in DEMO.meters if one.commodity == "electricity"]
_DAYS: Final = 7
_EVERY: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)


async def write_past(hub: Hub, statistics: Mapping[str, str]) -> None:
    """Write the week into statistics, by the names of their meters; those that have begun stay."""
    ids = list(statistics.values())
    begun = await hub.ask("recorder/get_statistics_metadata", statistic_ids=ids)
    known = {one["statistic_id"] for one in begun}
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for meter in (one for one in POWER if statistics[one.name] not in known):
        await hub.ask(
            "recorder/import_statistics",
            metadata={
                "has_sum": True,
                "mean_type": 0,
                "name": f"{meter.name}: used",
                "source": "prepaid_parking",
                "statistic_id": statistics[meter.name],
                "unit_class": "energy",
                "unit_of_measurement": "kWh",
            },
            stats=_hours(meter, now),
        )


def _hours(meter: DemoMeter, end: datetime) -> list[Data]:
    """Return the hours up to the running one: what each used, and the sum until then, in kWh."""
    peak, rows, total = round(float(meter.peak) * 1000), [], 0.0
    for hour in range(_DAYS * 24, 0, -1):
        start = end - hour * _HOUR
        looks = [start + step * _EVERY for step in range(_HOUR // _EVERY)]
        watts = [load(meter.curve, peak, at.astimezone(), meter.serial) for at in looks]
        used = sum(watts) / len(watts) / 1000
        total += used
        rows.append({"start": start.isoformat(), "state": used, "sum": total})
    return rows
