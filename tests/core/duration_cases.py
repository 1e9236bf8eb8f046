"""What stays cost, worked out by hand: the sums are written as a person adds them up."""

from datetime import time
from fractions import Fraction
from typing import Final, NamedTuple

from custom_components.prepaid_parking.core.duration import (
    Counting,
    Duration,
    First,
    FreeKind,
    StayBand,
)
from custom_components.prepaid_parking.core.money import parse_price

MINUTE: Final = 60_000
F: Final = Fraction
BERLIN: Final = "Europe/Berlin"
SHANGHAI: Final = "Asia/Shanghai"


def price(text: str | None) -> int | None:
    """A price in millionths."""
    return None if text is None else parse_price(text)


def terms(
    hourly: str,
    *,
    step: int = 60,
    counting: Counting = Counting.STARTED,
    free: int = 0,
    always: bool = False,
    first: tuple[tuple[int, str], ...] = (),
    bands: tuple[StayBand, ...] = (),
    day_cap: str | None = None,
    rolling_cap: str | None = None,
    whole_cap: str | None = None,
    leave: int = 0,
) -> Duration:
    """A price per hour, lengths in minutes."""
    return Duration(
        price_micro=parse_price(hourly),
        per=60 * MINUTE,
        step=step * MINUTE,
        counting=counting,
        free=free * MINUTE,
        free_kind=FreeKind.ALWAYS if always else FreeKind.WITHIN,
        first=tuple(
            First(length=length * MINUTE, price_micro=parse_price(sum_)) for length, sum_ in first
        ),
        bands=bands,
        day_cap_micro=price(day_cap),
        rolling_cap_micro=price(rolling_cap),
        whole_cap_micro=price(whole_cap),
        leave=leave * MINUTE,
    )


def band(
    name: str,
    start: str,
    end: str,
    price_text: str,
    *,
    flat: bool = False,
    cap: str | None = None,
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6),
) -> StayBand:
    """A band by the local clock."""
    return StayBand(
        name=name,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        price_micro=parse_price(price_text),
        flat=flat,
        cap_micro=price(cap),
        weekdays=weekdays,
    )


HALF_HOURS: Final = terms("2.00", step=30)
EXACT: Final = terms("2.00", counting=Counting.EXACT)
FREE: Final = terms("5.00", free=15)
FREE_ALWAYS: Final = terms("5.00", free=15, always=True)
FIRST: Final = terms("2.00", step=30, first=((60, "5.00"),))
TWO_FIRSTS: Final = terms("1.00", first=((60, "6.00"), (60, "4.00")))
CITY: Final = terms("4.00", step=30, free=15, first=((60, "5.00"),), day_cap="30.00")
DAY_CAP: Final = terms("2.00", day_cap="20.00")
ROLLING: Final = terms("3.00", rolling_cap="20.00")
WHOLE: Final = terms("3.00", day_cap="20.00", whole_cap="50.00")
NIGHT: Final = terms("2.00", bands=(band("night", "22:00", "08:00", "5.00", flat=True),))
CHEAP_NIGHT: Final = terms("4.00", bands=(band("night", "20:00", "07:00", "1.00", cap="5.00"),))
EXACT_NIGHT: Final = terms(
    "4.00", counting=Counting.EXACT, bands=(band("night", "22:00", "06:00", "1.00"),)
)
WEEKEND: Final = terms("3.00", bands=(band("weekend", "00:00", "00:00", "1.00", weekdays=(5, 6)),))
FLAT_DAYS: Final = terms("9.99", bands=(band("day", "00:00", "00:00", "10.00", flat=True),))
NIGHT_IN_CAP: Final = terms(
    "2.00", day_cap="12.00", bands=(band("night", "22:00", "08:00", "5.00", flat=True),)
)


class Case(NamedTuple):
    """A stay by the local clock (or with an offset, where the clock shows a time twice)."""

    says: str
    terms: Duration
    arrived: str
    left: str
    costs: Fraction
    zone: str = SHANGHAI


