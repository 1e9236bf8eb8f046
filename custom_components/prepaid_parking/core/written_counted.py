"""The written form of a package of uses.

```yaml
kind: counted
counted: {uses: 50, price: "100.00", valid_months: 6, shared: true, after: money, use_price: "2.50"}
```
"""

from typing import Final

from .counted import AfterLast, Counted
from .money import price_text
from .written_parts import choice, malformed, mapping, price, under, whole, yes_or_no

KEYS: Final = ("uses", "price", "valid_days", "valid_months", "shared", "after", "use_price")
MOST_DAYS: Final = 36_500
MOST_MONTHS: Final = 1_200


def read_counted(written: object, path: str) -> Counted:
    """Read a package: valid for days or months, not both; a paid use needs its price."""
    terms = mapping(written, path, KEYS)
    days, months = terms.get("valid_days"), terms.get("valid_months")
    if days is not None and months is not None:
        raise malformed(under(path, "valid_days"))
    after = choice(terms.get("after", AfterLast.REFUSE), under(path, "after"), AfterLast)
    use_price = terms.get("use_price")
    if (use_price is None) is (after is AfterLast.MONEY):
        raise malformed(under(path, "use_price"))
    return Counted(
        uses=whole(terms.get("uses"), under(path, "uses"), 1),
        price_micro=price(terms.get("price"), under(path, "price")),
        valid_days=None if days is None else whole(days, under(path, "valid_days"), 0, MOST_DAYS),
        valid_months=None
        if months is None
        else whole(months, under(path, "valid_months"), 1, MOST_MONTHS),
        shared=yes_or_no(terms.get("shared", False), under(path, "shared")),
        after=after,
        use_price_micro=0 if use_price is None else price(use_price, under(path, "use_price")),
    )


def write_counted(terms: Counted | None) -> dict[str, object]:
    """Write a package as `read_counted` reads it."""
    assert terms is not None
    written: dict[str, object] = {
        "uses": terms.uses,
        "price": price_text(terms.price_micro),
        "shared": terms.shared,
        "after": str(terms.after),
    }
    if terms.valid_days is not None:
        written["valid_days"] = terms.valid_days
    if terms.valid_months is not None:
        written["valid_months"] = terms.valid_months
    if terms.after is AfterLast.MONEY:
        written["use_price"] = price_text(terms.use_price_micro)
    return written
