"""Agents, drawers: what people call by a name, and the books by an id."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class Named(Protocol):
    """Something that has both, until it is taken out of use."""

    @property
    def id(self) -> str:
        """What the books call it."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def closed_at(self) -> datetime | None:
        """When it was taken out of use."""


def by_id_or_name[N: Named](known: Iterable[N], asked: str) -> N | None:
    """Return what has this id, or alone has this name of those in use; None where neither is."""
    those = list(known)
    for one in those:
        if one.id == asked.lower():
            return one
    named = [one for one in those if one.name == asked and one.closed_at is None]
    return named[0] if len(named) == 1 else None
