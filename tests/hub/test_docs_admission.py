"""The examples of who is let in, on a running hub: they work as they are printed."""

import pytest

from tests.hub.test_docs import ADMISSION, differences, examples
from tests.journeys.conftest import Hub

pytestmark = pytest.mark.usefixtures("noon")


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await hub.call("publish_tariff", tariff="visitors", kind="duration", duration={"price": "5.00"})
    for name in ADMISSION.split():
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
