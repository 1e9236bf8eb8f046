"""What a payer is asked and offered on the page: when the car came in, how much, which way to pay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from .local_day import DAY
from .money import Currency
from .pay_channel import Way

LASTS: Final = timedelta(minutes=15)
"""A visit: as long as somebody needs who has to look for a purse."""
HOUR: Final = timedelta(hours=1)
HOURS_BACK: Final = 24
DAYS_BACK: Final = 7
UNSURE: Final = timedelta(minutes=15)
"""Who came in at 13:55 remembers two o'clock."""
EARLIER: Final = "earlier"
LAST_DIGITS: Final = 4
MOST_LETTERS: Final = 40
"""Of what a payer types in a field; a plate has a dozen."""
STEPS: Final = (20, 50, 100, 200, 500)
"""Amounts to choose from, in whole units of a currency with cents, hundredfold of one without."""
APPS: Final = {"wechat": "micromessenger", "alipay": "alipayclient"}
"""How a provider's own browser names itself to a page (part of its User-Agent)."""
PHONES: Final = ("mobile", "android", "iphone", "ipad", "harmony")


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """A time of arrival to choose: an hour of the site's clock, a day, or before all of them."""

    value: str
    day: date
    hour: int | None = None


def times_of_arrival(now: datetime, zone: tzinfo) -> tuple[Since, ...]:
    """Return what a payer chooses from: each of the last hours, each of the days before."""
    begin = now.astimezone(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    hours = [begin - HOUR * back for back in range(HOURS_BACK)]
    days = [begin.date() - DAY * back for back in range(1, DAYS_BACK + 1)]
    return (
        *(Since(value=f"{one:%Y-%m-%dT%H}", day=one.date(), hour=one.hour) for one in hours),
        *(Since(value=one.isoformat(), day=one) for one in days),
        Since(value=EARLIER, day=days[-1] - DAY),
    )


def came_then(entered: datetime, since: str, now: datetime, zone: tzinfo) -> bool:
    """Tell whether a car came in when somebody says it did; wrong by a few minutes is right."""
    choices = times_of_arrival(now, zone)
    chosen = next((one for one in choices if one.value == since), None)
    if chosen is None:
        return False
    local = entered.astimezone(zone).replace(tzinfo=None)
    begin = datetime.combine(chosen.day, datetime.min.time())
    if chosen.hour is not None:
        begin += HOUR * chosen.hour
        return begin - UNSURE <= local < begin + HOUR + UNSURE
    # A whole day is easily guessed: it is an answer only where no hour is one.
    oldest = datetime.combine(choices[HOURS_BACK - 1].day, datetime.min.time())
    if local >= oldest + HOUR * (choices[HOURS_BACK - 1].hour or 0) + UNSURE:
        return False
    return local < begin + DAY and (chosen.value == EARLIER or begin - UNSURE <= local)


def ends_with(phone: str, digits: str) -> bool:
    """Tell whether a telephone number ends with these four digits."""
    if len(digits) != LAST_DIGITS or not digits.isdecimal():
        return False
    return "".join(sign for sign in phone if sign.isdecimal()).endswith(digits)


def amounts(currency: Currency, least_minor: int, most_minor: int) -> Sequence[int]:
    """Return amounts to choose from, in minor units, within what may be paid."""
    scale = 10**currency.digits if currency.digits else 100
    return [step * scale for step in STEPS if least_minor <= step * scale <= most_minor]


def on_phone(browser: str) -> bool:
    """Tell a phone's browser, whose screen nobody can scan who holds it."""
    name = browser.lower()
    return any(word in name for word in PHONES)


def way_to_pay(kind: str, ways: Collection[Way], browser: str) -> Way | None:
    """Return how somebody with this browser comes to a provider's page; None where it has no way.

    On a phone that is a link: nobody can scan a code from the screen they hold. A provider's link is
    refused inside another one's app, and WeChat's inside its own: there a code is shown, unless the
    page can call the app it is in.
    """
    name = browser.lower()
    inside = next((app for app, word in APPS.items() if word in name), "")
    if inside == kind and Way.APP in ways:
        return Way.APP
    by_link = on_phone(browser) and (not inside or (inside == kind and kind != "wechat"))
    wanted = (Way.PAGE, Way.QR) if by_link else (Way.QR, Way.PAGE)
    return next((way for way in wanted if way in ways), None)
