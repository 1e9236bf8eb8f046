"""Every key that the code speaks by has its words."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from homeassistant.const import Platform
from homeassistant.helpers.entity import EntityDescription
import pytest

from tests.repository.translations import at, blanks, icons, translation
from tests.repository.tree import FOLDER, PACKAGE, python_files, shown, tree_of

ENGLISH: Final = translation("en")
CORE_ERRORS: Final = {"CoreError", "ConflictError"}
# The hub has the words for these itself.
WORDS_OF_THE_HUB: Final = {"already_in_progress", "unknown_subentry"}
BEGUN: Final = ("device_", "store_", "use_supply_not_free_")
"""These refusals are named by their beginning and what the device, the file or the supply said."""
PLATFORM_FILES: Final = {
    path: platform.value
    for platform in Platform
    if (path := FOLDER / f"{platform.value}.py").exists()
}


class Spoken(NamedTuple):
    """A key as it stands in the code."""

    path: Path
    line: int
    key: str
    given: frozenset[str] | None
    """The placeholders that come with it, where the code shows them."""

    def __str__(self) -> str:
        """Where to look."""
        return f"{shown(self.path)}:{self.line} {self.key}"


def calls(paths: list[Path]) -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call with the last part of its function's name."""
    for path in paths:
        for node, name in calls_of(path):
            yield path, node, name


@cache
def calls_of(path: Path) -> list[tuple[ast.Call, str]]:
    """Every call of a file with the last part of its function's name."""
    return [
        (node, ast.unparse(node.func).rsplit(".", maxsplit=1)[-1])
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
    ]


def text(node: ast.expr | None) -> str | None:
    """A string that stands in the code as it is."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """One keyword argument of a call."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def spoken(path: Path, call: ast.Call, key: str) -> Spoken:
    """A key given as `translation_key`, with its `translation_placeholders`."""
    placeholders = keyword(call, "translation_placeholders")
    given: frozenset[str] | None = None
    if placeholders is None:
        given = frozenset()
    elif isinstance(placeholders, ast.Dict) and all(text(name) for name in placeholders.keys):
        given = frozenset(str(text(name)) for name in placeholders.keys)
    return Spoken(path, call.lineno, key, given)


def refusals() -> Iterator[Spoken]:
    """Errors of the rules, and errors of the shell that carry their words' key."""
    for path, call, name in calls(python_files()):
        if name in CORE_ERRORS and call.args and (key := text(call.args[0])):
            names = [item.arg for item in call.keywords]
            given = frozenset(str(item) for item in names) if None not in names else None
            yield Spoken(path, call.lineno, key, given)
        elif (
            name.endswith(("Error", "NotReady", "AuthFailed", "UpdateFailed"))
            and (key := text(keyword(call, "translation_key")))
            # The hub's own words are named by another domain.
            and "homeassistant" not in ast.unparse(keyword(call, "translation_domain") or call)
        ):
            yield spoken(path, call, key)


def repairs() -> Iterator[Spoken]:
    """Repairs that the code raises."""
    for path, call, name in calls(python_files()):
        if name == "async_create_issue" and (key := text(keyword(call, "translation_key"))):
            yield spoken(path, call, key)


def flows(part: str) -> set[str]:
    """The keys of one part of every flow: its steps, its errors or its reasons to stop."""
    roots = [ENGLISH.get("config"), ENGLISH.get("options")]
    roots += (ENGLISH.get("config_subentries") or {}).values()
    roots += [issue.get("fix_flow") for issue in (ENGLISH.get("issues") or {}).values()]
    return {key for root in roots if root for key in (root.get(part) or {})}


def need(section: str) -> Any:
    """A section of the English words; nothing can be missing from what is not written yet."""
    if section not in ENGLISH:
        pytest.skip(f"no words for {section} yet")
    return ENGLISH[section]


