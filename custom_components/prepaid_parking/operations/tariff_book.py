"""The tariffs: versions are published, and taken back only before they begin.

What was charged by a version stays charged by it. A price that was wrong is corrected by `rerating`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
import contextlib
from dataclasses import replace
from datetime import datetime

from ..core.assigned import TariffWithdrawal
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, TariffId
from ..core.ledger import Act, Receipt
from ..core.money import price_text
from ..core.tariff import Pricer, TariffVersion, above_ceiling
from ..core.terms import Kind
from ..core.written_parts import write_percent
from .meter_run import MeterRun
from .pools import is_levied
from .site import Site
from .turn import in_turn
from .usage import post_windows


async def load(site: Site) -> None:
    """Take up all versions; a calendar that nobody keeps any more has no holidays."""
    withdrawn = {(one.tariff, one.version) for one in await site.books.load(TariffWithdrawal)}
    versions: dict[TariffId, list[TariffVersion]] = defaultdict(list)
    for version in await site.books.load(TariffVersion):
        versions[version.tariff].append(version)
        if version.terms.calendar:
            with contextlib.suppress(CoreError):
                await site.learn_calendar(version.terms.calendar)
    site.pricing.published, site.pricing.withdrawn = dict(versions), withdrawn
    for tariff in versions:
        put_pricer(site, tariff)


def put_pricer(site: Site, tariff: TariffId) -> None:
    """Let a tariff be priced by what is published of it and not withdrawn."""
    versions = [
        one
        for one in site.pricing.published.get(tariff, ())
        if (one.tariff, one.version) not in site.pricing.withdrawn
    ]
    pricer = site.tariffs[tariff] = Pricer(versions, site.zone, site.holidays)
    for pool in site.pools.values():
        if pool.tariff == tariff:
            pool.levied = is_levied(pricer)


def next_version(site: Site, tariff: str) -> int:
    """Return the number of a tariff's next version; one that was withdrawn keeps its own."""
    published = site.pricing.published.get(TariffId(tariff), ())
    return max((one.version for one in published), default=0) + 1


def bound_by(site: Site, tariff: str) -> list[MeterRun]:
    """Return the meters that are charged by a tariff."""
    return [
        run
        for run in site.meters.values()
        if run.binding is not None and run.binding.tariff == tariff
    ]


@in_turn
async def publish_tariff(
    site: Site,
    *,
    version: TariffVersion,
    actor: Actor,
    reason: str = "",
    override: bool = False,
) -> Receipt:
    """Add a version to a tariff; running windows are closed before it takes effect."""
    overridden = await check_publishable(site, version, override=override, reason=reason)
    bound = bound_by(site, version.tariff)
    if any(run.window is not None and run.window.to_at > version.valid_from for run in bound):
        raise CoreError("tariff_starts_in_past", valid_from=version.valid_from.isoformat())
    await post_windows(site, bound)
    version = replace(version, version=next_version(site, version.tariff))
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_PUBLISHED,
            event=f"tariff/{version.tariff}/{version.version}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={
                "tariff": version.tariff,
                "version": version.version,
                "valid_from": version.valid_from.isoformat(),
                **({"overridden": overridden} if overridden else {}),
            },
            puts=(version,),
        )
    )
    add_versions(site, (version,))
    return receipt


def add_versions(site: Site, versions: Iterable[TariffVersion]) -> None:
    """Let versions hold, once they are written."""
    for version in versions:
        site.pricing.published.setdefault(version.tariff, []).append(version)
        put_pricer(site, version.tariff)


async def check_publishable(
    site: Site, version: TariffVersion, *, override: bool, reason: str
) -> dict[str, object]:
    """Refuse a version that does not go with its tariff, or that the law forbids.

    The ceiling and the loss cap of the version before hold on: to raise or drop them takes the same
    reason as to go above them. Returns what was overridden.
    """
    earlier = site.pricing.published.get(version.tariff, ())
    if earlier and earlier[0].kind is not version.kind:
        raise CoreError("tariff_wrong_kind", tariff=version.tariff, kind=earlier[0].kind)
    if earlier and earlier[0].quantity is not version.quantity:
        raise CoreError("tariff_wrong_quantity", tariff=version.tariff, quantity=version.quantity)
    if version.terms.calendar:
        await site.learn_calendar(version.terms.calendar)
    above = _above_the_law(site, version)
    if above is not None and not override:
        raise above
    if above is not None and not reason:
        raise CoreError("reason_missing")
    return {"rule": above.key, **above.placeholders} if above is not None else {}


def _above_the_law(site: Site, version: TariffVersion) -> CoreError | None:
    terms, before = version.terms, _before(site, version)
    ceilings = [
        one.terms.ceiling_micro
        for one in (version, before)
        if one is not None and one.terms.ceiling_micro is not None
    ]
    if ceilings:
        held = replace(version, terms=replace(terms, ceiling_micro=min(ceilings)))
        if (above := above_ceiling(held)) is not None:
            rate, price, ceiling = above
            return CoreError(
                "tariff_above_ceiling",
                rate=rate,
                price=price_text(price),
                ceiling=price_text(ceiling),
            )
    cap = before.terms.loss_cap_micro if before is not None else None
    if cap is not None and (terms.loss_cap_micro is None or terms.loss_cap_micro > cap):
        wanted = terms.loss_cap_micro
        return CoreError(
            "tariff_above_loss_cap",
            share=write_percent(wanted) if wanted is not None else "100",
            cap=write_percent(cap),
        )
    return None


def _before(site: Site, version: TariffVersion) -> TariffVersion | None:
    """Return the version that holds until this one begins."""
    pricer = site.tariffs.get(version.tariff)
    known = pricer.versions if pricer is not None else ()
    return next((one for one in reversed(known) if one.valid_from <= version.valid_from), None)


@in_turn
async def withdraw_version(
    site: Site, *, tariff: str, version: int, actor: Actor, reason: str = ""
) -> Receipt:
    """Take a version back before it begins; the one before it holds on."""
    known, now = site.pricing.published.get(TariffId(tariff), ()), site.clock()
    found = next((one for one in known if one.version == version), None)
    if found is None or (found.tariff, version) in site.pricing.withdrawn:
        raise CoreError("unknown_version", tariff=tariff, version=version)
    if found.valid_from <= now:
        raise CoreError("tariff_has_begun", tariff=tariff, version=version)
    others = [one for one in site.tariffs[found.tariff].versions if one.version != version]
    if _is_needed(site, found, [one.valid_from for one in others]):
        raise CoreError("tariff_in_use", tariff=tariff)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_WITHDRAWN,
            event=f"tariff/{tariff}/{version}/withdrawn",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={"tariff": tariff, "version": version},
            puts=(TariffWithdrawal(tariff=found.tariff, version=version, at=now),),
        )
    )
    site.pricing.withdrawn.add((found.tariff, version))
    put_pricer(site, found.tariff)
    return receipt


def _is_needed(site: Site, version: TariffVersion, others: Sequence[datetime]) -> bool:
    """Tell whether some meter would be without a price: `others` is when the other versions begin."""
    earliest = min(others, default=version.valid_from)
    if bound_by(site, version.tariff) and earliest > site.clock():
        return True
    return any(
        change.tariff == version.tariff and (not others or earliest > change.at)
        for run in site.meters.values()
        for change in run.changes
    )


def is_usage(site: Site, tariff: str) -> bool:
    """Tell whether a tariff prices what a meter counts."""
    known = site.pricing.published.get(TariffId(tariff), [])
    return bool(known) and known[0].kind is Kind.USAGE
