"""The number on a voucher: what was mistyped is told from what was made up, and neither is worth money."""

from datetime import UTC, date, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import VoucherBatchId, WalletId
from custom_components.prepaid_parking.core.voucher import (
    NUMBER_DIGITS,
    Voucher,
    VoucherBatch,
    VoucherState,
    grouped,
    number_of_voucher,
    place_of,
    proven,
    read_number,
    serial_of,
    state_of_voucher,
)

KEY = bytes(range(32))
OTHER = bytes(reversed(range(32)))
serials = st.integers(0, 99_999_999)


@given(serials)
def test_a_number_says_which_voucher_it_is(serial: int) -> None:
    """Who paid for a slip must get the money of this slip, read from paper with its gaps."""
    number = number_of_voucher(KEY, serial)
    assert len(number) == NUMBER_DIGITS
    assert proven(KEY, read_number(grouped(number))) == serial
    assert serial_of(*place_of(serial)) == serial


@given(serials, st.integers(0, NUMBER_DIGITS - 1), st.integers(1, 9))
def test_a_digit_that_slipped_is_always_found(serial: int, at: int, by: int) -> None:
    """Somebody who mistypes must hear that, never fill with another's voucher or be taken for a thief."""
    number = number_of_voucher(KEY, serial)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    with pytest.raises(CoreError, match="voucher_mistyped"):
        read_number(wrong)


@given(serials, st.integers(0, NUMBER_DIGITS - 2))
def test_two_digits_the_wrong_way_round_are_found(serial: int, at: int) -> None:
    """The second most frequent slip."""
    number = number_of_voucher(KEY, serial)
    wrong = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if wrong != number:
        with pytest.raises(CoreError, match="voucher_mistyped"):
            read_number(wrong)


@given(serials, st.text("0123456789", min_size=10, max_size=10))
def test_a_number_that_is_made_up_proves_nothing(serial: int, proof: str) -> None:
    """Whoever knows how numbers are built, and a real serial, is still without the key."""
    right = number_of_voucher(KEY, serial)
    body = right[:8] + proof
    made_up = f"{body}{98 - int(body) * 100 % 97:02d}"
    if made_up == right:
        return
    with pytest.raises(CoreError, match="voucher_wrong"):
        proven(KEY, read_number(made_up))


@given(serials)
def test_another_sites_voucher_is_worth_nothing_here(serial: int) -> None:
    """Two buildings with the same software must not pay each other's slips."""
    assert proven(OTHER, number_of_voucher(OTHER, serial)) == serial
    with pytest.raises(CoreError, match="voucher_wrong"):
        proven(KEY, number_of_voucher(OTHER, serial))


def test_proofs_of_neighbours_have_nothing_in_common() -> None:
    """Who holds one slip must not guess the next one from it."""
    proofs = {number_of_voucher(KEY, serial)[8:18] for serial in range(2000)}
    assert len(proofs) == 2000
    for at in range(10):
        assert {proof[at] for proof in proofs} == set("0123456789")


@pytest.mark.parametrize("form", ["１２３", "", "abc", "1" * 19, "1" * 21, "-" * 20, "½" * 20])
def test_what_is_no_number_is_told_so(form: str) -> None:
    """Who scans a shopping receipt must hear what is expected, not an error of the program."""
    with pytest.raises(CoreError, match="voucher_malformed"):
        read_number(form)


def test_wide_digits_and_hyphens_are_read_as_they_are_meant() -> None:
    """A Chinese keyboard writes wide digits; a person puts hyphens where the gaps are."""
    number = number_of_voucher(KEY, 1_234_567)
    wide = number.translate({ord("0") + n: chr(ord("０") + n) for n in range(10)})
    assert read_number(f" {wide} ") == read_number(grouped(number).replace(" ", "-")) == number


def test_a_voucher_stands_as_its_batch_and_its_own_record_say() -> None:
    """What is not sold, over, or past its day must not be worth money."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    until = date(2026, 7, 31)
    batch = VoucherBatch(
        id=VoucherBatchId("vb7"),
        no=7,
        count=10,
        amount_minor=5000,
        made_at=now,
        valid_until=until,
        sold=4,
        redeemed=1,
    )
    used = Voucher(serial=7000, batch=batch.id, ended_at=now, wallet=WalletId("w1"))
    gone = Voucher(serial=7001, batch=batch.id, ended_at=now)
    late = date(2026, 8, 1)
    assert state_of_voucher(batch, 3, None, until) is VoucherState.OPEN
    assert state_of_voucher(batch, 4, None, until) is VoucherState.UNSOLD
    assert state_of_voucher(batch, 3, None, late) is VoucherState.EXPIRED
    assert state_of_voucher(batch, 0, used, late) is VoucherState.REDEEMED
    assert state_of_voucher(batch, 1, gone, until) is VoucherState.CANCELLED
    assert (batch.open, batch.unsold, batch.open_minor) == (3, 6, 15_000)
