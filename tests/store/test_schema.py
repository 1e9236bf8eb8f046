"""The file's shape, held against the records that go into it."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from pathlib import Path
import sqlite3
from types import NoneType
from typing import Any, NewType, TypeAliasType, get_args, get_origin, get_type_hints

from hypothesis import given, settings, strategies as st
import pytest
from sqlalchemy import Connection, create_engine

from custom_components.prepaid_parking.core.accrual import Window
from custom_components.prepaid_parking.core.admission import Step
from custom_components.prepaid_parking.core.bill import Bill, BillingRules, BillLine, DunningStep
from custom_components.prepaid_parking.core.invoice import Invoice
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.policy import Policy
from custom_components.prepaid_parking.core.recurring_charge import RecurringCharge
from custom_components.prepaid_parking.core.tariff import TariffVersion
from custom_components.prepaid_parking.store import codec, migrations, schema
from custom_components.prepaid_parking.store.codec import Codec, codec_of
from custom_components.prepaid_parking.store.columns import metadata
from custom_components.prepaid_parking.store.schema import TABLES
from custom_components.prepaid_parking.store.sqlite import writing_engine
from tests.store.acts import all_is_well, names_in, open_books, top_up

KINDS = sorted(TABLES, key=lambda kind: kind.__name__)


def bare(hint: Any) -> Any:
    """Look through the names that a type goes by."""
    while isinstance(hint, NewType | TypeAliasType):
        hint = hint.__supertype__ if isinstance(hint, NewType) else hint.__value__
    return hint


@pytest.mark.parametrize("kind", KINDS)
def test_each_record_fits_its_table(kind: type) -> None:
    """A field without a column would be forgotten at the next restart."""
    table = TABLES[kind]
    hints = get_type_hints(kind)
    assert {column.name for column in table.c} == set(hints)
    for column in table.c:
        hint = bare(hints[column.name])
        inner = [bare(arg) for arg in get_args(hint) if arg is not NoneType]
        optional = NoneType in get_args(hint)
        assert column.nullable == optional, column
        stored = inner[0] if optional else hint
        whole = stored in (int, bool, datetime)
        wanted = int if whole else bytes if stored is bytes else str
        assert column.type.python_type is wanted, column


def test_every_table_is_known() -> None:
    """A table nobody reads holds what nobody misses until it is needed."""
    books = {"journal", "transfer", "idempotency", "account", "series", "meta"}
    assert {table.name for table in TABLES.values()} | books == set(metadata.tables)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a field's type."""
    hint = bare(hint)
    origin, args = get_origin(hint), get_args(hint)
    if NoneType in args:
        return st.none() | values_of(next(arg for arg in args if arg is not NoneType))
    if origin is tuple and args[1:] == (...,):
        return st.lists(values_of(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, args))
    if origin is Mapping:
        return st.dictionaries(st.text(), values_of(args[1]), max_size=3)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        bytes: st.binary(max_size=20),
        datetime: st.integers(0, 2**53).map(codec.from_micros),
        date: st.dates(),
        time: st.times(),
    }
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    hints, valid = get_type_hints(hint), VALID.get(hint, {})
    return st.builds(
        hint,
        **{
            name: valid[name] if name in valid else values_of(inner)
            for name, inner in hints.items()
        },
    )


COUNT = st.integers(0, 2**40)
VALID: dict[type, dict[str, st.SearchStrategy[Any]]] = {
    Step: {"values": st.dictionaries(st.text(max_size=5), COUNT, max_size=2)},
    BillLine: {
        "amount_minor": st.integers(1, 2**40),
        "tax_minor": st.just(0),
        "trace": st.dictionaries(st.text(max_size=5), COUNT, max_size=2),
    },
    Bill: {
        "lines": st.deferred(lambda: st.tuples(values_of(BillLine))),
        "paid_minor": st.just(0),
        "bonus_minor": st.just(0),
        "written_off_minor": st.just(0),
    },
    BillingRules: {
        "due_days": COUNT,
        "remind_days": st.tuples(COUNT),
        "dunning": st.builds(lambda days: (DunningStep(days=days),), st.integers(1, 2**40)),
        "top_up_tax_bp": COUNT,
    },
    Invoice: {
        "amount_minor": st.integers(1, 2**40),
        **{name: st.just(0) for name in ("tax_minor", "fee_minor", "fee_tax_minor")},
    },
    RecurringCharge: {
        "name": st.sampled_from(("rent", "租金")),
        "wallet": st.just("w1"),
        "unit": st.just(""),
        "tariff": st.just("rent"),
        "fixed": st.none(),
        "last": st.none(),
        "deposit_minor": COUNT,
    },
}
"""What a record that refuses nonsense takes."""


