"""A file that somebody picked is a table of ours, or is refused in words."""

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.space_lists import COLUMNS
from custom_components.prepaid_parking.core.table_file import MOST_BYTES, table_text

CHINESE = "车位;位置;产权\nB1-001;地下;自有\n"
ENGLISH = "name;location;tenure;zone\nA-1;underground;owned;Nord\n"


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, "\n\n" + CHINESE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_what_a_spreadsheet_saves_is_read_as_it_was_written(text: str, encoding: str) -> None:
    """The office saves as its spreadsheet does by itself: GBK in China, with a mark elsewhere."""
    assert table_text(text.encode(encoding), COLUMNS).lstrip("\ufeff") == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1250", "cp1251"])
def test_letters_of_another_encoding_are_not_taken_for_chinese_ones(encoding: str) -> None:
    """A zone "Süd" that is read as a Chinese sign stands on every bill before anybody sees it."""
    word = "Юг" if encoding == "cp1251" else "Süd"
    with pytest.raises(CoreError, match="list_wrong_encoding"):
        table_text(ENGLISH.replace("Nord", word).encode(encoding), COLUMNS)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\0\x06\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"%PDF-1.7 ...",
        b"name;location\0",
        b"\x89PNG\r\n",
    ],
)
def test_a_workbook_or_a_picture_is_no_table(data: bytes) -> None:
    """Most people pick the workbook first; they are told what to save it as."""
    with pytest.raises(CoreError, match="list_not_a_table"):
        table_text(data, COLUMNS)


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    """A film that was picked by mistake would hold up the hub."""
    assert table_text(b" " * MOST_BYTES, COLUMNS)
    with pytest.raises(CoreError, match="list_too_large"):
        table_text(b" " * (MOST_BYTES + 1), COLUMNS)


def test_half_a_letter_at_the_end_is_a_wrong_encoding() -> None:
    """A copy that broke off is not taken up to where it broke."""
    with pytest.raises(CoreError, match="list_wrong_encoding"):
        table_text(CHINESE.encode("utf-16")[:-1], COLUMNS)
