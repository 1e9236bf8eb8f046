"""A car park set up step by step in the site's options."""

from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.journeys.conftest import Hub

from .park_guide import Guide, suggested

ROW = {
    "count": 3,
    "prefix": "B1-",
    "first": 9,
    "zone": "North",
    "location": "underground",
    "tenure": "owned",
    "grade": "tandem",
}
BILLING = {
    "due_days": 10,
    "automatic": True,
    "owned": "admit",
    "rented": "ask",
    "temporaries": True,
    "hour_price": "5.00",
    "first_hour": "3.00",
    "day_cap": "30.00",
    "free_minutes": 20,
}


@pytest.fixture(name="guide")
async def guide_(hub: Hub) -> Guide:
    """A manager who opens the set-up of the car park."""
    return await Guide.opened(hub)


async def test_the_five_steps_make_a_car_park_that_lacks_only_its_lanes(guide: Guide) -> None:
    """A manager without a manual gets from nothing to a card within ten minutes."""
    hub = guide.hub
    await guide.chooses("spaces")
    await guide.chooses("space_row")
    await guide.answers(**ROW)
    assert guide.shown["description_placeholders"]["spaces"] == "3"
    await guide.chooses("car_park")
    await guide.chooses("fee_item")
    await guide.answers(item="management")
    assert suggested(guide.shown)["name"] == "Management fee"
    await guide.answers(**suggested(guide.shown) | {"price": "200.00", "category": "parking"})
    await guide.chooses("package")
    await guide.answers(package="off_peak")
    await guide.answers(**suggested(guide.shown) | {"price": "150.00", "visits": 0})
    await guide.chooses("cards", "card")
    await guide.answers(unit="3-201", plates="BKL 4821, WAW58E2", space="B1-10", package="off_peak")
    await guide.chooses("car_park", "billing")
    await guide.answers(**BILLING)
    await guide.chooses("summary")
    missing = guide.shown["description_placeholders"]["missing"]
    assert missing == "- There is no lane yet: add one below."
    await guide.chooses("finish")
    assert guide.shown["type"] is FlowResultType.CREATE_ENTRY
    spaces = (await hub.call("list_spaces"))["spaces"]
    assert [one["name"] for one in spaces] == ["B1-09", "B1-10", "B1-11"]
    (card,) = (await hub.call("list_cards"))["cards"]
    assert (card["unit"], card["permits"][0]["package"]) == ("3-201", "off_peak")
    (item,) = (await hub.call("list_fee_items"))["fee_items"]
    assert (item["item"], item["price"], item["spaces"]) == ("management", "200.00", 3)
    rules = await hub.call("get_parking_rules")
    assert (rules["temporaries"], rules["rented"]) == (True, "ask")
    assert rules["tariffs"][0]["tariff"] == "visitors"


async def test_a_step_that_is_taken_again_shows_what_is_there_and_does_nothing_twice(
    guide: Guide,
) -> None:
    """Whoever comes back the next day must not bill every owner twice."""
    hub = guide.hub
    for _ in range(2):
        await guide.chooses("billing")
        await guide.answers(**BILLING)
        await guide.chooses("fee_item")
        await guide.answers(item="rent")
        await guide.answers(**suggested(guide.shown) | {"price": "80.00", "locations": []})
        await guide.chooses("cards", "card")
        await guide.answers(unit="3-201", plates="BKL4821")
        await guide.chooses("car_park")
    await guide.chooses("billing")
    assert suggested(guide.shown) == BILLING
    assert (await hub.call("get_parking_rules"))["version"] == 1
    (tariff,) = (await hub.call("list_tariffs"))["tariffs"]
    assert len(tariff["versions"]) == 1
    (item,) = (await hub.call("list_fee_items"))["fee_items"]
    assert (item["version"], item["price"]) == (1, "80.00")
    assert len((await hub.call("list_cards"))["cards"]) == 1
    assert len((await hub.call("list_wallets"))["wallets"]) == 1


async def test_a_new_price_keeps_what_the_form_does_not_ask_for(guide: Guide) -> None:
    """A night band that vanishes with a price of the hour is found by angry drivers."""
    hub = guide.hub
    night = {"name": "night", "from": "22:00", "to": "08:00", "price": "1.00"}
    terms = {"price": "4.00", "bands": [night], "caps": {"day": "20.00", "whole": "90.00"}}
    await hub.call("publish_tariff", tariff="city", name="City", kind="duration", duration=terms)
    await hub.call("set_parking_rules", temporaries=True, tariffs=[{"tariff": "city"}])
    await guide.chooses("billing")
    await guide.answers(**suggested(guide.shown) | {"hour_price": "6.00"})
    (tariff,) = (await hub.call("list_tariffs"))["tariffs"]
    duration = tariff["versions"][-1]["duration"]
    assert (duration["price"], duration["caps"]) == ("6.00", {"day": "20.00", "whole": "90.00"})
    assert [band["name"] for band in duration["bands"]] == ["night"]
    assert tariff["versions"][-1]["name"] == "City"


async def test_rows_that_are_there_stay_as_they_are(guide: Guide) -> None:
    """A generator that overwrites would turn sold spaces into temporary ones."""
    await guide.chooses("spaces")
    await guide.chooses("space_row")
    await guide.answers(**ROW)
    await guide.chooses("space_row")
    await guide.answers(**ROW | {"tenure": "temporary"})
    assert guide.shown["errors"] == {"base": "spaces_known"}
    await guide.answers(**ROW | {"tenure": "temporary", "count": 4})
    spaces = (await guide.hub.call("list_spaces"))["spaces"]
    assert [one["tenure"] for one in spaces] == ["owned", "owned", "owned", "temporary"]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"plates": "BKL4821"}, {"base": "wallet_or_unit"}),
        ({"plates": " , ", "unit": "3-201"}, {"plates": "plates_missing"}),
        ({"plates": "--", "unit": "3-201"}, {"base": "refused"}),
    ],
)
async def test_a_card_that_cannot_be_is_answered_in_words(
    guide: Guide, given: dict[str, str], errors: dict[str, str]
) -> None:
    """Who types it is no engineer: the dialogue stays open and says what to do."""
    await guide.chooses("cards", "card")
    await guide.answers(**given)
    assert guide.shown["errors"] == errors


