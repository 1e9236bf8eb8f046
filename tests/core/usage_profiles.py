"""A year of hours of eight kinds of users, made by a seeded generator.

Each hour is a base load, plus what the kind of day does at that hour, times the season, times the
weather of the day (which stays for some days), times chance, plus appliances that run now and then.
On days of absence only the base load is left. Numbers in Wh; a year has about what such a user has:

| kind | a year | what is hard about it |
|---|---|---|
| `family` | 4 MWh | weekends, two holidays of two weeks |
| `couple` | 2.5 MWh | out on weekdays, away at many weekends |
| `senior` | 1.8 MWh | hardly anything |
| `heated` | 9 MWh | electric heating: a cold week costs three mild ones |
| `cooled` | 3.5 MWh | air conditioning in summer, hardly anything in spring |
| `shop` | 14 MWh | closed on Sundays and holidays |
| `office` | 20 MWh | nobody there at weekends, nor between the years |
| `dorm` | 1 MWh | empty for two months in summer and one in winter |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, exp, pi
from random import Random
from typing import Final

MWH_PER_WH: Final = 1_000
FIRST: Final = date(2025, 1, 1)
DAYS: Final = 365
HOLIDAYS: Final = frozenset(
    date(2025, month, day)
    for month, day in (
        (1, 1), (4, 18), (4, 21), (5, 1), (5, 29), (6, 9), (10, 3), (12, 25), (12, 26),
    )
)  # fmt: skip
type Hours = Sequence[float]
FLAT: Final[Hours] = (1.0,) * 24
NIGHT: Final[Hours] = (0.0,) * 24


def bump(*peaks: tuple[float, float, float]) -> Hours:
    """Return a day with humps: at which hour, how high, how wide."""
    return tuple(
        sum(
            height * exp(-(min(abs(hour - at), 24 - abs(hour - at)) ** 2) / (2 * width**2))
            for at, height, width in peaks
        )
        for hour in range(24)
    )


def open_from(first: int, last: int, height: float) -> Hours:
    """Return a day on which somebody works from one hour to another."""
    return tuple(height if first <= hour < last else 0.0 for hour in range(24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of user: Wh per hour; `winter` and `summer` are how much more that is in these seasons."""

    base: float
    working: Hours
    saturday: Hours
    sunday: Hours
    winter: float = 0.0
    summer: float = 0.0
    weather: float = 0.0
    chance: float = 0.25
    appliance: float = 0.0
    away: tuple[tuple[date, date], ...] = ()
    weekends_away: float = 0.0


def _from_to(first: tuple[int, int], last: tuple[int, int]) -> tuple[date, date]:
    return date(2025, *first), date(2025, *last)


KINDS: Final[dict[str, Kind]] = {
    "family": Kind(
        base=120,
        working=bump((7, 500, 1), (18.5, 900, 2)),
        saturday=bump((9, 450, 2), (13, 600, 2), (19, 900, 2.5)),
        sunday=bump((10, 450, 2), (13, 700, 2), (19, 800, 2.5)),
        winter=0.25,
        weather=0.08,
        appliance=1_200,
        away=(_from_to((8, 2), (8, 16)), _from_to((12, 22), (12, 31))),
    ),
    "couple": Kind(
        base=80,
        working=bump((6.5, 350, 1), (20, 700, 2)),
        saturday=bump((11, 400, 2.5), (20, 600, 3)),
        sunday=bump((11, 450, 2.5), (20, 600, 3)),
        winter=0.2,
        weather=0.08,
        appliance=900,
        away=(_from_to((6, 7), (6, 21)),),
        weekends_away=0.2,
    ),
    "senior": Kind(
        base=90,
        working=bump((8, 200, 1.5), (12, 350, 1.5), (18, 250, 2)),
        saturday=bump((8, 200, 1.5), (12, 350, 1.5), (18, 250, 2)),
        sunday=bump((8, 200, 1.5), (12, 400, 1.5), (18, 250, 2)),
        winter=0.15,
        weather=0.05,
        appliance=500,
    ),
    "heated": Kind(
        base=100,
        working=bump((6, 900, 2), (19, 1_300, 3)),
        saturday=bump((9, 1_100, 3), (19, 1_300, 3)),
        sunday=bump((9, 1_100, 3), (19, 1_300, 3)),
        winter=1.6,
        weather=0.3,
        away=(_from_to((2, 15), (2, 22)),),
    ),
    "cooled": Kind(
        base=90,
        working=bump((7, 200, 1), (20, 600, 3)),
        saturday=bump((14, 500, 3), (20, 600, 3)),
        sunday=bump((14, 500, 3), (20, 600, 3)),
        summer=1.8,
        weather=0.3,
        away=(_from_to((5, 24), (6, 1)),),
    ),
    "shop": Kind(
        base=350,
        working=open_from(9, 19, 3_400),
        saturday=open_from(9, 16, 3_800),
        sunday=NIGHT,
        summer=0.3,
        weather=0.1,
        chance=0.1,
        away=(_from_to((8, 4), (8, 10)),),
    ),
    "office": Kind(
        base=900,
        working=open_from(8, 18, 4_500),
        saturday=NIGHT,
        sunday=NIGHT,
        summer=0.25,
        winter=0.15,
        weather=0.1,
        chance=0.1,
        away=(_from_to((12, 24), (12, 31)),),
    ),
    "dorm": Kind(
        base=30,
        working=bump((13, 60, 1.5), (21, 250, 2.5)),
        saturday=bump((13, 120, 3), (21, 220, 3)),
        sunday=bump((13, 120, 3), (21, 240, 3)),
        weather=0.1,
        chance=0.4,
        away=(_from_to((1, 12), (2, 16)), _from_to((7, 6), (8, 31))),
        weekends_away=0.15,
    ),
}


def year_of(kind: Kind, seed: int) -> list[tuple[date, list[int]]]:
    """Return a user's hours of 2025, day by day, in mWh."""
    chance = Random(f"{seed}")
    weather, days = 0.0, list[tuple[date, list[int]]]()
    weekend_away = False
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        weather = 0.8 * weather + chance.gauss(0, 0.6)
        if day.weekday() == 5:
            weekend_away = chance.random() < kind.weekends_away
        away = any(first <= day <= last for first, last in kind.away)
        away = away or (weekend_away and day.weekday() >= 5)
        hours = _day(kind, day, weather, chance, away=away)
        days.append((day, [round(one * MWH_PER_WH) for one in hours]))
    return days


def _day(kind: Kind, day: date, weather: float, chance: Random, *, away: bool) -> list[float]:
    if day in HOLIDAYS or day.weekday() == 6:
        shape = kind.sunday
    else:
        shape = kind.saturday if day.weekday() == 5 else kind.working
    winter = max(0.0, cos(2 * pi * (day.timetuple().tm_yday - 15) / DAYS))
    summer = max(0.0, -cos(2 * pi * (day.timetuple().tm_yday - 20) / DAYS))
    season = 1 + kind.winter * winter + kind.summer * summer
    of_day = season * max(0.2, 1 + kind.weather * weather) * max(0.4, chance.gauss(1, 0.1))
    hours = []
    runs_at = chance.randrange(8, 22) if chance.random() < 0.45 else -1
    for hour in range(24):
        used = kind.base * max(0.6, chance.gauss(1, 0.05))
        lively = max(0.0, chance.gauss(1, kind.chance))
        if not away:
            used += shape[hour] * of_day * lively
            used += kind.appliance if hour == runs_at else 0.0
        hours.append(used)
    return hours
