"""Random acts against a model: what holds for every history, however it came about."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.identity import InstallationId
from custom_components.prepaid_parking.core.ledger import AccountId, Act, Receipt
from custom_components.prepaid_parking.core.metering import Cursor
from tests.store.acts import REVENUE, TILL, all_is_well, meter_at, open_books, spend, top_up, usage

WALLETS = 3
METERS = 2
"""Few of each, so that acts meet."""

references = st.sampled_from(["a", "b", "c", "d", None])
amounts = st.integers(1, 50)
wallets = st.integers(1, WALLETS)
registers = st.integers(0, 20)


def charge(meter: int, amount: int, start: int, length: int) -> Act:
    """Return the charge of some stretch, which may or may not begin at the cursor."""
    return usage(
        amount,
        start,
        start + length,
        installation=InstallationId(f"m{meter}.1"),
        wallet=wallet_account(meter),
    )


acts = st.one_of(
    st.builds(
        lambda amount, reference, wallet: top_up(amount, reference, wallet=wallet_account(wallet)),
        amounts,
        references,
        wallets,
    ),
    st.builds(
        lambda amount, minimum, wallet: spend(amount, minimum, wallet=wallet_account(wallet)),
        amounts,
        st.integers(-20, 20),
        wallets,
    ),
    st.builds(charge, st.integers(1, METERS), amounts, registers, st.integers(0, 20)),
)
histories = st.lists(st.lists(acts, max_size=12), max_size=6)


@dataclass(slots=True)
class Model:
    """The rules of the books, as simply as they can be written down."""

    balances: dict[AccountId, int] = field(default_factory=dict)
    registers: dict[str, int] = field(default_factory=dict)
    references: dict[str, tuple[object, ...]] = field(default_factory=dict)
    entries: int = 0

    def says(self, act: Act) -> str:
        """Return what should become of an act, and let it become so."""
        content = (act.event, act.postings)
        if act.reference and (known := self.references.get(act.reference.key)):
            return "repeated" if known == content else "reference_reused"
        for move in act.moves:
            if self.registers[move.installation] != move.from_register:
                return "cursor_moved"
        after = dict(self.balances)
        for leg in act.postings:
            after[leg.source] = after.get(leg.source, 0) - leg.amount_minor
            after[leg.target] = after.get(leg.target, 0) + leg.amount_minor
        if any(after.get(floor.account, 0) < floor.minimum_minor for floor in act.floors):
            return "not_enough_money"
        self.balances = after
        self.registers |= {move.installation: move.to_register for move in act.moves}
        if act.reference:
            self.references[act.reference.key] = content
        self.entries += 1
        return "booked"


def outcome(answer: Receipt | CoreError) -> str:
    """Name what became of an act."""
    if isinstance(answer, CoreError):
        conflict = answer.key in {"reference_reused", "cursor_moved"}
        assert isinstance(answer, ConflictError) == conflict
        return answer.key
    return "repeated" if answer.repeated else "booked"


async def play(folder: Path, history: list[list[Act]]) -> None:
    """Let the books and the model go through the same history, with a restart after each group."""
    model = Model(registers={f"m{meter}.1": 0 for meter in range(1, METERS + 1)})
    books = await open_books(folder)
    await books.record(*(meter_at(0, InstallationId(name)) for name in model.registers))
    for group in history:
        expected = [model.says(act) for act in group]
        answers = await books.commit_all(group)
        assert [outcome(answer) for answer in answers] == expected
        if answers and isinstance(last := answers[-1], Receipt):
            assert last.balances.items() <= model.balances.items()
        await books.close()
        books = await open_books(folder)
    assert await books.balances() == model.balances
    cursors = {cursor.installation: cursor.register for cursor in await books.load(Cursor)}
    assert cursors == model.registers
    assert await all_is_well(books) == model.entries
    ours = {TILL, REVENUE, *(wallet_account(number) for number in range(1, WALLETS + 1))}
    for account in ours:
        came, went = await books.total(account, None, None)
        assert came - went == model.balances.get(account, 0)
    await books.close()


@given(history=histories)
@settings(max_examples=max(30, settings().max_examples // 3))
def test_the_books_are_what_their_rules_say(history: list[list[Act]]) -> None:
    """Whoever pays, spends and uses in whatever order: no money appears, vanishes or moves twice."""
    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), history))
