"""Whose day a provider's file is of, when it is there, and how long it is asked for."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from .chart import Channel
from .settlement_rows import OrderSide

BEIJING: Final = timezone(timedelta(hours=8))
ZONES: Final[Mapping[Channel, tzinfo]] = {
    Channel.WECHAT: BEIJING,
    Channel.ALIPAY: BEIJING,
    Channel.STRIPE: UTC,
}
"""Whose days the files are of."""
READY: Final = {
    Channel.WECHAT: timedelta(hours=34),
    Channel.ALIPAY: timedelta(hours=34),
    Channel.STRIPE: timedelta(hours=26),
}
"""When a file is there, from the beginning of its day: the Chinese ones at ten the next morning."""
GIVEN_UP: Final = timedelta(days=14)
"""So long a file is asked for; providers make them within hours, or never."""
RETRY: Final = tuple(timedelta(minutes=pause) for pause in (10, 30, 60, 240))
MIDNIGHT: Final = timedelta(minutes=15)
"""A payment so near midnight may stand in the file of the day beside."""


def paid_on(day: date, zone: tzinfo, orders: Iterable[OrderSide]) -> list[OrderSide]:
    """Return the orders that the file of a day should have, seen from the day after.

    So near midnight that it may stand in the next day's file, an order is looked for there.
    """
    return [
        one
        for one in orders
        if one.paid_minor and (one.paid_at.astimezone(zone) + MIDNIGHT).date() == day
    ]


def due_days(kind: Channel, done_to: date, now: datetime) -> list[date]:
    """Return the days whose files should be there by now and were not taken up, the oldest first."""
    last = (now.astimezone(ZONES[kind]) - READY[kind]).date()
    return [done_to + timedelta(days=one) for one in range(1, (last - done_to).days + 1)]


def day_of(kind: Channel, at: datetime) -> date:
    """Return the provider's day of an instant."""
    return at.astimezone(ZONES[kind]).date()


def is_given_up(kind: Channel, day: date, now: datetime) -> bool:
    """Tell whether a day's file will not come any more."""
    return now.astimezone(ZONES[kind]).date() >= day + GIVEN_UP
