"""When a wallet is warned and a supply may be cut: nobody is cut unwarned, unfairly or at night."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.cut_calendar import (
    in_window,
    may_cut,
    next_cut,
    quiet,
)
from custom_components.prepaid_parking.core.cut_list import cutoff_at
from custom_components.prepaid_parking.core.identity import PolicyId, WalletId
from custom_components.prepaid_parking.core.policy import (
    Policy,
    WalletState,
    Warned,
    effective,
    first_watch,
    mark,
    step,
    wallet_state,
)
from custom_components.prepaid_parking.core.wallet import Purpose, Wallet, WalletKind, Watch

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Policy(
    id=PolicyId("standard"), version=1, valid_from=NOW, alert_minor=5000, alert2_minor=1000
)
WATCH = Watch(wallet=WalletId("w1"))
WALLET = Wallet(
    id=WalletId("w1"),
    no=1,
    unit="Flat 3-201",
    purpose=Purpose.UTILITY,
    kind=WalletKind.INDIVIDUAL,
    policy=POLICY.id,
    opened_at=NOW,
)


class Desk:
    """A wallet that is watched step by step."""

    def __init__(self, policy: Policy = POLICY, watch: Watch = WATCH) -> None:
        """Begin at noon."""
        self.policy, self.watch, self.now = policy, watch, NOW

    def see(
        self, available: int, after: timedelta = timedelta(seconds=10), *, fair: bool = True
    ) -> list[Warned]:
        """Look at the wallet some time later."""
        self.now += after
        fair_s = int(after.total_seconds()) if fair else 0
        self.watch, said = step(self.watch, self.policy, available, self.now, fair_s)
        return said

    def state(self, available: int) -> WalletState:
        """Name how it stands."""
        return wallet_state(self.policy, self.watch, available, closed=False)


# --- warnings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [5000, 0, -5000, 10])
def test_a_balance_that_hovers_at_the_threshold_warns_once(threshold: int) -> None:
    """A phone that rings every ten seconds is a phone that is switched off."""
    desk = Desk(
        replace(
            POLICY, alert_minor=threshold, alert2_minor=threshold - 10**6, credit_limit_minor=10**6
        )
    )
    said = [one for tick in range(1000) for one in desk.see(threshold + (-10, 10)[tick % 2])]
    assert said == [Warned.LOW]


def test_each_threshold_warns_once_on_the_way_down() -> None:
    """Fifty is a hint, ten is urgent: two warnings, not one, not a hundred."""
    desk = Desk()
    balances = [6000, 5001, 5000, 4999, 4000, 1000, 999, 10]
    said = {balance: desk.see(balance) for balance in balances}
    assert {balance: one for balance, one in said.items() if one} == {
        4999: [Warned.LOW],
        999: [Warned.LOW],
    }
    assert desk.watch.low_level == 2


def test_a_warning_is_said_again_after_the_balance_has_recovered() -> None:
    """Who topped up and used it up is warned like anybody else."""
    desk = Desk()
    assert desk.see(4999) == [Warned.LOW]
    assert desk.see(5499) == []  # not yet a tenth above
    assert desk.see(4999) == []
    assert desk.see(5500) == []
    assert desk.watch.low_level == 0
    assert desk.see(4999) == [Warned.LOW]


def test_a_low_balance_is_reminded_of_once_a_day() -> None:
    """A warning read on Monday is forgotten on Wednesday."""
    desk = Desk()
    desk.see(3000)
    said = [desk.see(3000, HOUR) for _ in range(72)]
    assert [hour for hour, one in enumerate(said, 1) if one] == [24, 48, 72]
    assert said[23] == [Warned.REMINDED]


def test_nobody_is_reminded_of_a_balance_that_is_no_longer_low() -> None:
    """Just above the threshold nothing is low, whatever was said yesterday."""
    desk = Desk()
    desk.see(3000)
    assert [one for _ in range(72) for one in desk.see(5100, HOUR)] == []


def test_no_reminder_where_the_policy_wants_none() -> None:
    """Zero hours means never, not always."""
    desk = Desk(replace(POLICY, remind_hours=0))
    desk.see(3000)
    assert [one for _ in range(72) for one in desk.see(3000, HOUR)] == []


# --- grace ---------------------------------------------------------------------------------------


def test_grace_begins_below_the_mark_and_ends_after_its_hours() -> None:
    """A day to pay after the warning: not a minute less."""
    desk = Desk()
    assert desk.see(0) == [Warned.LOW]
    assert desk.see(-1) == [Warned.GRACE]
    assert desk.state(-1) is WalletState.GRACE
    assert desk.see(-2, 24 * HOUR - timedelta(seconds=1)) == [Warned.REMINDED]
    assert desk.see(-3, timedelta(seconds=1)) == [Warned.GRACE_ENDED]
    assert desk.state(-3) is WalletState.CUT_OFF
    assert desk.see(-4, DAY) == [Warned.REMINDED]


def test_time_before_the_warning_is_no_grace() -> None:
    """The step that finds the debt warns of it; the outage before it was nobody's time to pay."""
    desk = Desk()
    assert desk.see(-500, 100 * DAY) == [Warned.LOW, Warned.GRACE]
    assert desk.watch.grace_spent_s == 0


