"""Repairs: what a person has to decide is asked once, answered on the spot, and gone when it is done."""

from http import HTTPStatus
from typing import Any

from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import DoubtId, MeterId
from custom_components.prepaid_parking.core.metering import DoubtKind, OpenDoubt
from custom_components.prepaid_parking.operations.facts import BooksTrouble, Doubted, SupplyTrouble
from custom_components.prepaid_parking.operations.office import Settlement
from custom_components.prepaid_parking.repair_flows import SETTLEMENTS
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.journeys.conftest import Hub, bound_meter


@pytest.fixture(autouse=True)
async def _repairs(hub: Hub) -> None:
    """The hub's page for repairs."""
    assert await async_setup_component(hub.hass, "repairs", {})


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """What a person is asked, by its words."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def asked(hub: Hub, key: str) -> ir.IssueEntry:
    """Wait until a repair is shown."""

    async def shown() -> bool:
        return key in issues(hub.hass)

    await hub.until(shown)
    return issues(hub.hass)[key]


async def gone(hub: Hub, key: str) -> None:
    """Wait until a repair is done."""

    async def none() -> bool:
        return key not in issues(hub.hass)

    await hub.until(none)


async def begin(hub: Hub, issue: ir.IssueEntry) -> Any:
    """Open a repair."""
    manager: RepairsFlowManager = hub.hass.data["repairs"]["flow_manager"]
    return await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})


async def answer(hub: Hub, flow: Any, **fields: Any) -> Any:
    """Answer a repair."""
    manager: RepairsFlowManager = hub.hass.data["repairs"]["flow_manager"]
    return await manager.async_configure(flow["flow_id"], fields)


async def leapt(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> ir.IssueEntry:
    """A meter that counted more than it can have."""
    await bound_meter(hub, line, device)
    await hub.call("top_up", wallet="w1", amount="1000")
    device.add(kwh=1_000)
    return await asked(hub, "doubt_leap")


async def test_a_leap_that_is_accepted_is_charged_and_the_repair_is_gone(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The workshop did run all night on a meter nobody read; a click charges it, to the cent."""
    issue = await leapt(hub, modbus_line, modbus_device)
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["meter"] == "Flat 3-201"
    assert issue.translation_placeholders["register"] == "2000 kWh"
    assert issue.translation_placeholders["charged_to"] == "1000 kWh"
    flow = await begin(hub, issue)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "settle")
    done = await answer(hub, flow, how="accept", reason="workshop")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await gone(hub, "doubt_leap")
    assert (await hub.wallet("w1"))["available"] == "200.00"


async def test_a_person_who_settles_through_the_page_is_named_in_the_books(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    hass_client: ClientSessionGenerator,
    hass_admin_user: Any,
) -> None:
    """Who wrote off 1,000 kWh is the first thing an auditor asks."""
    issue = await leapt(hub, modbus_line, modbus_device)
    client = await hass_client()
    opened = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id}
    )
    assert opened.status == HTTPStatus.OK
    flow_id = (await opened.json())["flow_id"]
    closed = await client.post(
        f"/api/repairs/issues/fix/{flow_id}", json={"how": "new_start", "reason": "reset"}
    )
    assert (await closed.json())["type"] == "create_entry"
    entries = await hub.data.books.entries(newest_first=True, limit=1)
    assert entries[0].actor.startswith("user:")
    assert (await hub.wallet("w1"))["available"] == "1000.00"


