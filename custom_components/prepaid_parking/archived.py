"""Ledgers of removed sites: kept for good, and offered when a site is added again."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from .const import DOMAIN

ARCHIVE: Final = "archive"
FEW_UNITS: Final = 3
"""Names of units by which a person knows their building again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedLedger:
    """A ledger that no site uses: whose it was, in which currency, and how a person knows it."""

    site: str
    currency: str
    path: Path
    units: tuple[str, ...]
    booked: datetime | None

    @property
    def label(self) -> str:
        """A name without words: units, currency and the day of the last entry."""
        units = ", ".join(self.units) or self.site[:8]
        day = f" · {self.booked.date().isoformat()}" if self.booked else ""
        return f"{units} · {self.currency}{day}"


def archive_folder(hass: HomeAssistant) -> Path:
    """Return where the ledgers of removed sites lie."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN, ARCHIVE))


def archived_ledgers(folder: Path) -> list[ArchivedLedger]:
    """Return the ledgers in a folder, the newest first; reads files, so never in the event loop.

    What cannot be read is left out and left alone: a person may still repair it.
    """
    found = []
    for path in folder.glob("*.db"):
        try:
            found.append(_read(path))
        except sqlite3.Error, KeyError:
            continue
    return sorted(found, key=lambda one: one.booked or datetime.min.replace(tzinfo=UTC))[::-1]


def take_up(ledger: ArchivedLedger) -> None:
    """Put a ledger back where its site looks for it, with its keys; never over one that is there."""
    home = ledger.path.parent.parent
    if (home / ledger.path.name).exists():
        return
    for file in ledger.path.parent.glob(f"{ledger.path.stem}.*"):
        file.replace(home / file.name)


def _read(path: Path) -> ArchivedLedger:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        units = connection.execute("SELECT unit FROM wallet ORDER BY no LIMIT ?", (FEW_UNITS,))
        (booked,) = connection.execute("SELECT max(booked) FROM journal").fetchone()
        return ArchivedLedger(
            site=meta["site"],
            currency=meta["currency"],
            path=path,
            units=tuple(unit for (unit,) in units),
            booked=None
            if booked is None
            else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=booked),
        )
