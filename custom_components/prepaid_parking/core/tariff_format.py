"""The written form of a tariff: what an action or a file says, checked once and turned into rules.

```yaml
tariff: home
name: Home power
quantity: energy            # energy (kWh), volume (m³), mass (t), duration (h), length, count
price: "0.80"               # flat, or instead of it:
tiers: [{up_to: "200", price: "0.50"}, {price: "0.80"}]     # per month, or instead of it:
rates: {peak: "1.20", valley: [{up_to: "50", price: "0.30"}, {price: "0.40"}]}
bands: [{rate: peak, days: [mon, tue, wed, thu, fri], from: "08:00", to: "22:00"}]
otherwise: valley
```
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final, cast

from .errors import CoreError
from .identity import TariffId
from .metering import Quantity
from .money import parse_price, parse_quantity, price_text, quantity_text
from .tariff import Band, Rate, TariffVersion, Tier, check

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FLAT: Final = "flat"

type Document = Mapping[str, object]


def read_tariff(document: Document, *, version: int, valid_from: datetime) -> TariffVersion:
    """Turn a written tariff into a version; an error names the path of what is wrong."""
    quantity = _choice(document, "quantity", Quantity)
    forms = [form for form in ("price", "tiers", "rates") if document.get(form) is not None]
    if len(forms) != 1:
        raise CoreError("tariff_one_form", found=", ".join(forms) or "-")
    if forms[0] == "rates":
        written = document["rates"]
        if not isinstance(written, Mapping) or not written:
            raise CoreError("tariff_malformed", path="rates")
        rates = tuple(
            Rate(name=str(name), tiers=_tiers(value, quantity, f"rates.{name}"))
            for name, value in written.items()
        )
        otherwise = str(document.get("otherwise") or rates[-1].name)
    else:
        rates = (Rate(name=FLAT, tiers=_tiers(document[forms[0]], quantity, forms[0])),)
        otherwise = FLAT
    tariff = str(document.get("tariff") or "").strip()
    if not tariff:
        raise CoreError("tariff_malformed", path="tariff")
    read = TariffVersion(
        tariff=TariffId(tariff),
        version=version,
        name=str(document.get("name") or tariff),
        quantity=quantity,
        valid_from=valid_from,
        rates=rates,
        otherwise=otherwise,
        bands=tuple(
            _band(band, f"bands.{number}") for number, band in enumerate(_list(document, "bands"))
        ),
    )
    check(read)
    return read


def write_tariff(version: TariffVersion) -> dict[str, object]:
    """Write a version down in the form that `read_tariff` reads."""
    written: dict[str, object] = {
        "tariff": version.tariff,
        "name": version.name,
        "quantity": str(version.quantity),
    }
    if not version.bands and [rate.name for rate in version.rates] == [FLAT]:
        tiers = version.rates[0].tiers
        if len(tiers) == 1:
            return written | {"price": price_text(tiers[0].price_micro)}
        return written | {"tiers": _write_tiers(tiers, version.quantity)}
    return written | {
        "rates": {
            rate.name: price_text(rate.tiers[0].price_micro)
            if len(rate.tiers) == 1
            else _write_tiers(rate.tiers, version.quantity)
            for rate in version.rates
        },
        "bands": [
            {
                "rate": band.rate,
                "days": [DAYS[day] for day in band.weekdays],
                "from": f"{band.start:%H:%M}",
                "to": f"{band.end:%H:%M}",
            }
            for band in version.bands
        ],
        "otherwise": version.otherwise,
    }


def _write_tiers(tiers: Sequence[Tier], quantity: Quantity) -> list[dict[str, str]]:
    return [
        ({} if tier.up_to is None else {"up_to": quantity_text(tier.up_to, quantity)})
        | {"price": price_text(tier.price_micro)}
        for tier in tiers
    ]


def _tiers(written: object, quantity: Quantity, path: str) -> tuple[Tier, ...]:
    if not isinstance(written, Sequence) or isinstance(written, str):
        return (Tier(up_to=None, price_micro=_price(written, path)),)
    tiers: list[Tier] = []
    for number, one in enumerate(written):
        here = f"{path}.{number}"
        if not isinstance(one, Mapping) or "price" not in one:
            raise CoreError("tariff_malformed", path=here)
        up_to = one.get("up_to")
        tiers.append(
            Tier(
                up_to=None if up_to is None else parse_quantity(str(up_to), quantity),
                price_micro=_price(one["price"], f"{here}.price"),
            )
        )
    return tuple(tiers)


def _price(written: object, path: str) -> int:
    if written is None or isinstance(written, bool | Mapping):
        raise CoreError("tariff_malformed", path=path)
    price = parse_price(str(written))
    if price < 0:
        raise CoreError("tariff_negative_price", path=path)
    return price


def _band(written: object, path: str) -> Band:
    if not isinstance(written, Mapping) or not {"rate", "from", "to"} <= set(written):
        raise CoreError("tariff_malformed", path=path)
    days = cast("Sequence[object]", written.get("days") or DAYS)
    if any(day not in DAYS for day in days):
        raise CoreError("tariff_malformed", path=f"{path}.days")
    start, end = (_clock(written[key], f"{path}.{key}") for key in ("from", "to"))
    return Band(
        rate=str(written["rate"]),
        weekdays=tuple(sorted(DAYS.index(str(day)) for day in days)),
        start=start,
        end=end,
    )


def _clock(written: object, path: str) -> time:
    """Read a local time as text. Unquoted, a file's 22:00 is the number 1320: that is refused."""
    if written == "24:00":
        return time()
    try:
        clock = time.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        clock = None
    if (
        clock is None
        or ":" not in str(written)
        or clock.tzinfo
        or clock.second
        or clock.microsecond
    ):
        raise CoreError("tariff_malformed", path=path)
    return clock


def _list(document: Document, key: str) -> Sequence[object]:
    value = document.get(key) or ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise CoreError("tariff_malformed", path=key)
    return value


def _choice[E: Quantity](document: Document, key: str, kind: type[E]) -> E:
    try:
        return kind(str(document.get(key)))
    except ValueError as err:
        raise CoreError("tariff_malformed", path=key) from err
