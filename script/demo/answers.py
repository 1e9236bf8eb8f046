"""What a manager of the demo's building answers to each form of the integration."""

from typing import Final

from custom_components.prepaid_parking.simulator.demo import DemoLane, DemoLine, DemoMeter
from custom_components.prepaid_parking.simulator.wire import Framing

from .broker import BrokerChoice
from .choices import Ports
from .client import Data
from .flows import Answer
from .places import HOST

MQTT_LINE: Final = "Gate and cameras"
_INTERVAL_S: Final = 5
_DIRECTIONS: Final = {"in": "entry", "out": "exit"}


def line_answers(line: DemoLine, ports: Ports) -> Data:
    """Return what a manager answers for a Modbus line."""
    tcp = line.framing is Framing.TCP
    transport = "modbus_tcp" if tcp else "modbus_rtu_over_tcp"
    return {
        "user": transport,
        transport: {
            "host": HOST,
            "port": ports.tcp if tcp else ports.rtu,
            "test_unit": 1,
            "timing": {"timeout": 1.0, "spacing": 0.0},
        },
        "line_answered": {"name": line.name},
    }


def broker_answers(broker: BrokerChoice) -> Data:
    """Return what a manager answers for the broker's line."""
    address = broker.address
    return {
        "user": "mqtt_broker",
        "mqtt_broker": {
            "host": address.host,
            "port": address.port,
            "tls": False,
            "protocol": "5" if broker.version_5 else "3.1.1",
            **({"username": address.username} if address.username else {}),
            **({"password": address.password} if address.password else {}),
        },
        "broker_answered": {"name": MQTT_LINE},
    }


def meter_answers(meter: DemoMeter, line_id: str) -> Data:
    """Return what a manager answers for a meter; the experimental valve makes its test trip."""

    def details(form: Data) -> Data:
        asked = {one["name"]: one for one in form["data_schema"]}
        answer = {
            "name": meter.name,
            "commodity": meter.commodity,
            "interval": _INTERVAL_S,
            "max_power": asked["max_power"]["description"]["suggested_value"],
        }
        return answer | ({"serial": meter.serial} if "serial" in asked else {})

    def supply(form: Data) -> Data:
        latency = next(one for one in form["data_schema"] if one["name"] == "latency")
        return {"restore": "auto", "latency": latency["default"]}

    return {
        "user": "modbus",
        "modbus": {
            "line_id": line_id,
            "profile": meter.profile,
            "unit_id": meter.unit,
        },
        "details": details,
        "relay": {"kind": "profile" if meter.has_relay else "none"},
        "supply": supply,
        "trip": "trip_consent",
        "trip_consent": {"sure": True},
        "trip_done": {},
    }


def lane_answers(lane: DemoLane, line_id: str, broker_id: str) -> Data:
    """Return what a manager answers for a lane."""
    wired: Data = {"pulse": 1.0, "wired_to": "open_input"}
    frigate = lane.plate_profile == "frigate"
    answers: Data = {
        "user": "barrier_mqtt" if lane.topic else "barrier_modbus",
        "barrier_mqtt": {"line_id": broker_id, "family": lane.barrier_profile},
        "barrier_device": {"topic": lane.topic, "channel": 0, **wired},
        "lane": {
            "name": lane.name,
            "direction": _DIRECTIONS[lane.direction],
            # A stay is paid by its time, at the exit.
            "fee": "0",
            "zone": "Yard",
        },
        "wires": _wires(lane),
        "inputs_mqtt": {"line_id": broker_id, "family": lane.barrier_profile},
        "inputs_device": {"topic": lane.topic, **_inputs(lane, first=0)},
        "inputs_confirm": {},
        "reader": {"family": "frigate" if frigate else "generic_mqtt"},
        "reader_confirm": {},
        # No car may come by while the form is open, and the demo does not wait for one.
        "reader_silent": "reader_unheard",
    }
    if lane.line:
        answers["barrier_modbus"] = {
            "line_id": line_id,
            "family": lane.barrier_profile,
            "unit_id": lane.unit,
            "contact": lane.coil + 1,
            **wired,
        }
        answers["inputs_modbus"] = {
            "line_id": line_id,
            "family": lane.barrier_profile,
            "unit_id": lane.unit,
            **_inputs(lane, first=1),
        }
    reader: Data = {"line_id": broker_id, "least_percent": 85}
    if frigate:
        reader |= {"topic": "frigate", "camera": lane.camera}
    else:
        reader |= {
            "topic": lane.camera,
            "plate_path": "plate",
            "score_path": "confidence",
            "score_full": "1",
            "time_path": "time",
        }
    answers["reader_device"] = reader
    return answers


def _wires(lane: DemoLane) -> Answer:
    """Return the way through the menu of what is wired: to the inputs, then on."""
    been = False

    def go_on(_: Data) -> Data:
        nonlocal been
        step = "reader" if been else "inputs_mqtt" if lane.topic else "inputs_modbus"
        been = True
        return {"next_step_id": step}

    return go_on


def _inputs(lane: DemoLane, *, first: int) -> Data:
    """Return which input of the barrier's device is which, counted from `first`."""
    inputs = {
        "entry_loop": lane.arrival_loop,
        "safety_loop": lane.safety_loop,
        "limit_open": lane.limit_open,
        "limit_closed": lane.limit_closed,
    }
    return {name: number + first for name, number in inputs.items() if number is not None}
