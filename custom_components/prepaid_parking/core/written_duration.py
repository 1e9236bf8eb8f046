"""The written form of a price by duration, or by another counter of a use.

```yaml
kind: duration
duration:
  price: "4.00"       # for every `per`: minutes; with another quantity its display unit (km, pieces)
  per: 60
  step: 30            # the unit that is paid; as long as `per` where it is left out
  counting: started   # or exact
  free: 15
  free_kind: within   # or always
  first: [{length: 60, price: "5.00"}]
  bands: [{name: night, from: "22:00", to: "08:00", price: "5.00", flat: true}]
  caps: {day: "30.00", rolling: "40.00", whole: "100.00"}
  leave: 15
```
"""

from collections.abc import Mapping
from typing import Final

from .duration import Counting, Duration, First, FreeKind, StayBand
from .errors import CoreError
from .metering import Quantity
from .money import price_text, quantity_text
from .priced import Rounding
from .till import MINUTE
from .written_parts import (
    amount,
    choice,
    clock,
    listed,
    malformed,
    mapping,
    name,
    price,
    under,
    whole,
    yes_or_no,
)
from .written_rates import read_days, write_days

KEYS: Final = (
    *("price", "per", "step", "counting", "free", "free_kind", "first", "bands", "caps"),
    *("leave", "rounding"),
)
BAND_KEYS: Final = ("name", "days", "from", "to", "price", "flat", "cap")
CAPS: Final = {
    "day": "day_cap_micro",
    "rolling": "rolling_cap_micro",
    "whole": "whole_cap_micro",
}
BY_THE_CLOCK: Final = ("bands", "caps.day", "caps.rolling", "leave")
HOUR_MINUTES: Final = 60
MOST_MINUTES: Final = 366 * 24 * 60


def read_duration(written: object, path: str, quantity: Quantity) -> Duration:
    """Read the price of a stay or a use."""
    terms = mapping(written, path, KEYS)
    caps = mapping(terms.get("caps", {}), under(path, "caps"), tuple(CAPS))
    _refuse_clock(terms, caps, path, quantity)
    usual = HOUR_MINUTES if quantity is Quantity.DURATION else "1"
    per = _length(terms.get("per", usual), under(path, "per"), quantity)
    step = terms.get("step")
    return Duration(
        quantity=quantity,
        price_micro=price(terms.get("price"), under(path, "price")),
        per=per,
        step=per if step is None else _length(step, under(path, "step"), quantity),
        counting=choice(terms.get("counting", Counting.STARTED), under(path, "counting"), Counting),
        free=_length(terms.get("free", 0), under(path, "free"), quantity, least=0),
        free_kind=choice(
            terms.get("free_kind", FreeKind.WITHIN), under(path, "free_kind"), FreeKind
        ),
        first=_firsts(terms.get("first", ()), under(path, "first"), quantity),
        bands=_bands(terms.get("bands", ()), under(path, "bands")),
        leave=_length(terms.get("leave", 0), under(path, "leave"), quantity, least=0),
        rounding=choice(terms.get("rounding", Rounding.HALF_UP), under(path, "rounding"), Rounding),
        **{CAPS[key]: price(one, under(path, f"caps.{key}")) for key, one in caps.items()},
    )


def write_duration(terms: Duration | None, quantity: Quantity) -> dict[str, object]:
    """Write the price of a stay or a use as `read_duration` reads it."""
    assert terms is not None
    caps = {
        key: price_text(most)
        for key, field in CAPS.items()
        if (most := getattr(terms, field)) is not None
    }
    written: dict[str, object] = {
        "price": price_text(terms.price_micro),
        "per": _write_length(terms.per, quantity),
        "step": _write_length(terms.step, quantity),
        "counting": str(terms.counting),
        "rounding": str(terms.rounding),
    }
    if terms.free:
        written["free"] = _write_length(terms.free, quantity)
        written["free_kind"] = str(terms.free_kind)
    if terms.first:
        written["first"] = [
            {
                "length": _write_length(one.length, quantity),
                "price": price_text(one.price_micro),
            }
            for one in terms.first
        ]
    if terms.bands:
        written["bands"] = [_write_band(band) for band in terms.bands]
    if terms.leave:
        written["leave"] = _write_length(terms.leave, quantity)
    return written | ({"caps": caps} if caps else {})


def _refuse_clock(
    terms: Mapping[str, object], caps: Mapping[str, object], path: str, quantity: Quantity
) -> None:
    """Refuse what a counter of pieces or kilometres cannot tell: the time of day."""
    if quantity is Quantity.DURATION:
        return
    given = {*terms, *(f"caps.{key}" for key in caps)}
    for key in BY_THE_CLOCK:
        if key in given:
            raise CoreError("tariff_needs_clock", path=under(path, key))


def _length(written: object, path: str, quantity: Quantity, least: int = 1) -> int:
    """Read whole minutes, or an amount of another quantity in its display unit."""
    if quantity is Quantity.DURATION:
        return whole(written, path, least, MOST_MINUTES) * MINUTE
    length = amount(written, path, quantity)
    if length < least:
        raise malformed(path)
    return length


def _write_length(length: int, quantity: Quantity) -> object:
    if quantity is Quantity.DURATION:
        return length // MINUTE
    return quantity_text(length, quantity)


def _firsts(written: object, path: str, quantity: Quantity) -> tuple[First, ...]:
    return tuple(
        _first(one, under(path, place), quantity) for place, one in enumerate(listed(written, path))
    )


def _first(written: object, path: str, quantity: Quantity) -> First:
    first = mapping(written, path, ("length", "price"))
    return First(
        length=_length(first.get("length"), under(path, "length"), quantity),
        price_micro=price(first.get("price"), under(path, "price")),
    )


def _bands(written: object, path: str) -> tuple[StayBand, ...]:
    bands = tuple(_band(one, under(path, place)) for place, one in enumerate(listed(written, path)))
    names = [band.name for band in bands]
    for place, one in enumerate(names):
        if one in names[:place]:
            raise malformed(under(path, f"{place}.name"))
    return bands


def _band(written: object, path: str) -> StayBand:
    band = mapping(written, path, BAND_KEYS)
    flat = yes_or_no(band.get("flat", False), under(path, "flat"))
    cap = band.get("cap")
    if flat and cap is not None:
        raise malformed(under(path, "cap"))
    return StayBand(
        name=name(band.get("name"), under(path, "name")),
        weekdays=read_days(band.get("days"), under(path, "days")),
        start=clock(band.get("from"), under(path, "from")),
        end=clock(band.get("to"), under(path, "to")),
        price_micro=price(band.get("price"), under(path, "price")),
        flat=flat,
        cap_micro=None if cap is None else price(cap, under(path, "cap")),
    )


def _write_band(band: StayBand) -> dict[str, object]:
    written: dict[str, object] = {
        "name": band.name,
        "days": write_days(band.weekdays),
        "from": f"{band.start:%H:%M}",
        "to": f"{band.end:%H:%M}",
        "price": price_text(band.price_micro),
    }
    if band.flat:
        written["flat"] = True
    if band.cap_micro is not None:
        written["cap"] = price_text(band.cap_micro)
    return written
