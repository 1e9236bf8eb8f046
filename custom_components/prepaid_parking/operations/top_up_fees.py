"""Service fees on top-ups are set as new versions, like promotions; what was taken stays as it was."""

from collections.abc import Mapping
from dataclasses import replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, FeeId
from ..core.ledger import Receipt
from ..core.money import percent_text
from ..core.top_up import TopUp
from ..core.top_up_fee import Fee, TopUpFee, check_fee, least_fee
from .site import Site
from .turn import in_turn
from .versioned import next_version, setting_act


@in_turn
async def set_top_up_fee(
    site: Site, *, fee: str, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Write the next version of a fee; what is not named stays as it was.

    It counts for top-ups from now on. To end one, set its end.
    """
    name = fee.strip()
    if not name:
        raise CoreError("top_up_fee_missing")
    now = site.clock()
    versions = site.extras.fees.get(FeeId(name), [])
    base = versions[-1] if versions else TopUpFee(id=FeeId(name), version=0, valid_from=now)
    written = next_version(base, changes, now)
    check_fee(written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.TOP_UP_FEE_SET,
            f"top_up_fee/{written.id}",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
            of={"top_up_fee": written.id},
        )
    )
    site.extras.fees[written.id] = [*versions, written]
    return receipt


def fee_on(site: Site, top_up: TopUp, *, beside: bool = True) -> Fee | None:
    """Return the fee of a top-up by the newest versions; none where none was set.

    Where nothing can be brought `beside` it, a fee on top comes out of it as any other: else what the
    provider, a voucher or an agent's float never held would be earned.
    """
    rules = [versions[-1] for versions in site.extras.fees.values()]
    if not beside:
        rules = [replace(rule, on_top=False) for rule in rules]
    return least_fee(rules, top_up)


def fee_view(site: Site, rule: TopUpFee) -> dict[str, object]:
    """Describe one version of a fee."""
    money = site.currency.text
    begin, end, now = rule.from_at, rule.until_at, site.clock()
    return {
        "fee": rule.id,
        "version": rule.version,
        "name": rule.name,
        "valid_from": rule.valid_from.isoformat(),
        "open": (begin is None or begin <= now) and (end is None or now < end),
        "percent": percent_text(rule.share_bp),
        "fixed": money(rule.fixed_minor),
        "least": money(rule.least_minor),
        "most": None if rule.most_minor is None else money(rule.most_minor),
        "on_top": rule.on_top,
        "tax": percent_text(rule.tax_bp),
        "tax_name": rule.tax_name,
        "tax_included": rule.tax_included,
        "back": rule.back,
        "from": begin.isoformat() if begin is not None else None,
        "until": end.isoformat() if end is not None else None,
        "channels": list(rule.channels),
        "purposes": list(rule.purposes),
        "kinds": list(rule.kinds),
    }


def fee_list(site: Site) -> list[dict[str, object]]:
    """List the newest version of every fee."""
    return [fee_view(site, versions[-1]) for _, versions in sorted(site.extras.fees.items())]
