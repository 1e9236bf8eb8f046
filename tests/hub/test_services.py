"""The actions: what a manager, a script or another program asks of a site."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util, yaml
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.wallet import WalletKind
from custom_components.prepaid_parking.errors import translated
from custom_components.prepaid_parking.services import ACTIONS
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.journeys.conftest import Hub, bound_meter, line_data
from tests.repository.tree import FOLDER

ASKED_FOR: Final = """
    open_wallet close_wallet top_up deduct refund freeze unfreeze get_wallet list_wallets
    get_statement bind_meter unbind_meter replace_meter import_readings settle_doubt cut_supply
    restore_supply set_protection set_policy list_policies update_wallet list_meters get_meter
    block_card publish_tariff list_tariffs issue_card plate_read release_barrier explain_access
    verify_ledger confirm_restore set_lockout release_lockout
    set_schedule set_supply_rules set_load_limit list_supply_rules list_cuts veto_cut lift_veto
    promise_to_pay hold_site release_site
    create_bill issue_bill pay_bill void_bill write_off_bill get_bill list_bills set_billing list_billing
    close_month get_collection set_recurring list_recurring run_billing set_buyer get_buyer set_person
    erase_person
    set_top_up_fee list_top_up_fees
    request_invoice issue_invoice void_invoice get_invoice list_invoices
    set_promotion list_promotions set_points spend_points record_debt set_recovery pay_debt
    write_off_debt transfer batch_top_up adjust adjust_usage reverse_entry prove_account
    set_unit import_units close_unit get_unit list_units move_in move_out move update_meter
    add_space set_space remove_space get_space list_spaces import_spaces export_spaces
    set_fee_item list_fee_items
    set_card unblock_card replace_card transfer_card get_card list_cards recommend_package
    set_parking_package list_parking_packages sell_parking_package renew_card set_renewal
    suspend_permit resume_permit end_permit rent_space
    set_merchant list_merchants validate_stay list_stays get_stay pay_stay pay_lost_ticket refund_stay
    let_out_unpaid list_unpaid_exits write_off_stay
    set_parking_rules get_parking_rules set_vehicle_rule lift_vehicle_rule list_vehicle_rules
    get_occupancy invite_visitor list_invitations cancel_invitation reserve_space
    list_reservations cancel_reservation list_reviews review_stay close_day list_lane_stays
    set_risk_rule list_risk_rules list_risk_events list_operations confirm_operation
    decline_operation
    make_agreement list_agreements end_agreement
    create_order get_order list_orders close_order settle_payment
    present_credential issue_ticket help_call answer_help correct_plate report_emergency end_emergency
    set_free_flow
    set_shares get_shares loss_report share_loss list_hints
    assign_tariff withdraw_tariff rerate preview_tariff
    hold_deposit claim_deposit release_deposit list_deposits
    sell_package use_package give_back_use end_package list_packages
    set_use_point close_use_point list_use_points tap start_use end_use list_uses
    set_till list_tills open_shift count_shift deliver_cash close_shift get_shift list_shifts get_desk_day
    list_receipts get_receipt void_payment find_payer
    set_agent list_agents pay_agent_float agent_top_up settle_agent set_terminal list_terminals
    make_pay_code list_pay_codes revoke_pay_code pay_link show_pay_code
    make_vouchers print_vouchers sell_vouchers redeem_voucher cancel_vouchers list_vouchers
    set_token_meter sync_token_meter close_token_meter buy_token list_tokens
    set_card_terminal list_card_terminals import_terminal_file
    refund_order settle_refund list_refunds import_settlement reconcile_payments list_differences
    settle_difference
"""
"""The actions of this release; one that is taken away breaks somebody's automation."""


def sentence(err: pytest.ExceptionInfo[HomeAssistantError]) -> str:
    """What a person reads."""
    return str(err.value)


def closed(device: AcrelDdsy1352) -> bool:
    """Whether current flows at the meter itself."""
    assert device.relay is not None
    return device.relay.closed


async def wallet(hub: Hub, unit: str = "Flat 3-201", amount: str = "100", **more: Any) -> str:
    """Open a wallet with some money in it."""
    opened = await hub.call("open_wallet", unit=unit, **more)
    wallet_id = str(opened["wallet"])
    if amount:
        await hub.call("top_up", wallet=wallet_id, amount=amount)
    return wallet_id


