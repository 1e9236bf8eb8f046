"""Merchants: shops that pay for a part of their customers' stays, within what they agreed on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, MerchantId
from ..core.ledger import Act, Receipt
from ..core.visiting import Merchant
from .booking import book, referenced
from .site import Site
from .stay_book import alone
from .stay_money import merchant_key, month_now

CHANGES: Final = frozenset({"name", "wallet", "budget_minor", "most_minutes", "closed"})
"""What may be set of a merchant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantView:
    """A merchant with what it gave this month, and what it may still give (None: no budget)."""

    merchant: Merchant
    spent_minor: int
    left_minor: int | None


async def set_merchant(
    site: Site,
    *,
    merchant: str,
    changes: Mapping[str, object],
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Register a merchant, or change what it may give; what is not named stays as it was.

    Its wallet is a parking wallet: no other money pays for a stay. What was promised to drivers
    before it was closed is kept.
    """
    given = dict(changes)
    assert set(given) <= CHANGES
    key = referenced("set_merchant", reference, {"merchant": merchant, **given})
    async with alone(site, merchant_key(MerchantId(merchant))):
        known = site.parking.merchants.get(MerchantId(merchant))
        closed = given.pop("closed", None)
        after = replace(known or Merchant(id=MerchantId(merchant), name=merchant), **given)  # type: ignore[arg-type]  # as named above
        if closed is not None:
            after = replace(after, closed_at=(after.closed_at or site.clock()) if closed else None)
        _check(site, after)
        receipt = await book(
            site,
            Act(
                kind=EntryKind.MERCHANT_SET,
                event=f"merchant/{merchant}/{key.key}",
                occurred=site.clock(),
                actor=actor,
                reason=reason,
                reference=key,
                detail={
                    "merchant": merchant,
                    "name": after.name,
                    "wallet": after.wallet or "",
                    "budget": after.budget_minor,
                    "most_minutes": after.most_minutes,
                    "closed": after.closed_at is not None,
                },
                puts=(after,),
            ),
        )
        if not receipt.repeated:
            site.parking.merchants[after.id] = after
    return receipt


def known_merchant(site: Site, merchant: str) -> Merchant:
    """Return a merchant, or refuse in words."""
    known = site.parking.merchants.get(MerchantId(merchant))
    if known is None:
        raise CoreError("unknown_merchant", merchant=merchant)
    return known


def merchant_view(site: Site, merchant: Merchant) -> MerchantView:
    """Return a merchant as it stands this month."""
    spent = merchant.spent_minor if merchant.month == month_now(site) else 0
    budget = merchant.budget_minor
    left = None if budget is None else max(0, budget - spent)
    return MerchantView(merchant=merchant, spent_minor=spent, left_minor=left)


def merchant_views(site: Site) -> list[MerchantView]:
    """Return all merchants, by their ids."""
    merchants = site.parking.merchants
    return [merchant_view(site, merchants[one]) for one in sorted(merchants)]


def _check(site: Site, merchant: Merchant) -> None:
    if not merchant.name.strip():
        raise CoreError("merchant_name_missing")
    if merchant.budget_minor is not None and merchant.budget_minor < 0:
        raise CoreError("merchant_negative")
    if merchant.most_minutes is not None and merchant.most_minutes < 0:
        raise CoreError("merchant_negative")
    if merchant.wallet is not None:
        run = site.wallet(merchant.wallet)
        check_purpose(Category.PARKING, run.wallet.purpose, run.wallet.id)
