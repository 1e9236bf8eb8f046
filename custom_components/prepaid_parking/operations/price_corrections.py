"""A price that was wrong for some of the past: its correction is published, then charges are put right.

What was published stays published. Versions that say the right price from the same instant on take its
place; where the time has an end, the old price holds again from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.assigned import PriceCorrection
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, TariffId, WalletId
from ..core.ledger import Act, Receipt
from ..core.tariff import Pricer, TariffVersion
from .booking import keep
from .months import check_day
from .rerating import Rerating, WalletSum
from .saying import said
from .site import Site
from .tariff_book import add_versions, bound_by, check_publishable, is_usage, next_version
from .usage import post_windows, unposted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerated:
    """What came, or would come, of a correction; `receipt` is None where nothing was published."""

    wallets: Mapping[WalletId, WalletSum]
    versions: tuple[TariffVersion, ...] = ()
    receipt: Receipt | None = None


async def load(site: Site) -> None:
    """Take up corrections that are not done."""
    waiting = await site.books.load(PriceCorrection, done_at=None)
    site.pricing.corrections = {one.id: one for one in waiting}


async def preview_rerate(
    site: Site,
    *,
    tariff: str,
    since: datetime,
    until: datetime | None = None,
    version: TariffVersion | None = None,
    override: bool = False,
    reason: str = "",
) -> Rerated:
    """Say what `rerate` would move, wallet by wallet, and move nothing."""
    _check(site, tariff, since, until)
    versions: tuple[TariffVersion, ...] = ()
    if version is not None:
        await check_publishable(site, version, override=override, reason=reason)
        versions = _corrected(site, version, since, until)
    known = site.tariffs[TariffId(tariff)].versions
    pricer = Pricer((*known, *versions), site.zone, site.holidays)
    walk = Rerating(site, TariffId(tariff), pricer, since, until)
    await walk.preview()
    return Rerated(wallets=walk.wallets, versions=versions)


async def rerate(
    site: Site,
    *,
    tariff: str,
    since: datetime,
    until: datetime | None = None,
    version: TariffVersion | None = None,
    actor: Actor,
    reason: str = "",
    override: bool = False,
) -> Rerated:
    """Price again what was charged by a tariff since a time: by a corrected version, or as it stands.

    A corrected version holds from `since` until `until`, also where others began in between; without
    an end it holds until the next one that was published. Closed months stay.
    """
    _check(site, tariff, since, until)
    correction = PriceCorrection(
        id=f"{tariff}/{await site.books.next_number('correction')}",
        tariff=TariffId(tariff),
        since=since,
        until=until,
        actor=str(actor),
        reason=reason,
    )
    receipt, versions = None, tuple[TariffVersion, ...]()
    async with site.turn:
        await _post(site, tariff)
        if version is None:
            await keep(site, correction)
        else:
            overridden = await check_publishable(site, version, override=override, reason=reason)
            versions = _corrected(site, version, since, until)
            receipt = await _publish(site, correction, versions, actor, overridden)
        site.pricing.corrections[correction.id] = correction
    walk = await _walk(site, correction, actor)
    return Rerated(wallets=walk.wallets, versions=versions, receipt=receipt)


async def finish_corrections(site: Site, _now: datetime) -> None:
    """Go on with what a stop of the hub has interrupted; beside all else, because it takes turns."""
    for correction in list(site.pricing.corrections.values()):
        if correction.id not in site.pricing.correcting:
            site.spawn(_finish(site, correction))


async def _finish(site: Site, correction: PriceCorrection) -> None:
    with said(site, rerate.__name__, correction.id):
        await _walk(site, correction, SYSTEM)


async def _walk(site: Site, correction: PriceCorrection, actor: Actor) -> Rerating:
    """Correct what was charged, and note that it is done."""
    tariff = correction.tariff
    walk = Rerating(site, tariff, site.tariffs[tariff], correction.since, correction.until)
    site.pricing.correcting.add(correction.id)
    try:
        await walk.write(actor, correction.reason)
    finally:
        site.pricing.correcting.discard(correction.id)
    if await keep(site, replace(correction, done_at=site.clock())):
        site.pricing.corrections.pop(correction.id, None)
    return walk


def _check(site: Site, tariff: str, since: datetime, until: datetime | None) -> None:
    if not is_usage(site, tariff):
        raise CoreError("unknown_tariff", tariff=tariff)
    if since >= site.clock() or (until is not None and until <= since):
        raise CoreError("rerate_not_past", since=since.isoformat())
    check_day(site, since.astimezone(site.zone).date())


async def _post(site: Site, tariff: str) -> None:
    """Post what was used by the prices that were; what comes now goes by the right ones."""
    bound = bound_by(site, tariff)
    await post_windows(site, bound, whole=True)
    if any(run.closing is not None or (run.window and not run.window.empty) for run in bound):
        raise CoreError("books_cannot_be_written", problem=unposted(site))


def _corrected(
    site: Site, version: TariffVersion, since: datetime, until: datetime | None
) -> tuple[TariffVersion, ...]:
    """Return the versions that let one hold from an instant on, and the old ones again after its end."""
    known = site.tariffs[version.tariff].versions
    begins = [since]
    if until is not None:
        begins += [one.valid_from for one in known if since < one.valid_from < until]
    versions = [replace(version, valid_from=at) for at in begins]
    if until is not None and all(one.valid_from != until for one in known):
        before = [one for one in known if one.valid_from < until]
        if before:
            versions.append(replace(before[-1], valid_from=until))
    number = next_version(site, version.tariff)
    return tuple(replace(one, version=number + place) for place, one in enumerate(versions))


async def _publish(
    site: Site,
    correction: PriceCorrection,
    versions: tuple[TariffVersion, ...],
    actor: Actor,
    overridden: dict[str, object],
) -> Receipt:
    until = correction.until
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TARIFF_PUBLISHED,
            event=f"tariff/{correction.tariff}/{versions[0].version}",
            occurred=site.clock(),
            actor=actor,
            reason=correction.reason,
            detail={
                "tariff": correction.tariff,
                "version": versions[0].version,
                "versions": [one.version for one in versions],
                "valid_from": correction.since.isoformat(),
                "until": "" if until is None else until.isoformat(),
                "correction": correction.id,
                **({"overridden": overridden} if overridden else {}),
            },
            puts=(*versions, correction),
        )
    )
    add_versions(site, versions)
    return receipt
