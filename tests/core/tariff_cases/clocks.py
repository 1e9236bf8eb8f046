"""Time of use: bands, weekdays, nights, changed clocks, new versions, plans of factors."""

from typing import Final

from .case import Case

BUSINESS: Final = {
    "tariff": "business",
    "quantity": "energy",
    "rates": {"peak": "1.20", "flat": "0.80", "valley": "0.40"},
    "bands": [
        {"rate": "peak", "from": "08:00", "to": "12:00"},
        {"rate": "peak", "from": "17:00", "to": "21:00"},
        {"rate": "valley", "from": "23:00", "to": "07:00"},
    ],
    "otherwise": "flat",
}
FIVE: Final = {
    "tariff": "five",
    "quantity": "energy",
    "rates": {
        "sharp": "1.50",
        "peak": "1.20",
        "flat": "0.80",
        "valley": "0.40",
        "deep": "0.20",
    },
    "bands": [
        {"rate": "sharp", "from": "19:00", "to": "21:00"},
        {"rate": "peak", "from": "08:00", "to": "11:00"},
        {"rate": "peak", "from": "17:00", "to": "22:00"},
        {"rate": "deep", "from": "12:00", "to": "14:00"},
        {"rate": "valley", "from": "23:00", "to": "07:00"},
    ],
    "otherwise": "flat",
}
OFFICE: Final = {
    "tariff": "office",
    "quantity": "energy",
    "rates": {"day": "0.30", "night": "0.10"},
    "bands": [{"rate": "day", "days": ["workday"], "from": "07:00", "to": "19:00"}],
}
NIGHT: Final = {
    "tariff": "night",
    "quantity": "energy",
    "rates": {"day": "0.40", "night": "0.20"},
    "bands": [{"rate": "day", "from": "06:00", "to": "22:00"}],
    "otherwise": "night",
}
FRIDAY: Final = {
    "tariff": "friday",
    "quantity": "energy",
    "rates": {"cheap": "0.10", "dear": "0.90"},
    "bands": [{"rate": "cheap", "days": ["fri"], "from": "22:00", "to": "06:00"}],
}
FACTORS: Final = {
    "tariff": "factors",
    "quantity": "energy",
    "plan": {"base": "0.60", "factors": {"peak": "1.6", "flat": "1", "valley": "0.4"}},
    "bands": BUSINESS["bands"],
    "otherwise": "flat",
}

