"""What a dialogue shows beside its fields: the hub reads it as Markdown, and what people typed is no markup."""

from collections.abc import Iterable, Sequence
import re
from typing import Final

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+!|~<>&-])")


def plain(text: object) -> str:
    """Return a text that is shown as it is, in one line."""
    return _MARKS.sub(r"\\\1", " ".join(str(text).split()))


def bullets(texts: Iterable[object]) -> str:
    """Return texts one below the other."""
    return "\n".join(f"- {plain(text)}" for text in texts)


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table."""
    lines = [_row(head), "|---" * len(head) + "|", *(_row(cells) for cells in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"
