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
        return (
            lambda value: orjson.dumps(plain(hint, value), option=orjson.OPT_SORT_KEYS).decode(),
            lambda value: from_plain(hint, orjson.loads(value)),
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


def plain(hint: Any, value: Any) -> Any:
    """Return the JSON form of a value inside a column."""
    hint = _bare(hint)
    if hint is object:
        return value  # A rule trace: plain data as it is.
    if inner := _optional(hint):
        return None if value is None else plain(inner, value)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return [plain(part, item) for part, item in zip(_parts(args, value), value, strict=True)]
    if origin is Mapping:
        return {key: plain(args[1], item) for key, item in value.items()}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return {
            field.name: plain(hints[field.name], getattr(value, field.name))
            for field in fields(hint)
        }
    if hint is bool:
        return value
    encode, _ = _scalar(hint)
    return encode(value) if encode else value


def from_plain(hint: Any, value: Any) -> Any:
    """Return the value of its JSON form; a field added later takes its default."""
    hint = _bare(hint)
    if hint is object:
        return value
    if inner := _optional(hint):
        return None if value is None else from_plain(inner, value)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        parts = zip(_parts(args, value), value, strict=True)
        return tuple(from_plain(part, item) for part, item in parts)
    if origin is Mapping:
        return {key: from_plain(args[1], item) for key, item in value.items()}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        known = {field.name for field in fields(hint)}
        needed = {field.name for field in fields(hint) if field.default is MISSING}
        if missing := needed - value.keys():
            raise ValueError(f"{hint} lacks {sorted(missing)}")
        kept = {name: from_plain(hints[name], value[name]) for name in known & value.keys()}
        return cast("type", hint)(**kept)
    _, decode = _scalar(hint)
    return decode(value) if decode else value


def _parts(args: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    return (args[0],) * len(value) if args[1:] == (...,) else args
