"""Records to rows and back, by the types of their fields alone.

One translation for all records: a date is stored the same way everywhere, and a new record needs a
table and a line here, no code.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, NewType, TypeAliasType, cast, get_args, get_origin, get_type_hints

import orjson
from sqlalchemy import Table

from ..core.errors import CoreError
from ..core.ledger import Record
from ..core.page import Mark
from .schema import TABLES

type Value = int | str | bytes | None
type Row = tuple[Value, ...]
type _Convert = Callable[[Any], Any]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Return whole microseconds of UTC; a time without a zone is refused by the subtraction."""
    return (at - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the instant of `to_micros`, in UTC."""
    return EPOCH + micros * MICROSECOND


def written_mark(mark: Mark) -> int | str:
    """Return a bound of a column as the column holds it."""
    return to_micros(mark) if isinstance(mark, datetime) else mark


def canonical_json(value: object) -> str:
    """Write text, whole numbers, lists and mappings in the one form that is hashed.

    A fraction is refused: its text differs between machines, and money has none. Of all that is
    done for an act this takes longest, hence the hub's own fast writer.
    """
    if not _exact(value):
        raise TypeError(f"neither text, whole number, list nor mapping of these: {value!r}")
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as err:  # More than 64 bits, or half a letter: somebody's slip, not ours.
        raise CoreError("cannot_be_written", detail=str(err)) from err


_PLAIN: Final = frozenset((str, int, bool, NoneType))


def _exact(value: object) -> bool:
    """Say whether all parts are exact. Asked for every act, hence the plain types first."""
    if isinstance(value, dict):
        for key, part in value.items():
            if type(key) is not str or (type(part) not in _PLAIN and not _exact(part)):
                return False
        return True
    if isinstance(value, list | tuple):
        for part in value:  # noqa: SIM110 - a generator costs twice the time
            if type(part) not in _PLAIN and not _exact(part):
                return False
        return True
    return value is None or isinstance(value, str | int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec[R]:
    """How one kind of record is written and read."""

    kind: type[R]
    table: Table
    names: tuple[str, ...]
    encoders: tuple[tuple[int, _Convert], ...]
    decoders: tuple[_Convert | None, ...]
    key_places: tuple[int, ...]

    def row(self, record: R) -> Row:
        """Return the record's columns, in the table's order."""
        values = list(attrgetter(*self.names)(record))
        for place, encode in self.encoders:
            values[place] = encode(values[place])
        return tuple(values)

    def key(self, row: Row) -> Row:
        """Return the part of a row that identifies it."""
        return tuple(row[place] for place in self.key_places)

    def record(self, row: Row) -> R:
        """Return the record of a row."""
        values = {
            name: decode(value) if decode else value
            for name, value, decode in zip(self.names, row, self.decoders, strict=True)
        }
        return self.kind(**values)


_CODECS: Final[dict[type, Codec[Any]]] = {}


def codec_of[R](kind: type[R]) -> Codec[R]:
    """Return the translation of a kind of record; unknown kinds have no table."""
    if (known := _CODECS.get(kind)) is None:
        known = _CODECS[kind] = _make_codec(kind)
    return known


def _make_codec[R](kind: type[R]) -> Codec[R]:
    table = TABLES[kind]
    hints = get_type_hints(kind)
    names = tuple(column.name for column in table.c)
    if set(names) != (known := {field.name for field in fields(cast("Any", kind))}):
        raise TypeError(
            f"{kind.__name__} and its table differ: {known.symmetric_difference(names)}"
        )
    both = [_column(hints[name]) for name in names]
    return Codec(
        kind=kind,
        table=table,
        names=names,
        encoders=tuple((place, encode) for place, (encode, _) in enumerate(both) if encode),
        decoders=tuple(decode for _, decode in both),
        key_places=tuple(names.index(column.name) for column in table.primary_key),
    )


def codec_for(record: Record) -> Codec[Record]:
    """Return the translation of this record."""
    return codec_of(type(record))


def _bare(hint: Any) -> Any:
    """Look through the names that a type goes by."""
    while isinstance(hint, NewType | TypeAliasType):
        hint = hint.__supertype__ if isinstance(hint, NewType) else hint.__value__
    return hint


def _optional(hint: Any) -> Any:
    """Return X of `X | None`, None for anything else."""
    if get_origin(hint) is UnionType and NoneType in get_args(hint):
        (inner,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return inner
    return None


def _column(hint: Any) -> tuple[_Convert | None, _Convert | None]:
    """Return how a field of this type is written into a column and read from it."""
    hint = _bare(hint)
    if inner := _optional(hint):
        encode, decode = _column(inner)
        return encode and _unless_none(encode), decode and _unless_none(decode)
    origin = get_origin(hint)
    if origin in (tuple, Mapping) or is_dataclass(hint):
        write, read = plain_of(hint), from_plain_of(hint)
        return (
            lambda value: orjson.dumps(write(value), option=orjson.OPT_SORT_KEYS).decode(),
            lambda value: read(orjson.loads(value)),
        )
    return _scalar(hint)


def _unless_none(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _scalar(hint: Any) -> tuple[_Convert | None, _Convert | None]:
    if hint is bool:
        return int, bool
    if hint in (int, str, bytes):
        return None, None
    if hint is datetime:
        return to_micros, from_micros
    if hint in (date, time):
        return hint.isoformat, hint.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("value"), hint
    raise TypeError(f"no column for {hint!r}")


def plain_of(hint: Any) -> _Convert:
    """Return what makes the JSON form of a value inside a column.

    Made once for each type: to ask a type of its parts takes longer than all the rest, and a passage
    has a dozen.
    """
    hint = _bare(hint)
    if hint is object:
        return _as_it_is  # A rule trace: plain data.
    if inner := _optional(hint):
        return _unless_none(plain_of(inner))
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _plain_list(args)
    if origin is Mapping:
        part = plain_of(args[1])
        return lambda value: {key: part(item) for key, item in value.items()}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        parts = tuple((field.name, plain_of(hints[field.name])) for field in fields(hint))
        return lambda value: {name: part(getattr(value, name)) for name, part in parts}
    if hint is bool:
        return _as_it_is
    return _scalar(hint)[0] or _as_it_is


def from_plain_of(hint: Any) -> _Convert:
    """Return what makes a value of its JSON form; a field added later takes its default."""
    hint = _bare(hint)
    if hint is object:
        return _as_it_is
    if inner := _optional(hint):
        return _unless_none(from_plain_of(inner))
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _from_list(args)
    if origin is Mapping:
        part = from_plain_of(args[1])
        return lambda value: {key: part(item) for key, item in value.items()}
    if is_dataclass(hint):
        return _from_object(hint)
    return _scalar(hint)[1] or _as_it_is


def _plain_list(args: tuple[Any, ...]) -> _Convert:
    if args[1:] == (...,):
        part = plain_of(args[0])
        return lambda value: [part(item) for item in value]
    parts = tuple(plain_of(one) for one in args)
    return lambda value: [part(item) for part, item in zip(parts, value, strict=True)]


def _from_list(args: tuple[Any, ...]) -> _Convert:
    if args[1:] == (...,):
        part = from_plain_of(args[0])
        return lambda value: tuple(part(item) for item in value)
    parts = tuple(from_plain_of(one) for one in args)
    return lambda value: tuple(part(item) for part, item in zip(parts, value, strict=True))


def _from_object(hint: Any) -> _Convert:
    hints = get_type_hints(hint)
    parts = {field.name: from_plain_of(hints[field.name]) for field in fields(hint)}
    needed = {field.name for field in fields(hint) if field.default is MISSING}

    def made(value: Any) -> Any:
        if missing := needed - value.keys():
            raise ValueError(f"{hint} lacks {sorted(missing)}")
        return hint(**{name: parts[name](value[name]) for name in parts.keys() & value.keys()})

    return made


def _as_it_is(value: Any) -> Any:
    return value
