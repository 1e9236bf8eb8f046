"""Promotions are set as new versions; what was given by an older one is refunded by that one's rule."""

from collections.abc import Mapping

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, PromotionId
from ..core.ledger import Receipt
from ..core.money import percent_text
from ..core.promotion import Promotion, check_promotion
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act


@in_turn
async def set_promotion(
    site: Site, *, promotion: str, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Write the next version of a promotion; what is not named stays as it was.

    It counts for top-ups from now on. To end one, set its end.
    """
    name = promotion.strip()
    if not name:
        raise CoreError("promotion_missing")
    now = site.clock()
    versions = site.extras.promotions.get(PromotionId(name), [])
    base = versions[-1] if versions else Promotion(id=PromotionId(name), version=0, valid_from=now)
    written = next_version(base, changes, now)
    check_promotion(written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.PROMOTION_SET,
            f"promotion/{written.id}",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
            of={"promotion": written.id},
        )
    )
    site.extras.promotions[written.id] = [*versions, written]
    return receipt


def promotion_view(site: Site, promotion: Promotion) -> dict[str, object]:
    """Describe one version of a promotion, and what was given of it so far by all its versions."""
    money = site.currency.text
    wallet_cap, total_cap = promotion.wallet_cap_minor, promotion.total_cap_minor
    given = site.extras.granted_minor.get(promotion.id, 0)
    begin, end, now = promotion.from_at, promotion.until_at, site.clock()
    return {
        "promotion": promotion.id,
        "version": promotion.version,
        "name": promotion.name,
        "valid_from": promotion.valid_from.isoformat(),
        "open": (begin is None or begin <= now) and (end is None or now < end),
        "steps": [
            {
                "top_up": money(step.least_minor),
                "bonus": money(step.bonus_minor),
                "percent": percent_text(step.share_bp),
            }
            for step in promotion.steps
        ],
        "from": begin.isoformat() if begin is not None else None,
        "until": end.isoformat() if end is not None else None,
        "channels": list(promotion.channels),
        "purposes": list(promotion.purposes),
        "kinds": list(promotion.kinds),
        "wallet_cap": None if wallet_cap is None else money(wallet_cap),
        "total_cap": None if total_cap is None else money(total_cap),
        "once": promotion.once,
        "back": promotion.back,
        "given": money(given),
    }


def promotion_list(site: Site) -> list[dict[str, object]]:
    """List the newest version of every promotion."""
    return [
        promotion_view(site, versions[-1]) for _, versions in sorted(site.extras.promotions.items())
    ]
