"""The written form of demand prices and of the table of power factors.

```yaml
demand: {price: "40.00", interval: 15, power: kW, contracted: "80", excess_price: "80.00", tolerance: 5}
power_factor:
  places: 2
  table: [{from: "0", percent: "10"}, {from: "0.90", percent: "0"}, {from: "0.95", percent: "-0.75"}]
```
"""

from typing import Final

from .demand import Demand, Power
from .errors import CoreError
from .money import MICRO, price_text
from .power_factor import THOUSANDTHS, FactorStep, PowerFactor
from .written_parts import (
    MICRO_PER_PERCENT,
    choice,
    listed,
    malformed,
    mapping,
    price,
    ratio,
    under,
    whole,
    write_percent,
)

KEYS: Final = ("price", "interval", "power", "contracted", "excess_price", "tolerance")
INTERVALS: Final = (15, 30, 60)
MICRO_PER_POINT: Final = 100
"""A basis point is a hundredth of a percent: a hundred millionths of the whole."""


def read_demand(written: object, path: str) -> Demand:
    """Read a demand price; power in kW or kVA, whole watts."""
    demand = mapping(written, path, KEYS)
    interval = whole(demand.get("interval", 15), under(path, "interval"))
    if interval not in INTERVALS:
        raise malformed(under(path, "interval"))
    return Demand(
        price_micro=price(demand.get("price"), under(path, "price")),
        interval_minutes=interval,
        power=choice(demand.get("power", Power.ACTIVE), under(path, "power"), Power),
        contracted_w=_thousandths(demand.get("contracted", "0"), under(path, "contracted")),
        excess_price_micro=price(demand.get("excess_price", "0"), under(path, "excess_price")),
        tolerance_percent=whole(demand.get("tolerance", 0), under(path, "tolerance"), 0, 100),
    )


def write_demand(demand: Demand | None) -> dict[str, object]:
    """Write a demand price as `read_demand` reads it."""
    assert demand is not None
    return {
        "price": price_text(demand.price_micro),
        "interval": demand.interval_minutes,
        "power": str(demand.power),
        "contracted": price_text(demand.contracted_w * (MICRO // THOUSANDTHS)),
        "excess_price": price_text(demand.excess_price_micro),
        "tolerance": demand.tolerance_percent,
    }


def read_power_factor(written: object, path: str) -> PowerFactor:
    """Read a table of power factors: rising, and from 0 on, so that each factor has its row."""
    terms = mapping(written, path, ("places", "table"))
    table = under(path, "table")
    steps = tuple(
        _step(one, under(table, place))
        for place, one in enumerate(listed(terms.get("table"), table))
    )
    begins = [step.from_thousandths for step in steps]
    if not begins or begins[0] != 0:
        raise malformed(under(table, "0.from"))
    for place in range(1, len(begins)):
        if begins[place] <= begins[place - 1]:
            raise malformed(under(table, f"{place}.from"))
    return PowerFactor(
        steps=steps, places=whole(terms.get("places", 2), under(path, "places"), 2, 3)
    )


def write_power_factor(terms: PowerFactor | None) -> dict[str, object]:
    """Write a table as `read_power_factor` reads it."""
    assert terms is not None
    return {
        "places": terms.places,
        "table": [
            {
                "from": price_text(step.from_thousandths * (MICRO // THOUSANDTHS)),
                "percent": _write_points(step.basis_points),
            }
            for step in terms.steps
        ],
    }


def _step(written: object, path: str) -> FactorStep:
    step = mapping(written, path, ("from", "percent"))
    begins = _thousandths(step.get("from"), under(path, "from"))
    if begins > THOUSANDTHS:
        raise malformed(under(path, "from"))
    place = under(path, "percent")
    points, finer = divmod(ratio(step.get("percent"), place), MICRO_PER_PERCENT)
    if finer or points < -100 * MICRO_PER_POINT:
        raise CoreError("tariff_number", path=place, value=str(step.get("percent")), digits=2)
    return FactorStep(from_thousandths=begins, basis_points=points)


def _write_points(points: int) -> str:
    sign = "-" if points < 0 else ""
    return sign + write_percent(abs(points) * MICRO_PER_POINT)


def _thousandths(written: object, path: str) -> int:
    """Read a decimal of at most three digits after the point, not below nothing."""
    value, finer = divmod(ratio(written, path), MICRO // THOUSANDTHS)
    if finer or value < 0:
        raise CoreError("tariff_number", path=path, value=str(written), digits=3)
    return value
