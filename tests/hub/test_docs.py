"""What the pages promise, done on a running hub: examples work, and a hand is honoured."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
import json
import re
from typing import Any, Final

from homeassistant.util import yaml
from pymodbus.client import AsyncModbusTcpClient
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.journeys.conftest import Hub, bound_meter, line_data, meter_data
from tests.repository.tree import ROOT

PAGE: Final = ROOT / "docs" / "actions.md"
SECTION: Final = re.compile(
    r"^### `(?P<name>\w+)`\n(?P<text>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)
BLOCK: Final = re.compile(r"^```(?P<kind>yaml|json)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
ORDER: Final = """
    open_wallet update_wallet top_up deduct refund freeze unfreeze publish_tariff list_tariffs
    set_policy list_policies bind_meter get_meter list_meters get_wallet list_wallets get_statement
    import_readings cut_supply restore_supply confirm_restore set_protection set_lockout
    release_lockout settle_doubt replace_meter unbind_meter issue_card explain_access plate_read
    release_barrier block_card close_wallet verify_ledger
"""
"""A year in a building: the page is ordered for looking up, the examples for being called."""
MONEY: Final = """
    set_promotion list_promotions set_points spend_points record_debt set_recovery pay_debt
    write_off_debt transfer adjust reverse_entry adjust_usage batch_top_up prove_account
    set_top_up_fee list_top_up_fees
"""
"""A cash desk in November, called in `test_docs_money.py`."""
DESK: Final = """
    set_till list_tills open_shift list_receipts get_receipt void_payment find_payer
    deliver_cash count_shift get_shift close_shift list_shifts get_desk_day
    set_agent pay_agent_float agent_top_up settle_agent list_agents set_terminal list_terminals
"""
"""A day at the counter, called in `test_docs_desk.py`."""
USES: Final = """
    hold_deposit claim_deposit release_deposit list_deposits
    sell_package use_package give_back_use list_packages end_package
    set_use_point tap list_use_points start_use list_uses end_use close_use_point
"""
"""A hotel, a school and a laundry, called in `test_docs_uses.py`."""
BILLS: Final = """
    set_billing list_billing set_buyer get_buyer create_bill get_bill pay_bill issue_bill
    list_bills void_bill write_off_bill set_recurring list_recurring run_billing close_month get_collection
    set_person erase_person
"""
"""A landlord's autumn, called in `test_docs_bills.py`."""
INVOICES: Final = "request_invoice get_invoice void_invoice issue_invoice list_invoices"
"""Top-ups that the tax office hears of, called in `test_docs_invoices.py`."""
UNITS: Final = """
    set_unit import_units update_meter move_in get_unit list_units set_shares get_shares move
    move_out loss_report share_loss list_hints close_unit
"""
"""A house with tenants, called in `test_docs_units.py`."""
CARDS: Final = """
    set_parking_package list_parking_packages recommend_package sell_parking_package renew_card
    set_renewal suspend_permit resume_permit rent_space set_card get_card list_cards unblock_card
    replace_card transfer_card end_permit
"""
"""What a property office sells to cards, called in `test_docs_cards.py`."""
SPACES: Final = """
    set_fee_item add_space import_spaces set_space list_spaces list_fee_items get_space
    export_spaces remove_space
"""
"""A property office takes up its spaces, called in `test_docs_spaces.py`."""
SUPPLY: Final = """
    set_schedule set_supply_rules set_load_limit list_supply_rules list_cuts veto_cut lift_veto
    promise_to_pay hold_site release_site
"""
"""A dormitory's rules, called in `test_docs_supply.py`."""
VISITING: Final = """
    get_occupancy invite_visitor list_invitations cancel_invitation reserve_space list_reservations
    cancel_reservation list_reviews review_stay
"""
"""A car park's guests and questions, called in `test_docs_visiting.py`."""
ATTENDING: Final = """
    present_credential issue_ticket help_call answer_help correct_plate report_emergency end_emergency
    set_free_flow
"""
"""An attendant's work, called in `test_docs_attending.py`."""
ADMISSION: Final = """
    set_parking_rules get_parking_rules set_vehicle_rule list_vehicle_rules lift_vehicle_rule
"""
"""Who is let in, called in `test_docs_admission.py`."""
STAYS: Final = """
    set_merchant validate_stay list_merchants list_stays get_stay pay_stay refund_stay
    let_out_unpaid list_unpaid_exits write_off_stay pay_lost_ticket
"""
"""A day at the parking desk, called in `test_docs_stays.py`."""
PAY_CODES: Final = "make_pay_code list_pay_codes show_pay_code pay_link revoke_pay_code"
"""Stickers for a house, called in `test_docs_pay_codes.py`."""
RISK: Final = """
    set_risk_rule list_risk_rules list_risk_events list_operations confirm_operation
    decline_operation
"""
"""A manager who wants a code before much is paid out, called in `test_docs_risk.py`."""
AGREEMENTS: Final = "make_agreement list_agreements end_agreement"
"""A tenant who wants the balance filled by itself, called in `test_docs_risk.py`."""
PAYING: Final = "create_order get_order list_orders close_order settle_payment"
"""Payers with their phones, called in `test_docs_paying.py`."""
SETTLING: Final = """
    refund_order settle_refund list_refunds import_settlement reconcile_payments
    list_differences settle_difference
"""
"""What goes back, and files against the books, called in `test_docs_settling.py`."""
OFFLINE: Final = """
    make_vouchers print_vouchers sell_vouchers redeem_voucher list_vouchers cancel_vouchers
    set_token_meter buy_token sync_token_meter list_tokens close_token_meter
    set_card_terminal import_terminal_file list_card_terminals
"""
"""A house without a line to anywhere, called in `test_docs_offline.py`."""
REPORTS: Final = "close_day list_lane_stays"
"""What a car park came to, called in `test_docs_reports.py`."""
LAB: Final = "preview_tariff"
"""Looks back at days that have to pass first, called in `test_docs_lab.py`."""
TARIFFS: Final = "assign_tariff withdraw_tariff rerate"
"""A price that was wrong and one that comes later, called in `test_docs_tariffs.py`."""
OF_THE_DAY: Final = frozenset(
    {
        *("at", "booked", "by", "cutoff_at", "entries", "entry", "from", "head", "opened_at"),
        *("read_at", "since", "to", "until", "valid_from"),
        *("ended_at", "held_at", "sold_at", "started_at", "ends_at"),
        *("occupied_since", "closed_at"),
        *("entered_at", "set_at", "settled_at"),
        *("left_at", "paid_at", "seen_at"),
        *("asked_at", "expires_at", "made_at", "receipt_url", "voided_at"),
    }
)
"""Times, hashes and places in the chain: another run has others."""
WRITTEN: Final = "2026-11-22"
"""The day on which most of the page was written."""
AND_MORE: Final = "…"
"""Stands in an answer that goes on like another one on the page."""


