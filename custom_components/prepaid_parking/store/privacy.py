"""Personal data: sealed where it rests, found without being written, gone for good when erased.

Each subject has a key of its own, so erasing somebody means to destroy that key: what older copies
still hold can no longer be read. The master key lies in a file of its own beside the ledger. That
protects a ledger file that leaks by itself; it does not protect against whoever holds the whole
machine or a backup with both files in it.
"""

import asyncio
from collections.abc import Collection, Mapping
import contextlib
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
import secrets
from typing import Final, Self
from unicodedata import normalize

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection

from ..core.errors import CoreError, StoreError
from ..core.ledger import Record
from ..core.plate import normal_plate
from .books import Books
from .files import KEY_SIZE, make_key, read_key, sync_folder, write_whole
from .record_queries import read_records
from .records import BlindIndex, Subject, SubjectField

KEY_VERSION: Final = 1
NONCE_SIZE: Final = 12
DIGEST_SIZE: Final = 16
PHONE: Final = "phone"
PHONE_DIGITS: Final = 9
"""So many of a telephone number's last digits tell it: what stands before them is the country's code and
a zero that some dial and others leave out. A number with fewer digits is itself."""
PLATE: Final = "plate"


class Privacy:
    """The persons of a site's ledger.

    `erased` lists the ids of erased subjects outside the ledger: a backup restored later brings
    their sealed keys back, and this removes them again.
    """

    def __init__(self, books: Books, root: bytes, erased: Path | None) -> None:
        """Use `open`."""
        self._books = books
        self._erased = erased
        self._wrap = AESGCM(_derived(root, f"wrap/{KEY_VERSION}"))
        self._root = root
        self._index_keys: dict[str, bytes] = {}

    @classmethod
    async def open(cls, books: Books, key_file: Path, *, erased: Path | None = None) -> Self:
        """Read the master key, or make it for a ledger that has no persons yet.

        A lost key is never replaced: with a new one, everybody's data would silently be unreadable.
        """
        subjects = {subject.id: subject for subject in await books.load(Subject)}
        root = await asyncio.to_thread(_root_key, key_file, may_make=not subjects)
        privacy = cls(books, root, erased)
        for subject in await asyncio.to_thread(_read_erased, erased):
            if subject in subjects:
                await privacy._remove(subject)
        await privacy._index_again()
        return privacy

    def blind(self, kind: str, value: str) -> bytes:
        """Return what finds a value without telling it: keyed, a key for each kind.

        There are few plates, so the key is the protection, not the hash.
        """
        return self.blind_by(self.index_key(kind), kind, value)

    def index_key(self, kind: str) -> bytes:
        """Return what a kind of value is blinded with: only another hub of the same office may have it."""
        if (key := self._index_keys.get(kind)) is None:
            key = self._index_keys[kind] = _derived(self._root, f"index/{kind}")
        return key

    def file_key(self, purpose: str) -> bytes:
        """Return the key of what lies sealed in files of its own beside the ledger."""
        return _derived(self._root, f"file/{purpose}/{KEY_VERSION}")

    def blind_by(self, key: bytes, kind: str, value: str) -> bytes:
        """Return what finds a value in a list that was made with another office's key."""
        text = " ".join(value.split()).casefold()
        if kind == PLATE:
            text = normal_plate(value)
        elif kind == PHONE:
            digits = filter(str.isdecimal, normalize("NFKC", value))
            text = "".join(digits)[-PHONE_DIGITS:] or text
        return blake2b(text.encode(), digest_size=DIGEST_SIZE, key=key).digest()

    async def put_subject(
        self, fields: Mapping[str, str], *, findable: Collection[str] = (), subject: str = ""
    ) -> str:
        """Seal a subject's fields and return its id; given an id, replace those fields.

        Fields named in `findable` can be found again by their value.
        """
        if not subject:
            subject, records = self.sealed(fields, findable=findable)
            await self._books.exchange(drops=(), puts=records)
            return subject
        known, indexed = await self._books.read(
            lambda connection: (
                _subject(connection, subject),
                read_records(connection, BlindIndex, subject=subject),
            )
        )
        stale = [index for index in indexed if index.kind in fields]
        puts = self._fields(self._unwrapped(known), subject, fields, findable)
        await self._books.exchange(drops=stale, puts=puts)
        return subject

    def sealed(
        self, fields: Mapping[str, str], *, findable: Collection[str] = ()
    ) -> tuple[str, tuple[Record, ...]]:
        """Return a new subject's id, and what is to be written in the one commit with what names it.

        Nothing is written here: who is refused leaves nothing behind, and no car waits for two commits.
        """
        subject = secrets.token_hex(16)
        fresh = self._fresh(subject)
        return subject, (fresh, *self._fields(self._unwrapped(fresh), subject, fields, findable))

    async def get_subject(self, subject: str) -> dict[str, str]:
        """Return a subject's fields; refuse one that is unknown or erased."""
        found, fields = await self._books.read(
            lambda connection: (
                _subject(connection, subject),
                read_records(connection, SubjectField, subject=subject),
            )
        )
        key = self._unwrapped(found)
        return {
            field.name: _unseal(
                key, field.sealed, _place("subject_field", field.name, subject)
            ).decode()
            for field in fields
        }

    async def find(self, kind: str, value: str) -> list[str]:
        """Return the subjects that have this value in a findable field."""
        digest = self.blind(kind, value)
        found = await self._books.read(
            lambda connection: read_records(connection, BlindIndex, kind=kind, digest=digest)
        )
        return [index.subject for index in found]

    async def forget_subject(self, subject: str) -> None:
        """Destroy a subject's key, fields and index; entries keep its id, which then means nobody."""
        await asyncio.to_thread(_add_erased, self._erased, subject)
        await self._remove(subject)

    async def expire_subjects(self, subjects: Collection[str]) -> None:
        """Destroy what was kept for its time, in one go.

        Unlike what a person asked to have erased it is not written down outside the ledger: a backup
        that brings it back brings back its age as well.
        """
        gone = await self._books.read(
            lambda connection: [
                one for subject in subjects for one in _everything(connection, subject)
            ]
        )
        if gone:
            await self._books.forget(*gone)
            await self._books.sweep()

    async def _index_again(self) -> None:
        """Bring the index of telephone numbers to how they are found today.

        What is indexed is the sealed value by the rule of its time: a wallet that was opened before the
        rule, or before there was an index, has to be found as well. Looked through at each start (a
        thousand persons are hundredths of a second), written only where something differs. A ledger
        that takes nothing now is opened all the same.
        """
        stale, fresh = await self._books.read(self._phones)
        if stale or fresh:
            with contextlib.suppress(StoreError):
                await self._books.exchange(drops=stale, puts=fresh)

    def _phones(self, connection: Connection) -> tuple[list[Record], list[Record]]:
        """Return what the index of telephone numbers has too much, and what it lacks."""
        known = {one.id: one for one in read_records(connection, Subject)}
        has = {
            (one.subject, one.digest): one
            for one in read_records(connection, BlindIndex, kind=PHONE)
        }
        lacks: list[Record] = []
        for field in read_records(connection, SubjectField, name=PHONE):
            place = _place("subject_field", PHONE, field.subject)
            try:
                key = self._unwrapped(known[field.subject])
                number = _unseal(key, field.sealed, place).decode()
            except KeyError, StoreError:  # Whoever reads this person is told; the others are found.
                continue
            digest = self.blind(PHONE, number)
            if has.pop((field.subject, digest), None) is None:
                lacks.append(BlindIndex(kind=PHONE, digest=digest, subject=field.subject))
        return list(has.values()), lacks

    async def _remove(self, subject: str) -> None:
        await self._books.forget(*await self._books.read(lambda c: _everything(c, subject)))
        await self._books.sweep()

    def _fresh(self, subject: str) -> Subject:
        """Return a subject with a new key, sealed by the master key."""
        key = AESGCM.generate_key(KEY_SIZE * 8)
        return Subject(
            id=subject,
            sealed_key=_seal(self._wrap, key, _place("subject", "sealed_key", subject)),
            key_version=KEY_VERSION,
            created_at=datetime.now(UTC),
        )

    def _fields(
        self, key: AESGCM, subject: str, fields: Mapping[str, str], findable: Collection[str]
    ) -> list[Record]:
        records: list[Record] = []
        for name, value in fields.items():
            sealed = _seal(key, value.encode(), _place("subject_field", name, subject))
            records.append(SubjectField(subject=subject, name=name, sealed=sealed))
            if name in findable:
                digest = self.blind(name, value)
                records.append(BlindIndex(kind=name, digest=digest, subject=subject))
        return records

    def _unwrapped(self, subject: Subject) -> AESGCM:
        place = _place("subject", "sealed_key", subject.id)
        return AESGCM(_unseal(self._wrap, subject.sealed_key, place))


