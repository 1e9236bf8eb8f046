"""The demo, started by its own command in a folder of its own, as a newcomer starts it."""

from collections.abc import Iterator

import pytest

from script.demo.running import RunningDemo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo whose bakery runs empty, from nothing."""
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
