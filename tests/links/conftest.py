"""Links are tested over real sockets on this machine."""

from contextlib import suppress

import pytest


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    """Loopback sockets are the point here; the hub's test plugin forbids them unless asked."""
    with suppress(pytest.FixtureLookupError):
        request.getfixturevalue("socket_enabled")