def test_only_fair_time_is_grace() -> None:
    """While the desk, the hub or the clock was out, nobody could pay."""
    desk = Desk(replace(POLICY, remind_hours=0))
    desk.see(-1)
    for _ in range(100):
        assert desk.see(-1, DAY, fair=False) == []
    assert desk.see(-1, DAY) == [Warned.GRACE_ENDED]


def test_grace_ends_early_at_the_overdraft_limit() -> None:
    """Trust has a bottom where the manager set one."""
    desk = Desk(replace(POLICY, overdraft_limit_minor=2000))
    desk.see(-1)
    assert desk.see(-2000) == []
    assert desk.see(-2001) == [Warned.GRACE_ENDED]


def test_the_overdraft_is_counted_from_the_mark() -> None:
    """A credit of 10.00 and an overdraft of 5.00 are 15.00, and not 5.00."""
    desk = Desk(replace(POLICY, credit_limit_minor=1000, overdraft_limit_minor=500))
    assert Warned.GRACE in desk.see(-1001)
    assert desk.see(-1500) == []
    assert desk.see(-1501) == [Warned.GRACE_ENDED]


def test_a_top_up_below_the_mark_does_not_begin_a_new_grace() -> None:
    """One cent a day must not buy power for ever."""
    desk = Desk(replace(POLICY, remind_hours=0))
    desk.see(-1000)
    desk.see(-900, 23 * HOUR)
    assert desk.see(-1, HOUR) == [Warned.GRACE_ENDED]
    assert desk.see(-1) == []


def test_a_wallet_recovers_at_the_mark_plus_the_hysteresis() -> None:
    """A supply that flips on and off at zero wears out its relay."""
    desk = Desk(replace(POLICY, hysteresis_minor=500, credit_limit_minor=1000))
    desk.see(-1001)
    assert desk.see(-1000) == []
    assert desk.see(-501) == []
    assert desk.see(-500) == [Warned.RECOVERED]
    assert desk.see(-1001) == [Warned.GRACE]
    assert desk.watch.grace_spent_s == 0


def test_no_grace_where_the_policy_gives_none() -> None:
    """Zero hours: the step that crosses the mark ends it too."""
    desk = Desk(replace(POLICY, grace_hours=0))
    assert desk.see(-1) == [Warned.LOW, Warned.GRACE, Warned.GRACE_ENDED]


def test_the_mark_is_below_credit_and_quota() -> None:
    """What was promised as credit and as exempt quota is not a debt yet."""
    policy = replace(POLICY, credit_limit_minor=1000, exempt_quota_minor=500)
    assert mark(policy) == -1500
    desk = Desk(policy)
    assert desk.see(-1500) == [Warned.LOW]
    assert desk.state(-1500) is WalletState.EXEMPT
    assert desk.state(-1000) is WalletState.LOW
    assert desk.see(-1501) == [Warned.GRACE]


def test_a_wallets_own_limits_outrank_the_policys() -> None:
    """Who was granted more credit has it; a later alert silences the earlier second one."""
    own = replace(WALLET, alert_minor=300, credit_limit_minor=0, exempt_quota_minor=700)
    limits = effective(replace(POLICY, credit_limit_minor=900), own)
    assert (limits.alert_minor, limits.alert2_minor) == (300, 300)
    assert mark(limits) == -700
    assert effective(POLICY, WALLET) is POLICY


balances = st.integers(-20_000, 20_000)
steps = st.lists(
    st.tuples(balances, st.integers(0, 40 * 3600), st.booleans()), min_size=1, max_size=60
)


