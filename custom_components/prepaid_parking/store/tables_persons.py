"""Tables of persons: the fields are sealed, the index is blind (`privacy.py`)."""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, Table

from .columns import blob, key, table, whole
from .records import BlindIndex, Subject, SubjectField

subject: Final = table(
    "subject",
    key("id"),
    blob("sealed_key"),
    whole("key_version"),
    whole("created_at"),
)

subject_field: Final = table(
    "subject_field",
    key("subject"),
    key("name"),
    blob("sealed"),
    rowid=False,
)

blind_index: Final = table(
    "blind_index",
    key("kind"),
    Column("digest", LargeBinary, primary_key=True, nullable=False),
    key("subject"),
    rowid=False,
)
Index("blind_index_subject", blind_index.c.subject)

TABLES: Final[dict[type, Table]] = {
    BlindIndex: blind_index,
    Subject: subject,
    SubjectField: subject_field,
}
