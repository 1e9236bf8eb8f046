"""A loss report and hints as people read them: plain data, quantities and percentages as decimals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..core.ledger import Detail
from ..core.loss import Metered
from ..core.metering import UNIT, Quantity
from ..core.money import price_text, quantity_text
from ..core.tamper import Hint, HintKind
from .losses import LossReport
from .reports import Report
from .site import Site


def percent_text(part_micro: int) -> str:
    """Write millionths as percent with two decimals, cut off and not rounded up."""
    hundredths = abs(part_micro) // 100
    sign = "-" if part_micro < 0 and hundredths else ""
    return f"{sign}{Decimal(hundredths).scaleb(-2)}"


def loss_view(site: Site, report: LossReport) -> Report:
    """Describe what was lost behind a main meter, with the readings it was made from."""
    run, loss = report.main, report.loss
    quantity = run.meter.quantity
    limit = site.hinting.thresholds.loss_micro
    return {
        "main": run.meter.id,
        "name": run.meter.name,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "unit": UNIT[quantity],
        "counted": quantity_text(loss.main.quantity, quantity) if loss is not None else None,
        "behind": None
        if loss is None
        else quantity_text(sum(one.quantity for one in loss.subs), quantity),
        "loss": quantity_text(loss.quantity, quantity) if loss is not None else None,
        "percent": percent_text(loss.part_micro) if loss is not None else None,
        "limit": percent_text(limit),
        "alarm": loss is not None and not report.unread and abs(loss.part_micro) > limit,
        "unread": list(report.unread),
        "meters": [_metered_view(site, one) for one in ((loss.main, *loss.subs) if loss else ())],
    }


def _metered_view(site: Site, one: Metered) -> Report:
    meter = site.meters[one.meter].meter
    return {
        "meter": meter.id,
        "name": meter.name,
        "quantity": quantity_text(one.quantity, meter.quantity),
        "from": one.begin.at.isoformat(),
        "from_register": quantity_text(one.begin.register, meter.quantity),
        "to": one.end.at.isoformat(),
        "to_register": quantity_text(one.end.register, meter.quantity),
        "late": one.late,
    }


def written_view(site: Site, detail: Detail) -> Report:
    """Describe a loss as it is passed on: what it comes to, and who bears how much."""
    meter = site.meter(str(detail["main"])).meter
    parts, lines, cap = _mappings(detail["parts"]), _mappings(detail["lines"]), detail["cap"]
    assert isinstance(cap, int)
    return {
        "main": meter.id,
        "unit": UNIT[meter.quantity],
        "counted": _quantity(detail["counted"], meter.quantity),
        "behind": _quantity(detail["behind"], meter.quantity),
        "loss": _quantity(detail["loss"], meter.quantity),
        "cap": percent_text(cap) if cap >= 0 else None,
        "shared": _quantity(detail["shared"], meter.quantity),
        "amount": site.currency.text(sum(one["amount"] for one in parts)),
        "trace": [
            {
                "rate": line["rate"],
                "price": price_text(line["price"]),
                "quantity": quantity_text(line["quantity"], meter.quantity),
            }
            for line in lines
        ],
        "parts": [
            {
                "meter": one["meter"],
                "wallet": one["wallet"] or None,
                "quantity": quantity_text(one["quantity"], meter.quantity),
                "amount": site.currency.text(one["amount"]),
            }
            for one in parts
        ],
    }


def _mappings(value: object) -> Sequence[Mapping[str, Any]]:
    assert isinstance(value, Sequence)
    return value


def _quantity(value: object, quantity: Quantity) -> str:
    assert isinstance(value, int)
    return quantity_text(value, quantity)


def hint_view(site: Site, hint: Hint) -> Report:
    """Describe what does not fit about a meter; by habit the numbers are of a day."""
    meter = site.meters[hint.meter].meter
    found, expected, unit = hint_numbers(hint, meter.quantity)
    return {
        "meter": hint.meter,
        "name": meter.name,
        "kind": hint.kind,
        "since": hint.since.isoformat(),
        "found": found,
        "expected": expected,
        "unit": unit,
    }


def hint_numbers(hint: Hint, quantity: Quantity) -> tuple[str, str, str]:
    """Return what was found, what was to be expected, and in which unit."""
    match hint.kind:
        case HintKind.LOSS:
            return percent_text(hint.found), percent_text(hint.expected), "%"
        case HintKind.COVER_OPEN:
            return str(hint.found), str(hint.expected), ""
        case _:
            return (
                quantity_text(hint.found, quantity),
                quantity_text(hint.expected, quantity),
                UNIT[quantity],
            )
