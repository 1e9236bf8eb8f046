"""A table as a file brings it: text in one of the encodings that spreadsheets write, or no table at all."""

from collections.abc import Collection
from typing import Final

from .errors import CoreError

MOST_BYTES: Final = 2_000_000
"""Ten thousand spaces with every column are not half of it; more is another file."""
BINARY: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""How workbooks, their old form, printed pages and pictures begin."""
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""How "Unicode text" of a spreadsheet begins."""


def table_text(data: bytes, columns: Collection[str], most: int = MOST_BYTES) -> str:
    """Return the text of a file that has so many bytes at most.

    What is no UTF-8 may be GBK, as a Chinese spreadsheet writes it: any bytes can be read as that, and
    other letters would turn into wrong ones. So it is taken only where `columns` that are known show up.
    """
    if len(data) > most:
        raise CoreError("list_too_large", most=most // 1_000_000)
    if data.startswith(BINARY):
        raise CoreError("list_not_a_table")
    if data.startswith(UTF_16):
        return _decoded(data, "utf-16")
    if b"\0" in data:
        raise CoreError("list_not_a_table")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decoded(data, "gb18030")
    header = next((line for line in text.splitlines() if line.strip()), "")
    if not any(name in header for name in columns if not name.isascii()):
        raise CoreError("list_wrong_encoding")
    return text


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as err:
        raise CoreError("list_wrong_encoding") from err
