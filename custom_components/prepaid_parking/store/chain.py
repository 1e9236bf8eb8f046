"""The chain of entries: each hash covers an entry, its postings and the hash before it.

The encoding is fixed binary with a version byte, because a hash over anything that two programs may
write differently (JSON of a database, a date's text) has to be repaired one day. It is keyed:
without the key nobody can edit the file and calculate the rest of the chain anew. The key lies
beside the file, so this does not stop whoever owns the whole machine; the anchors outside do.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
import struct
from typing import Final, NamedTuple

from ..core.ledger import Act, Reference
from .codec import canonical_json

VERSION: Final = 1
HASH_SIZE: Final = 32
REFERENCE_SIZE: Final = 16

_VERSION_BYTE: Final = bytes((VERSION,))
_HEAD: Final = struct.Struct(">QIqqQ7I")
_COUNT: Final = struct.Struct(">I")
_LEG: Final = struct.Struct(">3q")
_SIZES: Final = struct.Struct(">IIQI")
_PERSON_GENESIS: Final = b"ledger genesis"
_PERSON_ENTRY: Final = b"ledger entry"
_PERSON_CHECK: Final = b"ledger key check"
_PERSON_REFERENCE: Final = b"ledger reference"
_PERSON_CONTENT: Final = b"ledger content"


class Link(NamedTuple):
    """What is hashed of an entry, as it lies in the journal's columns and in their order."""

    id: int
    incarnation: int
    kind: str
    event: str
    occurred: int
    booked: int
    actor: str
    reason: str
    detail: str
    reverses: int | None
    reference: bytes
    """Key and fingerprint of an event from outside, else empty: so a lost idempotency row, which
    would let a payment be credited twice, breaks the chain as well."""


type Legs = Sequence[tuple[int, int, int]]
"""Source, target and amount of each posting, in order."""


def canonical(link: Link, legs: Legs) -> bytes:
    """Return the bytes of an entry that the chain is made of: all lengths, all texts, all numbers."""
    number, incarnation, kind, event, occurred, booked, actor, reason, detail, reverses, ref = link
    head = _HEAD.pack(
        number,
        incarnation,
        occurred,
        booked,
        reverses or 0,
        len(kind),
        len(event),
        len(actor),
        len(reason),
        len(detail),
        len(ref),
        len(legs),
    )
    texts = f"{kind}{event}{actor}{reason}{detail}".encode()
    return b"".join((head, texts, ref, *[_LEG.pack(*leg) for leg in legs]))


def next_hash(key: bytes, previous: bytes, link: Link, legs: Legs) -> bytes:
    """Return the hash of an entry after `previous`."""
    hasher = _keyed(key).copy()
    hasher.update(b"".join((previous, _VERSION_BYTE, canonical(link, legs))))
    return hasher.digest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> blake2b:
    """Return the hash with the key taken in, to be copied: half the time of a fresh one."""
    return blake2b(digest_size=HASH_SIZE, key=key, person=_PERSON_ENTRY)


def genesis(key: bytes, site: str, currency: str) -> bytes:
    """Return the hash before the first entry: binds the chain to its site and currency."""
    content = f"{site}|{currency}".encode()
    return blake2b(content, digest_size=HASH_SIZE, key=key, person=_PERSON_GENESIS).digest()


def key_check(key: bytes) -> str:
    """Return what tells a file which key it belongs to, without telling the key."""
    return blake2b(b"", digest_size=REFERENCE_SIZE, key=key, person=_PERSON_CHECK).hexdigest()


def reference_key(reference: Reference) -> bytes:
    """Return the idempotency key; the scope's length keeps (`a`, `b/c`) from (`a/b`, `c`)."""
    content = f"{len(reference.scope)}|{reference.scope}|{reference.key}".encode()
    return blake2b(content, digest_size=REFERENCE_SIZE, person=_PERSON_REFERENCE).digest()


def fingerprint(act: Act) -> bytes:
    """Return what must be the same when a reference comes again.

    What the caller asked for, not what became of it: who asked, when, and the trace of the decision
    may differ between two tries of one payment.
    """
    content = act.reference.content if act.reference else None
    asked = act.reference.asked if act.reference else None
    kind = act.kind.value.encode()
    if content is None:
        event = act.event.encode()
        postings = act.postings if asked is None else asked
        parts = [
            b"act",
            _SIZES.pack(len(kind), len(event), act.reverses or 0, len(postings)),
            kind,
            event,
            *(_LEG.pack(leg.source, leg.target, leg.amount_minor) for leg in postings),
        ]
    else:
        parts = [b"content", _COUNT.pack(len(kind)), kind, canonical_json(content).encode()]
    whole = b"".join(parts)
    return blake2b(whole, digest_size=REFERENCE_SIZE, person=_PERSON_CONTENT).digest()
