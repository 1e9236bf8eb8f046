"""What must not be in any file, and what the two commands need of theirs."""

from pathlib import Path
import re
import subprocess
import tomllib
from typing import Final

import pytest

from tests.repository.tree import ROOT, shown, tracked_files

# Folders of one machine, and hosts that packages come from; spelled so that this file has none.
FOREIGN: Final = re.compile(
    r"(?<![\w.\-])/(wor[k]|roo[t]|far[m]|hom[e]/[a-z]+|User[s]/[a-z]+)/"
    r"|pythonhoste[d]|pyp[i]\.org/simple|npmj[s]\.(org|com)|//de[b]\.|\.librar[y]/",
)
REQUIREMENTS: Final = sorted((ROOT / "requirements").glob("*.txt"))


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Who clones this has other folders, and perhaps a mirror of their own."""
    found = []
    for path in tracked_files():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{shown(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(lines, 1)
            if FOREIGN.search(line)
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", REQUIREMENTS, ids=shown)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    """What CI proved must be what a developer runs, and what the registry held that day."""
    text = path.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|--(extra-)?index-url|--find-links|-f)\b", text, re.MULTILINE)
    requirements = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.\-\[\],]+==[\w.!+]+( ;[^\\]+)? \\\n +--hash=sha256:", requirement)


def test_every_requirements_file_is_written_by_script_lock() -> None:
    """A file that script/lock does not know is never brought up to date."""
    lock = (ROOT / "script" / "lock").read_text()
    for path in REQUIREMENTS:
        assert re.search(rf"^lock {re.escape(path.stem)}\b", lock, re.MULTILINE)


@pytest.mark.parametrize(
    "path",
    [path for path in (ROOT / "script").iterdir() if path.is_file() and not path.suffix],
    ids=shown,
)
def test_a_script_can_be_run(path: Path) -> None:
    """The first thing a newcomer does must not end in `permission denied`."""
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env ")


def test_every_language_of_the_code_is_checked_at_the_same_python() -> None:
    """ruff and mypy must judge for the Python that the hub runs on."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert settings["ruff"]["target-version"] == "py314"
    assert settings["mypy"]["python_version"] == "3.14"


def test_the_tests_command_says_what_it_can_do() -> None:
    """Whoever asked for help waited for minutes of lint and tests, and got pytest's."""
    asked = subprocess.run(
        [ROOT / "script" / "test", "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    assert asked.returncode == 0
    assert "script/test --long" in asked.stdout
    assert "==" not in asked.stdout
