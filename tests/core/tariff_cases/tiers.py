"""Tiers: limits, periods, the first period, persons, ladders, seasons."""

from typing import Final

from .case import Case

WATER: Final = {
    "tariff": "water",
    "quantity": "volume",
    "tiers": [{"up_to": "10", "price": "2.00"}, {"price": "3.00"}],
}
CITY_WATER: Final = {
    "tariff": "city_water",
    "quantity": "volume",
    "tiers": [
        {"up_to": "180", "price": "5.00"},
        {"up_to": "260", "price": "7.00"},
        {"price": "9.00"},
    ],
    "period": "year",
}
POWER: Final = {
    "tariff": "power",
    "quantity": "energy",
    "tiers": [{"up_to": "300", "price": "0.50"}, {"price": "0.80"}],
}
DORMITORY: Final = {
    "tariff": "dormitory",
    "quantity": "energy",
    "tiers": [{"per_person": "8", "price": "0"}, {"price": "0.55"}],
}
TWO_PRICES: Final = {
    "tariff": "two_prices",
    "quantity": "energy",
    "rates": {"peak": "0.5583", "valley": "0.3583"},
    "bands": [{"rate": "peak", "from": "08:00", "to": "21:00"}],
    "ladder": [
        {"up_to": "230", "price": "0"},
        {"up_to": "400", "price": "0.05"},
        {"price": "0.30"},
    ],
}
SOUTH: Final = {
    "tariff": "south",
    "quantity": "energy",
    "seasons": [{"name": "summer", "from": "05-01", "to": "10-31"}],
    "tiers": [
        {"season": "summer", "up_to": "260", "price": "0.588"},
        {"season": "summer", "up_to": "600", "price": "0.638"},
        {"season": "summer", "price": "0.888"},
        {"up_to": "200", "price": "0.588"},
        {"up_to": "400", "price": "0.638"},
        {"price": "0.888"},
    ],
}
NORTH: Final = {
    "tariff": "north",
    "quantity": "energy",
    "seasons": [{"name": "heating", "from": "11-15", "to": "03-15"}],
    "price": "0.50",
    "ladder": [
        {"season": "heating", "up_to": "400", "price": "0"},
        {"season": "heating", "price": "0.10"},
        {"up_to": "200", "price": "0"},
        {"price": "0.10"},
    ],
}
HOUSEHOLD: Final = {
    "tariff": "household",
    "quantity": "energy",
    "tiers": [
        {"up_to": "3120", "price": "0.617"},
        {"up_to": "4800", "price": "0.677"},
        {"price": "0.977"},
    ],
    "period": "year",
    "persons": {"base": 4, "once": "1200"},
}

