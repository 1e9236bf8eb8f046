"""What entities belong to: the site, its meters, wallets, lanes and lines, each with its device.

A thing is a handle, not a copy: it looks up what it stands for each time it is asked.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from .const import DOMAIN
from .coordinator import SITE, LineState, PrepaidConfigEntry, PrepaidData
from .core.identity import MeterId, WalletId
from .glance import Glance
from .operations.meter_run import MeterRun
from .operations.overview import Overview, overview
from .operations.site import Site
from .operations.wallet_run import WalletRun

FULL_METERS: Final = 200
"""Up to this many meters each has all its entities; above, each has one (its supply or its total)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(ABC):
    """One thing of a site: its id is unique in the site, its key says of what kind it is as well."""

    entry: PrepaidConfigEntry
    via: str
    id: str
    subentry: str | None = None
    title: str = ""

    @property
    def data(self) -> PrepaidData:
        """The running site's parts."""
        return self.entry.runtime_data

    @property
    def site(self) -> Site:
        """The site in memory."""
        return self.data.site

    @property
    def now(self) -> datetime:
        """The site's present instant."""
        return self.site.clock()

    @property
    def midnight(self) -> datetime:
        """When the site's day began."""
        local = self.now.astimezone(self.site.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)

    @property
    def brief(self) -> bool:
        """Whether it shows only what nobody can do without."""
        return False

    @property
    def online(self) -> bool:
        """Whether its device answers."""
        return True

    def money(self, minor: int) -> Decimal:
        """Return minor units as the decimal number the hub shows."""
        return Decimal(minor).scaleb(-self.site.currency.digits)

    def unique_id(self, key: str) -> str:
        """Return an entity's unique id: the hub's own ids may change, these do not."""
        return f"{self.entry.unique_id}_{self.id}_{key}"

    def identifier(self) -> tuple[str, str]:
        """Return the device's identifier."""
        return (DOMAIN, f"{self.entry.unique_id}_{self.id}")

    @property
    @abstractmethod
    def key(self) -> str:
        """Its name among all things of the site."""

    @property
    def published(self) -> str:
        """The key its states are published under."""
        return self.key

    @property
    @abstractmethod
    def there(self) -> bool:
        """Whether it is still there."""

    @property
    def showable(self) -> bool:
        """Whether the hub takes entities of it: none of a part of the site that was just removed."""
        known = self.subentry is None or self.subentry in self.entry.subentries
        return known and self.there

    @abstractmethod
    def device(self) -> DeviceInfo:
        """Return its device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteThing(Thing):
    """The site itself."""

    @property
    @override
    def key(self) -> str:
        return "site"

    @property
    @override
    def there(self) -> bool:
        return True

    glance: Glance[Overview] = field(default_factory=lambda: Glance(overview))

    @property
    def overview(self) -> Overview:
        """How the whole site stands."""
        return self.glance.at(self.site)

    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(identifiers={site_identifier(self.entry)})


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterThing(Thing):
    """A meter. `switched` says that it is set up with a relay or a valve."""

    switched: bool = False

    @property
    def run(self) -> MeterRun:
        """The meter at work."""
        return self.site.meters[MeterId(self.id)]

    @property
    @override
    def key(self) -> str:
        return f"meter:{self.id}"

    @property
    @override
    def there(self) -> bool:
        return MeterId(self.id) in self.site.meters

    @property
    @override
    def brief(self) -> bool:
        return len(self.site.meters) > FULL_METERS

    @property
    @override
    def online(self) -> bool:
        return self.run.connected and self.run.last is not None

    @override
    def device(self) -> DeviceInfo:
        meter = self.run.meter
        profile = self.data.profiles.meters.get(meter.profile)
        return DeviceInfo(
            identifiers={self.identifier()},
            name=meter.name,
            manufacturer=profile.about.manufacturer if profile is not None else None,
            model=profile.about.model if profile is not None else meter.profile,
            model_id=self.id,
            serial_number=meter.serial,
            via_device_id=self.via,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletThing(Thing):
    """A wallet that is shown as a device."""

    @property
    def run(self) -> WalletRun:
        """The wallet at work."""
        return self.site.wallets[WalletId(self.id)]

    @property
    @override
    def key(self) -> str:
        return f"wallet:{self.id}"

    @property
    @override
    def there(self) -> bool:
        return WalletId(self.id) in self.site.wallets

    @override
    def device(self) -> DeviceInfo:
        wallet = self.run.wallet
        return DeviceInfo(
            identifiers={self.identifier()},
            translation_key=f"wallet_{wallet.purpose}",
            translation_placeholders={"unit": wallet.unit},
            model_id=self.id,
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=self.via,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineThing(Thing):
    """A physical link to devices."""

    @property
    def state(self) -> LineState:
        """How the line is."""
        return self.data.lines[self.id]

    @property
    @override
    def published(self) -> str:
        """A line is looked at with the site: nobody says when its latency changed."""
        return SITE

    @property
    @override
    def key(self) -> str:
        return f"line:{self.id}"

    @property
    @override
    def there(self) -> bool:
        return self.id in self.data.lines

    @override
    def device(self) -> DeviceInfo:
        return DeviceInfo(identifiers={self.identifier()}, name=self.title, via_device_id=self.via)


def site_identifier(entry: PrepaidConfigEntry) -> tuple[str, str]:
    """Return the identifier of the site's device."""
    assert entry.unique_id is not None
    return (DOMAIN, entry.unique_id)


def site_device(hass: HomeAssistant, entry: PrepaidConfigEntry) -> str:
    """Register the site's device, which all others hang on, and return its id."""
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={site_identifier(entry)},
        name=entry.title,
        entry_type=DeviceEntryType.SERVICE,
    )
    return device.id
