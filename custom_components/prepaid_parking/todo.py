"""The to-do list of reviews: what cannot be right about a stay, until somebody has looked."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.todo import (
    TodoItem,
    TodoItemStatus,
    TodoListEntity,
    TodoListEntityFeature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .core.review import Review, Seen, Verdict
from .entity import PrepaidEntity
from .errors import translated
from .operations.review_verdicts import settle_review
from .operations.review_views import lane_name, plates_of
from .park_things import ParkThing
from .roster import async_show_park
from .wording import Words

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

REVIEWS: Final = EntityDescription(key="reviews")
_NEXT_LINE: Final = "  \n"
"""Two spaces: without them, lines of Markdown run on."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the to-do list of a site's car park."""
    await async_show_park(hass, entry, async_add_entities, ReviewList)


class ReviewList(PrepaidEntity[ParkThing], TodoListEntity):
    """The reviews that wait. To tick one off says that it was right after all."""

    _attr_supported_features = TodoListEntityFeature.UPDATE_TODO_ITEM

    def __init__(self, thing: ParkThing, words: Words) -> None:
        """Speak the hub's language: an item is text."""
        super().__init__(thing, REVIEWS)
        self._words = words

    @property
    @override
    def todo_items(self) -> list[TodoItem]:
        """The reviews that wait, the oldest first."""
        waiting = self.thing.site.parking.reviews.values()
        return [self._item(one) for one in sorted(waiting, key=lambda one: one.no)]

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Dismiss a review that is ticked off; its words are not changed by hand."""
        if item.status != TodoItemStatus.COMPLETED or item.uid is None:
            return
        actor = await self.acting()
        with translated():
            await settle_review(
                self.thing.site,
                review=item.uid,
                verdict=Verdict.DISMISSED,
                reason=self._words("review.ticked_off"),
                actor=actor,
            )
        self.async_write_ha_state()

    def _item(self, review: Review) -> TodoItem:
        plates = ", ".join(plates_of(self.thing.site, review))
        said = self._words(f"review.{review.why}")
        return TodoItem(
            uid=review.id,
            summary=f"{plates}: {said}" if plates else said,
            status=TodoItemStatus.NEEDS_ACTION,
            # The hub reads it as Markdown: two masked plates would be one bold text between them.
            description=_NEXT_LINE.join(self._told(review)).replace("*", r"\*"),
        )

    def _told(self, review: Review) -> Iterator[str]:
        """Say what the lanes saw, and by which name the review is settled."""
        for seen in review.reads:
            yield self._seen(seen)
        yield self._words("review.name", review=review.id)

    def _seen(self, seen: Seen) -> str:
        site = self.thing.site
        at = seen.at.astimezone(site.zone)
        told = self._words(
            "review.seen",
            at=f"{at:%Y-%m-%d %H:%M:%S}",
            lane=lane_name(site, seen.lane),
            plate=seen.masked or "-",
            score=seen.score / 10,
        )
        if site.parking.pictures.has(seen.picture):
            return f"{told} {self._words('review.pictured')}"
        return told
