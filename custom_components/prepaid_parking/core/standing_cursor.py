"""How far a meter's days are charged: standing charges by the day, the minimum by its period."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo

from .identity import MeterId
from .local_day import DAY, day_start


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCursor:
    """The first local days of a meter that are not charged yet, and by which binding it is paid for.

    It belongs to the meter: a day that one tenant has paid is not charged to the next. `carry` and
    `levies` are the remainders below the minor unit; they end with the binding.
    """

    meter: MeterId
    binding: str
    charged_to: date
    minimum_to: date
    carry: int = 0
    levies: Mapping[str, int] = field(default_factory=dict)


def first_day(from_at: datetime, zone: tzinfo) -> date:
    """Return the first local day that is paid by who begins to pay at an instant.

    A day belongs to whoever pays at its start: two tenants never pay for the same one.
    """
    day = from_at.astimezone(zone).date()
    return day if day_start(day, zone) >= from_at else day + DAY


def begun(
    known: StandingCursor | None, meter: MeterId, binding: str, first: date
) -> StandingCursor:
    """Return where a binding's days begin: with its first, or after what another one has paid."""
    if known is None:
        return StandingCursor(meter=meter, binding=binding, charged_to=first, minimum_to=first)
    if known.binding == binding:
        return known
    first = max(first, known.charged_to)
    return replace(
        known,
        binding=binding,
        charged_to=first,
        minimum_to=max(first, known.minimum_to),
        carry=0,
        levies={},
    )