@given(data=st.data())
@settings(max_examples=max(20, settings().max_examples // 5))
@pytest.mark.parametrize("kind", KINDS)
def test_each_record_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    """Through SQLite itself, in strict tables: what is read after a restart is what was meant."""
    record = data.draw(values_of(kind))
    made: Codec[Any] = codec_of(kind)
    row = made.row(record)
    connection = sqlite3.connect(":memory:")
    marks = ", ".join("?" * len(row))
    names = ", ".join(f'"{name}"' for name in made.names)
    connection.execute(f"CREATE TABLE one ({names})")
    connection.execute(f"INSERT INTO one VALUES ({marks})", row)
    (back,) = connection.execute("SELECT * FROM one").fetchall()
    connection.close()
    assert made.record(back) == record
    assert made.key(back) == made.key(row)


def test_a_time_without_a_zone_is_refused() -> None:
    """It would be charged in the wrong hour, and twice a year in the wrong day."""
    with pytest.raises(TypeError):
        codec.to_micros(datetime(2026, 7, 1, tzinfo=UTC).replace(tzinfo=None))
    beijing = datetime(2026, 7, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert codec.from_micros(codec.to_micros(beijing)) == datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", [Window, TariffVersion, Policy])
def test_a_part_that_gained_a_field_is_still_read(kind: type) -> None:
    """Rows of the books are never rewritten, so old text must stay readable."""
    parts = [field for field in fields(kind) if get_origin(bare(field.type)) is tuple]
    assert parts
    for part in parts:
        (inner, *_) = get_args(bare(part.type))
        if not hasattr(inner, "__dataclass_fields__"):
            continue
        optional: list[Field[Any]] = [f for f in fields(inner) if f.default is not MISSING]
        required = [f for f in fields(inner) if f.default is MISSING]
        with pytest.raises(ValueError, match="lacks"):
            codec.from_plain_of(inner)({f.name: 0 for f in required[1:]})
        assert {f.name for f in optional} <= {f.name for f in fields(inner)}


def make_step(name: str) -> migrations.Step:
    """Return a migration that adds a table."""

    def step(connection: Connection) -> None:
        connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY) STRICT")

    return step


def broken_step(connection: Connection) -> None:
    """A migration that fails half way."""
    connection.exec_driver_sql("CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT")
    connection.exec_driver_sql("CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT")


async def test_an_older_file_is_brought_up_to_date_and_a_copy_kept(tmp_path: Path) -> None:
    """An update must not need a reinstallation, and must have a way back."""
    books = await open_books(tmp_path)
    await books.commit(top_up(1, "1"))
    await books.close()
    path = tmp_path / "site.db"
    steps = {schema.VERSION + 1: make_step("one"), schema.VERSION + 2: make_step("two")}
    engine = writing_engine(path, frozen=lambda: False)
    with engine.connect() as connection:
        copy = migrations.migrate(connection, path, steps, schema.VERSION + 2)
        assert migrations.version_of(connection) == schema.VERSION + 2
        assert migrations.migrate(connection, path, steps, schema.VERSION + 2) is None
    engine.dispose()
    assert copy
    kept = sqlite3.connect(copy)
    assert kept.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert kept.execute("SELECT count(*) FROM journal").fetchone() == (1,)
    kept.close()


async def test_opening_an_older_file_migrates_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner who updates does nothing but update."""
    books = await open_books(tmp_path)
    await books.commit(top_up(1, "1"))
    await books.close()
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "STEPS", {schema.VERSION: make_step("one")})
    for _ in range(2):
        books = await open_books(tmp_path)
        assert books.state is BooksState.OK
        assert await all_is_well(books) == 1
        await books.close()
    assert [name for name in names_in(tmp_path) if "before" in name] == [
        f"site.before-v{schema.VERSION}.db"
    ]


async def test_a_migration_that_cannot_be_made_leaves_the_file_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update that goes wrong must not take the books away."""
    books = await open_books(tmp_path)
    await books.commit(top_up(1, "1"))
    await books.close()
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "STEPS", {schema.VERSION: broken_step})
    books = await open_books(tmp_path)
    assert (books.state, books.problem) == (BooksState.READ_ONLY, "failed")
    assert len(await books.entries()) == 1
    await books.close()


async def test_a_migration_that_fails_leaves_the_step_before_it(tmp_path: Path) -> None:
    """Half a migration is a file that no version understands."""
    await (await open_books(tmp_path)).close()
    path = tmp_path / "site.db"
    steps = {schema.VERSION + 1: make_step("one"), schema.VERSION + 2: broken_step}
    engine = writing_engine(path, frozen=lambda: False)
    with engine.connect() as connection:
        with pytest.raises(Exception, match="already exists"):
            migrations.migrate(connection, path, steps, schema.VERSION + 2)
        assert migrations.version_of(connection) == schema.VERSION + 1
    engine.dispose()
    left = sqlite3.connect(path)
    names = {name for (name,) in left.execute("SELECT name FROM sqlite_schema")}
    left.close()
    assert "one" in names
    assert "half" not in names


def test_a_new_file_has_strict_tables_and_named_indexes() -> None:
    """Text in a money column is refused by the database, not found by an auditor."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.create(connection)
        strict = connection.exec_driver_sql("PRAGMA table_list").mappings().all()
        indexes = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NULL"
        ).scalars()
        unnamed = [name for name in indexes if not name.startswith("sqlite_autoindex_")]
    engine.dispose()
    ours = [row for row in strict if not row["name"].startswith("sqlite_")]
    assert len(ours) == len(metadata.tables)
    assert [row["name"] for row in ours if not row["strict"]] == []
    assert unnamed == []