@given(
    steps=steps,
    grace=st.integers(0, 48),
    credit=st.integers(0, 3000),
    hysteresis=st.integers(0, 3000),
    overdraft=st.none() | st.integers(0, 5000),
)
def test_nobody_is_past_grace_without_a_warning_and_fair_time(
    steps: list[tuple[int, int, bool]],
    grace: int,
    credit: int,
    hysteresis: int,
    overdraft: int | None,
) -> None:
    """Whatever a balance does: warned first, then the whole grace in fair time, or the overdraft."""
    policy = replace(
        POLICY,
        grace_hours=grace,
        credit_limit_minor=credit,
        hysteresis_minor=hysteresis,
        overdraft_limit_minor=overdraft,
    )
    desk, fair_since_warning, warned = Desk(policy), 0, False
    for available, seconds, fair in steps:
        said = desk.see(available, timedelta(seconds=seconds), fair=fair)
        if Warned.GRACE in said:
            assert available < -credit
            warned, fair_since_warning = True, 0
        elif warned and fair:
            fair_since_warning += seconds
        if Warned.RECOVERED in said:
            assert available >= -credit + hysteresis
            warned = False
        if Warned.GRACE_ENDED in said:
            assert warned
            over = overdraft is not None and available < -credit - overdraft
            assert over or fair_since_warning >= grace * 3600
        assert warned == (desk.watch.crossed_at is not None)
        if desk.watch.grace_ended_at is not None:
            assert warned


# --- days ----------------------------------------------------------------------------------------


class DaysDesk(Desk):
    """A wallet that is warned by how long its money lasts as well."""

    def __init__(self, alert_days: int = 3) -> None:
        """Warn by days."""
        super().__init__(replace(POLICY, alert_days=alert_days))

    def lasts(self, days: str | None, available: int = 100_000) -> list[Warned]:
        """Look at the wallet; its money lasts so many days."""
        self.now += HOUR
        left = Decimal(days) if days is not None else None
        self.watch, said = step(self.watch, self.policy, available, self.now, 3600, days_left=left)
        return said


def test_who_uses_much_is_warned_by_days_before_the_money_is_low() -> None:
    """Fifty is a week for one and a night for another."""
    desk = DaysDesk()
    assert desk.lasts("3.1") == []
    assert desk.lasts("3.0") == [Warned.LOW_DAYS]
    assert desk.state(100_000) is WalletState.LOW


def test_days_that_hover_at_the_threshold_warn_once() -> None:
    """A forecast moves with every kettle."""
    desk = DaysDesk()
    said = [one for tick in range(200) for one in desk.lasts(("2.9", "3.2")[tick % 2])]
    assert said == [Warned.LOW_DAYS]
    assert desk.lasts("3.9") == []
    assert desk.lasts("2.9") == []
    assert desk.lasts("4.0") == []
    assert desk.lasts("2.9") == [Warned.LOW_DAYS]


def test_a_wallet_that_is_warned_of_for_its_money_is_not_in_the_same_breath_for_its_days() -> None:
    """One message, not two, when somebody deducts what was left."""
    desk = DaysDesk()
    assert desk.lasts("0.1", available=4000) == [Warned.LOW]
    assert desk.lasts("0.1", available=3900) == []


def test_unknown_days_change_nothing() -> None:
    """After a restart nobody knows yet: neither a warning nor an all-clear."""
    desk = DaysDesk()
    desk.lasts("2")
    assert desk.lasts(None) == []
    assert desk.watch.days_since is not None
    assert desk.lasts("2") == []


def test_no_days_are_warned_of_where_nobody_asked_for_it() -> None:
    """Zero is off; and switching it off takes the wallet out of the low ones."""
    assert DaysDesk(0).lasts("0.1") == []
    desk = DaysDesk()
    desk.lasts("1")
    desk.policy = replace(desk.policy, alert_days=0)
    desk.lasts("1")
    assert desk.state(100_000) is WalletState.OK


def test_minutes_of_grace_are_minutes() -> None:
    """A car charger needs ten, a flat a day."""
    desk = Desk(replace(POLICY, grace_hours=0, grace_minutes=10))
    desk.see(-1)
    assert desk.see(-1, timedelta(seconds=599)) == []
    assert desk.see(-1, timedelta(seconds=1)) == [Warned.GRACE_ENDED]


