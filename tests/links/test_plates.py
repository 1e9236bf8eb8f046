"""What cameras send, as they really send it: payloads in, reads out, and nothing else ever raised."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.vehicle import PlateColour, VehicleClass
from custom_components.prepaid_parking.links.message import Message
from custom_components.prepaid_parking.links.payloads.reading import PayloadError
from custom_components.prepaid_parking.links.plate_body import LONGEST_JSON, json_body, picture_in
from custom_components.prepaid_parking.links.plate_reading import PlateSettings
from custom_components.prepaid_parking.links.plates import DECODERS, MqttPlates, PlateSource

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
GATE_CAMERA = {
    "AlarmInfoPlate": {
        "ipaddr": "192.168.1.100",
        "deviceName": "入口",
        "result": {
            "PlateResult": {
                "license": "粤Ｂ１２３４５",
                "confidence": 97,
                "plateColor": "蓝色",
                "carType": "小型车",
                "plateid": 4711,
                "recotime": "2026-11-22 19:59:58",
                "imagePath": "20261122/4711.jpg",
            }
        },
    }
}
"""The shape that Chinese gate cameras push; its names differ from maker to maker."""
GATE_MAP = PlateSettings(
    family="generic_webhook",
    list_path="",
    plate_path="AlarmInfoPlate.result.PlateResult.license",
    score_path="AlarmInfoPlate.result.PlateResult.confidence",
    score_full=100,
    time_path="AlarmInfoPlate.result.PlateResult.recotime",
    camera_path="AlarmInfoPlate.deviceName",
    event_path="AlarmInfoPlate.result.PlateResult.plateid",
    colour_path="AlarmInfoPlate.result.PlateResult.plateColor",
    vehicle_path="AlarmInfoPlate.result.PlateResult.carType",
    picture_path="AlarmInfoPlate.result.PlateResult.imagePath",
    zone=ZoneInfo("Asia/Shanghai"),
)


def recognition(**more: Any) -> dict[str, Any]:
    """A recognition of Plate Recognizer Stream, with one car."""
    result = {
        "plate": "sju811y",
        "score": 0.903,
        "dscore": 0.698,
        "candidates": [{"plate": "sju811y", "score": 0.903}, {"plate": "5ju811y", "score": 0.7}],
        "region": {"code": "sg", "score": 0.4},
        "vehicle": {"type": "Big Truck", "score": 0.33, "box": {}},
        "model_make": [{"make": "Iveco", "model": "Daily", "score": 0.015}],
        "color": [{"color": "yellow", "score": 0.73}],
        "direction": 210,
        "source_url": "rtsp://admin:secret@camera/1",
    }
    return {
        "hook": {"target": "http://hub", "id": "camera-1", "event": "recognition"},
        "data": {
            "camera_id": "camera-1",
            "filename": "camera-1_screenshots/26-11-22/11-59-58.jpg",
            "timestamp": "2026-11-22T11:59:58.5Z",
            "timestamp_local": "2026-11-22 19:59:58.5+08:00",
            "timestamp_camera": None,
            "results": [result | more],
        },
    }


FRAME: dict[str, Any] = {
    "version": 2,
    "data_type": "alpr_results",
    "epoch_time": 1795348798000,
    "uuid": "AGENT-1234-1795348798000",
    "camera_id": 1234,
    "img_width": 1280,
    "img_height": 720,
    "results": [
        {
            "plate": "D2651BF",
            "confidence": 92.9419174194336,
            "matches_template": 0,
            "region": "us-mo",
            "region_confidence": 40,
            "coordinates": [{"x": 3257, "y": 188}],
            "candidates": [{"plate": "D2651BF", "confidence": 92.94}],
        },
        {"plate": "CG3L5Y", "confidence": 94.7, "region": "us-mo", "candidates": []},
    ],
}
GROUP: dict[str, Any] = {
    "version": 2,
    "data_type": "alpr_group",
    "epoch_start": 1795348790000,
    "epoch_end": 1795348798000,
    "camera_id": 1234,
    "best_plate_number": "D2651BF",
    "best_confidence": 95.0,
    "best_region": "us-mo",
    "best_uuid": "AGENT-1234-1795348795000",
    "candidates": [{"plate": "D2651BF", "confidence": 95.0}],
    "vehicle": {"body_type": [{"name": "motorcycle", "confidence": 88.1}]},
}


def message(content: object, topic: str = "", connected_at: datetime = LONG_AGO) -> Message:
    """A message that came just now."""
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Message(topic=topic, payload=payload, at=NOW, connected_at=connected_at)


def reads(settings: PlateSettings, content: object, topic: str = "") -> list[PlateRead]:
    """What a source makes of a message."""
    return PlateSource(settings, lambda _: None).reads(message(content, topic))


def test_plate_recognizer_tells_plate_score_region_and_kind_of_car() -> None:
    """Its paint's colour is no plate's: a yellow van would pay as a lorry by it."""
    (read,) = reads(PlateSettings(family="plate_recognizer"), recognition())
    assert read == PlateRead(
        plate="sju811y",
        at=datetime(2026, 11, 22, 11, 59, 58, 500_000, tzinfo=UTC),
        score=903,
        camera="camera-1",
        region="sg",
        colour=PlateColour.UNKNOWN,
        vehicle=VehicleClass.LARGE,
        picture="camera-1_screenshots/26-11-22/11-59-58.jpg",
    )


@pytest.mark.parametrize("plate", [None, ""])
def test_a_car_without_a_plate_is_no_read(plate: str | None) -> None:
    """Stream can be told to report every car; a bicycle must not fill the log."""
    assert not reads(PlateSettings(family="plate_recognizer"), recognition(plate=plate))


def test_a_candidate_that_looks_like_a_plate_is_taken_where_the_first_does_not() -> None:
    """The camera's first choice is by score alone; the lane knows which plates drive here."""
    settings = PlateSettings(family="plate_recognizer", pattern="chinese")
    looks = [{"plate": "粤812345678", "score": 0.9}, {"plate": "粤b12345", "score": 0.8}]
    (read,) = reads(settings, recognition(plate="粤812345678", candidates=looks))
    assert (read.plate, read.score) == ("粤b12345", 800)
    unsure = [{"plate": "粤b12345"}]
    (read,) = reads(settings, recognition(plate="粤812345678", score=0.6, candidates=unsure))
    assert read.score == 600
    assert not reads(settings, recognition())