class House:
    """The building that the examples speak of, and what happens there between two of them."""

    def __init__(
        self, hub: Hub, line: ModbusLine, device: AcrelDdsy1352, board: WaveshareRelay
    ) -> None:
        self.hub, self.line, self.device, self.board = hub, line, device, board
        self.line_id = ""

    @property
    def before(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to have happened before an example."""
        return {
            "bind_meter": self.a_meter,
            "get_meter": self.some_use,
            "cut_supply": self.any_hour,
            "restore_supply": self.held,
            "confirm_restore": self.armed,
            "set_protection": self.on,
            "settle_doubt": self.a_leap,
            "replace_meter": self.the_meter_is_out,
            "issue_card": self.a_lane,
            "close_wallet": self.paid,
        }

    async def a_meter(self) -> None:
        self.line_id = await self.hub.add(
            "line", "Line", f"line:tcp:127.0.0.1:{self.line.port}", line_data(self.line)
        )
        data = meter_data(self.line_id, self.device, restore="armed")
        unique_id = f"meter:acrel_ddsy1352:{self.device.serial}"
        await self.hub.add("meter", "Flat 3-201", unique_id, data)
        await self.shows("register", "1000")

    async def some_use(self) -> None:
        await self.on()
        self.device.add(kwh="12.5")
        await self.shows("register", "1012.5")

    async def any_hour(self) -> None:
        """Without hours in which nothing is cut: the tests run at night as well."""
        await self.hub.call(
            "set_policy", policy="standard", grace_hours=0, no_cut_hours=[], no_cut_weekdays=[]
        )

    async def held(self) -> None:
        await self.shows("supply", "held")

    async def on(self) -> None:
        await self.shows("supply", "on")

    async def armed(self) -> None:
        await self.on()
        left = (await self.hub.wallet("w1"))["available"]
        await self.hub.call("deduct", wallet="w1", amount=left, reason="furniture")
        self.device.add(kwh="5")
        await self.shows("supply", "off")
        await self.hub.call("top_up", wallet="w1", amount="100.00")
        await self.shows("supply", "armed")

    async def a_leap(self) -> None:
        self.device.add(kwh="400")

        async def doubted() -> bool:
            return (await self.hub.meter("m1"))["doubt"] is not None

        await self.hub.until(doubted)

    async def the_meter_is_out(self) -> None:
        self.device.faults.silent = 10_000

    async def a_lane(self) -> None:
        barrier = {
            "family": "waveshare_relay",
            "unit_id": self.board.unit,
            "coil": 0,
            "pulse": 0.2,
        }
        data = {
            "line_id": self.line_id,
            "barrier": barrier,
            "reader": {"family": "none"},
            "direction": "entry",
            "fee": "5.00",
        }
        await self.hub.add("lane", "North gate", "lane:north-gate", data)

        async def there() -> bool:
            return bool(self.hub.data.site.lanes)

        await self.hub.until(there)
        await self.hub.call("open_wallet", unit="Box 7", purpose="parking")
        await self.hub.call("top_up", wallet="w2", amount="50.00")

    async def paid(self) -> None:
        owed = (await self.hub.wallet("w1"))["balance"]
        await self.hub.call("top_up", wallet="w1", amount=owed.removeprefix("-"))
        await self.hub.call("top_up", wallet="w1", amount="31.40")

    async def shows(self, key: str, value: str) -> None:
        """Wait until the meter shows something."""

        async def said() -> bool:
            return bool((await self.hub.meter("m1"))[key] == value)

        await self.hub.until(said)


@pytest.fixture
def house(hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352) -> House:
    """The building of the examples, still empty."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    return House(hub, modbus_line, modbus_device, board)


def examples(today: date | None = None) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Each action's call and answer, as they are printed; as if the page had been written today."""
    found, page = {}, PAGE.read_text()
    if today is not None:
        page = page.replace(WRITTEN, today.isoformat())
    for section in SECTION.finditer(page):
        blocks = {one["kind"]: one["text"] for one in BLOCK.finditer(section["text"])}
        call = yaml.parse_yaml(blocks["yaml"])
        assert isinstance(call, dict)
        assert call["action"] == f"prepaid_parking.{section['name']}"
        found[section["name"]] = (dict(call.get("data") or {}), json.loads(blocks["json"]))
    return found


def differences(told: Any, printed: Any, path: str = "") -> list[str]:
    """Name what an answer says otherwise than the page."""
    if isinstance(printed, dict) and isinstance(told, dict):
        whole = AND_MORE not in printed
        keys = printed.keys() - {AND_MORE}
        found = [f"{path}.{key}: {told.get(key)!r}" for key in sorted(keys ^ told.keys())]
        found = [one for one in found if whole or one.split(":")[0].rpartition(".")[2] in keys]
        for key in sorted(keys & told.keys()):
            if key not in OF_THE_DAY or not _alike(told[key], printed[key]):
                found += differences(told[key], printed[key], f"{path}.{key}")
        return found
    if isinstance(printed, list) and isinstance(told, list) and len(printed) == len(told):
        return [
            one
            for place, pair in enumerate(zip(told, printed, strict=True))
            for one in differences(*pair, f"{path}[{place}]")
        ]
    return [] if told == printed else [f"{path}: {told!r}, printed {printed!r}"]


def _alike(told: object, printed: object) -> bool:
    return type(told) is type(printed)


async def test_every_example_works_and_answers_what_is_printed(house: House) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    stories = (
        ORDER,
        SUPPLY,
        TARIFFS,
        LAB,
        MONEY,
        DESK,
        USES,
        BILLS,
        INVOICES,
        UNITS,
        VISITING,
        ATTENDING,
        REPORTS,
        SPACES,
        CARDS,
        ADMISSION,
        STAYS,
        PAY_CODES,
        PAYING,
        SETTLING,
        OFFLINE,
        RISK,
        AGREEMENTS,
    )
    assert set(printed) == {name for story in stories for name in story.split()}
    for name in ORDER.split():
        if prepare := house.before.get(name):
            await prepare()
        call, answer = printed[name]
        told = await house.hub.call(name, **call)
        assert not differences(told, answer), name


@pytest.mark.parametrize(("manual_on", "honoured"), [("keep", True), ("off_again", False)])
async def test_a_supply_restored_by_hand_while_the_hub_was_dead(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    *,
    manual_on: str,
    honoured: bool,
) -> None:
    """The caretaker with the laptop, at night: what docs/devices.md tells them is what happens."""
    relay = modbus_device.relay
    assert relay is not None
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("set_policy", policy="standard", grace_hours=0, manual_on=manual_on)
    await hub.call("top_up", wallet="w1", amount="5")
    modbus_device.add(kwh=12)

    async def off() -> bool:
        return bool((await hub.meter("m1"))["supply"] == "off")

    await hub.until(off)
    await hub.stop()
    laptop = AsyncModbusTcpClient("127.0.0.1", port=modbus_line.port)
    assert await laptop.connect()
    await laptop.write_registers(87, [1, 0], device_id=modbus_device.unit)
    laptop.close()
    assert relay.closed
    modbus_line.log.clear()
    await hub.start()

    async def decided() -> bool:
        why = "kept_on_by_hand" if honoured else "balance"
        return bool((await hub.meter("m1"))["why"] == why)

    await hub.until(decided)
    assert relay.closed is honoured
    assert bool(modbus_line.log.writes(modbus_device.unit)) is not honoured
