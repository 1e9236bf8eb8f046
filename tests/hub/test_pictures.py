"""Pictures of a lane: taken where somebody has to look, seen by whom it concerns, gone in time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
import os
from pathlib import Path
from typing import Any, override
from unittest.mock import patch

from aiohttp import ClientSession
from homeassistant.components.camera import Camera
from homeassistant.components.image import async_get_image
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import setup_test_component_platform
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking import lane_pictures, picture_view
from custom_components.prepaid_parking.core.identity import LaneId, StayId
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.picture import MOST_BYTES
from custom_components.prepaid_parking.core.review import Seen, Suspicion
from custom_components.prepaid_parking.opening import books_path
from custom_components.prepaid_parking.operations.lane_facts import Passed
from custom_components.prepaid_parking.operations.reviews import open_review
from custom_components.prepaid_parking.simulator.posting_camera import PICTURE, PostingCamera
from custom_components.prepaid_parking.store import pictures as store
from tests.hub.flow_steps import Walk, make
from tests.journeys.conftest import Hub

SECRET = "5ec2e7" * 8
PLATE = "BAB1234"
STRANGER = "XYZ9876"
JPEG = b"\xff\xd8\xff\xe0 a still of the gate \xff\xd9"


class GateCamera(Camera):
    """A camera of the hub that shows what it is told to, or hangs."""

    _attr_name = "Gate"
    _attr_unique_id = "gate"

    def __init__(self) -> None:
        """Show a still at once."""
        super().__init__()
        self.shows: bytes | Exception = JPEG
        self.asked: list[int] = []
        self.pulses: list[ServiceCall] = []
        self.ready = asyncio.Event()
        self.ready.set()

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        self.asked.append(len(self.pulses))
        await self.ready.wait()
        if isinstance(self.shows, Exception):
            raise self.shows
        return self.shows


@pytest.fixture
async def camera(hub: Hub, pulses: list[ServiceCall]) -> GateCamera:
    """A camera entity of the hub's own camera part."""
    camera = GateCamera()
    camera.pulses = pulses
    setup_test_component_platform(hub.hass, "camera", [camera])
    assert await async_setup_component(hub.hass, "camera", {"camera": {"platform": "test"}})
    await hub.hass.async_block_till_done()
    assert camera.entity_id == "camera.gate"
    return camera


@pytest.fixture
async def posting(server: str) -> AsyncIterator[PostingCamera]:
    """A camera that posts to the lane's address."""
    async with ClientSession() as session:
        yield PostingCamera(session, f"{server}api/webhook/{SECRET}")


@pytest.fixture
def hasty() -> Iterator[None]:
    """Nobody in here waits five seconds for a camera that hangs."""
    with patch.object(lane_pictures, "CAMERA_S", 0.05):
        yield


async def lane(hub: Hub, *, looks: bool = True, direction: str = "entry") -> None:
    """Set up a lane with a reader that posts and, where it `looks`, a camera of the hub."""
    data: dict[str, Any] = {
        "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
        "reader": {"family": "plate_recognizer", "webhook_id": SECRET, "least_score": 850},
        "direction": direction,
        "fee": "0",
    }
    await hub.add(
        "lane", "Gate", "lane:gate", data | ({"pictures": "camera.gate"} if looks else {})
    )
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=[PLATE])


def folder(hub: Hub) -> Path:
    """Where the site's pictures lie."""
    return books_path(hub.hass, hub.entry.data["site"]).with_suffix(".pictures")


def files(hub: Hub) -> list[Path]:
    """What lies there."""
    return sorted(folder(hub).iterdir()) if folder(hub).exists() else []


async def kept(hub: Hub, count: int = 1) -> list[Path]:
    """Wait for so many pictures."""

    async def enough() -> bool:
        there = [one for one in files(hub) if hub.data.pictures.has(one.name)]
        return len(there) >= count

    await hub.until(enough)
    await hub.hass.async_block_till_done()
    return files(hub)


