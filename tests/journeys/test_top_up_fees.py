"""A fee on top-ups, as the desk sets it and the customer meets it: announced, explained, and given back."""

import csv
import io
from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from .conftest import Hub


async def explained(hub: Hub, language: str) -> list[str]:
    """What a wallet's statement says of how each movement came about."""
    answer = await hub.call("get_statement", wallet="w1", language=language)
    return [line.get("explained", "") for line in answer["lines"]]


async def test_a_fee_and_its_tax_are_told_line_by_line_in_both_languages(hub: Hub) -> None:
    """Row P9: 100 topped up at 10 % and VAT; who misses 10.60 reads where it went."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    free = await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    assert (free["fee"], free["balance"]) == (None, "50.00")
    await hub.call("set_top_up_fee", fee="card", percent="10", tax="6", tax_name="VAT")
    await hub.restart()
    told = await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    assert told["fee"] == {
        "fee": "card",
        "net": "10.00",
        "tax": "0.60",
        "total": "10.60",
        "on_top": False,
        "lines": [{"rule": "fee_share", "amount": "10.00"}],
    }
    assert told["balance"] == "139.40"
    again = await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    assert (again["repeated"], again["balance"], again["fee"]) == (True, "139.40", told["fee"])
    assert await explained(hub, "en") == [
        "Cash; receipt 1",
        "Cash; receipt 2; service fee 10 % of 100.00: 10.00; VAT 6 %: 0.60",
    ]
    chinese = (await explained(hub, "zh-Hans"))[1]
    assert chinese == "现金；收据 2；服务费，100.00 的 10%：10.00；VAT 6%：0.60"
    table = await hub.call("get_statement", wallet="w1", form="csv", language="en")
    rows = list(csv.DictReader(io.StringIO(table["csv"])))
    assert [row["Amount"] for row in rows] == ["50.00", "89.40"]
    assert rows[-1]["Balance"] == table["closing"] == "139.40"


async def test_a_fee_paid_beside_the_top_up_goes_back_with_a_refund(hub: Hub) -> None:
    """Whoever moves out the next day is not charged for a service that was never used."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call(
        "set_top_up_fee",
        fee="terminal",
        name="Terminal fee",
        percent="1",
        fixed="0.50",
        least="2.00",
        on_top=True,
        back="refunded",
        channels=["terminal"],
    )
    assert (await hub.call("top_up", wallet="w1", amount="100"))["fee"] is None
    told = await hub.call("top_up", wallet="w1", amount="100", channel="terminal")
    assert (told["fee"]["total"], told["balance"]) == ("2.00", "200.00")
    assert (await explained(hub, "en"))[-1] == (
        "Card; receipt 2; Terminal fee 1 % of 100.00: 1.00; Terminal fee: 0.50; "
        "Terminal fee, at least 2.00: 0.50; paid beside it"
    )
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("refund", wallet="w1", amount="200.01", reason="left")
    assert refused.value.translation_key == "more_than_refundable"
    half = await hub.call("refund", wallet="w1", amount="50", reason="left", reference="half")
    assert (half["fee_given_back"], half["balance"]) == ("1.00", "150.00")
    assert (await explained(hub, "en"))[-1] == "Cash; fee given back: 1.00"
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("reverse_entry", entry=told["entry"], reason="typed twice")
    assert refused.value.translation_key == "top_up_fee_given_back"
    await hub.restart()
    shut = await hub.call("close_wallet", wallet="w1", reason="left")
    assert (shut["settled"], shut["fee_given_back"]) == ("150.00", "1.00")
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] is None


@pytest.mark.parametrize(("back", "left"), [("never", "10.00"), ("reversed", "0.00")])
async def test_a_top_up_taken_back_gives_its_fee_back_where_the_rule_says_so(
    hub: Hub, back: str, left: str
) -> None:
    """The wrong flat was topped up: nobody's wallet is short, and the rule says who bears the fee."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("set_top_up_fee", fee="desk", percent="10", back=back)
    told = await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    gone = await hub.call("reverse_entry", entry=told["entry"], reason="wrong flat")
    assert gone["balance"] == "0.00"
    balances: Any = await hub.data.books.balances()
    assert hub.data.site.currency.text(balances.get(51, 0)) == left
    (fee,) = (await hub.call("list_top_up_fees"))["fees"]
    assert (fee["percent"], fee["back"], fee["open"]) == ("10", back, True)


async def test_a_fee_that_makes_no_sense_says_what_to_do(hub: Hub) -> None:
    """A slip of the finger must not take a customer's whole top-up."""
    for fields, key in (
        ({"percent": "101"}, "top_up_fee_too_high"),
        ({"fixed": "-1"}, "top_up_fee_negative"),
        ({"least": "5", "most": "1"}, "top_up_fee_bounds"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await hub.call("set_top_up_fee", fee="card", **fields)
        assert refused.value.translation_key == key
    assert (await hub.call("list_top_up_fees"))["fees"] == []
