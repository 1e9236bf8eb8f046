"""Who may pass a lane, which way, at what price: a table of cases, and what holds for all of them.

A case is data in `access_cases/`: what differs from a stranger at a lane of a car park for cards only,
and what is answered. Times are seconds from now. Adding a case needs no code.
"""

from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.admission import (
    Asked,
    Decision,
    Reason,
    Verdict,
    Way,
    decide,
)
from custom_components.prepaid_parking.core.identity import (
    CardId,
    InvitationId,
    PermitId,
    ReservationId,
    SpaceId,
    StayId,
    VehicleRuleId,
    WalletId,
)
from custom_components.prepaid_parking.core.lane_list import Listed, ListEntry
from custom_components.prepaid_parking.core.parking_rules import ParkingRules, PassBack, Unpaid
from custom_components.prepaid_parking.core.permit import Permit, PermitKind
from custom_components.prepaid_parking.core.rights import Rights
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.vehicle import RuleKind, VehicleClass, VehicleRule
from custom_components.prepaid_parking.core.visiting import Invitation, Reservation
from custom_components.prepaid_parking.core.wallet import Card, CardState, CredentialKind

FOLDER: Final = Path(__file__).parent / "access_cases"
NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
RULES: Final = ParkingRules(version=1, valid_from=NOW - HOUR)
STRANGER: Final = Asked(
    kind=CredentialKind.PLATE,
    lane="l1",
    way=Way.ENTRY,
    at=NOW,
    now=NOW,
    rules=RULES,
    tracked=True,
)
ENTRY: Final = ListEntry(
    digest=b"d", kind=CredentialKind.PLATE, right=StayKind.PACKAGE, card="c1", masked="B****34"
)
REASONS: Final = frozenset({"problem", "refusal"})
RECORDS: Final[dict[str, Any]] = {
    "rules": RULES,
    "rights": Rights(),
    "rule": VehicleRule(
        id=VehicleRuleId("vr1"),
        no=1,
        digest=b"d",
        kind=RuleKind.FREE,
        masked="B****34",
        reason="the caretaker",
        set_at=NOW - HOUR,
    ),
    "card": Card(
        id=CardId("c1"),
        no=1,
        wallet=WalletId("w1"),
        state=CardState.ACTIVE,
        issued_at=NOW - HOUR,
    ),
    "permit": Permit(
        id=PermitId("pm1"),
        no=1,
        kind=PermitKind.PACKAGE,
        card=CardId("c1"),
        wallet=WalletId("w1"),
        first=date(2026, 7, 1),
        last=date(2026, 7, 31),
        price_minor=30_000,
        sold_at=NOW - HOUR,
    ),
    "space": Space(
        id=SpaceId("sp1"),
        no=1,
        name="B1-023",
        location=Location.UNDERGROUND,
        tenure=Tenure.OWNED,
    ),
    "stay": Stay(
        id=StayId("st1"),
        no=1,
        kind=StayKind.TEMPORARY,
        state=StayState.INSIDE,
        entered_at=NOW - HOUR,
    ),
    "invitation": Invitation(
        id=InvitationId("iv1"),
        no=1,
        digest=b"d",
        masked="B****34",
        from_at=NOW - HOUR,
        to_at=NOW + HOUR,
        made_at=NOW - HOUR,
    ),
    "entry": ENTRY,
    "listed": Listed(entry=ENTRY, number=7, made_at=NOW - HOUR, said_at="11:00"),
    "reservation": Reservation(
        id=ReservationId("rs1"),
        no=1,
        from_at=NOW - HOUR,
        to_at=NOW + HOUR,
        made_at=NOW - HOUR,
    ),
}
TIMES: Final = frozenset(
    {"at", "until", "valid_from", "valid_until", "from_at", "to_at", "ended_at"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked, as differences, and what is answered: "verdict reason by rule"."""

    name: str
    asked: dict[str, Any]
    answer: str
    stay: str | None = None
    charge: int = 0
    remind: bool = False
    review: str = ""


def cases() -> list[Case]:
    """Read all cases; those of the exits begin with a car at an exit."""
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.json")):
        base = {"way": "exit"} if path.stem == "exits" else {}
        found += [
            Case(**written | {"asked": base | written["asked"]})
            for written in json.loads(path.read_text())
        ]
    return found


def changed(base: Any, differences: dict[str, Any]) -> Any:
    """Return a record with differences as a case writes them."""
    new: dict[str, Any] = {}
    for name, value in differences.items():
        old = getattr(base, name)
        if isinstance(value, dict):
            new[name] = changed(RECORDS[name], value)
        elif name in TIMES:
            new[name] = NOW + timedelta(seconds=value)
        elif name in REASONS:
            new[name] = Reason(value)
        elif isinstance(old, StrEnum):
            new[name] = type(old)(value)
        else:
            new[name] = tuple(value) if isinstance(value, list) else value
    return replace(base, **new)


def asked_in(case: Case) -> Asked:
    """Return what a case asks."""
    asked: Asked = changed(STRANGER, case.asked)
    return asked if asked.lapsed is None else replace(asked, lapsed=Reason(asked.lapsed))


CASES: Final = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_answered_as_the_table_says(case: Case) -> None:
    """Whoever stands before the barrier gets the answer that the manager would give."""
    found = decide(asked_in(case))
    assert f"{found.verdict} {found.reason} by {found.rule}" == case.answer
    assert (found.kind, found.charge_minor, found.remind, found.review) == (
        case.stay,
        case.charge,
        case.remind,
        case.review,
    )


def test_no_two_cases_have_one_name_and_every_reason_has_a_case() -> None:
    """Of two cases with one name a report shows one; a reason without a case may be wrong."""
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    told = {case.answer.split()[1] for case in CASES}
    assert {*Reason} - {Reason.LEDGER_CLOSED} == {Reason(one) for one in told}


TRUTH = st.booleans()


def maybe(name: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nothing, or the record of a case with some of its fields drawn."""
    record = RECORDS[name]
    return st.none() | st.fixed_dictionaries(values).map(lambda new: replace(record, **new))


AROUND = st.sampled_from([-HOUR, timedelta(), HOUR]).map(lambda apart: NOW + apart)
ASKED: Final = st.builds(
    Asked,
    kind=st.just(CredentialKind.PLATE),
    lane=st.just("l1"),
    way=st.sampled_from(Way),
    at=st.sampled_from([0, 0, 0, 0, 11, -61]).map(lambda age: NOW - timedelta(seconds=age)),
    now=st.just(NOW),
    rules=st.builds(
        ParkingRules,
        version=st.just(1),
        valid_from=st.just(NOW),
        temporaries=TRUTH,
        owned=st.sampled_from(Unpaid),
        rented=st.sampled_from(Unpaid),
        pass_back=st.sampled_from(PassBack),
        fuzzy=TRUTH,
        owed_ask=TRUTH,
    ),
    score=st.sampled_from([1000, 1000, 700]),
    least_score=st.sampled_from([0, 800]),
    replayed=st.sampled_from([False, False, False, True]),
    car=st.sampled_from([None, True, True, False]),
    emergency=st.sampled_from([False, False, False, True]),
    vehicle=st.sampled_from(VehicleClass),
    tracked=TRUTH,
    rule=maybe(
        "rule",
        kind=st.sampled_from(RuleKind),
        until=st.none() | AROUND,
    ),
    card=maybe(
        "card",
        state=st.sampled_from(CardState),
        valid_until=st.none() | AROUND,
        lanes=st.sampled_from([(), ("l1",), ("l2",)]),
        at_once=st.none() | st.integers(1, 3),
    ),
    near=TRUTH,
    wallet_open=TRUTH,
    wallet_frozen=TRUTH,
    permit=maybe("permit", kind=st.sampled_from(PermitKind)),
    in_window=TRUTH,
    space=maybe("space", tenure=st.sampled_from(Tenure), capacity=st.integers(1, 3)),
    unpaid=TRUTH,
    lapsed=st.sampled_from([None, Reason.EXPIRED, Reason.NOT_YET_VALID]),
    inside=st.integers(0, 3),
    stay=maybe(
        "stay",
        kind=st.sampled_from(StayKind),
        state=st.sampled_from([StayState.ARRIVING, StayState.INSIDE, StayState.LEAVING]),
        paid_minor=st.sampled_from([0, 500]),
    ),
    due_minor=st.sampled_from([0, 500]),
    payable=TRUTH,
    invitation=maybe(
        "invitation", from_at=AROUND, host_pays=TRUTH, left=st.sampled_from([None, 0, 1])
    ),
    reservation=maybe("reservation", from_at=AROUND),
    places=st.sampled_from([None, -1, 0, 1]),
    tariff=st.sampled_from(["", "visitors"]),
    owed_minor=st.sampled_from([0, 800]),
)


def believed(asked: Asked) -> bool:
    """Whether a read may be acted on, written down once more and differently."""
    return (
        not asked.replayed
        and asked.at == NOW
        and asked.car is not False
        and asked.score >= asked.least_score
    )


@given(ASKED)
def test_a_read_that_cannot_be_believed_opens_nothing_and_tells_nothing(asked: Asked) -> None:
    """A replayed message must not open, and must not say which plates are registered either."""
    if believed(asked):
        return
    found = decide(asked)
    assert found.verdict is Verdict.REFUSE
    nobody = replace(
        asked, card=None, rule=None, stay=None, invitation=None, permit=None, space=None
    )
    assert decide(nobody) == found


@given(ASKED)
def test_a_vehicle_that_may_leave_is_never_kept(asked: Asked) -> None:
    """Nobody is shut in over a bill, a blocked card or a rule of the entry."""
    leaving = replace(asked, way=Way.EXIT, near=False, due_minor=0)
    if believed(leaving) and leaving.stay is not None:
        assert decide(leaving).admits


@given(ASKED)
def test_only_a_sure_read_of_the_own_car_pays(asked: Asked) -> None:
    """A fuzzy or doubtful read, an emergency, a free car, a wallet that cannot: nobody is charged."""
    found = decide(asked)
    if not found.charge_minor:
        return
    assert believed(asked)
    assert True not in (asked.near, asked.emergency, asked.wallet_frozen)
    assert (found.admits, found.charge_minor) == (asked.payable, asked.due_minor)
    assert asked.wallet_open
    assert asked.card is None or asked.card.state is CardState.ACTIVE
    assert asked.card is not None or asked.stay is not None


@given(ASKED)
def test_the_same_question_has_the_same_answer_and_its_trace_ends_with_what_decided(
    asked: Asked,
) -> None:
    """An attendant who asks why must be told what the lane went by."""
    found = decide(asked)
    assert decide(replace(asked)) == found
    assert [step.decided for step in found.trace] == [False] * (len(found.trace) - 1) + [True]
    assert found.rule == found.trace[-1].rule
    assert len({step.rule for step in found.trace}) == len(found.trace)


@given(ASKED)
def test_a_trace_holds_ids_and_numbers_only(asked: Asked) -> None:
    """What is kept of a passage must never hold a plate, and must be readable from the books again."""
    written = [dict(step.values) for step in decide(asked).trace]
    assert json.loads(json.dumps(written)) == written
    assert "B****34" not in json.dumps(written)


@given(ASKED)
def test_a_stay_begins_with_a_right_on_the_way_in_only(asked: Asked) -> None:
    """A stay without a kind could not be priced; an exit begins none."""
    found = decide(asked)
    assert (found.kind is not None) == (found.admits and asked.way is Way.ENTRY)
    assert not (found.verdict is not Verdict.ADMIT and (found.review or found.remind))


@given(ASKED)
def test_what_is_blocked_does_not_come_in(asked: Asked) -> None:
    """A plate that is kept out comes in with the fire brigade's, or in a fire, and not otherwise."""
    entering = replace(asked, way=Way.ENTRY, rule=RECORDS["rule"])
    assert entering.rule is not None
    blocked = replace(entering, rule=replace(entering.rule, kind=RuleKind.BLOCKED))
    if not blocked.emergency and blocked.vehicle is not VehicleClass.EMERGENCY:
        assert not decide(blocked).admits


def test_every_field_that_is_asked_can_change_an_answer_or_says_why_it_cannot() -> None:
    """A field that no rule looks at would be gathered for nothing."""
    names = {field.name for field in fields(Asked)} - {"kind", "zone"}
    looked_at = {name for case in CASES for name in case.asked} | {"lane", "now"}
    assert names == looked_at - {"kind"}


def test_a_decision_without_a_trace_names_no_rule() -> None:
    """What was refused for want of books has no rule of the car park behind it."""
    assert Decision(verdict=Verdict.REFUSE, reason=Reason.LEDGER_CLOSED).rule == ""


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("a stranger on a car park for cards only is unknown", "temporary"),
        ("a card of today is valid from its first instant on", "card own_wallet"),
        ("an owner comes home", "card bill at_once right"),
        ("where no exit has a reader nobody counts who is inside", "card bill right"),
        ("a stranger who has not paid hears how much it is", "nothing_due payment"),
        ("a stranger whom nobody saw come in: an attendant decides", "no_entry"),
    ],
)
def test_a_trace_names_what_was_there_to_look_at(name: str, rules: str) -> None:
    """A stranger without a card must not read that its bill is paid."""
    (case,) = (case for case in CASES if case.name == name)
    looked_at = [step.rule for step in decide(asked_in(case)).trace]
    assert looked_at == ["replayed", "age", "score", *rules.split()]
