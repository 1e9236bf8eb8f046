"""The property office's lists, as the hub's own user meets them."""

from time import perf_counter
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.journeys.conftest import Hub

BAD = "name;location;tenure\nB1-001;underground;owned\nB1-002;moon;owned\nB1-003;underground;\n"


async def test_a_dry_run_says_every_bad_row_in_words_and_moves_nothing(hub: Hub) -> None:
    """Who imports five thousand rows mends all mistakes in one go, in their own language."""
    told = await hub.call("import_spaces", csv=BAD, dry_run=True)
    assert (told["new"], told["refused"]) == (1, 2)
    assert [(one["line"], one["name"]) for one in told["problems"]] == [
        (3, "B1-002"),
        (4, "B1-003"),
    ]
    assert "moon" in told["problems"][0]["problem"]
    assert "tenure" in told["problems"][1]["problem"]
    with pytest.raises(HomeAssistantError, match="2 lines cannot be taken"):
        await hub.call("import_spaces", csv=BAD)
    assert (await hub.call("list_spaces"))["count"] == 0


async def test_an_export_that_is_imported_again_changes_nothing(hub: Hub) -> None:
    """The round trip through a spreadsheet must not cost anybody their space."""
    await hub.call("open_wallet", unit="Flat 1", purpose="property")
    await hub.call(
        "add_space", name="-1-001", location="building", tenure="owned", owner="w1", zone="A; B"
    )
    for language in ("en", "zh-Hans"):
        written = (await hub.call("export_spaces", language=language))["csv"]
        told = await hub.call("import_spaces", csv=written)
        assert (told["new"], told["changed"], told["unchanged"]) == (0, 0, 1)


async def test_five_thousand_spaces_are_listed_quickly_by_anything_known_of_them(hub: Hub) -> None:
    """A campus's office looks one up while the meters are read."""
    rows = "".join(
        f"P-{number:04};open_air;{('rented', 'temporary')[number % 2]};Z{number % 10}\n"
        for number in range(5_000)
    )
    await hub.call("import_spaces", csv=f"name;location;tenure;zone\n{rows}")
    asked: list[tuple[dict[str, Any], int]] = [
        ({"zone": "Z3"}, 500),
        ({"tenure": "rented", "zone": "Z4"}, 500),
        ({"name": "p-49"}, 100),
        ({"location": "underground"}, 0),
    ]
    spent = []
    for fields, count in asked:
        began = perf_counter()
        told = await hub.call("list_spaces", **fields)
        spent.append(perf_counter() - began)
        assert told["count"] == count
        assert len(told["spaces"]) == min(count, 100)
    assert min(spent) < 0.05
    page = await hub.call("list_spaces", after="sp4990", limit=5)
    assert [one["space"] for one in page["spaces"]] == [f"sp{n}" for n in range(4991, 4996)]


async def test_a_fee_item_says_which_spaces_it_is_for_and_how_many(hub: Hub) -> None:
    """The manager sees at once that the filter hits forty spaces and not four hundred."""
    for number, location in enumerate(("underground", "underground", "open_air")):
        await hub.call("add_space", name=f"P{number}", location=location, tenure="temporary")
    told = await hub.call(
        "set_fee_item", item="cleaning", price="1.37", by="area", locations=["underground"]
    )
    assert (told["spaces"], told["billed"], told["without_area"]) == (2, 0, 2)
    words = {
        language: (await hub.call("list_fee_items", language=language))["fee_items"][0][
            "applies_to"
        ]
        for language in ("en", "zh-Hans")
    }
    assert words == {"en": "underground", "zh-Hans": "地下"}
    later = await hub.call(
        "set_fee_item", item="cleaning", price="1.50", zones=["A", "B"], valid_from="2035-01-01"
    )
    assert later["applies_to"] == "underground, in zone A or B"
    (now,) = (await hub.call("list_fee_items"))["fee_items"]
    assert (now["price"], [one["version"] for one in now["later"]]) == ("1.37", [2])
    await hub.call("set_fee_item", item="cleaning", ended=True)
    assert (await hub.call("list_fee_items"))["count"] == 0
