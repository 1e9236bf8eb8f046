"""The pages say what the code does: everything is named, links lead somewhere, numbers are right."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
import re
from textwrap import dedent
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.util import yaml
import probatio as vol
import pytest
from sqlalchemy import create_engine

from custom_components.prepaid_parking.core.identity import PolicyId
from custom_components.prepaid_parking.core.money import Currency, parse_quantity
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.tariff import Pricer, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.links.payloads import METERS, RELAYS
from custom_components.prepaid_parking.links.plates import DECODERS
from custom_components.prepaid_parking.links.profile_file import build_profile, load_profiles
from custom_components.prepaid_parking.operations.facts import UseEvent, WalletEvent
from custom_components.prepaid_parking.operations.lane_facts import PassageKind
from custom_components.prepaid_parking.services import ACTIONS
from custom_components.prepaid_parking.store import schema
from custom_components.prepaid_parking.trigger import TRIGGERS
from tests.repository.translations import leaves, translation
from tests.repository.tree import ROOT, shown

DOCS: Final = ROOT / "docs"
BLUEPRINTS: Final = sorted((ROOT / "blueprints").rglob("*.yaml"))
PAGES: Final = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")]
)
ENGLISH: Final = translation("en")
FENCED: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<(?:img|a)\b[^>]*(?:src|href)=\"([^\"]+)\"")
TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")
OURS: Final = "prepaid_parking."


@cache
def page(name: str) -> str:
    """What a page says."""
    return (DOCS / f"{name}.md").read_text()


def prose(text: str) -> str:
    """A page without its examples."""
    return FENCED.sub("", text)


def headings(text: str) -> list[str]:
    """The titles of a page's sections."""
    return re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)


def section(text: str, title: str) -> str:
    """What stands under a title, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def slug(title: str) -> str:
    """The anchor that a heading gets where the pages are read."""
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title).lower())
    return kept.strip().replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    """Where in a page a link may lead."""
    return {slug(title) for title in headings(path.read_text())}


def links(path: Path) -> Iterator[str]:
    """What a page links to."""
    for plain, inside in LINK.findall(prose(path.read_text())):
        yield plain or inside


def written(text: str) -> Iterator[Any]:
    """The YAML examples of a page."""
    for block in blocks(text, "yaml"):
        yield yaml.parse_yaml(block)


def blocks(text: str, kind: str) -> list[str]:
    """The examples of a page in one language, also those in a list."""
    return [dedent(block) for named, block in FENCED.findall(text) if named == kind]


def mappings(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in an example, however deep."""
    if isinstance(tree, Mapping):
        yield tree
    for one in tree.values() if isinstance(tree, Mapping) else tree if _is_list(tree) else ():
        yield from mappings(one)


def _is_list(tree: Any) -> bool:
    return isinstance(tree, list)


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_link_leads_somewhere(path: Path) -> None:
    """Who looks for help at night must not end at a page that was renamed."""
    for link in links(path):
        if link.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_found_from_the_front_page() -> None:
    """A page that nothing leads to is written for nobody."""
    named = {(ROOT / link).resolve() for link in links(ROOT / "README.md") if "://" not in link}
    assert named >= set(DOCS.glob("*.md"))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_is_explained_with_its_fields(action: Any) -> None:
    """A field nobody explains is filled in wrongly, and here that is money."""
    said = section(page("actions"), f"`{action.name}`")
    for field in action.fields:
        assert f"| `{field}` |" in said, field


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_an_action_in_an_example_takes_what_it_is_given(path: Path) -> None:
    """An example is copied as it stands; a field that does not exist fails at the first cut."""
    known = {action.name: vol.Schema(dict(action.fields)) for action in ACTIONS}
    for example in written(path.read_text()):
        for one in mappings(example):
            name = str(one.get("action", ""))
            if name.startswith(OURS):
                data = {
                    key: TEMPLATE.sub("1", value) if isinstance(value, str) else value
                    for key, value in dict(one.get("data") or {}).items()
                    if key != "config_entry_id"
                }
                known[name.removeprefix(OURS)](data)


@pytest.mark.parametrize("key", TRIGGERS)
def test_every_trigger_is_explained_with_an_automation(key: str) -> None:
    """Who only reads the list must see what it is good for."""
    said = section(page("triggers"), f"`{key}`")
    examples = [one for tree in written(said) for one in mappings(tree)]
    assert any(one.get("trigger") == f"{OURS}{key}" for one in examples)


def test_a_trigger_in_an_example_takes_what_it_is_given() -> None:
    """A misspelled option would make the automation deaf, or be refused by the hub."""
    for path in PAGES:
        for example in written(path.read_text()):
            for one in mappings(example):
                name = str(one.get("trigger", ""))
                if name.startswith(OURS):
                    schema = TRIGGERS[name.removeprefix(OURS)].schema  # type: ignore[attr-defined]
                    schema({"options": dict(one.get("options") or {})})


