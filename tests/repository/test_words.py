"""What is printed is printed in both languages, whole."""

import json
from pathlib import Path
from string import Formatter
from typing import Final

from custom_components.prepaid_parking.core.chart import Bucket
from custom_components.prepaid_parking.core.difference import DifferenceKind
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.priced import PriceRule

FOLDER: Final = Path(__file__).parents[2] / "custom_components" / "prepaid_parking" / "words"


def words(language: str) -> dict[str, str]:
    """Return a language's sentences."""
    texts: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text())
    return texts


def test_both_languages_say_the_same_things() -> None:
    """A page with a hole in it is not given to a tenant."""
    english, chinese = words("en"), words("zh-Hans")
    assert list(english) == list(chinese)
    for key, text in english.items():
        blanks = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert blanks == {name for _, name, _, _ in Formatter().parse(chinese[key]) if name}, key
        assert chinese[key].strip(), key


def test_everything_that_can_stand_on_a_statement_has_a_name() -> None:
    """An entry of a new kind must not break the statement of everybody who has one."""
    known = words("en")
    assert {f"kind.{kind}" for kind in EntryKind} <= known.keys()
    assert {f"rule.{rule}" for rule in PriceRule} <= known.keys()
    assert {f"difference.{kind}" for kind in DifferenceKind} <= known.keys()
    assert {f"bucket.{bucket.name.lower()}" for bucket in Bucket} <= known.keys()
