"""What the hub, its marketplace and hassfest ask of the integration's own description."""

import json
from pathlib import Path
import re
import struct
import sys
from typing import Any, Final

from awesomeversion import AwesomeVersion
from homeassistant import components
from homeassistant.const import Platform
from homeassistant.util import yaml
import pytest

from tests.repository.tree import FOLDER, PACKAGE, ROOT, imports_of, python_files, shown

MANIFEST: Final[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())
HUB_COMPONENTS: Final = Path(components.__path__[0])
# Parts of the hub that hassfest lets everybody import without naming them.
OPEN_TO_ALL: Final = {
    *(platform.value for platform in Platform),
    *("automation", "conversation", "device_automation", "frontend", "homeassistant"),
    *("media_source", "onboarding", "panel_custom", "persistent_notification", "person", "script"),
    *("system_health", "system_log", "webhook", "websocket_api", "zone"),
}
# Packages that every hub has. Those of a dependency come with it; what only the demo's simulator
# and broker use is in requirements/demo.in.
WITH_EVERY_HUB: Final = {
    *("homeassistant", "probatio", "sqlalchemy", "cryptography", "aiohttp", "yarl", "yaml"),
    *("annotatedyaml", "propcache", "orjson", "jinja2", "multidict", "awesomeversion"),
}
WITH_A_DEPENDENCY: Final = {
    "modbus": {"modbus_connection", "tmodbus"},
    "mqtt": {"paho"},
    "usb": {"serialx"},
}
IN_THE_DEMO_ONLY: Final = {"amqtt", "pymodbus", "aiomqtt", "passlib"}
MARKETPLACE_KEYS: Final = {
    *("name", "content_in_root", "country", "filename", "hacs", "hide_default_branch"),
    *("homeassistant", "persistent_directory", "render_readme", "zip_release"),
}
SHELL_AND_LINKS: Final = python_files()


def test_the_manifest_is_sorted_as_hassfest_wants_it() -> None:
    """hassfest refuses the whole integration over the order of two lines."""
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    for name in ("after_dependencies", "dependencies", "requirements"):
        assert MANIFEST[name] == sorted(MANIFEST[name])


def test_the_manifest_has_what_the_hub_and_the_marketplace_need() -> None:
    """Without a version the hub does not load a custom integration at all."""
    assert MANIFEST["domain"] == FOLDER.name
    assert AwesomeVersion(MANIFEST["version"]).valid
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["codeowners"]
    assert MANIFEST["iot_class"] == "local_polling"
    assert MANIFEST["issue_tracker"].startswith("https://")
    assert MANIFEST["documentation"].startswith("https://")


def test_a_library_that_comes_with_the_hub_is_not_pinned_a_second_time() -> None:
    """Two pins of one library: the next hub release could not start this integration."""
    brought: set[str] = set()
    for domain in (*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]):
        theirs = json.loads((HUB_COMPONENTS / domain / "manifest.json").read_text())
        brought |= {_name(requirement) for requirement in theirs.get("requirements", [])}
    assert brought.isdisjoint(_name(requirement) for requirement in MANIFEST["requirements"])


@pytest.mark.parametrize("path", SHELL_AND_LINKS, ids=shown)
def test_a_part_of_the_hub_that_is_imported_is_named_in_the_manifest(path: Path) -> None:
    """A part that is not named may not be installed on the hub where this runs."""
    named = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]}
    for name in imports_of(path):
        if not name.startswith("homeassistant.components."):
            continue
        part = name.split(".")[2]
        # A platform file may import the part it is a platform of: backup.py, diagnostics.py.
        ours = (FOLDER / f"{part}.py").exists()
        assert part in named | OPEN_TO_ALL or ours, name


@pytest.mark.parametrize("path", SHELL_AND_LINKS, ids=shown)
def test_a_library_that_is_imported_is_installed_where_this_runs(path: Path) -> None:
    """A developer's machine has more packages than a hub: the import would fail there only."""
    named = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]}
    allowed = sys.stdlib_module_names | WITH_EVERY_HUB | {"custom_components"}
    allowed |= {_name(requirement) for requirement in MANIFEST["requirements"]}
    for dependency, modules in WITH_A_DEPENDENCY.items():
        if dependency in named:
            allowed |= modules
    if path.is_relative_to(FOLDER / "simulator"):
        allowed |= IN_THE_DEMO_ONLY
    assert {name.split(".")[0] for name in imports_of(path)} <= allowed


def test_the_integration_does_not_lean_on_its_simulator() -> None:
    """The simulator's libraries are not on a building's hub."""
    for path in python_files():
        if not path.is_relative_to(FOLDER / "simulator"):
            assert not any(name.startswith(f"{PACKAGE}.simulator") for name in imports_of(path))


def test_the_marketplace_reads_hacs_json() -> None:
    """An unknown key, or a minimum that is no version, and the repository is refused."""
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["name"] == MANIFEST["name"]
    assert set(hacs) <= MARKETPLACE_KEYS
    assert AwesomeVersion(hacs["homeassistant"]) >= "2026.10.0"


@pytest.mark.parametrize(("name", "side"), [("icon.png", 256), ("icon@2x.png", 512)])
def test_the_icon_has_the_size_the_hub_draws(name: str, side: int) -> None:
    """A blurred icon is the first thing a building manager sees."""
    header = (FOLDER / "brand" / name).read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", header[16:24]) == (side, side)


def test_every_rule_of_the_quality_scale_has_an_honest_answer() -> None:
    """A rule left out looks like a rule kept; an exemption without a reason is a wish."""
    rules = yaml.load_yaml_dict(str(FOLDER / "quality_scale.yaml"))["rules"]
    theirs = yaml.load_yaml_dict(str(HUB_COMPONENTS / "peblar" / "quality_scale.yaml"))["rules"]
    assert set(rules) == set(theirs)
    for rule, answer in rules.items():
        if answer not in ("done", "todo"):
            assert answer["status"] in {"done", "exempt", "todo"}, rule
            assert answer["comment"].strip(), rule


def _name(requirement: str) -> str:
    return re.split(r"[\[=<>~!]", requirement, maxsplit=1)[0].lower().replace("-", "_")
