"""Refunds, differences and files as plain data: for answers, never with a payer's name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..core.difference import Difference
from ..core.identity import UnmatchedId
from ..core.pay_refund import PayRefund
from .bank_lines import Fate, StatementTaken
from .settlement_days import DayTaken
from .settlement_file import FileTaken
from .settlement_preview import LineSeen, RowSeen
from .site import Site

MOST_SHOWN: Final = 1_000
"""Rows of a file, and differences of one: nobody reads more, and the hub would send them all."""


def refund_view(
    site: Site, refund: PayRefund, payment: UnmatchedId | None = None
) -> dict[str, object]:
    """Describe a refund: of which order, how much, where it stands and who allowed it.

    `payment` is what it goes back of, where that has no place.
    """
    return {
        "refund": refund.id,
        "refund_no": refund.refund_no,
        "order": refund.order or None,
        "payment": payment,
        "channel": refund.channel,
        "kind": refund.kind,
        "way": refund.way,
        "state": refund.state,
        "stuck": refund.stuck,
        "amount": site.currency.text(refund.amount_minor),
        "wallet": refund.wallet or None,
        "stay": refund.stay or None,
        "created_at": _text(refund.created_at),
        "done_at": _text(refund.done_at),
        "asked_by": refund.asked_by,
        "allowed_by": refund.allowed_by or None,
        "reason": refund.reason,
        "fault": refund.fault,
    }


def difference_view(site: Site, difference: Difference) -> dict[str, object]:
    """Describe a difference: what the books have, what the file has, and what lies in suspense."""
    text = site.currency.text
    return {
        "difference": difference.id,
        "kind": difference.kind,
        "account": difference.account,
        "day": difference.day.isoformat(),
        "order": difference.order,
        "refund": difference.refund,
        "payment": difference.unmatched,
        "entry": difference.entry,
        "wallet": difference.wallet or None,
        "out_no": difference.out_no,
        "provider_ref": difference.provider_ref,
        "word": difference.word,
        "expected": text(difference.expected_minor),
        "found": text(difference.found_minor),
        "held": text(difference.suspended_minor),
        "opened_at": _text(difference.opened_at),
        "settled_at": _text(difference.settled_at),
        "settled_by": difference.settled_by or None,
        "resolution": difference.resolution,
        "reason": difference.reason,
    }


def file_view(site: Site, taken: FileTaken) -> dict[str, object]:
    """Describe what a provider's file came to; all that does not fit is listed elsewhere."""
    return {
        "rows": taken.rows,
        "new": taken.new,
        "differences": [difference_view(site, one) for one in taken.found[:MOST_SHOWN]],
        "differences_count": len(taken.found),
        "explained": [one.id for one in taken.explained[:MOST_SHOWN]],
    }


def day_view(site: Site, day: DayTaken) -> dict[str, object]:
    """Describe what a day came to, or why there is no file of it."""
    told: dict[str, object] = {"channel": day.channel, "day": day.day.isoformat()}
    if day.taken is None:
        return told | {"fault": day.fault}
    return told | file_view(site, day.taken) | {"fault": ""}


def statement_view(site: Site, taken: StatementTaken) -> dict[str, object]:
    """Describe what a bank's statement came to."""
    return {
        "credited": taken.credited,
        "credited_amount": site.currency.text(taken.credited_minor),
        "payouts": taken.payouts,
        "held": taken.held,
        "known": taken.known,
        "out": taken.out,
        "differences": [difference_view(site, one) for one in taken.found],
    }


def seen_view(site: Site, seen: Sequence[RowSeen]) -> dict[str, object]:
    """Describe the rows of a file that is only looked at."""
    text = site.currency.text
    return {
        "rows": len(seen),
        "new": sum(not one.known for one in seen),
        "table": [
            {
                "kind": one.row.kind,
                "at": _text(one.row.at),
                "amount": text(one.row.amount_minor),
                "fee": text(one.row.fee_minor),
                "out_no": one.row.out_no,
                "provider_ref": one.row.provider_ref,
                "order": one.order or None,
                "known": one.known,
            }
            for one in seen[:MOST_SHOWN]
        ],
    }


def lines_view(site: Site, seen: Sequence[LineSeen]) -> dict[str, object]:
    """Describe the lines of a statement that is only looked at; never what a payer wrote."""
    return {
        "rows": len(seen),
        "new": sum(one.fate not in (Fate.OUT, Fate.KNOWN) for one in seen),
        "table": [
            {
                "line": one.line.line,
                "day": one.line.day.isoformat(),
                "amount": site.currency.text(one.line.amount_minor),
                "reference": one.line.reference,
                "wallet": one.wallet or None,
                "becomes": one.fate,
            }
            for one in seen[:MOST_SHOWN]
        ],
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