def test_every_refusal_has_its_sentence() -> None:
    """A tenant who is refused would read `wallet_frozen` instead of why."""
    sentences = need("exceptions")
    missing = [str(item) for item in refusals() if at(sentences, item.key, "message") is None]
    assert not missing, "\n".join(missing)
    unfilled = [
        str(item)
        for item in refusals()
        if item.given is not None and not blanks(sentences[item.key]["message"]) <= item.given
    ]
    assert not unfilled, "\n".join(unfilled)


def test_no_sentence_is_kept_that_nobody_says() -> None:
    """Whoever translates would work on refusals that cannot happen."""
    said, begun = set[str](), set[str]()
    for path in python_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.JoinedStr) and node.values and (start := text(node.values[0])):
                begun.add(start)
            elif isinstance(node, ast.expr) and (key := text(node)):
                said.add(key)
    silent = set(need("exceptions")) - said
    assert not {key for key in silent if not key.startswith(BEGUN)}
    assert begun.issuperset(BEGUN)


def test_every_repair_has_its_words() -> None:
    """A repair without words asks a manager to mend something it does not name."""
    words = need("issues")
    for repair in repairs():
        issue = at(words, repair.key)
        assert issue is not None, str(repair)
        assert issue["title"], str(repair)
        assert "description" in issue or "fix_flow" in issue, str(repair)
        if repair.given is not None:
            open_blanks = blanks(issue["title"]) | blanks(issue.get("description", ""))
            assert open_blanks <= repair.given, str(repair)


def test_every_step_error_and_end_of_a_flow_has_its_words() -> None:
    """Set-up is where a manager meets the product; bare keys there end it."""
    need("config")
    paths = sorted(FOLDER.glob("*.py"))
    used = [
        (f"{shown(path)}:{call.lineno} {key}", key in words)
        for path, call, name in calls(paths)
        for function, argument, words in (
            ("async_show_form", "step_id", flows("step")),
            ("async_abort", "reason", flows("abort") | WORDS_OF_THE_HUB),
        )
        if name == function and (key := text(keyword(call, argument)))
    ]
    used += [
        (f"{shown(path)}:{node.lineno} {key}", key in flows("error"))
        for path in paths
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
        and ast.unparse(node.targets[0].value) == "errors"
        and (key := text(node.value))
    ]
    missing = [where for where, has_words in used if not has_words]
    assert not missing, "\n".join(missing)


def descriptions(value: Any) -> Iterator[EntityDescription]:
    """The entity descriptions in a module's tables, however they are nested."""
    # By what it has: the hub makes an instance of a class of its own, no subclass of this one.
    if not isinstance(value, type) and hasattr(value, "entity_registry_enabled_default"):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from descriptions(item)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from descriptions(item)


@pytest.mark.parametrize(("path", "platform"), PLATFORM_FILES.items(), ids=PLATFORM_FILES.values())
def test_every_entity_has_a_name_an_icon_and_words_for_its_states(
    path: Path, platform: str
) -> None:
    """An entity without a name is one of eight that are all called `Meter`."""
    need("entity")
    module = import_module(f"{PACKAGE}.{path.stem}")
    for table in vars(module).values():
        for description in descriptions(table):
            key = description.translation_key or description.key
            words = at(ENGLISH, "entity", platform, key)
            # A device class brings a name and an icon of its own.
            if description.translation_key or not description.device_class:
                assert words is not None, key
                assert "name" in words, key
            if not description.device_class:
                assert at(icons(), "entity", platform, key, "default"), f"{key} has no icon"
            for option in getattr(description, "options", None) or ():
                assert at(words, "state", option), f"{key}: {option}"
            for event in getattr(description, "event_types", None) or ():
                assert at(words, "state_attributes", "event_type", "state", event), (
                    f"{key}: {event}"
                )


@pytest.mark.parametrize(("path", "platform"), PLATFORM_FILES.items(), ids=PLATFORM_FILES.values())
def test_a_key_that_a_class_sets_has_its_name(path: Path, platform: str) -> None:
    """The same for an entity without a description."""
    need("entity")
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Assign) and "_attr_translation_key" in ast.unparse(node.targets[0]):
            key = text(node.value)
            assert key is None or at(ENGLISH, "entity", platform, key, "name"), (
                f"line {node.lineno}"
            )