# --- the calendar --------------------------------------------------------------------------------

OFFICE = replace(
    POLICY,
    no_cut_hours=((time(16), time(9)),),
    no_cut_weekdays=(5, 6),
    no_cut_dates=(date(2026, 12, 25),),
)


def local(text: str, fold: int = 0) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-07-03 09:00", True),
        ("2026-07-03 08:59", False),
        ("2026-07-03 15:59", True),
        ("2026-07-03 16:00", False),
        ("2026-07-04 12:00", False),
        ("2026-12-25 12:00", False),
    ],
)
def test_the_calendar_of_an_office(at: str, allowed: bool) -> None:
    """Nobody sits in the dark over a weekend because of a cut at ten past four on Friday."""
    assert may_cut(OFFICE, local(at), BERLIN) is allowed


def test_empty_on_friday_evening_is_cut_on_monday_morning() -> None:
    """Zero at eight on Friday evening, a day's grace, cuts on working days from nine to four."""
    friday = local("2026-07-03 20:00")
    watch = Watch(wallet=WalletId("w1"), crossed_at=friday, warned_at=friday)
    assert cutoff_at(watch, OFFICE, friday, BERLIN) == local("2026-07-06 09:00")


WORKING = replace(POLICY, cut_hours=((time(9), time(16)),), no_cut_calendar="CN")


def china(calendar: str, day: date) -> DayKind | None:
    """Two days off, and the Saturday that is worked for them."""
    kinds = {date(2026, 10, 1): DayKind.HOLIDAY, date(2026, 10, 2): DayKind.HOLIDAY}
    kinds[date(2026, 10, 10)] = DayKind.WORKDAY
    return kinds.get(day) if calendar == "CN" else None


def test_cutting_hours_are_those_of_working_days() -> None:
    """Zero on Friday at eight, a day's grace, cut on Monday at nine; not on a holiday either."""
    friday = local("2026-07-03 20:00")
    watch = Watch(wallet=WalletId("w1"), crossed_at=friday, warned_at=friday)
    assert cutoff_at(watch, WORKING, friday, BERLIN) == local("2026-07-06 09:00")
    wednesday = local("2026-09-30 12:00")
    watch = Watch(wallet=WalletId("w1"), crossed_at=wednesday, warned_at=wednesday)
    assert cutoff_at(watch, WORKING, wednesday, BERLIN, china) == local("2026-10-05 09:00")


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-10-01 12:00", False),  # a holiday
        ("2026-10-03 12:00", False),  # a Saturday
        ("2026-10-10 12:00", True),  # a Saturday that is worked
        ("2026-10-10 08:59", False),
        ("2026-10-12 15:59", True),
        ("2026-10-12 16:00", False),
    ],
)
def test_a_calendar_knows_holidays_and_worked_saturdays(at: str, allowed: bool) -> None:
    """The office that could take a payment is open when somebody is cut."""
    assert may_cut(WORKING, local(at), BERLIN, china) is allowed


def test_quiet_hours_hold_for_a_person_too_and_cutting_hours_do_not() -> None:
    """The window is for debts; a leak is shut off by hand on a Sunday as well."""
    sunday = local("2026-10-11 12:00")
    assert not quiet(WORKING, sunday, BERLIN, china)
    assert not in_window(WORKING, sunday, BERLIN, china)
    assert quiet(WORKING, local("2026-10-01 12:00"), BERLIN, china)


def test_a_respite_moves_the_announced_time() -> None:
    """Promised till Tuesday noon: Tuesday noon it is, or the first allowed hour after it."""
    watch = replace(WATCH, crossed_at=NOW, grace_ended_at=NOW)
    tuesday = local("2026-07-07 12:00")
    assert cutoff_at(watch, WORKING, NOW, BERLIN, not_before=tuesday) == tuesday
    evening = local("2026-07-07 18:00")
    wednesday = local("2026-07-08 09:00")
    assert cutoff_at(watch, WORKING, NOW, BERLIN, not_before=evening) == wednesday


def test_nothing_is_announced_while_nothing_is_due() -> None:
    """A cut-off time is a threat; it is shown only to whom it concerns."""
    assert cutoff_at(WATCH, OFFICE, NOW, BERLIN) is None