async def test_a_space_is_let_to_a_card_once_and_its_bill_is_named(guide: Guide) -> None:
    """Rented spaces are half of most car parks; a form that is sent twice must not bill twice."""
    hub = guide.hub
    await guide.chooses("cards")
    assert guide.shown["menu_options"] == ["card", "car_park"]
    assert "there is none yet" in guide.said("note")
    await hub.call("add_space", name="B1-1", location="underground", tenure="rented")
    await hub.call("add_space", name="B1-2", location="underground", tenure="owned")
    await guide.chooses("card")
    await guide.answers(unit="3-201", plates="BKL4821")
    await guide.chooses("rental")
    assert guide.shown["data_schema"].schema["space"].config["options"] == [
        {"value": "B1-1", "label": "B1-1"}
    ]
    days = {name: suggested(guide.shown)[name] for name in ("first", "last")}
    await guide.answers(space="B1-1", card="c1", **days)
    assert guide.shown["errors"] == {"base": "refused"}
    for _ in range(2):
        await guide.answers(space="B1-1", card="c1", **days, price="300.00")
        assert guide.shown["step_id"] == "cards"
        assert guide.said("note").startswith("B1\\-1 is let to c1 from ")
        assert guide.said("note").endswith("for 300.00 CNY; it holds once its bill is paid.")
        await guide.chooses("rental")
    (bill,) = (await hub.call("list_bills"))["bills"]
    assert bill["open"] == "300.00"
    (permit,) = (await hub.call("get_card", card="c1"))["package"]
    assert (permit["kind"], permit["first"], permit["last"]) == ("rental", *days.values())


async def test_of_many_spaces_one_is_found_by_typing_and_a_wrong_one_is_refused(
    guide: Guide,
) -> None:
    """A list of five thousand that drops down holds the page up until the manager gives up."""
    for count, typed in ((30, False), (31, True)):
        await guide.chooses("spaces", "space_row")
        await guide.answers(**ROW | {"count": count})
        await guide.chooses("car_park", "cards", "card")
        config = guide.shown["data_schema"].schema["space"].config
        assert (len(config["options"]), config["custom_value"]) == (count, typed)
        await guide.answers(unit="3-201", plates=f"BKL48{count}")
        await guide.chooses("car_park")
    await guide.chooses("cards", "card")
    await guide.answers(unit="3-201", plates="WAW58E2", space="C-9")
    assert guide.shown["errors"] == {"base": "refused"}
    assert guide.said("detail").startswith("There is no space c-9")


async def test_nonsense_prices_are_answered_in_words(guide: Guide) -> None:
    """A dialogue that closes with an unknown error loses what was typed."""
    await guide.chooses("billing")
    await guide.answers(**BILLING | {"hour_price": "five"})
    assert guide.shown["errors"] == {"base": "refused"}
    await guide.answers(**{**BILLING, "hour_price": ""})
    assert guide.shown["errors"] == {"hour_price": "price_missing"}
    await guide.answers(**BILLING)
    await guide.chooses("fee_item")
    await guide.answers(item="cleaning")
    await guide.answers(**suggested(guide.shown) | {"price": "much", "locations": []})
    assert guide.shown["errors"] == {"base": "refused"}


async def test_a_site_that_does_not_run_says_so(hub: Hub) -> None:
    """Its books are closed: whatever was typed would be lost."""
    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    shown = await hub.hass.config_entries.options.async_init(hub.entry.entry_id)
    shown = await hub.hass.config_entries.options.async_configure(
        shown["flow_id"], {"next_step_id": "car_park"}
    )
    assert (shown["type"], shown["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.parametrize(
    ("steps", "given"),
    [
        (["billing"], BILLING),
        (["spaces", "space_list"], {"table": "name;location;tenure\nA-1;underground;owned"}),
        (["spaces", "space_row"], ROW),
        (["cards", "card"], {"unit": "3-201", "plates": "BKL4821"}),
    ],
)
async def test_a_site_that_stops_while_the_dialogue_stands_open_ends_it_in_words(
    guide: Guide, steps: list[str], given: dict[str, str]
) -> None:
    """It stands open overnight, and the hub updates by itself: "unknown error" helps nobody."""
    await guide.chooses(*steps)
    assert await guide.hub.hass.config_entries.async_unload(guide.hub.entry.entry_id)
    await guide.answers(**given)
    assert (guide.shown["type"], guide.shown["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_what_is_done_in_the_dialogue_is_done_by_the_person_at_it(
    hub: Hub, hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    """Who set a price or sold a card is asked after a year, and "automation" is nobody."""
    assert await async_setup_component(hub.hass, "config", {})
    client = await hass_client()
    flows = "/api/config/config_entries/options/flow"
    answer = await client.post(flows, json={"handler": hub.entry.entry_id})
    flow = (await answer.json())["flow_id"]
    for given in (
        {"next_step_id": "car_park"},
        {"next_step_id": "spaces"},
        {"next_step_id": "space_row"},
        ROW,
    ):
        answer = await client.post(f"{flows}/{flow}", json=given)
        assert answer.status == 200, await answer.text()
    (entry,) = await hub.data.books.entries(newest_first=True, limit=1)
    assert entry.actor == f"user:{hass_admin_user.id}"
