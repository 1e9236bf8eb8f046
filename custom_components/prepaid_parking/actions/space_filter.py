"""Which spaces a fee item or a package is for, as actions are told it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.space import Grade, Location, SpaceFilter, Tenure
from .call import Fields


def several(kind: Any) -> Any:
    """Return what takes one of a kind, or up to a hundred."""
    return vol.All(cv.ensure_list, [kind], vol.Length(max=100))


FILTER: Final[Fields] = {
    vol.Optional("locations"): several(vol.Coerce(Location)),
    vol.Optional("tenures"): several(vol.Coerce(Tenure)),
    vol.Optional("grades"): several(vol.Coerce(Grade)),
    vol.Optional("zones"): several(cv.string),
    vol.Optional("uses"): several(cv.string),
}


def narrowed(data: Mapping[str, Any], before: SpaceFilter) -> SpaceFilter | None:
    """Return a filter of which the parts that are named are changed; None where none is."""
    asked: dict[str, Any] = {name: tuple(data[name]) for name in map(str, FILTER) if name in data}
    return replace(before, **asked) if asked else None
