"""Batches: what an office program saves is read, and a batch is known again by what it says."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.batch import (
    MOST_ROWS,
    Row,
    amount_of,
    digest,
    read_csv,
    read_rows,
)
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.money import Currency

ROWS = [
    Row(number=1, wallet="w1", amount="100.00", reason="November"),
    Row(number=2, wallet="Flat 3, left", amount="50"),
]


@pytest.mark.parametrize(
    "text",
    [
        'wallet,amount,reason\nw1,100.00,November\n"Flat 3, left",50,\n',
        "wallet;amount;reason\r\nw1;100.00;November\r\nFlat 3, left;50;\r\n",
        "\ufeffReason\tWallet\tAmount\nNovember\tw1\t100.00\n\tFlat 3, left\t50\n",
        "  \n wallet ; amount ; reason\n w1 ; 100.00 ; November\nFlat 3, left;50\n",
    ],
)
def test_a_table_is_read_as_an_office_program_saves_it(text: str) -> None:
    """A manager in China saves semicolons with a mark in front, one in England commas."""
    assert read_csv(text) == ROWS


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "batch_empty"),
        ("wallet,amount\n", "batch_empty"),
        ("wallet,ammount\nw1,5\n", "batch_columns"),
        ("wallet\nw1\n", "batch_columns"),
        ("wallet,amount,iban\nw1,5,x\n", "batch_columns"),
        ("wallet,amount\nw1,5,surplus\n", "batch_columns"),
    ],
)
def test_a_table_that_says_something_else_is_refused(text: str, key: str) -> None:
    """An amount in a misspelled column would be nobody's."""
    with pytest.raises(CoreError, match=key):
        read_csv(text)


def test_rows_may_be_given_as_a_list() -> None:
    """Another program calls the action with what it has."""
    given_: list[dict[str, Any]] = [
        {"wallet": "w1", "amount": "100.00", "reason": "November"},
        {"wallet": "Flat 3, left", "amount": 50},
    ]
    assert read_rows(given_) == ROWS
    with pytest.raises(CoreError, match="batch_too_long"):
        read_rows([{"wallet": "w1", "amount": "1"}] * (MOST_ROWS + 1))


@pytest.mark.parametrize(
    ("amount", "key"),
    [
        ("0", "amount_not_positive"),
        ("-5", "amount_not_positive"),
        ("five", "not_a_number"),
        ("0.001", "amount_too_fine"),
    ],
)
def test_an_amount_that_is_none_is_refused(amount: str, key: str) -> None:
    """Each with the words that say what to mend."""
    with pytest.raises(CoreError, match=key):
        amount_of(Row(number=1, wallet="w1", amount=amount), Currency.of("CNY").parse)


texts = st.text(max_size=6)
rows = st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=6)


@given(one=rows, other=rows)
def test_two_batches_are_the_same_only_if_they_say_the_same(
    one: list[tuple[str, str, str]], other: list[tuple[str, str, str]]
) -> None:
    """No cell can be moved across its border without being another batch."""

    def made(cells: list[tuple[str, str, str]]) -> list[Row]:
        return [
            Row(number=number, wallet=wallet, amount=amount, reason=reason)
            for number, (wallet, amount, reason) in enumerate(cells, 1)
        ]

    assert (digest(made(one)) == digest(made(other))) is (one == other)
