"""What happens when … is tested against ports, not against a hub."""

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()
