"""Whether a person can read what a dialogue shows: no bare key, no open blank."""

from collections.abc import Iterator, Mapping
from typing import Any

from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers.selector import SelectSelector

from tests.repository.translations import at, blanks, translation


def check_words(result: Mapping[str, Any], *root: str) -> None:
    """Assert that everything on the page has its words in English, with every blank filled."""
    english = translation("en")
    given = set(result.get("description_placeholders") or {})
    kind = result["type"]
    if kind is FlowResultType.SHOW_PROGRESS:
        assert at(english, *root, "progress", result["progress_action"])
        return
    if kind not in (FlowResultType.FORM, FlowResultType.MENU):
        return
    step: Any = at(english, *root, "step", result["step_id"])
    assert step is not None, result["step_id"]
    assert step["title"]
    assert blanks(step["description"]) <= given, (result["step_id"], given)
    for error in (result.get("errors") or {}).values():
        sentence = at(english, *root, "error", error)
        assert sentence, error
        assert blanks(sentence) <= given, error
    if kind is FlowResultType.MENU:
        for option in result["menu_options"]:
            assert at(step, "menu_options", option), (result["step_id"], option)
        return
    for name, words, field in _fields(result["data_schema"].schema, step):
        assert at(words, "data", name), (result["step_id"], name)
        help_text = at(words, "data_description", name)
        assert help_text, (result["step_id"], name)
        assert blanks(help_text) <= given, (result["step_id"], name)
        for selector in _selectors(field):
            key = selector.config.get("translation_key")
            options: list[Any] = list(selector.config["options"])
            raw = [one["value"] for one in options if one["value"] == one["label"]]
            if key:
                for option in raw:
                    assert at(english, "selector", key, "options", option), (key, option)


def _fields(schema: Mapping[Any, Any], step: Any) -> Iterator[tuple[str, Any, Any]]:
    for key, field in schema.items():
        if isinstance(field, section):
            words = step["sections"][str(key)]
            assert words["name"]
            assert words["description"]
            yield from _fields(field.schema.schema, words)
        else:
            yield str(key), step, field


def _selectors(field: Any) -> Iterator[SelectSelector]:
    for one in getattr(field, "validators", [field]):
        if isinstance(one, SelectSelector):
            yield one
