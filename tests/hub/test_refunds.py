"""Refunds and files through the hub's actions: who may, who must be two, and what nobody ever sees."""

from datetime import datetime, timedelta, timezone
import json
from pathlib import Path

from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.table_file import MOST_BYTES
from custom_components.prepaid_parking.diagnostics import async_get_config_entry_diagnostics
from custom_components.prepaid_parking.simulator.pay_books import Movement, fee
from custom_components.prepaid_parking.simulator.pay_wechat_told import day_file
from tests.journeys.conftest import Hub
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider

NUMBER = "6222020012345678"
ACCOUNT = {"holder": "Li Wei", "account": NUMBER}
BEIJING = timezone(timedelta(hours=8))
NOON = datetime.now(BEIJING).replace(hour=12, minute=0, second=0, microsecond=0)
"""Of the day on which these orders are made, as the provider dates it."""


@pytest.fixture
async def provider(hub: Hub) -> RefundingProvider:
    """A provider by which two payers have filled a flat's wallet."""
    made = RefundingProvider()
    made.currency = hub.data.site.currency.code
    connect(hub.data.site, made)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    for no, amount in enumerate(("50.00", "30.00")):
        await hub.call("create_order", wallet="w1", channel="ch1", amount=amount)
        minor = hub.data.site.currency.parse(amount)
        made.pay(made.asked[no].out_no, minor, paid_at=NOON)
        await hub.call("get_order", order=f"po{no + 1}", look=True)
    return made


async def test_a_stuck_refund_is_a_repair_until_two_managers_have_paid_it_by_bank(
    hub: Hub, provider: RefundingProvider
) -> None:
    """One person alone could send the money to an account of their own."""
    one, two = (MockUser(is_owner=True).add_to_hass(hub.hass) for _ in range(2))
    refund = await hub.call_as(one, "refund_order", order="po1", amount="20.00", reason="moved out")
    stuck = provider.end(refund["refund_no"], RefundOutcome.PENDING, stuck=True)
    await hub.data.site.paying.refund_heard("ch1", stuck)
    issue = f"refunds_stuck_{hub.entry.entry_id}"
    issues = ir.async_get(hub.hass)

    async def is_told() -> bool:
        return issues.async_get_issue(DOMAIN, issue) is not None

    await hub.until(is_told)
    await hub.call_as(one, "settle_refund", refund="rf1", step="name_account", **ACCOUNT)
    with pytest.raises(ServiceValidationError, match="another user"):
        await hub.call_as(one, "settle_refund", refund="rf1", step="allow")
    with pytest.raises(ServiceValidationError):
        await hub.call("settle_refund", refund="rf1", step="allow")  # An automation is nobody.
    allowed = await hub.call_as(two, "settle_refund", refund="rf1", step="allow")
    assert (allowed["pay_to"], allowed["allowed_by"]) == (ACCOUNT, f"user:{two.id}")
    paid = await hub.call_as(two, "settle_refund", refund="rf1", step="paid")
    assert (paid["state"], paid["pay_to"]) == ("done", {})

    async def is_over() -> bool:
        return issues.async_get_issue(DOMAIN, issue) is None

    await hub.until(is_over)
    entries = await hub.data.site.books.entries(limit=1000)
    diagnostics = await async_get_config_entry_diagnostics(hub.hass, hub.entry)
    seen = [repr(hub.hass.states.async_all()), repr(entries), json.dumps(diagnostics, default=str)]
    listed = await hub.call("list_refunds")
    for text in (*seen, json.dumps(listed)):
        assert NUMBER not in text
        assert "Li Wei" not in text


async def test_only_a_manager_gives_money_back(hub: Hub, provider: RefundingProvider) -> None:
    """A tenant's login must not refund itself, nor explain away what is missing."""
    tenant = MockUser(is_owner=False).add_to_hass(hub.hass)
    for action, fields in (
        ("refund_order", {"order": "po1", "reason": "x"}),
        ("settle_refund", {"refund": "rf1", "step": "paid"}),
        ("list_refunds", {}),
        ("import_settlement", {"bank": "main", "csv": "x"}),
        ("reconcile_payments", {}),
        ("list_differences", {}),
        ("settle_difference", {"difference": "df1", "resolution": "explained", "reason": "x"}),
    ):
        with pytest.raises(Unauthorized):
            await hub.call_as(tenant, action, **fields)
    assert provider.refund_asked == []


async def test_money_without_a_place_goes_back_to_its_payer(
    hub: Hub, provider: RefundingProvider
) -> None:
    """Who paid another amount than was asked for gets it back, and the repair about it is over."""
    one = MockUser(is_owner=True).add_to_hass(hub.hass)
    await hub.call("create_order", wallet="w1", channel="ch1", amount="40.00")
    provider.pay(provider.asked[2].out_no, 3900, paid_at=NOON)
    await hub.call("get_order", order="po3", look=True)
    (lost,) = (await hub.call("list_orders"))["unmatched"]
    assert (lost["payment"], lost["left"], lost["why"]) == ("pu1", "39.00", "amount")
    for fields in ({}, {"order": "po3", "payment": "pu1"}):
        with pytest.raises(ServiceValidationError, match="one of them"):
            await hub.call("refund_order", reason="x", **fields)
    with pytest.raises(ServiceValidationError, match=r"39\.00"):
        await hub.call("refund_order", payment="pu1", amount="39.01", reason="x")
    told = await hub.call_as(one, "refund_order", payment="PU1", reason="not what was asked")
    assert (told["amount"], told["order"], told["wallet"]) == ("39.00", "po3", None)
    assert told["payment"] == "pu1"
    other = await hub.call("refund_order", order="po1", amount="1.00", reason="x")
    refunds = (await hub.call("list_refunds"))["refunds"]
    named = {one["refund"]: one["payment"] for one in refunds}
    assert named == {told["refund"]: "pu1", other["refund"]: None}
    assert provider.given(provider.asked[2].out_no) == 3900
    assert (await hub.call("list_orders"))["unmatched"] == []
    provider.end(told["refund_no"], RefundOutcome.FAILED)
    await hub.data.site.paying.refund_heard("ch1", provider.refunds[told["refund_no"]])
    (again,) = (await hub.call("list_orders"))["unmatched"]
    assert (again["payment"], again["left"]) == ("pu1", "39.00")


