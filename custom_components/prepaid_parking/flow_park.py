"""The car park set up step by step: spaces, fee items, packages, cards, billing; then a lane is tried."""

from .flow_park_billing import BillingSteps
from .flow_park_cards import CardSteps
from .flow_park_lane import LaneSteps
from .flow_park_prices import PriceSteps
from .flow_park_spaces import SpaceSteps


class ParkSteps(SpaceSteps, PriceSteps, CardSteps, BillingSteps, LaneSteps):
    """The steps together."""
