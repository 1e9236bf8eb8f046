"""What was used until now: by the clock, a running machine, a counter; and what nobody saw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import UseId, WalletId
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.use import (
    SILENT,
    UNWATCHED,
    Seen,
    Use,
    UseDoubt,
    believed,
    looked,
    quantity_used,
)
from custom_components.prepaid_parking.core.use_point import Basis, Outage

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
BEGUN = Use(id=UseId("s1"), no=1, wallet=WalletId("w1"), started_at=NOON, looked_at=NOON)
PUMP = replace(BEGUN, basis=Basis.RUNTIME, switch="switch.pump", on=True)
BIKE = replace(
    BEGUN,
    basis=Basis.COUNTER,
    quantity=Quantity.LENGTH,
    counter="sensor.bike",
    from_count=100,
    count=100,
    counted_at=NOON,
)


def watched(use: Use, length: timedelta, seen: Seen) -> Use:
    """A use that was looked at every minute for a while, and showed the same."""
    end = use.looked_at + length
    while use.looked_at < end:
        use = looked(use, seen, use.looked_at + min(MINUTE, end - use.looked_at))
    return use


def test_the_clock_counts_from_start_to_end() -> None:
    """Who took the key at noon and brought it back at two had it for two hours."""
    use = replace(BEGUN, basis=Basis.CLOCK)
    assert quantity_used(use, NOON + 2 * 60 * MINUTE) == 7_200_000
    assert quantity_used(use, NOON - MINUTE) == 0


def test_a_machine_counts_while_it_was_on_at_both_looks() -> None:
    """Ninety minutes on, and the half hour after it was switched off costs nothing."""
    use = watched(PUMP, 90 * MINUTE, Seen(on=True))
    use = watched(use, 30 * MINUTE, Seen(on=False))
    # It was on at the look before: the last minute counts to the look that found it off.
    assert quantity_used(use, use.looked_at) == 91 * 60_000


@pytest.mark.parametrize("outage", Outage)
def test_a_machine_found_off_ran_no_longer_than_anybody_saw(outage: Outage) -> None:
    """Whatever the rule: nobody can say how long it ran before it was found off."""
    use = looked(replace(PUMP, outage=outage), Seen(on=False), NOON + UNWATCHED + SECOND)
    assert quantity_used(use, use.looked_at) == 0
    assert use.free_ms == (UNWATCHED + SECOND) // timedelta(milliseconds=1)


@pytest.mark.parametrize(("outage", "ran"), [(Outage.CHARGE, 3_600_000), (Outage.FREE, 0)])
def test_a_machine_found_on_is_charged_by_rule(outage: Outage, ran: int) -> None:
    """It was on before and is on after: the house has said whose hour that is."""
    use = looked(replace(PUMP, outage=outage), Seen(on=True), NOON + 60 * MINUTE)
    assert quantity_used(use, use.looked_at) == ran


def test_a_switch_that_says_nothing_is_looked_at_again_later() -> None:
    """A radio that is away for ten seconds changes nobody's bill."""
    away = looked(PUMP, Seen(on=None), NOON + 10 * SECOND)
    assert away == PUMP
    back = looked(away, Seen(on=True), NOON + 20 * SECOND)
    assert quantity_used(back, back.looked_at) == 20_000


def test_a_counter_counts_on_and_never_back() -> None:
    """Ridden 400 m; then the sensor was swapped: 400 m are believed, and a person is asked."""
    use = looked(BIKE, Seen(count=500), NOON + MINUTE)
    assert (quantity_used(use, use.looked_at), use.doubt) == (400, None)
    use = looked(use, Seen(count=3), NOON + 2 * MINUTE)
    assert (quantity_used(use, use.looked_at), use.doubt) == (400, UseDoubt.BACKWARDS)
    later = looked(use, Seen(count=9_000), NOON + 3 * MINUTE)
    assert (quantity_used(later, later.looked_at), later.doubt) == (400, UseDoubt.BACKWARDS)
    settled = believed(later, 1_500)
    assert (quantity_used(settled, settled.looked_at), settled.doubt) == (1_500, None)


def test_a_counter_may_be_away_for_a_moment_and_after_a_start() -> None:
    """Integrations are loaded one after the other: that is no silence."""
    use = looked(BIKE, Seen(count=None), NOON + SILENT - SECOND)
    assert use.doubt is None
    silent = looked(use, Seen(count=None), NOON + SILENT)
    assert silent.doubt is UseDoubt.SILENT
    assert looked(silent, Seen(count=140), NOON + 2 * SILENT).doubt is None
    restarted = NOON + 60 * MINUTE
    use = looked(use, Seen(count=None), restarted + SECOND, restarted)
    assert use.doubt is None


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 4_000), st.sampled_from((True, False, None)), st.integers(-50, 9_000)
        ),
        max_size=30,
    ),
    st.sampled_from(list(Basis)),
    st.sampled_from(list(Outage)),
)
def test_what_was_used_never_shrinks_and_never_exceeds_the_time(
    looks: list[tuple[int, bool | None, int]], basis: Basis, outage: Outage
) -> None:
    """Whatever is seen in whatever order, the meter of a use only goes on."""
    use = replace(BIKE, basis=basis, outage=outage, switch="switch.pump", on=True)
    now = NOON
    for seconds, on, count in looks:
        now += timedelta(seconds=seconds)
        before, at = quantity_used(use, use.looked_at), use.looked_at
        use = looked(use, Seen(on=on, count=count), now)
        assert quantity_used(use, use.looked_at) >= before
        assert use.looked_at >= at
        if basis is not Basis.COUNTER:
            assert quantity_used(use, use.looked_at) <= (use.looked_at - NOON) // timedelta(
                milliseconds=1
            )
