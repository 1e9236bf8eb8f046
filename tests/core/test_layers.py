"""Refunds of what a bonus came with: by its promotion's rule, to the cent, and never more than was paid."""

from dataclasses import dataclass, field

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.layers import (
    Layer,
    leave,
    refundable,
    spent_down,
    started,
    worth,
)
from custom_components.prepaid_parking.core.promotion import Back
from custom_components.prepaid_parking.core.wallet import Spending

CASH, BONUS = Spending.CASH_FIRST, Spending.BONUS_FIRST


@pytest.mark.parametrize(
    ("back", "order", "spent", "cash", "bonus"),
    [
        # 500.00 with 100.00 on top, 50.00 spent.
        (Back.CASH_FIRST, BONUS, 5_000, 45_000, 10_000),
        (Back.BONUS_FIRST, BONUS, 5_000, 50_000, 5_000),
        (Back.RATIO, BONUS, 5_000, 45_833, 9_167),
        (Back.FORFEIT, BONUS, 5_000, 50_000, 5_000),
        (Back.FORFEIT, CASH, 5_000, 45_000, 10_000),
        # Nothing spent: all of the customer's money, none of the gift.
        (Back.CASH_FIRST, BONUS, 0, 50_000, 10_000),
        (Back.BONUS_FIRST, BONUS, 0, 50_000, 10_000),
        (Back.RATIO, BONUS, 0, 50_000, 10_000),
        # 100.00 spent: just the bonus.
        (Back.CASH_FIRST, BONUS, 10_000, 40_000, 10_000),
        (Back.BONUS_FIRST, BONUS, 10_000, 50_000, 0),
        (Back.RATIO, BONUS, 10_000, 41_667, 8_333),
        # 550.00 spent: more than the cash.
        (Back.CASH_FIRST, BONUS, 55_000, 0, 5_000),
        (Back.BONUS_FIRST, BONUS, 55_000, 5_000, 0),
        (Back.RATIO, BONUS, 55_000, 4_167, 833),
    ],
)
def test_a_refund_after_spending_follows_the_rule(
    back: Back, order: Spending, spent: int, cash: int, bonus: int
) -> None:
    """The golden table: what the desk may pay out, and what of the gift goes back."""
    layer = Layer(cash_minor=50_000, bonus_minor=10_000, spent_minor=spent, back=back)
    now = worth(layer, order)
    assert (now.cash_minor, now.bonus_minor) == (cash, bonus)
    if cash:
        gone = leave([layer], cash, order)
        assert (gone.bonus_minor, gone.layers) == (bonus, ())


@pytest.mark.parametrize(
    ("back", "refund", "bonus", "left"),
    [
        (Back.CASH_FIRST, 9_000, 2_000, (36_000, 8_000)),
        (Back.BONUS_FIRST, 10_000, 1_000, (40_000, 4_000)),
        (Back.RATIO, 10_000, 2_000, (35_833, 7_167)),
        (Back.FORFEIT, 1, 5_000, (49_999, 0)),
    ],
)
def test_a_part_of_the_cash_takes_its_part_of_the_bonus(
    back: Back, refund: int, bonus: int, left: tuple[int, int]
) -> None:
    """Who takes out a fifth keeps four fifths of the gift; who forfeits loses it at the first cent."""
    layer = Layer(cash_minor=50_000, bonus_minor=10_000, spent_minor=5_000, back=back)
    gone = leave([layer], refund, BONUS)
    assert gone.bonus_minor == bonus
    (stays,) = gone.layers
    now = worth(stays, BONUS)
    assert (now.cash_minor, now.bonus_minor) == left


def test_points_go_with_the_cash_they_were_earned_by() -> None:
    """What was earned by what was used stays."""
    layer = Layer(cash_minor=50_000, points=500, spent_minor=10_000)
    first = leave([layer], 20_000, BONUS)
    assert first.points == 200
    second = leave(first.layers, 20_000, BONUS)
    assert (second.points, second.layers) == (200, ())


def test_the_newest_top_up_is_refunded_first() -> None:
    """Who changed their mind about the last payment gets the last payment back."""
    old = Layer(cash_minor=10_000)
    new = Layer(cash_minor=50_000, bonus_minor=10_000, back=Back.RATIO)
    gone = leave([old, new], 50_000, BONUS)
    assert (gone.bonus_minor, gone.layers) == (10_000, (old,))
    assert leave([old], 10_000, BONUS).layers == ()


def test_the_oldest_top_up_is_spent_first() -> None:
    """A gift that came today is not used up by what lay in the wallet before."""
    old, new = Layer(cash_minor=10_000), Layer(cash_minor=50_000, bonus_minor=10_000)
    assert spent_down([old, new], 60_000) == (new,)
    assert spent_down([old, new], 65_000)[0].spent_minor == 5_000
    assert spent_down([old, new], -5) == ()
    assert spent_down([old], 12_000) == (old, Layer(cash_minor=2_000))


