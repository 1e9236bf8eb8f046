"""The written form of rates, tiers and bands."""

from collections.abc import Sequence
from typing import Final

from .calendars import HOLIDAY
from .metering import Quantity
from .money import price_text, quantity_text
from .rates import Band, Rate, Tier
from .written_parts import amount, clock, listed, malformed, mapping, name, price, under

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUPS: Final = {"workday": (0, 1, 2, 3, 4), "weekend": (5, 6), "holiday": (HOLIDAY,)}
"""Words for several days, and the one that is no weekday."""
TIER_KEYS: Final = ("up_to", "per_person", "price", "season")
BAND_KEYS: Final = ("rate", "days", "seasons", "from", "to")


def read_rates(written: object, path: str, quantity: Quantity) -> tuple[Rate, ...]:
    """Read rates by name, each a price or a list of tiers."""
    by_name = mapping(written, path)
    if not by_name:
        raise malformed(path)
    return tuple(
        Rate(name=name(key, path), tiers=read_price(value, under(path, key), quantity))
        for key, value in by_name.items()
    )


def write_rates(rates: Sequence[Rate], quantity: Quantity) -> dict[str, object]:
    """Write rates by name."""
    return {rate.name: write_price(rate.tiers, quantity) for rate in rates}


def read_price(written: object, path: str, quantity: Quantity) -> tuple[Tier, ...]:
    """Read one price, or tiers."""
    if isinstance(written, Sequence) and not isinstance(written, str):
        return read_tiers(written, path, quantity)
    return (Tier(up_to=None, price_micro=price(written, path)),)


def write_price(tiers: Sequence[Tier], quantity: Quantity) -> object:
    """Write a price, or tiers where there is more to say than one."""
    if len(tiers) == 1 and tiers[0] == Tier(up_to=None, price_micro=tiers[0].price_micro):
        return price_text(tiers[0].price_micro)
    return write_tiers(tiers, quantity)


def read_tiers(written: object, path: str, quantity: Quantity) -> tuple[Tier, ...]:
    """Read a list of tiers; a limit may be made of persons alone."""
    return tuple(
        _tier(one, under(path, place), quantity) for place, one in enumerate(listed(written, path))
    )


def write_tiers(tiers: Sequence[Tier], quantity: Quantity) -> list[dict[str, str]]:
    """Write tiers as `read_tiers` reads them."""
    return [_write_tier(tier, quantity) for tier in tiers]


def read_bands(written: object, path: str) -> tuple[Band, ...]:
    """Read the bands in their order."""
    return tuple(_band(one, under(path, place)) for place, one in enumerate(listed(written, path)))


def write_bands(bands: Sequence[Band]) -> list[dict[str, object]]:
    """Write bands with their days spelled out."""
    return [_write_band(band) for band in bands]


def _tier(written: object, path: str, quantity: Quantity) -> Tier:
    tier = mapping(written, path, TIER_KEYS)
    if "price" not in tier:
        raise malformed(under(path, "price"))
    up_to, each = tier.get("up_to"), tier.get("per_person")
    per_person = 0 if each is None else amount(each, under(path, "per_person"), quantity)
    if up_to is None and each is not None:
        up_to = "0"
    season = tier.get("season")
    return Tier(
        up_to=None if up_to is None else amount(up_to, under(path, "up_to"), quantity),
        price_micro=price(tier["price"], under(path, "price")),
        per_person=per_person,
        season="" if season is None else name(season, under(path, "season")),
    )


def _write_tier(tier: Tier, quantity: Quantity) -> dict[str, str]:
    written = {"season": tier.season} if tier.season else {}
    if tier.up_to is not None:
        written["up_to"] = quantity_text(tier.up_to, quantity)
    if tier.per_person:
        written["per_person"] = quantity_text(tier.per_person, quantity)
    return written | {"price": price_text(tier.price_micro)}


def _band(written: object, path: str) -> Band:
    band = mapping(written, path, BAND_KEYS)
    for key in ("rate", "from", "to"):
        if key not in band:
            raise malformed(under(path, key))
    seasons = band.get("seasons")
    return Band(
        rate=name(band["rate"], under(path, "rate")),
        weekdays=read_days(band.get("days"), under(path, "days")),
        start=clock(band["from"], under(path, "from")),
        end=clock(band["to"], under(path, "to")),
        seasons=()
        if seasons is None
        else tuple(
            name(one, under(path, f"seasons.{place}"))
            for place, one in enumerate(listed(seasons, under(path, "seasons")))
        ),
    )


def _write_band(band: Band) -> dict[str, object]:
    written: dict[str, object] = {
        "rate": band.rate,
        "days": write_days(band.weekdays),
        "from": f"{band.start:%H:%M}",
        "to": f"{band.end:%H:%M}",
    }
    return written | {"seasons": list(band.seasons)} if band.seasons else written


def read_days(written: object, path: str) -> tuple[int, ...]:
    """Read days by name; none named means every day."""
    named = DAYS if written is None else listed(written, path)
    days: set[int] = set()
    for one in named or DAYS:
        name = one if isinstance(one, str) else ""
        if name in DAYS:
            days.add(DAYS.index(name))
        elif name in GROUPS:
            days.update(GROUPS[name])
        else:
            raise malformed(path)
    return tuple(sorted(days))


def write_days(weekdays: Sequence[int]) -> list[str]:
    """Write days by name, each spelled out."""
    return [(*DAYS, "holiday")[day] for day in weekdays]
