"""Parts of long lists: of what the books have, and of what is in mind."""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Protocol

from ..core.page import Page, Part
from .site import Site

EVERY: Final[Mapping[str, str]] = MappingProxyType({})


class Numbered(Protocol):
    """What has a number of its own; a later one has a larger one."""

    @property
    def no(self) -> int:
        """Its number."""
        ...


async def numbered[R](
    site: Site,
    kind: type[R],
    part: Part,
    like: Mapping[str, str] = EVERY,
    *,
    newest_first: bool = True,
) -> list[R]:
    """Return a part of the records of a kind with these values, by their numbers."""
    place = part.place(newest_first=newest_first)
    return await site.books.page(
        kind, Page(like=like, after=place, limit=part.limit, newest_first=newest_first)
    )


def latest[N: Numbered](known: Iterable[N], part: Part) -> list[N]:
    """Return a part of what is in mind, the latest first."""
    before = part.number()
    left = (one for one in known if before is None or one.no < before)
    return nlargest(part.limit, left, key=attrgetter("no"))