CASES: Final = (
    Case(
        name="a day of three prices",
        tariff=BUSINESS,
        uses=(("2026-11-05 00:00", "2026-11-06 00:00", "24"),),
        lines=(
            ("valley", 1, "7", "0.4"),
            ("flat", 1, "1", "0.8"),
            ("peak", 1, "4", "1.2"),
            ("flat", 1, "5", "0.8"),
            ("peak", 1, "4", "1.2"),
            ("flat", 1, "2", "0.8"),
            ("valley", 1, "1", "0.4"),
        ),
        costs="19.2",  # 8 x 1.2 + 8 x 0.8 + 8 x 0.4
    ),
    Case(
        name="a day of five prices, of which the first band that fits holds",
        tariff=FIVE,
        # Sharp lies inside a peak: 19 to 21 is sharp, 17 to 19 and 21 to 22 are peak.
        uses=(("2026-07-15 00:00", "2026-07-16 00:00", "24"),),
        lines=(
            ("valley", 1, "7", "0.4"),
            ("flat", 1, "1", "0.8"),
            ("peak", 1, "3", "1.2"),
            ("flat", 1, "1", "0.8"),
            ("deep", 1, "2", "0.2"),
            ("flat", 1, "3", "0.8"),
            ("peak", 1, "2", "1.2"),
            ("sharp", 1, "2", "1.5"),
            ("peak", 1, "1", "1.2"),
            ("flat", 1, "1", "0.8"),
            ("valley", 1, "1", "0.4"),
        ),
        # sharp 2 x 1.5 = 3; peak 6 x 1.2 = 7.2; flat 6 x 0.8 = 4.8; valley 8 x 0.4 = 3.2; deep 0.4
        costs="18.6",
    ),
    Case(
        name="a part of an hour",
        tariff=BUSINESS,
        uses=(("2026-11-05 07:40", "2026-11-05 08:10", "3"),),  # 20 minutes flat, 10 peak
        lines=(("flat", 1, "2", "0.8"), ("peak", 1, "1", "1.2")),
        costs="2.8",
    ),
    Case(
        name="a working day",
        tariff=OFFICE,
        uses=(("2026-11-06 00:00", "2026-11-07 00:00", "24"),),  # a Friday
        lines=(("night", 1, "7", "0.1"), ("day", 1, "12", "0.3"), ("night", 1, "5", "0.1")),
        costs="4.8",  # 12 x 0.3 + 12 x 0.1
    ),
    Case(
        name="a weekend",
        tariff=OFFICE,
        uses=(("2026-11-07 00:00", "2026-11-09 00:00", "48"),),
        lines=(("night", 1, "48", "0.1"),),
        costs="4.8",
    ),
    Case(
        name="a whole week",
        tariff=OFFICE,
        uses=(("2026-11-02 00:00", "2026-11-09 00:00", "168"),),
        lines=(
            ("night", 1, "7", "0.1"),
            ("day", 1, "12", "0.3"),
            *(("night", 1, "12", "0.1"), ("day", 1, "12", "0.3")) * 4,
            ("night", 1, "53", "0.1"),  # five hours of Friday and two days
        ),
        costs="28.8",  # 60 x 0.3 + 108 x 0.1
    ),
    Case(
        name="a friday night goes on into saturday",
        tariff=FRIDAY,
        uses=(("2026-11-06 20:00", "2026-11-07 08:00", "12"),),
        lines=(("dear", 1, "2", "0.9"), ("cheap", 1, "8", "0.1"), ("dear", 1, "2", "0.9")),
        costs="4.4",
    ),
    Case(
        name="a thursday night is no friday night",
        tariff=FRIDAY,
        # Friday from midnight: six hours are Thursday's night, and only the last two are Friday's.
        uses=(("2026-11-06 00:00", "2026-11-07 00:00", "24"),),
        lines=(("dear", 1, "22", "0.9"), ("cheap", 1, "2", "0.1")),
        costs="20",
    ),
    Case(
        name="a band may end with the day",
        tariff=NIGHT | {"bands": [{"rate": "day", "from": "20:00", "to": "24:00"}]},
        uses=(("2026-11-05 18:00", "2026-11-06 02:00", "8"),),
        lines=(("night", 1, "2", "0.2"), ("day", 1, "4", "0.4"), ("night", 1, "2", "0.2")),
        costs="2.4",
    ),
    Case(
        name="the night in which the clock is set forward has an hour less",
        tariff=NIGHT,
        zone="Europe/Berlin",
        uses=(("2026-03-28 22:00", "2026-03-29 06:00", "7"),),
        lines=(("night", 1, "7", "0.2"),),
        costs="1.4",
    ),
    Case(
        name="the day of 23 hours",
        tariff=NIGHT,
        zone="Europe/Berlin",
        uses=(("2026-03-29 00:00", "2026-03-30 00:00", "23"),),
        lines=(("night", 1, "5", "0.2"), ("day", 1, "16", "0.4"), ("night", 1, "2", "0.2")),
        costs="7.8",  # 16 x 0.4 + 7 x 0.2
    ),
    Case(
        name="the day of 25 hours",
        tariff=NIGHT,
        zone="Europe/Berlin",
        uses=(("2026-10-25 00:00", "2026-10-26 00:00", "25"),),
        lines=(("night", 1, "7", "0.2"), ("day", 1, "16", "0.4"), ("night", 1, "2", "0.2")),
        costs="8.2",  # 16 x 0.4 + 9 x 0.2
    ),
    Case(
        name="half an hour is taken out of a night on lord howe",
        tariff=NIGHT,
        zone="Australia/Lord_Howe",
        uses=(("2026-10-04 00:00", "2026-10-05 00:00", "23.5"),),
        lines=(("night", 1, "5.5", "0.2"), ("day", 1, "16", "0.4"), ("night", 1, "2", "0.2")),
        costs="7.9",  # 6.4 + 7.5 x 0.2
    ),
    Case(
        name="a band that ends in the hour that does not exist",
        tariff=NIGHT | {"bands": [{"rate": "day", "from": "00:00", "to": "02:30"}]},
        zone="Europe/Berlin",
        # Midnight to two; then it is three at once. Four hours later it is five.
        uses=(("2026-03-29 00:00", "2026-03-29 05:00", "4"),),
        lines=(("day", 1, "2", "0.4"), ("night", 1, "2", "0.2")),
        costs="1.2",
    ),
    Case(
        name="a band in the hour that comes twice",
        tariff=NIGHT | {"bands": [{"rate": "day", "from": "02:00", "to": "02:30"}]},
        zone="Europe/Berlin",
        uses=(("2026-10-25 01:00", "2026-10-25 04:00", "8"),),  # four hours, two each
        lines=(
            ("night", 1, "2", "0.2"),
            ("day", 1, "1", "0.4"),
            ("night", 1, "1", "0.2"),
            ("day", 1, "1", "0.4"),
            ("night", 1, "3", "0.2"),
        ),
        costs="2",  # 6 x 0.2 + 2 x 0.4
    ),
    Case(
        name="new york changes its clock on another day",
        tariff=NIGHT,
        zone="America/New_York",
        uses=(("2026-11-01 00:00", "2026-11-02 00:00", "25"),),
        lines=(("night", 1, "7", "0.2"), ("day", 1, "16", "0.4"), ("night", 1, "2", "0.2")),
        costs="8.2",
    ),
    Case(
        name="a price that rises at noon",
        tariff={"tariff": "one", "quantity": "energy", "price": "0.50"},
        later=(("2026-11-05 12:00", {"tariff": "one", "quantity": "energy", "price": "0.60"}),),
        uses=(("2026-11-05 10:00", "2026-11-05 13:00", "3"),),
        lines=(("flat", 1, "2", "0.5"), ("flat", 1, "1", "0.6")),
        costs="1.6",
    ),
    Case(
        name="two new versions within one reading",
        tariff={"tariff": "one", "quantity": "energy", "price": "0.50"},
        later=(
            ("2026-11-05 11:00", {"tariff": "one", "quantity": "energy", "price": "0.60"}),
            ("2026-11-05 11:30", {"tariff": "one", "quantity": "energy", "price": "0.70"}),
        ),
        uses=(("2026-11-05 10:00", "2026-11-05 13:00", "6"),),
        lines=(("flat", 1, "2", "0.5"), ("flat", 1, "1", "0.6"), ("flat", 1, "3", "0.7")),
        costs="3.7",  # 1 + 0.6 + 2.1
    ),
    Case(
        name="a new version with other hours",
        tariff=NIGHT,
        later=(
            (
                "2026-11-06 00:00",
                NIGHT | {"bands": [{"rate": "day", "from": "08:00", "to": "20:00"}]},
            ),
        ),
        uses=(("2026-11-05 20:00", "2026-11-06 10:00", "14"),),
        lines=(("day", 1, "2", "0.4"), ("night", 1, "10", "0.2"), ("day", 1, "2", "0.4")),
        costs="3.6",  # 0.8 + 2 + 0.8
    ),
    Case(
        name="before the first version its price holds",
        tariff={"tariff": "one", "quantity": "energy", "price": "0.50"},
        uses=(("1999-11-05 10:00", "1999-11-05 13:00", "3"),),
        lines=(("flat", 1, "3", "0.5"),),
        costs="1.5",
    ),
    Case(
        name="what comes in no time has the price of its instant",
        tariff=NIGHT,
        uses=(("2026-11-05 22:00", "2026-11-05 22:00", "3"),),
        lines=(("night", 1, "3", "0.2"),),
        costs="0.6",
    ),
    Case(
        name="a base price and factors",
        tariff=FACTORS,
        # 0.60 x 1.6 = 0.96, 0.60 x 1 = 0.60, 0.60 x 0.4 = 0.24
        uses=(
            ("2026-11-05 07:00", "2026-11-05 09:00", "2"),
            ("2026-11-05 23:00", "2026-11-06 01:00", "2"),
        ),
        lines=(("flat", 1, "1", "0.6"), ("peak", 1, "1", "0.96"), ("valley", 1, "2", "0.24")),
        costs="2.04",
    ),
    Case(
        name="factors and a ladder",
        tariff=FACTORS | {"ladder": [{"up_to": "100", "price": "0"}, {"price": "0.15"}]},
        used=("2026-11", "99"),
        uses=(("2026-11-05 08:00", "2026-11-05 10:00", "4"),),
        lines=(("peak", 1, "1", "0.96"), ("peak", 2, "3", "1.11")),
        costs="4.29",  # 0.96 + 3.33
    ),
    Case(
        name="a factor rounds a half to the even millionth",
        tariff=FACTORS
        | {"plan": {"base": "0.000005", "factors": {"peak": "1.5", "flat": "0.5", "valley": "1"}}},
        # 0.0000075 is 0.000008, 0.0000025 is 0.000002.
        uses=(("2026-11-05 07:00", "2026-11-05 09:00", "2000000"),),
        lines=(("flat", 1, "1000000", "0.000002"), ("peak", 1, "1000000", "0.000008")),
        costs="10",
    ),
)