async def test_a_settlement_that_is_refused_says_why_and_stays_open(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A form that closes without having done anything leaves a meter uncharged for months."""
    issue = await leapt(hub, modbus_line, modbus_device)
    flow = await begin(hub, issue)
    await hub.call("unbind_meter", meter="m1")
    refused = await answer(hub, flow, how="accept")
    assert refused["errors"] == {"base": "refused"}
    assert "Bind it first" in refused["description_placeholders"]["refusal"]
    assert "doubt_leap" in issues(hub.hass)


async def test_a_doubt_is_still_asked_after_a_restart(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A question that a restart makes disappear is never answered."""
    await leapt(hub, modbus_line, modbus_device)
    await hub.stop()
    assert "doubt_leap" not in issues(hub.hass)
    await hub.start()
    await asked(hub, "doubt_leap")


async def test_many_doubts_of_a_kind_on_a_line_are_one_question(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A gateway that was set up anew must not raise two hundred repairs."""
    await bound_meter(hub, modbus_line, modbus_device)
    now = hub.data.site.clock()
    for number in range(6):
        doubt = OpenDoubt(
            id=DoubtId(f"d9{number}"),
            meter=MeterId("m1"),
            installation=hub.data.site.meters[MeterId("m1")].installation.id,  # type: ignore[union-attr]
            kind=DoubtKind.BACKWARDS,
            cursor_register=5,
            cursor_at=now,
            register=3,
            at=now,
        )
        hub.data.site.doubts[doubt.id] = doubt
        hub.data.coordinator.tell(Doubted(doubt=doubt))
    issue = await asked(hub, "doubts_backwards")
    assert "doubt_backwards" not in issues(hub.hass)
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == "6"
    assert issue.translation_placeholders["line"] == "Line"


async def test_a_relay_that_does_not_obey_is_a_repair_that_tries_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The electrician who has freed the contact must not wait an hour for the next try; and one who
    has not is told again."""
    await bound_meter(hub, modbus_line, modbus_device, latency=1)
    await hub.call("top_up", wallet="w1", amount="100")
    relay = modbus_device.relay
    assert relay is not None
    relay.stuck = True
    await hub.call("cut_supply", meter="m1", reason="work")

    async def faulty() -> bool:
        return bool((await hub.meter("m1"))["supply"] == "fault")

    await hub.until(faulty, within=20)
    flow = await begin(hub, await asked(hub, "fault_cut"))
    assert flow["step_id"] == "confirm"
    await answer(hub, flow)
    await asked(hub, "fault_cut")
    relay.stuck = False
    await answer(hub, await begin(hub, issues(hub.hass)["fault_cut"]))

    async def cut() -> bool:
        return bool((await hub.meter("m1"))["supply"] == "held")

    await hub.until(cut)
    assert not relay.closed
    assert "fault_cut" not in issues(hub.hass)


async def test_a_fault_of_a_restore_asks_another_question(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A paid flat without light is more urgent than an unpaid one with."""
    await bound_meter(hub, modbus_line, modbus_device)
    tell = hub.data.coordinator.tell
    tell(SupplyTrouble(meter=MeterId("m1"), fault=True, wanted=True))
    await asked(hub, "fault_restore")
    tell(SupplyTrouble(meter=MeterId("m1"), fault=False, wanted=True))
    await gone(hub, "fault_restore")


@pytest.mark.parametrize(
    ("key", "shown", "fixable"),
    [
        ("disk_full", "books_disk_full", False),
        ("read_only", "books_read_only", False),
        ("corrupt", "books_unreadable", False),
        ("rolled_back", "books_rolled_back", True),
        ("something_new", "books_failed", False),
    ],
)
async def test_books_in_trouble_say_what_to_do(
    hub: Hub, key: str, shown: str, fixable: bool
) -> None:
    """A full disk and a lost file need different hands; the end of the trouble needs none."""
    hub.data.coordinator.tell(BooksTrouble(key=key, detail="why"))
    issue = await asked(hub, shown)
    assert issue.is_fixable is fixable
    hub.data.coordinator.tell(BooksTrouble(key=""))
    await gone(hub, shown)


async def test_every_kind_of_doubt_can_be_settled() -> None:
    """A kind that is forgotten here would be a repair whose form does not open."""
    assert set(SETTLEMENTS) == set(DoubtKind)
    # The form opens with the first of them chosen: whoever only presses the button moves no money.
    assert {hows[0] for hows in SETTLEMENTS.values()} == {Settlement.DISCARD}


async def test_older_books_are_accepted_by_a_person_and_go_on(hub: Hub) -> None:
    """After a restore the owner decides; until then nothing is cut, refunded or charged."""
    await hub.call("open_wallet", unit="Flat 3-201")
    books = hub.data.books
    path, old = books.path, hub.entry.data["site"]
    await hub.stop()
    kept = await hub.hass.async_add_executor_job(path.read_bytes)
    await hub.start()
    await hub.call("top_up", wallet="w1", amount="100", reference="lost one")
    await hub.data.books.write_anchor()
    await hub.stop()

    def restore() -> None:
        for file in path.parent.glob(f"{old}.db-*"):
            if not file.name.endswith("lock"):
                file.unlink()
        path.write_bytes(kept)

    await hub.hass.async_add_executor_job(restore)
    await hub.start()
    issue = await asked(hub, "books_rolled_back")
    assert not hub.data.books.writable
    flow = await begin(hub, issue)
    assert flow["step_id"] == "accept"
    await answer(hub, flow, reason="the disk died on Friday")
    await gone(hub, "books_rolled_back")

    async def writable() -> bool:
        return hub.entry.state.recoverable and hub.data.books.writable

    await hub.until(writable)
    again = await hub.call("top_up", wallet="w1", amount="100", reference="lost one")
    assert (again["repeated"], again["balance"]) == (False, "100.00")


async def test_what_the_rules_refused_is_a_repair_that_says_why_until_it_goes_again(
    hub: Hub,
) -> None:
    """Nobody looks for a full disk because a bill was paid already."""
    hub.data.site.refused("bill_the_day", "", CoreError("bill_not_open", bill="B-7"))
    issue = await asked(hub, "step_refused")
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    assert "B-7" in issue.translation_placeholders["refusal"]
    hub.data.site.refused("bill_the_day", "", None)
    await gone(hub, "step_refused")
