"""Every language says everything, and everything that can be said is in every language."""

from typing import Any, Final

from homeassistant.helpers import service
import pytest

from tests.repository.translations import (
    LANGUAGES,
    REQUIRED_LANGUAGES,
    at,
    blanks,
    described,
    icons,
    leaves,
    translation,
)
from tests.repository.tree import FOLDER

# What stands in services.yaml and its like, and under which key its icon lies.
DESCRIBED: Final = {"services": "service", "triggers": "trigger", "conditions": "condition"}
ENTRIES: Final = [
    pytest.param(kind, name, description or {}, id=f"{kind}-{name}")
    for kind in DESCRIBED
    for name, description in described(kind).items()
    if not name.startswith(".")  # an anchor, not an entry
]


def test_the_required_languages_are_there() -> None:
    """The product is sold where people read these two."""
    assert not LANGUAGES or set(LANGUAGES) >= REQUIRED_LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_what_english_says(language: str) -> None:
    """A missing sentence shows as a bare key to the tenant; a stale one is never seen."""
    english = dict(leaves(translation("en")))
    theirs = dict(leaves(translation(language)))
    assert set(theirs) == set(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_fills_the_same_blanks(language: str) -> None:
    """A lost placeholder hides the amount; an invented one shows its braces."""
    english = dict(leaves(translation("en")))
    wrong = {
        path: sentence
        for path, sentence in leaves(translation(language))
        if path in english and blanks(sentence) != blanks(english[path])
    }
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_a_sentence(language: str) -> None:
    """References to other keys are resolved in the hub's own build, never in a custom one."""
    for path, sentence in leaves(translation(language)):
        assert isinstance(sentence, str), path
        assert sentence.strip() == sentence != "", path
        assert "[%key:" not in sentence, path


def test_no_sentence_has_an_address_in_it() -> None:
    """hassfest wants addresses as placeholders, so that no translator can lead people astray."""
    for language in LANGUAGES:
        for path, sentence in leaves(translation(language)):
            assert "://" not in sentence, path


@pytest.mark.parametrize(("kind", "name", "description"), ENTRIES)
def test_what_automations_see_has_words_and_an_icon(
    kind: str, name: str, description: dict[str, Any]
) -> None:
    """An action or trigger without words cannot be chosen by whoever does not know its key."""
    sentences = at(translation("en"), kind, name)
    assert sentences is not None
    assert {"name", "description"} <= set(sentences)
    assert set(sentences.get("fields", {})) == set(_fields(description))
    for words in sentences.get("fields", {}).values():
        assert {"name", "description"} <= set(words)
    assert at(icons(), kind, name, DESCRIBED[kind]), "no icon"


def test_the_hub_itself_takes_the_descriptions_of_actions() -> None:
    """One key that YAML reads as a truth (`on`) takes the forms of all actions away."""
    assert service._SERVICES_SCHEMA(described("services"))


@pytest.mark.parametrize("kind", DESCRIBED)
def test_no_words_are_left_of_what_is_gone(kind: str) -> None:
    """Words and icons of a removed action send translators to work on nothing."""
    names = {name for name in described(kind) if not name.startswith(".")}
    assert set(at(translation("en"), kind) or {}) == names
    assert set(at(icons(), kind) or {}) == names


def test_every_choice_of_an_action_has_words() -> None:
    """A selector's raw values are our own keys, not words."""
    keys = {
        selector["select"]["translation_key"]
        for kind in DESCRIBED
        for name, description in described(kind).items()
        if not name.startswith(".")
        for field in _fields(description or {}).values()
        if (selector := field.get("selector") or {}).get("select")
        and "translation_key" in selector["select"]
    }
    assert keys <= set(at(translation("en"), "selector") or {})


@pytest.mark.parametrize(("language", "words"), [("en", "a year before"), ("zh-Hans", "前一年")])
@pytest.mark.parametrize("action", ["create_bill", "issue_bill"])
def test_the_day_of_a_bill_is_bounded_in_words_at_both_ends(
    language: str, words: str, action: str
) -> None:
    """Who dates a bill back reads how far that goes before it is refused."""
    fields = at(translation(language), "services", action, "fields")
    assert words in at(fields, "issued_on", "description")


def test_every_file_of_words_belongs_to_a_language() -> None:
    """The hub reads a flat folder of language codes, nothing else."""
    folder = FOLDER / "translations"
    assert all(path.suffix == ".json" for path in folder.iterdir()) if folder.exists() else True


def _fields(description: dict[str, Any]) -> dict[str, Any]:
    """The fields of an action, those in sections included."""
    fields: dict[str, Any] = {}
    for name, field in (description.get("fields") or {}).items():
        if field and "fields" in field:
            fields |= field["fields"]
        else:
            fields[name] = field or {}
    return fields
