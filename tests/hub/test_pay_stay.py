"""A stay is paid on the page: at the lane by the car that stands there, elsewhere by who knows it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Final

from homeassistant.core import ServiceCall
import pytest

from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.core.pay_visit import times_of_arrival
from custom_components.prepaid_parking.operations.site import Site
from tests.hub.pay_page import Phone, Seen, at_once
from tests.hub.test_docs_stays import car_park, inside
from tests.hub.test_pay_view import code, link, phone, provider, site
from tests.journeys.conftest import Hub
from tests.links.pay.alipay_peer import Desk

__all__ = ["at_once", "phone", "provider", "site"]

# A stay over midnight is told by its days.
pytestmark = pytest.mark.usefixtures("noon")
PLATE: Final = "粤B12345"
MASKED: Final = "粤****45"


@pytest.fixture
async def gate(hub: Hub, site: Site, pulses: list[ServiceCall]) -> str:
    """The way out, with a car inside for two and a half hours; returns the lane's code."""
    await car_park(hub)
    data = {
        "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
        "reader": {"family": "generic_webhook", "webhook_id": "w" * 32, "least_score": 0},
        "direction": "exit",
        "fee": "0",
        "zone": "North",
    }
    await hub.add("lane", "North exit", "lane:gate", data)
    await inside(hub, 1, PLATE, MASKED, 150)
    return await code(hub, "lane", "l1")


async def drive_up(hub: Hub, plate: str = PLATE) -> None:
    """Let a car drive up to the exit."""
    await hub.call("plate_read", lane="l1", plate=plate)


def hours(site: Site) -> Sequence[str]:
    """The hours that the page offers, the latest first."""
    return [one.value for one in times_of_arrival(site.clock(), site.zone)][:24]


def arrived(site: Site) -> str:
    """When the car came in, as the page offers it."""
    (stay,) = site.parking.stays.values()
    return f"{stay.entered_at.astimezone(site.zone):%Y-%m-%dT%H}"


async def paid(hub: Hub, phone: Phone, provider: Desk) -> Seen:
    """Pay what is on the page, and wait until the page says so."""
    await phone.send("pay", channel="ch1")
    (order,) = provider.fake.books.orders.values()
    await provider.fake.pay(order.out_no)

    async def credited() -> bool:
        return "Your payment is booked" in (await phone.again()).text

    await hub.until(credited, every=0.3)
    assert phone.now is not None
    return phone.now


async def test_the_car_at_the_barrier_scans_pays_and_is_let_out_once(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str, pulses: list[ServiceCall]
) -> None:
    """Ten cars behind it wait for nothing else than this."""
    await drive_up(hub)
    page = await phone.open(gate)
    assert "North exit" in page.text
    assert MASKED in page.text
    assert PLATE not in page.text
    page = await phone.send("car")
    assert "15.00 CNY" in page.text
    assert "3 h at 5.00 per 1 h: 15.00" in page.text
    assert not pulses
    page = await paid(hub, phone, provider)
    assert len(pulses) == 1
    assert f"Your parking {MASKED}" in page.text
    await phone.again()
    assert len(pulses) == 1
    assert (await hub.call("get_stay", stay="st1"))["paid"] == "15.00"


async def test_who_knows_the_plate_and_the_time_pays_before_walking_to_the_car(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str
) -> None:
    """At the lift, with the shopping in both hands."""
    page = await phone.open(gate)
    assert MASKED not in page.text
    page = await phone.send("find", plate=" 粤b·12345 ", since=arrived(site))
    assert "粤B12345" in page.text
    assert "15.00 CNY" in page.text
    page = await paid(hub, phone, provider)
    assert "Please leave by" in page.text


async def test_a_stranger_learns_nothing_about_who_is_inside(
    hub: Hub, site: Site, phone: Phone, gate: str
) -> None:
    """Whoever follows somebody types their plate: known or not, the page is the same to the byte."""
    wrong = next(one for one in hours(site) if one != arrived(site) and one < hours(site)[5])
    answers = list[str]()
    took = list[float]()
    for plate in (PLATE, "沪A55555", PLATE, "X", "粤B1234", PLATE):
        page = await phone.open(gate)
        name, form = page.actions[0], page.forms[0]["form"]
        begin = perf_counter()
        page = await phone.send("find", plate=plate, since=wrong, digits="1234")
        took.append(perf_counter() - begin)
        answers.append(
            page.text.replace(name, "").replace(page.forms[0]["form"], "").replace(form, "")
        )
        assert page.status == 200
    assert len(set(answers)) == 1
    known, unknown = (took[0], took[2], took[5]), (took[1], took[3], took[4])
    assert min(took) >= 0.4
    # The quickest of each: what a busy machine adds to one of them tells a stranger nothing.
    assert abs(min(known) - min(unknown)) < 0.1
    assert not site.paying.orders


