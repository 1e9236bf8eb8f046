"""The written form of standing and minimum charges.

```yaml
standing:
  - {name: meter, price: "5.00"}                       # per month, for each meter
  - {name: heat, price: "24.00", per: season, by: area, season: {from: "11-15", to: "03-15"}}
minimum: {price: "15.00", per: month}
```
"""

from typing import Final

from .calendars import Season
from .extent import By
from .money import price_text
from .periods import Every
from .standing import Minimum, Per, Standing
from .written_parts import (
    choice,
    listed,
    malformed,
    mapping,
    month_day,
    name,
    price,
    under,
    write_month_day,
)

KEYS: Final = ("name", "price", "per", "by", "season")
MINIMUM_KEYS: Final = ("price", "per", "by")


def read_standings(written: object, path: str) -> tuple[Standing, ...]:
    """Read standing charges; each has a name of its own, as it is a line of its own."""
    read = tuple(
        _standing(one, under(path, place)) for place, one in enumerate(listed(written, path))
    )
    names = [one.name for one in read]
    for place, one in enumerate(names):
        if one in names[:place]:
            raise malformed(under(path, f"{place}.name"))
    return read


def write_standings(standings: tuple[Standing, ...]) -> list[dict[str, object]]:
    """Write standing charges as `read_standings` reads them."""
    return [_write_standing(one) for one in standings]


def read_minimum(written: object, path: str) -> Minimum:
    """Read a minimum charge."""
    minimum = mapping(written, path, MINIMUM_KEYS)
    return Minimum(
        price_micro=price(minimum.get("price"), under(path, "price")),
        per=choice(minimum.get("per", Every.MONTH), under(path, "per"), Every),
        by=choice(minimum.get("by", By.EACH), under(path, "by"), By),
    )


def write_minimum(minimum: Minimum | None) -> dict[str, object]:
    """Write a minimum charge as `read_minimum` reads it."""
    assert minimum is not None
    return {
        "price": price_text(minimum.price_micro),
        "per": str(minimum.per),
        "by": str(minimum.by),
    }


def _standing(written: object, path: str) -> Standing:
    standing = mapping(written, path, KEYS)
    per = choice(standing.get("per", Per.MONTH), under(path, "per"), Per)
    season = standing.get("season")
    if season is None and per is Per.SEASON:
        raise malformed(under(path, "season"))
    called = name(standing.get("name"), under(path, "name"))
    return Standing(
        name=called,
        price_micro=price(standing.get("price"), under(path, "price")),
        per=per,
        by=choice(standing.get("by", By.EACH), under(path, "by"), By),
        season=None if season is None else _season(season, under(path, "season"), called),
    )


def _write_standing(standing: Standing) -> dict[str, object]:
    written: dict[str, object] = {
        "name": standing.name,
        "price": price_text(standing.price_micro),
        "per": str(standing.per),
        "by": str(standing.by),
    }
    if standing.season is not None:
        written["season"] = {
            "from": write_month_day(standing.season.from_day),
            "to": write_month_day(standing.season.to_day),
        }
    return written


def _season(written: object, path: str, called: str) -> Season:
    """Read the season of one charge: it goes by the charge's name."""
    season = mapping(written, path, ("from", "to"))
    return Season(
        name=called,
        from_day=month_day(season.get("from"), under(path, "from")),
        to_day=month_day(season.get("to"), under(path, "to")),
    )
