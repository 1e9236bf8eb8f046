"""A file that an earlier version left: what an owner has after an update, and that it works on."""

from pathlib import Path
import re
import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, create_engine

from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.tariff import TariffVersion
from custom_components.prepaid_parking.core.wallet import Meter, Spending, Wallet
from custom_components.prepaid_parking.store import schema
from tests.store.acts import all_is_well, open_books, top_up

LEDGER_1: Final = Path(__file__).parent / "vectors" / "ledger_1.sql"
BALANCES: Final = {1: -12_000, 257: 9_224, 32: 626, 49: 150, 513: 2_000}
ENTRIES: Final = 17


def write_ledger_1(folder: Path) -> Path:
    """Make the file that version 1 would have left, with its key beside it."""
    text, path = LEDGER_1.read_text(), folder / "site.db"
    key = re.search(r"-- chain key: ([0-9a-f]+)", text)
    assert key
    path.with_name("site.db.key").write_text(key[1])
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript(text)
    file.close()
    return path


def shape(connection: Connection) -> dict[str, Any]:
    """Return what a file consists of; how a column came there is not part of it."""
    names = connection.exec_driver_sql(
        "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
    ).all()
    return {
        name: sorted(
            (column, kind, needed, key)
            for _, column, kind, needed, _, key in connection.exec_driver_sql(
                f"PRAGMA table_info({name})"
            )
        )
        if type_ == "table"
        else type_
        for type_, name in names
    }


async def test_a_ledger_of_version_1_is_taken_over_whole(tmp_path: Path) -> None:
    """Every tenant's balance survives the update, and the chain says that nobody touched it."""
    path = write_ledger_1(tmp_path)
    books = await open_books(tmp_path)
    assert (books.state, books.problem) == (BooksState.OK, "")
    assert await books.balances() == BALANCES
    assert await all_is_well(books) == ENTRIES
    wallets = {one.id: one for one in await books.load(Wallet)}
    assert [one.unit for one in wallets.values()] == ["Flat 1", "Flat 2"]
    assert {(one.unit_id, one.spending) for one in wallets.values()} == {("", Spending.BONUS_FIRST)}
    assert [one.unit for one in await books.load(Meter)] == [""]
    assert len(await books.load(TariffVersion)) == 4
    assert len(await books.load(Policy)) == 1
    await books.commit(top_up(1, "after the update"))
    assert await all_is_well(books) == ENTRIES + 1
    await books.close()
    assert path.with_name("site.before-v2.db").exists()


async def test_the_copy_made_before_an_update_is_whole(tmp_path: Path) -> None:
    """Made once, needed by the owner whose update went wrong; nobody else may read it."""
    path = write_ledger_1(tmp_path)
    books = await open_books(tmp_path)
    await books.close()
    place = path.with_name("site.before-v2.db")
    copy = sqlite3.connect(place)
    assert copy.execute("SELECT count(*) FROM journal").fetchone() == (ENTRIES,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    copy.close()
    assert place.stat().st_mode & 0o077 == 0


async def test_a_migrated_file_has_the_shape_of_a_new_one(tmp_path: Path) -> None:
    """What a test of a new file proves must hold for the files of everybody who was here before."""
    path = write_ledger_1(tmp_path)
    await (await open_books(tmp_path)).close()
    new, old = create_engine("sqlite://"), create_engine(f"sqlite:///{path}")
    with new.begin() as connection:
        schema.create(connection)
        wanted = shape(connection)
    with old.connect() as connection:
        found = shape(connection)
    new.dispose()
    old.dispose()
    assert found == wanted


async def test_every_record_of_a_migrated_file_is_read(tmp_path: Path) -> None:
    """A default that the migration wrote must be one that the reader takes."""
    write_ledger_1(tmp_path)
    books = await open_books(tmp_path)
    for kind in schema.TABLES:
        await books.load(kind)
    await books.close()
