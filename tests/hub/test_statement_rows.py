"""On paper charges that say the same are one row, and the page still adds up to the books."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.chart import Bucket
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import EntryId
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.operations.statement import Line, Part, Statement, Sums
from custom_components.prepaid_parking.statement_rows import Row, rows_of

EVENING: Final = datetime(2026, 7, 1, 18, 50, tzinfo=UTC)
PART: Final = Part(
    tariff="home",
    version=1,
    rate="flat",
    tier=0,
    price_micro=800_000,
    quantity=12_500,
    measure=Quantity.ENERGY,
)


def line(number: int, *, kind: EntryKind = EntryKind.USAGE, **fields: Any) -> Line:
    """A movement of a wallet, half a minute after the one before it."""
    at = fields.pop("at", EVENING + timedelta(seconds=30 * number))
    entry = Entry(
        id=EntryId(number),
        kind=kind,
        event=f"e{number}",
        occurred=at,
        booked=at,
        actor="system",
        reason=fields.pop("reason", ""),
        detail=fields.pop("detail", {}),
        postings=(),
        reverses=None,
        hash=b"",
    )
    usual: dict[str, Any] = {"cash_minor": -1, "bonus_minor": 0, "meter": "m1", "parts": (PART,)}
    return Line(entry=entry, **(usual | fields))


def rows(*lines: Line, opening: int = 100) -> list[Row]:
    """The rows of a page."""
    spent = -sum(one.amount_minor for one in lines)
    made = Statement(
        wallet="w1",
        unit="Flat 1",
        since=None,
        until=EVENING + timedelta(days=9),
        money={Bucket.CASH: Sums(opening=opening, spent=spent)},
        lines=lines,
        meters=(),
        kinds={},
    )
    return rows_of(made, UTC)


def test_charges_that_follow_each_other_are_one_row() -> None:
    """Six pages of one cent each hide the one row that the tenant looks for."""
    (row,) = rows(*(line(number) for number in range(1, 15)))
    assert (row.count, row.first, row.line.entry.id) == (14, 1, 14)
    assert (row.since, row.line.entry.occurred - row.since) == (
        EVENING + timedelta(seconds=30),
        timedelta(seconds=30 * 13),
    )
    assert (row.line.amount_minor, row.balance) == (-14, 86)
    assert row.line.parts == (replace(PART, quantity=14 * 12_500),)


def test_what_differs_stands_for_itself() -> None:
    """Another price, meter or day, a reason of somebody, a payment: each is a row of its own."""
    dear = (replace(PART, price_micro=900_000),)
    night = (replace(PART, rate="night"),)
    lines = (
        line(1),
        line(2, meter="m2"),
        line(3, parts=dear),
        line(4, parts=night),
        line(5, kind=EntryKind.TOP_UP, cash_minor=50, meter="", parts=()),
        line(6),
        line(7, at=EVENING + timedelta(days=1)),
        line(8, reason="by hand", at=EVENING + timedelta(days=1)),
        line(9, reason="by hand", at=EVENING + timedelta(days=1)),
    )
    found = rows(*lines)
    assert [row.line for row in found] == list(lines)
    assert {row.count for row in found} == {1}


def test_taxes_in_the_charges_of_a_row_are_added_up() -> None:
    """The tax office reads the row as well."""

    def taxed(number: int, amount: int) -> Line:
        levy = {"name": "VAT", "share": 130_000, "included": True, "amount": amount}
        return line(number, detail={"levies": [levy]})

    (both, bare) = rows(taxed(1, 2), taxed(2, 3), line(3))
    assert both.line.entry.detail["levies"] == [
        {"name": "VAT", "share": 130_000, "included": True, "amount": 5}
    ]
    assert bare.count == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["m1", "m2"]),
            st.sampled_from([800_000, 900_000]),
            st.integers(-50, 0),
            st.integers(0, 5_000_000),
        ),
        max_size=30,
    )
)
def test_whatever_is_folded_the_sums_stay(charges: list[tuple[str, int, int, int]]) -> None:
    """A page that does not add up to the books is a quarrel."""
    lines = [
        line(
            number,
            meter=meter,
            cash_minor=minor,
            parts=(replace(PART, price_micro=price, quantity=quantity),),
        )
        for number, (meter, price, minor, quantity) in enumerate(charges, 1)
    ]
    found = rows(*lines)
    assert sum(row.count for row in found) == len(lines)
    assert sum(row.line.amount_minor for row in found) == sum(one.amount_minor for one in lines)
    assert sum(row.line.parts[0].quantity for row in found) == sum(one[3] for one in charges)
    balance = 100
    for row in found:
        balance += row.line.amount_minor
        assert row.balance == balance
