"""Persons are sealed, found blindly, and gone when erased."""

from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.privacy import Privacy
from custom_components.prepaid_parking.store.records import BlindIndex, Subject, SubjectField
from tests.store.acts import bytes_in, copy_ledger, names_in, open_books

PERSON = {"name": "Zhang Wei", "phone": "+86 138 0013 8000", "plate": "京A·12345"}


@pytest.fixture
async def privacy(books: Books, tmp_path: Path) -> Privacy:
    """The persons of the site's books."""
    return await Privacy.open(books, tmp_path / "persons.key", erased=tmp_path / "erased")


async def test_a_person_is_read_back_with_the_key_alone(
    books: Books, privacy: Privacy, tmp_path: Path
) -> None:
    """A ledger file that leaks by itself tells nobody's name."""
    subject = await privacy.put_subject(PERSON, findable=["phone", "plate"])
    assert await privacy.get_subject(subject) == PERSON
    await books.sweep()
    everything = bytes_in(tmp_path)
    for value in (*PERSON.values(), "13800138000", "京A12345", "A12345"):
        assert value.encode() not in everything
    assert (tmp_path / "persons.key").stat().st_mode & 0o077 == 0


async def test_a_plate_is_found_however_it_is_written(privacy: Privacy) -> None:
    """A camera writes no dots; the manager does."""
    subject = await privacy.put_subject(PERSON, findable=["plate"])
    assert await privacy.find("plate", "京a 123-45") == [subject]
    assert await privacy.find("plate", "京A12346") == []
    assert await privacy.find("phone", PERSON["phone"]) == []
    assert privacy.blind("plate", "B-MW 42") == privacy.blind("plate", "bmw42")
    assert privacy.blind("plate", "42") != privacy.blind("code", "42")


@pytest.mark.parametrize(
    "written",
    [
        *("+86 138 0013 8000", "13800138000", "0086-138-0013-8000", "(138) 0013.8000"),
        "８６１３８００１３８０００",
    ],
)
async def test_a_telephone_number_is_found_however_it_is_written(
    privacy: Privacy, written: str
) -> None:
    """The tenant at the counter says it as they dial it, with the country's code or without."""
    subject = await privacy.put_subject(PERSON, findable=["phone"])
    assert await privacy.find("phone", written) == [subject]
    assert await privacy.find("phone", "8000") == []
    assert await privacy.find("phone", "13800138001") == []


async def test_persons_of_before_the_index_are_found_after_the_next_start(
    books: Books, tmp_path: Path
) -> None:
    """Whoever moved in years ago stands at the same counter; one damaged record hides itself only."""
    keys = tmp_path / "persons.key"
    privacy = await Privacy.open(books, keys)
    old = await privacy.put_subject({"phone": "+86 138 0013 8000"})
    other = await privacy.put_subject({"phone": "+86 138 0013 8001"}, findable=["phone"])
    damaged = await privacy.put_subject({"phone": "+86 138 0013 8002"})
    (mine,) = await books.load(SubjectField, subject=old)
    await books.exchange(
        drops=await books.load(SubjectField, subject=damaged),
        puts=[SubjectField(subject=damaged, name="phone", sealed=mine.sealed)],
    )
    by_an_older_rule = BlindIndex(kind="phone", digest=b"older", subject=other)
    await books.exchange(drops=await books.load(BlindIndex), puts=[by_an_older_rule])
    assert await privacy.find("phone", "13800138001") == []
    for _ in range(2):
        privacy = await Privacy.open(books, keys)
        assert await privacy.find("phone", "13800138000") == [old]
        assert await privacy.find("phone", "13800138001") == [other]
        assert len(await books.load(BlindIndex)) == 2


async def test_the_index_tells_nothing_without_the_key(books: Books, tmp_path: Path) -> None:
    """All plates of a country can be tried in minutes against a hash that has no key."""
    one = await Privacy.open(books, tmp_path / "one.key")
    two = await Privacy.open(books, tmp_path / "two.key")
    assert one.blind("plate", "B1") != two.blind("plate", "B1")


