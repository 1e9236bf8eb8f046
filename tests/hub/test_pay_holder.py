"""Beside paying: a voucher on the page, a supply that waits for its tenant's word, what is fetched."""

import asyncio
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.pay_code import PayFor
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.vouchers import known_batch, numbers_of
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.pay_page import Phone
from tests.hub.test_pay_view import code, link, phone, provider, site, wallet
from tests.journeys.conftest import Hub, bound_meter
from tests.links.pay.alipay_peer import Desk
from tests.operations.test_agreements import Fetching

__all__ = ["phone", "provider", "site"]

READY: Final = "ready to be switched on"
NOTHING_FITS: Final = "Nothing fits what you typed. Please check it."


async def slips(hub: Hub, site: Site, *, sold: int = 3) -> list[str]:
    """Make three vouchers of 50.00 and sell some; returns what is printed on them."""
    made = await hub.call("make_vouchers", count=3, amount="50.00")
    await hub.call("sell_vouchers", batch=made["batch"], count=sold)
    return [number for _, number in await numbers_of(site, known_batch(site, made["batch"]))]


def made_up(number: str) -> str:
    """Return a number that nobody made, typed as it should be: only its proof is wrong."""
    body = number[:8] + f"{(int(number[8:18]) + 1) % 10**10:010d}"
    return f"{body}{98 - int(body) * 100 % 97:02d}"