def test_what_lay_there_before_is_refunded_as_it_is() -> None:
    """Points turned into bonus long ago are no reason to keep somebody's cash."""
    layers = started(300, 50, BONUS)
    assert refundable(layers, BONUS) == 300
    assert refundable(spent_down(layers, 320), BONUS) == 300
    assert refundable(spent_down(started(300, 50, CASH), 320), CASH) == 270
    assert started(-300, 0, BONUS) == ()


def test_more_than_may_be_refunded_is_refused() -> None:
    """A bonus is never paid out."""
    layer = Layer(cash_minor=100, bonus_minor=900, back=Back.BONUS_FIRST)
    with pytest.raises(CoreError, match="more_than_refundable"):
        leave([layer], 101, BONUS)


@dataclass
class Purse:
    """A wallet seen from outside: what came in, what went out, what was given."""

    layers: tuple[Layer, ...] = ()
    total: int = 0
    paid: int = 0
    back: int = 0
    given: int = 0
    taken: int = 0
    used: int = 0
    parts: list[int] = field(default_factory=list)


tops = st.tuples(
    st.just("top"), st.integers(1, 10_000), st.integers(0, 5_000), st.sampled_from([None, *Back])
)
spends = st.tuples(st.just("spend"), st.integers(1, 10_000), st.just(0), st.none())
refunds = st.tuples(st.just("refund"), st.integers(1, 10_000), st.just(0), st.none())
orders = st.sampled_from(Spending)


def play(steps: list[tuple[str, int, int, Back | None]], order: Spending) -> Purse:
    """Let things happen to a purse; what may not be done is not done."""
    purse = Purse()
    for what, amount, bonus, back in steps:
        if what == "top":
            extra = bonus if back is not None else 0
            new = Layer(cash_minor=amount, bonus_minor=extra, back=back, points=amount // 100)
            purse.layers = (*purse.layers, new)
            purse.total += amount + extra
            purse.paid, purse.given = purse.paid + amount, purse.given + extra
        elif what == "spend":
            part = min(amount, purse.total)
            purse.total, purse.used = purse.total - part, purse.used + part
            purse.layers = spent_down(purse.layers, purse.total)
        else:
            part = min(amount, refundable(purse.layers, order))
            before = refundable(purse.layers, order)
            gone = leave(purse.layers, part, order)
            purse.layers = gone.layers
            purse.back, purse.taken = purse.back + part, purse.taken + gone.bonus_minor
            purse.total -= part + gone.bonus_minor
            purse.parts.append(part)
            if part:
                assert refundable(purse.layers, order) == before - part
        assert sum(layer.left_minor for layer in purse.layers) == purse.total
        assert min((layer.left_minor for layer in purse.layers), default=0) >= 0
    return purse


@given(steps=st.lists(st.one_of(tops, spends, refunds), max_size=20), order=orders)
def test_nobody_ever_gets_out_more_than_they_paid_in(
    steps: list[tuple[str, int, int, Back | None]], order: Spending
) -> None:
    """No sequence of top-ups, spending and refunds turns a gift into cash."""
    purse = play(steps, order)
    assert 0 <= purse.back + refundable(purse.layers, order) <= purse.paid
    assert 0 <= purse.taken <= purse.given
    for layer in purse.layers:
        now = worth(layer, order)
        assert now.cash_minor + now.bonus_minor == layer.left_minor
        assert 0 <= now.cash_minor <= layer.cash_minor
        assert 0 <= now.bonus_minor <= layer.bonus_minor


@given(
    cash=st.integers(1, 10_000),
    bonus=st.integers(0, 5_000),
    spent=st.integers(0, 15_000),
    back=st.sampled_from([Back.CASH_FIRST, Back.BONUS_FIRST, Back.RATIO]),
    cuts=st.lists(st.integers(1, 5_000), max_size=6),
    order=orders,
)
def test_many_small_refunds_come_to_one_large_one(
    cash: int, bonus: int, spent: int, back: Back, cuts: list[int], order: Spending
) -> None:
    """Nobody gains a cent by asking ten times."""
    layer = Layer(
        cash_minor=cash,
        bonus_minor=bonus,
        spent_minor=min(spent, cash + bonus),
        back=back,
        points=7,
    )
    whole = leave([layer], most := refundable([layer], order), order)
    layers: tuple[Layer, ...] = (layer,)
    taken = points = 0
    for cut in [*cuts, most]:
        gone = leave(layers, min(cut, refundable(layers, order)), order)
        layers, taken = gone.layers, taken + gone.bonus_minor
        points += gone.points
    assert refundable(layers, order) == 0
    if most:
        assert taken == whole.bonus_minor
    assert abs(points - whole.points) <= len(cuts) + 1