def test_each_plate_of_a_frame_is_a_read_of_its_own() -> None:
    """Two cars in one picture are two cars, although the frame has one id."""
    first, second = reads(PlateSettings(family="openalpr", topic="alpr"), FRAME, "alpr")
    assert (first.plate, first.score, first.region) == ("D2651BF", 929, "us-mo")
    assert (second.plate, second.score) == ("CG3L5Y", 947)
    assert first.at == second.at == datetime(2026, 11, 22, 11, 59, 58, tzinfo=UTC)
    assert first.camera == "1234"
    assert not first.event_id
    assert first.picture == "img/AGENT-1234-1795348798000.jpg"


def test_a_group_is_one_car_as_it_was_last_seen() -> None:
    """It comes seconds after the car; its own time says whether that is too late to open."""
    (read,) = reads(PlateSettings(family="openalpr_webhook"), GROUP)
    assert (read.plate, read.score, read.region) == ("D2651BF", 950, "us-mo")
    assert read.at == datetime(2026, 11, 22, 11, 59, 58, tzinfo=UTC)
    assert read.event_id == "AGENT-1234-1795348795000"
    assert read.vehicle is VehicleClass.MOTORCYCLE


@pytest.mark.parametrize("kind", ["heartbeat", "alpr_alert", None])
def test_what_an_agent_says_of_itself_is_no_read(kind: str | None) -> None:
    """A heartbeat every minute must not count as a broken payload."""
    assert not reads(PlateSettings(family="openalpr"), {"data_type": kind})


def test_a_gate_camera_is_understood_by_the_map_of_its_site() -> None:
    """Its time is the wall clock's at the gate, without an offset."""
    (read,) = reads(GATE_MAP, GATE_CAMERA)
    assert read == PlateRead(
        plate="粤Ｂ１２３４５",
        at=datetime(2026, 11, 22, 11, 59, 58, tzinfo=UTC),
        score=970,
        camera="入口",
        event_id="4711",
        colour=PlateColour.BLUE,
        vehicle=VehicleClass.CAR,
        picture="20261122/4711.jpg",
    )


def test_a_gate_camera_that_saw_no_plate_has_read_none() -> None:
    """Every scooter would be the same unknown car, refused over and over."""
    settings = PlateSettings(family="generic_webhook", plate_path="plate")
    assert not reads(settings, {"plate": "_无_"})


def test_frigate_names_the_kind_of_car_and_where_its_picture_lies() -> None:
    """Who looks into a refused passage wants to see the car."""
    after = {
        "id": "1607123955.475377-mxklsc",
        "camera": "gate",
        "label": "motorcycle",
        "recognized_license_plate": "B-AB 1",
        "recognized_license_plate_score": 0.9,
        "start_time": NOW.timestamp(),
        "has_snapshot": True,
    }
    (read,) = reads(
        PlateSettings(family="frigate"),
        {"type": "update", "before": {}, "after": after},
        "frigate/events",
    )
    assert read.vehicle is VehicleClass.MOTORCYCLE
    assert read.picture == "api/events/1607123955.475377-mxklsc/snapshot.jpg"


