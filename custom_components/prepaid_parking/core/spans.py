"""How what a meter's rate registers counted is spread where a version, a tier period or a season begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from .timetable import Stretch
from .version import TariffVersion

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(slots=True)
class Span:
    """A time in which one version, tier period and season hold: how long each rate applies in it."""

    version: TariffVersion
    period: str
    season: str
    length: int = 0
    by_rate: dict[str, int] = field(default_factory=dict)


def spans_of(stretches: Iterable[tuple[Stretch, timedelta]]) -> list[Span]:
    """Join neighbouring stretches, each with the time it is touched for, whatever their rates."""
    spans: list[Span] = []
    for stretch, touched in stretches:
        version, period, season = stretch.version, stretch.period, stretch.season
        last = spans[-1] if spans else None
        if last is None or (last.version.version, last.period, last.season) != (
            version.version,
            period,
            season,
        ):
            last = Span(version, period, season)
            spans.append(last)
        length, rate = touched // MICROSECOND, stretch.rate.name
        last.length += length
        last.by_rate[rate] = last.by_rate.get(rate, 0) + length
    return spans


def spread(spans: Sequence[Span], rate: str, quantity: int) -> list[int]:
    """Spread what a rate counted over spans, in whole base units that add up exactly.

    It goes with the time that our clock gives the rate; a rate that by our clock did not apply goes
    with all the time.
    """
    if len(spans) == 1:
        return [quantity]
    weights = [span.by_rate.get(rate, 0) for span in spans]
    if not any(weights):
        weights = [span.length for span in spans]
    whole, shares, passed, done = sum(weights), list[int](), 0, 0
    for weight in weights:
        passed += weight
        upto = quantity * passed // whole
        shares.append(upto - done)
        done = upto
    return shares
