"""Journey: a whole plate is looked for in everything that a running hub shows, says, logs and writes."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
import json
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import Event, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import JSONEncoder
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.plate import masked_plate
from custom_components.prepaid_parking.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.brokers import Mosquitto

from .conftest import Data, Hub
from .parking import CarPark, car_park_of

OWN: Final = "沪AK7W3Q"
SECOND: Final = "沪DF4P8L"
MISREAD: Final = "沪DF4P8T"
STRANGER: Final = "粤BX9Z4T"
GUEST: Final = "苏EM6V8J"
BLOCKED: Final = "浙CH2R5Y"
UNSURE: Final = "京NU8T6D"
PLATES: Final = (OWN, SECOND, MISREAD, STRANGER, GUEST, BLOCKED, UNSURE)


@pytest.fixture
async def park(hub: Hub, broker: Mosquitto) -> AsyncIterator[CarPark]:
    """A car park behind a broker, for everybody."""
    async with car_park_of(hub, broker) as park:
        await park.temporaries(fuzzy=True)
        yield park


@pytest.fixture
def events(hub: Hub) -> list[str]:
    """All that goes over the hub's bus from now on, but what somebody asked an action himself."""
    heard: list[str] = []

    @callback
    def hear(event: Event[Any]) -> None:
        if event.event_type != EVENT_CALL_SERVICE:
            heard.append(text(event.as_dict()))

    hub.hass.bus.async_listen(MATCH_ALL, hear)
    return heard


def text(what: object) -> str:
    """Write something down as it is, signs and all."""
    return json.dumps(what, cls=JSONEncoder, ensure_ascii=False, default=str)


async def traffic(park: CarPark) -> None:
    """Let cars come, go, stand refused and be judged: all that a lane, an attendant and an office do."""
    hub = park.hub
    wallet = (await hub.call("open_wallet", unit="Flat 3-201", purpose="parking"))["wallet"]
    await hub.call("top_up", wallet=wallet, amount="100", channel="cash")
    await hub.call("issue_card", wallet=wallet, plates=[OWN, SECOND])
    until = datetime.now(UTC) + timedelta(hours=4)
    await hub.call("invite_visitor", plate=GUEST, to=until)
    await hub.call("set_vehicle_rule", kind="blocked", plate=BLOCKED, reason="unpaid damage")
    assert await park.come(OWN) == "card"
    assert await park.come(STRANGER) == "temporary"
    assert await park.come(GUEST) == "invited"
    assert await park.come(BLOCKED) == "blocked"
    await park.read(park.way_in, UNSURE, confidence=0.3)
    assert await park.go(OWN) == "card"
    assert await park.go(STRANGER) == "to_pay"
    await hub.call("explain_access", lane="l1", plate=STRANGER)
    await hub.call("pay_stay", plate=STRANGER, channel="cash", reference="slip 1")
    await park.way_out.opened(2)
    assert await park.go(GUEST) == "invited"
    assert await park.come(MISREAD) == "card"
    await park.suspected("near_match")
    (review,) = (await hub.call("list_reviews"))["reviews"]
    await hub.call(
        "review_stay",
        review=review["review"],
        verdict="corrected",
        plate=SECOND,
        reason="one sign misread",
    )
    await park.restart()
    assert await park.come(SECOND) == "card"
    await park.suspected("second_entry")
    (review,) = (await hub.call("list_reviews"))["reviews"]
    await hub.call("review_stay", review=review["review"], verdict="closed", reason="read twice")
    assert await park.come(STRANGER) == "temporary"
    assert await park.go(STRANGER) == "to_pay"
    await hub.call("release_barrier", lane="l2", reason="no cash")
    await park.become(*(await park.states())[:-1], "unpaid")


async def shown(hub: Hub) -> dict[str, str]:
    """What somebody who looks at the hub may see, save, send to somebody or put on a wall."""
    hass, entry = hub.hass, hub.entry
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    diagnosed: list[Any] = [await async_get_config_entry_diagnostics(hass, entry)]
    diagnosed += [await async_get_device_diagnostics(hass, entry, one) for one in devices]
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    issues = ir.async_get(hass).issues.values()
    return {
        "states": "".join(text(one.as_dict()) for one in hass.states.async_all()),
        "diagnostics": text(diagnosed),
        "entities": "".join(repr(one) for one in entities),
        "devices": "".join(repr(one) for one in devices),
        "repairs": "".join(repr(one) for one in issues),
        "lists": text(await _lists(hub)),
    }


async def _lists(hub: Hub) -> list[Data]:
    """What stands on the to-do lists of the site."""
    hass = hub.hass
    ids = list(hass.states.async_entity_ids("todo"))
    answer = await hass.services.async_call(
        "todo", "get_items", {"entity_id": ids}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    return [{"list": key, "items": items} for key, items in answer.items()]


def log(caplog: pytest.LogCaptureFixture) -> str:
    """What we log at all, and what the hub logs unless somebody asks it for more."""
    ours = f"custom_components.{DOMAIN}"
    return "\n".join(
        f"{one.name} {one.getMessage()} {one.exc_text or ''}"
        for one in caplog.records
        if one.levelno >= logging.INFO or one.name.startswith(ours)
    )


def written(folder: Path) -> dict[str, bytes]:
    """All files of the hub's folder, what is not yet moved out of the ledger's log included."""
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def found(sources: dict[str, str]) -> list[tuple[str, str]]:
    """Return where a whole plate stands, in whatever way it is written."""
    ways: tuple[Callable[[str], str], ...] = (
        str,
        lambda one: one[1:],
        lambda one: f"{one[:2]}·{one[2:]}",
    )
    return [
        (name, plate)
        for name, said in sources.items()
        for plate in PLATES
        if any(way(plate).lower() in said.lower() for way in ways)
    ]


async def test_a_whole_plate_is_nowhere_to_be_seen(
    park: CarPark, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Who has the dashboard, the log, the diagnostics or the stolen disk must not know who parks here."""
    caplog.set_level(logging.DEBUG, logger=f"custom_components.{DOMAIN}")
    hub = park.hub
    folder = Path(hub.hass.config.config_dir)
    await traffic(park)
    masked = masked_plate(STRANGER)

    async def is_told() -> bool:
        return masked in (await shown(hub))["states"]

    await hub.until(is_told)
    live = written(folder)
    assert any(name.endswith(".db-wal") and content for name, content in live.items())
    said = {**await shown(hub), "events": "".join(events), "log": log(caplog)}
    assert masked in said["events"]
    assert DOMAIN in said["log"]
    assert any(masked.encode() in content for content in live.values())
    assert found(said) == []
    await hub.stop()
    for files in (live, written(folder)):
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            spelt = {name: content.decode(encoding, "replace") for name, content in files.items()}
            assert found(spelt) == []
    assert found({"log": log(caplog), "events": "".join(events)}) == []
