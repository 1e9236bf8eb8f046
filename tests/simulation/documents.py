"""The tariffs that a life is billed by, as a manager writes them."""

from collections.abc import Mapping
import random
from typing import Any, Final

type Document = dict[str, Any]

CHINESE_LADDER: Final = [
    {"up_to": "40", "price": "0"},
    {"up_to": "90", "price": "0.05"},
    {"price": "0.3001"},
]


def flat(rng: random.Random) -> Document:
    """One price with digits that no cent can hold."""
    return {"price": _price(rng)}


def tiered(rng: random.Random) -> Document:
    """Steps per month, quarter or year, widened by persons, perhaps shortened at first.

    They are counted for the unit, or for each of its tenants.
    """
    per_tenant = rng.random() < 0.4
    return {
        "period": {
            "per": rng.choice(("month", "quarter", "year")),
            "starts": rng.choice((1, 4, 7)),
            "prorate_first": not per_tenant and rng.random() < 0.3,
            "per_tenant": per_tenant,
        },
        "persons": {"base": 2, "each": "7.3"},
        "tiers": [
            {"up_to": "31.7", "price": _price(rng)},
            {"up_to": "87.123456", "price": _price(rng)},
            {"price": _price(rng)},
        ],
    }


def free_quota(rng: random.Random) -> Document:
    """A dormitory's first kilowatt-hours are free, by heads."""
    return {"tiers": [{"per_person": "5.5", "price": "0"}, {"price": _price(rng)}]}


def by_the_clock(rng: random.Random) -> Document:
    """Peak, flat and valley, past midnight too, with weekends of their own."""
    return {
        "rates": {"peak": _price(rng), "flat": _price(rng), "valley": _price(rng)},
        "bands": [
            {"rate": "valley", "days": ["weekend"], "from": "00:00", "to": "24:00"},
            {"rate": "peak", "from": "08:00", "to": "21:30"},
            {"rate": "valley", "from": "22:30", "to": "06:00"},
        ],
        "otherwise": "flat",
    }


def ladder(rng: random.Random) -> Document:
    """Steps on top of peak and valley, for the meters of a unit together."""
    return {
        "rates": {"peak": _price(rng), "valley": _price(rng)},
        "bands": [{"rate": "peak", "from": "08:00", "to": "21:00"}],
        "otherwise": "valley",
        "ladder": CHINESE_LADDER,
        "persons": {"base": 4, "each": "10"},
        "period": rng.choice(("month", "quarter", "year")),
    }


def seasonal(rng: random.Random) -> Document:
    """Limits that change in the middle of a month, and a plan of factors cannot have steps."""
    return {
        "seasons": [{"name": "odd", "from": "04-09", "to": "10-17"}],
        "tiers": [
            {"season": "odd", "up_to": "55", "price": _price(rng)},
            {"season": "odd", "price": _price(rng)},
            {"up_to": "23", "price": _price(rng)},
            {"price": _price(rng)},
        ],
    }


def factors(rng: random.Random) -> Document:
    """A base price times factors."""
    return {
        "plan": {
            "base": _price(rng),
            "factors": {"peak": "1.666667", "flat": "1", "valley": "0.3333"},
        },
        "bands": [
            {"rate": "peak", "from": "10:00", "to": "12:00"},
            {"rate": "valley", "from": "23:00", "to": "07:00"},
        ],
        "otherwise": "flat",
    }


def two_ladders(rng: random.Random) -> Document:
    """Peak and valley with steps of their own, counted together: in which order counts."""
    steps = {
        rate: [{"up_to": "35", "price": _price(rng)}, {"price": _price(rng)}]
        for rate in ("peak", "valley")
    }
    return {
        "rates": steps,
        "bands": [{"rate": "peak", "from": "06:00", "to": "22:00"}],
        "otherwise": "valley",
    }


KEPT: Final = ("period", "levies", "minimum")
"""What all versions of a tariff have in common here."""
KINDS: Final = (flat, tiered, free_quota, by_the_clock, ladder, seasonal, factors, two_ladders)


def draw(rng: random.Random, name: str, like: Mapping[str, Any] | None = None) -> Document:
    """Draw a tariff; `like` is the version before, of whose period, levies and minimum the next is."""
    document: Document = {"tariff": name, "quantity": "energy"} | rng.choice(KINDS)(rng)
    if rng.random() < 0.4:
        document["standing"] = [{"name": "meter", "price": _price(rng), "per": "day"}]
        if rng.random() < 0.5:
            per = rng.choice(("month", "quarter", "year"))
            document["standing"].append({"name": "base", "price": "17.77", "per": per})
    if like is not None:
        document.pop("period", None)
        document |= {key: like[key] for key in KEPT if key in like}
        return document
    if rng.random() < 0.4:
        document["levies"] = [
            {"name": "service", "kind": "fee", "percent": "4.37"},
            {"name": "VAT", "kind": "tax", "percent": "13", "included": rng.random() < 0.5},
        ]
    if rng.random() < 0.3:
        per, most = rng.choice((("day", 2_000), ("day", 2_000), ("month", 30_000)))
        document["minimum"] = {"price": f"{rng.randrange(most) / 100:.2f}", "per": per}
    return document


def _price(rng: random.Random) -> str:
    return f"{rng.randrange(100_000, 2_500_000) / 1_000_000:.6f}"