async def last(hub: Hub) -> Passage:
    """The passage that was written down last."""
    return (await hub.data.books.load(Passage))[-1]


async def url(hub: Hub) -> str:
    """Return the link to the picture of the last passage's review, asked for as a person does."""
    (review,) = (await hub.call("list_reviews"))["reviews"]
    link = review["reads"][-1]["picture_url"]
    assert isinstance(link, str)
    return link


async def review(hub: Hub) -> None:
    """The camera is not sure of five reads in a row: somebody has to look."""
    for number in range(5):
        await hub.call("plate_read", lane="l1", plate=f"XY{number}{number}{number}", score=30)
    await kept(hub)


async def test_who_is_let_through_by_hand_is_seen(hub: Hub, camera: GateCamera) -> None:
    """Months later somebody asks for whom the barrier was opened; the car did not wait for it."""
    await lane(hub)
    await hub.call("release_barrier", lane="l1", reason="post van")
    (file,) = await kept(hub)
    passage = await last(hub)
    assert passage.picture == file.name
    assert (passage.reason, passage.kind) == ("post van", "released")
    assert camera.asked == [1]
    assert await hub.data.pictures.show(file.name) == JPEG
    assert b"still of the gate" not in file.read_bytes()


async def test_a_call_for_help_is_seen_and_a_passage_is_not(hub: Hub, camera: GateCamera) -> None:
    """Nobody who drives in as every day is photographed for that."""
    await lane(hub)
    await hub.call("plate_read", lane="l1", plate=PLATE)
    await hub.hass.async_block_till_done()
    assert (await last(hub)).kind == "admitted"
    assert not camera.asked
    answer = await hub.call("help_call", lane="l1")
    assert answer["kind"] == "asked"
    (file,) = await kept(hub)
    assert (await last(hub)).picture == file.name


async def test_a_camera_that_hangs_holds_nothing_up(
    hub: Hub, camera: GateCamera, pulses: list[ServiceCall], hasty: None, caplog: Any
) -> None:
    """The barrier opens at once; the log says once that the camera has failed, and the books stand."""
    await lane(hub)
    camera.ready.clear()
    async with asyncio.timeout(2):
        for _ in range(2):
            await hub.call("release_barrier", lane="l1", reason="post van")
    assert len(pulses) == 2

    async def given_up() -> bool:
        return "camera.gate gives no picture" in caplog.text

    await hub.until(given_up)
    await hub.hass.async_block_till_done()
    assert not files(hub)
    assert (await last(hub)).kind == "released"
    assert len(camera.asked) == 2
    camera.ready.set()
    await hub.call("release_barrier", lane="l1", reason="post van")
    await kept(hub)
    assert caplog.text.count("camera.gate gives no picture") == 1


@pytest.mark.parametrize(
    "shows",
    [b"<html>please log in</html>", b"", JPEG.ljust(MOST_BYTES + 1), RuntimeError("no route")],
)
async def test_what_is_no_picture_is_not_kept(
    hub: Hub, camera: GateCamera, shows: bytes | Exception
) -> None:
    """A camera behind a login answers with a page, which must not be served to who looks."""
    await lane(hub)
    camera.shows = shows
    await hub.call("release_barrier", lane="l1", reason="post van")
    await hub.hass.async_block_till_done()
    await hub.until(lambda: asyncio.sleep(0, bool(camera.asked)))
    await hub.hass.async_block_till_done()
    assert not files(hub)
    assert (await last(hub)).kind == "released"


async def test_a_camera_that_is_gone_and_a_full_disk_lose_the_picture_only(
    hub: Hub, camera: GateCamera, pulses: list[ServiceCall], caplog: Any
) -> None:
    """Nobody stays before a barrier for a picture."""
    await lane(hub)
    with patch.object(store, "write_whole", side_effect=OSError(28, "No space left on device")):
        await hub.call("release_barrier", lane="l1", reason="post van")
        await hub.hass.async_block_till_done()
        await hub.until(lambda: asyncio.sleep(0, "could not be written" in caplog.text))
    await camera.async_remove()
    await hub.call("release_barrier", lane="l1", reason="post van")
    await hub.until(lambda: asyncio.sleep(0, "gives no picture" in caplog.text))
    assert len(pulses) == 2
    assert not files(hub)


