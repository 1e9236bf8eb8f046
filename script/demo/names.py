"""What the hub calls the entities of the demo's things.

They are found by what the integration calls them for good, their unique ids, because a user may
rename the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter, DemoWallet

from .client import Hub
from .tenants import unit_of
from .trouble import DemoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the hub calls the entities of the site's things."""

    entry: str
    """The config entry of the site, which actions are told: the hub may have more sites."""
    site: str
    entities: Mapping[str, str]
    things: Mapping[str, str]
    """Ids of meters and lanes by their names, of wallets by purpose and unit."""

    def told(self, **data: str) -> dict[str, str]:
        """Return what an action on this site is told."""
        return {"config_entry_id": self.entry, **data}

    @property
    def meters(self) -> dict[str, str]:
        """Return by their ids what the meters are called within their unit."""
        return {self.things[one.name]: _within(one) for one in DEMO.meters}

    def entity(self, thing: str, key: str) -> str:
        """Return the entity of a thing."""
        unique_id = f"{self.site}_{thing}_{key}"
        if unique_id not in self.entities:
            message = f"The hub has no entity {key!r} of {thing!r}, which the dashboard shows."
            raise DemoError(message)
        return self.entities[unique_id]

    def of(self, name: str, key: str) -> str:
        """Return the entity of a meter or a lane by its name."""
        return self.entity(self.things[name], key)

    def maybe(self, name: str, *keys: str) -> str | None:
        """Return the first of several entities that a thing has."""
        ids = (f"{self.site}_{self.things[name]}_{key}" for key in keys)
        return next((self.entities[one] for one in ids if one in self.entities), None)

    def wallet(self, wallet: DemoWallet, key: str) -> str:
        """Return the entity of a wallet."""
        return self.entity(self.things[wallet_key(wallet.purpose, unit_of(wallet))], key)


def used_statistic(names: Names, meter: DemoMeter) -> str:
    """Return the statistic of what a meter used by the hour."""
    return f"prepaid_parking:{names.site[:8]}_{names.things[meter.name]}_used"


async def names_of(hub: Hub, entry: str) -> Names:
    """Ask the hub for the names of everything that belongs to the site."""
    devices = await hub.ask("config/device_registry/list")
    entities = await hub.ask("config/entity_registry/list")
    ours = [one for one in entities if one["config_entry_id"] == entry]
    wallets = (await hub.act("list_wallets"))["wallets"]
    site = next(one["unique_id"] for one in ours if one["unique_id"].endswith("_site_float_total"))
    return Names(
        entry=entry,
        site=site.removesuffix("_site_float_total"),
        entities={one["unique_id"]: one["entity_id"] for one in ours if not one["disabled_by"]},
        things={
            one["name"]: one["model_id"]
            for one in devices
            if one["model_id"] and entry in (one.get("config_entry_id"), *one["config_entries"])
        }
        | {wallet_key(one["purpose"], one["unit"]): one["wallet"] for one in wallets},
    )


def _within(meter: DemoMeter) -> str:
    """Return what a meter is called within its unit: `Laundry 0-03 steam` is steam."""
    return meter.name.split(maxsplit=2)[2]


def wallet_key(purpose: str, unit: str) -> str:
    """Return what a wallet is found by: what it is for, and whose it is."""
    return f"{purpose}/{unit}"
