"""Who may import whom. A boundary that no test checks disappears."""

import ast
from pathlib import Path
import subprocess
import sys
import tomllib
from typing import Final

from homeassistant.const import Platform
from homeassistant.loader import BASE_PRELOAD_PLATFORMS
import pytest

from tests.repository.tree import FOLDER, PACKAGE, ROOT, imports_of, python_files, shown, tree_of

CORE: Final = FOLDER / "core"
# What each subpackage may import of this integration; the shell around them may import anything.
MAY_IMPORT: Final = {
    "core": {"core"},
    "operations": {"core", "operations"},
    "links": {"core", "links"},
    "store": {"core", "store"},
    "channels": {"core", "channels"},
    "simulator": {"core", "simulator"},
}
STANDARD_LIBRARY_ONLY: Final = {"core", "operations"}
# The one link whose device is the hub itself.
KNOWS_THE_HUB: Final = FOLDER / "links" / "entity"

SUBPACKAGE_FILES: Final = [
    pytest.param(name, path, id=shown(path))
    for name in MAY_IMPORT
    for path in python_files(FOLDER / name)
]
CORE_MODULES: Final = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in python_files(CORE)
]
# Run without site-packages: only the standard library can be imported. The bare parent keeps the
# integration's own __init__, which is the hub's, out of it.
IMPORT_ALONE: Final = """
import sys, types
parent = types.ModuleType(sys.argv[1])
parent.__path__ = [sys.argv[2]]
sys.modules[sys.argv[1]] = parent
sys.path.insert(0, sys.argv[3])
__import__(sys.argv[4])
"""


@pytest.mark.parametrize("module", CORE_MODULES)
def test_a_core_module_imports_alone_with_the_standard_library(module: str) -> None:
    """Whoever reuses or checks the rules of money must not need a hub for it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALONE, PACKAGE, FOLDER, ROOT, module],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("subpackage", "path"), SUBPACKAGE_FILES)
def test_a_subpackage_keeps_to_what_it_may_import(subpackage: str, path: Path) -> None:
    """One import in the wrong direction, and the rules cannot be changed without the devices."""
    ours = {
        name.removeprefix(PACKAGE).split(".")[1] if name.startswith(f"{PACKAGE}.") else "__init__"
        for name in imports_of(path)
        if name.startswith(PACKAGE)
    }
    assert ours <= MAY_IMPORT[subpackage]


@pytest.mark.parametrize(("subpackage", "path"), SUBPACKAGE_FILES)
def test_a_subpackage_does_not_know_the_hub(subpackage: str, path: Path) -> None:
    """What knows the hub cannot be tested, or moved to a process of its own, without it."""
    others = {
        name.split(".")[0] for name in imports_of(path) if not name.startswith("custom_components")
    }
    if subpackage in STANDARD_LIBRARY_ONLY:
        assert others <= sys.stdlib_module_names
    elif path.with_suffix("") != KNOWS_THE_HUB and not path.is_relative_to(KNOWS_THE_HUB):
        assert "homeassistant" not in others


@pytest.mark.parametrize("path", python_files(CORE), ids=shown)
def test_core_imports_nothing_that_has_a_clock_a_file_or_chance(path: Path) -> None:
    """A rule that looks at the clock by itself cannot be asked what it would have said yesterday.

    The list is the one ruff reads, which sees names but not relative imports.
    """
    settings = tomllib.loads((CORE / "ruff.toml").read_text())
    banned = settings["lint"]["flake8-tidy-imports"]["banned-api"]
    for name in imports_of(path):
        parts = name.split(".")
        prefixes = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        assert prefixes.isdisjoint(banned), name


@pytest.mark.parametrize("path", python_files(CORE), ids=shown)
def test_core_has_no_floating_point_numbers(path: Path) -> None:
    """A tenth has no exact float: a tenant would be charged for the difference.

    Raw electrical values are the exception: volts and amperes are shown, never billed.
    """
    shown_only = {
        node
        for field in ast.walk(tree_of(path))
        if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) == "values"
        for node in ast.walk(field.annotation)
    }
    floats = [
        f"line {node.lineno}"
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float" and node not in shown_only)
    ]
    assert not floats


def test_no_subpackage_is_taken_for_a_platform() -> None:
    """The hub would load a folder `sensor` or `backup` as that platform of this integration."""
    platforms = {*BASE_PRELOAD_PLATFORMS, *(platform.value for platform in Platform)}
    subpackages = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert subpackages.isdisjoint(platforms)
