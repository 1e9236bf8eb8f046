"""What happened at the cash desk, as values."""

from dataclasses import dataclass

from ..core.identity import TillId


@dataclass(frozen=True, slots=True, kw_only=True)
class TillFact:
    """A drawer was set up or changed, has changed hands, or something went into it or out of it."""

    till: TillId
