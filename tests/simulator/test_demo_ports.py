"""The demo's ports: two that are started in one second do not want the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import socket
import tempfile

import pytest

from script.demo.choices import Choices, Ports, choose
from script.demo.claims import Claims
from script.demo.places import HOST, Places
from script.demo.trouble import DemoError


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that runs on this machine is none of the tests' business."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("MQTT_URL", raising=False)


@pytest.fixture
def nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what else this machine runs, nothing is in the way."""
    monkeypatch.setattr(f"{Claims.__module__}._is_free", lambda _: True)


def started(folder: Path, claims: Claims, port: int | None = None) -> Choices:
    """What a demo in a folder is started with."""
    folder.mkdir(exist_ok=True)
    return choose(Places(folder=folder), port, claims)


def ports_of(choices: Choices) -> set[int]:
    """Where a demo listens."""
    ports: Ports = choices.ports
    return {ports.hub, ports.mqtt, ports.tcp, ports.rtu, ports.pay}


@contextmanager
def listener() -> Iterator[int]:
    """Another program, which has a port."""
    with socket.socket() as there:
        there.bind((HOST, 0))
        there.listen()
        yield there.getsockname()[1]


@pytest.mark.usefixtures("nothing_listens")
def test_two_demos_that_are_started_at_once_have_ports_of_their_own(tmp_path: Path) -> None:
    """Neither listens yet when the other one looks: one of the two newcomers would see a demo fail."""
    with Claims() as claims, Claims() as others:
        one, other = started(tmp_path / "one", claims), started(tmp_path / "other", others)
        assert len(ports_of(one)) == len(ports_of(other)) == 5
        assert not ports_of(one) & ports_of(other)


@pytest.mark.usefixtures("nothing_listens")
def test_a_demo_that_ended_leaves_its_ports_to_its_next_start(tmp_path: Path) -> None:
    """The hub's settings name them: a demo that cannot have them again would have to start over."""
    with Claims() as claims:
        first = started(tmp_path / "one", claims)
    with Claims() as claims:
        again = started(tmp_path / "one", claims)
        assert again == first
        with Claims() as others, pytest.raises(DemoError, match="--fresh"):
            started(tmp_path / "one", others)


def test_a_port_that_another_program_has_is_not_taken(tmp_path: Path) -> None:
    """The web server that was there first goes on."""
    with listener() as port, Claims() as claims:
        assert not claims.take(port)
        assert claims.next_free(port) > port
        with pytest.raises(DemoError, match="--port"):
            started(tmp_path / "one", claims, port)