CASES: Final = (
    Case(
        name="twelve tonnes at two and three",
        tariff=WATER,
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "12"),),
        lines=(("flat", 1, "10", "2"), ("flat", 2, "2", "3")),
        costs="26",  # 10 x 2 + 2 x 3
    ),
    Case(
        name="the limit itself is still cheap",
        tariff=WATER,
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "10"),),
        lines=(("flat", 1, "10", "2"),),
        costs="20",  # 10 x 2
    ),
    Case(
        name="the first litre beyond the limit is dear",
        tariff=WATER,
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "10.001"),),
        lines=(("flat", 1, "10", "2"), ("flat", 2, "0.001", "3")),
        costs="20.003",  # 10 x 2 + 0.001 x 3
    ),
    Case(
        name="one reading across the limit is split",
        tariff=WATER,
        used=("2026-11", "8"),
        uses=(("2026-11-20 00:00", "2026-11-20 12:00", "4"),),
        lines=(("flat", 1, "2", "2"), ("flat", 2, "2", "3")),
        costs="10",  # 2 left of ten at 2, then 2 at 3
    ),
    Case(
        name="many readings cross the limit as one does",
        tariff=WATER,
        used=("2026-11", "8"),
        uses=(
            ("2026-11-20 00:00", "2026-11-20 06:00", "1.5"),
            ("2026-11-20 06:00", "2026-11-20 07:00", "1"),
            ("2026-11-20 07:00", "2026-11-20 12:00", "1.5"),
        ),
        lines=(("flat", 1, "2", "2"), ("flat", 2, "2", "3")),
        costs="10",
    ),
    Case(
        name="one reading across two limits",
        tariff=CITY_WATER,
        used=("2026", "170"),
        uses=(("2026-08-01 00:00", "2026-09-01 00:00", "100"),),
        lines=(("flat", 1, "10", "5"), ("flat", 2, "80", "7"), ("flat", 3, "10", "9")),
        costs="700",  # 50 + 560 + 90
    ),
    Case(
        name="nothing used costs nothing",
        tariff=WATER,
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "0"),),
        lines=(),
        costs="0",
    ),
    Case(
        name="a month ends at local midnight",
        tariff=WATER,
        used=("2026-11", "12"),
        uses=(("2026-11-30 23:30", "2026-12-01 00:30", "0.4"),),
        lines=(("flat", 2, "0.2", "3"), ("flat", 1, "0.2", "2")),
        costs="1",  # half an hour in each month: 0.2 x 3 + 0.2 x 2
    ),
    Case(
        name="february of a leap year ends on the 29th",
        tariff=WATER,
        used=("2028-02", "12"),
        uses=(("2028-02-28 12:00", "2028-03-01 12:00", "4.8"),),
        # 48 hours at 0.1 an hour: 36 in February, 12 in March.
        lines=(("flat", 2, "3.6", "3"), ("flat", 1, "1.2", "2")),
        costs="13.2",  # 10.8 + 2.4
    ),
    Case(
        name="a month of silence falls into two tier periods",
        tariff=WATER,
        # 1 November to 31 December: 60 days at 0.4 a day: 30 x 0.4 = 12 in each.
        uses=(("2026-11-01 00:00", "2026-12-31 00:00", "24"),),
        lines=(
            ("flat", 1, "10", "2"),
            ("flat", 2, "2", "3"),
            ("flat", 1, "10", "2"),
            ("flat", 2, "2", "3"),
        ),
        costs="52",  # 26 each
    ),
    Case(
        name="a year ends at new year",
        tariff=CITY_WATER,
        used=("2026", "300"),
        uses=(("2026-12-31 23:00", "2027-01-01 01:00", "2"),),
        lines=(("flat", 3, "1", "9"), ("flat", 1, "1", "5")),
        costs="14",
    ),
    Case(
        name="a month within a year does not begin anew",
        tariff=CITY_WATER,
        used=("2026", "179"),
        uses=(("2026-10-31 23:00", "2026-11-01 01:00", "2"),),
        lines=(("flat", 1, "1", "5"), ("flat", 2, "1", "7")),
        costs="12",
    ),
    Case(
        name="a year may begin in july",
        tariff=CITY_WATER | {"period": {"per": "year", "starts": 7}},
        used=("2025", "270"),  # named by the year in which it began
        uses=(("2026-06-30 12:00", "2026-07-01 12:00", "2"),),
        lines=(("flat", 3, "1", "9"), ("flat", 1, "1", "5")),
        costs="14",
    ),
    Case(
        name="a year that begins in july goes on over new year",
        tariff=CITY_WATER | {"period": {"per": "year", "starts": 7}},
        used=("2026", "179"),
        uses=(("2026-12-31 12:00", "2027-01-01 12:00", "2"),),
        lines=(("flat", 1, "1", "5"), ("flat", 2, "1", "7")),
        costs="12",
    ),
    Case(
        name="a quarter ends with september",
        tariff=WATER | {"period": "quarter"},
        used=("2026-Q3", "12"),
        uses=(("2026-09-30 12:00", "2026-10-01 12:00", "2"),),
        lines=(("flat", 2, "1", "3"), ("flat", 1, "1", "2")),
        costs="5",
    ),
    Case(
        name="a month within a quarter does not begin anew",
        tariff=WATER | {"period": "quarter"},
        used=("2026-Q3", "9"),
        uses=(("2026-08-31 12:00", "2026-09-01 12:00", "2"),),
        lines=(("flat", 1, "1", "2"), ("flat", 2, "1", "3")),
        costs="5",
    ),
    Case(
        name="quarters of a year that begins in february",
        tariff=WATER | {"period": {"per": "quarter", "starts": 2}},
        used=("2026-Q4", "12"),  # November 2026 to January 2027
        uses=(("2027-01-31 12:00", "2027-02-01 12:00", "2"),),
        lines=(("flat", 2, "1", "3"), ("flat", 1, "1", "2")),
        costs="5",
    ),
    Case(
        name="ten days of the first month have a third of the limit",
        tariff=POWER | {"period": {"per": "month", "prorate_first": True}},
        first="2026-11-21 09:00",  # the 21st to the 30th: ten days of thirty
        uses=(("2026-11-21 09:00", "2026-11-30 09:00", "150"),),
        lines=(("flat", 1, "100", "0.5"), ("flat", 2, "50", "0.8")),
        costs="90",  # 300 x 10 / 30 = 100: 50 + 40
    ),
    Case(
        name="the second month has the whole limit",
        tariff=POWER | {"period": {"per": "month", "prorate_first": True}},
        first="2026-11-21 09:00",
        uses=(("2026-12-01 00:00", "2026-12-11 00:00", "310"),),
        lines=(("flat", 1, "300", "0.5"), ("flat", 2, "10", "0.8")),
        costs="158",  # 150 + 8
    ),
    Case(
        name="the first month is shortened and the second is not",
        tariff=POWER | {"period": {"per": "month", "prorate_first": True}},
        first="2026-11-21 09:00",
        uses=(
            ("2026-11-21 09:00", "2026-11-30 09:00", "150"),
            ("2026-12-01 00:00", "2026-12-11 00:00", "310"),
        ),
        lines=(
            ("flat", 1, "100", "0.5"),
            ("flat", 2, "50", "0.8"),
            ("flat", 1, "300", "0.5"),
            ("flat", 2, "10", "0.8"),
        ),
        costs="248",  # 90 + 158
    ),
    Case(
        name="who begins on the first day has the whole limit",
        tariff=POWER | {"period": {"per": "month", "prorate_first": True}},
        first="2026-11-01 18:00",
        uses=(("2026-11-02 00:00", "2026-11-12 00:00", "310"),),
        lines=(("flat", 1, "300", "0.5"), ("flat", 2, "10", "0.8")),
        costs="158",
    ),
    Case(
        name="without proration the first month is whole",
        tariff=POWER,
        first="2026-11-21 09:00",
        uses=(("2026-11-21 09:00", "2026-11-30 09:00", "150"),),
        lines=(("flat", 1, "150", "0.5"),),
        costs="75",
    ),
    Case(
        name="half a first year",
        tariff=POWER
        | {
            "tiers": [{"up_to": "3650", "price": "0.50"}, {"price": "0.60"}],
            "period": {"per": "year", "prorate_first": True},
        },
        first="2026-07-01 00:00",  # 184 of 365 days: 3650 x 184 / 365 = 1840
        uses=(("2026-07-01 00:00", "2026-10-09 00:00", "2000"),),
        lines=(("flat", 1, "1840", "0.5"), ("flat", 2, "160", "0.6")),
        costs="1016",  # 920 + 96
    ),
    Case(
        name="three quarters of a first year that began in july",
        tariff=POWER
        | {
            "tiers": [{"up_to": "365", "price": "0.50"}, {"price": "0.80"}],
            "period": {"per": "year", "starts": 7, "prorate_first": True},
        },
        first="2026-10-01 00:00",  # 273 of the 365 days to 30 June 2027
        uses=(("2026-10-01 00:00", "2026-10-31 00:00", "300"),),
        lines=(("flat", 1, "273", "0.5"), ("flat", 2, "27", "0.8")),
        costs="158.1",  # 136.5 + 21.6
    ),
    Case(
        name="a first quarter over new year",
        tariff=POWER
        | {
            "tiers": [{"up_to": "92", "price": "0.50"}, {"price": "0.80"}],
            "period": {"per": "quarter", "starts": 2, "prorate_first": True},
        },
        first="2026-12-31 00:00",  # 32 of the 92 days from November to January
        uses=(("2026-12-31 00:00", "2027-01-10 00:00", "40"),),
        lines=(("flat", 1, "32", "0.5"), ("flat", 2, "8", "0.8")),
        costs="22.4",  # 16 + 6.4
    ),
    Case(
        name="the end of a first quarter",
        tariff=POWER | {"period": {"per": "quarter", "prorate_first": True}},
        first="2026-12-17 00:00",  # 15 of the 92 days from October: 300 x 15 / 92 = 48.913043
        uses=(("2026-12-17 00:00", "2026-12-27 00:00", "50"),),
        lines=(("flat", 1, "48.913043", "0.5"), ("flat", 2, "1.086957", "0.8")),
        costs="25.3260871",  # 24.4565215 + 0.8695656
    ),
    Case(
        name="a shortened limit is rounded down to a millilitre",
        tariff=WATER | {"period": {"per": "month", "prorate_first": True}},
        first="2026-11-24 00:00",  # 7 of 30 days: 10 x 7 / 30 = 2.333333…
        uses=(("2026-11-24 00:00", "2026-11-30 00:00", "3"),),
        lines=(("flat", 1, "2.333333", "2"), ("flat", 2, "0.666667", "3")),
        costs="6.666667",  # 4.666666 + 2.000001
    ),
    Case(
        name="a sixth person widens every limit",
        tariff=CITY_WATER | {"persons": {"base": 5, "each": "30"}},
        persons=6,  # 210 and 290
        uses=(("2026-02-01 00:00", "2026-03-01 00:00", "300"),),
        lines=(("flat", 1, "210", "5"), ("flat", 2, "80", "7"), ("flat", 3, "10", "9")),
        costs="1700",  # 1050 + 560 + 90
    ),
    Case(
        name="five persons are who the limits were made for",
        tariff=CITY_WATER | {"persons": {"base": 5, "each": "30"}},
        persons=5,
        uses=(("2026-02-01 00:00", "2026-03-01 00:00", "250"),),
        lines=(("flat", 1, "180", "5"), ("flat", 2, "70", "7")),
        costs="1390",  # 900 + 490
    ),
    Case(
        name="an eighth person counts three times",
        tariff=CITY_WATER | {"persons": {"base": 5, "each": "30"}},
        persons=8,  # 270 and 350
        uses=(("2026-02-01 00:00", "2026-03-01 00:00", "280"),),
        lines=(("flat", 1, "270", "5"), ("flat", 2, "10", "7")),
        costs="1420",  # 1350 + 70
    ),
    Case(
        name="five persons get a hundred a month more",
        tariff=HOUSEHOLD,
        persons=5,  # 3120 + 1200 = 4320
        uses=(("2026-03-01 00:00", "2026-06-09 00:00", "4400"),),
        lines=(("flat", 1, "4320", "0.617"), ("flat", 2, "80", "0.677")),
        costs="2719.6",  # 2665.44 + 54.16
    ),
    Case(
        name="seven persons get no more than five",
        tariff=HOUSEHOLD,
        persons=7,
        uses=(("2026-03-01 00:00", "2026-06-09 00:00", "4400"),),
        lines=(("flat", 1, "4320", "0.617"), ("flat", 2, "80", "0.677")),
        costs="2719.6",
    ),
    Case(
        name="four persons get what is written",
        tariff=HOUSEHOLD,
        persons=4,
        uses=(("2026-03-01 00:00", "2026-06-09 00:00", "4400"),),
        lines=(("flat", 1, "3120", "0.617"), ("flat", 2, "1280", "0.677")),
        costs="2791.6",  # 1925.04 + 866.56
    ),
    Case(
        name="four students have eight kilowatt-hours free each",
        tariff=DORMITORY,
        persons=4,
        uses=(("2026-11-01 00:00", "2026-11-26 00:00", "50"),),
        lines=(("flat", 1, "32", "0"), ("flat", 2, "18", "0.55")),
        costs="9.9",
    ),
    Case(
        name="a room without students has nothing free",
        tariff=DORMITORY,
        uses=(("2026-11-01 00:00", "2026-11-26 00:00", "50"),),
        lines=(("flat", 2, "50", "0.55"),),
        costs="27.5",
    ),
    Case(
        name="the free quota comes anew each month",
        tariff=DORMITORY,
        persons=2,
        used=("2026-11", "16"),
        uses=(("2026-11-30 00:00", "2026-12-02 00:00", "20"),),
        lines=(("flat", 2, "10", "0.55"), ("flat", 1, "10", "0")),
        costs="5.5",
    ),
    Case(
        name="free for each head, then cheap, then dear",
        tariff=DORMITORY
        | {
            "tiers": [
                {"per_person": "8", "price": "0"},
                {"per_person": "8", "up_to": "100", "price": "0.50"},
                {"price": "0.80"},
            ]
        },
        persons=4,  # 32 and 132
        uses=(("2026-11-01 00:00", "2026-11-26 00:00", "150"),),
        lines=(("flat", 1, "32", "0"), ("flat", 2, "100", "0.5"), ("flat", 3, "18", "0.8")),
        costs="64.4",  # 50 + 14.4
    ),
    Case(
        name="persons widen, then the first month shortens",
        tariff=POWER
        | {
            "period": {"per": "month", "prorate_first": True},
            "persons": {"base": 2, "each": "50"},
        },
        persons=4,
        first="2026-11-16 12:00",  # (300 + 2 x 50) x 15 / 30 = 200
        uses=(("2026-11-16 12:00", "2026-11-26 12:00", "240"),),
        lines=(("flat", 1, "200", "0.5"), ("flat", 2, "40", "0.8")),
        costs="132",  # 100 + 32
    ),
    Case(
        name="a ladder on top of one price",
        tariff={
            "tariff": "ladder",
            "quantity": "energy",
            "price": "0.5283",
            "ladder": TWO_PRICES["ladder"],
        },
        uses=(("2026-11-01 00:00", "2026-11-21 00:00", "500"),),
        lines=(
            ("flat", 1, "230", "0.5283"),
            ("flat", 2, "170", "0.5783"),
            ("flat", 3, "100", "0.8283"),
        ),
        costs="302.65",  # 121.509 + 98.311 + 82.83
    ),
    Case(
        name="a ladder on top of peak and valley",
        tariff=TWO_PRICES,
        used=("2026-11", "200"),
        # Ten an hour. Until eight: 80 in the valley, 30 of them to the limit of 230. Until nine in
        # the evening: 130 at the peak, 120 of them to the limit of 400. Then 30 in the valley.
        uses=(("2026-11-05 00:00", "2026-11-06 00:00", "240"),),
        lines=(
            ("valley", 1, "30", "0.3583"),
            ("valley", 2, "50", "0.4083"),
            ("peak", 2, "120", "0.6083"),
            ("peak", 3, "10", "0.8583"),
            ("valley", 3, "30", "0.6583"),
        ),
        costs="132.492",  # 10.749 + 20.415 + 72.996 + 8.583 + 19.749
    ),
    Case(
        name="a ladder widened for a fifth person",
        tariff=TWO_PRICES | {"persons": {"base": 4, "once": "100"}},
        persons=5,  # 330 and 500
        used=("2026-11", "320"),
        uses=(("2026-11-05 09:00", "2026-11-05 11:00", "20"),),
        lines=(("peak", 1, "10", "0.5583"), ("peak", 2, "10", "0.6083")),
        costs="11.666",  # 5.583 + 6.083
    ),
    Case(
        name="peak and valley with tiers of their own and one count",
        tariff={
            "tariff": "own_tiers",
            "quantity": "energy",
            "period": "year",
            "rates": {
                "peak": [
                    {"up_to": "3120", "price": "0.617"},
                    {"up_to": "4800", "price": "0.677"},
                    {"price": "0.977"},
                ],
                "valley": [
                    {"up_to": "3120", "price": "0.307"},
                    {"up_to": "4800", "price": "0.337"},
                    {"price": "0.487"},
                ],
            },
            "bands": [{"rate": "peak", "from": "06:00", "to": "22:00"}],
        },
        used=("2026", "3000"),
        # Ten an hour: 60 until six (3060), 160 until ten in the evening (60 of them to 3120), 20.
        uses=(("2026-11-05 00:00", "2026-11-06 00:00", "240"),),
        lines=(
            ("valley", 1, "60", "0.307"),
            ("peak", 1, "60", "0.617"),
            ("peak", 2, "100", "0.677"),
            ("valley", 2, "20", "0.337"),
        ),
        costs="129.88",  # 18.42 + 37.02 + 67.70 + 6.74
    ),
    Case(
        name="summer limits in october",
        tariff=SOUTH,
        uses=(("2026-10-01 00:00", "2026-10-31 00:00", "300"),),
        lines=(("flat", 1, "260", "0.588"), ("flat", 2, "40", "0.638")),
        costs="178.4",  # 152.88 + 25.52
    ),
    Case(
        name="winter limits in november",
        tariff=SOUTH,
        uses=(("2026-11-01 00:00", "2026-11-26 00:00", "300"),),
        lines=(("flat", 1, "200", "0.588"), ("flat", 2, "100", "0.638")),
        costs="181.4",  # 117.6 + 63.8
    ),
    Case(
        name="the last day of a season is in it",
        tariff=SOUTH,
        used=("2026-10", "240"),
        uses=(("2026-10-31 00:00", "2026-11-01 00:00", "24"),),
        lines=(("flat", 1, "20", "0.588"), ("flat", 2, "4", "0.638")),
        costs="14.312",  # 11.76 + 2.552
    ),
    Case(
        name="a season in the middle of a month moves the ladder, not the count",
        tariff=NORTH,
        used=("2026-11", "250"),
        # On the 14th 250 is beyond 200; on the 15th heating begins and 262 is within 400.
        uses=(("2026-11-14 12:00", "2026-11-15 12:00", "24"),),
        lines=(("flat", 2, "12", "0.6"), ("flat", 1, "12", "0.5")),
        costs="13.2",  # 7.2 + 6
    ),
    Case(
        name="a season over new year",
        tariff=NORTH,
        used=("2026-12", "390"),
        uses=(("2026-12-31 00:00", "2027-01-02 00:00", "48"),),
        lines=(("flat", 1, "10", "0.5"), ("flat", 2, "14", "0.6"), ("flat", 1, "24", "0.5")),
        costs="25.4",  # 5 + 8.4 + 12
    ),
    Case(
        name="a new version in the middle of a month goes on with the count",
        tariff=WATER,
        later=(
            (
                "2026-11-16 00:00",
                WATER | {"tiers": [{"up_to": "10", "price": "2.50"}, {"price": "4.00"}]},
            ),
        ),
        used=("2026-11", "8"),
        uses=(("2026-11-15 12:00", "2026-11-16 12:00", "4"),),
        lines=(("flat", 1, "2", "2"), ("flat", 2, "2", "4")),
        costs="12",  # 2 x 2 to the limit, then 2 x 4
    ),
    Case(
        name="a new version with another period begins its count",
        tariff=WATER,
        later=(("2026-11-16 00:00", CITY_WATER | {"tariff": "water"}),),
        used=("2026-11", "12"),
        uses=(("2026-11-15 12:00", "2026-11-16 12:00", "4"),),
        lines=(("flat", 2, "2", "3"), ("flat", 1, "2", "5")),
        costs="16",  # 6 + 10
    ),
    Case(
        name="a count of another period is none",
        tariff=WATER,
        used=("2026-10", "50"),
        uses=(("2026-11-20 00:00", "2026-11-20 12:00", "4"),),
        lines=(("flat", 1, "4", "2"),),
        costs="8",
    ),
)
