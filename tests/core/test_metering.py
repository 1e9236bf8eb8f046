"""Every reading is consumption, a doubt or nothing; a tenant pays for what went through, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import InstallationId
from custom_components.prepaid_parking.core.metering import (
    STORED,
    Consumption,
    Cursor,
    Doubt,
    DoubtKind,
    Limits,
    Origin,
    Sample,
    advance,
)

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86_400))
KWH = 1_000_000
LIMITS = Limits(max_rate_per_hour=10 * KWH, modulus=1_000_000 * KWH, jitter=2_000)
LAST = Cursor(installation=InstallationId("m1.1"), register=5_000 * KWH, at=AT)
LIVE = sorted(set(Origin) - STORED)


def take(
    register: int | None,
    after: timedelta = 10 * SECOND,
    *,
    cursor: Cursor = LAST,
    limits: Limits = LIMITS,
    origin: Origin = Origin.POLLED,
    serial: str | None = None,
    ratio: str | None = None,
    doubted_at: datetime | None = None,
) -> Consumption | Doubt | None:
    """Advance a cursor by a reading that is `after` it."""
    return advance(
        cursor,
        Sample(at=cursor.at + after, origin=origin, register=register, serial=serial, ratio=ratio),
        limits,
        serial="A1",
        ratio="1x40",
        doubted_at=doubted_at,
    )


def doubted(outcome: Consumption | Doubt | None) -> DoubtKind | None:
    """The kind of a doubt; None where there is none."""
    return outcome.kind if isinstance(outcome, Doubt) else None


def moved(outcome: Consumption | Doubt | None) -> int:
    """The quantity of a consumption, which it must be."""
    assert isinstance(outcome, Consumption)
    return outcome.quantity


def test_what_went_through_between_two_readings_is_the_difference() -> None:
    """A tenant pays for the register, not for how often it was read."""
    outcome = take(LAST.register + 7, HOUR)
    assert outcome == Consumption(
        from_register=LAST.register, to_register=LAST.register + 7, from_at=AT, to_at=AT + HOUR
    )


def test_a_look_without_a_register_is_nothing() -> None:
    """A relay that reports itself says nothing of energy."""
    assert take(None) is None


def test_an_idle_meter_moves_time_on() -> None:
    """Else the energy of the morning would be spread over the night's cheap hours."""
    outcome = take(LAST.register, HOUR)
    assert isinstance(outcome, Consumption)
    assert (outcome.quantity, outcome.to_at) == (0, AT + HOUR)


@pytest.mark.parametrize(
    ("more", "after", "kind"),
    [
        (10 * KWH, SECOND, None),  # the floor: an hour at full load is always believed
        (10 * KWH + 1, SECOND, DoubtKind.LEAP),
        (10 * KWH + 1, HOUR, DoubtKind.LEAP),
        (20 * KWH, 2 * HOUR, None),
        (20 * KWH + 1, 2 * HOUR, DoubtKind.LEAP),
        (10 * KWH * 24 * 365, 365 * DAY, None),  # a year's outage is plausible
        (-1, SECOND, None),  # the jitter of a float register
        (-2_000, SECOND, None),
        (-2_001, SECOND, DoubtKind.BACKWARDS),
        (-5_000 * KWH, SECOND, DoubtKind.BACKWARDS),  # a counter that woke up at 0
    ],
)
def test_what_a_meter_cannot_have_counted_is_a_doubt(
    more: int, after: timedelta, kind: DoubtKind | None
) -> None:
    """A glitch of the bus must not empty a wallet, a dip must not fill one."""
    assert doubted(take(LAST.register + more, after)) is kind


def test_a_big_meter_after_a_long_silence_is_still_judged() -> None:
    """A megawatt over a year is more than a timedelta holds: the arithmetic must not give out."""
    limits = replace(LIMITS, max_rate_per_hour=1_000_000 * KWH, modulus=None)
    assert moved(take(LAST.register + 10**15, 365 * DAY, limits=limits)) == 10**15
    assert doubted(take(LAST.register + 10**16, 365 * DAY, limits=limits)) is DoubtKind.LEAP


@given(waited=st.timedeltas(min_value=timedelta(), max_value=1000 * DAY))
def test_a_leap_does_not_become_plausible_by_waiting(waited: timedelta) -> None:
    """A wrong register that stays must not be charged a week later because nobody looked."""
    doubted_at = AT + 2 * HOUR
    outcome = take(LAST.register + 20 * KWH + 1, 2 * HOUR + waited, doubted_at=doubted_at)
    assert doubted(outcome) is DoubtKind.LEAP


def test_after_a_leap_the_true_register_is_believed_again() -> None:
    """One garbled frame must not stop the billing."""
    assert moved(take(LAST.register + KWH, HOUR, doubted_at=AT + SECOND)) == KWH


@pytest.mark.parametrize("origin", LIVE)
def test_a_clock_set_back_loses_no_energy(origin: Origin) -> None:
    """Whoever sets the hub's clock must not get an hour of power for nothing."""
    outcome = take(LAST.register + KWH, -HOUR, origin=origin)
    assert isinstance(outcome, Consumption)
    assert (outcome.quantity, outcome.from_at, outcome.to_at) == (KWH, AT, AT)


