"""Events: what happened to wallets and at lanes, as the moment it happened."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .entity import PrepaidEntity
from .operations.facts import Fact, UseEvent, UseFact, WalletEvent, WalletFact
from .operations.lane_facts import PassageKind, Passed
from .park_things import LaneThing
from .roster import async_show
from .telling import passage_story, use_story, wallet_story
from .things import SiteThing, Thing, WalletThing

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

ACTIVITY: Final = EventEntityDescription(
    key="activity", event_types=[str(event) for event in WalletEvent]
)
SITE_ACTIVITY: Final = EventEntityDescription(
    key="site_activity", event_types=[str(event) for event in WalletEvent]
)
PASSAGE: Final = EventEntityDescription(
    key="passage", event_types=[str(kind) for kind in PassageKind]
)
USE: Final = EventEntityDescription(key="use", event_types=[str(event) for event in UseEvent])


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entities of a site."""
    await async_show(hass, entry, async_add_entities, _events)


def _events(thing: Thing) -> Iterator[Entity]:
    match thing:
        case SiteThing():
            yield SiteActivity(thing, SITE_ACTIVITY)
            yield Uses(thing, USE)
        case WalletThing():
            yield WalletActivity(thing, ACTIVITY)
        case LaneThing():
            yield Passage(thing, PASSAGE)


IN_BOOKS: Final = frozenset({"at", "available", "entry", "reference"})
"""What the books have of a wallet's event, and what differs each time: in the hub's own history it was
most of what a payment costs there, and hundreds in a second kept the hub from answering."""


class FactEvent[ThingT: Thing](PrepaidEntity[ThingT], EventEntity):
    """An event entity that hears the site's facts."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen from now on: what happened before was told then."""
        await super().async_added_to_hass()
        coordinator = self.thing.data.coordinator
        self.async_on_remove(coordinator.listen(self._async_heard, self.heard_under))

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if (story := self.story(fact)) is not None:
            self._trigger_event(*story)
            self.async_write_ha_state()

    @property
    def heard_under(self) -> str:
        """The key that all of its facts are seen under; "" where they have none in common."""
        return self.thing.key

    @abstractmethod
    def story(self, fact: Fact) -> tuple[str, dict[str, Any]] | None:
        """Return the event type and its attributes where a fact is this entity's."""


class SiteActivity(FactEvent[SiteThing]):
    """What happens to any wallet, also to those that are no devices."""

    _unrecorded_attributes = IN_BOOKS

    @override
    def story(self, fact: Fact) -> tuple[str, dict[str, Any]] | None:
        if not isinstance(fact, WalletFact):
            return None
        return str(fact.event), wallet_story(self.thing.site, fact)


class Uses(FactEvent[SiteThing]):
    """What is used at the points of use: taken, started, ended, refused, paid back."""

    @property
    @override
    def heard_under(self) -> str:
        return ""

    @override
    def story(self, fact: Fact) -> tuple[str, dict[str, Any]] | None:
        if not isinstance(fact, UseFact):
            return None
        return str(fact.event), use_story(self.thing.site, fact)


class WalletActivity(FactEvent[WalletThing]):
    """What happens to one wallet."""

    _unrecorded_attributes = IN_BOOKS

    @override
    def story(self, fact: Fact) -> tuple[str, dict[str, Any]] | None:
        if not isinstance(fact, WalletFact) or fact.wallet != self.thing.id:
            return None
        return str(fact.event), wallet_story(self.thing.site, fact)


class Passage(FactEvent[LaneThing]):
    """Who was let through at a lane and who was not.

    The books keep each passage with all of it. The hub's own history keeps what happened and why: to
    keep there whose it was as well, two of three times what it costs, made cars wait in a rush.
    """

    _unrecorded_attributes = frozenset({"at", "plate", "card", "wallet", "stay", "picture"})

    @override
    def story(self, fact: Fact) -> tuple[str, dict[str, Any]] | None:
        if not isinstance(fact, Passed) or fact.lane != self.thing.id:
            return None
        return str(fact.kind), passage_story(self.thing.site, fact)
