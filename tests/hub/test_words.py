"""Every key that reaches a person has a sentence, also those that are put together while running."""

import ast
from collections.abc import Iterator
from typing import Any, Final

from homeassistant.helpers.selector import validate_selector
from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.core.asked import Reason
from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.metering import DoubtKind
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.errors import store_key
from custom_components.prepaid_parking.measures import VALUES
from custom_components.prepaid_parking.operations.use_switch import not_free_key
from custom_components.prepaid_parking.repairs import BOOKS
from custom_components.prepaid_parking.store.sqlite import TROUBLES
from tests.repository.translations import at, translation
from tests.repository.tree import FOLDER, python_files, tree_of

ENGLISH: Final = translation("en")
LANGUAGES: Final = ("en", "zh-Hans")


def store_keys() -> Iterator[str]:
    """Every trouble that the store names, and every state it finds a file in."""
    yield from TROUBLES.values()
    for path in python_files(FOLDER / "store"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "StoreError",
                "_unreadable",
            ):
                first = node.args[0]
                yield from (
                    part.value
                    for part in ast.walk(first)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
                )
            if isinstance(node, ast.keyword) and node.arg == "problem":
                value = node.value
                if isinstance(value, ast.Constant) and value.value:
                    yield str(value.value)


@pytest.mark.parametrize("key", sorted({*store_keys(), *BOOKS, "closed", "failed"}))
def test_every_trouble_of_the_books_has_its_sentence(key: str) -> None:
    """A cashier who reads `store_key_missing` does not know whom to call."""
    assert at(ENGLISH, "exceptions", store_key(key), "message")


@pytest.mark.parametrize("fault", DeviceFault)
def test_every_fault_of_a_device_has_its_sentence(fault: DeviceFault) -> None:
    """The porter whose gate stays shut has to say on the phone what the hub told him."""
    assert at(ENGLISH, "exceptions", f"device_{fault}", "message")


@pytest.mark.parametrize("kind", DoubtKind)
def test_every_doubt_is_asked_in_words_alone_and_in_numbers(kind: DoubtKind) -> None:
    """A question without words is settled by the first button."""
    for key in (f"doubt_{kind}", f"doubts_{kind}"):
        assert at(ENGLISH, "issues", key, "fix_flow", "step", "settle", "description")


@pytest.mark.parametrize(
    "key", ["fault_cut", "fault_restore", *set(BOOKS.values()), "books_failed"]
)
def test_every_other_repair_has_its_words(key: str) -> None:
    """The same for relays and books."""
    assert at(ENGLISH, "issues", key, "title")


def test_every_reason_is_a_translation() -> None:
    """Every decision explains itself, and not in identifiers."""
    reasons = at(ENGLISH, "entity", "sensor", "supply_state", "state_attributes", "reason", "state")
    assert set(reasons) == {str(why) for why in Why}
    refusals = at(ENGLISH, "entity", "event", "passage", "state_attributes", "reason", "state")
    assert set(refusals) >= {str(reason) for reason in Reason}


@pytest.mark.parametrize("why", Why)
def test_every_reason_not_to_sell_a_supply_is_a_sentence(why: Why) -> None:
    """ "(no_way_back)" at the washing machine tells nobody what to do."""
    sentences = [
        at(translation(one), "exceptions", not_free_key(why), "message") for one in LANGUAGES
    ]
    assert all(sentences)
    assert not any(why in said and "_" in why for said in sentences)


def test_every_value_and_every_wallet_has_a_name() -> None:
    """What is made at run time escapes the check of the tables."""
    assert all(at(ENGLISH, "entity", "sensor", key, "name") for key in VALUES)
    assert all(at(ENGLISH, "device", f"wallet_{purpose}", "name") for purpose in Purpose)


def selectors(kind: str) -> Iterator[Any]:
    """The selectors of all fields."""
    for name, described in yaml.load_yaml_dict(str(FOLDER / f"{kind}.yaml")).items():
        if not name.startswith("."):
            for field_name, field in (described.get("fields") or {}).items():
                yield pytest.param(field["selector"], id=f"{name}-{field_name}")


@pytest.mark.parametrize("selector", [*selectors("services"), *selectors("triggers")])
def test_every_field_has_a_selector_that_the_hub_knows(selector: Any) -> None:
    """An unknown selector leaves an empty form, and only on somebody else's hub."""
    assert validate_selector(selector)
