"""What a payer is asked: when the car came in, as people remember it, and no easier than that."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.pay_channel import FOR_ANYBODY, Way
from custom_components.prepaid_parking.core.pay_visit import (
    EARLIER,
    UNSURE,
    amounts,
    came_then,
    ends_with,
    times_of_arrival,
    way_to_pay,
)

NOW: Final = datetime(2026, 7, 1, 12, 20, tzinfo=UTC)
CHINA: Final = ZoneInfo("Asia/Shanghai")
BOTH: Final = FOR_ANYBODY
ALL: Final = BOTH | {Way.APP}
SAFARI: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Mobile/15E148 Safari/604.1"
WECHAT: Final = f"{SAFARI} MicroMessenger/8.0.50"
ALIPAY: Final = f"{SAFARI} AlipayClient/10.6"
DESKTOP: Final = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"


def test_the_last_day_is_asked_by_the_hour_and_before_that_by_the_day() -> None:
    """On the site's clock: a payer in Shanghai knows no other."""
    times = times_of_arrival(NOW, CHINA)
    assert [one.value for one in times[:2]] == ["2026-07-01T20", "2026-07-01T19"]
    assert [one.value for one in times[23:26]] == ["2026-06-30T21", "2026-06-30", "2026-06-29"]
    assert times[-1].value == EARLIER
    assert len({one.value for one in times}) == len(times)


@pytest.mark.parametrize(
    ("minutes_ago", "since", "right"),
    [
        (0, "2026-07-01T20", True),
        (25, "2026-07-01T20", True),
        (25, "2026-07-01T19", True),
        (50, "2026-07-01T20", False),
        (50, "2026-07-01T19", True),
        (50, "2026-07-01", False),
        (5, "2026-06-30", False),
        (3 * 1440, "2026-06-28", True),
        (3 * 1440, "2026-06-27", False),
        (3 * 1440, EARLIER, False),
        (30 * 1440, EARLIER, True),
        (30, "", False),
        (30, "20:00", False),
        (30, "2026-07-01T20\x00", False),
    ],
)
def test_who_remembers_about_when_is_right(minutes_ago: int, since: str, right: bool) -> None:
    """A quarter of an hour off is right, an hour off is a guess."""
    entered = NOW - timedelta(minutes=minutes_ago)
    assert came_then(entered, since, NOW, CHINA) is right


@given(st.integers(0, 20 * 1440))
def test_every_arrival_has_an_answer_and_few_answers_fit_it(minutes: int) -> None:
    """Who knows the time can always say so; who does not has to guess among all the others."""
    entered = NOW - timedelta(minutes=minutes)
    choices = [one.value for one in times_of_arrival(NOW, CHINA)]
    fitting = [one for one in choices if came_then(entered, one, NOW, CHINA)]
    assert 1 <= len(fitting) <= 3
    assert timedelta(hours=1) > UNSURE * 2


@pytest.mark.parametrize(
    ("phone", "digits", "right"),
    [
        ("+86 138 0013 8000", "8000", True),
        ("138-0013-8000", "8000", True),
        ("13800138000", "000", False),
        ("13800138000", "", False),
        ("", "8000", False),
        ("", "", False),
        ("13800138000", "138000", False),
        ("13800138000", "80-0", False),
    ],
)
def test_four_digits_are_what_proves_a_phone(phone: str, digits: str, right: bool) -> None:
    """Who leaves it empty has proved nothing, also where there is no number."""
    assert ends_with(phone, digits) is right


@pytest.mark.parametrize(
    ("code", "least", "most", "offered"),
    [
        ("CNY", 1, 10**15, [2000, 5000, 10000, 20000, 50000]),
        ("CNY", 1, 10000, [2000, 5000, 10000]),
        ("JPY", 1, 10**15, [2000, 5000, 10000, 20000, 50000]),
        ("KWD", 1, 10**15, [20000, 50000, 100000, 200000, 500000]),
        ("CNY", 60000, 90000, []),
    ],
)
def test_amounts_to_choose_are_round_and_allowed(
    code: str, least: int, most: int, offered: list[int]
) -> None:
    """Nobody is offered what is refused a step later."""
    assert amounts(Currency.of(code), least, most) == offered


@pytest.mark.parametrize(
    ("kind", "ways", "browser", "way"),
    [
        ("wechat", BOTH, DESKTOP, Way.QR),
        ("wechat", BOTH, SAFARI, Way.PAGE),
        ("wechat", BOTH, WECHAT, Way.QR),
        ("alipay", BOTH, ALIPAY, Way.PAGE),
        ("alipay", BOTH, WECHAT, Way.QR),
        ("stripe", {Way.PAGE}, DESKTOP, Way.PAGE),
        ("stripe", {Way.PAGE}, WECHAT, Way.PAGE),
        ("wechat", {Way.QR}, SAFARI, Way.QR),
        ("wechat", set(), SAFARI, None),
        ("wechat", BOTH, "", Way.QR),
        ("wechat", ALL, WECHAT, Way.APP),
        ("wechat", ALL, SAFARI, Way.PAGE),
        ("wechat", ALL, DESKTOP, Way.QR),
        ("wechat", ALL, ALIPAY, Way.QR),
    ],
)
def test_nobody_is_shown_a_way_that_does_not_work_where_they_are(
    kind: str, ways: set[Way], browser: str, way: Way | None
) -> None:
    """Nobody can scan the phone they hold, and WeChat refuses its own links inside itself."""
    assert way_to_pay(kind, ways, browser) is way
