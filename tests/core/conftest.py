"""The rules are tested with nothing around them."""

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()
