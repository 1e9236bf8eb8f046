"""How a price came about, as it is kept in an entry: data first, words when somebody reads them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from ..core.metering import Quantity
from ..core.priced import Priced, PricedLine

type Trace = Mapping[str, object]


def trace_of(price: Priced, measure: Quantity | None = None) -> list[dict[str, object]]:
    """Return the lines of a price as an entry keeps them; their amounts add up to it."""
    return [
        line_trace(line, amount, measure)
        for line, amount in zip(price.lines, price.amounts(), strict=True)
    ]


def line_trace(
    line: PricedLine, amount_minor: int, measure: Quantity | None = None
) -> dict[str, object]:
    """Return one line as an entry keeps it; what a line does not speak of is left out."""
    said: dict[str, object | None] = {
        "rule": str(line.rule),
        "name": line.name,
        "quantity": line.quantity,
        "measure": None if measure is None else str(measure),
        "price": line.price_micro,
        "per": line.per,
        "from": _text(line.from_at),
        "to": _text(line.to_at),
        "first": _text(line.first),
        "last": _text(line.last),
    }
    kept = {name: value for name, value in said.items() if value not in (None, "", 0)}
    return kept | {"amount": amount_minor}


def rules_of(detail: Mapping[str, object]) -> Iterable[Trace]:
    """Return the lines in an entry's trace that name the rule they come from."""
    lines = detail.get("lines", ())
    if isinstance(lines, list | tuple):
        yield from (line for line in lines if isinstance(line, Mapping) and "rule" in line)


def _text(at: date | datetime | None) -> str | None:
    return None if at is None else at.isoformat()
