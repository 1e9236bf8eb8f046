"""No supply is switched outside the rules, whatever comes together: N1 in one function."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.load_limit import LoadStand
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.policy import ManualOn
from custom_components.prepaid_parking.core.reconcile import decide_supply
from custom_components.prepaid_parking.core.supply import (
    AUTOMATIC,
    CutBy,
    CutMode,
    RestoreMode,
    Supply,
    SupplyState,
)
from custom_components.prepaid_parking.core.supply_rules import (
    View,
    Why,
    cut_forbidden,
    cut_refusal,
    hold_in_force,
    protected,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUPPLY = Supply(meter=MeterId("m1"), restore=RestoreMode.AUTO)
OURS = replace(SUPPLY, cut_by=CutBy.BALANCE, verified=False)
DUE = View(
    supply=SUPPLY,
    commodity=Commodity.ELECTRICITY,
    now=NOW,
    seen=True,
    fresh=True,
    bound=True,
    crossed=True,
    due=True,
    calendar=True,
    manual_on=ManualOn.OFF_AGAIN,
)
PAID = replace(DUE, supply=OURS, seen=False, crossed=False, due=False)
LIGHTS_OUT = replace(DUE, crossed=False, due=False, scheduled_off=True)
MORNING = replace(
    LIGHTS_OUT,
    supply=replace(SUPPLY, cut_by=CutBy.SCHEDULE, verified=False),
    seen=False,
    scheduled_off=False,
)
OVERLOADED = replace(DUE, crossed=False, due=False, overload=True)
COOLED = replace(
    OVERLOADED,
    supply=replace(SUPPLY, cut_by=CutBy.LOAD, verified=False),
    seen=False,
    overload=False,
    load=LoadStand.CLOSING,
)

HELD_OFF = replace(DUE, supply=replace(SUPPLY, hold_on=False))
HELD_ON = replace(PAID, supply=replace(OURS, hold_on=True))
SITUATIONS = [DUE, PAID, HELD_OFF, HELD_ON, LIGHTS_OUT, MORNING, OVERLOADED, COOLED]

either = st.booleans()
moments = st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR])
of_supply: dict[str, st.SearchStrategy[object]] = {
    "restore": st.sampled_from(RestoreMode),
    "cut_by": st.sampled_from(CutBy),
    "verified": st.sampled_from([None, False, True]),
    "hold_on": st.sampled_from([None, False, True]),
    "hold_until": moments,
    "lockout_by": st.sampled_from(["", "user:2"]),
    "protected": either,
    "protected_until": moments,
    "confirmed_at": moments,
    "cut": st.sampled_from(CutMode),
}
of_view: dict[str, st.SearchStrategy[object]] = {
    "commodity": st.sampled_from(Commodity),
    "seen": st.sampled_from([None, False, True]),
    "manual_on": st.sampled_from(ManualOn),
    "warm": st.sampled_from([None, False, True]),
    "spared": st.sampled_from([None, Why.VETOED, Why.PROMISED]),
    "reconnect": st.sampled_from(RestoreMode),
    "load": st.sampled_from(LoadStand),
    **dict.fromkeys(
        ("fresh", "bound", "crossed", "due", "calendar", "relay", "clock_ok", "emergency"), either
    ),
    **dict.fromkeys(("ledger_ok", "shared", "window", "turn", "site_held"), either),
    **dict.fromkeys(("scheduled_off", "overload"), either),
}
changes = st.lists(
    st.one_of([st.tuples(st.just(name), values) for name, values in (of_supply | of_view).items()]),
    max_size=6,
)


@st.composite
def views(draw: st.DrawFn) -> View:
    """One of the situations in which something is switched, with a few things otherwise."""
    view, changed = draw(st.sampled_from(SITUATIONS)), dict(draw(changes))
    supply = {name: value for name, value in changed.items() if name in of_supply}
    rest = {name: value for name, value in changed.items() if name in of_view}
    return replace(view, supply=replace(view.supply, **supply), **rest)  # type: ignore[arg-type]  # as named above


def may_cut(view: View, by: CutBy | None) -> None:
    """A cut needs a reason of its own, and nothing at all that forbids it."""
    assert view.relay
    assert view.seen is True
    assert view.fresh
    assert view.clock_ok
    assert view.ledger_ok
    assert not view.emergency
    assert not view.site_held
    assert not protected(view.supply, NOW)
    assert view.commodity is not Commodity.HEAT or view.warm
    assert view.calendar or by in (CutBy.SCHEDULE, CutBy.LOAD)
    assert (by is CutBy.HOLD) == hold_in_force(view.supply, NOW)
    if by is CutBy.HOLD:
        assert view.supply.hold_on is False
        return
    assert view.bound
    assert not view.shared
    assert view.supply.cut is CutMode.AUTO
    match by:
        case CutBy.BALANCE:
            assert view.due
            assert view.window
            assert view.turn
            assert view.spared is None
        case CutBy.SCHEDULE:
            assert view.scheduled_off
            assert view.supply.restore is RestoreMode.AUTO
            assert view.commodity not in (Commodity.GAS, Commodity.STEAM)
        case _:
            assert by is CutBy.LOAD
            assert view.overload or view.load in (LoadStand.WAITING, LoadStand.LOCKED)


def may_switch_on(view: View) -> None:
    """On comes only what our own cut switched off, or what a named person asked for; never gas."""
    supply = view.supply
    assert view.relay
    assert view.seen is False
    assert not view.emergency
    assert not supply.lockout_by
    assert view.commodity not in (Commodity.GAS, Commodity.STEAM)
    assert supply.restore is not RestoreMode.BY_HAND
    if hold_in_force(supply, NOW):
        assert supply.hold_on is True
        return
    assert supply.cut_by in AUTOMATIC
    assert supply.verified is not True
    assert view.bound
    assert view.ledger_ok
    assert view.load in (LoadStand.FREE, LoadStand.CLOSING)
    if view.scheduled_off and view.clock_ok:
        by_rule = supply.cut is CutMode.AUTO and not view.shared
        assert not (by_rule and supply.restore is RestoreMode.AUTO)
    if supply.confirmed_at is None:
        assert supply.verified is False
        assert supply.restore is RestoreMode.AUTO
    if supply.cut_by is CutBy.BALANCE:
        assert not view.crossed
        assert view.reconnect is not RestoreMode.BY_HAND
        assert view.reconnect is RestoreMode.AUTO or supply.confirmed_at is not None
    else:
        assert view.clock_ok
        assert not view.due or cut_forbidden(view, CutBy.BALANCE) is not None


@settings(max_examples=1500)
@given(views())
def test_no_combination_switches_outside_the_rules(view: View) -> None:
    """Whatever comes together: no wrong cut, no wrong switching on, and no wear for nothing."""
    decision = decide_supply(view)
    if decision.want is False:
        may_cut(view, decision.cut_by)
    elif decision.want is True:
        may_switch_on(view)


def test_a_debt_past_its_grace_is_cut() -> None:
    """The rule that all the others are exceptions to."""
    decision = decide_supply(DUE)
    assert (decision.want, decision.why, decision.cut_by) == (False, Why.BALANCE, CutBy.BALANCE)


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(DUE, relay=False), Why.NO_RELAY),
        (replace(DUE, seen=None), Why.NOT_SEEN),
        (replace(DUE, emergency=True), Why.EMERGENCY),
        (replace(DUE, bound=False), Why.NOT_BOUND),
        (replace(DUE, due=False), Why.NOTHING_DUE),
        (replace(DUE, ledger_ok=False), Why.LEDGER_CLOSED),
        (replace(DUE, clock_ok=False), Why.CLOCK),
        (replace(DUE, supply=replace(SUPPLY, protected=True)), Why.PROTECTED),
        (replace(DUE, fresh=False), Why.STALE),
        (replace(DUE, calendar=False), Why.NO_CUT_HOURS),
        (replace(DUE, window=False), Why.NO_CUT_HOURS),
        (replace(DUE, site_held=True), Why.SITE_HELD),
        (replace(DUE, shared=True), Why.SHARED),
        (replace(DUE, supply=replace(SUPPLY, cut=CutMode.NEVER)), Why.NEVER_CUT),
        (replace(DUE, spared=Why.VETOED), Why.VETOED),
        (replace(DUE, spared=Why.PROMISED), Why.PROMISED),
        (replace(DUE, turn=False), Why.IN_TURN),
        (replace(DUE, commodity=Commodity.HEAT, warm=False), Why.TOO_COLD),
        (replace(DUE, commodity=Commodity.HEAT), Why.TOO_COLD),
    ],
)
def test_every_cut_that_is_not_made_says_why(view: View, why: Why) -> None:
    """A manager who asks why the light still burns gets an answer."""
    decision = decide_supply(view)
    assert (decision.want, decision.why) == (None, why)


def test_a_protection_that_is_over_protects_no_more() -> None:
    """Until the end of the month means until the end of the month."""
    over = replace(SUPPLY, protected=True, protected_until=NOW)
    assert cut_refusal(replace(DUE, supply=over)) is None


def test_a_payment_restores_our_own_cut() -> None:
    """Who has paid has light again without anybody walking to the meter."""
    decision = decide_supply(PAID)
    assert (decision.want, decision.why) == (True, Why.PAID)


@pytest.mark.parametrize(
    ("supply", "why", "state"),
    [
        (replace(OURS, lockout_by="user:2"), Why.LOCKOUT, SupplyState.HELD),
        (replace(OURS, restore=RestoreMode.BY_HAND), Why.BY_HAND, SupplyState.ARMED),
        (replace(OURS, restore=RestoreMode.ARMED), Why.ARMED, SupplyState.ARMED),
        # Switched off by an electrician, a fuse, a leak guard: never by us.
        (SUPPLY, Why.OFF_BY_OTHERS, SupplyState.HELD),
        # Our cut, undone by hand since: whoever switched it off again was not us.
        (replace(OURS, verified=True), Why.OFF_BY_OTHERS, SupplyState.HELD),
        # Our cut was never read back: perhaps it was somebody else, so somebody has to look.
        (replace(OURS, verified=None), Why.NOT_CONFIRMED, SupplyState.ARMED),
        # A named person's cut comes back by a named person's word.
        (replace(OURS, cut_by=CutBy.HOLD), Why.OFF_BY_OTHERS, SupplyState.HELD),
    ],
)
def test_money_does_not_switch_on_what_it_did_not_switch_off(
    supply: Supply, why: Why, state: SupplyState
) -> None:
    """An electrician with both hands in the box must not be electrocuted by a top-up."""
    decision = decide_supply(replace(PAID, supply=supply))
    assert (decision.want, decision.why, decision.state) == (None, why, state)


def test_an_armed_supply_comes_on_once_somebody_has_looked() -> None:
    """The iron that was left on must not burn when the money arrives."""
    armed = replace(OURS, restore=RestoreMode.ARMED, confirmed_at=NOW)
    assert decide_supply(replace(PAID, supply=armed)).want is True


@pytest.mark.parametrize("commodity", [Commodity.GAS, Commodity.STEAM])
def test_gas_and_steam_open_by_hand_only(commodity: Commodity) -> None:
    """Nobody knows from afar whether a flame is out. Not even a named person does."""
    assert decide_supply(replace(PAID, commodity=commodity)).want is None
    held = replace(OURS, hold_on=True)
    assert decide_supply(replace(PAID, commodity=commodity, supply=held)).want is None


@pytest.mark.parametrize("verified", [False, True])
def test_switched_on_by_hand_below_zero_is_off_again_or_kept(verified: bool) -> None:
    """The policy decides, also long after the switch was seen."""
    on = replace(DUE, supply=replace(OURS, verified=verified))
    again = decide_supply(on)
    assert (again.want, again.why) == (False, Why.SWITCHED_ON_BY_HAND)
    kept = decide_supply(replace(on, manual_on=ManualOn.KEEP))
    assert (kept.want, kept.why, kept.state) == (None, Why.KEPT_ON_BY_HAND, SupplyState.ON)


def test_a_relay_that_never_moved_was_not_switched_on_by_hand() -> None:
    """A stuck relay under a policy that keeps what people switch on must still be cut."""
    view = replace(DUE, supply=replace(OURS, verified=None), manual_on=ManualOn.KEEP)
    assert decide_supply(view).want is False


def test_a_named_persons_word_outranks_the_balance_until_it_ends() -> None:
    """On for the sick tenant in spite of the debt, until the day that was agreed."""
    on_till = replace(OURS, hold_on=True, hold_until=NOW + HOUR)
    assert decide_supply(replace(DUE, supply=on_till, seen=False)).want is True
    assert decide_supply(replace(DUE, supply=on_till)).want is None
    ended = replace(on_till, hold_until=NOW)
    assert decide_supply(replace(DUE, supply=ended)).want is False


def test_a_hold_cuts_an_unbound_meter_and_not_a_protected_one() -> None:
    """A leak in an empty flat can be shut off; a life support not, whoever asks."""
    off = replace(SUPPLY, hold_on=False)
    assert decide_supply(replace(DUE, supply=off, bound=False, due=False)).want is False
    guarded = replace(off, protected=True)
    assert decide_supply(replace(DUE, supply=guarded)).want is None


# --- lights out ----------------------------------------------------------------------------------


def test_lights_go_out_and_come_on_in_the_morning() -> None:
    """A dormitory sleeps, and wakes without a caretaker."""
    out, on = decide_supply(LIGHTS_OUT), decide_supply(MORNING)
    assert (out.want, out.why, out.cut_by) == (False, Why.SCHEDULE, CutBy.SCHEDULE)
    assert (on.want, on.why) == (True, Why.SCHEDULE_OVER)


NIGHT = replace(MORNING, scheduled_off=True)


@pytest.mark.parametrize(
    ("view", "why", "state"),
    [
        (NIGHT, Why.SCHEDULE, SupplyState.OFF),
        # Paid at midnight: that room too is dark until the morning.
        (replace(PAID, scheduled_off=True), Why.SCHEDULE, SupplyState.OFF),
        # Nobody knows what time it is.
        (replace(MORNING, clock_ok=False), Why.CLOCK, SupplyState.OFF),
        # Empty since yesterday: off in the morning as well, and from now on for that.
        (replace(MORNING, crossed=True, due=True), Why.BALANCE, SupplyState.OFF),
        (
            replace(MORNING, supply=replace(MORNING.supply, lockout_by="user:2")),
            Why.LOCKOUT,
            SupplyState.HELD,
        ),
        # Somebody else switched it off in the night.
        (
            replace(MORNING, supply=replace(MORNING.supply, verified=True)),
            Why.OFF_BY_OTHERS,
            SupplyState.HELD,
        ),
    ],
)
def test_what_stays_dark_in_the_morning_says_why(view: View, why: Why, state: SupplyState) -> None:
    """The schedule switches on what the schedule switched off, and nothing else."""
    decision = decide_supply(view)
    assert (decision.want, decision.why, decision.state) == (None, why, state)


def test_a_debt_takes_a_dark_room_over_and_is_paid_for_as_one() -> None:
    """Who owes does not get the gentler way back of lights-out."""
    taken = decide_supply(replace(NIGHT, crossed=True, due=True))
    assert (taken.want, taken.cut_by) == (None, CutBy.BALANCE)


@pytest.mark.parametrize(
    "spared",
    [
        replace(MORNING, crossed=True),  # in grace
        replace(MORNING, crossed=True, due=True, spared=Why.PROMISED),
        replace(MORNING, crossed=True, due=True, window=False),
        replace(MORNING, crossed=True, due=True, shared=True),
        replace(MORNING, crossed=True, due=True, site_held=True),
    ],
)
def test_who_may_not_be_cut_for_money_has_light_in_the_morning(spared: View) -> None:
    """Lights-out must not be the way around grace, promise and working hours."""
    assert decide_supply(spared).want is True


@pytest.mark.parametrize("restore", [RestoreMode.ARMED, RestoreMode.BY_HAND])
def test_what_would_not_come_on_by_itself_is_not_put_out(restore: RestoreMode) -> None:
    """Five hundred rooms that wait for five hundred confirmations at six in the morning."""
    decision = decide_supply(replace(LIGHTS_OUT, supply=replace(SUPPLY, restore=restore)))
    assert (decision.want, decision.why) == (None, Why.NO_WAY_BACK)


# --- load ----------------------------------------------------------------------------------------


def test_too_much_power_is_off_for_a_while_and_on_again() -> None:
    """The cooker is unplugged by then."""
    off, on = decide_supply(OVERLOADED), decide_supply(COOLED)
    assert (off.want, off.why, off.cut_by) == (False, Why.OVERLOAD, CutBy.LOAD)
    assert (on.want, on.why) == (True, Why.OVERLOAD_OVER)


@pytest.mark.parametrize(
    ("load", "why", "state"),
    [
        (LoadStand.WAITING, Why.OVERLOAD, SupplyState.OFF),
        (LoadStand.LOCKED, Why.OVERLOAD_LOCKED, SupplyState.HELD),
    ],
)
@pytest.mark.parametrize("cut_by", [CutBy.LOAD, CutBy.BALANCE, CutBy.SCHEDULE])
def test_neither_money_nor_morning_ends_an_overload(
    load: LoadStand, why: Why, state: SupplyState, cut_by: CutBy
) -> None:
    """Tripped too often stays off until a person has looked, whoever pays."""
    off = replace(COOLED.supply, cut_by=cut_by)
    decision = decide_supply(replace(COOLED, supply=off, load=load))
    assert (decision.want, decision.why, decision.state) == (None, why, state)


@pytest.mark.parametrize(
    ("reconnect", "why"), [(RestoreMode.ARMED, Why.ARMED), (RestoreMode.BY_HAND, Why.BY_HAND)]
)
def test_a_policy_may_want_somebody_to_look_before_a_payment_restores(
    reconnect: RestoreMode, why: Why
) -> None:
    """The button is pressed, or a named person switches; lights-out does not ask for that."""
    decision = decide_supply(replace(PAID, reconnect=reconnect))
    assert (decision.want, decision.why, decision.state) == (None, why, SupplyState.ARMED)
    assert decide_supply(replace(MORNING, reconnect=reconnect)).want is True
    pressed = replace(OURS, confirmed_at=NOW)
    assert decide_supply(replace(PAID, supply=pressed, reconnect=reconnect)).want is (
        True if reconnect is RestoreMode.ARMED else None
    )