async def gate(hub: Hub, line: ModbusLine, board: WaveshareRelay, fee: str = "0.00") -> None:
    """Set up a lane whose barrier hangs on a relay board."""
    line_id = await hub.add("line", "Line", f"line:tcp:127.0.0.1:{line.port}", line_data(line))
    barrier = {"family": "waveshare_relay", "unit_id": board.unit, "coil": 0, "pulse": 0.2}
    data = {
        "line_id": line_id,
        "barrier": barrier,
        "reader": {"family": "none"},
        "direction": "entry",
        "fee": fee,
    }
    await hub.add("lane", "North gate", "lane:north-gate", data)

    async def there() -> bool:
        return bool(hub.data.site.lanes)

    await hub.until(there)


async def pulsed(hub: Hub, board: WaveshareRelay, times: int) -> None:
    """Wait until a barrier has been asked so often; once more would be seen by then."""

    async def done() -> bool:
        return len(board.pulses(0)) >= times

    await hub.until(done)
    assert len(board.pulses(0)) == times


@pytest.fixture
def board(modbus_line: ModbusLine) -> WaveshareRelay:
    """A relay board beside the meter."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    return board


@pytest.fixture
async def watchman(hass: HomeAssistant) -> Context:
    """A user of the hub who is no administrator."""
    user = MockUser(is_owner=False).add_to_hass(hass)
    return Context(user_id=user.id)


def test_every_action_that_is_asked_for_is_there() -> None:
    """An automation written by the documentation must find its action."""
    assert {action.name for action in ACTIONS} == set(ASKED_FOR.split())


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_form_of_an_action_asks_for_what_the_action_takes(action: Any) -> None:
    """A field that is missing in the form cannot be filled in; one too many is refused."""
    described: Mapping[str, Any] = yaml.load_yaml_dict(str(FOLDER / "services.yaml"))[action.name]
    fields = dict(described["fields"])
    assert fields.pop("config_entry_id") is not None
    taken = {str(marker): isinstance(marker, vol.Required) for marker in action.fields}
    assert {name: bool(field.get("required")) for name, field in fields.items()} == taken


@pytest.mark.parametrize("action", ["set_promotion", "set_top_up_fee", "open_wallet"])
def test_the_form_offers_every_kind_of_wallet(action: str) -> None:
    """Who shares a meter could be left out of a promotion by a script only."""
    fields: Mapping[str, Any] = yaml.load_yaml_dict(str(FOLDER / "services.yaml"))[action]["fields"]
    (field,) = (fields[name] for name in ("kind", "kinds") if name in fields)
    assert set(field["selector"]["select"]["options"]) == set(WalletKind)


@pytest.mark.parametrize("field", ["tariff", "from_register"])
async def test_a_field_of_a_meter_without_the_meter_is_refused(hub: Hub, field: str) -> None:
    """A wallet was opened, its meter forgotten, and the reading of the day with it."""
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("open_wallet", unit="Flat 1", **{field: "1"})
    assert field in sentence(err)
    assert (await hub.call("list_wallets"))["count"] == 0


async def test_a_day_at_the_cash_desk_adds_up(hub: Hub) -> None:
    """What the cashier did must be in the statement, to the cent, and nothing else."""
    opened = await hub.call("open_wallet", unit="Flat 3-201", reference="contract 7")
    assert (opened["wallet"], opened["idempotent"]) == ("w1", True)
    paid = await hub.call("top_up", wallet="w1", amount="100.00", reference="receipt 1")
    assert (paid["available"], paid["repeated"]) == ("100.00", False)
    taken = await hub.call("deduct", wallet="w1", amount="12.34", reason="new key")
    assert taken["available"] == "87.66"
    back = await hub.call("refund", wallet="w1", amount="7.66", reason="paid too much")
    assert back["available"] == "80.00"
    changed = await hub.call("update_wallet", wallet="w1", alert="20", unit="Flat 3-202")
    assert (changed["alert"], changed["unit"]) == ("20.00", "Flat 3-202")
    assert (await hub.call("update_wallet", wallet="w1", alert=None))["alert"] == "50.00"
    statement = await hub.call("get_statement", wallet="w1")
    assert (statement["received"], statement["spent"], statement["closing"]) == (
        "100.00",
        "20.00",
        "80.00",
    )
    assert [line["amount"] for line in statement["lines"] if line["amount"] != "0.00"] == [
        "100.00",
        "-12.34",
        "-7.66",
    ]
    closed = await hub.call("close_wallet", wallet="w1", reason="moved out")
    assert closed["settled"] == "80.00"
    assert (await hub.call("list_wallets"))["count"] == 0
    assert (await hub.call("list_wallets", closed=True))["wallets"][0]["state"] == "closed"
    verdict = await hub.call("verify_ledger")
    assert verdict["ok"]
    assert len(verdict["head"]) == 64


async def test_a_receipt_entered_twice_is_credited_once(hub: Hub) -> None:
    """A cashier who presses the button again must not have given money away."""
    await wallet(hub, amount="")
    first = await hub.call("top_up", wallet="w1", amount="50", reference="receipt 2")
    again = await hub.call("top_up", wallet="w1", amount="50", reference="receipt 2")
    assert (again["entry"], again["repeated"]) == (first["entry"], True)
    assert again["balance"] == "50.00"
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("top_up", wallet="w1", amount="60", reference="receipt 2")
    assert "receipt 2" in sentence(err)


async def test_an_act_without_a_reference_is_told_to_be_single(hub: Hub) -> None:
    """A program that tries again without a reference would pay twice; the answer says so."""
    await wallet(hub, amount="")
    first = await hub.call("top_up", wallet="w1", amount="5")
    second = await hub.call("top_up", wallet="w1", amount="5")
    assert not first["idempotent"]
    assert first["reference"] != second["reference"]
    assert second["balance"] == "10.00"


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0.001", "decimals"), ("ten", "not a number"), ("-5", "more than zero"), ("0", "zero")],
)
async def test_an_amount_that_is_none_is_refused_in_words(
    hub: Hub, amount: str, words: str
) -> None:
    """Half a cent booked somewhere is a cent nobody finds."""
    await wallet(hub, amount="")
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("top_up", wallet="w1", amount=amount)
    assert words in sentence(err)


async def test_nothing_goes_out_of_a_frozen_wallet(hub: Hub) -> None:
    """A court's word is not overruled by a cashier's habit; the tenant may still pay in."""
    await wallet(hub)
    assert (await hub.call("freeze", wallet="w1", reason="court order"))["frozen"]
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("refund", wallet="w1", amount="1", reason="please")
    assert "court order" in sentence(err)
    assert (await hub.call("top_up", wallet="w1", amount="1"))["balance"] == "101.00"
    assert not (await hub.call("unfreeze", wallet="w1", reason="lifted"))["frozen"]
    await hub.call("refund", wallet="w1", amount="1", reason="please")


async def test_more_than_is_there_is_never_taken(hub: Hub) -> None:
    """Two cashiers at two desks must not spend the same money."""
    await wallet(hub, amount="10")
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("deduct", wallet="w1", amount="10.01", reason="key")
    assert "not enough money" in sentence(err)


async def test_a_wallet_is_found_by_its_unit_unless_that_has_several(hub: Hub) -> None:
    """People know flats, not numbers; but money for the flat must not land on its parking."""
    await wallet(hub, amount="")
    assert (await hub.call("top_up", wallet="Flat 3-201", amount="1"))["wallet"] == "w1"
    await wallet(hub, amount="", purpose="parking")
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("top_up", wallet="Flat 3-201", amount="1")
    assert "w1, w2" in sentence(err)
    with pytest.raises(ServiceValidationError, match="no wallet"):
        await hub.call("get_wallet", wallet="Flat 9")


async def test_wallets_are_listed_page_by_page_and_filtered(hub: Hub) -> None:
    """With 20,000 wallets an answer with all of them would stop the hub for a second."""
    for number in range(5):
        await wallet(hub, unit=f"Flat 1-{number}", amount="", purpose="utility")
    await wallet(hub, unit="Box 7", amount="", purpose="parking")
    first = await hub.call("list_wallets", limit=4)
    assert ([one["wallet"] for one in first["wallets"]], first["count"]) == (
        ["w1", "w2", "w3", "w4"],
        6,
    )
    rest = await hub.call("list_wallets", limit=4, after="w4")
    assert [one["wallet"] for one in rest["wallets"]] == ["w5", "w6"]
    parking = await hub.call("list_wallets", purpose="parking")
    assert [one["unit"] for one in parking["wallets"]] == ["Box 7"]
    assert (await hub.call("list_wallets", unit="flat 1-3"))["count"] == 1


async def test_a_user_who_is_no_administrator_moves_nothing(
    hub: Hub, watchman: Context, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The hub has no permissions per entity: a watchman's tablet must not be a cash desk."""
    await bound_meter(hub, modbus_line, modbus_device)
    with pytest.raises(Unauthorized):
        await hub.hass.services.async_call(
            DOMAIN, "top_up", {"wallet": "w1", "amount": "100"}, blocking=True, context=watchman
        )
    for domain, service, entity_id in (
        ("switch", "turn_off", "switch.flat_3_201_supply"),
        ("switch", "turn_on", "switch.flat_3_201_supply"),
    ):
        with pytest.raises(Unauthorized):
            await hub.hass.services.async_call(
                domain, service, {"entity_id": entity_id}, blocking=True, context=watchman
            )
    with pytest.raises(Unauthorized):
        await hub.hass.services.async_call(
            "number",
            "set_value",
            {"entity_id": "number.flat_3_201_wallet_alert_threshold", "value": 1},
            blocking=True,
            context=watchman,
        )
    assert (await hub.wallet("w1"))["balance"] == "0.00"
    assert (await hub.meter("m1"))["held_by"] is None