def test_grace_already_spent_counts_towards_the_announced_time() -> None:
    """The tenant sees the time that is left, not the time there was."""
    watch = replace(WATCH, crossed_at=NOW, grace_spent_s=20 * 3600)
    assert cutoff_at(watch, POLICY, NOW, BERLIN) == NOW + 4 * HOUR
    ended = replace(watch, grace_ended_at=NOW)
    assert cutoff_at(ended, POLICY, NOW, BERLIN) == NOW


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        # The night the clock jumps from two to three: half past two never comes, three does.
        (("00:00", "02:30"), local("2026-03-29 01:00"), local("2026-03-29 03:00")),
        (("22:00", "07:00"), local("2026-03-28 23:00"), local("2026-03-29 07:00")),
        # The night it shows two to three twice.
        (("00:00", "02:30"), local("2026-10-25 01:00"), local("2026-10-25 02:30")),
        (("00:00", "02:30"), local("2026-10-25 02:10", 1), local("2026-10-25 02:30", 1)),
        (("22:00", "07:00"), local("2026-10-24 23:00"), local("2026-10-25 07:00")),
    ],
)
def test_the_first_moment_for_a_cut_on_days_the_clock_is_set(
    hours: tuple[str, str], at: datetime, expected: datetime
) -> None:
    """A manager who plans for seven o'clock gets seven o'clock, in summer and in winter."""
    start, end = (time.fromisoformat(hour) for hour in hours)
    found = next_cut(replace(POLICY, no_cut_hours=((start, end),)), at, BERLIN)
    assert found is not None
    assert found.astimezone(UTC) == expected.astimezone(UTC)


@pytest.mark.parametrize(
    "never",
    [
        replace(POLICY, no_cut_weekdays=tuple(range(7))),
        replace(POLICY, no_cut_hours=((time(), time()),)),
        replace(POLICY, no_cut_hours=((time(8), time(20)), (time(20), time(8)))),
    ],
    ids=["no weekday", "no hour", "neither day nor night"],
)
def test_a_policy_that_never_allows_a_cut_has_no_first_moment(never: Policy) -> None:
    """A search without an end would stop the hub instead of the supply."""
    assert next_cut(never, NOW, BERLIN) is None
    assert cutoff_at(replace(WATCH, crossed_at=NOW), never, NOW, BERLIN) is None


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    start=st.integers(0, 47),
    end=st.integers(0, 47),
    weekdays=st.sets(st.integers(0, 6), max_size=6),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001  made aware below
)
def test_the_first_moment_is_allowed_and_nothing_before_it_is(
    zone: str, start: int, end: int, weekdays: set[int], at: datetime
) -> None:
    """Neither in the forbidden hours nor later than announced, in any zone on any day."""
    where = ZoneInfo(zone)
    hours = ((time(start // 2, start % 2 * 30), time(end // 2, end % 2 * 30)),)
    policy = replace(POLICY, no_cut_hours=hours, no_cut_weekdays=tuple(weekdays))
    begin = at.replace(tzinfo=UTC)
    found = next_cut(policy, begin, where)
    if start == end:
        assert found is None
        return
    assert found is not None
    assert may_cut(policy, found, where)
    moment = begin
    while moment < found:
        assert not may_cut(policy, moment, where)
        moment += timedelta(minutes=29)
    just_before = found - timedelta(seconds=1)
    assert just_before < begin or not may_cut(policy, just_before, where)


def test_a_wallet_that_is_opened_empty_is_not_warned_before_money_came_and_went() -> None:
    """A tenant who has just moved in gets no warning about a wallet nobody has filled yet."""
    desk = Desk(watch=first_watch(POLICY, WALLET))
    assert desk.state(0) is WalletState.LOW
    assert desk.see(0) == []
    assert desk.see(20_000) == []
    assert desk.see(4_999) == [Warned.LOW]


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (5_000, 4_999, [Warned.LOW]),  # filled to just the threshold: no margin was ever hovered in
        (2_000, 1_000, []),
        (2_000, 999, [Warned.LOW]),  # never above the first threshold, but below the second now
        (100, 50, []),
        (100, -1, [Warned.GRACE]),
    ],
)
def test_a_first_payment_of_any_size_is_warned_of_when_it_runs_out(
    first: int, then: int, said: list[Warned]
) -> None:
    """Who moves in with fifty in the wallet must not sit in the dark unwarned."""
    desk = Desk(watch=first_watch(POLICY, WALLET))
    assert desk.see(0) == []
    assert desk.see(first) == []
    assert desk.see(then) == said
