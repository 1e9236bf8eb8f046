"""The repository's files and what they import, for the checks beside this file."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
import subprocess
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = "custom_components.prepaid_parking"
FOLDER: Final = ROOT / "custom_components" / "prepaid_parking"


def python_files(folder: Path = FOLDER) -> list[Path]:
    """Every Python file below a folder, in a stable order; none where there is no folder yet."""
    return sorted(folder.rglob("*.py"))


def shown(path: Path) -> str:
    """A path as it is said in a message and in a test's id."""
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(), filename=shown(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every name a file imports, dotted and absolute, wherever in the file it stands.

    `from . import money` in core is `custom_components.prepaid_parking.core.money`;
    `from datetime import date` is `datetime.date`.
    """
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, node.module] if node.module else base
            yield from (".".join([*base, alias.name]) for alias in node.names)


def tracked_files() -> list[Path]:
    """The files that git keeps; a copy without git has nothing to check."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]
