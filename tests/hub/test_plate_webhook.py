"""A camera posts its reads: a plate opens once, and whatever else comes is answered and stops nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant, ServiceCall
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.diagnostics import async_get_config_entry_diagnostics
from custom_components.prepaid_parking.operations.lane_facts import Passed
from custom_components.prepaid_parking.plate_webhook import HOOKS, MOST_BYTES
from custom_components.prepaid_parking.simulator.posting_camera import (
    PostingCamera,
    alpr_results,
    gate_camera,
)
from tests.hub.flow_steps import Walk
from tests.journeys.conftest import Hub

SECRET = "5ec2e7" * 8
PLATE = "BAB1234"
RESULT = "AlarmInfoPlate.result.PlateResult"
GATE_MAP = {
    "plate_path": f"{RESULT}.license",
    "score_path": f"{RESULT}.confidence",
    "score_full": 100,
    "time_path": f"{RESULT}.recotime",
    "colour_path": f"{RESULT}.plateColor",
}


@pytest.fixture
async def camera(server: str) -> AsyncIterator[PostingCamera]:
    """A camera that posts to the lane's address."""
    async with ClientSession() as session:
        yield PostingCamera(session, f"{server}api/webhook/{SECRET}")


def lane_data(family: str = "plate_recognizer", **reader: Any) -> dict[str, Any]:
    """A lane with a gate of the hub and a camera that posts."""
    return {
        "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
        "reader": {"family": family, "webhook_id": SECRET, "least_score": 850, **reader},
        "direction": "entry",
        "fee": "0",
    }


async def lane(hub: Hub, family: str = "plate_recognizer", **reader: Any) -> str:
    """Set up that lane, with a card for one plate; returns its subentry."""
    added = await hub.add("lane", "Gate", "lane:gate", lane_data(family, **reader))
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=[PLATE])
    return added


def answers(hub: Hub) -> list[tuple[str, str]]:
    """What the lane answered so far."""
    return [(str(fact.kind), fact.reason) for fact in hub.facts if isinstance(fact, Passed)]


async def answered(hub: Hub, count: int = 1) -> list[tuple[str, str]]:
    """Wait for so many answers and return them."""

    async def enough() -> bool:
        return len(answers(hub)) >= count

    await hub.until(enough)
    await hub.hass.async_block_till_done()
    return answers(hub)


