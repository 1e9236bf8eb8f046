"""The durable side is tested with real files and without a hub."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from custom_components.prepaid_parking.store.books import Books  # noqa: E402
from tests.store.acts import open_books  # noqa: E402


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    """New books of a site with one meter and one wallet."""
    books = await open_books(tmp_path)
    yield books
    await books.close()
