"""Pages of long lists: an index leads to where one begins, and no row beyond it is read."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, tuple_
from sqlalchemy.dialects import sqlite

from ..core.page import Page
from .codec import Value, codec_of, written_mark

type _Shape = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], bool, bool]
"""Columns with a value, columns with none, those that order, and which bounds there are."""


def read_page[R](connection: Connection, kind: type[R], asked: Page) -> list[R]:
    """Return a page of the records of a kind, in the order that it asks for."""
    codec = codec_of(kind)
    words = _paging(codec.table, _shape(asked), bool(asked.after), newest_first=asked.newest_first)
    given = _given(asked) | {"page_limit": asked.limit}
    for name, mark in zip(asked.by, asked.after, strict=bool(asked.after)):
        given[f"page_{name}"] = written_mark(mark)
    rows = connection.exec_driver_sql(words, given)
    return [codec.record(tuple(row)) for row in rows]


def read_count(connection: Connection, kind: type, asked: Page) -> int:
    """Return how many records all pages of a list have together."""
    words = _counting(codec_of(kind).table, _shape(asked))
    return int(connection.exec_driver_sql(words, _given(asked)).scalar_one())


def _shape(asked: Page) -> _Shape:
    none = tuple(name for name, value in asked.like.items() if value is None)
    given = tuple(name for name in asked.like if name not in none)
    return given, none, asked.by, asked.first is not None, asked.last is not None


def _given(asked: Page) -> dict[str, Value]:
    given: dict[str, Value] = {**asked.like}
    for name, mark in (("page_first", asked.first), ("page_last", asked.last)):
        given[name] = None if mark is None else written_mark(mark)
    return {name: value for name, value in given.items() if value is not None}


@cache
def _paging(table: Table, shape: _Shape, goes_on: bool, *, newest_first: bool) -> str:
    """Return the words that read a page: they are made once for each kind of question."""
    by = [table.c[name] for name in shape[2]]
    wanted = select(*table.c).where(*_conditions(table, shape))
    if goes_on:
        place = tuple_(*(bindparam(f"page_{column.name}") for column in by))
        wanted = wanted.where(tuple_(*by) < place if newest_first else tuple_(*by) > place)
    order = [column.desc() if newest_first else column for column in by]
    # Not by `limit`: that words an offset as well, with a number that nobody gives.
    return f"{_written(wanted.order_by(*order))} LIMIT :page_limit"


@cache
def _counting(table: Table, shape: _Shape) -> str:
    return _written(select(func.count()).select_from(table).where(*_conditions(table, shape)))


def _conditions(table: Table, shape: _Shape) -> list[ColumnElement[bool]]:
    given, none, by, has_first, has_last = shape
    found = [table.c[name] == bindparam(name) for name in given]
    found += [table.c[name].is_(None) for name in none]
    if has_first:
        found.append(table.c[by[0]] >= bindparam("page_first"))
    if has_last:
        found.append(table.c[by[0]] <= bindparam("page_last"))
    return found


def _written(wanted: Select[Any]) -> str:
    return str(wanted.compile(dialect=sqlite.dialect(paramstyle="named")))
