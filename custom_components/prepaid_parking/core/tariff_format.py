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

`docs/tariffs.md` lists all of it. The form is closed: what no rule reads is refused.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from .conversion import Factor, Plan, plan_rates
from .errors import CoreError
from .identity import TariffId
from .metering import Quantity
from .money import price_text
from .rates import Rate
from .tariff_check import check
from .terms import Kind, Terms
from .version import TariffVersion
from .written_parts import choice, factor, malformed, mapping, name, price, refuse_unknown, under
from .written_rates import (
    read_bands,
    read_price,
    read_rates,
    write_bands,
    write_price,
    write_rates,
)
from .written_terms import PARTS, read_terms, write_terms

FLAT: Final = "flat"
COMMON: Final = ("kind", "tariff", "name", "quantity")
FORMS: Final = ("price", "tiers", "rates", "plan")
"""Ways to say what a unit costs: a usage tariff has exactly one."""
USAGE_KEYS: Final = (*FORMS, "bands", "otherwise")
COUNTED_IN: Final = {
    Kind.USAGE: None,
    Kind.DURATION: Quantity.DURATION,
    Kind.COUNTED: Quantity.COUNT,
    Kind.FIXED: Quantity.COUNT,
}
"""What a kind is counted in where the document does not say; a usage tariff must say."""

type Document = Mapping[str, object]


def keys_of(kind: Kind) -> frozenset[str]:
    """Return every key that a tariff of this kind may have."""
    own = USAGE_KEYS if kind is Kind.USAGE else ()
    return frozenset((*COMMON, *own, *(part.key for part in PARTS if kind in part.kinds)))


def read_tariff(document: Document, *, version: int, valid_from: datetime) -> TariffVersion:
    """Turn a written tariff into a version; an error names the path of what is wrong."""
    kind = choice(document.get("kind", Kind.USAGE), "kind", Kind)
    refuse_unknown(document, keys_of(kind))
    tariff = name(document.get("tariff"), "tariff")
    quantity = choice(document.get("quantity", COUNTED_IN[kind]), "quantity", Quantity)
    fields = read_terms(document, kind, quantity)
    rates: tuple[Rate, ...] = ()
    if kind is Kind.USAGE:
        rates = _rates(document, quantity, fields)
    bands, otherwise = document.get("bands"), document.get("otherwise")
    read = TariffVersion(
        tariff=TariffId(tariff),
        version=version,
        name=str(document.get("name") or tariff),
        quantity=quantity,
        valid_from=valid_from,
        rates=rates,
        otherwise=name(otherwise, "otherwise") if otherwise else rates[-1].name if rates else "",
        bands=() if bands is None else read_bands(bands, "bands"),
        terms=Terms(**fields),
    )
    if read.kind is not kind:
        raise malformed("kind")
    check(read)
    return read


def write_tariff(version: TariffVersion) -> dict[str, object]:
    """Write a version down in the form that `read_tariff` reads."""
    written: dict[str, object] = {
        "tariff": version.tariff,
        "name": version.name,
        "quantity": str(version.quantity),
    }
    if version.kind is Kind.USAGE:
        written |= _write_rates(version)
    else:
        written |= {"kind": str(version.kind)}
    return written | write_terms(version.terms, version.quantity)


def _rates(document: Document, quantity: Quantity, fields: dict[str, Any]) -> tuple[Rate, ...]:
    """Read the one form in which the price is said; a plan is kept among the terms."""
    forms = [form for form in FORMS if document.get(form) is not None]
    if len(forms) != 1:
        raise CoreError("tariff_one_form", found=", ".join(forms) or "-")
    (form,) = forms
    written = document[form]
    if form == "rates":
        return read_rates(written, form, quantity)
    if form == "plan":
        plan = fields["plan"] = _plan(written, form)
        return plan_rates(plan)
    return (Rate(name=FLAT, tiers=read_price(written, form, quantity)),)


def _plan(written: object, path: str) -> Plan:
    plan = mapping(written, path, ("base", "factors"))
    factors = mapping(plan.get("factors"), under(path, "factors"))
    if not factors:
        raise malformed(under(path, "factors"))
    return Plan(
        base_micro=price(plan.get("base"), under(path, "base")),
        factors=tuple(
            Factor(
                rate=name(key, under(path, "factors")),
                factor_micro=factor(value, under(path, f"factors.{key}")),
            )
            for key, value in factors.items()
        ),
    )


def _write_rates(version: TariffVersion) -> dict[str, object]:
    plan = version.terms.plan
    rates = version.rates
    if plan is None and not version.bands and [rate.name for rate in rates] == [FLAT]:
        written = write_price(rates[0].tiers, version.quantity)
        return {"price" if isinstance(written, str) else "tiers": written}
    form: dict[str, object]
    if plan is None:
        form = {"rates": write_rates(rates, version.quantity)}
    else:
        factors = {one.rate: price_text(one.factor_micro) for one in plan.factors}
        form = {"plan": {"base": price_text(plan.base_micro), "factors": factors}}
    return form | {"bands": write_bands(version.bands), "otherwise": version.otherwise}
