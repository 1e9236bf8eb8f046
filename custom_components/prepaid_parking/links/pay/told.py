"""What a provider told, read strictly: a part that is missing or of another kind is a fault, never a guess.

A guess here is a wrong amount or a wrong order in the books. Whoever reads says which fault it is:
in an answer the outcome is unknown, a notice is not believed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from typing import Final

from ...core.pay_channel import ChannelError, ChannelFault

LARGEST_TOLD: Final = 1024 * 1024
"""The longest message that is read as JSON; a page of a hundred movements has some 300 kB."""
LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True)
class Told:
    """An object of a message; `fault` is what it means when it is not understood."""

    parts: Mapping[str, object]
    fault: ChannelFault = ChannelFault.UNKNOWN

    @classmethod
    def read(cls, body: bytes | str, fault: ChannelFault = ChannelFault.UNKNOWN) -> Told:
        """Read a JSON object."""
        if len(body) > LARGEST_TOLD:
            raise ChannelError(fault, "too_large")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as err:
            raise ChannelError(fault, "not_json") from err
        if not isinstance(found, dict):
            raise ChannelError(fault, "not_json")
        return cls(found, fault)

    def has(self, name: str) -> bool:
        """Tell whether a part was said: null and an empty text say nothing."""
        found = self.parts.get(name)
        return found is not None and found != ""

    def text(self, name: str) -> str:
        """Return a part that must be a text with something in it."""
        found = self.parts.get(name)
        if not isinstance(found, str) or not found:
            raise self.odd(name)
        return found

    def text_or(self, name: str, default: str = "") -> str:
        """Return a part that must be a text where it was said."""
        return self.text(name) if self.has(name) else default

    def whole(self, name: str) -> int:
        """Return a part that must be a whole number."""
        found = self.parts.get(name)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self.odd(name)
        return found

    def yes(self, name: str) -> bool:
        """Return a part that must be true or false."""
        found = self.parts.get(name)
        if not isinstance(found, bool):
            raise self.odd(name)
        return found

    def moment(self, name: str) -> datetime:
        """Return a part that must be a time in seconds since 1970."""
        seconds = self.whole(name)
        if not 0 <= seconds <= LATEST:
            raise self.odd(name)
        return datetime.fromtimestamp(seconds, UTC)

    def part(self, name: str) -> Told:
        """Return a part that must be an object."""
        found = self.parts.get(name)
        if not isinstance(found, dict):
            raise self.odd(name)
        return Told(found, self.fault)

    def rows(self, name: str) -> Sequence[Told]:
        """Return a part that must be a list of objects."""
        found = self.parts.get(name)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self.odd(name)
        return [Told(row, self.fault) for row in found]

    def odd(self, name: str) -> ChannelError:
        """Return the refusal of a part; its value is not repeated, it may name a payer."""
        return ChannelError(self.fault, "not_understood", name)
