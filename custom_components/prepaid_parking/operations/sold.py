"""What a tariff of uses or of time says now: the version in effect, or why it cannot be sold by."""

from datetime import datetime

from ..core.counted import Counted
from ..core.duration import Duration
from ..core.errors import CoreError
from ..core.identity import TariffId
from ..core.terms import Kind
from ..core.version import TariffVersion
from .site import Site


def version_at(site: Site, tariff: str, at: datetime) -> TariffVersion:
    """Return the version of a tariff that is in effect, or refuse in words."""
    pricer = site.tariffs.get(TariffId(tariff))
    if pricer is None:
        raise CoreError("unknown_tariff", tariff=tariff)
    known = [one for one in pricer.versions if one.valid_from <= at]
    if not known:
        raise CoreError("tariff_not_yet", tariff=tariff)
    return known[-1]


def counted_at(site: Site, tariff: str, at: datetime) -> tuple[TariffVersion, Counted]:
    """Return a tariff that sells uses."""
    version = version_at(site, tariff, at)
    if version.terms.counted is None:
        raise CoreError("tariff_wrong_kind", tariff=tariff, kind=Kind.COUNTED)
    return version, version.terms.counted


def duration_at(site: Site, tariff: str, at: datetime) -> tuple[TariffVersion, Duration]:
    """Return a tariff that sells time, or what a counter counts."""
    version = version_at(site, tariff, at)
    if version.terms.duration is None:
        raise CoreError("tariff_wrong_kind", tariff=tariff, kind=Kind.DURATION)
    return version, version.terms.duration