CASES: Final = [
    # 2026-07-03 is a Friday.
    Case("half an hour at 2 per hour", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:30", F(1)),
    Case("31 minutes in half hours", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:31", F(2)),
    Case("a second too late", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:30:01", F(2)),
    Case("one minute", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:01", F(1)),
    Case("arrival is departure", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:00", F(0)),
    Case("one second", HALF_HOURS, "2026-07-03 10:00", "2026-07-03 10:00:01", F(1)),
    Case("exact half hour", EXACT, "2026-07-03 10:00", "2026-07-03 10:30", F(1)),
    Case("exact 31 minutes", EXACT, "2026-07-03 10:00", "2026-07-03 10:31", F(2) * 31 / 60),
    Case("exact 7 minutes", EXACT, "2026-07-03 10:00", "2026-07-03 10:07", F(2) * 7 / 60),
    Case("exact 9 seconds are half a cent", EXACT, "2026-07-03 10:00", "2026-07-03 10:00:09", F("0.005")),
    Case("exact over midnight", EXACT, "2026-07-03 23:50", "2026-07-04 00:20", F(1)),
    Case("14:59 of 15 free minutes", FREE, "2026-07-03 10:00", "2026-07-03 10:14:59", F(0)),
    Case("15:00 of 15 free minutes", FREE, "2026-07-03 10:00", "2026-07-03 10:15", F(0)),
    Case("15:01: the hour is paid from the arrival", FREE, "2026-07-03 10:00", "2026-07-03 10:15:01", F(5)),
    Case("an hour, free minutes are gone", FREE, "2026-07-03 10:00", "2026-07-03 11:00", F(5)),
    Case("an hour and a second", FREE, "2026-07-03 10:00", "2026-07-03 11:00:01", F(10)),
    Case("always free: 14:59", FREE_ALWAYS, "2026-07-03 10:00", "2026-07-03 10:14:59", F(0)),
    Case("always free: 15:00", FREE_ALWAYS, "2026-07-03 10:00", "2026-07-03 10:15", F(0)),
    Case("always free: 15:01", FREE_ALWAYS, "2026-07-03 10:00", "2026-07-03 10:15:01", F(5)),
    Case("always free: the hour ends at 1:15", FREE_ALWAYS, "2026-07-03 10:00", "2026-07-03 11:15", F(5)),
    Case("always free: 1:15:01", FREE_ALWAYS, "2026-07-03 10:00", "2026-07-03 11:15:01", F(10)),
    Case("in the first hour", FIRST, "2026-07-03 10:00", "2026-07-03 10:01", F(5)),
    Case("the first hour to its end", FIRST, "2026-07-03 10:00", "2026-07-03 11:00", F(5)),
    Case("first hour and a begun half", FIRST, "2026-07-03 10:00", "2026-07-03 11:00:01", 5 + F(1)),
    Case("first hour and three halves", FIRST, "2026-07-03 10:00", "2026-07-03 12:30", 5 + 3 * F(1)),
    Case("first hour over midnight", FIRST, "2026-07-03 23:30", "2026-07-04 00:45", 5 + F(1)),
    Case("two first hours", TWO_FIRSTS, "2026-07-03 10:00", "2026-07-03 11:01", 6 + F(4)),
    Case("two first hours and two more", TWO_FIRSTS, "2026-07-03 10:00", "2026-07-03 13:30", 6 + 4 + 2 * F(1)),
    Case("city: free", CITY, "2026-07-03 10:00", "2026-07-03 10:15", F(0)),
    Case("city: 16 minutes", CITY, "2026-07-03 10:00", "2026-07-03 10:16", F(5)),
    Case("city: two and a half hours", CITY, "2026-07-03 10:00", "2026-07-03 12:30", 5 + 3 * F(2)),
    Case("city: the cap is not yet reached", CITY, "2026-07-03 10:00", "2026-07-03 17:00", 5 + 12 * F(2)),
    Case("city: the cap", CITY, "2026-07-03 10:00", "2026-07-03 17:01", F(30)),
    Case("city: 23:00 to 01:30, units run on", CITY, "2026-07-03 23:00", "2026-07-04 01:30", 5 + 3 * F(2)),
    # Friday 14 h and Sunday 10 h are capped, Monday has three hours.
    Case("three midnights: each day's cap once", DAY_CAP, "2026-07-03 10:00", "2026-07-06 03:00", 3 * F(20) + 3 * F(2)),
    Case("cap to the minute: ten hours", DAY_CAP, "2026-07-03 10:00", "2026-07-03 20:00", 10 * F(2)),
    Case("cap: eleven hours", DAY_CAP, "2026-07-03 10:00", "2026-07-03 21:00", F(20)),
    # The unit from 23:30 to 00:30 belongs to Friday, which is capped: it is free.
    Case("a unit over midnight belongs to its day", DAY_CAP, "2026-07-03 09:30", "2026-07-04 01:30", F(20) + 1 * F(2)),
    Case("00:00 sharp: the new day has not begun", DAY_CAP, "2026-07-03 22:00", "2026-07-04 00:00", 2 * F(2)),
    Case("one second of the new day", DAY_CAP, "2026-07-03 22:00", "2026-07-04 00:00:01", 3 * F(2)),
    Case("arrival at 00:00", DAY_CAP, "2026-07-04 00:00", "2026-07-04 23:59:59", F(20)),
    Case("24 hours from the arrival", ROLLING, "2026-07-03 18:00", "2026-07-04 18:00", F(20)),
    Case("24 hours and a second", ROLLING, "2026-07-03 18:00", "2026-07-04 18:00:01", F(20) + 3),
    # By calendar days 6 h and 10 h would not be capped twice; from the arrival 16 h are one window.
    Case("the 24 hours do not care for midnight", ROLLING, "2026-07-03 18:00", "2026-07-04 10:00", F(20)),
    Case("54 hours: two full windows and six hours", ROLLING, "2026-07-03 18:00", "2026-07-06 00:00", 2 * F(20) + 6 * F(3)),
    Case("the whole cap over three days", WHOLE, "2026-07-03 08:00", "2026-07-06 08:00", F(50)),
    Case("below the whole cap", WHOLE, "2026-07-03 08:00", "2026-07-04 08:00", F(20) + F(20)),
    Case("an evening before the night", NIGHT, "2026-07-03 20:00", "2026-07-03 22:00", 2 * F(2)),
    Case("one minute of night", NIGHT, "2026-07-03 20:00", "2026-07-03 22:01", 2 * F(2) + 5),
    # The hour from 21:30 ends with the flat night at 22:00.
    Case("the night over midnight", NIGHT, "2026-07-03 20:30", "2026-07-04 08:00", 2 * F(2) + 5),
    Case("the morning after begins a new hour", NIGHT, "2026-07-03 20:30", "2026-07-04 08:30", 2 * F(2) + 5 + 2),
    Case("arrival in the night", NIGHT, "2026-07-04 02:00", "2026-07-04 07:00", F(5)),
    Case("two nights and a day", NIGHT, "2026-07-03 23:00", "2026-07-05 01:00", 5 + 14 * F(2) + 5),
    Case("the night counts towards the day's cap", NIGHT_IN_CAP, "2026-07-03 14:00", "2026-07-04 07:00", F(12)),
    Case("the cap of Saturday is another", NIGHT_IN_CAP, "2026-07-03 14:00", "2026-07-04 10:00", F(12) + 2 * F(2)),
    Case("three days with nights, capped", NIGHT_IN_CAP, "2026-07-03 14:00", "2026-07-06 14:00", 4 * F(12)),
    # 19:30 to 20:30 costs the day's price as it began by day; then nine hours of night, five paid.
    Case("a night with its own price and cap", CHEAP_NIGHT, "2026-07-03 19:30", "2026-07-04 05:30", F(4) + 5),
    Case("three hours of a cheap night", CHEAP_NIGHT, "2026-07-03 21:00", "2026-07-04 00:00", 3 * F(1)),
    Case("two cheap nights, each with its cap", CHEAP_NIGHT, "2026-07-03 20:00", "2026-07-05 07:00", F(5) + 13 * F(4) + 5),
    Case("exact, half by day and half by night", EXACT_NIGHT, "2026-07-03 21:40", "2026-07-03 22:20", F(4) / 3 + F(1) / 3),
    Case("Friday night to Saturday morning", WEEKEND, "2026-07-03 22:30", "2026-07-04 01:30", 2 * F(3) + F(1)),
    Case("Sunday to Monday", WEEKEND, "2026-07-05 23:00", "2026-07-06 01:00", F(1) + F(3)),
    Case("a flat price per day", FLAT_DAYS, "2026-07-03 23:59", "2026-07-05 00:01", 3 * F(10)),
    # Clocks go forward: 01:30 to 03:30 is one hour of real time.
    Case("the skipped hour is not paid", HALF_HOURS, "2026-03-29 01:30", "2026-03-29 03:30", F(2), BERLIN),
    Case("a day of 23 hours below its cap", terms("1.00", day_cap="23.00"), "2026-03-29 00:00", "2026-03-30 00:00", F(23), BERLIN),
    Case("the short day's cap is whole", DAY_CAP, "2026-03-29 00:00", "2026-03-30 00:00", F(20), BERLIN),
    Case("exact, the short night has seven hours", EXACT_NIGHT, "2026-03-28 22:00", "2026-03-29 06:00", F(7), BERLIN),
    # Clocks go back: 01:30 summer time to 03:30 winter time is three hours.
    Case("the repeated hour is paid", HALF_HOURS, "2026-10-25 01:30", "2026-10-25 03:30", F(6), BERLIN),
    Case("from the first 02:30 to the second", HALF_HOURS, "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", F(2), BERLIN),
    Case("a day of 25 hours", terms("1.00"), "2026-10-25 00:00", "2026-10-26 00:00", F(25), BERLIN),
    Case("exact, the long night has nine hours", EXACT_NIGHT, "2026-10-24 22:00", "2026-10-25 06:00", F(9), BERLIN),
    Case("a flat night is one price however long", NIGHT, "2026-10-24 22:00", "2026-10-25 08:00", F(5), BERLIN),
    # 24 hours from 18:00 end at 17:00 of the long day.
    Case("24 real hours on the long day", ROLLING, "2026-10-24 18:00", "2026-10-25 17:00", F(20), BERLIN),
    Case("and a second", ROLLING, "2026-10-24 18:00", "2026-10-25 17:00:01", F(20) + 3, BERLIN),
]  # fmt: skip