@pytest.mark.usefixtures("at_once")
async def test_a_cards_holder_proves_by_the_phone_and_an_erased_one_is_as_unknown(
    hub: Hub, site: Site, phone: Phone, gate: str
) -> None:
    """Who remembers no time knows the own number; that somebody was erased is no answer either."""
    opened = await hub.call(
        "open_wallet", unit="Flat 1", purpose="parking", person={"phone": "138 0013 8000"}
    )
    card = await hub.call("issue_card", wallet=opened["wallet"], plates=[PLATE])
    (stay,) = site.parking.stays.values()
    site.parking.stays[stay.id] = replace(stay, card=CardId(str(card["card"])))
    await phone.open(gate)
    page = await phone.send("find", plate=PLATE, digits="8001")
    assert page.alert == "Nothing fits what you typed. Please check it."
    page = await phone.send("find", plate=PLATE, digits="8000")
    assert "15.00 CNY" in page.text
    await hub.call("erase_person", wallet=opened["wallet"], reason="asked for")
    await phone.open(gate)
    page = await phone.send("find", plate=PLATE, digits="8000")
    assert page.alert == "Nothing fits what you typed. Please check it."


@pytest.mark.usefixtures("at_once")
async def test_after_three_misses_the_right_answer_is_not_taken_either(
    hub: Hub, site: Site, phone: Phone, gate: str
) -> None:
    """Who has a list of hours to try must not get through it."""
    await phone.open(gate)
    for _ in range(3):
        page = await phone.send("find", plate=PLATE, since="2020-01-01")
        assert page.alert == "Nothing fits what you typed. Please check it."
    page = await phone.send("find", plate=PLATE, since=arrived(site))
    assert page.alert.startswith("That did not fit three times.")
    assert "15.00" not in page.text


@pytest.mark.usefixtures("at_once")
async def test_who_scans_again_and_again_to_guess_is_shut_out_by_network(
    hub: Hub, site: Site, phone: Phone, gate: str
) -> None:
    """A new scan is a new visit, and not three new tries for ever."""
    said = list[str]()
    for no in range(5):
        await phone.open(gate)
        for _ in range(3):
            said.append((await phone.send("find", plate=f"粤B{no}2345", since="2020-01-01")).alert)
    assert [one.startswith("That was asked too often") for one in said] == [False] * 12 + [True] * 3


async def test_a_hundred_answers_at_once_are_three(
    hub: Hub, site: Site, phone: Phone, gate: str
) -> None:
    """Whoever is fast must not get more tries than who is slow."""
    page = await phone.open(gate)
    others = [Phone(phone.session, phone.server, now=page) for _ in range(30)]
    found = await asyncio.gather(
        *(one.send("find", plate=PLATE, since="2020-01-01") for one in others)
    )
    assert {one.status for one in found} == {200}
    assert sum(bool(one.alert) for one in found) == 1


async def test_another_car_at_the_lane_is_not_paid_by_mistake(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str
) -> None:
    """The driver before me has left the lane while I looked for my glasses."""
    await drive_up(hub)
    await phone.open(gate)
    lane = next(iter(site.lanes.values()))
    lane.last = None
    page = await phone.send("car")
    assert page.alert == "The car at the lane is another one now. Please look again."
    assert not provider.fake.books.orders


async def test_a_link_to_a_stay_pays_it_and_says_then_that_nothing_is_due(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str
) -> None:
    """Sent by the attendant to the phone of who waits."""
    token = link(site, PayFor.STAY, "st1")
    page = await phone.open(token)
    assert MASKED in page.text
    await paid(hub, phone, provider)
    page = await phone.open(token)
    assert "There is nothing to pay." in page.text
    assert not page.choices


async def test_a_form_cannot_say_how_much_a_stay_costs(
    hub: Hub, site: Site, phone: Phone, provider: Desk, gate: str
) -> None:
    """Whoever changes the page in the browser pays what is due all the same."""
    await phone.open(link(site, PayFor.STAY, "st1"))
    await phone.send("pay", channel="ch1", amount="0.01", own="0.01", aim="st2")
    (order,) = provider.fake.books.orders.values()
    assert order.amount_minor == 1500


async def test_no_plate_and_no_link_is_in_the_log(
    hub: Hub, site: Site, phone: Phone, gate: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs are sent to strangers who are asked for help."""
    await phone.open(gate)
    await phone.send("find", plate=PLATE, since=arrived(site))
    await phone.send("pay", channel="ch1")
    ours = "\n".join(one.getMessage() for one in caplog.records if "prepaid_parking" in one.name)
    for no in (PLATE, "B12345", gate):
        assert no not in ours
