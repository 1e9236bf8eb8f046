"""The examples of spaces and fee items, on a running hub: they work as they are printed."""

from datetime import UTC, datetime

from tests.hub.test_docs import SPACES, differences, examples
from tests.journeys.conftest import Hub


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    hub.data.site.clock = lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="property")
    printed = examples()
    for name in SPACES.split():
        call, answer = printed[name]
        told = await hub.call(name, **call)
        assert not differences(told, answer), name