async def test_a_posted_plate_opens_the_barrier_once_however_often_it_is_sent(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """A camera that got its answer late posts again; the driver behind must not slip in."""
    await lane(hub)
    at = datetime.now(UTC)
    with patch("custom_components.prepaid_parking.simulator.posting_camera.datetime") as clock:
        clock.now.return_value = at
        clock.fromtimestamp = datetime.fromtimestamp
        assert [await camera.recognize(PLATE) for _ in range(3)] == [200, 200, 200]
    assert camera.answers[0] == (200, '{"plates": 1}')
    assert (await answered(hub))[0][0] == "admitted"
    assert len(answers(hub)) == len(pulses) == 1


async def test_a_late_read_is_written_down_and_opens_nothing(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """The network was away for a while; the car is in the next street by now."""
    await lane(hub)
    assert await camera.recognize(PLATE, late_s=12) == 200
    assert await answered(hub) == [("recorded", "too_old")]
    assert await camera.recognize(PLATE, late_s=-90) == 200
    assert await answered(hub, 2) == [("recorded", "too_old"), ("recorded", "from_future")]
    assert not pulses


async def test_what_a_camera_without_a_clock_had_kept_opens_nothing(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """The hub was restarted; what waited in the camera comes first."""
    await lane(hub, "generic_webhook", plate_path="plate")
    assert await camera.post_json({"plate": PLATE}) == 200
    assert await answered(hub) == [("recorded", "replayed")]
    with patch("custom_components.prepaid_parking.links.plate_reading.FRESH", timedelta(0)):
        assert await camera.post_json({"plate": PLATE}) == 200
        assert (await answered(hub, 2))[1][0] == "admitted"
    assert len(pulses) == 1


async def test_a_gate_camera_goes_by_the_clock_on_its_wall(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """Cameras made for gates write the local time and no offset."""
    await lane(hub, "generic_webhook", **GATE_MAP)
    wall = datetime.now(ZoneInfo(hub.hass.config.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert await camera.post_json(gate_camera(PLATE, clock=wall)) == 200
    assert (await answered(hub))[0][0] == "admitted"
    assert await camera.post_json(gate_camera(PLATE, clock="2026-11-22 03:00:00")) == 200
    assert len(pulses) == 1


async def test_an_agents_frames_open_the_lane_of_their_camera_only(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """One agent with four cameras posts everything to one address."""
    await lane(hub, "openalpr_webhook", camera="2")
    assert await camera.post_json(alpr_results(PLATE, camera=1)) == 200
    assert camera.answers[-1] == (200, '{"plates": 0}')
    assert await camera.post_json(alpr_results(PLATE, camera=2)) == 200
    assert (await answered(hub))[0][0] == "admitted"
    assert len(pulses) == 1


FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "reason"),
    [
        (b"BAB1234", "application/json", 400, "not JSON"),
        (b"\xff\xfeB\xff", "text/plain", 400, "not text"),
        (b"[]", "application/json", 400, "another kind"),
        (b'{"data":{"results":"BAB1234"}}', "application/json", 400, "data.results"),
        (b'{"data":{"results":[{"plate":7}]}}', "application/json", 400, "cannot be a plate"),
        (b'{"data":{"results":[{"plate":"BAB1234","score":"x"}]}}', "", 400, "score"),
        (b'{"data":{"timestamp":"BAB1234","results":[]}}', "", 400, "no time"),
        (b"--x\r\n\r\n--x--", FORM, 400, "json"),
        (b"plate=BAB1234", "application/x-www-form-urlencoded", 400, "json"),
        (b"[" * 100_000, "application/json", 400, "not JSON"),
        (b" " * (MOST_BYTES + 1), "application/json", 413, "larger"),
        (b" " * 2_000_000, "application/json", 400, "2000000"),
    ],
    ids=[
        "no JSON",
        "no text",
        "a list",
        "results a word",
        "a number for a plate",
        "no score",
        "no time",
        "an empty form",
        "another form",
        "very deep",
        "very long",
        "long JSON",
    ],
)
async def test_rubbish_is_answered_with_its_reason_and_said_once_without_the_plate(
    hub: Hub,
    camera: PostingCamera,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    content_type: str,
    status: int,
    reason: str,
) -> None:
    """Who sets the camera up reads what is wrong; the log of the hub names nobody's car."""
    await lane(hub)
    caplog.clear()
    assert [await camera.post(body, content_type) for _ in range(3)] == [status] * 3
    assert reason in json.loads(camera.answers[0][1])["error"]
    said = [
        one for one in caplog.records if one.name == f"custom_components.{DOMAIN}.plate_webhook"
    ]
    assert [one.levelno for one in said] == [logging.WARNING]
    assert PLATE not in said[0].getMessage()
    assert not answers(hub)
    assert await camera.recognize(PLATE) == 200
    assert (await answered(hub))[0][0] != "recorded"


async def test_a_body_that_breaks_off_or_never_ends_stops_nothing(
    hub: Hub, camera: PostingCamera, server: str, pulses: list[ServiceCall]
) -> None:
    """A camera on a bad mast must not hold up the others."""
    await lane(hub)
    host, port = server.removeprefix("http://").rstrip("/").split(":")
    head = (
        f"POST /api/webhook/{SECRET} HTTP/1.1\r\nHost: hub\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    ).encode()
    _, broken = await asyncio.open_connection(host, int(port))
    broken.write(head)
    await broken.drain()
    broken.close()
    with patch("custom_components.prepaid_parking.plate_webhook.LONGEST_S", 0.2):
        reader, slow = await asyncio.open_connection(host, int(port))
        slow.write(head)
        assert b"408" in await reader.readline()
        slow.close()
    gzip = b"\x1f\x8b\x08 not zipped at all"
    async with ClientSession(headers={"Content-Encoding": "gzip"}) as session:
        bad = PostingCamera(session, f"{server}api/webhook/{SECRET}")
        assert await bad.post(gzip, "application/json") == 400
    assert await camera.recognize(PLATE) == 200
    assert (await answered(hub))[0][0] == "admitted"
    assert len(pulses) == 1


async def test_the_address_is_heard_from_the_local_network_unless_it_was_opened(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """Whoever finds the secret from outside must not open the gate by it."""
    added = await lane(hub)
    with patch("homeassistant.components.webhook.network_util.is_local", return_value=False):
        assert await camera.recognize(PLATE) == 200
        assert camera.answers[-1] == (200, "")
        data = {**hub.entry.subentries[added].data, "reader": lane_data(remote=True)["reader"]}
        hub.hass.config_entries.async_update_subentry(
            hub.entry, hub.entry.subentries[added], data=data
        )
        await hub.hass.async_block_till_done()
        assert await camera.recognize(PLATE) == 200
        assert camera.answers[-1] == (200, '{"plates": 1}')
    assert (await answered(hub))[0][0] == "admitted"
    assert len(pulses) == 1


async def test_an_address_ends_with_its_lane(hub: Hub, camera: PostingCamera) -> None:
    """A camera that still posts to a lane that is gone must not be an open end."""
    added = await lane(hub)
    hub.hass.config_entries.async_remove_subentry(hub.entry, added)
    await hub.hass.async_block_till_done()
    assert await camera.recognize(PLATE) == 200
    assert camera.answers == [(200, "")]
    assert not hub.hass.data[HOOKS]


async def test_an_address_lasts_over_a_restart_of_the_site(
    hub: Hub, camera: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """Nobody climbs the mast again because the hub was updated."""
    await lane(hub)
    await hub.restart()
    assert await camera.recognize(PLATE) == 200
    assert (await answered(hub))[0][0] == "admitted"


async def test_the_secret_is_not_in_the_diagnostics(hub: Hub, camera: PostingCamera) -> None:
    """Diagnostics are attached to public threads."""
    await lane(hub)
    said = await async_get_config_entry_diagnostics(hub.hass, hub.entry)
    assert SECRET not in json.dumps(said, default=str)


@pytest.fixture
def _patience() -> Iterator[None]:
    """A person waits a moment only."""
    with patch("custom_components.prepaid_parking.subentry_probe_mqtt.LISTEN_S", 0.3):
        yield


async def to_the_address(walk: Walk, family: str, hass: HomeAssistant) -> str:
    """Walk up to the form with the address; returns the address."""
    hass.states.async_set("cover.gate", "closed")
    await walk.begin()
    await walk.answer("barrier_entity")
    await walk.answer({"entity_id": "cover.gate", "pulse": 1.0, "wired_to": "open_input"})
    await walk.answer({"name": "Gate", "direction": "entry", "fee": "0"})
    await walk.answer("reader")
    await walk.answer({"family": family})
    walk.at("reader_webhook")
    return walk.shown()["url"]


async def test_a_new_camera_is_shown_its_address_and_heard_before_it_is_saved(
    hub: Hub, server: str
) -> None:
    """A typing error in the camera's menu is found at the desk, not by the first driver."""
    walk = Walk(hub.hass, hub.entry, "lane")
    url = await to_the_address(walk, "plate_recognizer", hub.hass)
    path = url[url.index("/api/webhook/") + 1 :]
    async with ClientSession() as session:
        camera = PostingCamera(session, server + path)
        form = {"remote": False, "least_percent": 90, "pattern": "european"}
        waiting = asyncio.create_task(walk.answer(form))
        while not hub.hass.data.get(HOOKS):
            await asyncio.sleep(0.01)
        assert await camera.recognize("沪A12345") == 200
        assert await camera.recognize(PLATE) == 200
        await waiting
        walk.at("reader_confirm")
        assert walk.shown()["said"] == "B****34"
        assert not hub.hass.data[HOOKS]
        await walk.answer({})
        saved = walk.saved()
        secret = path.rsplit("/", 1)[1]
        assert saved.data["reader"] == {
            "family": "plate_recognizer",
            "webhook_id": secret,
            "least_score": 900,
            "pattern": "european",
        }
        assert len(secret) == 64
        # The same address while the lane is at work: it goes on, and the dialogue listens in.
        await hub.hass.async_block_till_done()
        await walk.begin(changing=saved)
        await walk.answer("reader")
        await walk.answer({"family": "plate_recognizer"})
        assert walk.shown()["url"] == url
        assert walk.suggested("pattern") == "european"
        await walk.begin(changing=saved)
        await walk.answer("reader")
        await walk.answer({"family": "openalpr_webhook"})
        assert walk.shown()["url"] == url
        await walk.begin(changing=saved)
        await walk.answer("reader")
        await walk.answer({"family": "plate_recognizer"})
        waiting = asyncio.create_task(walk.answer(form | {"pattern": "any", "remote": True}))
        hook = hub.hass.data[HOOKS][secret]
        while len(hook.sources) < 2:
            await asyncio.sleep(0.01)
        assert await camera.recognize(PLATE) == 200
        await waiting
        walk.at("reader_confirm")
        assert await answered(hub)
        await walk.answer({})
        walk.changed()
    reader = hub.entry.subentries[saved.subentry_id].data["reader"]
    assert reader["remote"] is True
    assert "pattern" not in reader
    assert reader["webhook_id"] == secret


@pytest.mark.usefixtures("_patience")
async def test_a_camera_that_does_not_post_can_be_waited_for_or_taken_on_trust(
    hub: Hub, server: str
) -> None:
    """No car comes by at night."""
    walk = Walk(hub.hass, hub.entry, "lane")
    url = await to_the_address(walk, "generic_webhook", hub.hass)
    form = {"remote": False, "plate_path": "plate", "score_full": "1", "least_percent": 85,
            "pattern": "own", "own_pattern": "("}  # fmt: skip
    await walk.answer(form)
    walk.at("reader_webhook", error="plate_pattern_invalid")
    assert walk.suggested("own_pattern") == "("
    await walk.answer(form | {"own_pattern": "[A-Z]{3}[0-9]+"})
    walk.at("reader_silent")
    assert walk.shown()["topic"] == url
    await walk.answer("reader_again")
    walk.at("reader_silent")
    await walk.answer("reader_webhook")
    walk.at("reader_webhook")
    assert walk.shown()["url"] == url
    await walk.answer(form | {"own_pattern": "[A-Z]{3}[0-9]+"})
    await walk.answer("reader_unheard")
    assert walk.saved().data["reader"]["own_pattern"] == "[A-Z]{3}[0-9]+"


async def test_a_wrong_map_is_said_in_words_and_the_plate_is_not_repeated(
    hub: Hub, server: str
) -> None:
    """Each maker nests its JSON another way; the path is found by trying."""
    walk = Walk(hub.hass, hub.entry, "lane")
    url = await to_the_address(walk, "generic_webhook", hub.hass)
    form = {"remote": False, "plate_path": "license", "score_full": "1", "least_percent": 85,
            "pattern": "any"}  # fmt: skip
    with patch("custom_components.prepaid_parking.subentry_probe_mqtt.LISTEN_S", 1.0):
        waiting = asyncio.create_task(walk.answer(form))
        while not hub.hass.data.get(HOOKS):
            await asyncio.sleep(0.01)
        async with ClientSession() as session:
            camera = PostingCamera(session, server + url[url.index("/api/webhook/") + 1 :])
            assert await camera.post_json({"plate": PLATE}) == 400
        await waiting
    walk.at("reader_webhook", error="not_understood")
    assert walk.shown()["detail"] == "There is nothing at license"
