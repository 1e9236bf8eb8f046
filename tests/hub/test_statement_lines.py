"""Each line of a statement says in words how its money came or went, in either language."""

import csv
import io
from typing import Any, Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.difference import DifferenceKind
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.explaining import Explainer
from custom_components.prepaid_parking.wording import async_words
from tests.hub.test_statement_rows import line
from tests.journeys.conftest import Hub

METER: Final = {"name": "SL-1", "key": "bc41ec9530f6dac86b1a29ab82edc5fb", "price": "1.50"}
ENGLISH: Final = [
    "Cash; receipt 1",
    "takes back entry {first}",
    "Bank transfer; receipt 2",
    "Voucher",
    "Agent",
    "Cash",
    "5 × day",
]
CHINESE: Final = [
    "现金；收据 1",
    "冲销分录 {first}",
    "银行转账；收据 2",
    "充值券",
    "代理点",
    "现金",
    "5 × day",
]


@pytest.fixture
async def moved(hub: Hub) -> Hub:
    """A wallet whose money came over the counter, by a slip and by an agent, and went two ways."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    wrong = await hub.call("top_up", wallet="w1", amount="25.00", channel="cash")
    await hub.call("void_payment", receipt=wrong["receipt"], reason="typed the wrong flat")
    await hub.call("top_up", wallet="w1", amount="40.00", channel="transfer")
    await hub.call("make_vouchers", count=1, amount="20.00")
    await hub.call("sell_vouchers", batch="vb1", count=1, channel="cash")
    (slip,) = (await hub.call("print_vouchers", batch="vb1", numbers=True))["numbers"]
    await hub.call("redeem_voucher", wallet="w1", number=slip["number"])
    await hub.call("set_agent", name="Corner shop", commission_percent="1.5")
    await hub.call("pay_agent_float", agent="Corner shop", amount="100.00", channel="cash")
    await hub.call("agent_top_up", agent="Corner shop", wallet="w1", amount="15.00")
    await hub.call("refund", wallet="w1", amount="3.00", channel="cash", reason="left over")
    await hub.call("set_token_meter", sold_in="day", wallet="w1", **METER)
    await hub.call("buy_token", meter="SL-1", units="5")
    return hub


@pytest.mark.parametrize(("language", "said"), [("en", ENGLISH), ("zh-Hans", CHINESE)])
async def test_a_statement_says_how_money_came_and_went(
    moved: Hub, language: str, said: list[str]
) -> None:
    """Of seven lines that all read "Top-up" nobody finds the slip that was paid for last week."""
    told = await moved.call("get_statement", wallet="w1", language=language)
    first = told["lines"][0]["entry"]
    assert [one.get("explained") for one in told["lines"]] == [
        one.format(first=first) for one in said
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Cash; receipt 1; bill {no}: 30.00"), ("zh-Hans", "现金；收据 1；账单 {no}：30.00")],
)
async def test_a_payment_of_a_bill_names_it_and_what_was_paid(
    hub: Hub, language: str, said: str
) -> None:
    """What is paid at the counter passes through the wallet: 0.00 alone would say that nothing was."""
    await hub.call("open_wallet", unit="Shop 2", purpose="property")
    lines = [{"text": "Rent", "amount": "80.00"}]
    bill = await hub.call("create_bill", wallet="w1", category="rent", lines=lines)
    await hub.call("pay_bill", bill=bill["bill"], amount="30.00", channel="cash")
    told = await hub.call("get_statement", wallet="w1", language=language)
    (line,) = [one for one in told["lines"] if one["kind"] == "bill_paid"]
    assert line["explained"] == said.format(no=bill["number"])


async def test_a_meter_with_a_keypad_is_called_by_its_name(moved: Hub) -> None:
    """The number that the books give to it stands on no meter."""
    await moved.call("close_token_meter", meter="SL-1", reason="sold")
    told = await moved.call("get_statement", wallet="w1", form="csv", language="en")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(told["csv"])))
    assert rows[-1]["Meter"] == "SL-1"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_every_way_that_money_takes_has_a_name(hass: HomeAssistant, language: str) -> None:
    """A way that was forgotten would break the statement of everybody who paid by it."""
    explainer = Explainer(await async_words(hass, language), Currency.of("CNY"))
    for channel in Channel:
        paid = line(1, kind=EntryKind.TOP_UP, parts=(), detail={"channel": channel.value})
        assert bool(explainer.line(paid)) is (channel is not Channel.OTHER)


@pytest.mark.parametrize(
    ("language", "batch", "agent"),
    [("en", "Batch of vouchers", "Agent"), ("zh-Hans", "充值券批次", "代理点")],
)
async def test_a_receipt_names_the_batch_or_the_agent_it_is_for(
    moved: Hub, hass_client_no_auth: ClientSessionGenerator, language: str, batch: str, agent: str
) -> None:
    """A shop that pays for slips and for its float on one day has two receipts that it can tell apart."""
    client = await hass_client_no_auth()

    async def printed(number: int) -> str:
        told = await moved.call("get_receipt", receipt=number, language=language)
        return await (await client.get(told["url"])).text()

    given = (await moved.call("list_receipts"))["receipts"]
    (slips,) = [one for one in given if one["kind"] == "vouchers_sold"]
    (paid_in,) = [one for one in given if one["kind"] == "agent_float"]
    assert (slips["batch"], slips["agent"]) == ("vb1", None)
    assert (paid_in["batch"], paid_in["agent"]) == (None, "ag1")
    row = '<tr><td>{}</td><td class="n">{}</td></tr>'
    of_slips, of_agent = await printed(slips["receipt"]), await printed(paid_in["receipt"])
    assert row.format(batch, "vb1") in of_slips
    assert row.format(agent, "Corner shop") in of_agent
    assert batch not in of_agent


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "difference df3: a refund that came back"),
        ("zh-Hans", "差异 df3：退回的退款"),
    ],
)
async def test_a_difference_that_was_settled_says_what_it_was(
    hass: HomeAssistant, language: str, said: str
) -> None:
    """A bare "Difference settled" has the tenant ask the office where the money came from."""
    explainer = Explainer(await async_words(hass, language), Currency.of("CNY"))
    settled = {
        kind: line(
            1,
            kind=EntryKind.DIFFERENCE_SETTLED,
            parts=(),
            detail={"difference": "df3", "what": kind.value},
        )
        for kind in DifferenceKind
    }
    told = {kind: explainer.line(one) for kind, one in settled.items()}
    assert told[DifferenceKind.REFUND_CAME_BACK] == said
    assert len(set(told.values())) == len(DifferenceKind)
