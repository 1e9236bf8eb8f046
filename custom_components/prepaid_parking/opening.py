"""A site's books are opened and the site filled from them: its durable half, before anything is polled."""

from datetime import UTC, datetime
import logging
from pathlib import Path
from typing import Final

from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util

from .const import (
    CONF_CURRENCY,
    CONF_SECOND_ANCHOR,
    CONF_SITE,
    DOMAIN,
)
from .coordinator import (
    PrepaidConfigEntry,
    PrepaidData,
    SiteCoordinator,
)
from .core.errors import StoreError
from .core.ledger import BooksState
from .core.money import Currency
from .lane_pictures import LanePictures
from .operations.keeper import Keeper
from .operations.loading import load_site
from .operations.passages import Passages
from .operations.rules import ensure_standard
from .operations.site import Site, utc_now
from .operations.tally import Tally
from .profiles import async_load_profiles
from .public_holidays import PublicHolidays
from .site_options import go_by
from .store.books import Books
from .store.pictures import PictureFiles
from .store.privacy import Privacy

_LOGGER: Final = logging.getLogger(__name__)
EARLIEST: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that shows a time before this program was written is not set yet: nothing is cut by it."""


def books_path(hass: HomeAssistant, site: str) -> Path:
    """Return where a site's ledger lies: in the hub's storage, so that its backup has it."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN, f"{site}.db"))


def anchor_paths(hass: HomeAssistant, entry: PrepaidConfigEntry) -> list[Path]:
    """Return where the ledger's anchor is written: a restore of the hub spares its backups folder."""
    name = f"{DOMAIN}-{entry.data[CONF_SITE]}.anchor"
    second = entry.options.get(CONF_SECOND_ANCHOR)
    return [Path(hass.config.path("backups", name)), *([Path(second, name)] if second else [])]


async def open_site(hass: HomeAssistant, entry: PrepaidConfigEntry, *, frozen: bool) -> PrepaidData:
    """Open a site's books and fill the site from them; nothing is polled yet."""
    site_id, path = entry.data[CONF_SITE], books_path(hass, entry.data[CONF_SITE])
    books = await Books.open(
        path,
        site=site_id,
        currency=entry.data[CONF_CURRENCY],
        anchors=anchor_paths(hass, entry),
        clock=utc_now,
        frozen=frozen,
    )
    try:
        privacy = await Privacy.open(
            books, path.with_suffix(".kek"), erased=path.with_suffix(".erased")
        )
        zone_name = entry.data.get(CONF_TIME_ZONE, hass.config.time_zone)
        zone = await dt_util.async_get_time_zone(zone_name) or UTC
        coordinator = SiteCoordinator(hass)
        holidays = PublicHolidays(hass)
        site = Site(
            name=entry.title,
            currency=Currency.of(entry.data[CONF_CURRENCY]),
            zone=zone,
            books=books,
            privacy=privacy,
            clock=utc_now,
            tell=coordinator.tell,
            holidays=holidays,
            learn_calendar=holidays.learn,
            not_before=EARLIEST,
            clock_ok=utc_now() >= EARLIEST,
        )
        pictures = LanePictures(
            hass,
            await PictureFiles.open(path.with_suffix(".pictures"), privacy.file_key("pictures")),
            site.clock,
            lambda lane: coordinator.touch(f"lane:{lane}"),
        )
        site.parking.pictures = pictures
        tally = Tally(zone)
        site.outlook.daily_minor = tally.daily_minor
        passages = Passages(zone)
        await _load(site, books, tally)
        await passages.begin(books, utc_now())
    except BaseException:
        await books.close()
        raise
    data = PrepaidData(
        site=site,
        books=books,
        privacy=privacy,
        keeper=Keeper(site),
        coordinator=coordinator,
        tally=tally,
        passages=passages,
        profiles=await async_load_profiles(hass),
        pictures=pictures,
    )
    go_by(data, entry.options)
    return data


async def _load(site: Site, books: Books, tally: Tally) -> None:
    """Fill the site from its books; from damaged ones as far as they can be read."""
    try:
        await load_site(site)
        if books.writable:
            await ensure_standard(site)
        await tally.begin(books, utc_now())
    except (StoreError, KeyError) as err:
        if books.state is not BooksState.READ_ONLY:
            raise
        # Nothing is booked or cut by it, but who is in must get out and meters are still read.
        _LOGGER.warning("The ledger of %s was read only in part: %r", site.name, err)
