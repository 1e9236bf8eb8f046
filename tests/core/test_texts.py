"""What people write is bounded in one place, however deep it stands."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.texts import LONGEST_NAME, LONGEST_NOTE, check_texts


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "x" * 201}, "name"),
        ({"reason": "x" * 1_001}, "reason"),
        ({"person": {"name": "x" * 201}}, "name"),
        ({"lines": [{"text": "Rent"}, {"text": "x" * 201}]}, "text"),
        ({"tags": ["t", "x" * 1_001]}, "tags"),
    ],
)
def test_a_text_that_is_too_long_is_refused_and_its_field_named(
    given: dict[str, Any], field: str
) -> None:
    """A clipboard's whole page as a flat's name stands on every bill, and in the books for ever."""
    with pytest.raises(CoreError, match="text_too_long") as refused:
        check_texts(given)
    assert refused.value.placeholders["field"] == field
    assert "xxx" not in str(refused.value)


def test_what_people_really_write_is_taken() -> None:
    """A long reason is a reason; a whole table is looked at cell by cell."""
    check_texts(
        {
            "name": "x" * LONGEST_NAME,
            "reason": "x" * LONGEST_NOTE,
            "csv": "wallet,amount\n" * 1_000,
            "amount": 5,
            "lines": [{"text": "Rent"}, None],
        }
    )
