"""How old the office's list is that lanes go by."""

from datetime import timedelta

from ..core.two_hubs import HubState, Role
from .parking_rules import rules_now
from .site import Site


def list_age(site: Site) -> timedelta | None:
    """Return how old the office's list is that the lanes go by; None where there is none."""
    held = site.parking.lane_list
    return None if held is None else max(timedelta(0), site.clock() - held.made_at)


def is_stale(site: Site, state: HubState) -> bool:
    """Tell whether the office's list is too old, or never came in all that time."""
    if state.role is not Role.LANE:
        return False
    age = list_age(site)
    waited = site.clock() - state.since if age is None else age
    return waited > timedelta(hours=rules_now(site).stale_hours)