def test_a_read_without_a_time_right_after_a_connect_is_not_of_now() -> None:
    """A camera that could not reach the hub posts then what it kept; the cars are gone."""
    settings = PlateSettings(family="generic_webhook", plate_path="plate")
    told: list[PlateRead] = []
    source = PlateSource(settings, told.append)
    source.take(message({"plate": "B-AB 1"}, connected_at=NOW - timedelta(seconds=5)))
    source.take(message({"plate": "B-AB 2"}))
    assert [read.burst for read in told] == [True, False]


def test_a_message_that_comes_twice_is_told_once() -> None:
    """A camera that got no answer in time posts again; a frame with two cars has two reads."""
    told: list[PlateRead] = []
    source = PlateSource(PlateSettings(family="openalpr"), told.append)
    for _ in range(3):
        assert source.take(message(FRAME)) == 2
    assert [read.plate for read in told] == ["D2651BF", "CG3L5Y"]


def test_only_the_lanes_own_camera_counts() -> None:
    """One server with ten cameras posts to one address."""
    settings = PlateSettings(family="plate_recognizer", camera="camera-2")
    assert not reads(settings, recognition())


def test_frigate_of_another_lane_is_no_business_of_this_one() -> None:
    """All lanes share Frigate's topics: a broken message would be reported at thirty of them."""
    settings = PlateSettings(family="frigate", camera="gate")
    assert not reads(settings, {"type": "lpr", "camera": "yard", "plate": "B-12"})
    event = {"after": {"camera": "yard", "recognized_license_plate": "B-12"}}
    assert not reads(settings, event, "frigate/events")
    with pytest.raises(PayloadError):
        reads(settings, {"type": "lpr", "camera": "gate", "plate": "B-12"})


def test_a_message_that_thirty_lanes_hear_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a rush 200 come a second: read by each lane they kept cars waiting that stood at others."""
    texts: list[str] = []
    loads = json.loads

    def counting(text: str, **options: Any) -> object:
        texts.append(text)
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", counting)
    heard = message({"type": "lpr", "camera": "lane29", "plate": "RUSH 1", "timestamp": 1795348800})
    told: list[PlateRead] = []
    for lane in range(30):
        settings = PlateSettings(family="frigate", camera=f"lane{lane}")
        PlateSource(settings, told.append).take(heard)
    assert len(told) == len(texts) == 1


@pytest.mark.parametrize(
    "settings",
    [
        PlateSettings(family="telepathy"),
        PlateSettings(family="openalpr", pattern="martian"),
        PlateSettings(family="openalpr", pattern="own", own_pattern="("),
    ],
)
def test_settings_that_read_nothing_are_refused(settings: PlateSettings) -> None:
    """A lane that is set up and deaf keeps everybody out."""
    with pytest.raises(CoreError):
        PlateSource(settings, lambda _: None)


def form(
    content: bytes, *, field: str = "json", picture: bytes = b"\xff\xd8jpg\r\n--\xff\xd9"
) -> bytes:
    """A form as Plate Recognizer Stream posts it."""
    return (
        b"--b0und\r\n"
        b'Content-Disposition: form-data; name="upload"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n"
        b"--b0und\r\n"
        b'Content-Disposition: form-data; name="' + field.encode() + b'"\r\n\r\n'
        + content + b"\r\n--b0und--\r\n"
    )  # fmt: skip


FORM = "multipart/form-data; boundary=b0und"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"a":"\xe4\xba\xac"}'),
        ("", b'{"a":"\xe4\xba\xac"}'),
        ("text/plain; charset=gb2312", '{"a":"京"}'.encode("gb2312")),
        ("application/x-www-form-urlencoded", b"json=%7B%22a%22%3A%22%E4%BA%AC%22%7D&x=1"),
        ("application/x-www-form-urlencoded", b' {"a":"\xe4\xba\xac"}'),
        (FORM, form(b'{"a":"\xe4\xba\xac"}')),
        (f'{FORM}; charset="utf-8"', form(b'{"a":"\xe4\xba\xac"}', picture=bytes(range(256)))),
    ],
)
def test_the_json_of_a_request_is_found_however_it_is_wrapped(
    content_type: str, body: bytes
) -> None:
    """Each maker posts in its own way, and none can be told to do otherwise."""
    assert json.loads(json_body(content_type, body)) == {"a": "京"}


@pytest.mark.parametrize(
    ("content_type", "body", "key"),
    [
        (FORM, form(b"{}", field="data"), "payload_missing"),
        ("multipart/form-data", form(b"{}"), "payload_not_json"),
        (FORM, b"", "payload_missing"),
        ("application/x-www-form-urlencoded", b"plate=1", "payload_missing"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 60), "payload_not_json"),
        ("application/json", b"\xff\xff\xff", "payload_not_text"),
        ("application/json", b" " * (LONGEST_JSON + 1), "payload_too_large"),
    ],
)
def test_a_request_without_json_is_refused_by_name(
    content_type: str, body: bytes, key: str
) -> None:
    """Who sets up the camera reads in its log what is missing."""
    with pytest.raises(PayloadError) as caught:
        json_body(content_type, body)
    assert caught.value.key == key


NAMES = ["data_type", "results", "plate", "confidence", "score", "candidates", "epoch_time", "epoch_end", "uuid", "camera_id", "region", "code", "vehicle", "type", "body_type", "name", "data", "hook", "event", "timestamp", "filename", "best_plate_number", "best_confidence", "best_uuid", "id", "label", "before", "after", "recognized_license_plate", "frame_time", "start_time", "has_snapshot", "camera", "list", "t"]  # fmt: skip
WORDS = ["alpr_results", "alpr_group", "recognition", "lpr", "update", "京A12345", "1e999", "-5",
         "2026-11-22T12:00:00", "9999-12-31T23:59:59-23:59", "无"]  # fmt: skip
JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=7)
    ),
    max_leaves=16,
)
MAPPED = PlateSettings(
    family="generic_webhook",
    list_path="list",
    plate_path="plate",
    score_path="score",
    time_path="t",
    camera_path="camera",
    event_path="id",
    region_path="region.code",
    colour_path="label",
    vehicle_path="vehicle.type",
    picture_path="uuid",
    zone=UTC,
)
ANY = [MAPPED, *(PlateSettings(family=family, plate_path="plate") for family in DECODERS)]


def near(content: dict[str, Any]) -> st.SearchStrategy[object]:
    """A true payload in which a few fields are anything."""
    return st.dictionaries(st.sampled_from(sorted(content)), JSONISH, max_size=3).map(
        lambda odd: content | odd
    )


@given(
    settings=st.sampled_from(ANY),
    content=JSONISH
    | near(FRAME)
    | near(GROUP)
    | st.builds(recognition, plate=JSONISH, vehicle=JSONISH, candidates=JSONISH)
    | st.dictionaries(st.sampled_from(["plate", "score"]), JSONISH).map(
        lambda one: {"list": [one]}
    ),
    topic=st.sampled_from(["", "frigate/events"]),
)
def test_whatever_a_camera_says_only_a_payload_error_comes_out(
    settings: PlateSettings, content: object, topic: str
) -> None:
    """A camera's firmware update must not close the car park."""
    said = json.dumps(content).encode()
    for read in _read(PlateSource(settings, lambda _: None).reads, message(said, topic)) or []:
        assert 0 <= read.score <= 1000
        assert read.at.tzinfo is UTC
        assert 0 < len(read.plate) <= 32
        assert len(read.picture) <= 250


