"""Holidays, worked Saturdays, seasons of bands."""

from typing import Final

from .case import Case

GOLDEN_WEEK: Final = {
    "2026-10-01": "holiday",  # a Thursday
    "2026-10-02": "holiday",
    "2026-10-03": "holiday",
    "2026-10-10": "workday",  # a Saturday
}
OFFICE: Final = {
    "tariff": "office",
    "quantity": "energy",
    "rates": {"work": "1.00", "rest": "0.50", "feast": "0.20"},
    "bands": [
        {"rate": "feast", "days": ["holiday"], "from": "00:00", "to": "24:00"},
        {
            "rate": "work",
            "days": ["mon", "tue", "wed", "thu", "fri"],
            "from": "08:00",
            "to": "18:00",
        },
    ],
    "otherwise": "rest",
    "calendar": "china",
}
NIGHTS: Final = {
    "tariff": "nights",
    "quantity": "energy",
    "rates": {"night": "0.30", "day": "0.60"},
    "bands": [{"rate": "night", "days": ["workday"], "from": "22:00", "to": "06:00"}],
    "otherwise": "day",
    "calendar": "china",
}
SUMMER: Final = {
    "tariff": "summer",
    "quantity": "energy",
    "seasons": [
        {"name": "summer", "from": "07-01", "to": "08-31"},
        {"name": "winter", "from": "12-01", "to": "02-29"},
    ],
    "rates": {"sharp": "1.50", "flat": "0.70"},
    "bands": [
        {"rate": "sharp", "seasons": ["summer"], "from": "14:00", "to": "16:00"},
        {"rate": "sharp", "seasons": ["winter"], "from": "19:00", "to": "21:00"},
    ],
}
SUMMER_NIGHT: Final = {
    "tariff": "summer_night",
    "quantity": "energy",
    "seasons": [{"name": "summer", "from": "07-01", "to": "08-31"}],
    "rates": {"night": "0.30", "day": "0.60"},
    "bands": [{"rate": "night", "seasons": ["summer"], "from": "22:00", "to": "06:00"}],
}

