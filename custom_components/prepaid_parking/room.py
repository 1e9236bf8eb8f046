"""How many entities a site may show."""

from collections.abc import Iterable
from typing import Final

from homeassistant.helpers.entity import Entity

MOST_ENTITIES: Final = 8_000
"""The hub refuses the 10,001st enabled entity of an entry; the rest is for what users switch on."""


class Room:
    """How many more entities a site may register."""

    def __init__(self, most: int = MOST_ENTITIES) -> None:
        """Begin with an empty house."""
        self.left = most
        self.taken = 0
        self.refused = 0

    def take[E: Entity](self, entities: Iterable[E]) -> list[E]:
        """Return the entities there is room for; what is switched off at first takes none."""
        taken: list[E] = []
        for entity in entities:
            if entity.entity_registry_enabled_default:
                if not self.left:
                    self.refused += 1
                    continue
                self.left -= 1
                self.taken += 1
            taken.append(entity)
        return taken