HEADERS = st.text(max_size=40) | st.builds(
    lambda kind, rest: f"{kind}; {rest}",
    st.sampled_from(["multipart/form-data", "application/x-www-form-urlencoded"]),
    st.sampled_from(["boundary=b0und", "boundary*=utf-8''x", "boundary*0=b", 'boundary="'])
    | st.text(max_size=20),
)


@given(
    content_type=HEADERS,
    body=st.binary(max_size=80)
    | st.binary(max_size=30).map(form)
    | st.text(max_size=30).map(lambda field: form(b"{}", field=field)),
)
def test_whatever_is_posted_only_a_payload_error_comes_out(content_type: str, body: bytes) -> None:
    """Whoever finds the address can post what they like; the other lanes must not notice."""
    found = _read(json_body, content_type, body)
    assert found is None or len(found.decode()) <= LONGEST_JSON
    assert picture_in(content_type, body) in body


@pytest.mark.parametrize("begin", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
def test_the_picture_beside_the_json_is_found_whole(begin: bytes) -> None:
    """Half a picture shows half a plate."""
    picture = begin + bytes(range(256)) + b"\r\n--\r\n\r\n"
    assert picture_in(FORM, form(b"{}", picture=picture)) == picture


@pytest.mark.parametrize("picture", [b"", b"<svg/>", b"GIF89a", b"\xff\xd8\xff".ljust(2_000_001)])
def test_what_is_no_picture_or_too_large_is_not_taken_for_one(picture: bytes) -> None:
    """What is called a picture by who sends it is shown to a person later."""
    assert picture_in(FORM, form(b"{}", picture=picture)) == b""
    assert picture_in("application/json", b"\xff\xd8\xff") == b""


def test_a_broker_is_asked_for_the_topic_of_the_agent() -> None:
    """An agent's bridge publishes on one topic."""
    plates = MqttPlates(PlateSettings(family="openalpr", topic="alpr/gate"), lambda _: None)
    assert list(plates.listener.topics) == ["alpr/gate"]


def _read[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    try:
        return work(*args, **kwargs)
    except PayloadError:
        return None