@pytest.mark.parametrize("origin", sorted(STORED))
@pytest.mark.parametrize("more", [-KWH, 0, KWH, 10**12])
def test_a_stored_reading_from_before_the_cursor_changes_no_energy(
    origin: Origin, more: int
) -> None:
    """A file that is imported twice must not be charged twice."""
    assert take(LAST.register + more, -SECOND, origin=origin) is None


def test_a_stored_reading_after_the_cursor_is_charged() -> None:
    """What a meter kept while the line was down is used energy like any other."""
    assert moved(take(LAST.register + KWH, HOUR, origin=Origin.BACKFILL)) == KWH


@pytest.mark.parametrize(
    ("last", "now", "more"),
    [
        (999_999_999_999, 0, 1),
        (999_999_000_000, 4_000_000, 5_000_000),
        (900_000 * KWH, 50_000 * KWH, None),  # too much for the time
        (899_999 * KWH, 0, None),  # not from the last tenth
        (999_999_999_999, 100_000 * KWH, None),  # not into the first tenth
        (1_000_000 * KWH, 1, None),  # no register shows its own modulus
    ],
)
def test_a_register_starts_over_only_from_its_end(last: int, now: int, more: int | None) -> None:
    """A rollover is charged to the last unit; a reset that looks like one is not."""
    outcome = take(now, cursor=replace(LAST, register=last))
    if more is None:
        assert doubted(outcome) is DoubtKind.BACKWARDS
        return
    assert isinstance(outcome, Consumption)
    assert (outcome.rolled_over, outcome.quantity) == (True, more)
    assert outcome.from_register == last - 1_000_000 * KWH


def test_a_register_of_unknown_size_never_starts_over() -> None:
    """Guessing a modulus would charge a reset as energy."""
    limits = replace(LIMITS, modulus=None)
    outcome = take(1, cursor=replace(LAST, register=999_999_999_999), limits=limits)
    assert doubted(outcome) is DoubtKind.BACKWARDS


def test_another_serial_number_is_another_meter_whatever_it_shows() -> None:
    """A swapped meter's register must not be charged to the old one's tenant."""
    outcome = take(LAST.register + 1, serial="B2")
    assert isinstance(outcome, Doubt)
    assert (outcome.kind, outcome.expected, outcome.found) == (DoubtKind.OTHER_SERIAL, "A1", "B2")
    assert outcome.cursor == LAST


def test_another_transformer_ratio_is_a_doubt() -> None:
    """A ratio set from 40 to 60 would raise every bill by half."""
    outcome = take(LAST.register + 1, ratio="1x60")
    assert isinstance(outcome, Doubt)
    assert (outcome.kind, outcome.expected, outcome.found) == (
        DoubtKind.OTHER_RATIO,
        "1x40",
        "1x60",
    )


def test_a_device_that_does_not_tell_who_it_is_is_believed() -> None:
    """Serial number and ratio are read once a minute, the register more often."""
    assert moved(take(LAST.register + 1, serial="A1", ratio=None)) == 1
    assert moved(take(LAST.register + 1, serial=None, ratio="1x40")) == 1


@given(
    register=st.integers(-(10**15), 10**15),
    after=st.timedeltas(min_value=-2000 * DAY, max_value=2000 * DAY),
    origin=st.sampled_from(Origin),
    serial=st.sampled_from([None, "A1", "B2"]),
    ratio=st.sampled_from([None, "1x40", "1x60"]),
    rate=st.integers(0, 10**12),
    modulus=st.none() | st.integers(1, 10**13),
    jitter=st.integers(0, 10**6),
    doubted=st.none() | st.timedeltas(min_value=-10 * DAY, max_value=10 * DAY),
)
def test_every_reading_has_exactly_one_outcome(
    register: int,
    after: timedelta,
    origin: Origin,
    serial: str | None,
    ratio: str | None,
    rate: int,
    modulus: int | None,
    jitter: int,
    doubted: timedelta | None,
) -> None:
    """Whatever a device says, energy is never negative, never invented, and time never runs back."""
    outcome = take(
        register,
        after,
        limits=Limits(max_rate_per_hour=rate, modulus=modulus, jitter=jitter),
        origin=origin,
        serial=serial,
        ratio=ratio,
        doubted_at=AT + doubted if doubted is not None else None,
    )
    if isinstance(outcome, Consumption):
        assert outcome.quantity >= 0
        assert outcome.from_at == AT <= outcome.to_at
        assert outcome.to_register == register
        turns = modulus if outcome.rolled_over and modulus is not None else 0
        assert outcome.from_register + turns == LAST.register
        assert serial != "B2"
        assert ratio != "1x60"
        hours = max((outcome.to_at - AT) / HOUR, 1)
        assert outcome.quantity <= rate * hours * (1 + 1e-9)
    elif isinstance(outcome, Doubt):
        assert (outcome.cursor, outcome.register) == (LAST, register)
    else:
        stored = origin in STORED and after < timedelta()
        assert stored or 0 < LAST.register - register <= jitter