async def test_a_providers_file_with_one_missing_and_one_extra_lists_both(
    hub: Hub, provider: RefundingProvider, tmp_path: Path
) -> None:
    """The file as WeChat Pay writes it, brought by hand; brought twice, it counts once."""
    known, other = provider.orders.values()
    extra = Movement(
        out_no="SOMEBODY-ELSES",
        reference="4200000099",
        amount_minor=990,
        fee_minor=fee(990),
        at=NOON,
        currency="CNY",
    )
    there = Movement(
        out_no=known.out_no,
        reference=known.provider_ref,
        amount_minor=5000,
        fee_minor=fee(5000),
        at=NOON,
        currency="CNY",
    )
    csv = day_file([there, extra], {}, app="wx1", merchant=provider.merchant)
    with pytest.raises(ServiceValidationError, match="no whole file"):
        await hub.call("import_settlement", channel="ch1", csv=csv.replace("50.00", "50"))
    with pytest.raises(ServiceValidationError, match="one of them"):
        await hub.call("import_settlement", channel="ch1", bank="main", csv=csv)
    seen = await hub.call("import_settlement", channel="ch1", csv=csv, dry_run=True)
    assert [(one["amount"], one["order"], one["known"]) for one in seen["table"]] == [
        ("50.00", "po1", False),
        ("9.90", None, False),
    ]
    assert (await hub.call("list_differences"))["count"] == 0
    file = tmp_path / "bill.csv"
    file.write_text(csv)
    hub.hass.config.allowlist_external_dirs = {str(tmp_path)}
    told = await hub.call("import_settlement", channel="ch1", path=str(file))
    assert (told["rows"], told["new"]) == (2, 2)
    assert {(one["kind"], one["order"]) for one in told["differences"]} == {
        ("row_without_order", None),
        ("order_without_row", "po2"),
    }
    listed = await hub.call("list_differences")
    assert {(one["out_no"], one["provider_ref"], one["held"]) for one in listed["differences"]} == {
        ("SOMEBODY-ELSES", "4200000099", "9.90"),
        (other.out_no, other.provider_ref, "0.00"),
    }
    assert (listed["count"], listed["unreconciled"]) == (2, "39.90")
    again = await hub.call("import_settlement", channel="ch1", csv=csv)
    assert (again["new"], again["differences"]) == (0, [])
    (missing,) = (one for one in listed["differences"] if one["order"])
    assert missing["day"] == NOON.date().isoformat()
    for reference in ("d1", "d1"):
        settled = await hub.call(
            "settle_difference",
            difference=missing["difference"],
            resolution="explained",
            reason="paid out by hand",
            reference=reference,
        )
        assert settled["reason"] == "paid out by hand"
    with pytest.raises(ServiceValidationError, match="wallet"):
        await hub.call("settle_difference", difference="df1", resolution="wallet", reason="whose?")
    assert (await hub.call("list_differences"))["count"] == 1
    assert (await hub.call("list_differences", open=False))["count"] == 2


async def test_a_statement_on_the_hub_is_looked_at_and_then_taken(hub: Hub, tmp_path: Path) -> None:
    """The clerk saves what the bank's page gives, in GBK, and sees each line before any money moves."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    lines = "交易日期,金额,流水号,摘要\n2026-11-20,80.00,B1,w1 水费\n2026-11-21,15.00,B2,房租\n"
    file = tmp_path / "bank.csv"
    file.write_bytes(lines.encode("gbk"))
    told = {"bank": "main", "path": str(file)}
    with pytest.raises(ServiceValidationError, match="lets actions read"):
        await hub.call("import_settlement", **told)
    hub.hass.config.allowlist_external_dirs = {str(tmp_path)}
    seen = await hub.call("import_settlement", **told, dry_run=True)
    assert [(one["wallet"], one["becomes"]) for one in seen["table"]] == [
        ("w1", "credited"),
        (None, "held"),
    ]
    assert (seen["dry_run"], seen["new"], (await hub.wallet("w1"))["balance"]) == (True, 2, "0.00")
    taken = await hub.call("import_settlement", **told)
    assert (taken["credited"], taken["held"], (await hub.wallet("w1"))["balance"]) == (
        1,
        1,
        "80.00",
    )
    again = await hub.call("import_settlement", **told, dry_run=True)
    assert (again["new"], {one["becomes"] for one in again["table"]}) == (0, {"known"})
    with pytest.raises(ServiceValidationError, match="one of them"):
        await hub.call("import_settlement", **told, csv=lines)
    for name, data, problem in (
        ("none.csv", None, "lets actions read"),
        ("book.csv", b"PK\x03\x04", "workbook"),
        ("large.csv", b"a" * (MOST_BYTES + 1), "MB"),
        ("latin.csv", "Empfänger,Betrag".encode("latin-1"), "UTF-8"),
        ("../outside.csv", None, "lets actions read"),
    ):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(ServiceValidationError, match=problem):
            await hub.call("import_settlement", bank="main", path=str(tmp_path / name))
    signed = tmp_path / "lobby.txt"
    signed.write_text("no terminal wrote this")
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("import_terminal_file", path=str(signed))
    assert "lets actions" not in str(refused.value)