async def test_a_corrected_field_is_found_by_its_new_value_only(privacy: Privacy) -> None:
    """A phone number that now belongs to somebody else must not lead to the old tenant."""
    subject = await privacy.put_subject(PERSON, findable=["phone", "plate"])
    await privacy.put_subject({"phone": "1"}, findable=["phone"], subject=subject)
    assert await privacy.get_subject(subject) == {**PERSON, "phone": "1"}
    assert await privacy.find("phone", PERSON["phone"]) == []
    assert await privacy.find("phone", "1") == [subject]
    assert await privacy.find("plate", PERSON["plate"]) == [subject]


async def test_an_erased_person_is_gone_from_the_file(
    books: Books, privacy: Privacy, tmp_path: Path
) -> None:
    """Who asks to be forgotten is not found in the free pages either."""
    subject = await privacy.put_subject(PERSON, findable=["plate"])
    other = await privacy.put_subject({"name": "Li Na"})
    (sealed, _) = await books.load(Subject)
    if sealed.id != subject:
        _, sealed = await books.load(Subject)
    await privacy.forget_subject(subject)
    with pytest.raises(CoreError, match="subject_unknown"):
        await privacy.get_subject(subject)
    with pytest.raises(CoreError, match="subject_unknown"):
        await privacy.put_subject({"name": "again"}, subject=subject)
    assert await privacy.get_subject(other) == {"name": "Li Na"}
    assert await privacy.find("plate", PERSON["plate"]) == []
    assert await books.load(BlindIndex) == []
    assert [field.subject for field in await books.load(SubjectField)] == [other]
    everything = bytes_in(tmp_path)
    assert sealed.sealed_key not in everything


async def test_who_is_erased_again_is_listed_once(privacy: Privacy, tmp_path: Path) -> None:
    """An office that asks each month would have the list grow, and be written whole, for ever."""
    subjects = [await privacy.put_subject(PERSON) for _ in range(2)]
    for subject in subjects * 2:
        await privacy.forget_subject(subject)
    assert (tmp_path / "erased").read_text().split() == subjects


async def test_an_erased_person_does_not_come_back_with_a_backup(tmp_path: Path) -> None:
    """The backup of last month still holds the sealed key."""
    key, erased = tmp_path / "persons.key", tmp_path / "erased"
    books = await open_books(tmp_path)
    privacy = await Privacy.open(books, key, erased=erased)
    subject = await privacy.put_subject(PERSON)
    other = await privacy.put_subject({"name": "Li Na"})
    copy_ledger(tmp_path, tmp_path / "backup.db")
    await privacy.forget_subject(subject)
    await books.close()
    shutil.move(tmp_path / "backup.db", tmp_path / "site.db")

    books = await open_books(tmp_path)
    assert {one.id for one in await books.load(Subject)} == {subject, other}
    privacy = await Privacy.open(books, key, erased=erased)
    assert {one.id for one in await books.load(Subject)} == {other}
    with pytest.raises(CoreError, match="subject_unknown"):
        await privacy.get_subject(subject)
    await books.close()


async def test_a_sealed_field_moved_to_another_row_is_refused(
    books: Books, privacy: Privacy, tmp_path: Path
) -> None:
    """Who can edit the file must not be able to show one tenant another's data."""
    one = await privacy.put_subject({"name": "Zhang Wei", "phone": "1"})
    edit = sqlite3.connect(tmp_path / "site.db")
    edit.execute(
        "UPDATE subject_field SET sealed = (SELECT sealed FROM subject_field WHERE name = 'phone') "
        "WHERE name = 'name'"
    )
    edit.commit()
    edit.close()
    with pytest.raises(StoreError, match="key_differs"):
        await privacy.get_subject(one)


async def test_a_lost_key_is_never_replaced(books: Books, privacy: Privacy, tmp_path: Path) -> None:
    """With a new key, all tenants' data would be unreadable and nobody would be told."""
    key = tmp_path / "persons.key"
    await privacy.put_subject(PERSON)
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(StoreError, match="key_missing"):
        await Privacy.open(books, key)
    key.write_bytes(kept[:-2])
    with pytest.raises(StoreError, match="key_differs"):
        await Privacy.open(books, key)
    assert not [name for name in names_in(tmp_path) if "draft" in name]
