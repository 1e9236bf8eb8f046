"""Any tariff by use, as a manager may write it."""

from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES: Final = ("sharp", "peak", "flat", "valley", "deep")
SEASONS: Final = (
    {"name": "summer", "from": "06-01", "to": "08-31"},
    {"name": "winter", "from": "11-15", "to": "03-15"},
)
LIMITS: Final = ("1", "10.5", "50", "120", "400")

prices = st.decimals(Decimal(0), Decimal(2), places=4, allow_nan=False).map(str)
half_hours = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{'30' if half % 2 else '00'}")
"""Bands begin and end on half hours, so that the model may look every half hour."""


@st.composite
def tiers(draw: st.DrawFn, season: str | None = None) -> list[dict[str, Any]]:
    """Rising tiers, perhaps widened by persons, perhaps of a season."""
    limits = draw(st.lists(st.sampled_from(LIMITS), max_size=2, unique=True))
    each = draw(st.sampled_from([None, "0.25", "3"]))
    said: dict[str, Any] = {} if season is None else {"season": season}
    made = [
        said
        | {"up_to": limit, "price": draw(prices)}
        | ({} if each is None else {"per_person": each})
        for limit in sorted(limits, key=Decimal)
    ]
    return [*made, said | {"price": draw(prices)}]


@st.composite
def seasonal_tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Tiers for the whole year, perhaps others in a season."""
    seasons = draw(st.lists(st.sampled_from(["summer", "winter"]), unique=True))
    return [one for season in seasons for one in draw(tiers(season))] + draw(tiers())


@st.composite
def bands(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """A band of any days, hours and seasons."""
    band: dict[str, Any] = {
        "rate": draw(st.sampled_from(names)),
        "from": draw(half_hours),
        "to": draw(half_hours | st.just("24:00")),
    }
    days = draw(
        st.none()
        | st.just(["workday"])
        | st.just(["weekend", "holiday"])
        | st.lists(st.sampled_from([*DAYS, "holiday"]), min_size=1, unique=True)
    )
    seasons = draw(st.none() | st.just(["summer"]) | st.just(["winter", "summer"]))
    return (
        band
        | ({} if days is None else {"days": days})
        | ({} if seasons is None else {"seasons": seasons})
    )


@st.composite
def documents(draw: st.DrawFn, *, own_tiers: bool = True) -> dict[str, Any]:
    """A tariff for electricity; without `own_tiers` each rate has one price, perhaps with a ladder."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    document: dict[str, Any] = {
        "tariff": "any",
        "quantity": "energy",
        "seasons": list(SEASONS),
        "calendar": "here",
        "bands": draw(st.lists(bands(names), max_size=4)),
        "otherwise": draw(st.sampled_from(names)),
        "period": {
            "per": draw(st.sampled_from(["month", "quarter", "year"])),
            "starts": draw(st.sampled_from([1, 2, 7, 12])),
            "prorate_first": draw(st.booleans()),
        },
        "persons": {
            "base": draw(st.integers(0, 3)),
            "each": draw(st.sampled_from(["0", "2", "7.5"])),
            "once": draw(st.sampled_from(["0", "20"])),
        },
    }
    if own_tiers and draw(st.booleans()):
        return document | {"rates": {name: draw(seasonal_tiers()) for name in names}}
    if draw(st.booleans()):
        factors = st.decimals(Decimal("0.1"), Decimal(3), places=3, allow_nan=False).map(str)
        plan = {"base": draw(prices), "factors": {name: draw(factors) for name in names}}
        document |= {"plan": plan}
    else:
        document |= {"rates": {name: draw(prices) for name in names}}
    return document | (draw(st.just({}) | st.builds(dict, ladder=seasonal_tiers())))


shares = st.decimals(Decimal(0), Decimal(30), places=4, allow_nan=False).map(str)


@st.composite
def levies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Fees and taxes with names of their own."""
    names = draw(st.lists(st.sampled_from(["VAT", "service", "city"]), unique=True))
    return [
        {
            "name": name,
            "kind": draw(st.sampled_from(["tax", "fee"])),
            "percent": draw(shares),
            "included": draw(st.booleans()),
        }
        for name in names
    ]


@st.composite
def whole_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A tariff by use with any of the parts that have nothing to do with when and how much."""
    document = draw(documents())
    names = [*document.get("rates", {}), *document.get("plan", {}).get("factors", {})]
    parts: dict[str, st.SearchStrategy[Any]] = {
        "name": st.sampled_from(["Home", "居民电价", "1"]),
        "registers": st.permutations(names),
        "levies": levies(),
        "ceiling": prices,
        "loss_cap": shares,
    }
    if draw(st.booleans()):
        document["quantity"] = "volume"
        parts["calorific"] = st.fixed_dictionaries(
            {"value": st.sampled_from(["10.5", "39.4"])},
            optional={
                "factor": st.sampled_from(["0.9523", "1.02264"]),
                "unit": st.sampled_from(["kWh", "MJ"]),
            },
        )
    return document | draw(st.fixed_dictionaries({}, optional=parts))
