"""What devices write on MQTT, read exactly or refused by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import BASE_PER_UNIT, UNIT, Quantity
from custom_components.prepaid_parking.links.message import Message
from custom_components.prepaid_parking.links.payloads import METERS, RELAYS, meter_family
from custom_components.prepaid_parking.links.payloads.family import (
    MeterSettings,
    RelayFamily,
    RelaySettings,
    Reported,
    settings_of,
)
from custom_components.prepaid_parking.links.payloads.reading import (
    PayloadError,
    find,
    json_of,
    path_of,
    register_of,
    shown,
    time_of,
)
from custom_components.prepaid_parking.links.payloads.tasmota import pulse_time
from custom_components.prepaid_parking.links.plate_reading import PlateSettings
from custom_components.prepaid_parking.links.plates import MqttPlates
from custom_components.prepaid_parking.links.units import UNITS, base_units

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def message(topic: str, payload: object, **flags: Any) -> Message:
    if isinstance(payload, dict | list):
        payload = json.dumps(payload)
    raw = payload if isinstance(payload, bytes) else str(payload).encode()
    return Message(**{"topic": topic, "payload": raw, "at": NOW, "connected_at": NOW, **flags})


def decoded(settings: MeterSettings, payload: object) -> list[Reported]:
    family, filled = meter_family(settings)
    return family.decode(filled, message(family.topics(filled)[0], payload))


TASMOTA = """{"Time":"2018-02-15T17:37:10","ENERGY":{"TotalStartTime":"2018-01-01T00:00:00",
"Total":6.294,"Yesterday":5.340,"Today":0.954,"Period":217,"Power":2635,"ApparentPower":2650,
"ReactivePower":282,"Factor":0.99,"Voltage":227,"Current":11.661}}"""
SHELLY = """{"id":0,"source":"MQTT","output":true,"apower":8.9,"voltage":237.5,"aenergy":
{"total":6532.123,"by_minute":[45.199,47.141,88.397],"minute_ts":1626935779},
"temperature":{"tC":23.5,"tF":74.4}}"""
CHIRPSTACK = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-11-22T11:59:30.775023242+00:00",
    "deviceInfo": {"devEui": "0101010101010101"},
    "devAddr": "00189440",
    "fCnt": 4,
    "fPort": 1,
    "data": "qg==",
    "object": {"energy": 12.5, "stored": [{"t": 1795348800, "kwh": "12.25"}]},
}


@pytest.mark.parametrize(
    ("settings", "payload", "register"),
    [
        (MeterSettings(family="tasmota", topic="plug"), TASMOTA, 6_294_000),
        (
            MeterSettings(family="tasmota", topic="plug", channel=1),
            {"ENERGY": {"Total": [1.5, 2.001], "Power": [10, 20]}},
            2_001_000,
        ),
        (
            MeterSettings(family="tasmota", topic="plug"),
            {"StatusSNS": {"ENERGY": {"Total": 7}}},
            7_000_000,
        ),
        (
            MeterSettings(
                family="tasmota",
                topic="pulse",
                quantity=Quantity.VOLUME,
                unit="L",
                value_path="COUNTER.C1",
            ),
            {"COUNTER": {"C1": 1234}},
            1_234_000,
        ),
        (MeterSettings(family="shelly_gen2", topic="shelly"), SHELLY, 6_532_123),
        (
            MeterSettings(family="shelly_gen2", topic="pro3em", component="emdata"),
            {"id": 0, "total_act": 1234.56, "total_act_ret": 9},
            1_234_560,
        ),
        (
            MeterSettings(family="shelly_gen2", topic="proem", component="em1data", channel=1),
            {"id": 1, "total_act_energy": 6644.90},
            6_644_900,
        ),
        (
            MeterSettings(family="zigbee2mqtt", topic="zigbee2mqtt/plug"),
            {"state": "ON", "energy": 12.3, "power": 4},
            12_300_000,
        ),
        (
            MeterSettings(family="esphome", topic="node", component="total"),
            "  18.4321 ",
            18_432_100,
        ),
        (
            MeterSettings(
                family="chirpstack_v4", topic="application/a/device/e", value_path="energy"
            ),
            CHIRPSTACK,
            12_500_000,
        ),
        (MeterSettings(family="generic_mqtt", topic="t"), "42", 42_000_000),
        (
            MeterSettings(family="generic_mqtt", topic="t", value_path="a.b[1].c", unit="MWh"),
            {"a": {"b": [0, {"c": "0.5"}]}},
            500_000_000,
        ),
        (
            MeterSettings(family="generic_mqtt", topic="t", quantity=Quantity.VOLUME),
            "0.0000015",
            1,
        ),
    ],
)
def test_a_register_is_read_to_the_last_digit(
    settings: MeterSettings, payload: object, register: int
) -> None:
    """A watt hour lost at each reading is a kilowatt hour a month, for everyone."""
    (one,) = decoded(settings, payload)
    assert one.register == register


def test_a_half_of_the_smallest_unit_goes_to_the_one_who_pays() -> None:
    """0.5 mL is not sold; 0.6 mL is one."""
    assert register_of(Decimal("0.5"), "mL") == 0
    assert register_of(Decimal("1.5"), "mL") == 1
    assert register_of(Decimal("1.50001"), "mL") == 2


@given(
    whole=st.integers(0, 10**9),
    digits=st.integers(0, 999_999),
    unit=st.sampled_from(sorted(UNITS)),
)
def test_every_unit_is_exact(whole: int, digits: int, unit: str) -> None:
    """Gigajoules and gallons are fractions of a milliwatt hour and a millilitre: rounded once."""
    text = f"{whole}.{digits:06d}"
    exact = Fraction(text) * UNITS[unit][1]
    register = base_units(Decimal(text), unit)
    if register is None:
        assert exact > 2**62
        return
    assert abs(register - exact) <= Fraction(1, 2)
    if exact.denominator == 1:
        assert register == exact


def test_the_display_units_agree_with_the_core() -> None:
    """Two tables that differ would charge by one and show by the other."""
    for quantity in Quantity:
        assert UNITS[UNIT[quantity]] == (quantity, Fraction(BASE_PER_UNIT[quantity]))


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"", "payload_not_json"),
        (b"{", "payload_not_json"),
        (b"\xff\xfe", "payload_not_json"),
        (b'{"v": NaN}', "payload_not_json"),
        (b'{"v": Infinity}', "payload_not_json"),
        (b'{"v": 1e99999999999999999999}', "payload_not_json"),
        (b"[" * 100_000, "payload_not_json"),
        (b'{"v": ' + b"9" * 5_000 + b"}", "payload_not_json"),
        (b'{"v": null}', "payload_missing"),
        (b"{}", "payload_missing"),
        (b"[]", "payload_missing"),
        (b"5", "payload_missing"),
        (b'{"v": true}', "payload_not_a_number"),
        (b'{"v": "12,5"}', "payload_not_a_number"),
        (b'{"v": "1_000"}', "payload_not_a_number"),
        (b'{"v": "nan"}', "payload_not_a_number"),
        (b'{"v": {}}', "payload_not_a_number"),
        (b'{"v": -0.001}', "payload_negative"),
        (b'{"v": 1e30}', "payload_number_too_large"),
        (b'{"v": 9300000000000}', "payload_number_too_large"),
        (b'{"v": 1.' + b"0" * 50 + b"1}", "payload_number_too_large"),
    ],
)
def test_what_is_no_register_is_refused_by_name(payload: bytes, key: str) -> None:
    """A meter that reports nonsense must be found, not charged."""
    settings = MeterSettings(family="generic_mqtt", topic="t", value_path="v")
    with pytest.raises(PayloadError) as caught:
        decoded(settings, payload)
    assert caught.value.key == key


def test_a_plug_that_reports_something_else_is_no_fault() -> None:
    """A Zigbee plug that only says it was switched has nothing to charge and nothing wrong."""
    settings = MeterSettings(family="zigbee2mqtt", topic="zigbee2mqtt/plug")
    assert decoded(settings, {"state": "OFF"}) == []


def test_tasmota_time_counts_only_in_a_known_zone() -> None:
    """A local time taken for UTC charges the evening at the night rate."""
    payload = {"Time": "2026-11-22T12:30:00", "ENERGY": {"Total": 1}}
    (ignored,) = decoded(MeterSettings(family="tasmota", topic="p"), payload)
    (known,) = decoded(MeterSettings(family="tasmota", topic="p", zone=BERLIN), payload)
    assert ignored.own is None
    assert known.own == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_the_one_it_is_now() -> None:
    """On the last Sunday of October 02:30 happens twice; both are charged in their own hour."""
    first = datetime(2026, 10, 25, 0, 31, tzinfo=UTC)
    second = first + timedelta(hours=1)
    text = "2026-10-25T02:30:00"
    assert time_of(text, first, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert time_of(text, second, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-11-22T11:59:30.775023242+00:00", datetime(2026, 11, 22, 11, 59, 30, 775023, UTC)),
        ("2026-11-22T12:59:30+01:00", datetime(2026, 11, 22, 11, 59, 30, tzinfo=UTC)),
        (1795348800, datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        (1795348800123, datetime(2026, 11, 22, 12, 0, 0, 123000, UTC)),
        (Decimal("1795348800.25"), datetime(2026, 11, 22, 12, 0, 0, 250000, UTC)),
        ("1795348800", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        (0, None),
        ("1970-01-01T00:00:12+00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_a_device_tells_the_time_in_many_ways(said: object, expected: datetime | None) -> None:
    """A clock that was never set says nothing, which is not the year 1970."""
    assert time_of(said, NOW) == expected


def test_stored_readings_come_with_their_times() -> None:
    """A LoRa meter that was out of reach sends the day later; each hour has its own price."""
    settings = MeterSettings(
        family="generic_mqtt", topic="t", list_path="log", value_path="kwh", time_path="t"
    )
    payload = {"log": [{"t": 1795348800, "kwh": 2}, {"t": 1795345200, "kwh": "1.5"}]}
    second, first = decoded(settings, payload)
    assert first.own == NOW - timedelta(hours=1)
    assert (first.register, second.register) == (1_500_000, 2_000_000)
    assert first.stored
    with pytest.raises(PayloadError):
        decoded(settings, {"log": [{"kwh": 2}]})
    with pytest.raises(PayloadError):
        decoded(settings, {"log": 5})


def test_an_uplink_may_carry_stored_readings_in_its_object() -> None:
    """The codec's own times go before the network's."""
    settings = MeterSettings(
        family="chirpstack_v4",
        topic="application/a/device/e",
        list_path="stored",
        value_path="kwh",
        time_path="t",
    )
    (one,) = decoded(settings, CHIRPSTACK)
    assert (one.register, one.own, one.stored) == (12_250_000, NOW, True)


def test_a_path_reads_back_as_it_was_written() -> None:
    """The path in an error is the one the manager typed."""
    for text in ("ENERGY.Total[0]", "a.b[1][2].c", "switch:0.output", "", "[3].x"):
        assert shown(path_of(text)) == text
    for bad in ("a..b", "a[", "a[x]", "a]b"):
        with pytest.raises(CoreError):
            path_of(bad)
    assert find([{"x": 1}], path_of("[0].x")) == 1
    assert find({"x": 1}, path_of("x.y")) is None


def test_settings_come_from_what_the_hub_stored() -> None:
    """A field of the wrong type is named before a meter runs with it."""
    settings = settings_of(
        MeterSettings,
        {"family": "generic_mqtt", "topic": "t", "quantity": "volume", "zone": "x", "other": 1},
        zone=BERLIN,
    )
    assert settings.quantity is Quantity.VOLUME
    assert settings.zone is BERLIN
    bad: list[tuple[dict[str, object], str]] = [
        ({"family": "x"}, "setting_missing"),
        ({"family": "x", "topic": 5}, "setting_invalid"),
        ({"family": "x", "topic": "t", "channel": True}, "setting_invalid"),
        ({"family": "x", "topic": "t", "quantity": "love"}, "setting_invalid"),
        ({"family": "x", "topic": "t", "value_path": "a[["}, "path_invalid"),
    ]
    for data, key in bad:
        with pytest.raises(CoreError) as caught:
            settings_of(MeterSettings, data)
        assert caught.value.key == key
    with pytest.raises(CoreError, match="family_unknown"):
        meter_family(MeterSettings(family="nobody", topic="t"))
    with pytest.raises(CoreError, match="unit_unknown"):
        meter_family(MeterSettings(family="tasmota", topic="t", unit="m³"))
    with pytest.raises(CoreError, match="unit_unknown"):
        meter_family(MeterSettings(family="shelly_gen2", topic="t", quantity=Quantity.VOLUME))


@pytest.mark.parametrize(
    ("seconds", "setting"), [(0.5, 5), (1, 10), (11.1, 111), (12, 112), (0, 1)]
)
def test_a_tasmota_pulse_time_counts_tenths_then_seconds(seconds: float, setting: int) -> None:
    """10 means one second, 110 eleven and 112 twelve: a barrier held by mistake stays open."""
    assert pulse_time(seconds) == setting


RELAY_SETTINGS: dict[str, RelaySettings] = {
    "tasmota": RelaySettings(family="tasmota", topic="plug"),
    "shelly_gen2": RelaySettings(family="shelly_gen2", topic="shelly"),
    "zigbee2mqtt": RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/plug"),
    "esphome": RelaySettings(family="esphome", topic="node", component="relay"),
    "chirpstack_v4": RelaySettings(
        family="chirpstack_v4",
        topic="application/a/device/e",
        state_path="relay",
        command_on='{"relay": true}',
        command_off="AA==",
        port=10,
    ),
    "generic_mqtt": RelaySettings(
        family="generic_mqtt",
        topic="x",
        state_topic="x/state",
        state_path="r",
        state_on="1",
        state_off="0",
        command_topic="x/set",
        command_on="on",
        command_off="off",
    ),
}


def relay(family: str) -> RelayFamily:
    return RELAYS[family](RELAY_SETTINGS[family], "prepaid-site-line-m1")


@pytest.mark.parametrize(
    ("family", "topic", "payload", "closed"),
    [
        ("tasmota", "stat/plug/POWER", "ON", True),
        ("tasmota", "stat/plug/POWER1", "OFF", False),
        ("tasmota", "tele/plug/STATE", {"POWER": "ON", "Wifi": {}}, True),
        ("tasmota", "tele/plug/STATE", {"Wifi": {}}, None),
        ("tasmota", "stat/other/POWER", "ON", None),
        ("shelly_gen2", "shelly/status/switch:0", SHELLY, True),
        ("shelly_gen2", "shelly/status/switch:0", {"output": "yes"}, None),
        (
            "shelly_gen2",
            "prepaid-site-line-m1/rpc",
            {"id": 4, "result": {"id": 0, "output": False}},
            False,
        ),
        ("shelly_gen2", "prepaid-site-line-m1/rpc", {"id": 4, "result": {"was_on": True}}, None),
        ("zigbee2mqtt", "zigbee2mqtt/plug", {"state": "OFF"}, False),
        ("zigbee2mqtt", "zigbee2mqtt/plug", {"power": 1}, None),
        ("esphome", "node/switch/relay/state", "ON", True),
        ("chirpstack_v4", "application/a/device/e/event/up", {"object": {"relay": True}}, True),
        ("chirpstack_v4", "application/a/device/e/event/up", {"object": {}}, None),
        ("generic_mqtt", "x/state", {"r": 1}, True),
        ("generic_mqtt", "x/state", {"r": "0"}, False),
        ("generic_mqtt", "x/state", {"r": 2}, None),
    ],
)
def test_a_relay_says_where_it_is(
    family: str, topic: str, payload: object, closed: bool | None
) -> None:
    """A supply shown as cut that is on is used for nothing."""
    assert relay(family).state(message(topic, payload)) is closed


@pytest.mark.parametrize("family", sorted(RELAYS))
def test_no_relay_listens_to_its_own_commands(family: str) -> None:
    """Our wish must never be read back as what the device did."""
    one = relay(family)
    assert not one.commands & one.topics.keys()
    assert one.commands


@pytest.mark.parametrize(
    ("family", "on", "topic", "payload"),
    [
        ("tasmota", False, "cmnd/plug/POWER1", "OFF"),
        ("zigbee2mqtt", True, "zigbee2mqtt/plug/set", {"state": "ON"}),
        ("esphome", False, "node/switch/relay/command", "OFF"),
        (
            "shelly_gen2",
            False,
            "shelly/rpc",
            {
                "id": 7,
                "src": "prepaid-site-line-m1",
                "method": "Switch.Set",
                "params": {"id": 0, "on": False},
            },
        ),
        (
            "chirpstack_v4",
            True,
            "application/a/device/e/command/down",
            {"devEui": "e", "confirmed": True, "fPort": 10, "object": {"relay": True}},
        ),
        (
            "chirpstack_v4",
            False,
            "application/a/device/e/command/down",
            {"devEui": "e", "confirmed": True, "fPort": 10, "data": "AA=="},
        ),
        ("generic_mqtt", True, "x/set", "on"),
    ],
)
def test_a_relay_is_told_in_its_own_words(
    family: str, on: bool, topic: str, payload: object
) -> None:
    """A command that a device does not understand leaves a paid flat dark."""
    (one,) = relay(family).switch(on, 7)
    assert one.topic == topic
    said = json.loads(one.payload) if isinstance(payload, dict) else one.payload
    assert said == payload


NAMES = """ENERGY Total Time StatusSNS aenergy total energy object time v t log s state output result
error id after before plate recognized_license_plate type frame_time timestamp score camera POWER
deduplicationId"""
JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1e400", "-5", "2026-11-22T12:00:00", "9999-12-31T23:59:59-23:59", "ON"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES.split()),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
PAYLOADS = (
    st.binary(max_size=60)
    | JSONISH.map(lambda content: json.dumps(content).encode())
    | st.text(max_size=30).map(str.encode)
    | st.just(b'{"type":"lpr","plate":"B","score":1e5000,"timestamp":1e300}')
)
ANY_METER = st.sampled_from(
    [
        MeterSettings(family="tasmota", topic="p", zone=BERLIN),
        MeterSettings(family="shelly_gen2", topic="p"),
        MeterSettings(family="zigbee2mqtt", topic="p"),
        MeterSettings(family="esphome", topic="p", component="x"),
        MeterSettings(family="chirpstack_v4", topic="p", value_path="v", time_path="t"),
        MeterSettings(
            family="generic_mqtt",
            topic="p",
            list_path="log",
            value_path="v",
            time_path="t",
            zone=BERLIN,
        ),
        MeterSettings(family="generic_mqtt", topic="p", value_path="v", serial_path="s"),
        MeterSettings(family="generic_mqtt", topic="p"),
    ]
)


@given(settings=ANY_METER, payload=PAYLOADS)
def test_whatever_a_meter_sends_only_a_payload_error_comes_out(
    settings: MeterSettings, payload: bytes
) -> None:
    """One broken device must not stop the line for a whole building."""
    family, filled = meter_family(settings)
    for topic in family.topics(filled):
        reported = _read(family.decode, filled, message(topic, payload))
        for one in reported or []:
            assert one.register is None or 0 <= one.register < 2**63
            assert one.own is None or one.own.tzinfo is UTC


@given(family=st.sampled_from(sorted(RELAYS)), payload=PAYLOADS)
def test_whatever_a_relay_sends_only_a_payload_error_comes_out(family: str, payload: bytes) -> None:
    """The position of the other relays must still be seen."""
    one = relay(family)
    for topic in one.topics:
        _read(one.state, message(topic, payload))
        _read(one.answer, message(topic, payload), 7)


@given(payload=PAYLOADS)
def test_whatever_a_camera_sends_only_a_payload_error_comes_out(payload: bytes) -> None:
    """A camera's firmware update must not close the car park."""
    settings = [
        PlateSettings(family="frigate"),
        PlateSettings(
            family="generic_mqtt",
            topic="t",
            plate_path="plate",
            score_path="score",
            time_path="t",
            zone=BERLIN,
        ),
        PlateSettings(family="generic_mqtt", topic="t", plate_path="plate", list_path="log"),
    ]
    for one in settings:
        plates = MqttPlates(one, lambda _: None)
        for topic in plates.listener.topics:
            for read in _read(plates.reads, message(topic, payload)) or []:
                assert 0 <= read.score <= 1000
                assert read.at.tzinfo is not None


def _read[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    try:
        return work(*args, **kwargs)
    except PayloadError:
        return None


def test_json_keeps_every_digit() -> None:
    """A float would have made 0.1 + 0.2 of it already."""
    assert json_of(b"[0.1, 1234567890.123456789]") == [
        Decimal("0.1"),
        Decimal("1234567890.123456789"),
    ]


def test_every_family_is_in_the_table_under_its_own_name() -> None:
    """A family that the flow offers and the line does not know is a meter that never runs."""
    assert all(family.key == key for key, family in METERS.items())
    assert all(family.key == key for key, family in RELAYS.items())
