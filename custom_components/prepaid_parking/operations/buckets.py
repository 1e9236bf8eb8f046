"""What a wallet holds and owes, bucket by bucket, and what an entry changed of it."""

from collections.abc import Mapping

from ..core.category import Category
from ..core.chart import Bucket
from ..core.ledger import Receipt
from ..core.money import quantity_text
from .fee_legs import fee_in, returned_in
from .site import Site
from .wallet_run import WalletRun


def debts(run: WalletRun) -> dict[Category, int]:
    """Return what a wallet owes of each category of debt, positive amounts."""
    owed = {category: -run.others.get(category.bucket, 0) for category in Category}
    return {category: amount for category, amount in owed.items() if amount > 0}


def owed_minor(run: WalletRun) -> int:
    """Return what a wallet owes beside its balance: debts and open bills, a positive amount."""
    return -sum(held for bucket, held in run.others.items() if bucket.owes and held < 0)


def bucket_view(site: Site, run: WalletRun) -> dict[str, object]:
    """Describe each of a wallet's moneys and counts, and what it owes of which category."""
    money, others = site.currency.text, run.others
    return {
        "cash": money(run.posted_minor),
        "bonus": money(run.bonus_minor),
        "held": money(others.get(Bucket.HELD, 0)),
        "points": others.get(Bucket.POINTS, 0),
        "uses": others.get(Bucket.USES, 0),
        "debts": {category: money(owed) for category, owed in debts(run).items()},
        "billed": money(-others.get(Bucket.BILLED, 0)),
    }


def credit_view(site: Site, receipt: Receipt) -> dict[str, object]:
    """Describe what came with a top-up, and what of it paid debts at once."""
    detail, money = receipt.detail, site.currency.text
    promotion, recovered = detail.get("promotion"), detail.get("recovered", {})
    assert isinstance(recovered, Mapping)
    return {
        "bonus": money(_whole(detail, "bonus")),
        "promotion": promotion["promotion"] if isinstance(promotion, Mapping) else None,
        "points_earned": _whole(detail, "points"),
        "recovered": {category: money(part) for category, part in recovered.items()},
        "fee": fee_taken_view(site, receipt.detail),
    }


def fee_taken_view(site: Site, detail: Mapping[str, object]) -> dict[str, object] | None:
    """Describe the fee of a top-up by each of its lines; None where there was none."""
    fee, money = fee_in(detail), site.currency.text
    if fee is None:
        return None
    return {
        "fee": fee["fee"],
        "net": money(fee["net"]),
        "tax": money(fee["tax"]),
        "total": money(fee["net"] + fee["tax"]),
        "on_top": fee["on_top"],
        "lines": [{"rule": line["rule"], "amount": money(line["amount"])} for line in fee["lines"]],
    }


def leaving_view(site: Site, receipt: Receipt) -> dict[str, object]:
    """Describe what went with the cash that left a wallet."""
    return {
        "bonus_taken_back": site.currency.text(_whole(receipt.detail, "bonus_taken_back")),
        "points_taken_back": _whole(receipt.detail, "points_taken_back"),
    }


def fee_back_view(site: Site, receipt: Receipt) -> dict[str, object]:
    """Describe what was paid out of fees beside the cash that left."""
    back = sum(one.whole_minor for one in returned_in(receipt.detail))
    return {"fee_given_back": site.currency.text(back)}


def closing_view(site: Site, receipt: Receipt) -> dict[str, object]:
    """Describe a settlement: what was paid out (below zero: paid in), and what became of the rest."""
    detail, money = receipt.detail, site.currency.text
    owed = detail.get("debts", {})
    assert isinstance(owed, Mapping)
    return {
        "settled": money(_whole(detail, "settled")),
        "result": detail.get("result"),
        "debts_paid": {category: money(part) for category, part in owed.items()},
        "deposits_released": money(_whole(detail, "released")),
        "bonus_ended": money(_whole(detail, "bonus")),
        "points_ended": _whole(detail, "points"),
        **fee_back_view(site, receipt),
        "remainder": detail.get("remainder"),
        "rounding": money(_whole(detail, "rounding")),
        "meters": _last_registers(site, detail.get("meters", [])),
        "vacated": detail.get("vacated", []),
    }


def _last_registers(site: Site, traces: object) -> list[dict[str, object]]:
    """Return at which register each meter ended, and who pays for it from there on."""
    assert isinstance(traces, list)
    return [
        {
            "meter": trace["meter"],
            "register": quantity_text(
                trace["register"], site.meters[trace["meter"]].meter.quantity
            ),
            "at": trace["at"],
            "next": trace["to"] or None,
        }
        for trace in traces
    ]


def _whole(detail: Mapping[str, object], name: str) -> int:
    value = detail.get(name, 0)
    assert isinstance(value, int)
    return value
