"""A tariff lies in the books with all its rules, whichever they are."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given

from custom_components.prepaid_parking.core.tariff import TariffVersion
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.store.codec import codec_of
from tests.core.tariff_strategies import whole_documents


@given(whole_documents())
def test_a_tariff_is_read_from_the_books_as_it_was_published(document: dict[str, Any]) -> None:
    """After a restart the same kilowatt-hour must cost the same."""
    tariff = read_tariff(document, version=7, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    codec = codec_of(TariffVersion)
    assert codec.record(codec.row(tariff)) == tariff
