"""The languages' files, for the checks beside this file."""

from collections.abc import Iterator, Mapping
from functools import cache
import json
import re
from typing import Any, Final

from homeassistant.util import yaml

from tests.repository.tree import FOLDER

LANGUAGES: Final = sorted(path.stem for path in (FOLDER / "translations").glob("*.json"))
REQUIRED_LANGUAGES: Final = {"en", "zh-Hans"}
PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

type Tree = Mapping[str, Any]


@cache
def translation(language: str) -> Tree:
    """One language's file; empty while there is none."""
    path = FOLDER / "translations" / f"{language}.json"
    loaded: Tree = json.loads(path.read_text()) if path.exists() else {}
    return loaded


@cache
def icons() -> Tree:
    """The icons' file; empty while there is none."""
    path = FOLDER / "icons.json"
    loaded: Tree = json.loads(path.read_text()) if path.exists() else {}
    return loaded


@cache
def described(name: str) -> Tree:
    """A YAML description of actions, triggers or conditions; empty while there is none."""
    path = FOLDER / f"{name}.yaml"
    return yaml.load_yaml_dict(str(path)) if path.exists() else {}


def at(tree: Tree, *keys: str) -> Any:
    """What lies at a path of keys, or None."""
    found: Any = tree
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every sentence with its dotted path."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def blanks(sentence: str) -> set[str]:
    """The placeholders that a sentence leaves open."""
    return set(PLACEHOLDER.findall(sentence))
