"""What is read of stays: one page, found by an index whatever is asked for."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select, tuple_

from ..core.identity import StayId
from ..core.order_sync import Totals
from ..core.stay import Stay, StayState
from ..core.stay_query import StayQuery
from ..core.two_hubs import ReceivedOrder
from .codec import codec_of, to_micros
from .tables_parking import received_order, stay as table

_STAY = table.c


def read_stays(connection: Connection, query: StayQuery) -> list[Stay]:
    """Return a page of stays, the latest arrival first."""
    codec = codec_of(Stay)
    return [codec.record(tuple(row)) for row in connection.execute(wanted(query))]


def read_stay_changes(
    connection: Connection, after: int, most: int
) -> tuple[list[Stay], int, Totals]:
    """Return the oldest changes after one, the number of the newest, and what all stays come to."""
    codec = codec_of(Stay)
    changed = select(*_STAY).where(_STAY.changed > after).order_by(_STAY.changed).limit(most)
    stays = [codec.record(tuple(row)) for row in connection.execute(changed)]
    last = connection.execute(select(func.coalesce(func.max(_STAY.changed), 0))).scalar_one()
    return stays, last, _totals(connection, _summed(table))


def read_received(
    connection: Connection, pair: str, stays: Collection[StayId]
) -> tuple[list[ReceivedOrder], Totals]:
    """Return what a lane hub told of these stays, and what all that it told come to."""
    codec, told = codec_of(ReceivedOrder), received_order.c
    found = select(*told).where(told.pair == pair, told.stay.in_(stays))
    orders = [codec.record(tuple(row)) for row in connection.execute(found)]
    return orders, _totals(connection, _summed(received_order).where(told.pair == pair))


def read_sealed_stays(connection: Connection, before: datetime, most: int) -> list[Stay]:
    """Return stays that were over before a time and still have their plate sealed, the oldest first."""
    codec, states = codec_of(Stay), [state.value for state in StayState if state.over]
    ended = func.coalesce(_STAY.left_at, _STAY.entered_at)
    found = (
        select(*_STAY)
        .where(_STAY.subject != "", _STAY.state.in_(states), ended < to_micros(before))
        .order_by(_STAY.entered_at)
        .limit(most)
    )
    return [codec.record(tuple(row)) for row in connection.execute(found)]


def _summed(rows: Table) -> Select[Any]:
    """Return the question what stays come to, or what was told of them."""
    sums = (rows.c.amount_minor, rows.c.paid_minor, rows.c.owed_minor)
    every = select(func.count(), *(func.coalesce(func.sum(one), 0) for one in sums))
    return every.select_from(rows)


def _totals(connection: Connection, summed: Select[Any]) -> Totals:
    number, amount, paid, owed = connection.execute(summed).one()
    return Totals(stays=number, amount_minor=amount, paid_minor=paid, owed_minor=owed)


def wanted(query: StayQuery) -> Select[Any]:
    """Return the question for a page: what comes before the last stay of the page before."""
    found = select(*_STAY).where(*_conditions(query))
    if query.after is not None:
        last = select(_STAY.entered_at, _STAY.no).where(_STAY.id == query.after)
        found = found.where(tuple_(_STAY.entered_at, _STAY.no) < last.scalar_subquery())
    order = (_STAY.entered_at.desc(), _STAY.no.desc())
    return found.order_by(*order).limit(query.limit)


def _conditions(query: StayQuery) -> Iterator[ColumnElement[bool]]:
    if query.since is not None:
        yield _STAY.entered_at >= to_micros(query.since)
    if query.until is not None:
        yield _STAY.entered_at < to_micros(query.until)
    if query.states:
        yield _STAY.state.in_([state.value for state in query.states])
    if query.lane is not None:
        yield or_(_STAY.entry_lane == query.lane, _STAY.exit_lane == query.lane)
    if query.card is not None:
        yield _STAY.card == query.card
    if query.vehicle:
        yield or_(_STAY.plate == query.vehicle, _STAY.ticket == query.vehicle)
