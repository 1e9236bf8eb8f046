"""A table as people keep it: text with a header line, its columns in any order."""

from collections.abc import Mapping
import csv
from dataclasses import dataclass
from typing import Final

from .errors import CoreError

DELIMITERS: Final = ";\t,"
"""Spreadsheets write one of these; a decimal comma is only safe where it is not the comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: its line in the text, its texts by column, and how many cells it has beyond the header's."""

    line: int
    cells: Mapping[str, str]
    beyond: int = 0


def read_rows(text: str, columns: Mapping[str, str]) -> list[Row]:
    """Turn a table into rows; `columns` are the names a header may bear and what each of them means.

    Refuses a table whose columns are not known or that does not name its rows. Empty lines are no rows.
    """
    written = text.lstrip("\ufeff").splitlines()
    lines = [(number, line) for number, line in enumerate(written, 1) if line.strip()]
    if len(lines) < 2:
        raise CoreError("list_is_empty")
    delimiter = next((one for one in DELIMITERS if one in lines[0][1]), ",")
    header, *rows = csv.reader((line for _, line in lines), delimiter=delimiter)
    said = [name.strip().casefold() for name in header]
    unknown = sorted(set(said) - columns.keys())
    if unknown:
        raise CoreError(
            "list_unknown_columns",
            columns=", ".join(unknown),
            known=", ".join(_known(columns, lines[0][1])),
        )
    names = [columns[name] for name in said]
    if "name" not in names:
        raise CoreError("list_without_names")
    return [
        Row(
            line=number,
            cells=dict(zip(names, cells, strict=False)),
            beyond=max(0, len(cells) - len(names)),
        )
        for (number, _), cells in zip(lines[1:], rows, strict=False)
    ]


def _known(columns: Mapping[str, str], header: str) -> list[str]:
    """Return the names a column may bear, in the letters that the header is written in."""
    alike = {name for name in columns if name.isascii() is header.isascii()}
    return sorted(alike or set(columns.values()))
