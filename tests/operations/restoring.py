"""An older ledger in the place of today's, as a restore of the hub leaves it."""

from custom_components.prepaid_parking.core.ledger import BooksState
from tests.operations.world import BOOKS, MANAGER, World


async def backup(world: World) -> bytes:
    """Return the ledger as it is now; the hub goes down for it and comes back."""
    await world.books.close()
    kept = (world.folder / BOOKS).read_bytes()
    await world.restart()
    return kept


async def restore(world: World, kept: bytes) -> None:
    """Put a ledger of before in the place of today's; nobody has looked at what is missing yet."""
    await world.books.close()
    for log in world.folder.glob(f"{BOOKS}-*"):
        log.unlink()
    (world.folder / BOOKS).write_bytes(kept)
    await world.restart()
    world.books.state = BooksState.ROLLED_BACK


async def accept(world: World) -> None:
    """Have a person answer for what is lost: the books go on from here."""
    await world.books.begin_incarnation(MANAGER, "there was no newer copy")