def _derived(root: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose.encode()).derive(root)


def _place(table: str, column: str, subject: str) -> bytes:
    """Return where a sealed value belongs, so that it cannot be moved to another row."""
    return f"{table}|{column}|{subject}|{KEY_VERSION}".encode()


def _seal(key: AESGCM, content: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + key.encrypt(nonce, content, place)


def _unseal(key: AESGCM, sealed: bytes, place: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], place)
    except (InvalidTag, ValueError) as err:
        raise StoreError("key_differs", "personal data cannot be unsealed") from err


def _root_key(place: Path, *, may_make: bool) -> bytes:
    if (key := read_key(place)) is not None:
        return key
    if not may_make:
        raise StoreError("key_missing", place.name)
    return make_key(place)


def _read_erased(place: Path | None) -> list[str]:
    if place is None or not place.exists():
        return []
    return place.read_text(encoding="ascii").split()


def _add_erased(place: Path | None, subject: str) -> None:
    """List a subject once: a wallet is erased again as often as somebody asks, with all it ever had."""
    if place is None:
        return
    lines = _read_erased(place)
    if subject in lines:
        sync_folder(place.parent)  # Written before, but perhaps broken off before it was durable.
    else:
        write_whole(place, "".join(f"{line}\n" for line in (*lines, subject)).encode())


def _subject(connection: Connection, subject: str) -> Subject:
    for found in read_records(connection, Subject, id=subject):
        return found
    raise CoreError("subject_unknown", subject=subject)


def _everything(connection: Connection, subject: str) -> list[Record]:
    return [
        *read_records(connection, Subject, id=subject),
        *read_records(connection, SubjectField, subject=subject),
        *read_records(connection, BlindIndex, subject=subject),
    ]