CASES: Final = (
    Case(
        name="a holiday has its own price",
        tariff=OFFICE,
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-01 00:00", "2026-10-02 00:00", "24"),),
        lines=(("feast", 1, "24", "0.2"),),
        costs="4.8",
    ),
    Case(
        name="the day before and the holiday",
        tariff=OFFICE,
        holidays=GOLDEN_WEEK,
        uses=(("2026-09-30 12:00", "2026-10-01 12:00", "24"),),
        lines=(("work", 1, "6", "1"), ("rest", 1, "6", "0.5"), ("feast", 1, "12", "0.2")),
        costs="11.4",  # 6 + 3 + 2.4
    ),
    Case(
        name="a holiday is no thursday, whatever else it is",
        tariff=OFFICE | {"bands": OFFICE["bands"][1:]},  # type: ignore[index]
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-01 00:00", "2026-10-02 00:00", "24"),),
        lines=(("rest", 1, "24", "0.5"),),
        costs="12",
    ),
    Case(
        name="a holiday on a saturday is a holiday",
        tariff=OFFICE,
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-03 00:00", "2026-10-04 00:00", "24"),),
        lines=(("feast", 1, "24", "0.2"),),
        costs="4.8",
    ),
    Case(
        name="a worked saturday pays what a working day pays",
        tariff=OFFICE,
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-10 00:00", "2026-10-11 00:00", "24"),),
        lines=(("rest", 1, "8", "0.5"), ("work", 1, "10", "1"), ("rest", 1, "6", "0.5")),
        costs="17",  # 10 + 14 x 0.5
    ),
    Case(
        name="a worked saturday is no weekend",
        tariff=OFFICE
        | {
            "bands": [
                {"rate": "feast", "days": ["weekend", "holiday"], "from": "00:00", "to": "24:00"}
            ],
            "otherwise": "work",
        },
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-10 00:00", "2026-10-12 00:00", "48"),),  # the Sunday after it is one
        lines=(("work", 1, "24", "1"), ("feast", 1, "24", "0.2")),
        costs="28.8",
    ),
    Case(
        name="sundays and holidays named together",
        tariff=OFFICE
        | {
            "bands": [
                {"rate": "feast", "days": ["sun", "holiday"], "from": "00:00", "to": "24:00"}
            ],
            "otherwise": "work",
        },
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-03 00:00", "2026-10-06 00:00", "72"),),  # holiday, Sunday, Monday
        lines=(("feast", 1, "48", "0.2"), ("work", 1, "24", "1")),
        costs="33.6",
    ),
    Case(
        name="every day means the holidays, too",
        tariff=OFFICE
        | {"bands": [{"rate": "feast", "from": "00:00", "to": "12:00"}], "otherwise": "work"},
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-01 00:00", "2026-10-02 00:00", "24"),),
        lines=(("feast", 1, "12", "0.2"), ("work", 1, "12", "1")),
        costs="14.4",
    ),
    Case(
        name="a tariff without a calendar knows no holidays",
        tariff={key: value for key, value in OFFICE.items() if key != "calendar"},
        holidays=GOLDEN_WEEK,
        uses=(("2026-10-01 00:00", "2026-10-02 00:00", "24"),),
        lines=(("rest", 1, "8", "0.5"), ("work", 1, "10", "1"), ("rest", 1, "6", "0.5")),
        costs="17",
    ),
    Case(
        name="the night before a holiday is a working day's night",
        tariff=NIGHTS,
        holidays=GOLDEN_WEEK,
        # It begins on Wednesday at ten and lasts until six; the holiday's evening begins none.
        uses=(("2026-09-30 20:00", "2026-10-02 08:00", "36"),),
        lines=(("day", 1, "2", "0.6"), ("night", 1, "8", "0.3"), ("day", 1, "26", "0.6")),
        costs="19.2",  # 28 x 0.6 + 8 x 0.3
    ),
    Case(
        name="critical peaks in summer only",
        tariff=SUMMER,
        uses=(("2026-08-31 00:00", "2026-09-02 00:00", "48"),),  # two hours of the last summer day
        lines=(("flat", 1, "14", "0.7"), ("sharp", 1, "2", "1.5"), ("flat", 1, "32", "0.7")),
        costs="35.2",  # 46 x 0.7 + 3
    ),
    Case(
        name="a season begins with its first day",
        tariff=SUMMER,
        uses=(("2026-06-30 00:00", "2026-07-02 00:00", "48"),),
        lines=(("flat", 1, "38", "0.7"), ("sharp", 1, "2", "1.5"), ("flat", 1, "8", "0.7")),
        costs="35.2",
    ),
    Case(
        name="winter goes on over new year",
        tariff=SUMMER,
        uses=(("2026-12-31 00:00", "2027-01-02 00:00", "48"),),
        lines=(
            ("flat", 1, "19", "0.7"),
            ("sharp", 1, "2", "1.5"),
            ("flat", 1, "22", "0.7"),
            ("sharp", 1, "2", "1.5"),
            ("flat", 1, "3", "0.7"),
        ),
        costs="36.8",  # 44 x 0.7 + 4 x 1.5
    ),
    Case(
        name="winter ends on the 29th of february, or the 28th where there is none",
        tariff=SUMMER,
        uses=(
            ("2028-02-29 12:00", "2028-03-01 12:00", "24"),
            ("2027-02-28 12:00", "2027-03-01 12:00", "24"),
            ("2027-03-01 12:00", "2027-03-02 12:00", "24"),
        ),
        lines=(
            ("flat", 1, "7", "0.7"),
            ("sharp", 1, "2", "1.5"),
            ("flat", 1, "22", "0.7"),
            ("sharp", 1, "2", "1.5"),
            ("flat", 1, "39", "0.7"),
        ),
        costs="53.6",  # 68 x 0.7 + 4 x 1.5
    ),
    Case(
        name="the last night of summer lasts until the morning",
        tariff=SUMMER_NIGHT,
        uses=(("2026-08-31 12:00", "2026-09-01 12:00", "24"),),
        lines=(("day", 1, "10", "0.6"), ("night", 1, "8", "0.3"), ("day", 1, "6", "0.6")),
        costs="12",  # 16 x 0.6 + 8 x 0.3
    ),
    Case(
        name="the night before summer is none of it",
        tariff=SUMMER_NIGHT,
        uses=(("2026-06-30 12:00", "2026-07-01 12:00", "24"),),
        lines=(("day", 1, "24", "0.6"),),
        costs="14.4",
    ),
)
