"""Which things of a site are shown: found at set-up, and as they come and go while it runs.

One look serves all platforms: with 20,000 wallets a look of each of them would hold up the hub.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import ROSTER, PrepaidConfigEntry
from .handles import handles, make
from .measures import TOTAL_KEYS
from .operations.gently import gently
from .park_things import ParkThing
from .things import MeterThing, Thing, site_device
from .wording import Words, async_words

ROSTERS: Final[HassKey[dict[str, Roster]]] = HassKey(f"{DOMAIN}_rosters")
SUPPLY: Final = frozenset({"supply"})

type Build = Callable[[Thing], Iterable[Entity]]
type Found = Callable[[Thing], None]


class Roster:
    """The things of one site that are shown."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Begin with nothing."""
        self._hass = hass
        self._entry = entry
        self._via = site_device(hass, entry)
        self._things: dict[str, Thing] = {}
        self._found: list[Found] = []
        self._coming: dict[str, Thing] = {}
        self._handing: asyncio.Task[None] | None = None

    async def async_begin(self) -> None:
        """Look for what is shown, then take away what is not shown any more."""
        for step in (self.async_look, self._forget_closed, self._forget_details):
            step()
            await asyncio.sleep(
                0
            )  # Each is a look at everything: between them others get the loop.

    async def async_add(self, found: Found) -> None:
        """Call back for everything there is, and for what comes, which is after all have asked."""
        self._found.append(found)
        async for thing in gently(list(self._things.values())):
            found(thing)

    @callback
    def async_look(self) -> None:
        """See what has come and what has gone, and who goes by another name."""
        here, coming = {}, {}
        for handle in handles(self._entry):
            known = self._things.get(handle.key)
            thing = known or make(self._entry, self._via, handle)
            if known is not None and handle.title != known.title:
                self._rename(known, handle.title)
                thing = make(self._entry, self._via, handle)
            here[handle.key] = thing
            if self._found and (known is None or handle.key in self._coming):
                coming[handle.key] = thing
        self._things, self._coming = here, coming
        if coming and (self._handing is None or self._handing.done()):
            self._handing = self._entry.async_create_task(
                self._hass, self._hand_over(), f"{DOMAIN} newcomers"
            )

    async def async_shown(self) -> None:
        """See what has come, and wait until it is shown."""
        self.async_look()
        if self._handing is not None:
            await self._handing

    @callback
    def async_rest(self) -> None:
        """Hand nothing over any more: the platforms are about to go."""
        self._found.clear()
        self._coming.clear()

    async def _hand_over(self) -> None:
        """Show what has come; a thousand wallets of one list held the hub up for a second."""
        async for key in gently(self._next()):
            # While others had the loop it may have gone, or been given another name.
            if (thing := self._coming.pop(key, None)) is None:
                continue
            if not thing.showable:
                self._things.pop(key)  # The next look tells whether it is there again.
                continue
            for found in self._found:
                found(thing)

    def _next(self) -> Iterator[str]:
        while self._coming:
            yield from list(self._coming)

    def _rename(self, thing: Thing, title: str) -> None:
        registry = dr.async_get(self._hass)
        device = registry.async_get_device_by_identifier(thing.identifier(), self._entry.entry_id)
        if device is not None:
            registry.async_update_device(device.id, name=title)

    def _forget_closed(self) -> None:
        """Remove the devices of wallets that were closed in an earlier run."""
        registry, uid = dr.async_get(self._hass), self._entry.unique_id
        for run in self._entry.runtime_data.site.wallets.values():
            if run.wallet.closed_at is None or not run.wallet.exposed:
                continue
            device = registry.async_get_device_by_identifier(
                (DOMAIN, f"{uid}_{run.wallet.id}"), self._entry.entry_id
            )
            if device is not None:
                registry.async_remove_device(device.id)

    def _forget_details(self) -> None:
        """Remove what meters showed while the site was small: the hub counts it as well."""
        brief = {
            thing.unique_id(""): SUPPLY if thing.switched else TOTAL_KEYS
            for thing in self._things.values()
            if isinstance(thing, MeterThing) and thing.brief
        }
        if not brief:
            return
        registry = er.async_get(self._hass)
        for one in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            owner, _, key = one.unique_id.partition("_m")
            number, _, key = key.partition("_")
            if key not in brief.get(f"{owner}_m{number}_", (key,)):
                registry.async_remove(one.entity_id)


async def async_begin(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Look at what a site shows, before its platforms ask for it."""
    rosters = hass.data.setdefault(ROSTERS, {})
    roster = rosters[entry.entry_id] = Roster(hass, entry)
    looking = entry.runtime_data.coordinator.subscribe(ROSTER, roster.async_look)

    @callback
    def async_end() -> None:
        looking()
        rosters.pop(entry.entry_id)

    entry.async_on_unload(async_end)
    await roster.async_begin()


async def async_shown(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Show what came as a site was wired, its lanes: its set-up has not ended before."""
    await hass.data[ROSTERS][entry.entry_id].async_shown()


@callback
def async_rest(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Show nothing new any more, before the platforms of a site are taken away."""
    hass.data[ROSTERS][entry.entry_id].async_rest()


async def async_each(hass: HomeAssistant, entry: PrepaidConfigEntry, found: Found) -> None:
    """Call back for everything of a site that is shown, and for what comes while it runs."""
    await hass.data[ROSTERS][entry.entry_id].async_add(found)


async def async_show(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: Build,
) -> None:
    """Add the entities of everything there is, and of what comes while the site runs."""

    @callback
    def async_add(thing: Thing) -> None:
        if entities := entry.runtime_data.room.take(build(thing)):
            async_add_entities(entities, config_subentry_id=thing.subentry)

    await async_each(hass, entry, async_add)


async def async_show_fitted[ThingT: Thing](
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    kind: type[ThingT],
    fitted: Callable[[ThingT], Collection[str]],
    build: Callable[[ThingT, str], Entity],
) -> None:
    """Add what a thing has as soon as it has it: loops are wired, zones are named while it runs."""

    @callback
    def async_found(thing: Thing) -> None:
        if not isinstance(thing, kind):
            return
        shown: set[str] = set()

        @callback
        def async_look() -> None:
            new = [key for key in fitted(thing) if key not in shown] if thing.showable else []
            if new:
                shown.update(new)
                entities = entry.runtime_data.room.take([build(thing, key) for key in new])
                async_add_entities(entities, config_subentry_id=thing.subentry)

        async_look()
        entry.async_on_unload(entry.runtime_data.coordinator.subscribe(thing.published, async_look))

    await async_each(hass, entry, async_found)


async def async_show_park(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make_entity: Callable[[ParkThing, Words], Entity],
) -> None:
    """Add the car park's entity whose contents are text, and so in the hub's language."""
    words = await async_words(hass)

    def build(thing: Thing) -> Iterable[Entity]:
        return (make_entity(thing, words),) if isinstance(thing, ParkThing) else ()

    await async_show(hass, entry, async_add_entities, build)


def is_shown(entry: PrepaidConfigEntry, device: dr.AnyDeviceEntry) -> bool:
    """Tell whether a device still stands for something of the site."""
    uid = entry.unique_id
    names = {uid, *(f"{uid}_{handle.id}" for handle in handles(entry))}
    return any((DOMAIN, name) in device.identifiers for name in names)
