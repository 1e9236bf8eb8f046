"""How a bill's line came about, in a sentence."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from .core.bill import BillLine
from .core.extent import EXTENT_BASE, By
from .core.money import Currency, price_text
from .core.priced import PriceRule
from .wording import Words

UNITS: Final = {By.AREA: "m²", By.CAPACITY: "kW"}
"""What a price is multiplied by, where that is written with a sign."""


def explain_bill_line(line: BillLine, words: Words, currency: Currency) -> str:
    """Explain a line: "64.5 m² at 1.20 per month; 9 of 30 days"; empty where a person wrote it."""
    trace = line.trace
    match trace.get("rule"):
        case PriceRule.FIXED:
            said = [_price(trace, words), _part(trace, words), *_levies(trace, words, currency)]
        case "parking_package" | "rental":
            said = [words("bill.rule.days", first=trace["from"], last=trace["to"])]
            said += _levies(trace, words, currency)
        case "deposit":
            said = [words("bill.rule.deposit")]
        case "dunning":
            said = [words("bill.rule.dunning", bill=trace["bill"], level=trace["level"])]
        case _:
            said = []
    return words("trace.then").join(filter(None, said))


def _price(trace: Mapping[str, Any], words: Words) -> str:
    price = words(f"bill.every.{trace['every']}", price=price_text(trace["price"]))
    by = By(trace["by"])
    if by is By.EACH:
        return price
    weight = f"{Decimal(trace['weight']) / EXTENT_BASE:f}"
    quantity = f"{weight} {UNITS[by]}" if by in UNITS else words("bill.persons", count=weight)
    return words("bill.times", quantity=quantity, price=price)


def _part(trace: Mapping[str, Any], words: Words) -> str:
    if trace["days"] == trace["of_days"]:
        periods = trace.get("periods", 1)
        return words("bill.periods", count=periods) if periods > 1 else ""
    return words("bill.days", days=trace["days"], of_days=trace["of_days"])


def _levies(trace: Mapping[str, Any], words: Words, currency: Currency) -> Sequence[str]:
    return [
        words("bill.levy", name=one["name"], amount=currency.text(one["amount"]))
        for one in trace.get("levies", ())
    ]
