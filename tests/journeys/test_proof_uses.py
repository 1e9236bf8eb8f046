"""What is sold by the use or by the hour: to the minute, to the fortieth minute, to the last lesson."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.const import DOMAIN

from .accounts import is_sound
from .conftest import Hub
from .selling import WASHES, customer, publish, state

WASHER: Final = "input_boolean.washer"
BY_HALF_HOURS: Final = {
    "tariff": "by_half_hours",
    "kind": "duration",
    "duration": {"price": "2", "per": 60, "step": 30, "counting": "started"},
}
LESSONS: Final = {
    "tariff": "lessons",
    "kind": "counted",
    "counted": {"uses": 10, "price": "200", "after": "refuse"},
}
PAID_ON: Final = {
    "tariff": "paid_on",
    "kind": "counted",
    "counted": {"uses": 2, "price": "10", "after": "money", "use_price": "6"},
}


class Hands:
    """The site's clock in a test's hands."""

    def __init__(self, hub: Hub) -> None:
        """Begin at a full hour, years from now."""
        self.now = datetime(2031, 6, 3, 10, tzinfo=UTC)
        hub.data.site.clock = lambda: self.now

    def pass_by(self, **time: int) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


@pytest.fixture
async def machines(hub: Hub) -> None:
    """A washer that is switched by the hub."""
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"washer": {}}})


async def last_use(hub: Hub) -> dict[str, Any]:
    """Return what the hub says of the last use."""
    uses: list[dict[str, Any]] = (await hub.call("list_uses", ended=True))["uses"]
    return uses[-1]


async def switched(hub: Hub, on: str) -> None:
    """Wait until the washer is on or off."""

    async def so() -> bool:
        return state(hub, WASHER) == on

    await hub.until(so, 20)


@pytest.mark.parametrize(("minutes", "cost"), [(30, "1.00"), (31, "2.00")])
async def test_thirty_minutes_at_two_an_hour_are_one(
    hub: Hub, machines: None, minutes: int, cost: str
) -> None:
    """Row 10: half an hour is 1.00, and the first minute after it begins the next half."""
    await publish(hub, BY_HALF_HOURS)
    wallet = await customer(hub, "50")
    await hub.call(
        "set_use_point",
        name="Room",
        kind="metered",
        tariff="by_half_hours",
        switch=WASHER,
        deposit="20",
    )
    time = Hands(hub)
    await hub.call("start_use", point="Room", wallet=wallet)
    time.pass_by(minutes=minutes)
    ended = await hub.call("end_use", use="s1")
    assert (ended["cost"], ended["available"]) == (cost, f"{50 - float(cost):.2f}")
    await is_sound(hub.data.books)


async def test_ninety_minutes_switched_on_are_an_hour_and_a_half(hub: Hub, machines: None) -> None:
    """Row 4: a thing of the hub is paid for while it is on, not while it is rented."""
    hourly = {"price": "6", "per": 60, "step": 1, "counting": "exact"}
    await publish(hub, {"tariff": "sauna", "kind": "duration", "duration": hourly})
    wallet = await customer(hub, "50")
    await hub.call(
        "set_use_point",
        name="Sauna",
        kind="metered",
        tariff="sauna",
        switch=WASHER,
        basis="runtime",
        deposit="20",
    )
    time = Hands(hub)
    await hub.call("start_use", point="Sauna", wallet=wallet)
    await switched(hub, "on")
    for number in range(1, 10):
        time.pass_by(minutes=10)

        async def counted(cost: str = f"{number}.00") -> bool:
            return bool((await last_use(hub))["cost"] == cost)

        await hub.until(counted)
    ended = await hub.call("end_use", use="s1")
    assert (ended["cost"], ended["available"]) == ("9.00", "41.00")


async def test_the_machine_is_off_after_its_forty_minutes_and_not_before(
    hub: Hub, machines: None
) -> None:
    """Row 48: a scan takes one use; nobody has to come and switch off."""
    await publish(hub, WASHES)
    wallet = await customer(hub, "100")
    await hub.call("sell_package", wallet=wallet, tariff="washes")
    await hub.call("issue_card", wallet=wallet, codes=["QR-7"])
    await hub.call(
        "set_use_point", name="Washer", kind="timed", tariff="washes", minutes=40, switch=WASHER
    )
    time = Hands(hub)
    tapped = await hub.call("tap", point="Washer", code="QR-7")
    assert (tapped["did"], tapped["uses_left"]) == ("started", 49)
    await switched(hub, "on")
    time.pass_by(minutes=39)
    await hub.restart()
    hub.data.site.clock = lambda: time.now
    await switched(hub, "on")
    assert (await last_use(hub))["state"] == "running"
    time.pass_by(minutes=1)
    await switched(hub, "off")

    async def over() -> bool:
        return bool((await last_use(hub))["state"] == "ended")

    await hub.until(over, 20)
    (package,) = (await hub.call("list_packages", wallet=wallet))["packages"]
    assert package["left"] == 49


async def test_a_lesson_is_taken_by_a_tag_and_a_guardian_may_only_look(hub: Hub) -> None:
    """Row 54: the tag at the door says 9 left; the guardian sees it and can change nothing."""
    await publish(hub, LESSONS)
    wallet = await customer(hub, "200", unit="Anna")
    await hub.call("sell_package", wallet=wallet, tariff="lessons")
    await hub.call("issue_card", wallet=wallet, tags=["04-AB-12"])
    await hub.call("set_use_point", name="Door", kind="tap", tariff="lessons", uses=1)
    tapped = await hub.call("tap", point="Door", tag="04-AB-12")
    assert (tapped["did"], tapped["uses_left"]) == ("taken", 9)

    async def shown() -> bool:
        return state(hub, "sensor.anna_property_wallet_uses_left") == "9"

    await hub.until(shown)
    guardian = Context(user_id=MockUser(is_owner=False).add_to_hass(hub.hass).id)
    for action, fields in (
        ("use_package", {"wallet": wallet}),
        ("give_back_use", {"entry": 5, "reason": "was ill"}),
        ("top_up", {"wallet": wallet, "amount": "1"}),
        ("tap", {"point": "Door", "tag": "04-AB-12"}),
    ):
        with pytest.raises(Unauthorized):
            await hub.hass.services.async_call(
                DOMAIN, action, fields, blocking=True, return_response=True, context=guardian
            )
    (package,) = (await hub.call("list_packages", wallet=wallet))["packages"]
    assert package["left"] == 9


async def test_the_use_after_the_last_is_paid_in_money_where_the_package_says_so(hub: Hub) -> None:
    """Row 22: two for 10.00, the third for 6.00, and none without money."""
    await publish(hub, PAID_ON)
    wallet = await customer(hub, "17")
    await hub.call("sell_package", wallet=wallet, tariff="paid_on")
    for _ in range(2):
        await hub.call("use_package", wallet=wallet)
    third = await hub.call("use_package", wallet=wallet)
    assert (third["uses_left"], third["available"]) == (0, "1.00")
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("use_package", wallet=wallet)
    assert refused.value.translation_key in {"not_enough_money", "no_uses_left"}
    assert (await hub.wallet(wallet))["available"] == "1.00"
    await is_sound(hub.data.books)