async def test_the_picture_of_a_posted_read_is_kept_where_it_was_refused(
    hub: Hub, posting: PostingCamera, pulses: list[ServiceCall]
) -> None:
    """Who complains about a closed barrier is answered; who drove in leaves nothing behind."""
    await lane(hub, looks=False)
    assert await posting.recognize(PLATE) == 200
    await hub.until(lambda: asyncio.sleep(0, len(pulses) == 1))
    await hub.hass.async_block_till_done()
    assert not files(hub)
    assert await posting.recognize(STRANGER) == 200
    (file,) = await kept(hub)
    passage = await last(hub)
    assert (passage.kind, passage.picture) == ("refused", file.name)
    assert await hub.data.pictures.show(file.name) == PICTURE
    assert PICTURE[4:40] not in file.read_bytes()
    assert STRANGER not in "".join(map(str, (passage, *hub.facts)))
    fact = next(one for one in hub.facts if isinstance(one, Passed) and one.kind == "refused")
    assert fact.picture == file.name


async def test_the_picture_of_a_review_opens_by_a_link_for_some_minutes(
    hub: Hub, camera: GateCamera, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Who has to decide sees the car; who finds the link in a chat tomorrow sees nothing."""
    await lane(hub)
    await review(hub)
    link = await url(hub)
    client = await hass_client_no_auth()
    answer = await client.get(link)
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert await answer.read() == JPEG
    assert (await client.get(link.partition("?")[0])).status == 401
    assert (await client.get(link.replace("/picture/", "/statement/"))).status == 401
    assert timedelta() < picture_view.LINK_LASTS <= timedelta(minutes=10)
    with patch.object(picture_view, "LINK_LASTS", timedelta(minutes=-1)):
        expired = await url(hub)
    assert (await client.get(expired)).status == 401


async def test_a_login_that_is_no_admin_sees_no_picture(
    hub: Hub,
    camera: GateCamera,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """A tenant with a login on the hub does not leaf through the neighbours' cars."""
    await lane(hub)
    await review(hub)
    path = (await url(hub)).partition("?")[0]
    admin, guest = await hass_client(), await hass_client(hass_read_only_access_token)
    assert (await admin.get(path)).status == 200
    assert (await guest.get(path)).status == 403
    assert (await admin.get(path.replace(hub.entry.entry_id, "nobody"))).status == 404
    name = path.rpartition("/")[2]
    assert (await admin.get(path.replace(name, "0" * 32))).status == 404
    for climb in ("..%2F..%2Fsecrets.yaml", "%2e%2e", "."):
        assert (await admin.get(path.replace(name, climb))).status in (400, 403, 404)


async def test_a_stay_says_which_pictures_there_are_of_it(
    hub: Hub, camera: GateCamera, pulses: list[ServiceCall]
) -> None:
    """The desk sees who was let in by hand, from the stay it is asked about."""
    await lane(hub, direction="both")
    await hub.call("plate_read", lane="l1", plate=STRANGER)
    await hub.call("release_barrier", lane="l1", reason="visitor")
    await kept(hub)
    (stay,) = (await hub.call("list_stays"))["stays"]
    told = await hub.call("get_stay", stay=stay["stay"])
    assert [one["kind"] for one in told["pictures"]] == ["released"]
    assert told["pictures"][0]["picture_url"].startswith("/api/prepaid_parking/picture/")


async def test_pictures_go_by_themselves_and_outlive_a_restart_until_then(
    hub: Hub, camera: GateCamera
) -> None:
    """Seven days are promised on the sign at the gate, whether or not the hub was restarted."""
    await lane(hub)
    for _ in range(2):
        await hub.call("release_barrier", lane="l1", reason="post van")
    old, new = await kept(hub, 2)
    eight_days = new.stat().st_mtime - timedelta(days=8).total_seconds()
    await hub.stop()
    os.utime(old, (eight_days, eight_days))
    await hub.start()
    await hub.until(lambda: asyncio.sleep(0, files(hub) == [new]))
    assert await hub.data.pictures.show(new.name) == JPEG
    assert await hub.data.pictures.show(old.name) is None


async def test_what_was_posted_with_who_drove_in_is_forgotten_within_a_minute(hub: Hub) -> None:
    """Not even the memory is an album; what comes faster than it is answered pushes the oldest out."""
    pictures, now = hub.data.pictures, hub.data.site.clock()
    names = [pictures.hold(JPEG + bytes([number])) for number in range(lane_pictures.MOST_HELD + 1)]
    lane_id = LaneId("l1")
    await pictures.keep(lane_id, names[0])
    await pictures.keep(lane_id, names[1])
    assert [pictures.has(name) for name in names[:2]] == [False, True]
    await pictures.forget(now + timedelta(minutes=2))
    await pictures.keep(lane_id, names[2])
    assert not pictures.has(names[2])


async def test_a_site_that_keeps_none_takes_none(hub: Hub, camera: GateCamera) -> None:
    """Where the law or the works council forbids it, no camera is even asked."""
    await lane(hub)
    await hub.call("release_barrier", lane="l1", reason="post van")
    await kept(hub)
    options = {**hub.entry.options, "picture_days": 0}
    hub.hass.config_entries.async_update_entry(hub.entry, options=options)
    await hub.hass.async_block_till_done()
    await hub.data.pictures.forget(hub.data.site.clock() + timedelta(minutes=1))
    assert not files(hub)
    await hub.call("release_barrier", lane="l1", reason="post van")
    await hub.hass.async_block_till_done()
    assert camera.asked == [1]
    assert (await last(hub)).picture == ""


async def test_who_is_erased_is_seen_no_more(hub: Hub, camera: GateCamera) -> None:
    """A car is as much a person's as a phone number; other people's pictures stay."""
    await lane(hub, direction="both")
    await hub.call("plate_read", lane="l1", plate=PLATE)
    (stay,) = (await hub.call("list_stays"))["stays"]
    assert stay["wallet"] == "w1"
    site = hub.data.site
    site.lanes[LaneId("l1")].recent.clear()
    seen = Seen(
        lane=LaneId("l1"), at=site.clock(), picture=site.parking.pictures.name(LaneId("l1"))
    )
    await open_review(site, Suspicion.LONG_STAY, stays=[StayId(stay["stay"])], reads=[seen])
    (file,) = await kept(hub)
    await hub.call("release_barrier", lane="l1", reason="post van")
    await kept(hub, 2)
    await hub.call("erase_person", wallet="w1", reason="asked for it")
    assert not file.exists()
    assert len(files(hub)) == 1


async def test_the_last_picture_is_an_image_that_is_off_until_it_is_wanted(
    hub: Hub, camera: GateCamera
) -> None:
    """An attendant's panel shows who stands there; no login gets that by accident."""
    await lane(hub)
    registry = er.async_get(hub.hass)
    unique_id = f"{hub.entry.unique_id}_l1_picture"
    entity_id = registry.async_get_entity_id("image", "prepaid_parking", unique_id)
    assert entity_id is not None
    assert hub.hass.states.get(entity_id) is None
    registry.async_update_entity(entity_id, disabled_by=None)
    await hub.restart()
    state = hub.hass.states.get(entity_id)
    assert state is not None
    assert state.state == "unknown"
    await hub.call("release_barrier", lane="l1", reason="post van")
    await kept(hub)

    async def shown() -> bool:
        now = hub.hass.states.get(entity_id)
        return now is not None and now.state not in ("unknown", "unavailable")

    await hub.until(shown)
    image = await async_get_image(hub.hass, entity_id)
    assert (image.content, image.content_type) == (JPEG, "image/jpeg")
    await hub.data.pictures.erase([one.name for one in files(hub)])
    await hub.until(lambda: asyncio.sleep(0, unknown(hub.hass, entity_id)))


async def test_the_last_picture_is_there_again_after_a_restart(
    hub: Hub, camera: GateCamera
) -> None:
    """The attendant's panel is dark at the moment in which somebody asks who stands there."""
    await lane(hub)
    unique_id = f"{hub.entry.unique_id}_l1_picture"
    registry = er.async_get(hub.hass)
    entity_id = registry.async_get_entity_id("image", "prepaid_parking", unique_id)
    assert entity_id is not None
    registry.async_update_entity(entity_id, disabled_by=None)
    for shows in (b"older", b"newest"):
        camera.shows = JPEG[:-2] + shows + JPEG[-2:]
        await hub.call("release_barrier", lane="l1", reason="post van")
        await kept(hub, 1 if shows == b"older" else 2)
    taken = hub.data.pictures.last[LaneId("l1")]
    await hub.restart()
    await hub.until(lambda: asyncio.sleep(0, not unknown(hub.hass, entity_id)))
    image = await async_get_image(hub.hass, entity_id)
    assert image.content == camera.shows
    again = hub.data.pictures.last[LaneId("l1")]
    assert again.name == taken.name
    assert abs(again.at - taken.at) < timedelta(seconds=1)
    await hub.data.pictures.erase([again.name])
    assert b"older" in (await async_get_image(hub.hass, entity_id)).content
    await hub.restart()
    await hub.until(lambda: asyncio.sleep(0, not unknown(hub.hass, entity_id)))
    assert b"older" in (await async_get_image(hub.hass, entity_id)).content
    await hub.data.pictures.erase([one.name for one in files(hub)])
    await review(hub)
    name = hub.data.pictures.last[LaneId("l1")].name
    await hub.restart()
    await hub.until(lambda: asyncio.sleep(0, not unknown(hub.hass, entity_id)))
    assert hub.data.pictures.last[LaneId("l1")].name == name


def unknown(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether nothing is shown."""
    state = hass.states.get(entity_id)
    return state is not None and state.state == "unknown"


async def test_a_site_that_is_removed_takes_its_pictures_along(
    hub: Hub, camera: GateCamera
) -> None:
    """The ledger is archived because the law asks for it; of pictures it asks the contrary."""
    await lane(hub)
    await hub.call("release_barrier", lane="l1", reason="post van")
    await kept(hub)
    assert await hub.hass.config_entries.async_remove(hub.entry.entry_id)
    await hub.hass.async_block_till_done()
    assert not folder(hub).exists()
    left = await asyncio.to_thread(lambda: [*Path(hub.hass.config.config_dir).rglob("*.pictures")])
    assert not left


async def test_the_camera_of_a_lane_is_named_and_taken_away_in_the_dialogue(
    hub: Hub, camera: GateCamera
) -> None:
    """A lane that has worked for a year gets a camera; nothing else of it changes."""
    data = {
        "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
        "reader": {"family": "none"},
        "direction": "entry",
        "fee": "0",
    }
    made = make(hub.hass, hub.entry, "lane", "Gate", "lane::cover.gate:entry", data)
    await hub.hass.async_block_till_done()
    walk = Walk(hub.hass, hub.entry, "lane")
    form = {"name": "Gate", "direction": "entry", "fee": "0"}
    for camera_now, count in (("camera.gate", 1), (None, 1)):
        await walk.begin(changing=hub.entry.subentries[made.subentry_id])
        await walk.answer("lane")
        walk.at("lane")
        await walk.answer(form | ({"pictures": camera_now} if camera_now else {}))
        walk.changed()
        await hub.hass.async_block_till_done()
        saved = hub.entry.subentries[made.subentry_id].data
        assert saved.get("pictures") == camera_now
        assert saved["barrier"] == data["barrier"]
        await hub.call("release_barrier", lane="l1", reason="post van")
        await kept(hub, count)
        assert len(camera.asked) == count
