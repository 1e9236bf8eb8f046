"""What is read of records: those of a kind, and what still matters of commands."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from itertools import batched
from typing import Final

from sqlalchemy import BindParameter, Connection, Table, bindparam, func, select
from sqlalchemy.dialects import sqlite

from ..core.page import Mark
from ..core.shift import Shift
from ..core.supply import CommandLog, CommandOutcome
from . import tables_desk, tables_meters
from .codec import Value, codec_of, to_micros, written_mark

AT_ONCE: Final = 500
"""So many values are asked for in one question."""


def read_records[R](connection: Connection, kind: type[R], /, **like: Value) -> list[R]:
    """Return the records of a kind with these column values, in the order of their keys."""
    codec = codec_of(kind)
    none = tuple(name for name, value in like.items() if value is None)
    given = {name: value for name, value in like.items() if value is not None}
    rows = connection.exec_driver_sql(_reading(codec.table, tuple(given), none), given)
    return [codec.record(tuple(row)) for row in rows]


def read_between[R](
    connection: Connection, kind: type[R], column: str, first: Mark, last: Mark
) -> list[R]:
    """Return the records of a kind with a column from one value to another, both included, by it."""
    codec = codec_of(kind)
    named = codec.table.c[column]
    wanted = select(*codec.table.c).where(named.between(written_mark(first), written_mark(last)))
    rows = connection.execute(wanted.order_by(named, *codec.table.primary_key))
    return [codec.record(tuple(row)) for row in rows]


def read_among[R](
    connection: Connection, kind: type[R], column: str, values: Iterable[str]
) -> list[R]:
    """Return the records of a kind with one of these values in a column, each value asked for once."""
    codec = codec_of(kind)
    asked: BindParameter[str] = bindparam("values", expanding=True)
    wanted = select(*codec.table.c).where(codec.table.c[column].in_(asked))
    return [
        codec.record(tuple(row))
        for part in batched(dict.fromkeys(values), AT_ONCE, strict=False)
        for row in connection.execute(wanted, {"values": part})
    ]


def read_shifts(connection: Connection, begin: datetime, end: datetime) -> list[Shift]:
    """Return the shifts that were closed from one time on and had been opened before another."""
    shift = tables_desk.shift.c
    wanted = select(*shift).where(
        shift.closed_at >= to_micros(begin), shift.opened_at < to_micros(end)
    )
    codec = codec_of(Shift)
    return [codec.record(tuple(row)) for row in connection.execute(wanted)]


@cache
def _reading(table: Table, given: tuple[str, ...], none: tuple[str, ...]) -> str:
    """Return the words that read records: a start reads a hundred kinds, and wording costs the most."""
    column = table.c
    wanted = (
        select(*column)
        .where(*(column[name] == bindparam(name) for name in given))
        .where(*(column[name].is_(None) for name in none))
        .order_by(*table.primary_key)
    )
    return str(wanted.compile(dialect=sqlite.dialect(paramstyle="named")))


def read_commands(connection: Connection, since: datetime) -> list[CommandLog]:
    """Return the commands that have no outcome, those of that time on, and each target's last."""
    log = tables_meters.command_log.c
    latest = select(func.max(log.id)).group_by(log.target)
    wanted = (
        select(*log)
        .where(
            (log.outcome == CommandOutcome.DECIDED.value)
            | (log.outcome_at >= to_micros(since))
            | log.id.in_(latest)
        )
        .order_by(log.id)
    )
    codec = codec_of(CommandLog)
    return [codec.record(tuple(row)) for row in connection.execute(wanted)]


def count_passages(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many passages of each kind there were from an instant on."""
    passage = tables_meters.passage.c
    wanted = (
        select(passage.kind, func.count())
        .where(passage.at >= to_micros(since))
        .group_by(passage.kind)
    )
    return dict(connection.execute(wanted).tuples().all())


def read_pictured(
    connection: Connection, names: Collection[str], since: datetime
) -> dict[str, str]:
    """Return the lanes of these pictures, by the passages from an instant on."""
    passage = tables_meters.passage.c
    wanted = select(passage.picture, passage.lane).where(
        passage.at >= to_micros(since), passage.picture.in_(names)
    )
    return dict(connection.execute(wanted).tuples().all())


def read_old_commands(connection: Connection, before: datetime, limit: int) -> list[CommandLog]:
    """Return commands that ended before a time, the oldest first; each target's last one stays."""
    log = tables_meters.command_log.c
    latest = select(func.max(log.id)).group_by(log.target)
    open_ones = (CommandOutcome.DECIDED.value, CommandOutcome.SENT.value)
    wanted = (
        select(*log)
        .where(
            log.outcome_at < to_micros(before),
            log.outcome.not_in(open_ones),
            log.id.not_in(latest),
        )
        .order_by(log.id)
        .limit(limit)
    )
    codec = codec_of(CommandLog)
    return [codec.record(tuple(row)) for row in connection.execute(wanted)]
