"""Records that only the store knows: persons, as they lie in the file."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person or company by an opaque id, with the key of its fields, itself sealed."""

    id: str
    sealed_key: bytes
    key_version: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectField:
    """One sealed fact about a subject."""

    subject: str
    name: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindIndex:
    """Finds a subject by a value that is not written down."""

    kind: str
    digest: bytes
    subject: str
