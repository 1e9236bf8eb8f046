"""Journey: a sauna is sold by the hour, and nothing but the hub knows how long it was on."""

from datetime import timedelta
from time import monotonic_ns

from homeassistant.core import ServiceCall
import pytest

from .accounts import is_sound
from .conftest import Hub
from .steps import meter_shows, post, reads, shows

SAUNA = "switch.sauna"
RUNTIME = "custom_components.prepaid_parking.links.entity.runtime"


class Stopwatch:
    """The clock that measures how long a thing runs, in a test's hands: it goes on, and can leap."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the hub's own."""
        self._ahead = 0
        monkeypatch.setattr(f"{RUNTIME}.monotonic_ns", self._shown)
        self._since = monotonic_ns()

    def pass_(self, by: timedelta) -> None:
        """Let so much time pass."""
        self._ahead += by // timedelta(microseconds=1) * 1000

    def _shown(self) -> int:
        return self._since + self._ahead


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """A stopwatch that stands still until it is told."""
    return Stopwatch(monkeypatch)


def goes(hub: Hub, state: str) -> None:
    """Let the sauna be switched by whoever sits in it."""
    hub.hass.states.async_set(SAUNA, state)


async def sauna_meter(hub: Hub, money: str, **more: object) -> str:
    """Set up the sauna's switch as the meter of a wallet, at 5.00 an hour; return its subentry."""
    goes(hub, "off")
    data = {
        "source": "entity",
        "profile": "hub_entity",
        "entity_id": SAUNA,
        "unit": "h",
        "serial": SAUNA,
        "commodity": "runtime",
        "quantity": "duration",
        "interval": 10,
        "max_power": "1.1",
        "restore": "auto",
        "latency": 2,
        "relay": {"kind": "none"},
        **more,
    }
    subentry = await hub.add("meter", "Sauna", f"meter:hub_entity:{SAUNA}", data)
    await reads(hub, "0")
    await hub.call("publish_tariff", tariff="hours", quantity="duration", price="5.00")
    await hub.call("open_wallet", unit="Sauna", purpose="utility")
    await hub.call("top_up", wallet="w1", amount=money, channel="cash")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="hours")
    return subentry


async def test_ninety_minutes_are_an_hour_and_a_half_over_a_reload(
    hub: Hub, watch: Stopwatch
) -> None:
    """The guest pays for the time in the sauna, and not for that in which the hub was down."""
    await sauna_meter(hub, "100")
    goes(hub, "on")
    watch.pass_(timedelta(minutes=45))
    await reads(hub, "0.75")
    await shows(hub, "96.25")
    await hub.stop()
    watch.pass_(timedelta(hours=3))
    await hub.start()
    await reads(hub, "0.75")
    watch.pass_(timedelta(minutes=45))
    goes(hub, "off")
    await reads(hub, "1.5")
    watch.pass_(timedelta(hours=3))
    await shows(hub, "92.50")
    assert await post(hub) == "92.50"
    assert (await hub.meter("m1"))["doubt"] is None
    await is_sound(hub.data.books)


async def test_what_ran_just_before_a_reload_is_charged(hub: Hub, watch: Stopwatch) -> None:
    """Between two reports lies time that was used: it is handed on when the hub goes."""
    await sauna_meter(hub, "100")
    goes(hub, "on")
    watch.pass_(timedelta(minutes=30))
    await hub.restart()
    await reads(hub, "0.5")
    await shows(hub, "97.50")


async def test_a_change_of_its_settings_while_it_runs_loses_and_doubles_nothing(
    hub: Hub, watch: Stopwatch
) -> None:
    """The manager gives it another name, and the register neither steps back nor leaps."""
    subentry_id = await sauna_meter(hub, "100")
    goes(hub, "on")
    watch.pass_(timedelta(minutes=30))
    subentry = hub.entry.subentries[subentry_id]
    hub.hass.config_entries.async_update_subentry(hub.entry, subentry, title="Finnish sauna")
    await meter_shows(hub, lambda one: one["name"] == "Finnish sauna")
    watch.pass_(timedelta(minutes=30))
    await reads(hub, "1")
    await shows(hub, "95.00")
    assert (await hub.meter("m1"))["doubt"] is None


async def test_a_sauna_that_is_away_is_silent_and_is_not_charged(
    hub: Hub, watch: Stopwatch
) -> None:
    """Its plug lost the radio: nobody saw whether it was on."""
    await sauna_meter(hub, "100")
    goes(hub, "on")
    watch.pass_(timedelta(minutes=30))
    goes(hub, "unavailable")
    await meter_shows(hub, lambda one: not one["connected"])
    watch.pass_(timedelta(hours=5))
    goes(hub, "on")
    await meter_shows(hub, lambda one: bool(one["connected"]))
    await reads(hub, "0.5")
    await shows(hub, "97.50")


async def test_another_machine_begins_to_count_where_it_is_said_to(
    hub: Hub, watch: Stopwatch
) -> None:
    """A new oven starts at zero: its hours are not those of the old one."""
    await sauna_meter(hub, "100")
    goes(hub, "on")
    watch.pass_(timedelta(minutes=30))
    goes(hub, "off")
    await reads(hub, "0.5")
    await hub.call(
        "replace_meter", meter="m1", final_register="0.5", start_register="0", reason="new oven"
    )
    goes(hub, "on")
    watch.pass_(timedelta(minutes=15))
    await reads(hub, "0.25")
    await shows(hub, "96.25")
    assert (await hub.meter("m1"))["doubt"] is None


async def test_the_switch_itself_is_cut_at_zero_and_comes_back_when_paid(
    hub: Hub, watch: Stopwatch
) -> None:
    """What is sold is switched off when the money is gone; the time it is off costs nothing."""

    async def turn(call: ServiceCall) -> None:
        goes(hub, "on" if call.service == "turn_on" else "off")

    for service in ("turn_on", "turn_off"):
        hub.hass.services.async_register("switch", service, turn)
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="0", alert2="0")
    relay = {"kind": "entity", "entity_id": SAUNA, "inverted": False}
    await sauna_meter(hub, "5", relay=relay)
    goes(hub, "on")
    watch.pass_(timedelta(minutes=59))
    await shows(hub, "0.09")
    watch.pass_(timedelta(minutes=2))
    await meter_shows(hub, lambda one: one["supply"] == "off")
    await shows(hub, "-0.08")
    watch.pass_(timedelta(hours=9))
    await shows(hub, "-0.08")
    await hub.call("top_up", wallet="w1", amount="10", channel="cash")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    watch.pass_(timedelta(minutes=12))
    await shows(hub, "8.92")
