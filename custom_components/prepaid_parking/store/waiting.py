"""What is handed to the writing thread, and how its answers come back to the event loop."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from ..core.ledger import Act, Receipt, Record


@dataclass(slots=True, eq=False)
class Waiter:
    """Somebody who waits for a number of answers; wakes once, when the last one is in.

    An error is an answer: what it means for the others is for the one who waits.
    """

    done: Future[list[object]]
    left: int
    answers: list[object] = field(init=False)

    def __post_init__(self) -> None:
        """Make room for the answers."""
        self.answers = [None] * self.left

    def tell(self, place: int, answer: object) -> None:
        """Take an answer. One who left in the meantime changes nothing that is written."""
        self.answers[place] = answer
        self.left -= 1
        if self.left == 0 and not self.done.done():
            self.done.set_result(self.answers)


@dataclass(slots=True, eq=False)
class Command:
    """One thing to be written; `goes_on`: in the same transaction as the one after it.

    A `patient` one may wait a moment for others, because nothing is kept waiting by it.
    """

    waiter: Waiter
    place: int = 0
    act: Act | None = None
    puts: tuple[Record, ...] = ()
    drops: tuple[Record, ...] = ()
    incarnation: int | None = None
    goes_on: bool = False
    patient: bool = False


@dataclass(slots=True, eq=False)
class Call:
    """Something the writing thread does between two groups."""

    waiter: Waiter
    run: Callable[[], object]
    place: int = 0


type Item = Command | Call | None
"""None ends the writing."""

type Submit = Callable[[list[Item]], None]


async def acts_done(
    submit: Submit, acts: Sequence[Act], *, together: bool
) -> list[Receipt | Exception]:
    """Have acts written and return what became of each; those that belong `together` as a whole."""
    waiter = Waiter(get_running_loop().create_future(), len(acts))
    last = len(acts) - 1
    submit(
        [
            Command(waiter, place, act, goes_on=together and place < last)
            for place, act in enumerate(acts)
        ]
    )
    return cast("list[Receipt | Exception]", await waiter.done)


async def done(submit: Submit, item: Callable[[Waiter], Command | Call]) -> object:
    """Have one thing done, after all that was handed over before; what went wrong is raised."""
    waiter = Waiter(get_running_loop().create_future(), 1)
    submit([item(waiter)])
    (result,) = await waiter.done
    if isinstance(result, Exception):
        raise result
    return result


def answer(loop: AbstractEventLoop, items: Iterable[Command | Call], answers: list[object]) -> None:
    """On the writing thread: let the event loop wake those who wait."""
    # A hub that closed its loop first loses the answer, never the entry.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_tell, items, answers)


def _tell(items: Iterable[Command | Call], answers: list[object]) -> None:
    for item, what in zip(items, answers, strict=True):
        item.waiter.tell(item.place, what)