async def test_the_books_name_the_user_or_say_that_an_automation_acted(
    hub: Hub, hass_admin_user: MockUser
) -> None:
    """When money is missing, the first question is who; the books have to know."""
    await wallet(hub, amount="1")
    await hub.hass.services.async_call(
        DOMAIN,
        "top_up",
        {"wallet": "w1", "amount": "2"},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    lines = (await hub.call("get_statement", wallet="w1"))["lines"]
    paid = [line["by"] for line in lines if line["kind"] == "top_up"]
    assert paid == ["automation", f"user:{hass_admin_user.id}"]


async def test_with_two_sites_an_action_says_which(hub: Hub) -> None:
    """A payment for one house must not be guessed into the other's books."""
    site = uuid4().hex
    other = MockConfigEntry(
        domain=DOMAIN, title="Other", unique_id=site, data={"site": site, "currency": "JPY"}
    )
    other.add_to_hass(hub.hass)
    assert await hub.hass.config_entries.async_setup(other.entry_id)
    with pytest.raises(ServiceValidationError):
        await hub.call("open_wallet", unit="Flat 1")
    await hub.call("open_wallet", unit="Flat 1", config_entry_id=other.entry_id)
    paid = await hub.call("top_up", wallet="w1", amount="500", config_entry_id=other.entry_id)
    assert (paid["balance"], paid["currency"]) == ("500", "JPY")
    assert (await hub.call("list_wallets", config_entry_id=hub.entry.entry_id))["count"] == 0
    assert await hub.hass.config_entries.async_unload(other.entry_id)


async def test_a_supply_is_held_off_and_comes_back_by_a_persons_word(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An electrician asks for the flat to be off; nobody's payment may switch it on meanwhile."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100")
    await hub.call("cut_supply", meter="m1", reason="work on the wires")

    async def stands(state: str) -> None:
        async def said() -> bool:
            return bool((await hub.meter("m1"))["supply"] == state)

        await hub.until(said)

    await stands("held")
    assert not closed(modbus_device)
    await hub.call("set_lockout", meter="m1", reason="hands inside")
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("restore_supply", meter="m1", reason="he says it is done")
    assert "hands inside" in sentence(err)
    await hub.call("release_lockout", meter="m1", reason="seen myself")
    await hub.call("restore_supply", meter="m1", reason="done")
    await stands("on")
    assert closed(modbus_device)
    await hub.call("set_protection", meter="m1", reason="oxygen machine")
    with pytest.raises(ServiceValidationError) as err:
        await hub.call("cut_supply", meter="m1", reason="mistaken")
    assert "oxygen machine" in sentence(err)
    ended = await hub.call("set_protection", meter="m1", protected=False, reason="moved out")
    assert not ended["protected"]


async def test_the_switch_of_a_supply_is_a_persons_word_too(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Off and on again at the dashboard must leave the supply under its wallet, not above it."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100")

    async def seen(state: str) -> None:
        async def said() -> bool:
            now = hub.hass.states.get("switch.flat_3_201_supply")
            return now is not None and now.state == state

        await hub.until(said)

    await seen("on")
    target = {"entity_id": "switch.flat_3_201_supply"}
    await hub.hass.services.async_call("switch", "turn_off", target, blocking=True)
    await seen("off")
    await hub.hass.services.async_call("switch", "turn_on", target, blocking=True)
    await seen("on")

    async def free() -> bool:
        return (await hub.meter("m1"))["held_by"] is None

    await hub.until(free)


async def test_a_threshold_is_set_where_it_is_shown(hub: Hub) -> None:
    """A manager turns the number on the wallet's page; the books have the change with its author."""
    await wallet(hub)
    await hub.hass.async_block_till_done()
    await hub.hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.flat_3_201_wallet_alert_threshold", "value": 19.99},
        blocking=True,
    )
    assert (await hub.wallet("w1"))["alert"] == "19.99"


async def test_a_changed_policy_is_seen_on_every_wallet_that_has_it(hub: Hub) -> None:
    """A manager who lowers the alert and still sees the old one lowers it again."""
    await wallet(hub)
    await hub.call("set_policy", policy="standard", alert="33", alert2="5")

    async def seen() -> bool:
        state = hub.hass.states.get("number.flat_3_201_wallet_alert_threshold")
        return state is not None and state.state == "33.0"

    await hub.until(seen)


async def test_tariffs_and_policies_are_versions(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A price that was changed must not change what was charged before."""
    await bound_meter(hub, modbus_line, modbus_device)
    second = await hub.call(
        "publish_tariff",
        tariff="home",
        rates={"peak": "1.20", "valley": [{"up_to": "50", "price": "0.30"}, {"price": "0.40"}]},
        bands=[{"rate": "peak", "from": "08:00", "to": "22:00"}],
        otherwise="valley",
    )
    assert second["version"] == 2
    versions = (await hub.call("list_tariffs"))["tariffs"][0]["versions"]
    assert [one["version"] for one in versions] == [1, 2]
    with pytest.raises(ServiceValidationError, match="exactly one"):
        await hub.call("publish_tariff", tariff="odd", price="1", tiers=[{"price": "1"}])
    written = await hub.call(
        "set_policy",
        policy="standard",
        alert="30",
        grace_hours=6,
        no_cut_hours=["22:00-06:00"],
        no_cut_weekdays=["sat", "sun"],
        no_cut_dates=["2027-02-06"],
        manual_on="keep",
    )
    assert (written["alert"], written["grace_hours"]) == ("30.00", 6)
    assert written["no_cut_hours"] == ["22:00-06:00"]
    assert (await hub.call("list_policies"))["policies"][0]["version"] == written["version"]
    with pytest.raises(ServiceValidationError, match="22:00-06:00"):
        await hub.call("set_policy", policy="standard", no_cut_hours=["night"])


async def test_a_doubt_is_settled_a_meter_swapped_and_a_gap_filled(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The electrician's afternoon: nothing may be charged twice, nothing forgotten."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="5000")
    modbus_device.add(kwh=1_000)

    async def doubted() -> bool:
        return bool((await hub.call("list_meters", doubted=True))["count"] == 1)

    await hub.until(doubted)
    doubt = (await hub.meter("m1"))["doubt"]["doubt"]
    settled = await hub.call("settle_doubt", doubts=[doubt], how="accept", reason="workshop")
    assert (settled["settled"], settled["open"]) == ([doubt], [])
    assert (await hub.wallet("w1"))["available"] == "4200.00"
    now = dt_util.utcnow()
    older = {"at": (now - timedelta(minutes=30)).isoformat(), "register": "1500"}
    filled = await hub.call("import_readings", meter="m1", readings=[older])
    assert (filled["charged"], filled["rerated"]) == (0, "0.00")
    modbus_device.faults.silent = 10_000
    swapped = await hub.call(
        "replace_meter",
        meter="m1",
        final_register="2001",
        start_register="0",
        serial="202611220002",
        reason="display broken",
    )
    assert swapped["installation"] == "m1.2"
    assert (await hub.wallet("w1"))["available"] == "4199.20"
    freed = await hub.call("unbind_meter", meter="m1", reason="vacant")
    assert freed["wallet"] is None
    assert (await hub.call("list_meters", wallet="w1"))["count"] == 0


async def test_a_card_opens_until_it_is_blocked_and_every_answer_has_its_reason(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """The driver at the gate and the one on the phone must hear the same reason."""
    await gate(hub, modbus_line, board, fee="5.00")
    await wallet(hub, unit="Box 7", amount="12", purpose="parking")
    issued = await hub.call("issue_card", wallet="w1", plates=["沪A 12345"], lanes=["North gate"])
    assert (issued["card"], issued["credentials"]) == ("c1", ["沪****45"])
    told = await hub.call("explain_access", lane="l1", plate="沪A12345")
    assert (told["admit"], told["fee"], told["wallet"]) == (True, "5.00", "w1")
    passed = await hub.call("plate_read", lane="North gate", plate="沪A12345")
    assert (passed["kind"], passed["plate"], passed["fee"]) == ("admitted", "沪****45", "5.00")
    assert (await hub.wallet("w1"))["balance"] == "7.00"
    await hub.call("block_card", card="c1", reason="lost")
    told = await hub.call("explain_access", lane="l1", plate="沪A12345")
    assert (told["admit"], told["reason"]) == (False, "card_blocked")
    told = await hub.call("explain_access", lane="l1", plate="沪B99999")
    assert (told["reason"], told["card"]) == ("unknown", None)
    with pytest.raises(ServiceValidationError, match="plate, a tag or a code"):
        await hub.call("explain_access", lane="l1")

    async def shown() -> bool:
        state = hub.hass.states.get("sensor.north_gate_last_plate")
        return state is not None and state.state == "沪****45"

    await hub.until(shown)
    await pulsed(hub, board, 1)


async def test_a_barrier_is_released_by_action_button_and_cover_once_each(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """Three ways to let the fire brigade in, each one pulse, each with its author."""
    await gate(hub, modbus_line, board)
    answer = await hub.call("release_barrier", lane="l1", reason="fire brigade")
    assert answer["kind"] == "released"
    cover = hub.hass.states.get("cover.north_gate_barrier")
    assert cover is not None
    assert (cover.state, cover.attributes["assumed_state"]) == ("unknown", True)
    for domain, service, entity_id in (
        ("button", "press", "button.north_gate_release"),
        ("cover", "open_cover", "cover.north_gate_barrier"),
    ):
        await hub.hass.services.async_call(domain, service, {"entity_id": entity_id}, blocking=True)
    await pulsed(hub, board, 3)
    passage = hub.hass.states.get("event.north_gate_passage")
    assert passage is not None
    assert passage.attributes["event_type"] == "released"
    assert passage.state_info is not None
    unkept = passage.state_info["unrecorded_attributes"]
    assert {"at", "plate", "card", "wallet", "stay"} <= unkept  # The books keep them.
    assert not {"event_type", "reason", "lane"} & unkept


async def test_every_answer_can_be_sent_to_a_browser(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An answer with a decimal or a time in it breaks the script that asked."""
    await bound_meter(hub, modbus_line, modbus_device)
    for action, fields in (
        ("get_wallet", {"wallet": "w1"}),
        ("list_wallets", {}),
        ("get_statement", {"wallet": "w1"}),
        ("get_meter", {"meter": "m1"}),
        ("list_meters", {}),
        ("list_tariffs", {}),
        ("list_policies", {}),
        ("verify_ledger", {"full": False}),
    ):
        assert json_bytes(await hub.call(action, **fields))


def test_trouble_with_the_books_is_a_sentence_and_no_traceback(hass: HomeAssistant) -> None:
    """A cashier who reads "disk full" calls somebody; one who reads a traceback tries again."""
    with pytest.raises(HomeAssistantError) as err, translated():
        raise StoreError("disk_full", "/config")
    assert not isinstance(err.value, ServiceValidationError)
    assert err.value.translation_key == "store_disk_full"
