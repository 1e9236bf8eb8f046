"""The car park set up step by step: spaces, fee items, packages, cards, billing."""

from .flow_park_billing import BillingSteps
from .flow_park_cards import CardSteps
from .flow_park_prices import PriceSteps
from .flow_park_spaces import SpaceSteps


class ParkSteps(SpaceSteps, PriceSteps, CardSteps, BillingSteps):
    """The five steps together."""
