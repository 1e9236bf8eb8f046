"""A top-up's fee in the books: what it moves, what the entry says of it, and how it comes back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.layers import FeeReturn, Layer
from ..core.ledger import AccountId, Entry, Posting
from ..core.levies import LevyPart
from ..core.top_up_fee import Fee, FeeBack
from .site import Site

EARNED: Final = site_account(SiteAccount.REVENUE_SERVICE)
TAX: Final = site_account(SiteAccount.TAX)
GIVING_BACK: Final = (
    EntryKind.REFUND,
    EntryKind.REFUND_HELD,
    EntryKind.REFUND_FAILED,
    EntryKind.REVERSAL,
)
"""The kinds of entries that give a part of a fee back, or take that back again."""
AHEAD: Final = 1_000_000
"""More entries than a wallet has."""


def fee_legs(fee: Fee, outside: AccountId) -> tuple[Posting, ...]:
    """Return what a fee moves: from where the top-up comes, so to a wallet it is no use."""
    return _legs(((outside, EARNED, fee.net_minor), (outside, TAX, fee.tax_minor)))


def fee_detail(fee: Fee) -> dict[str, object]:
    """Return what the entry keeps of a fee: the rule, each of its lines, and its tax."""
    rule = fee.rule
    return {
        "fee": rule.id,
        "version": rule.version,
        "name": rule.name,
        "net": fee.net_minor,
        "tax": fee.tax_minor,
        "on_top": rule.on_top,
        "back": rule.back.value,
        "lines": [dict(line) for line in fee.lines],
        "levies": [] if fee.tax is None else [_levied(fee, fee.tax)],
    }


def fee_in(detail: Mapping[str, object]) -> Mapping[str, Any] | None:
    """Return what an entry keeps of the fee of its top-up; None where there was none."""
    found = detail.get("fee")
    return found if isinstance(found, Mapping) else None


def return_legs(fees: Iterable[FeeReturn], outside: AccountId) -> tuple[Posting, ...]:
    """Return what fees move that are paid out with a refund."""
    given = tuple(fees)
    return _legs(
        (
            (EARNED, outside, sum(one.fee_minor for one in given)),
            (TAX, outside, sum(one.tax_minor for one in given)),
        )
    )


def return_detail(fees: Sequence[FeeReturn]) -> dict[str, object]:
    """Return what an entry keeps of the fees that it gives back: of which top-up how much."""
    if not fees:
        return {}
    parts = [
        {
            "event": one.event,
            "cash": one.cash_minor,
            "fee": one.fee_minor,
            "tax": one.tax_minor,
        }
        for one in fees
    ]
    return {"fees_back": parts}


def returned_in(detail: Mapping[str, object]) -> list[FeeReturn]:
    """Return the fees that an entry gave back."""
    parts = detail.get("fees_back", ())
    assert isinstance(parts, list | tuple)
    return [
        FeeReturn(
            event=one["event"], cash_minor=one["cash"], fee_minor=one["fee"], tax_minor=one["tax"]
        )
        for one in parts
    ]


def with_fees(layers: tuple[Layer, ...], returned: Iterable[FeeReturn]) -> tuple[Layer, ...]:
    """Return layers after a refund was taken back: the fee may go with that cash once more.

    As far as the cash is still there: the newest that has no rule of its own is what came back.
    """
    kept = list(layers)
    for one in returned:
        place = max((at for at, layer in enumerate(kept) if _is_plain(layer)), default=None)
        if place is None:
            break
        there = kept[place].left_minor
        part = min(there, one.cash_minor)
        again = Layer(
            cash_minor=part,
            fee_minor=one.fee_minor * part // one.cash_minor,
            tax_minor=one.tax_minor * part // one.cash_minor,
            event=one.event,
        )
        rest = [Layer(cash_minor=there - part)] if there > part else []
        kept[place : place + 1] = [*rest, again]
    return tuple(kept)


def _is_plain(layer: Layer) -> bool:
    """Tell whether a layer is cash of which nothing more is known."""
    return layer == Layer(cash_minor=layer.cash_minor, spent_minor=layer.spent_minor)


def without_kept_fee(entry: Entry) -> Entry:
    """Return an entry with only those movements that are undone when it is taken back.

    A fee that is never given back stays with the site: the payer gets what the wallet was credited.
    """
    fee = fee_in(entry.detail)
    if fee is None or fee["back"] != FeeBack.NEVER:
        return entry
    legs = tuple(leg for leg in entry.postings if leg.target not in (EARNED, TAX))
    return replace(entry, postings=legs)


async def fee_refunded(site: Site, entry: Entry) -> CoreError | None:
    """Refuse to take a top-up back while a refund of it has given of its fee: that one goes first."""
    fee = fee_in(entry.detail)
    if fee is None or fee["back"] != FeeBack.REFUNDED:
        return None
    wallet = entry.postings[0].target
    later = await site.books.entries(account=wallet, after=entry.id, kinds=GIVING_BACK, limit=AHEAD)
    undone = {one.reverses for one in later}
    for one in later:
        given = any(part.event == entry.event for part in returned_in(one.detail))
        if given and one.id not in undone:
            return CoreError("top_up_fee_given_back", entry=entry.id, refund=one.id)
    return None


def _levied(fee: Fee, tax: LevyPart) -> dict[str, object]:
    return {
        "name": tax.name,
        "share": fee.rule.tax_micro,
        "amount": tax.minor,
        "included": tax.included,
    }


def _legs(legs: Iterable[tuple[AccountId, AccountId, int]]) -> tuple[Posting, ...]:
    return tuple(
        Posting(source=source, target=target, amount_minor=minor)
        for source, target, minor in legs
        if minor
    )
