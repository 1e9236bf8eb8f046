"""The written form of rent and fees.

```yaml
kind: fixed
fixed: {price: "3000.00", every: month, day: 5, remind: [3], retries: [3, 7]}
```
"""

from datetime import date
from typing import Final

from .extent import By
from .money import price_text
from .periods import Every
from .recurring import Fixed
from .written_parts import choice, day, listed, malformed, mapping, price, under, whole, yes_or_no

KEYS: Final = (
    *("price", "every", "by", "day", "anniversary", "prorate_first", "prorate_last"),
    *("starts", "ends", "retries", "remind"),
)
LAST_DAY: Final = {Every.DAY: 1, Every.WEEK: 7}
"""The last due day that a period may have; 31 where it is made of months."""
MOST_DAYS: Final = 366


def read_fixed(written: object, path: str) -> Fixed:
    """Read a recurring price; what goes by anniversaries has no due day of its own."""
    terms = mapping(written, path, KEYS)
    every = choice(terms.get("every", Every.MONTH), under(path, "every"), Every)
    anniversary = yes_or_no(terms.get("anniversary", False), under(path, "anniversary"))
    if anniversary and terms.get("day") is not None:
        raise malformed(under(path, "day"))
    starts, ends = (_bound(terms.get(key), under(path, key)) for key in ("starts", "ends"))
    if starts is not None and ends is not None and ends < starts:
        raise malformed(under(path, "ends"))
    return Fixed(
        price_micro=price(terms.get("price"), under(path, "price")),
        every=every,
        by=choice(terms.get("by", By.EACH), under(path, "by"), By),
        day=whole(terms.get("day", 1), under(path, "day"), 1, LAST_DAY.get(every, 31)),
        anniversary=anniversary,
        prorate_first=yes_or_no(terms.get("prorate_first", True), under(path, "prorate_first")),
        prorate_last=yes_or_no(terms.get("prorate_last", True), under(path, "prorate_last")),
        starts=starts,
        ends=ends,
        retries=_days(terms.get("retries", ()), under(path, "retries")),
        remind=_days(terms.get("remind", ()), under(path, "remind")),
    )


def write_fixed(terms: Fixed | None) -> dict[str, object]:
    """Write a recurring price as `read_fixed` reads it."""
    assert terms is not None
    written: dict[str, object] = {
        "price": price_text(terms.price_micro),
        "every": str(terms.every),
        "by": str(terms.by),
        "anniversary": terms.anniversary,
        "prorate_first": terms.prorate_first,
        "prorate_last": terms.prorate_last,
    }
    if not terms.anniversary:
        written["day"] = terms.day
    for key, bound in (("starts", terms.starts), ("ends", terms.ends)):
        if bound is not None:
            written[key] = bound.isoformat()
    for key, days in (("retries", terms.retries), ("remind", terms.remind)):
        if days:
            written[key] = list(days)
    return written


def _bound(written: object, path: str) -> date | None:
    return None if written is None else day(written, path)


def _days(written: object, path: str) -> tuple[int, ...]:
    """Read numbers of days, in order and each once."""
    days = [
        whole(one, under(path, place), 1, MOST_DAYS)
        for place, one in enumerate(listed(written, path))
    ]
    return tuple(sorted(set(days)))