def test_every_kind_of_device_is_listed() -> None:
    """Who has the meter on the table asks first whether it is known."""
    said = page("devices")
    profiles = load_profiles()
    assert not profiles.broken
    for key, profile in profiles.known.items():
        row = next(line for line in said.splitlines() if line.startswith(f"| `{key}` |"))
        assert profile.about.name in row, key
        assert str(profile.about.confidence) in row, key
        assert ("test trip" in row) is (profile.about.experimental and _has_relay(profile)), key
    for family in (*METERS, *RELAYS, *DECODERS):
        assert f"`{family}`" in said, family


def _has_relay(profile: object) -> bool:
    return getattr(profile, "relay", None) is not None


def test_the_profile_that_is_shown_as_an_example_works() -> None:
    """Whoever adds a meter begins with this text."""
    profiles = [
        one for one in written(page("devices")) if isinstance(one, dict) and "schema" in one
    ]
    assert profiles
    for profile in profiles:
        build_profile("example", profile)


@pytest.mark.parametrize("path", BLUEPRINTS, ids=shown)
def test_every_blueprint_is_explained_with_its_inputs(path: Path) -> None:
    """An input is filled in once, in a hurry."""
    blueprint = yaml.load_yaml_dict(str(path))["blueprint"]
    assert isinstance(blueprint, Mapping)
    said = section(page("blueprints"), str(blueprint["name"]))
    assert path.name in said
    for one in blueprint["input"].values():
        for field in one["input"].values() if "input" in one else [one]:
            assert str(field["name"]) in said, field["name"]


@pytest.mark.parametrize("key", ENGLISH["issues"])
def test_every_repair_is_explained(key: str) -> None:
    """A repair is read by somebody who is called out of bed."""
    assert f"`{key}`" in page("troubleshooting")


def test_every_field_of_the_dialogues_is_explained() -> None:
    """The dialogue has room for a sentence; why one asks stands in the pages."""
    said = page("configuration")
    for part in ("config", "options", "config_subentries"):
        for path, label in leaves(ENGLISH[part]):
            steps = path.split(".")
            if "data" in steps:
                assert label in said, f"{path}: {label}"


def test_every_choice_of_the_dialogues_is_explained() -> None:
    """The answer decides how a supply comes back: nobody should have to guess."""
    said = page("configuration") + page("devices")
    for name in ("commodity", "relay_kind", "restore", "wired_to", "direction", "reader_family"):
        for choice in ENGLISH["selector"][name]["options"].values():
            assert choice in said, choice


def test_every_entity_is_listed() -> None:
    """What is not listed is not found among a thousand others."""
    said = page("entities")
    for entities in ENGLISH["entity"].values():
        for key, entity in entities.items():
            row = next((one for one in said.splitlines() if f"| `{key}` |" in one), "")
            assert str(entity["name"]) in row, key


@pytest.mark.parametrize("event", sorted({*WalletEvent, *PassageKind, *UseEvent}))
def test_every_event_is_listed(event: str) -> None:
    """An automation on an event entity compares with these words."""
    assert f"`{event}`" in page("entities")


def test_what_a_policy_says_unasked_is_what_the_page_says() -> None:
    """A manager plans with the usual values."""
    said, euro = page("concepts"), Currency.of("EUR")
    unasked = Policy(id=PolicyId("new"), version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    for field in fields(Policy):
        if field.name in ("id", "version", "valid_from", "name"):
            continue
        value = getattr(unasked, field.name)
        if field.name.endswith("_minor") and value is not None:
            value = euro.text(value)
        row = f"| `{field.name.removesuffix('_minor')}` | {value or 'none'} |"
        assert row in said, row


def test_the_questions_to_an_archived_ledger_can_be_asked() -> None:
    """Who needs old books has no programme left to ask, only this page."""
    asked = blocks(page("removal"), "sql")
    assert asked
    ledger = create_engine("sqlite://")
    with ledger.connect() as connection:
        schema.create(connection)
        for question in asked:
            assert connection.exec_driver_sql(question).fetchall() == []
    ledger.dispose()


EXAMPLES: Final = [
    one for one in written(page("tariffs")) if isinstance(one, dict) and "charges" in one
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: str(one["tariff"]["tariff"]))
def test_the_worked_examples_come_out_as_printed(example: dict[str, Any]) -> None:
    """A manager checks the programme by these numbers, with a pencil."""
    zone, currency = ZoneInfo(example["zone"]), Currency.of(example["currency"])
    version = read_tariff(
        example["tariff"], version=1, valid_from=datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC)
    )
    pricer, used, carry = Pricer([version], zone), Usage(), 0
    denominator = currency.denominator(version.quantity)
    for charge in example["charges"]:
        begin, end = (
            datetime.fromisoformat(charge[key]).replace(tzinfo=zone).astimezone(UTC)
            for key in ("from", "to")
        )
        quantity = parse_quantity(charge["quantity"], version.quantity)
        lines, used = pricer.charge(quantity, begin, end, used)
        amount, carry = divmod(carry + sum(one.numerator for one in lines), denominator)
        assert currency.text(amount) == charge["costs"], charge
    costs = sum(Decimal(charge["costs"]) for charge in example["charges"])
    assert str(costs) == example["together"]


def test_there_are_three_worked_examples() -> None:
    """A block that is no longer read would be checked by nobody."""
    assert len(EXAMPLES) == 3