async def armed(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """A flat that was cut and has paid since: its supply waits for somebody's word."""
    await hub.call("set_policy", policy="standard", grace_hours=0)
    await bound_meter(hub, line, device, restore="armed")
    await hub.call("top_up", wallet="w1", amount="1.00", channel="cash")
    await stands(hub, "on")
    device.add(kwh=2)
    await stands(hub, "off")
    await hub.call("top_up", wallet="w1", amount="50.00", channel="cash")
    await stands(hub, "armed")


async def stands(hub: Hub, state: str) -> None:
    """Wait until the supply stands so."""

    async def does() -> bool:
        return bool((await hub.meter("m1"))["supply"] == state)

    await hub.until(does, within=20)


async def confirmations(site: Site) -> list[str]:
    """Who said in the books that the supply may come on."""
    found = await site.books.entries(kinds=(EntryKind.SUPPLY_CONFIRMED,), limit=10)
    return [str(one.actor) for one in found]


async def test_a_voucher_is_redeemed_on_the_page_without_anybody_outside(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """The internet is gone for a week and the desk is closed: the slip from the kiosk still works."""
    site.paying.channels.clear()
    w1, numbers = await wallet(hub), await slips(hub, site)
    page = await phone.open(link(site, PayFor.WALLET, w1))
    assert "Nothing can be paid online here at the moment." in page.text
    grouped = " ".join(numbers[0].replace(" ", "")[at : at + 4] for at in range(0, 20, 4))
    page = await phone.send("voucher", number=grouped)
    assert "Your voucher is redeemed: 50.00 CNY." in page.text
    assert "60.00 CNY" in page.text
    assert (await hub.wallet(w1))["balance"] == "60.00"
    page = await phone.send("voucher", number=numbers[0])
    assert "60.00 CNY" in page.text
    await phone.open(link(site, PayFor.WALLET, w1))
    page = await phone.send("voucher", number=numbers[0])
    assert page.alert == "This voucher was redeemed before."
    assert (await hub.wallet(w1))["balance"] == "60.00"


async def test_a_voucher_fills_the_wallet_of_a_code_and_tells_no_balance(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """A friend redeems it at the sticker in the corridor and reads nothing there."""
    w1, numbers = await wallet(hub), await slips(hub, site)
    await phone.open(await code(hub, "wallet", w1))
    page = await phone.send("voucher", number=numbers[1])
    assert "Your voucher is redeemed: 50.00 CNY." in page.text
    assert "60.00" not in page.text
    assert (await hub.wallet(w1))["balance"] == "60.00"


async def test_numbers_that_are_made_up_and_unknown_ones_get_the_same_answer(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """Whoever tries numbers out learns neither which batches there are nor what is sold of them."""
    w1, numbers = await wallet(hub), await slips(hub, site)
    await phone.open(await code(hub, "wallet", w1))
    wrong = await phone.send("voucher", number=made_up(numbers[0].replace(" ", "")))
    await slips(hub, site)
    first = next(iter(site.offline.batches))
    known = site.offline.batches.pop(first)
    unknown = await phone.send("voucher", number=numbers[0])
    site.offline.batches[first] = known
    assert wrong.alert == unknown.alert == NOTHING_FITS
    page = await phone.send("voucher", number=f"{numbers[0]}"[:-1] + "x")
    assert page.alert == "A voucher has 20 digits. Please type them again."
    assert (await hub.wallet(w1))["balance"] == "10.00"


async def test_who_makes_numbers_up_is_written_down_and_locks_nobody_else_out(
    hub: Hub, site: Site, phone: Phone
) -> None:
    """A prankster at the sticker must not keep the tenant's own voucher from counting."""
    w1, numbers = await wallet(hub), await slips(hub, site)
    sticker, wrong = await code(hub, "wallet", w1), made_up(numbers[0].replace(" ", ""))
    for _ in range(2):
        await phone.open(sticker)
        for _ in range(3):
            page = await phone.send("voucher", number=wrong)
    assert page.alert.startswith("Too many wrong numbers.")
    (said,) = (await hub.call("list_risk_events", rule="wrong_vouchers"))["events"]
    assert (said["wallet"], said["count"], said["shadow"]) == (w1, 5, False)
    assert said["network"]
    told = await hub.call("redeem_voucher", number=numbers[0], wallet=w1)
    assert told["balance"] == "60.00"


async def test_a_tenant_lets_the_supply_come_on_from_a_personal_link(
    hub: Hub,
    site: Site,
    phone: Phone,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
) -> None:
    """Paid at midnight, stove checked: one tap and the light is on. Tapped twice it is one command."""
    await armed(hub, modbus_line, modbus_device)
    page = await phone.open(link(site, PayFor.WALLET, "w1"))
    assert READY in page.text
    assert "Check that the cooker" in page.text
    other = Phone(phone.session, phone.server)
    await other.open(link(site, PayFor.WALLET, "w1"))
    await asyncio.gather(phone.send("confirm", meter="m1"), other.send("confirm", meter="m1"))
    phone.now = page
    await phone.send("confirm", meter="m1")
    await stands(hub, "on")
    assert modbus_device.contacts.closed
    assert await confirmations(site) == ["system:pay_page"]
    page = await phone.again()
    assert not [one for one in page.forms if one["do"] == "confirm"]
    assert '<b class="good">on</b>' in page.text


@pytest.mark.parametrize("as_who", ["code", "digits", "other"])
async def test_nobody_else_switches_a_supply_on(
    hub: Hub,
    site: Site,
    phone: Phone,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    as_who: str,
) -> None:
    """A neighbour at the sticker, who knows the number too, must not heat somebody else's stove."""
    await armed(hub, modbus_line, modbus_device)
    person = {"name": "Li Lei", "phone": "+86 138 0013 8000"}
    w2 = (await hub.call("open_wallet", unit="Flat 3-202", purpose="utility", person=person))[
        "wallet"
    ]
    meant = "w1" if as_who == "code" else w2
    if as_who == "other":
        await phone.open(link(site, PayFor.WALLET, w2))
    else:
        await phone.open(await code(hub, "wallet", meant))
    if as_who == "digits":
        await hub.call("unbind_meter", meter="m1")
        await hub.call("bind_meter", meter="m1", wallet=w2, tariff="home")
        await phone.send("phone", digits="8000")
    page = phone.now
    assert page is not None
    assert READY not in page.text or as_who == "digits"
    assert not [one for one in page.forms if one["do"] == "confirm"]
    answer = await phone.session.post(
        f"{phone.server}{page.actions[0].lstrip('/')}",
        data={"form": page.forms[0]["form"], "do": "confirm", "meter": "m1"},
    )
    assert answer.status == 200
    assert "cannot be paid here now" in await answer.text()
    assert await confirmations(site) == []
    assert not modbus_device.contacts.closed


async def test_a_link_that_is_over_and_a_tenant_who_left_switch_nothing_on(
    hub: Hub,
    site: Site,
    phone: Phone,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
) -> None:
    """Whoever moved out has the page still open on the phone."""
    await armed(hub, modbus_line, modbus_device)
    page = await phone.open(link(site, PayFor.WALLET, "w1"))
    assert READY in page.text
    w2 = await wallet(hub)
    await hub.call("unbind_meter", meter="m1")
    await hub.call("bind_meter", meter="m1", wallet=w2, tariff="home")
    await phone.send("confirm", meter="m1")
    assert await confirmations(site) == []
    name = page.actions[0].rpartition("/")[2]
    visit = site.pay_visits.find(name, site.clock())
    assert visit is not None
    visit.until = site.clock()
    phone.now = page
    assert (await phone.send("confirm", meter="m1")).status == 404
    assert await confirmations(site) == []


async def test_the_result_follows_the_supply_until_it_is_on(
    hub: Hub,
    site: Site,
    phone: Phone,
    provider: Desk,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
) -> None:
    """Whoever sits in the dark looks at the phone: it says that the light comes, and that it is there."""
    await hub.call("set_policy", policy="standard", grace_hours=0)
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="1.00", channel="cash")
    await stands(hub, "on")
    modbus_device.add(kwh=2)
    await stands(hub, "off")
    page = await phone.open(link(site, PayFor.WALLET, "w1"))
    assert "Flat 3-201: <b>off</b>" in page.text
    await phone.send("pay", amount="50.00", channel="ch1")
    (order,) = provider.fake.books.orders.values()
    await provider.fake.pay(order.out_no)

    async def shows_it_on() -> bool:
        page = await phone.again()
        is_on = '<b class="good">on</b>' in page.text
        if "Your payment is booked" in page.text and not is_on:
            assert page.headers["Refresh"].startswith("3; ")
        return is_on

    await hub.until(shows_it_on, within=20, every=0.2)
    assert phone.now is not None
    assert "Refresh" not in phone.now.headers
    assert "Your payment is booked" in phone.now.text


async def test_a_payer_ends_an_auto_charge_at_once(hub: Hub, site: Site, phone: Phone) -> None:
    """What was agreed to with a tap is over with a tap, without asking anybody."""
    w1 = await wallet(hub)
    port = Fetching()
    site.paying.channels["ch2"] = ChannelRun(key="ch2", name="Card", kind="stripe", port=port)  # type: ignore[arg-type]  # as its subentry says
    made = await hub.call(
        "make_agreement",
        **agreed(w1),
    )
    assert "Filled up by itself" not in (await phone.open(await code(hub, "wallet", w1))).text
    page = await phone.open(link(site, PayFor.WALLET, w1))
    assert "falls below 5.00 CNY, 50.00 CNY are fetched by Card" in page.text
    page = await phone.send("end_agreement", agreement=made["agreement"])
    assert "Filled up by itself" not in page.text
    assert not site.risking.agreements
    (told,) = (await hub.call("list_agreements", ended=True))["agreements"]
    assert told["ended_at"]


def agreed(wallet_id: str) -> dict[str, Any]:
    """What a tenant agrees to."""
    return {
        "wallet": wallet_id,
        "channel": "ch2",
        "token": "cus_Tenant/pm_Card",
        "below": "5.00",
        "amount": "50.00",
        "most": "60.00",
        "day": "100.00",
    }


async def test_a_frozen_wallet_says_so_in_plain_words(hub: Hub, site: Site, phone: Phone) -> None:
    """Who may top up is not sent away, and nobody reads on a wall what the office holds against whom."""
    w1, numbers = await wallet(hub), await slips(hub, site)
    await hub.call("freeze", wallet=w1, reason="quarrel in court")
    page = await phone.open(link(site, PayFor.WALLET, w1))
    assert "Nothing is paid out of this balance at the moment. You can top up" in page.text
    assert ("amount", "50.00") in page.choices
    assert "quarrel" not in page.text
    await hub.call("unfreeze", wallet=w1, reason="settled")
    await hub.call("freeze", wallet=w1, reason="quarrel in court", way="in")
    page = await phone.open(link(site, PayFor.WALLET, w1))
    assert "Nothing can be topped up online at the moment" in page.text
    assert ("amount", "50.00") not in page.choices
    page = await phone.send("voucher", number=numbers[0])
    assert "60.00 CNY" in page.text
    assert "frozen" not in (await phone.open(await code(hub, "wallet", w1))).text
