"""Gas by energy: the meter counts cubic metres, the price is per kilowatt-hour."""

from typing import Final

from .case import Case

GAS: Final = {
    "tariff": "gas",
    "quantity": "volume",
    "price": "0.0812",
    "calorific": {"value": "10.5", "factor": "0.95"},
}

CASES: Final = (
    Case(
        name="cubic metres become kilowatt-hours",
        tariff=GAS,
        zone="Europe/Berlin",
        # 10.5 x 0.95 = 9.975 kWh per m³; x 0.0812 = 0.80997 per m³.
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "100"),),
        lines=(("flat", 1, "100", "0.80997"),),
        costs="80.997",
    ),
    Case(
        name="the price of a cubic metre is rounded once",
        tariff=GAS | {"price": "0.083333", "calorific": {"value": "11.2345", "factor": "0.965"}},
        zone="Europe/Berlin",
        # 0.083333 x 11.2345 = 0.9362045885; x 0.965 = 0.9034374279: 0.903437
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "1000"),),
        lines=(("flat", 1, "1000", "0.903437"),),
        costs="903.437",
    ),
    Case(
        name="a half is rounded to the even millionth",
        tariff=GAS | {"price": "0.000005", "calorific": {"value": "0.5"}},
        zone="Europe/Berlin",
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "1000000"),),  # 0.0000025
        lines=(("flat", 1, "1000000", "0.000002"),),
        costs="2",
    ),
    Case(
        name="a calorific value in megajoules",
        tariff=GAS
        | {"price": "0.0624", "calorific": {"value": "39.6", "factor": "1.02264", "unit": "MJ"}},
        zone="Europe/London",
        # 39.6 / 3.6 = 11 kWh; x 1.02264 = 11.24904; x 0.0624 = 0.701940096: 0.70194
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "100"),),
        lines=(("flat", 1, "100", "0.70194"),),
        costs="70.194",
    ),
    Case(
        name="limits of gas are in cubic metres",
        tariff={
            "tariff": "gas_tiers",
            "quantity": "volume",
            "tiers": [{"up_to": "350", "price": "0.20"}, {"price": "0.30"}],
            "period": "year",
            "calorific": {"value": "10"},
        },
        used=("2026", "340"),
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "30"),),
        lines=(("flat", 1, "10", "2"), ("flat", 2, "20", "3")),
        costs="80",
    ),
    Case(
        name="an adder per kilowatt-hour is converted with the price",
        tariff=GAS
        | {
            "price": "0.10",
            "ladder": [{"up_to": "50", "price": "0"}, {"price": "0.025"}],
            "calorific": {"value": "11.1", "factor": "1.0001"},
        },
        zone="Europe/Berlin",
        # 11.1 x 1.0001 = 11.10111: 1.110111 and, with 0.125, 1.38763875: 1.387639
        uses=(("2026-11-01 00:00", "2026-11-20 00:00", "100"),),
        lines=(("flat", 1, "50", "1.110111"), ("flat", 2, "50", "1.387639")),
        costs="124.8875",  # 55.50555 + 69.38195
    ),
)
