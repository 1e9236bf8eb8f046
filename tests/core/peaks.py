"""The peaks of readings, by the watch that the site keeps."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import pairwise

from custom_components.prepaid_parking.core.demand import Demand, Peak, demand_watch, observe


def peaks_of(
    demand: Demand, points: Iterable[tuple[datetime, int, int]], zone: tzinfo
) -> list[Peak]:
    """Return the peak of each month from readings (time, mWh, mvarh); the last month may go on."""
    ordered = sorted(points)
    watch, peaks = demand_watch(ordered[0][0], demand.interval_minutes, zone), list[Peak]()
    for (from_at, energy, reactive), (to_at, next_energy, next_reactive) in pairwise(ordered):
        through, varh = next_energy - energy, next_reactive - reactive
        watch, ended = observe(watch, demand, from_at, to_at, through, zone, varh)
        peaks += ended
    return [*peaks, watch.peak]
