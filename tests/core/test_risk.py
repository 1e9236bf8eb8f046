"""Rules against misuse: what is counted is exact, what is kept is bounded, what strikes is told apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.risk import (
    COUNTED,
    FITTING,
    LONGEST,
    MOST_COUNTED,
    RiskAction,
    RiskKind,
    RiskRule,
    check_risk_rule,
    shut_by_rule,
    standard_rules,
    struck,
)
from custom_components.prepaid_parking.core.velocity import Velocity

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STANDARD = standard_rules(100)


@given(
    st.lists(st.integers(0, 300), max_size=200),
    st.integers(0, 12),
    st.integers(1, 120),
)
def test_no_sequence_gets_more_through_than_a_limit_allows_in_any_window(
    pauses: list[int], most: int, window: int
) -> None:
    """Who spreads its tries cleverly gets no more of them than who does not; nobody gets fewer."""
    counts, now, allowed = Velocity(), NOON, list[datetime]()
    length = window * SECOND
    for pause in pauses:
        now += pause * SECOND
        inside = [at for at in allowed if now - length < at <= now]
        let_through = counts.count("who", now, length) + 1 <= most
        assert let_through is (len(inside) + 1 <= most)
        if let_through:
            counts.note("who", now, most)
            allowed.append(now)
    for at in allowed:
        assert sum(at - length < one <= at for one in allowed) <= most


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-50, 200)), max_size=300))
def test_what_is_remembered_has_a_bound(noted: list[tuple[int, int]]) -> None:
    """A hundred thousand networks must not fill the hub's memory; the latest are the ones kept."""
    counts, now = Velocity(most_keys=5), NOON
    for who, pause in noted:
        now += pause * SECOND
        counts.note(str(who), now, 3)
        assert len(counts) <= 5
        assert 1 <= counts.count(str(who), now, 60 * SECOND) <= 4


def test_a_clock_that_is_set_back_forgets_nothing_it_counted() -> None:
    """Who can shift the clock by an hour must not get a fresh hour of tries."""
    counts = Velocity()
    for _ in range(5):
        counts.note("who", NOON, 10)
    counts.note("who", NOON - timedelta(hours=1), 10)
    assert counts.count("who", NOON - timedelta(hours=1), 600 * SECOND) == 6
    assert counts.count("who", NOON + 599 * SECOND, 600 * SECOND) == 6
    assert counts.count("who", NOON + 600 * SECOND, 600 * SECOND) == 0


@pytest.mark.parametrize("kind", list(RiskKind))
def test_each_kind_has_a_rule_to_begin_with_that_can_do_what_it_says(kind: RiskKind) -> None:
    """A site that sets nothing must not find a kind without a rule when it is asked about."""
    rule = STANDARD[kind]
    assert rule.id is kind
    check_risk_rule(rule)


def test_what_stops_a_customer_or_the_desk_begins_in_shadow() -> None:
    """An update must not make the desk ask for a second person on the day it is installed."""
    awake = {kind for kind, rule in STANDARD.items() if not rule.shadow}
    assert awake == {
        RiskKind.FORGED_NOTICES,
        RiskKind.ORDERS_OF_VISIT,
        RiskKind.ORDERS_OF_NETWORK,
        RiskKind.ORDERS_OF_SITE,
        RiskKind.CHARGEBACK,
        RiskKind.WRONG_VOUCHERS,
    }
    assert (
        STANDARD[RiskKind.WRONG_VOUCHERS].action is RiskAction.LOG
    )  # It is told, and stops nobody.


@given(
    st.dictionaries(st.sampled_from(list(RiskKind)), st.integers(0, 10**7)),
    st.sets(st.sampled_from(list(RiskKind))),
    st.sets(st.sampled_from(list(RiskKind))),
)
def test_what_strikes_goes_beyond_its_limit_and_the_heaviest_in_earnest_comes_first(
    measured: dict[RiskKind, int], shadows: set[RiskKind], off: set[RiskKind]
) -> None:
    """A code must not be asked for where another rule says that nothing may go out at all."""
    rules = {
        kind: replace(rule, shadow=kind in shadows, on=kind not in off)
        for kind, rule in STANDARD.items()
    }
    hits = struck(rules, measured)
    assert {one.rule.id for one in hits} == {
        kind for kind, number in measured.items() if number > rules[kind].most and kind not in off
    }
    assert [one.rule.shadow for one in hits] == sorted(one.rule.shadow for one in hits)
    live = [one.rule.action.weight for one in hits if not one.rule.shadow]
    assert live == sorted(live, reverse=True)


def rule(kind: RiskKind, **fields: object) -> RiskRule:
    """A rule that differs from the one a site begins with."""
    return replace(STANDARD[kind], **fields)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        (rule(RiskKind.TOP_UP_DAY, most=-1), "risk_rule_bounds"),
        (rule(RiskKind.TOP_UP_DAY, window_s=LONGEST + 1), "risk_rule_bounds"),
        (rule(RiskKind.CHARGEBACK, hold_s=-1), "risk_rule_bounds"),
        (rule(RiskKind.ORDERS_OF_SITE, window_s=0), "risk_rule_window"),
        (rule(RiskKind.ORDERS_OF_SITE, most=MOST_COUNTED + 1), "risk_rule_window"),
        (rule(RiskKind.CHARGEBACK, action=RiskAction.CHALLENGE), "risk_rule_action"),
        (rule(RiskKind.ORDERS_OF_VISIT, action=RiskAction.REVIEW), "risk_rule_action"),
        (rule(RiskKind.FAILED_PAYMENTS, hold_s=0), "risk_rule_hold"),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_refused(changed: RiskRule, key: str) -> None:
    """A rule that never strikes, or asks somebody who is not there, guards nothing."""
    with pytest.raises(CoreError, match=key):
        check_risk_rule(changed)


def test_what_happens_by_itself_asks_nobody() -> None:
    """A forged message cannot say a code, and a chargeback has no second person at hand."""
    asks = {RiskAction.CHALLENGE, RiskAction.REVIEW}
    for kind in (*(COUNTED - {RiskKind.CHANGED_PHONE}), RiskKind.CHARGEBACK):
        assert not FITTING[kind] & asks


def test_the_reason_of_a_freeze_says_whether_a_rule_made_it() -> None:
    """Only what a rule has shut needs two to be opened."""
    assert shut_by_rule("risk: chargeback")
    assert not shut_by_rule("asked for by the bank")


def test_a_new_telephone_number_shuts_the_way_out_for_a_week_once_a_site_says_so() -> None:
    """One change is enough: whoever takes over an account changes the number once."""
    rule = standard_rules(100)[RiskKind.CHANGED_PHONE]
    assert (rule.action, rule.window, rule.shadow) == (
        RiskAction.FREEZE_OUT,
        timedelta(days=7),
        True,
    )
    assert not struck({rule.id: rule}, {rule.id: 0})
    assert struck({rule.id: rule}, {rule.id: 1})
