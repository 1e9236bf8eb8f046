"""Reading a data file field by field: what is wrong is said with the place it stands at.

Whoever writes a profile for a new meter reads these sentences; "register.scale: write it as text"
helps, a traceback does not.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from fractions import Fraction
import re
from typing import Final

from ..core.errors import CoreError

_EXACT: Final = re.compile(r"\d{1,18}(\.\d{1,18}|/0*[1-9]\d{0,17})?")


class ProfileError(CoreError):
    """A profile that cannot be used: which file, where in it, and what is wrong there."""

    def __init__(self, source: str, path: str, problem: str) -> None:
        """Name the file, the place and the problem."""
        super().__init__("profile_broken", source=source, path=path, problem=problem)


class Fields:
    """One mapping of a data file. Every field is taken once; what is left over is a mistake."""

    def __init__(self, source: str, content: object, path: str = "") -> None:
        """Begin with all fields untaken."""
        self.source = source
        self.path = path
        if not isinstance(content, Mapping):
            raise self.error("", "must be a mapping of names to values")
        self._content: dict[object, object] = dict(content)

    def error(self, key: str, problem: str) -> ProfileError:
        """Return the error for a field of this mapping."""
        where = ".".join(part for part in (self.path, key) if part) or "(top)"
        return ProfileError(self.source, where, problem)

    def done(self) -> None:
        """Refuse what nobody asked for: a misspelled field must not be silently without effect."""
        for key in self._content:
            raise self.error(str(key), "is not a field that belongs here")

    def has(self, key: str) -> bool:
        """Whether a field is there and not yet taken."""
        return self._content.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.error(key, "must be a text")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts; none where the field is missing."""
        value = self._content.pop(key, None) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, "must be a list of texts")
        return tuple(value)

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Take a yes or no."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Take a whole number within bounds."""
        value = self._take(key, default)
        return self._whole(key, value, low, high)

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """Take a whole number or a list of them."""
        value = self._take(key, None)
        items = value if isinstance(value, list) else [value]
        if not items:
            raise self.error(key, "must not be empty")
        return tuple(self._whole(key, item, low, high) for item in items)

    def exact(self, key: str, default: str | None = None) -> Fraction:
        """Take an exact number: a whole one, or a decimal or fraction in quotes.

        Zero is only taken where it is the default.
        """
        value = self._take(key, default)
        if isinstance(value, float):
            raise self.error(key, f'must be exact: write it in quotes, "{value}"')
        text = "" if isinstance(value, bool) else str(value)
        if not _EXACT.fullmatch(text):
            raise self.error(key, 'must be a number in quotes, like "0.01"')
        number = Fraction(text)
        if number == 0 and default != "0":
            raise self.error(key, "must be above 0")
        return number

    def choice[E: Enum](self, key: str, kind: type[E], default: E | None = None) -> E:
        """Take one of the words or numbers of an enumeration."""
        value = self._take(key, default)
        for one in kind:
            if one.value == value and not isinstance(value, bool):
                return one
        words = ", ".join(str(one.value) for one in kind)
        raise self.error(key, f"must be one of: {words}")

    def child(self, key: str) -> Fields:
        """Take a mapping inside this one."""
        return Fields(self.source, self._take(key, None), self._path(key))

    def children(self, key: str) -> Iterator[Fields]:
        """Take a list of mappings; none where the field is missing."""
        if not self.has(key):
            return
        value = self._take(key, None)
        if not isinstance(value, list):
            raise self.error(key, "must be a list")
        for number, item in enumerate(value):
            yield Fields(self.source, item, f"{self._path(key)}[{number}]")

    def named(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Take a mapping of names to mappings; none where the field is missing."""
        if not self.has(key):
            return
        inside = self.child(key)
        for name in list(inside._content):  # noqa: SLF001 - its own class
            yield str(name), inside.child(str(name))

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _take(self, key: str, default: object) -> object:
        value = self._content.pop(key, None)
        if value is not None:
            return value
        if default is None:
            raise self.error(key, "is missing")
        return default

    def _whole(self, key: str, value: object, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, "must be a whole number")
        if not low <= value <= high:
            raise self.error(key, f"must be from {low} to {high}")
        return value
