"""The fewest requests that fetch what is asked, and no address that nobody said can be read."""

from hypothesis import given, strategies as st

from custom_components.prepaid_parking.links.blocks import MOST_BITS, Block, Plan
from custom_components.prepaid_parking.links.registers import Register, Space


def register(address: int, count: int = 1, space: Space = Space.HOLDING) -> Register:
    return Register(space=space, address=address, count=count)


def block(address: int, count: int, space: Space = Space.HOLDING) -> Block:
    return Block(space=space, address=address, count=count)


def test_what_touches_is_one_request_and_a_gap_is_not_read() -> None:
    """Many devices refuse a whole request for one address they do not know."""
    plan = Plan.of([register(12, 2), register(10, 2), register(20)])
    assert plan.blocks == (block(10, 4), block(20, 1))
    assert plan.place(register(13)) == (0, 3)
    assert plan.place(register(14)) is None
    assert plan.size == 5


def test_a_gap_inside_a_readable_stretch_is_cheaper_than_a_request() -> None:
    """30 ms for a second request, 2 ms for a register nobody needs."""
    plan = Plan.of([register(0x0213, 2), register(0x0224)], stretches=[block(0x0200, 48)])
    assert plan.blocks == (block(0x0213, 18),)


def test_a_coil_is_never_in_one_request_with_a_register() -> None:
    """They are read by different functions, whatever their addresses."""
    plan = Plan.of([register(0), register(0, space=Space.COIL), register(1)])
    assert set(plan.blocks) == {block(0, 2), block(0, 1, Space.COIL)}


REGISTERS = st.lists(
    st.builds(
        Register, space=st.sampled_from(Space), address=st.integers(0, 300), count=st.integers(1, 4)
    ),
    min_size=1,
    max_size=30,
)
STRETCHES = st.lists(
    st.builds(
        Block, space=st.sampled_from(Space), address=st.integers(0, 300), count=st.integers(1, 300)
    ),
    max_size=4,
)


@given(REGISTERS, STRETCHES, st.integers(4, 125))
def test_everything_asked_is_fetched_and_nothing_that_may_not_be(
    registers: list[Register], stretches: list[Block], most: int
) -> None:
    """A plan that forgot a register would bill nothing; one too long would be refused whole."""
    plan = Plan.of(registers, stretches=stretches, most=most)
    asked = {(one.space, at) for one in registers for at in range(one.address, one.end)}
    allowed = asked | {(one.space, at) for one in stretches for at in range(one.address, one.end)}
    for one in plan.blocks:
        assert one.count <= (MOST_BITS if one.space.is_bits else most)
        assert {(one.space, at) for at in range(one.address, one.end)} <= allowed
    for wanted in registers:
        place = plan.place(wanted)
        assert place is not None
        number, offset = place
        assert plan.blocks[number].address + offset == wanted.address
