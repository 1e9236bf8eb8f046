"""Long lists are told in parts: which records, in which order, and from where the list goes on.

A list of ten years is never read whole for a page of it: the place where it goes on is looked up by
an index, so that the last page costs what the first one does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Final

type Mark = int | str | datetime
type Place = tuple[Mark, ...]

USUAL: Final = 100
_NUMBER: Final = re.compile(r"\d{1,18}$", re.ASCII)
BEFORE_ALL: Final = 0
AFTER_ALL: Final = 10**18
"""No number comes near it: a list that goes on behind it is at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of a list that is asked for: so many, after the one that was the last (by its id)."""

    after: str = ""
    limit: int = USUAL

    def number(self, *, newest_first: bool = True) -> int | None:
        """Return after which number the list goes on: ids end with theirs. None from its beginning.

        What has no number is nowhere in the list: it is at its end.
        """
        if not self.after:
            return None
        found = _NUMBER.search(self.after)
        if found is None:
            return BEFORE_ALL if newest_first else AFTER_ALL
        return int(found[0])

    def place(self, *, newest_first: bool = True) -> Place:
        """Return where the list goes on, of one that is ordered by number alone."""
        number = self.number(newest_first=newest_first)
        return () if number is None else (number,)


WHOLE_LIST: Final = Part()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the records of a kind.

    `like` are values that columns have (None: they have none). `by` orders them and tells each from
    all others; the first of these columns is within `first` and `last`, where they are given.
    `after` is the place of the last record of the page before, in the columns of `by`.
    """

    like: Mapping[str, int | str | None] = field(default_factory=dict)
    by: tuple[str, ...] = ("no",)
    first: Mark | None = None
    last: Mark | None = None
    after: Place = ()
    limit: int = USUAL
    newest_first: bool = True
